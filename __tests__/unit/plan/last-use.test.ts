import { describe, expect, test } from 'vitest';
import { keysThatGo, sayLastUse } from '../../../src/plan/last-use.js';
import { KEY_ID, plan, REGIONS, row } from '../../support/plan-builder.js';
import type { LastUse } from '../../../src/facts/kms-answers.js';
import { judgeUse } from '../../../src/guard/removal.js';

const NOW = Date.UTC(2026, 10, 26, 12);
const MINUTE = 60_000;
const DAY = 86_400_000;
const place = { region: 'ap-southeast-3', keyId: KEY_ID };
const used = (age: number): LastUse => ({
  ...place,
  is: 'used',
  at: NOW - age,
  operation: 'Decrypt',
  eventId: undefined,
});
const unused = (age: number, sinceCreation = false): LastUse => ({
  ...place,
  is: 'unused',
  since: NOW - age,
  sinceCreation,
});
const unknown: LastUse = { ...place, is: 'unknown', because: 'kms:GetKeyLastUsage is missing' };

test.each<[LastUse, string]>([
  [used(0), 'last used less than a minute ago (Decrypt)'],
  [used(-5 * MINUTE), 'last used less than a minute ago (Decrypt)'],
  [used(MINUTE), 'last used 1 minute ago (Decrypt)'],
  [used(119 * MINUTE), 'last used 119 minutes ago (Decrypt)'],
  [used(180 * MINUTE), 'last used 3 hours ago (Decrypt)'],
  [used(2 * DAY), 'last used 2 days ago (Decrypt)'],
  [unused(100 * DAY), 'not used since 2026-08-18, when KMS began to record it'],
  [unused(2 * DAY, true), 'never used since it was created on 2026-11-24'],
  [unknown, 'when it was last used is not known (kms:GetKeyLastUsage is missing)'],
])('%j is said as: %s', (use, words) => {
  expect(sayLastUse(use, NOW)).toBe(words);
});

describe('require-unused-days', () => {
  test.each<[string, LastUse, number, string[]]>([
    ['stops a key that was used on the last of the days', used(90 * DAY), 90, ['key-in-use']],
    ['lets a key go that was used before them', used(90 * DAY + 1), 90, []],
    ['stops a key of which KMS has not recorded for so long', unused(89 * DAY), 90, ['key-use-unknown']],
    ['lets a key go of which it has, without a use', unused(90 * DAY), 90, []],
    ['lets a young key go that never was used', unused(DAY, true), 90, []],
    ['stops a key of which KMS does not say', unknown, 1, ['key-use-unknown']],
    ['of 0 stops none', used(0), 0, []],
    ['of 0 needs no permission', unknown, 0, []],
  ])('%s', (_, use, days, rules) => {
    const findings = judgeUse([use], { days, now: NOW });
    expect(findings.map(({ rule }) => rule)).toEqual(rules);
    for (const finding of findings)
      expect(finding).toMatchObject({ severity: 'stop', region: 'ap-southeast-3' });
  });

  test('names the Regions and the uses, and the way on', () => {
    const uses = REGIONS.map((region) => ({ ...used(180 * MINUTE), region }));
    expect(judgeUse(uses, { days: 90, now: NOW })).toMatchObject([
      {
        rule: 'key-in-use',
        regions: REGIONS,
        reason:
          'The plan deletes a key that was used within the last 90 days, in 3 Regions (ap-southeast-1: last used 3 hours ago (Decrypt), ap-southeast-2: last used 3 hours ago (Decrypt) and ap-southeast-3: last used 3 hours ago (Decrypt)).',
        wayOut:
          'First stop what uses it; CloudTrail names the caller. Then wait 90 days, or lower `require-unused-days: 90`.',
      },
    ]);
  });
});

test('asked about are the keys that are deleted and those that are replaced, and no other', () => {
  const [primary, sydney, jakarta] = REGIONS;
  const model = plan([
    row({ region: primary, key: { action: 'update' } }),
    row({ region: sydney, key: { action: 'replace' } }),
    row({ region: jakarta, key: { action: 'delete' } }),
  ]);
  expect(keysThatGo(model).map(({ region }) => region)).toEqual([sydney, jakarta]);
});
