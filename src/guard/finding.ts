import type { ResourceChange } from '../plan/types.js';

/**
 * What the guard judges by, each a short stable id: the report titles a finding by it, and tests and documents name it.
 */
export type Rule =
  | 'account-let-in'
  | 'alias-deleted'
  | 'alias-forgotten'
  | 'alias-renamed'
  | 'alias-taken'
  | 'another-alias'
  | 'canonical-user-principal'
  | 'deleted-principal'
  | 'federated-principal'
  | 'foreign-output'
  | 'foreign-power'
  | 'foreign-resource'
  | 'foreign-state'
  | 'held-to-network'
  | 'import-takes-access'
  | 'key-deleted'
  | 'key-disabled'
  | 'key-forgotten'
  | 'key-in-use'
  | 'key-lost'
  | 'key-replaced'
  | 'key-use-unknown'
  | 'lockout-check-bypassed'
  | 'move-not-alone'
  | 'multi-region-changed'
  | 'nobody-can-put-policy'
  | 'not-recognised'
  | 'not-understood'
  | 'owned-by-stack'
  | 'policy-unreadable'
  | 'primary-moved'
  | 'principal-let-in'
  | 'public-principal'
  | 'put-policy-conditional'
  | 'put-policy-without-root'
  | 'region-not-enabled'
  | 'rename-without-key'
  | 'replica-exists'
  | 'replica-pending-deletion'
  | 'rotation-off'
  | 'service-source-by-name'
  | 'service-without-source'
  | 'shorter-window'
  | 'spec-changed'
  | 'usage-changed';

/**
 * What the guard says of a plan. A `stop` ends the run before apply. A `warning` is a danger and a `notice` is none; both are
 * shown, and the run goes on.
 */
export interface Finding {
  readonly severity: 'stop' | 'warning' | 'notice';
  readonly rule: Rule;
  /** What would happen and why that is bad, in one or two sentences. */
  readonly reason: string;
  /** How to get what was wanted without the harm. */
  readonly wayOut: string;
  /** The Region it is about, where that is one. */
  readonly region: string | undefined;
  /** The Regions it is about, where they are several: one cause is one finding, however many Regions it has. */
  readonly regions?: readonly string[] | undefined;
  readonly address: string | undefined;
}

export interface Words {
  readonly reason: string;
  readonly wayOut: string;
}

type Place = Pick<ResourceChange, 'region' | 'address'>;

/** @param at where it is; several places with one cause are one finding */
export function stop(rule: Rule, words: Words, at?: Place | readonly Place[]): Finding {
  return { severity: 'stop', rule, ...words, ...placesOf(at) };
}

/** @param at where it is; several places with one cause are one finding */
export function warn(rule: Rule, words: Words, at?: Place | readonly Place[]): Finding {
  return { severity: 'warning', rule, ...words, ...placesOf(at) };
}

/** Who is let in is what the reviewers agree to by the access table: it is told, and is no danger by itself. */
export function tell(rule: Rule, words: Words): Finding {
  return { severity: 'notice', rule, ...words, ...placesOf() };
}

function placesOf(at: Place | readonly Place[] = []): Pick<Finding, 'region' | 'regions' | 'address'> {
  const places: readonly Place[] = 'address' in at ? [at] : at;
  const [first] = places;
  if (places.length < 2) return { region: first?.region, address: first?.address };
  return {
    region: undefined,
    regions: places.flatMap(({ region }) => region ?? []),
    address: first?.address,
  };
}
