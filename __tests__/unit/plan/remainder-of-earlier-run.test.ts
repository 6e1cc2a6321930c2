import { describe, expect, test } from 'vitest';
import { fingerprintChanges } from '../../../src/plan/difference.js';
import { remainderOfEarlierRun, type Remainder } from '../../../src/plan/remainder.js';
import type { PlanModel } from '../../../src/plan/types.js';
import {
  goldenModel,
  KEY_ID,
  modelOf,
  replicaChange,
  replicaValues,
  resourceChange,
  ROOT_POLICY,
  type Json,
} from './raw-plan.js';

function judge(approved: PlanModel, remaining: PlanModel, tainted: readonly string[] = []): Remainder {
  return remainderOfEarlierRun(fingerprintChanges(approved), remaining, tainted);
}

const REPLICA = 'module.replica_ap-southeast-2.aws_kms_replica_key.this';

describe('of real plans', () => {
  test('what a stopped first creation left undone is left of it', () => {
    const remaining = goldenModel('partly-applied');
    expect(remaining.hasChanges).toBe(true);
    expect(judge(goldenModel('first-creation'), remaining)).toEqual({ isPart: true, extra: [] });
  });

  test.each(['first-creation', 'account-added', 'alias-renamed', 'destroy', 'import', 'region-removed'])(
    'all of %s is left of itself where nothing was done yet',
    (name) => {
      expect(judge(goldenModel(name), goldenModel(name)).isPart).toBe(true);
    },
  );

  test('another access is not, nor is what somebody changed meanwhile', () => {
    expect(judge(goldenModel('first-creation'), goldenModel('account-added')).isPart).toBe(false);
    expect(judge(goldenModel('account-removed'), goldenModel('account-added')).isPart).toBe(false);
    expect(judge(goldenModel('no-change'), goldenModel('rotation-off')).isPart).toBe(false);
  });

  test('the replacement of a replica is not', () => {
    const tainted = goldenModel('tainted-replica');
    expect(judge(goldenModel('first-creation'), tainted, [REPLICA]).extra).toContain(REPLICA);
  });
});

describe('of a replica that was to be created', () => {
  const planned = { policy: ROOT_POLICY, description: 'A key', enabled: true };
  const approved = modelOf([
    replicaChange({ actions: ['create'], after: planned, unknown: { arn: true, primary_key_arn: true } }),
  ]);
  const known = { ...planned, arn: 'arn:aws:kms:ap-southeast-2:999900001111:key/k', primary_key_arn: 'p' };
  const isLeft = (remaining: Json, tainted: readonly string[] = []): boolean =>
    judge(approved, modelOf([remaining]), tainted).isPart;

  test('its creation is left, with what is known by now', () => {
    expect(isLeft(replicaChange({ actions: ['create'], after: known }))).toBe(true);
  });

  test('its creation with another value is not left', () => {
    expect(isLeft(replicaChange({ actions: ['create'], after: { ...known, description: 'B' } }))).toBe(false);
  });

  test('a change of it to the approved values is left only where its creation did not come to its end', () => {
    const change = replicaChange({
      actions: ['update'],
      before: { ...known, description: '' },
      after: known,
    });
    expect(isLeft(change)).toBe(false);
    expect(isLeft(change, [REPLICA])).toBe(true);
  });

  test('neither its import, nor its move, nor its deletion is left', () => {
    const change = { importing: { id: 'k' } };
    expect(isLeft(replicaChange({ actions: ['create'], after: known, change }))).toBe(false);
    const moved = { ...replicaChange({ actions: ['create'], after: known }), previous_address: 'module.x' };
    expect(isLeft(moved)).toBe(false);
    expect(isLeft(replicaChange({ actions: ['delete'], before: known }))).toBe(false);
  });

  test('what the approved plan does not create is not left, marked or not', () => {
    const other = replicaChange({ actions: ['create'], after: known }, 'ap-southeast-3');
    expect(isLeft(other, ['module.replica_ap-southeast-3.aws_kms_replica_key.this'])).toBe(false);
  });

  test('nothing is left where a part of the plan is not understood', () => {
    const remaining = modelOf([replicaChange({ actions: ['create'], after: known })]);
    const strange = { ...remaining, unsupported: ['module.x.aws_thing.this', 'deferred changes'] };
    expect(judge(approved, strange)).toEqual({
      isPart: false,
      extra: ['deferred changes', 'module.x.aws_thing.this'],
    });
  });
});

describe('of a replica that was to be changed', () => {
  const [before, after] = [replicaValues({ description: 'old' }), replicaValues({ description: 'new' })];
  const approved = modelOf([replicaChange({ actions: ['update'], before, after })]);
  const isLeft = (remaining: Json): boolean => judge(approved, modelOf([remaining]), [REPLICA]).isPart;

  test('the change is left as it was approved', () => {
    expect(isLeft(replicaChange({ actions: ['update'], before, after }))).toBe(true);
  });

  test('the same values from others than the reviewers saw are not left, nor is its creation', () => {
    const other = replicaValues({ description: 'newer' });
    expect(isLeft(replicaChange({ actions: ['update'], before: other, after }))).toBe(false);
    expect(isLeft(replicaChange({ actions: ['create'], after }))).toBe(false);
  });
});

describe('of a key that was to be imported and changed', () => {
  const [before, after] = [replicaValues({ description: 'old' }), replicaValues({ description: 'new' })];
  const importing = (id: string): Json => ({ importing: { id } });
  const left = replicaChange({ actions: ['update'], before, after });
  const isLeft = (id: string, remaining: Json): boolean =>
    judge(
      modelOf([replicaChange({ actions: ['update'], before, after, change: importing(id) })]),
      modelOf([remaining]),
    ).isPart;

  test('the change is left once the key is imported, by either form of its id', () => {
    expect(isLeft(KEY_ID, left)).toBe(true);
    expect(isLeft(`${KEY_ID}@ap-southeast-2`, left)).toBe(true);
  });

  test('neither the change of another key is, nor another change of that one', () => {
    const other = replicaValues({ description: 'old', key_id: 'mrk-other' });
    expect(isLeft(KEY_ID, replicaChange({ actions: ['update'], before: other, after }))).toBe(false);
    expect(isLeft('mrk-other', left)).toBe(false);
    const elsewhere = replicaValues({ description: 'newer' });
    expect(isLeft(KEY_ID, replicaChange({ actions: ['update'], before, after: elsewhere }))).toBe(false);
  });

  test('nor is the import of another key, with whatever values', () => {
    const other = replicaChange({ actions: ['update'], before, after, change: importing('mrk-other') });
    expect(isLeft(KEY_ID, other)).toBe(false);
  });

  test('nor is the change of what is no key, whose values name one', () => {
    const alias = (change: Json = {}): Json =>
      resourceChange('module.replica_ap-southeast-2.aws_kms_alias.this', {
        actions: ['update'],
        before: { region: 'ap-southeast-2', key_id: KEY_ID, name: 'alias/a' },
        after: { region: 'ap-southeast-2', key_id: KEY_ID, name: 'alias/b' },
        change,
      });
    expect(judge(modelOf([alias(importing(KEY_ID))]), modelOf([alias()])).isPart).toBe(false);
  });

  test('nor is its import, where only the change was approved', () => {
    const approved = modelOf([left]);
    const again = replicaChange({ actions: ['update'], before, after, change: importing(KEY_ID) });
    expect(judge(approved, modelOf([again])).isPart).toBe(false);
  });
});
