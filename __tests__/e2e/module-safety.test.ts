import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { startEmulator, type Emulator } from '../../emulator/index.js';
import { renderConfiguration, type ModuleRequest } from '../../src/terraform/module.js';
import { read } from '../support/inputs.js';
import { INIT, runTerraform, runTerraformOk } from '../support/rendered-terraform.js';
import { tempFolder } from '../support/temp-folder.js';

vi.setConfig({ testTimeout: 900_000, hookTimeout: 900_000 });

const APPLY = ['apply', '-input=false', '-auto-approve', '-no-color'];
const DESTROY = ['destroy', '-input=false', '-auto-approve', '-no-color'];
const IS_SETTLED = ['plan', '-input=false', '-detailed-exitcode', '-no-color'];

let folder: string;

beforeEach(async () => {
  folder = tempFolder('module safety');
  await cp(path.join('terraform', 'modules'), path.join(folder, 'modules'), { recursive: true });
});

/** Writes what is rendered, beside the module files that are there already; the state is in the working folder. */
async function write(
  changed: Readonly<Record<string, string>>,
  more: Partial<ModuleRequest> = {},
): Promise<void> {
  for (const file of renderConfiguration({ ...read(changed), backend: undefined, ...more })) {
    if ('content' in file) await writeFile(path.join(folder, file.path), file.content);
  }
}

describe('with an emulated AWS', () => {
  let emulator: Emulator;

  const start = async (region = 'ap-southeast-1'): Promise<void> => {
    emulator = await startEmulator({ region });
  };
  const terraform = (args: readonly string[]): Promise<string> => runTerraformOk(folder, args, emulator.env);

  afterEach(() => emulator.stop());

  test('the modules alone destroy no key, and as the action uses them they do', async () => {
    await start();
    await write({ 'replica-regions': 'ap-southeast-2' });
    await terraform(INIT);
    await terraform(APPLY);

    const overrides = ['primary', 'replica'].map((name) =>
      path.join(folder, 'modules', name, 'lifecycle_override.tf.json'),
    );
    const rendered = await Promise.all(overrides.map((file) => readFile(file, 'utf8')));
    for (const file of overrides) await rm(file);
    const refused = await runTerraform(folder, DESTROY, emulator.env);
    expect(refused.exitCode).toBe(1);
    expect(refused.output).toContain('Instance cannot be destroyed');
    expect(emulator.calls.find({ action: 'ScheduleKeyDeletion' })).toEqual([]);

    for (const [index, file] of overrides.entries()) await writeFile(file, rendered[index] ?? '');
    await terraform(DESTROY);
    expect(emulator.kms.keys('ap-southeast-2')).toMatchObject([{ state: 'PendingDeletion' }]);
    expect(emulator.kms.keys('ap-southeast-1')).toMatchObject([{ state: 'PendingReplicaDeletion' }]);
  });

  test('the checks of the primary module stay in force where the action lifts the protection', async () => {
    await start();
    await write({ 'replica-regions': '' }, { keySpec: 'RSA_2048', keyUsage: 'GENERATE_VERIFY_MAC' });
    await terraform(INIT);
    const refused = await runTerraform(folder, APPLY, emulator.env);
    expect(refused.exitCode).toBe(1);
    expect(refused.output).toMatch(/KMS has no RSA_2048 key for\s+(│\s+)?GENERATE_VERIFY_MAC/);
    expect(emulator.kms.regions()).toEqual([]);
  });

  test('a rotation period that leaves the inputs goes back to the default of AWS', async () => {
    await start();
    await write({ 'replica-regions': '', 'rotation-period-in-days': '90' });
    await terraform(INIT);
    await terraform(APPLY);
    expect(emulator.kms.keys('ap-southeast-1')).toMatchObject([{ rotationPeriodInDays: 90 }]);
    await terraform(IS_SETTLED);
    await write({ 'replica-regions': '' });
    await terraform(APPLY);
    expect(emulator.kms.keys('ap-southeast-1')).toMatchObject([{ rotationPeriodInDays: 365 }]);
    await terraform(IS_SETTLED);
  });

  test("a backend's settings mean themselves, whatever Terraform could read into them", async () => {
    await start();
    const state = 'a ${"$"}{b} ${file("x")} %{ if true }c%{ endif }.tfstate';
    await write({ 'replica-regions': '' }, { backend: { type: 'local', config: { path: state } } });
    await terraform(INIT);
    await terraform(APPLY);
    expect(await readFile(path.join(folder, state), 'utf8')).toContain('aws_kms_key');
  });
});

test("the README's example is valid, and formatted as Terraform formats", async () => {
  const readme = await readFile(path.join('terraform', 'README.md'), 'utf8');
  const [, example = ''] = /```hcl\n([^]*?)```/.exec(readme) ?? [];
  await writeFile(path.join(folder, 'main.tf'), example);
  await runTerraformOk(folder, ['fmt', '-check', '-diff', 'main.tf']);
  await runTerraformOk(folder, INIT);
  expect(await runTerraformOk(folder, ['validate', '-no-color'])).toContain('The configuration is valid.');
});
