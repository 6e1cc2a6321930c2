import type { Answer } from './answer.js';

/**
 * IAM's wildcards: `*` for any run of characters, the empty one too, `?` for exactly one (IAM reference, "Wildcards in
 * condition values"). A pattern is read by moving a set of positions over the text: time grows with the length of the
 * pattern times that of the text, whatever the pattern, and never with the number of ways to match.
 */
export interface Glob {
  /** A character, or one of the two wildcards. */
  readonly parts: readonly (string | typeof ANY | typeof ONE)[];
}

const ANY = Symbol('*');
const ONE = Symbol('?');

export function compileGlob(pattern: string): Glob {
  const parts = Array.from(pattern, (character) =>
    character === '*' ? ANY : character === '?' ? ONE : character,
  );
  // Several `*` in a row mean what one does.
  return { parts: parts.filter((part, at) => part !== ANY || parts[at - 1] !== ANY) };
}

/** A text that is compared as it is. */
export function literalGlob(text: string): Glob {
  return { parts: Array.from(text) };
}

export function matchesGlob(glob: Glob, text: string): boolean {
  return positionsAfter(glob, text).has(glob.parts.length);
}

/**
 * What a glob says of a text of which only the beginning is known: it matches however the text goes on, or never, or it
 * depends.
 */
export function matchesBeginning(glob: Glob, beginning: string): Answer {
  const positions = positionsAfter(glob, beginning);
  if (positions.size === 0) return 'never';
  // What follows can be anything only where a last `*` takes it all, from nothing on.
  const takesAll = [...positions].some((at) => at === glob.parts.length - 1 && glob.parts[at] === ANY);
  return takesAll ? 'always' : 'maybe';
}

/** Where in the pattern one may be after reading the text; a `*` can be passed over without reading anything. */
function positionsAfter({ parts }: Glob, text: string): Set<number> {
  let positions = skipAny(parts, [0]);
  for (const character of text) {
    const next: number[] = [];
    for (const at of positions) {
      const part = parts[at];
      if (part === ANY) next.push(at);
      else if (part === ONE || part === character) next.push(at + 1);
    }
    positions = skipAny(parts, next);
    if (positions.size === 0) break;
  }
  return positions;
}

function skipAny(parts: Glob['parts'], from: readonly number[]): Set<number> {
  const positions = new Set<number>();
  for (const start of from) {
    positions.add(start);
    if (parts[start] === ANY) positions.add(start + 1);
  }
  return positions;
}
