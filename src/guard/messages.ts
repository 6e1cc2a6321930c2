import type { ResourceChange } from '../plan/types.js';
import { joinWords } from '../phrases.js';

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
