import type { Value } from '../../src/policy/condition.js';
import { findConditionKey } from '../../src/policy/condition-keys.js';
import type { Policy, Principal, Statement } from '../../src/policy/document.js';
import { evaluate, type Verdict } from '../../src/policy/evaluate.js';

/** A request of which everything is known. */
export interface KnownRequest {
  /** Every name by which a statement may mean the caller. */
  readonly names: readonly Principal[];
  readonly action: string;
  readonly resource: string | undefined;
  /** By condition key in lower case. A key that is not among them is not in the request. */
  readonly values: Readonly<Record<string, readonly string[]>>;
}

export interface Decision {
  /** `Deny` beats `Allow`; `none` when no statement speaks of the request. */
  readonly decision: 'Allow' | 'Deny' | 'none';
  /** The one that decided. */
  readonly statement: Statement | undefined;
  /**
   * Condition keys on which the decision hangs and which nobody knows: neither the request nor the catalogue of keys.
   * A decision with such a key is worth nothing.
   */
  readonly unknownKeys: readonly string[];
}

/** What a resource-based policy decides about a request, as AWS does it. */
export function decide(policy: Policy, request: KnownRequest): Decision {
  const unknownKeys = new Set<string>();
  const look = (key: string): Value => {
    const name = key.toLowerCase();
    const values = Object.hasOwn(request.values, name) ? request.values[name] : undefined;
    if (values !== undefined) return { is: 'values', values };
    if (findConditionKey(key) !== undefined) return { is: 'absent' };
    unknownKeys.add(key);
    return { is: 'unknown', present: 'maybe' };
  };
  const resource = request.resource === undefined ? undefined : { text: request.resource };
  const { allows, denies } = evaluate(policy, {
    caller: { names: request.names },
    action: request.action,
    resource,
    look,
  });
  const deciding = certain(denies) ?? (perhaps(denies) ? undefined : certain(allows));
  const hanging = [...denies, ...allows].filter(({ answer }) => answer === 'maybe');
  const isOpen = deciding === undefined && hanging.length > 0;
  return {
    decision: deciding?.statement.effect ?? 'none',
    statement: deciding?.statement,
    unknownKeys: isOpen ? [...unknownKeys].sort() : [],
  };
}

function certain(some: Verdict['allows']): Verdict['allows'][number] | undefined {
  return some.find(({ answer }) => answer === 'always');
}

function perhaps(some: Verdict['allows']): boolean {
  return some.some(({ answer }) => answer === 'maybe');
}
