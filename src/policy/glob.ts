import type { Answer } from './answer.js';

const ANY = Symbol('*');
const ONE = Symbol('?');

/**
 * A pattern as its characters and IAM's two wildcards: `*` for any run of characters, the empty one too, `?` for exactly
 * one (IAM reference, "Wildcards in condition values"). A pattern is read by moving a set of positions over the text: time
 * grows with the length of the pattern times that of the text, whatever the pattern, and never with the number of ways to match.
 */
export type Glob = readonly (string | typeof ANY | typeof ONE)[];

export function compileGlob(pattern: string): Glob {
  const glob = Array.from(pattern, (character) =>
    character === '*' ? ANY : character === '?' ? ONE : character,
  );
  // Several `*` in a row mean what one does.
  return glob.filter((part, at) => part !== ANY || glob[at - 1] !== ANY);
}

export function matchesGlob(glob: Glob, text: string): boolean {
  return positionsAfter(glob, text).has(glob.length);
}

/**
 * What a glob says of a text of which only the beginning is known: it matches however the text goes on, or never, or it
 * depends.
 */
export function matchesBeginning(glob: Glob, beginning: string): Answer {
  const positions = positionsAfter(glob, beginning);
  if (positions.size === 0) return 'never';
  // What follows can be anything only where a last `*` takes it all, from nothing on.
  const takesAll = [...positions].some((at) => at === glob.length - 1 && glob[at] === ANY);
  return takesAll ? 'always' : 'maybe';
}

/** Where in the pattern one may be after reading the text; a `*` can be passed over without reading anything. */
function positionsAfter(glob: Glob, text: string): Set<number> {
  const withNext = (at: number): number[] => (glob[at] === ANY ? [at, at + 1] : [at]);
  let positions = new Set(withNext(0));
  for (const character of text) {
    const next = new Set<number>();
    for (const at of positions) {
      const part = glob[at];
      const reached = part === ANY ? at : part === ONE || part === character ? at + 1 : undefined;
      if (reached !== undefined) for (const each of withNext(reached)) next.add(each);
    }
    positions = next;
    if (positions.size === 0) break;
  }
  return positions;
}
