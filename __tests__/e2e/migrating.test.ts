import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { parse } from 'yaml';
import { startMainJob, type MainJob } from '../support/main-job.js';
import { INIT, runTerraformOk } from '../support/rendered-terraform.js';
import { tempFolder } from '../support/temp-folder.js';

vi.setConfig({ testTimeout: 900_000, hookTimeout: 900_000 });

let job: MainJob;
let folder: string;
beforeEach(async () => {
  job = await startMainJob();
  folder = tempFolder('migrating');
});
afterEach(() => job.stop());

/** The block below `<!-- migrate: NAME -->` in docs/migrating.md, with the emulator's bucket. */
async function block(name: string): Promise<string> {
  const page = await readFile('docs/migrating.md', 'utf8');
  const found = new RegExp(`<!-- migrate: ${name} -->\\s+\`\`\`\\w+\\n([\\s\\S]*?)\\n\`\`\``).exec(page);
  if (found?.[1] === undefined) throw new Error(`docs/migrating.md has no block named ${name}`);
  return `${found[1].replaceAll('acme-terraform-state', job.emulator.bucket)}\n`;
}

const terraform = (...args: string[]): Promise<string> =>
  runTerraformOk(folder, [...args, '-no-color'], job.emulator.env);

async function write(...names: readonly string[]): Promise<void> {
  const key = job.emulator.kms.keys('ap-southeast-1')[0]?.id ?? '';
  for (const name of names)
    await writeFile(path.join(folder, name), (await block(name)).replaceAll(/mrk-0{32}/g, key));
}

test('a key of the article\u2019s own HCL comes under the action as docs/migrating.md says', async () => {
  await write('main.tf');
  await terraform(...INIT);
  await terraform('apply', '-auto-approve', '-input=false');
  const before = job.emulator.kms.keys('ap-southeast-3')[0];
  // Its state is lost: imported into a new one, which is where the action looks for it.
  await rm(path.join(folder, 'terraform.tfstate'));
  await write('import.tf', 'backend.tf');
  await terraform(...INIT, '-reconfigure');
  expect(await terraform('apply', '-auto-approve', '-input=false')).toMatch(
    /4 imported, 0 added, \d changed, 0 destroyed/,
  );
  for (const line of (await block('moves')).trim().split('\n'))
    await terraform(...line.replace(/^terraform /, '').split(' '));
  const inputs = parse(await block('inputs')) as Record<string, string>;
  const applied = await job.apply(inputs);
  expect(applied).toMatchObject({
    exitCode: 0,
    outputs: { 'to-add': '2', 'to-change': '3', 'to-destroy': '0', 'key-id': before?.id },
  });
  expect(job.emulator.kms.keys('ap-southeast-3')[0]).toMatchObject({ id: before?.id, state: 'Enabled' });
  expect(await job.run(inputs)).toMatchObject({ exitCode: 0, outputs: { 'has-changes': 'false' } });
});
