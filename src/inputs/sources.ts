import { readFileSync, statSync } from 'node:fs';
import type { KeySpec } from '../facts/key-specs.js';
import type { Environment } from '../runner/context.js';

/** What reading the inputs needs of the outside: two looks at the disk, none of which changes anything. */
export interface InputSources {
  readonly env: Environment;
  /** The text of a file, or undefined when it cannot be read. */
  readonly readFile: (file: string) => string | undefined;
  readonly isFolder: (folder: string) => boolean;
}

/** What an input may depend on: the disk, and what a few others say. */
export interface Around extends InputSources {
  readonly primaryRegion: string;
  /** Of the primary Region; `aws` where that is unknown. */
  readonly partition: string;
  readonly keySpec: KeySpec;
  /** Without `alias/`. */
  readonly alias: string;
}

/** The real disk for `readInputs`. */
export function inputSources(env: Environment): InputSources {
  return {
    env,
    readFile: (file) => {
      try {
        return readFileSync(file, 'utf8');
      } catch {
        return undefined; // The reader names the input and the path; why it cannot be read adds nothing to act on.
      }
    },
    isFolder: (folder) => statSync(folder, { throwIfNoEntry: false })?.isDirectory() ?? false,
  };
}
