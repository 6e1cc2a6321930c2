import type { Finding, ResourceChange } from '../types.js';

export interface Words {
  readonly reason: string;
  readonly wayOut: string;
}

type Place = Pick<ResourceChange, 'region' | 'address'>;

/** @param at where it is; several places with one cause are one finding */
export function stop(rule: string, words: Words, at?: Place | readonly Place[]): Finding {
  return { severity: 'stop', rule, ...words, ...placesOf(at) };
}

/** @param at where it is; several places with one cause are one finding */
export function warn(rule: string, words: Words, at?: Place | readonly Place[]): Finding {
  return { severity: 'warning', rule, ...words, ...placesOf(at) };
}

/** Who is let in is what the reviewers agree to by the access table: it is told, and is no danger by itself. */
export function tell(rule: string, words: Words): Finding {
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

/** The resources that each have the same one of some values, in the order of the first. */
export function groupBy<T>(items: readonly T[], valueOf: (item: T) => unknown): T[][] {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const value = JSON.stringify(valueOf(item));
    groups.set(value, [...(groups.get(value) ?? []), item]);
  }
  return [...groups.values()];
}

export function capitalise(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** The first of some names, each once, and how many more there are. */
export function nameSome(names: readonly string[], most: number): string {
  const distinct = [...new Set(names)];
  const more = distinct.length - most;
  return joinWords([...distinct.slice(0, most), ...(more > 0 ? [`${more} more`] : [])]);
}

/** `a`, `a and b`, `a, b and c`. */
export function joinWords(words: readonly string[]): string {
  const last = words.at(-1) ?? '';
  return words.length < 2 ? last : `${words.slice(0, -1).join(', ')} and ${last}`;
}
