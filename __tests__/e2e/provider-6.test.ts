import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { renderConfiguration, type ModuleRequest } from '../../src/terraform/module.js';
import { read } from '../support/inputs.js';
import { jsonOutput, startMainJob, type MainJob } from '../support/main-job.js';
import { INIT, runTerraform, runTerraformOk } from '../support/rendered-terraform.js';
import { findProviderMirror } from '../support/terraform.js';
import { tempFolder } from '../support/temp-folder.js';

vi.setConfig({ testTimeout: 900_000, hookTimeout: 900_000 });

const six = findProviderMirror((version) => version.startsWith('6.'));
const version = six?.versions.at(-1);
if (six === undefined) {
  process.stderr.write(
    'NOT run: everything with a real provider 6.x, which is in no mirror on this machine: one provider for all Regions, thirty Regions, the way from 5.x to 6.x and back. Their tests count as skipped.\n',
  );
}
const withSix = six === undefined ? describe.skip : describe;

describe('the configuration for provider 6.x', () => {
  let folder: string;
  beforeEach(() => {
    folder = tempFolder('provider 6');
  });

  /** As the action writes it, but for the requirement of a provider 6.x, so that the one that is here can read it. */
  async function write(of: ModuleRequest): Promise<void> {
    for (const file of renderConfiguration(of)) {
      const target = path.join(folder, file.path);
      await mkdir(path.dirname(target), { recursive: true });
      await ('content' in file
        ? writeFile(target, file.content)
        : copyFile(path.join('terraform', file.copyOf), target));
      if (!/region_override/.test(file.path)) continue;
      const text = await readFile(target, 'utf8');
      await writeFile(target, text.replace('>= 6.0.0', '>= 5.0.0'));
    }
  }

  test('is nothing for an older provider, which would make every key in one Region', async () => {
    await write({
      ...read({ 'aws-provider-version': '~> 5.0' }),
      backend: undefined,
      facts: { providerMode: 'region' },
    });
    for (const name of ['primary', 'replica']) {
      const file = path.join('modules', name, 'region_override.tf');
      await copyFile(
        path.join('terraform', 'modules', name, 'provider-6', 'region_override.tf'),
        path.join(folder, file),
      );
    }
    const { exitCode, output } = await runTerraform(folder, INIT);
    expect(exitCode).toBe(1);
    expect(output).toMatch(/no available releases match|Failed to query available provider packages/);
  });

  test('is valid to a provider 5.x, but for the Region that this one does not know', async () => {
    const facts = {
      providerMode: 'region',
      movedRegions: ['ap-southeast-2'],
      imports: [{ region: 'ap-southeast-3', keyId: `mrk-${'0'.repeat(32)}`, hasAlias: true }],
    } as const;
    await write({ ...read({ 'aws-provider-version': '~> 5.0' }), backend: undefined, facts });
    await runTerraformOk(folder, INIT);
    const { output } = await runTerraform(folder, ['validate', '-json']);
    // In an override file Terraform overlooks an argument that the provider does not have: all else is checked.
    expect(JSON.parse(output)).toMatchObject({ valid: true, diagnostics: [] });
  });
});

withSix('with a real provider 6.x', () => {
  let job: MainJob;
  beforeEach(async () => {
    job = await startMainJob();
  });
  afterEach(() => job.stop());

  const newest = { 'aws-provider-version': version ?? '', 'provider-mirror': six?.dir ?? '' };
  const deletions = (): unknown[] => job.emulator.calls.find({ action: 'ScheduleKeyDeletion' });
  const ids = (regions: readonly string[]): (string | undefined)[] =>
    regions.map((region) => job.emulator.kms.keys(region).find(({ state }) => state === 'Enabled')?.id);

  test('the article comes to rest, loses a Region and gets it back', async () => {
    const applied = await job.apply(newest);
    expect(applied).toMatchObject({
      exitCode: 0,
      outputs: { 'to-add': '6', 'aws-provider-version': version },
    });
    expect(Object.keys(jsonOutput(applied, 'replica-key-arns'))).toEqual([
      'ap-southeast-2',
      'ap-southeast-3',
    ]);
    expect(await job.run(newest)).toMatchObject({ exitCode: 0, outputs: { 'has-changes': 'false' } });
    const confirmed = { 'allow-destroy': 'true', 'confirm-destroy': 'aws_cb_cmk' };
    const removed = await job.apply({ ...newest, ...confirmed, 'replica-regions': 'ap-southeast-2' });
    expect(removed).toMatchObject({ exitCode: 0, outputs: { 'to-destroy': '2' } });
    const back = await job.apply({ ...newest, 'allow-recovery': 'true' });
    expect(back.exitCode).toBe(0);
    const [primary] = ids(['ap-southeast-1']);
    expect(ids(['ap-southeast-2', 'ap-southeast-3'])).toEqual([primary, primary]);
  });

  test('a key of provider 5.x comes to 6.x in two applies, and none is replaced, created or destroyed', async () => {
    const regions = ['ap-southeast-1', 'ap-southeast-2', 'ap-southeast-3'];
    expect((await job.apply()).exitCode).toBe(0);
    const before = ids(regions);
    const first = await job.apply(newest);
    expect(first).toMatchObject({ exitCode: 0, outputs: { 'to-add': '0', 'to-destroy': '0' } });
    const second = await job.apply(newest);
    expect(second).toMatchObject({ exitCode: 0, outputs: { 'to-add': '0', 'to-destroy': '0' } });
    expect(await job.run(newest)).toMatchObject({ exitCode: 0, outputs: { 'has-changes': 'false' } });
    expect(ids(regions)).toEqual(before);
    expect(deletions()).toEqual([]);
    expect(job.emulator.calls.find({ action: 'CreateKey' })).toHaveLength(1);
    expect(job.emulator.calls.find({ action: 'ReplicateKey' })).toHaveLength(2);
    // And back: 5.x cannot go on from there, and says so.
    const refused = await job.run();
    expect(refused.exitCode).toBe(1);
    expect(refused.stdout).toContain('Set `aws-provider-version` to a');
    expect(deletions()).toEqual([]);
  });

  test('a range over both goes the way of the version that init chose', async () => {
    const range = { ...newest, 'aws-provider-version': `>= 5.90, < 7.0, != 6.0.0-beta1` };
    const planned = await job.run(range);
    expect(planned).toMatchObject({
      exitCode: 0,
      outputs: { 'to-add': '6', 'aws-provider-version': version },
    });
  });
});
