import { canonicalJson, canonicalPlan, sha256 } from './canonical.js';
import type { PlanModel } from './types.js';

/**
 * What a plan does, as one short text: equal for equal plans made at different times, on different machines, from
 * inputs in another order; different when any address, Region, action, value, policy or tag differs. Sensitive values
 * count, too. The prefix names the algorithm, so that a later one can't be taken for this.
 * @returns `sha256:` and 64 hex digits
 */
export function digestPlan(model: PlanModel): string {
  return `sha256:${sha256(canonicalPlan(model))}`;
}

/**
 * What a plan does whose apply first cancels the deletion of keys. A plan that changes the same and brings nothing back has
 * another digest, and so has one that brings back another key: approving the one approves no other.
 * @param digest of the plan itself
 */
export function digestRecovery(
  digest: string,
  keys: readonly { readonly region: string; readonly keyId: string }[],
): string {
  const recovers = keys.map(({ region, keyId }) => canonicalJson([region, keyId])).sort();
  return `sha256:${sha256(canonicalJson({ recovers, digest }))}`;
}
