/** When a key was last used, in words, and whether that lets it be deleted. Pure. */

import { isKey } from './model.js';
import { placeOfKey } from './region.js';
import type { PlanModel } from './types.js';
import type { KeyPlace, LastUse } from '../facts/kms-answers.js';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** The keys that are gone when the plan has been applied, those among them that are replaced. */
export function keysThatGo({ resources }: Pick<PlanModel, 'resources'>): KeyPlace[] {
  return resources
    .filter((change) => isKey(change) && ['delete', 'replace'].includes(change.action))
    .flatMap(({ region, before }) => placeOfKey(region, before));
}

/**
 * One key's last use, as the rest of a sentence about it.
 * @param now milliseconds since the epoch
 */
export function sayLastUse(use: LastUse, now: number): string {
  switch (use.is) {
    case 'used':
      return `last used ${ago(now - use.at)} (${use.operation})`;
    case 'unused':
      return use.sinceCreation
        ? `never used since it was created on ${dayOf(use.since)}`
        : `not used since ${dayOf(use.since)}, when KMS began to record it`;
    case 'unknown':
      return `when it was last used is not known (${use.because})`;
  }
}

function dayOf(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}

const UNITS = [
  ['day', 24 * HOUR_MS],
  ['hour', HOUR_MS],
] as const;

function ago(age: number): string {
  const [unit, size] = UNITS.find(([, each]) => age >= 2 * each) ?? ['minute', MINUTE_MS];
  const count = Math.floor(age / size);
  if (count < 1) return 'less than a minute ago';
  return `${count} ${unit}${count === 1 ? '' : 's'} ago`;
}
