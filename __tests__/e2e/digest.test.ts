/** An approval may be given on one runner and read on another: the digest must not depend on the Node that made it. */

import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { digestPlan } from '../../src/plan/digest.js';
import { buildPlanModel } from '../../src/plan/model.js';
import { tempFolder } from '../support/temp-folder.js';

const FOLDER = path.resolve('__tests__', 'golden', 'plans');
const plans = readdirSync(FOLDER).filter((name) => name.endsWith('.json'));

interface NodeProgram {
  readonly path: string;
  readonly version: string;
}

/** A Node on PATH of another version than this one, or this one. npm puts its own folders first, and they have this one. */
function findOtherNode(): NodeProgram {
  const name = process.platform === 'win32' ? 'node.exe' : 'node';
  const programs = (process.env['PATH'] ?? '').split(path.delimiter).map((folder) => path.join(folder, name));
  const found = [...new Set(programs)]
    .filter((program) => existsSync(program))
    .map((program): NodeProgram => ({
      path: program,
      version: execFileSync(program, ['--version'], { encoding: 'utf8' }).trim(),
    }));
  const own = { path: process.execPath, version: process.version };
  return found.find(({ version }) => version !== own.version) ?? own;
}

test('every recorded plan has the same digest in this Node and in another one', () => {
  const node = findOtherNode();
  const compared = `${process.version} with ${node.version}`;
  process.stderr.write(`The digests of ${plans.length} plans are compared: Node ${compared}.\n`);
  if (node.version === process.version) {
    process.stderr.write(
      'THERE IS ONE NODE HERE ALONE: that the digest is the same in another one is not shown.\n',
    );
  }
  const own = plans.map((name) =>
    digestPlan(buildPlanModel(JSON.parse(readFileSync(path.join(FOLDER, name), 'utf8')))),
  );
  expect(new Set(own).size).toBeGreaterThan(15);
  const script = path.join(tempFolder('digest'), 'digests.ts');
  const source = (file: string): string => JSON.stringify(path.resolve('src', 'plan', file));
  writeFileSync(
    script,
    `import { readFileSync } from 'node:fs';
import { digestPlan } from ${source('digest.ts')};
import { buildPlanModel } from ${source('model.ts')};
const digests = process.argv.slice(2).map((file) => digestPlan(buildPlanModel(JSON.parse(readFileSync(file, 'utf8')))));
process.stdout.write(JSON.stringify(digests));
`,
  );
  const files = plans.map((name) => path.join(FOLDER, name));
  const printed = execFileSync(node.path, ['--import', 'tsx', script, ...files], { encoding: 'utf8' });
  expect(JSON.parse(printed)).toEqual(own);
}, 120_000);
