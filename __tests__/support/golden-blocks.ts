import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll } from 'vitest';

/** A golden file in `golden/guard` for people to read: blocks of lines in their order, with an empty line between two. */
export interface GoldenBlocks {
  /** The blocks that stand in the file; undefined where UPDATE_GOLDEN=1 has it written anew. */
  readonly known: readonly string[] | undefined;
  /** Has a block written at the end of the test file, where that is wanted. */
  readonly keep: (block: string) => void;
}

/** @param name of the file, without its ending */
export function openGoldenBlocks(name: string): GoldenBlocks {
  const file = path.join(import.meta.dirname, '..', 'golden', 'guard', `${name}.txt`);
  const seen = new Set<string>();
  if (process.env['UPDATE_GOLDEN'] !== '1') {
    const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
    return { known: text.split(/\n\n+/).map((block) => block.trimEnd()), keep: () => undefined };
  }
  afterAll(() => {
    writeFileSync(file, `${[...seen].sort().join('\n\n')}\n`);
  });
  return { known: undefined, keep: (block) => seen.add(block) };
}
