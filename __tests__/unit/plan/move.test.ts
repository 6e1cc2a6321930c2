import { describe, expect, test } from 'vitest';
import { asMove, digestMove, type PrimaryMove } from '../../../src/plan/move.js';
import type { AppliedBy } from '../../../src/plan/last-apply.js';
import type { PlanModel, ResourceChange } from '../../../src/plan/types.js';
import { attribute, keyArn, plan, resource, row, value } from '../../support/plan-builder.js';
import { judgeMove } from '../../../src/guard/move.js';

const [A, B, C] = ['ap-southeast-1', 'ap-southeast-2', 'ap-southeast-3'] as const;
const MOVE: PrimaryMove = {
  arn: keyArn(A),
  from: A,
  to: B,
  description: 'primary',
  replicaDescription: 'replica',
  deletionWindowInDays: 30,
};

const described = attribute('description', value('replica'), value('primary'));
const imported = (change: Partial<ResourceChange> = {}): ResourceChange => ({
  ...resource({ region: B, kind: 'primary', action: 'update', importing: 'mrk-1', attributes: [described] }),
  ...change,
});
const planOf = (...resources: ResourceChange[]): PlanModel => ({
  ...plan([]),
  changedOutputs: [],
  resources,
});

describe('a move of the primary comes alone', () => {
  test('nothing stops it where nothing else is to change', () => {
    const still = planOf(resource({ region: A, kind: 'primary' }), resource({ region: B, kind: 'replica' }));
    expect(judgeMove(still, MOVE, false)).toEqual([]);
  });

  test.each([
    ['a setting', resource({ region: A, kind: 'primary', action: 'update', attributes: [described] })],
    ['a new replica', resource({ region: C, kind: 'replica', action: 'create' })],
    ['a replica that goes', resource({ region: C, kind: 'replica', action: 'delete' })],
    ['a key that is replaced', resource({ region: B, kind: 'replica', action: 'replace' })],
    ['a key that is forgotten', resource({ region: B, kind: 'replica', action: 'forget' })],
    ['an import', imported()],
    ['a new address', resource({ region: C, kind: 'replica', movedFrom: 'module.other' })],
  ])('%s beside it stops it, and is named', (_, change) => {
    const [finding, ...more] = judgeMove(planOf(change), MOVE, false);
    expect(finding).toMatchObject({ severity: 'stop', rule: 'move-not-alone' });
    expect(finding?.reason).toContain(change.region);
    expect(more).toEqual([]);
  });

  test('an output that changes stops it, too', () => {
    const model = { ...planOf(), changedOutputs: ['key_id'] };
    expect(judgeMove(model, MOVE, false)).toMatchObject([{ rule: 'move-not-alone' }]);
  });
});

describe('once AWS has moved it, the state follows', () => {
  test('by imports at both ends that change nothing but the description and what cannot be read back', () => {
    const window = attribute('deletion_window_in_days', value(null), value(30));
    const model = planOf(
      imported({ attributes: [described, window] }),
      imported({ ...resource({ region: A, kind: 'alias', importing: 'alias/x' }) }),
      // What somebody changed by hand elsewhere: every replica has the description that the digest has in it.
      resource({ region: C, kind: 'replica', action: 'update', attributes: [described] }),
    );
    expect(judgeMove(model, MOVE, true)).toEqual([]);
  });

  test.each([
    ['a policy', imported({ attributes: [attribute('policy', value('{}'), value('[]'))] })],
    ['a third Region', imported({ region: C })],
    [
      'the deletion window of a third',
      resource({
        region: C,
        kind: 'replica',
        action: 'update',
        attributes: [attribute('deletion_window_in_days', value(30), value(7))],
      }),
    ],
    ['an alias that points elsewhere', imported({ kind: 'alias' })],
    ['no import', imported({ importing: undefined })],
    ['a replacement', imported({ action: 'replace' })],
    ['a creation', imported({ action: 'create' })],
    ['another kind', imported({ kind: 'other' })],
  ])('but not with %s', (_, change) => {
    expect(judgeMove(planOf(change), MOVE, true)).toMatchObject([
      { severity: 'stop', rule: 'move-not-alone' },
    ]);
  });
});

test('the digest tells keys, directions, descriptions and what was applied before apart, and not how far AWS has come', () => {
  const others: PrimaryMove[] = [
    { ...MOVE, from: B, to: A },
    { ...MOVE, to: C },
    { ...MOVE, arn: keyArn(A).replace('mrk-0', 'mrk-1') },
    { ...MOVE, description: 'other' },
    { ...MOVE, replicaDescription: 'other' },
    { ...MOVE, deletionWindowInDays: 7 },
  ];
  const by = (runId: string): AppliedBy => ({
    repository: 'octo-org/octo-repo',
    commit: 'a'.repeat(40),
    runId,
    attempt: 1,
  });
  const digests = [
    ...[MOVE, ...others].map((move) => digestMove(move, undefined)),
    // The same move, once the primary has moved and come back.
    ...['1', '2'].map((runId) => digestMove(MOVE, by(runId))),
  ];
  expect(new Set(digests).size).toBe(digests.length);
  expect(digests[0]).toMatch(/^sha256:[0-9a-f]{64}$/);
  expect(digestMove({ ...MOVE }, by('1'))).toBe(digestMove(MOVE, by('1')));
});

test('the report has the Regions in their roles after the move, and counts nothing else', () => {
  const rows = [row({ region: A, role: 'primary' }), row({ region: B, role: 'replica' })];
  const model = asMove({ ...planOf(), regions: rows }, MOVE, false);
  expect(model.regions.map(({ region, role }) => [region, role])).toEqual([
    [B, 'primary'],
    [A, 'replica'],
  ]);
  expect(model).toMatchObject({ hasChanges: true, counts: { add: 0, change: 0, destroy: 0, import: 0 } });
});
