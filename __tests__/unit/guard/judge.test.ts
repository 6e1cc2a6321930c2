import { describe, expect, test } from 'vitest';
import type { PlanModel, ResourceChange } from '../../../src/plan/types.js';
import type { ExistingKey, KeyFacts } from '../../../src/facts/key-facts.js';
import { judge, placesOf, questionsOf, type JudgeRequest } from '../../../src/guard/judge.js';
import { buildPlanModel } from '../../../src/plan/model.js';
import { NOW } from '../../support/plan-builder.js';
import { goldenPlan } from '../plan/raw-plan.js';

const ID = `mrk-${'0'.repeat(32)}`;
const arn = (region: string): string => `arn:aws:kms:${region}:999900001111:key/${ID}`;

function change(kind: ResourceChange['kind'], region: string, rest: Partial<ResourceChange>): ResourceChange {
  return { kind, region, ...rest } as ResourceChange;
}

const primary = change('primary', 'ap-southeast-1', { action: 'no-op', before: { key_id: ID } });
const replica = (region: string, rest: Partial<ResourceChange>): ResourceChange =>
  change('replica', region, rest);

describe('the places where a key may be that a plan would make', () => {
  test('are none on a first creation, when no key has an id yet', () => {
    const made = change('primary', 'ap-southeast-1', { action: 'create', before: null });
    expect(placesOf({ resources: [made, replica('us-east-1', { action: 'create' })], drift: [] })).toEqual({
      missing: [],
      missesUnknown: false,
      created: [],
    });
  });

  test('are the Regions of new replicas of a primary that is there, and of no others', () => {
    const resources = [
      primary,
      replica('us-east-1', { action: 'create' }),
      replica('eu-west-1', { action: 'no-op' }),
      replica('eu-west-2', { action: 'delete' }),
      change('alias', 'us-west-2', { action: 'create' }),
    ];
    expect(placesOf({ resources, drift: [] })).toEqual({
      missing: [],
      missesUnknown: false,
      created: [{ region: 'us-east-1', keyId: ID }],
    });
  });

  test('are those of keys that the refresh missed, each told once', () => {
    const missing = { action: 'delete', before: { key_id: ID, arn: arn('us-east-1') } } as const;
    const places = placesOf({
      resources: [primary, replica('us-east-1', { action: 'create' })],
      drift: [
        replica('us-east-1', missing),
        replica('eu-west-1', { action: 'update', before: missing.before }),
      ],
    });
    expect(places).toEqual({
      missing: [{ region: 'us-east-1', keyId: ID }],
      missesUnknown: false,
      created: [],
    });
  });
});

const KEY = `mrk-${'1'.repeat(32)}`;
const [PRIMARY, SYDNEY, TOKYO] = ['ap-southeast-1', 'ap-southeast-2', 'ap-northeast-1'] as const;
const NO_FACTS: KeyFacts = { existing: [], creations: [], lastUse: [] };

/** What is known of a key where the plan would make one: ready, and a replica of this primary, unless told. */
function existing(region: string, changed: Partial<ExistingKey> = {}): ExistingKey {
  const arn = `arn:aws:kms:${PRIMARY}:999900001111:key/${KEY}`;
  return {
    region,
    keyId: KEY,
    isPending: false,
    deletionDate: undefined,
    replicaOf: arn,
    hasAlias: true,
    ...changed,
  };
}

/** Judges a recorded plan by such facts. */
const judged = (plan: string, facts: Partial<KeyFacts>, changed: Partial<JudgeRequest> = {}) =>
  judgedModel(buildPlanModel(goldenPlan(plan)), facts, changed);

function judgedModel(model: PlanModel, facts: Partial<KeyFacts>, changed: Partial<JudgeRequest> = {}) {
  const questions = questionsOf(model, { alias: 'aws_cb_cmk', destroys: false });
  const request = {
    model,
    owner: { alias: 'aws_cb_cmk', renamedFrom: undefined },
    primaryRegion: PRIMARY,
    now: NOW,
    unusedDays: 0,
    options: { deletionConfirmed: false, destroys: false },
    ...changed,
  };
  const { findings, pending, replicas } = judge(request, questions, { ...NO_FACTS, ...facts });
  return {
    questions,
    rules: findings.map(({ severity, rule, region }) => `${severity} ${rule} ${region ?? ''}`),
    pending: pending.map(({ region }) => region),
    replicas: replicas.map(({ region }) => region),
  };
}

describe('a plan that makes a replica', () => {
  test('is stopped where the replica is there already, and could be taken in', () => {
    const { rules, pending, replicas, questions } = judged('region-added', { existing: [existing(TOKYO)] });
    expect(questions.existing).toEqual([{ region: TOKYO, keyId: KEY }]);
    expect({ rules, pending, replicas }).toEqual({
      rules: [`stop replica-exists ${TOKYO}`],
      pending: [],
      replicas: [TOKYO],
    });
  });

  test('is stopped where that is going to be deleted, unless apply brings it back', () => {
    const facts = { existing: [existing(TOKYO, { isPending: true })] };
    expect(judged('region-added', facts)).toMatchObject({
      rules: [`stop replica-pending-deletion ${TOKYO}`],
      pending: [TOKYO],
      replicas: [TOKYO],
    });
    const options = { deletionConfirmed: false, destroys: false, recovery: true };
    expect(judged('region-added', facts, { options }).rules).toEqual([
      `warning replica-pending-deletion ${TOKYO}`,
    ]);
  });

  test('takes in no replica of another primary, nor what is no replica', () => {
    for (const replicaOf of [undefined, `arn:aws:kms:${PRIMARY}:999900001111:key/mrk-${'2'.repeat(32)}`]) {
      expect(judged('region-added', { existing: [existing(TOKYO, { replicaOf })] })).toMatchObject({
        rules: [],
        replicas: [],
      });
    }
  });

  test('goes on where KMS does not say, and tells first what is in its way', () => {
    expect(judged('region-added', { existing: { unknown: 'KMS does not say' } })).toMatchObject({
      rules: [],
      pending: [],
      replicas: [],
    });
    const creations: KeyFacts['creations'] = [
      { is: 'region-disabled', because: 'not enabled', mayPass: false },
    ];
    expect(judged('region-added', { existing: [existing(TOKYO)], creations }).rules).toEqual([
      `stop region-not-enabled ${TOKYO}`,
      `stop replica-exists ${TOKYO}`,
    ]);
  });
});

describe('a plan that makes a key which the refresh missed', () => {
  test('brings back the one that is going to be deleted, which is in the state and not taken in', () => {
    const facts = { existing: [existing(SYDNEY, { isPending: true })] };
    const { questions, pending, replicas } = judged('drift-replica-pending', facts);
    expect(questions.missing).toEqual([{ region: SYDNEY, keyId: KEY }]);
    expect({ pending, replicas }).toEqual({ pending: [SYDNEY], replicas: [] });
  });

  test('goes on without a replica that is gone, and stops for one that is there after all', () => {
    expect(judged('drift-replica-pending', { existing: [] }).rules).toContain(`warning key-lost ${SYDNEY}`);
    expect(judged('drift-replica-pending', { existing: [existing(SYDNEY)] }).rules).toContain(
      `stop key-lost ${SYDNEY}`,
    );
  });
});

test('a replica that is gone, and of which the state has no id, is not taken for one that AWS was asked about', () => {
  const text = JSON.stringify(goldenPlan('drift-replica-pending'));
  const withoutId = JSON.parse(text, (name: string, value: unknown) =>
    name === 'key_id' && typeof value === 'string' ? null : value,
  ) as unknown;
  const { questions, rules } = judgedModel(buildPlanModel(withoutId), { existing: [] });
  expect({ missing: questions.missing, unknown: questions.missesUnknown }).toEqual({
    missing: [],
    unknown: true,
  });
  expect(rules).toContain(`stop key-lost ${SYDNEY}`);
});

test('a plan that deletes keys asks when they were last used, and `require-unused-days` decides', () => {
  const used = {
    region: SYDNEY,
    keyId: KEY,
    is: 'used',
    at: NOW,
    operation: 'Decrypt',
    eventId: undefined,
  } as const;
  const { questions, rules } = judged('region-removed', { lastUse: [used] }, { unusedDays: 30 });
  expect(questions.deletions.map(({ keyId }) => keyId)).toEqual([KEY]);
  expect(rules[0]).toBe(`stop key-in-use ${SYDNEY}`);
  expect(judged('region-removed', { lastUse: [used] }).rules.join()).not.toContain('key-in-use');
});

test('where all is to go, no key is looked for that could be brought back', () => {
  const model = buildPlanModel(goldenPlan('region-added'));
  expect(questionsOf(model, { alias: 'aws_cb_cmk', destroys: true }).existing).toEqual([]);
});
