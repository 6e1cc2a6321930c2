import { describe, expect, test } from 'vitest';
import { withoutTaint, findDisabled, findTainted } from '../../../src/plan/without-taint.js';
import { digestPlan } from '../../../src/plan/digest.js';
import { buildPlanModel } from '../../../src/plan/model.js';
import type { PlanModel } from '../../../src/plan/types.js';
import {
  aliasChange,
  goldenModel,
  modelOf,
  planOf,
  primaryChange,
  primaryValues,
  replicaChange,
  replicaValues,
  resourceChange,
  type Json,
} from './raw-plan.js';

const REPLICA_ADDRESS = 'module.replica_ap-southeast-2.aws_kms_replica_key.this';
const MADE_ALIAS = aliasChange({ actions: ['create'], after: { name: 'alias/x' } }, 'replica_ap-southeast-2');
const PRIMARY_STAYS = primaryChange({ actions: ['no-op'], before: primaryValues(), after: primaryValues() });

/** What Terraform plans while KMS says `Creating`, and with it that the key is not enabled. */
const whileCreating = (after: Json = {}): Json =>
  planOf([
    PRIMARY_STAYS,
    replicaChange({
      actions: ['update'],
      before: replicaValues({ enabled: false }),
      after: replicaValues({ enabled: true, ...after }),
    }),
    MADE_ALIAS,
  ]);

const finished = (plan: Json): PlanModel =>
  buildPlanModel(withoutTaint(plan, { creating: [REPLICA_ADDRESS], all: [REPLICA_ADDRESS] }));

describe('a plan made while AWS is still creating a replica', () => {
  test('is, as finished, the plan that is made once the replica is enabled: the digests are equal', () => {
    const replica = { before: replicaValues(), after: replicaValues() };
    const later = modelOf([PRIMARY_STAYS, replicaChange({ actions: ['no-op'], ...replica }), MADE_ALIAS]);
    const now = finished(whileCreating());
    expect(digestPlan(now)).toBe(digestPlan(later));
    expect(now.counts).toMatchObject({ add: 1, change: 0, destroy: 0 });
    expect(digestPlan(now)).not.toBe(digestPlan(buildPlanModel(whileCreating())));
  });

  test('keeps whatever else is to be changed', () => {
    const replica = { before: replicaValues(), after: replicaValues({ description: 'another' }) };
    const later = modelOf([PRIMARY_STAYS, replicaChange({ actions: ['update'], ...replica }), MADE_ALIAS]);
    expect(digestPlan(finished(whileCreating({ description: 'another' })))).toBe(digestPlan(later));
  });

  test('does not tell what the refresh found of it as a change from outside', () => {
    const drift = replicaChange({
      actions: ['update'],
      before: replicaValues({ enabled: true }),
      after: replicaValues({ enabled: false }),
    });
    const plan = { ...whileCreating(), resource_drift: [drift] };
    expect(buildPlanModel(plan).drift).toHaveLength(1);
    expect(finished(plan).drift).toEqual([]);
  });

  test('still tells what was changed elsewhere from outside', () => {
    const drift = primaryChange({
      actions: ['update'],
      before: primaryValues(),
      after: primaryValues({ description: 'B' }),
    });
    expect(finished({ ...whileCreating(), resource_drift: [drift] }).drift).toHaveLength(1);
  });

  test('is the same for a primary', () => {
    const address = 'module.primary.aws_kms_key.this';
    const raw = primaryChange({
      actions: ['update'],
      before: primaryValues({ is_enabled: false }),
      after: primaryValues(),
    });
    const plan = buildPlanModel(withoutTaint(planOf([raw]), { creating: [address], all: [address] }));
    expect(plan.hasChanges).toBe(false);
  });

  test('has nothing to finish where a key is made or deleted, or nothing is', () => {
    const unfinished = { creating: [REPLICA_ADDRESS], all: [REPLICA_ADDRESS] };
    for (const raw of [
      replicaChange({ actions: ['create'], after: replicaValues({ enabled: true }) }),
      replicaChange({ actions: ['delete'], before: replicaValues({ enabled: false }) }),
    ]) {
      expect(withoutTaint({ resource_changes: [raw] }, unfinished)).toEqual({
        resource_changes: [raw],
        resource_drift: [],
      });
    }
    expect(withoutTaint({}, unfinished)).toEqual({ resource_changes: [], resource_drift: [] });
  });

  test('leaves another key that somebody has disabled as it is', () => {
    const other = withoutTaint(whileCreating(), { creating: [], all: [] });
    expect(buildPlanModel(other).counts.change).toBe(1);
  });
});

describe('what an apply that was stopped leaves', () => {
  test('a replica that is marked, by its address', () => {
    expect(findTainted(goldenModel('tainted-replica')).map(({ address }) => address)).toEqual([
      REPLICA_ADDRESS,
    ]);
    expect(findTainted(goldenModel('partly-applied'))).toEqual([]);
    const other = resourceChange('aws_other.this', {
      actions: ['delete', 'create'],
      resource: { action_reason: 'replace_because_tainted' },
    });
    expect(findTainted(modelOf([other]))).toEqual([]);
  });

  test('keys that are not enabled and are to be: KMS has to say whether it is creating them', () => {
    expect(findDisabled(buildPlanModel(whileCreating())).map(({ address }) => address)).toEqual([
      REPLICA_ADDRESS,
    ]);
    const disabled = { before: primaryValues({ is_enabled: false }), after: primaryValues() };
    expect(findDisabled(modelOf([primaryChange({ actions: ['update'], ...disabled })]))).toHaveLength(1);
    const stays = { before: replicaValues({ enabled: false }), after: replicaValues({ enabled: false }) };
    expect(findDisabled(modelOf([replicaChange({ actions: ['update'], ...stays })]))).toEqual([]);
    const anew = { before: replicaValues({ enabled: false }), after: replicaValues() };
    expect(findDisabled(modelOf([replicaChange({ actions: ['delete', 'create'], ...anew })]))).toEqual([]);
    expect(findDisabled(goldenModel('first-creation'))).toEqual([]);
    expect(findDisabled(goldenModel('rotation-off'))).toEqual([]);
  });
});
