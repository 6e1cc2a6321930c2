/** When a key was last used, in words, and whether that lets it be deleted. Pure. */

import { joinWords, stop } from './guard/messages.js';
import { isKey } from './model.js';
import type { Finding, PlanModel, ResourceChange } from './types.js';

/** What KMS says of the last use of the key in one Region (API reference, GetKeyLastUsage): each Region has its own. */
export type LastUse = { readonly region: string; readonly keyId: string } & (
  | {
      readonly is: 'used';
      /** Milliseconds since the epoch. */
      readonly at: number;
      /** E.g. `Decrypt`; only successful cryptographic operations count. */
      readonly operation: string;
      readonly eventId: string | undefined;
    }
  | {
      readonly is: 'unused';
      /** Since when KMS has been recording its use, in milliseconds since the epoch. */
      readonly since: number;
      /** Whether that is all the time that the key has been there. */
      readonly sinceCreation: boolean;
    }
  | {
      readonly is: 'unknown';
      readonly because: string;
      /** What lets KMS be asked, as whole sentences, where a policy refused it. */
      readonly advice?: string | undefined;
    }
);

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** The keys that are gone when the plan has been applied, those among them that are replaced. */
export function keysThatGo({ resources }: Pick<PlanModel, 'resources'>): { region: string; keyId: string }[] {
  const goes = ({ action }: ResourceChange): boolean => action === 'delete' || action === 'replace';
  return resources
    .filter((change) => isKey(change) && goes(change))
    .flatMap(({ region, before }) => {
      const keyId = before?.['key_id'];
      return region !== undefined && typeof keyId === 'string' && keyId !== '' ? [{ region, keyId }] : [];
    });
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

function ago(age: number): string {
  const [unit, size] = age < 2 * HOUR_MS ? (['minute', MINUTE_MS] as const) : hoursOrDays(age);
  const count = Math.floor(age / size);
  if (count < 1) return 'less than a minute ago';
  return `${count} ${unit}${count === 1 ? '' : 's'} ago`;
}

function hoursOrDays(age: number): readonly [string, number] {
  return age < 2 * DAY_MS ? ['hour', HOUR_MS] : ['day', DAY_MS];
}

export interface UseRule {
  /** `require-unused-days`; 0: use is no reason to stop. */
  readonly days: number;
  readonly now: number;
}

/** Whether the keys that go have been unused for long enough; what can't be known is not. */
export function judgeUse(uses: readonly LastUse[], { days, now }: UseRule): Finding[] {
  if (days === 0) return [];
  const limit = `\`require-unused-days: ${days}\``;
  const inUse = uses.filter((use) => use.is === 'used' && now - use.at <= days * DAY_MS);
  const unsure = uses.filter((use) => isUnsure(use, now - days * DAY_MS));
  return [
    ...finding('key-in-use', inUse, now, {
      what: `was used within the last ${days} days`,
      wayOut: `First stop what uses it; CloudTrail names the caller. Then wait ${days} days, or lower ${limit}.`,
    }),
    ...finding('key-use-unknown', unsure, now, {
      what: `may have been used within the last ${days} days: KMS does not say`,
      wayOut: `${askedAgain(unsure)} Or wait until KMS has recorded for ${days} days, or lower ${limit}.`,
    }),
  ];
}

/** What lets KMS be asked, of all those that it was not. */
function askedAgain(unsure: readonly LastUse[]): string {
  const advice = unsure.flatMap((use) =>
    use.is === 'unknown' && use.advice !== undefined ? [use.advice] : [],
  );
  return advice.length === 0 ? 'Let the role do kms:GetKeyLastUsage.' : [...new Set(advice)].join(' ');
}

/** @param from the time from which on there must have been no use */
function isUnsure(use: LastUse, from: number): boolean {
  if (use.is === 'unused') return !use.sinceCreation && use.since > from;
  return use.is === 'unknown';
}

function finding(
  rule: string,
  uses: readonly LastUse[],
  now: number,
  { what, wayOut }: { readonly what: string; readonly wayOut: string },
): Finding[] {
  const [first] = uses;
  if (first === undefined) return [];
  const places = uses.map(({ region }) => ({ region, address: region }));
  const named = uses.slice(0, 3).map((use) => `${use.region}: ${sayLastUse(use, now)}`);
  const more = uses.length > named.length ? [`${uses.length - named.length} more Regions`] : [];
  const where = uses.length === 1 ? `in ${first.region}` : `in ${uses.length} Regions`;
  const reason = `The plan deletes a key that ${what}, ${where} (${joinWords([...named, ...more])}).`;
  return [{ ...stop(rule, { reason, wayOut }, places), address: undefined }];
}
