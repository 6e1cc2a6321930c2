import { isDeepStrictEqual } from 'node:util';
import { isKey } from './model.js';
import type { RawPlan, RawResourceChange } from './schema.js';
import type { PlanModel, ResourceChange } from './types.js';

/** Keys and aliases that the plan replaces for no other reason than the taint of an apply that was stopped. */
export function findTainted({ resources }: Pick<PlanModel, 'resources'>): ResourceChange[] {
  return resources.filter(({ reason, kind }) => reason === 'replace_because_tainted' && kind !== 'other');
}

/**
 * Keys that AWS may still be creating: KMS says of such a key that it is not enabled, so the plan means to enable it.
 * Only KMS can tell them from keys that somebody has disabled.
 */
export function findDisabled({ resources }: Pick<PlanModel, 'resources'>): ResourceChange[] {
  return resources.filter(({ kind, action, before, after }) => {
    const name = kind === 'primary' ? 'is_enabled' : 'enabled';
    return isKey({ kind }) && action === 'update' && before?.[name] === false && after?.[name] === true;
  });
}

export interface Unfinished {
  /** Addresses of keys that AWS is still creating. */
  readonly creating: readonly string[];
  /** Addresses, these among them, of all that an apply was stopped at. */
  readonly all: readonly string[];
}

/**
 * A plan as it will be when AWS has finished: it enables a key that it creates by itself, and what the refresh finds of an
 * unfinished one is no change from outside. The same plan is made once the key is ready, so the two have one digest.
 * @param plan what `terraform show -json` printed of a plan that was read before
 */
export function withoutTaint(plan: unknown, { creating, all }: Unfinished): unknown {
  const { resource_changes: changes = [], resource_drift: drift = [], ...rest } = plan as Partial<RawPlan>;
  return {
    ...rest,
    resource_changes: changes.map((each) => (creating.includes(each.address) ? enabled(each) : each)),
    resource_drift: drift.filter(({ address }) => !all.includes(address)),
  };
}

function enabled(raw: RawResourceChange): RawResourceChange {
  const { change } = raw;
  if (change.before == null || change.after == null) return raw;
  const before = { ...change.before };
  for (const name of ['enabled', 'is_enabled']) if (before[name] === false) before[name] = change.after[name];
  const actions = isDeepStrictEqual(before, change.after) ? ['no-op'] : change.actions;
  return { ...raw, change: { ...change, before, actions } };
}
