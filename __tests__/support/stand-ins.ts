import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { tempFolder } from './temp-folder.js';

/** Programs that note how they were called, and print what they are told to. */
export interface StandIns {
  /** To be found before the programs themselves, it goes first on PATH. */
  readonly folder: string;
  /** Each call, with its arguments. */
  readonly calls: () => readonly string[];
}

/** @param answers what they print, by the beginning of their arguments; nothing for others */
export function makeStandIns(
  names: readonly string[],
  answers: Readonly<Record<string, string>> = {},
): StandIns {
  const folder = tempFolder('stand-ins');
  const calls = path.join(folder, 'calls');
  writeFileSync(calls, '');
  const cases = Object.entries(answers).map(([begin, text]) => `"${begin}"*) printf '%s' '${text}' ;;`);
  for (const name of names) {
    const file = path.join(folder, name);
    writeFileSync(
      file,
      `#!/bin/bash\nprintf '%s\\n' "${name} $*" >> '${calls}'\ncase "$*" in\n${cases.join('\n')}\n*) ;;\nesac\n`,
    );
    chmodSync(file, 0o755);
  }
  return {
    folder,
    calls: () =>
      readFileSync(calls, 'utf8')
        .split('\n')
        .filter((line) => line !== ''),
  };
}
