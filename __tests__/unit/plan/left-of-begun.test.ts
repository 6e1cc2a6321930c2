import { describe, expect, test } from '@jest/globals';
import { begunChanges, isLeftOfBegun } from '../../../src/plan/left-of-begun.js';
import type { PartOfApproved } from '../../../src/plan/part-of-approved.js';
import type { PlanModel } from '../../../src/plan/types.js';
import { goldenModel, modelOf, replicaChange, ROOT_POLICY, type Json } from './raw-plan.js';

function judge(begun: PlanModel, remaining: PlanModel, marked: readonly string[] = []): PartOfApproved {
  return isLeftOfBegun(begunChanges(begun), remaining, marked);
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
  const begun = modelOf([
    replicaChange({ actions: ['create'], after: planned, unknown: { arn: true, primary_key_arn: true } }),
  ]);
  const known = { ...planned, arn: 'arn:aws:kms:ap-southeast-2:999900001111:key/k', primary_key_arn: 'p' };
  const isLeft = (remaining: Json, marked: readonly string[] = []): boolean =>
    judge(begun, modelOf([remaining]), marked).isPart;

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

  test('neither its import nor its deletion is left', () => {
    const change = { importing: { id: 'k' } };
    expect(isLeft(replicaChange({ actions: ['create'], after: known, change }))).toBe(false);
    expect(isLeft(replicaChange({ actions: ['delete'], before: known }))).toBe(false);
  });
});
