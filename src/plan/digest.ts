import { canonicalPlan, sha256 } from './canonical.js';
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
