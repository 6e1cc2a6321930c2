/**
 * Writes what the package has: the program and the library, each in a file that needs no other package, the licences of what
 * is in them, and the types, some of which are those of other packages.
 *
 *     npm pack ./emulator
 */

import { execFileSync } from 'node:child_process';
import { copyFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const EMULATOR = import.meta.dirname;
const ROOT = path.dirname(EMULATOR);
const DIST = path.join(EMULATOR, 'dist');

const run = (...args: readonly string[]): void => {
  execFileSync(process.execPath, args, { cwd: ROOT, stdio: ['ignore', 'ignore', 'inherit'] });
};

function bundle(entry: string, name: string): void {
  const out = path.join(DIST, name);
  const stats = path.join(DIST, `${name}.json`);
  const ncc = path.join(ROOT, 'node_modules/@vercel/ncc/dist/ncc/cli.js');
  run(ncc, 'build', path.join(EMULATOR, entry), '--out', out, '--stats-out', stats, '--quiet');
  run('--import', 'tsx', 'scripts/licences.ts', stats, path.join(out, 'licenses.txt'));
  rmSync(stats);
}

function declareTypes(): void {
  const tsc = path.join(ROOT, 'node_modules/typescript/bin/tsc');
  const config = path.join(DIST, 'tsconfig.json');
  writeFileSync(
    config,
    JSON.stringify({
      extends: '../../tsconfig.json',
      compilerOptions: {
        noEmit: false,
        declaration: true,
        emitDeclarationOnly: true,
        rootDir: '../..',
        outDir: 'types',
      },
      include: [],
      files: ['../index.ts'],
    }),
  );
  run(tsc, '--project', config);
  rmSync(config);
}

rmSync(DIST, { recursive: true, force: true });
bundle('main.ts', 'main');
bundle('index.ts', 'library');
declareTypes();
copyFileSync(path.join(ROOT, 'LICENSE'), path.join(DIST, 'LICENSE'));
