import { compileGlob, matchesGlob } from '../src/policy/glob.js';

/** IAM's wildcards: `*` for any run of characters, `?` for one. */
export function matchesWildcard(text: string, pattern: string): boolean {
  return matchesGlob(compileGlob(pattern), text);
}
