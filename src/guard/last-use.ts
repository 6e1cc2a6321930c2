/** Whether the last use of keys lets them be deleted. Pure. */

import type { LastUse } from '../facts/kms-answers.js';
import { joinWords } from '../phrases.js';
import { sayLastUse } from '../plan/last-use.js';
import { stop, type Finding, type Rule } from './finding.js';

const DAY_MS = 86_400_000;

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
  rule: Rule,
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
