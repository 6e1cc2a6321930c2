import type { Finding, ResourceChange } from '../types.js';

export interface Words {
  readonly reason: string;
  readonly wayOut: string;
}

type Place = Pick<ResourceChange, 'region' | 'address'>;

export function stop(rule: string, words: Words, at?: Place): Finding {
  return { severity: 'stop', rule, ...words, region: at?.region, address: at?.address };
}

export function warn(rule: string, words: Words, at?: Place): Finding {
  return { severity: 'warning', rule, ...words, region: at?.region, address: at?.address };
}

/** E.g. `the replica key in ap-southeast-2`. */
export function nameKey({ kind, region }: Pick<ResourceChange, 'kind' | 'region'>): string {
  return `the ${kind} key in ${region ?? 'an unknown Region'}`;
}

export function capitalise(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** `a`, `a and b`, `a, b and c`. */
export function joinWords(words: readonly string[]): string {
  const last = words.at(-1) ?? '';
  return words.length < 2 ? last : `${words.slice(0, -1).join(', ')} and ${last}`;
}
