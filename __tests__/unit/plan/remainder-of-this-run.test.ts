import { describe, expect, test } from 'vitest';
import { remainderOfThisRun } from '../../../src/plan/remainder.js';
import {
  aliasChange,
  goldenModel,
  modelOf,
  policyOf,
  PRIMARY,
  primaryChange,
  primaryValues,
  replicaChange,
  replicaValues,
  ROOT_POLICY,
  root,
  statement,
  type Json,
} from './raw-plan.js';

const isPart = (approved: Json[], remaining: Json[]): boolean =>
  remainderOfThisRun(modelOf(approved), modelOf(remaining)).isPart;

describe('real plans', () => {
  test('what is left of a first creation that stopped half-way is a part of it', () => {
    const remaining = goldenModel('partly-applied');
    expect(remaining.hasChanges).toBe(true);
    expect(remainderOfThisRun(goldenModel('first-creation'), remaining)).toEqual({ isPart: true, extra: [] });
  });

  test.each(['first-creation', 'account-added', 'alias-renamed', 'destroy', 'import', 'region-removed'])(
    'all of %s is a part of itself',
    (name) => {
      expect(remainderOfThisRun(goldenModel(name), goldenModel(name)).isPart).toBe(true);
    },
  );

  test('nothing is a part of everything', () => {
    expect(remainderOfThisRun(goldenModel('rotation-off'), goldenModel('no-change')).isPart).toBe(true);
    expect(remainderOfThisRun(goldenModel('no-change'), goldenModel('rotation-off')).isPart).toBe(false);
  });

  test('a tainted replica is never a part, not even of its own replacement', () => {
    const tainted = goldenModel('tainted-replica');
    expect(remainderOfThisRun(goldenModel('first-creation'), tainted).extra).toEqual([
      'module.replica_ap-southeast-2.aws_kms_replica_key.this',
    ]);
    expect(remainderOfThisRun(tainted, tainted).isPart).toBe(false);
  });

  test('another account in the policy is not a part', () => {
    expect(remainderOfThisRun(goldenModel('first-creation'), goldenModel('account-added')).isPart).toBe(
      false,
    );
    expect(remainderOfThisRun(goldenModel('account-removed'), goldenModel('account-added')).isPart).toBe(
      false,
    );
  });
});

describe('of a key that was to be created', () => {
  const planned = {
    policy: ROOT_POLICY,
    description: 'A key',
    deletion_window_in_days: 30,
    custom_key_store_id: null,
  };
  const approved = replicaChange({
    actions: ['create'],
    after: planned,
    unknown: { arn: true, primary_key_arn: true },
  });
  const known = {
    ...planned,
    arn: 'arn:aws:kms:ap-southeast-2:999900001111:key/k',
    primary_key_arn: 'arn:aws:kms:x',
  };

  test.each<[string, Json, boolean]>([
    ['the creation, with what is known by now', replicaChange({ actions: ['create'], after: known }), true],
    [
      'an update to the same',
      replicaChange({
        actions: ['update'],
        before: { ...known, description: '' },
        after: { ...known, custom_key_store_id: '' },
      }),
      true,
    ],
    [
      'the policy in another form',
      replicaChange({
        actions: ['create'],
        after: { ...known, policy: policyOf(statement({ Action: ['kms:*'] })) },
      }),
      true,
    ],
    [
      'another policy',
      replicaChange({
        actions: ['create'],
        after: { ...known, policy: policyOf(statement({ Principal: '*' })) },
      }),
      false,
    ],
    [
      'another description',
      replicaChange({ actions: ['update'], before: known, after: { ...known, description: 'B' } }),
      false,
    ],
    [
      'an attribute that was not there',
      replicaChange({ actions: ['create'], after: { ...known, enabled: false } }),
      false,
    ],
    [
      'an attribute that is missing',
      replicaChange({ actions: ['create'], after: { ...known, description: null } }),
      false,
    ],
    ['its deletion', replicaChange({ actions: ['delete'], before: known }), false],
    ['its replacement', replicaChange({ actions: ['delete', 'create'], before: known, after: known }), false],
    ['its being forgotten', replicaChange({ actions: ['forget'], before: known }), false],
    [
      'an import of one',
      replicaChange({ actions: ['update'], before: known, after: known, change: { importing: { id: 'a' } } }),
      false,
    ],
    ['one in another Region', replicaChange({ actions: ['create'], after: known }, 'us-east-1'), false],
    [
      'another resource beside it',
      primaryChange({
        actions: ['update'],
        before: primaryValues(),
        after: primaryValues({ description: 'B' }),
      }),
      false,
    ],
  ])('%s', (_, remaining, expected) => {
    expect(isPart([approved], [remaining])).toBe(expected);
  });
});

describe('of a key that was to be created, and that the apply has made unknown to Terraform', () => {
  const planned = { policy: ROOT_POLICY, description: 'A key', enabled: true };
  const approved = replicaChange({ actions: ['create'], after: planned, unknown: { arn: true } });
  const made = { ...planned, arn: 'arn:aws:kms:ap-southeast-2:999900001111:key/k' };
  const importing = { importing: { id: 'k' } };
  const isPartMade = (of: Json, remaining: Json): boolean => {
    const model = modelOf([remaining]);
    const addresses = new Set(model.resources.map(({ address }) => address));
    return remainderOfThisRun(modelOf([of]), model, addresses).isPart;
  };

  test.each<[string, Json, boolean]>([
    ['its import', replicaChange({ actions: ['no-op'], before: made, after: made, change: importing }), true],
    [
      'its import and an update to what was approved',
      replicaChange({
        actions: ['update'],
        before: { ...made, enabled: false },
        after: made,
        change: importing,
      }),
      true,
    ],
    [
      'its import with other values',
      replicaChange({
        actions: ['update'],
        before: made,
        after: { ...made, description: 'B' },
        change: importing,
      }),
      false,
    ],
    [
      'its import and replacement',
      replicaChange({ actions: ['delete', 'create'], before: made, after: made, change: importing }),
      false,
    ],
  ])('%s', (_, remaining, expected) => {
    expect(isPartMade(approved, remaining)).toBe(expected);
    expect(isPart([approved], [remaining])).toBe(false);
  });

  test('not where it is moved, too, or was not approved at all', () => {
    const moved = replicaChange({
      actions: ['no-op'],
      before: made,
      after: made,
      change: importing,
      resource: { previous_address: 'aws_kms_replica_key.old' },
    });
    expect(isPartMade(approved, moved)).toBe(false);
    const another = replicaChange(
      { actions: ['no-op'], before: made, after: made, change: importing },
      'us-east-1',
    );
    expect(isPartMade(approved, another)).toBe(false);
  });

  test('not where what was approved is no creation', () => {
    const update = replicaChange({ actions: ['update'], before: made, after: { ...made, description: 'B' } });
    const left = replicaChange({
      actions: ['update'],
      before: made,
      after: { ...made, description: 'B' },
      change: importing,
    });
    expect(isPartMade(update, left)).toBe(false);
  });
});

describe('of an update', () => {
  const after = primaryValues({ description: 'B', tags: { team: 'b' } });
  const approved = primaryChange({ actions: ['update'], before: primaryValues(), after });
  const update = (before: Json, changed: Json = after): Json =>
    primaryChange({ actions: ['update'], before, after: changed });

  test.each<[string, Json, boolean]>([
    ['one of two attributes', update(primaryValues({ description: 'B' })), true],
    [
      'another value',
      update(primaryValues(), primaryValues({ description: 'C', tags: { team: 'b' } })),
      false,
    ],
    [
      'an attribute that somebody else changed meanwhile',
      update(primaryValues({ enable_key_rotation: false })),
      false,
    ],
    ['the creation of a new key', primaryChange({ actions: ['create'], after }), false],
    [
      'the same, moved there from elsewhere',
      primaryChange({
        actions: ['update'],
        before: primaryValues(),
        after,
        resource: { previous_address: 'aws_kms_key.old' },
      }),
      false,
    ],
  ])('%s', (_, remaining, expected) => {
    expect(isPart([approved], [remaining])).toBe(expected);
  });
});

describe('of an alias that was to be renamed', () => {
  const [old, renamed] = [
    { name: 'alias/a', target_key_id: 'k', region: PRIMARY },
    { name: 'alias/b', target_key_id: 'k', region: PRIMARY },
  ];
  const approved = aliasChange({ actions: ['create', 'delete'], before: old, after: renamed });

  test.each<[string, Json, boolean]>([
    [
      'the old one, left over',
      aliasChange({ actions: ['delete'], before: old, resource: { deposed: 'abcd' } }),
      true,
    ],
    ['the new one', aliasChange({ actions: ['create'], after: renamed }), true],
    ['the deletion of both', aliasChange({ actions: ['delete'], before: old }), false],
    [
      'a third one, left over',
      aliasChange({
        actions: ['delete'],
        before: { name: 'alias/c', region: PRIMARY },
        resource: { deposed: 'abcd' },
      }),
      false,
    ],
    [
      'a third one, created',
      aliasChange({ actions: ['create'], after: { name: 'alias/c', target_key_id: 'k', region: PRIMARY } }),
      false,
    ],
  ])('%s', (_, remaining, expected) => {
    expect(isPart([approved], [remaining])).toBe(expected);
  });
});

describe('of a replacement', () => {
  const [before, after] = [primaryValues(), primaryValues({ description: 'B' })];
  const replace = (old: Json, now: Json): Json =>
    primaryChange({ actions: ['delete', 'create'], before: old, after: now });

  test.each<[string, Json, boolean]>([
    ['the same', replace(before, after), true],
    ['one by something else', replace(before, primaryValues({ description: 'C' })), false],
    ['one of another key', replace(primaryValues({ key_id: 'mrk-2' }), after), false],
    [
      'an update of the new one to what was approved',
      primaryChange({ actions: ['update'], before, after }),
      true,
    ],
    [
      'an update to something else',
      primaryChange({ actions: ['update'], before: after, after: before }),
      false,
    ],
    ['its being forgotten', primaryChange({ actions: ['forget'], before }), false],
  ])('%s', (_, remaining, expected) => {
    expect(isPart([replace(before, after)], [remaining])).toBe(expected);
  });
});

describe('of forgetting a key', () => {
  const forget = (changed: Json = {}): Json =>
    replicaChange({ actions: ['forget'], before: replicaValues(changed) });

  test('the same is a part; another key’s, or a deletion, is not', () => {
    expect(isPart([forget()], [forget()])).toBe(true);
    expect(isPart([forget()], [forget({ key_id: 'mrk-2' })])).toBe(false);
    expect(isPart([forget()], [replicaChange({ actions: ['delete'], before: replicaValues() })])).toBe(false);
  });
});

test('an empty list or map is what was planned as none', () => {
  const create = (tags: unknown): Json =>
    replicaChange({ actions: ['create'], after: { policy: 'p', tags } });
  expect(isPart([create({})], [create(null)])).toBe(true);
  expect(isPart([create(null)], [create({})])).toBe(true);
  expect(isPart([create({ a: 'b' })], [create({})])).toBe(false);
});

test('what is extra is told in order, what is not understood among it', () => {
  const update = (region: string): Json =>
    replicaChange(
      {
        actions: ['update'],
        before: replicaValues({}, region),
        after: replicaValues({ description: 'B' }, region),
      },
      region,
    );
  const remaining = modelOf([update('us-east-1'), update('af-south-1')], { deferred_changes: [{}] });
  expect(remainderOfThisRun(modelOf([]), remaining).extra).toEqual([
    '1 deferred_changes',
    'module.replica_af-south-1.aws_kms_replica_key.this',
    'module.replica_us-east-1.aws_kms_replica_key.this',
  ]);
});

describe('of a deletion', () => {
  const gone = replicaChange({ actions: ['delete'], before: replicaValues() });
  test('the same deletion is a part, that of another key is not', () => {
    expect(isPart([gone], [gone])).toBe(true);
    expect(
      isPart([gone], [replicaChange({ actions: ['delete'], before: replicaValues({ key_id: 'mrk-2' }) })]),
    ).toBe(false);
  });
});

test('what is not understood is never a part', () => {
  const found = remainderOfThisRun(modelOf([]), modelOf([], { deferred_changes: [{}] }));
  expect(found).toEqual({ isPart: false, extra: ['1 deferred_changes'] });
});

test('a bare account id is a part of what was approved as its root', () => {
  const after = (principal: string): Json => ({
    policy: policyOf(statement({ Principal: { AWS: principal } })),
  });
  const create = (principal: string): Json => replicaChange({ actions: ['create'], after: after(principal) });
  expect(isPart([create('111122223333')], [create(root('111122223333'))])).toBe(true);
});
