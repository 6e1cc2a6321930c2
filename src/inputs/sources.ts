import { readFileSync, statSync } from 'node:fs';
import type { InputSources } from './inputs.js';

/** The real disk for `readInputs`; nothing on it is changed. */
export function inputSources(env: InputSources['env']): InputSources {
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
