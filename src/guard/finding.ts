import { joinWords } from '../phrases.js';
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

interface Told extends Words {
  /** Where it is; several places with one cause are one finding. */
  readonly at?: Place | readonly Place[] | undefined;
}

export function stop(rule: Rule, told: Told): Finding {
  return find('stop', rule, told);
}

export function warn(rule: Rule, told: Told): Finding {
  return find('warning', rule, told);
}

/** Who is let in is what the reviewers agree to by the access table: it is told, and is no danger by itself. */
export function tell(rule: Rule, words: Words): Finding {
  return find('notice', rule, words);
}

function find(severity: Finding['severity'], rule: Rule, { at = [], ...words }: Told): Finding {
  const places: readonly Place[] = 'address' in at ? [at] : at;
  const [first] = places;
  const where = { region: first?.region, address: first?.address };
  if (places.length < 2) return { severity, rule, ...words, ...where };
  const regions = places.flatMap(({ region }) => region ?? []);
  return { severity, rule, ...words, ...where, region: undefined, regions };
}

/** E.g. `the replica key in ap-southeast-2`. */
export function nameKey({ kind, region }: Pick<ResourceChange, 'kind' | 'region'>): string {
  return `the ${kind} key in ${region ?? 'an unknown Region'}`;
}

/** More replicas than this are counted instead of named. */
const NAMED_REPLICAS = 3;

/** E.g. `the primary key in ap-southeast-1 and the replica keys in ap-southeast-2 and ap-southeast-3`. */
export function nameKeys(keys: readonly Pick<ResourceChange, 'kind' | 'region'>[]): string {
  const replicas = keys.filter(({ kind }) => kind === 'replica');
  const others = keys.filter(({ kind }) => kind !== 'replica').map(nameKey);
  const regions = replicas.map(({ region }) => region ?? 'an unknown Region');
  const where = replicas.length > NAMED_REPLICAS ? `${replicas.length} Regions` : joinWords(regions);
  const named = replicas.length > 1 ? [`the replica keys in ${where}`] : replicas.map(nameKey);
  return joinWords([...others, ...named]);
}

/** An attribute of one side of a change, where it is text. */
export function textOf(side: ResourceChange['after'], name: string): string | undefined {
  const value = side?.[name];
  return typeof value === 'string' ? value : undefined;
}

/** The resources that each have the same one of some values, in the order of the first. */
export function groupBy<T>(items: readonly T[], valueOf: (item: T) => unknown): T[][] {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const value = JSON.stringify(valueOf(item));
    groups.set(value, [...(groups.get(value) ?? []), item]);
  }
  return [...groups.values()];
}
