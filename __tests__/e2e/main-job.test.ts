import { chmod, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { describeTools, jsonOutput, startMainJob, type MainJob } from '../support/main-job.js';
import { findTerraform } from '../support/terraform.js';
import { tempFolder } from '../support/temp-folder.js';

vi.setConfig({ testTimeout: 900_000, hookTimeout: 900_000 });

beforeAll(() => {
  process.stderr.write(`The main job's tests run with ${describeTools()}.\n`);
});

const REGIONS = [
  ...['ap-southeast-2', 'ap-southeast-3', 'us-east-1', 'us-west-2', 'eu-west-1'],
  ...['eu-central-1', 'ca-central-1', 'sa-east-1', 'ap-south-1', 'ap-northeast-1'],
];

describe('after apply, the next plan says no changes', () => {
  test.each([0, 1, 10])('with %d replica Regions', async (count) => {
    const job = await startMainJob();
    try {
      const replicas = { 'replica-regions': REGIONS.slice(0, count).join(' ') };
      const applied = await job.apply(replicas);
      expect(applied).toMatchObject({ exitCode: 0, outputs: { 'to-add': String(2 + 2 * count) } });
      expect(Object.keys(jsonOutput(applied, 'replica-key-arns'))).toEqual(REGIONS.slice(0, count).sort());
      const ids = new Set(
        job.emulator.kms
          .regions()
          .flatMap((region) => job.emulator.kms.keys(region))
          .map(({ id }) => id),
      );
      expect([...ids]).toEqual([applied.outputs['key-id']]);
      // The same Regions in another order are the same key.
      const planned = await job.run({ 'replica-regions': REGIONS.slice(0, count).reverse().join(',') });
      expect(planned).toMatchObject({
        exitCode: 0,
        outputs: { 'has-changes': 'false', 'plan-summary': 'No changes' },
      });
      expect(planned.outputs['key-arns']).toBe(applied.outputs['key-arns']);
    } finally {
      await job.stop();
    }
  });
});

describe('the life of one key', () => {
  let job: MainJob;
  beforeAll(async () => {
    job = await startMainJob();
  });
  afterAll(() => job.stop());

  const deletions = (): unknown[] => job.emulator.calls.find({ action: 'ScheduleKeyDeletion' });
  const state = (region: string): string | undefined => job.emulator.kms.keys(region)[0]?.state;

  test('a plan changes nothing in AWS', async () => {
    const planned = await job.run();
    expect(planned).toMatchObject({
      exitCode: 0,
      outputs: { 'to-add': '6', 'has-changes': 'true', 'account-id': job.emulator.account },
    });
    expect(planned.outputs['plan-digest']).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(job.emulator.kms.regions()).toEqual([]);
    const json = JSON.parse(await readFile(planned.outputs['plan-json-path'] ?? '', 'utf8')) as {
      format_version: string;
    };
    expect(json.format_version).toMatch(/^1\./);
  });

  test('apply without an approval stops before it changes anything, and says how to approve', async () => {
    const refused = await job.run({ command: 'apply' });
    expect(refused.exitCode).toBe(1);
    expect(refused.stdout).toMatch(/::error title=[^:]*::The plan has changes, but no approval was given\. /);
    expect(refused.stdout).toContain('Set `approved-plan` to the `plan-digest` output of a reviewed plan');
    expect(job.emulator.kms.regions()).toEqual([]);
  });

  test('apply makes one key in three Regions', async () => {
    const applied = await job.apply();
    expect(applied.exitCode).toBe(0);
    const id = applied.outputs['key-id'] ?? '';
    expect(id).toMatch(/^mrk-[0-9a-f]{32}$/);
    const arn = (region: string): string => `arn:aws:kms:${region}:${job.emulator.account}:key/${id}`;
    expect(applied.outputs['primary-key-arn']).toBe(arn('ap-southeast-1'));
    expect(jsonOutput(applied, 'replica-key-arns')).toEqual({
      'ap-southeast-2': arn('ap-southeast-2'),
      'ap-southeast-3': arn('ap-southeast-3'),
    });
    expect(Object.keys(jsonOutput(applied, 'alias-arns'))).toHaveLength(3);
  });

  test('the plan is the same plan each time: equal digests, whatever the order of the account ids', async () => {
    const added = '111122223333, 044455556666, 777788889999';
    const first = await job.run({ 'account-ids': added });
    const second = await job.run({ 'account-ids': added.split(', ').reverse().join(' ') });
    expect(first.outputs).toMatchObject({ 'to-change': '3', 'to-destroy': '0' });
    expect(second.outputs['plan-digest']).toBe(first.outputs['plan-digest']);
  });

  test('a renamed alias touches no key', async () => {
    const before = job.emulator.kms.keys('ap-southeast-1')[0]?.id;
    const renamed = {
      alias: 'renamed',
      'state-key': 'aws-kms-multi-region-key/aws_cb_cmk.tfstate',
    };
    const unsaid = await job.apply(renamed);
    expect(unsaid).toMatchObject({ exitCode: 1, outputs: { 'to-change': '0' } });
    expect(unsaid.stdout).toContain('The state belongs to alias/aws_cb_cmk, not to alias/renamed');
    const applied = await job.apply({ ...renamed, 'rename-alias-from': 'aws_cb_cmk' });
    expect(applied).toMatchObject({ exitCode: 0, outputs: { 'key-id': before, 'to-change': '0' } });
    expect(deletions()).toEqual([]);
  });

  test('destroy needs the alias as confirmation, and then leaves no key', async () => {
    const named = {
      alias: 'renamed',
      'state-key': 'aws-kms-multi-region-key/aws_cb_cmk.tfstate',
    };
    const refused = await job.apply({ ...named, command: 'destroy', 'confirm-destroy': 'aws_cb_cmk' });
    expect(refused.stdout).toContain('confirm-destroy: "aws_cb_cmk" is not the alias "renamed"');
    const preview = await job.run({ ...named, command: 'plan', 'plan-destroy': 'true' });
    expect(preview).toMatchObject({ exitCode: 0, outputs: { 'has-changes': 'true', 'to-destroy': '6' } });
    expect(preview.summary).toContain(
      'From the moment of apply nothing can encrypt or decrypt with this key',
    );
    expect(deletions()).toEqual([]);
    const destroy = { ...named, command: 'destroy', 'confirm-destroy': 'renamed' };
    const destroyed = await job.run({ ...destroy, 'approved-plan': preview.outputs['plan-digest'] ?? '' });
    expect(destroyed).toMatchObject({ exitCode: 0, outputs: { 'to-destroy': '6' } });
    expect(['ap-southeast-1', 'ap-southeast-2', 'ap-southeast-3'].map(state)).toEqual([
      'PendingReplicaDeletion',
      'PendingDeletion',
      'PendingDeletion',
    ]);
    const again = await job.run({ ...named, command: 'plan', 'plan-destroy': 'true' });
    expect(again).toMatchObject({ exitCode: 0, outputs: { 'has-changes': 'false' } });
  });
});

interface Spy {
  readonly folder: string;
  /** The commands that Terraform was started with until now. */
  commands(): Promise<string[]>;
}

describe('what runs, and what does not', () => {
  let job: MainJob;
  let spy: Spy;
  beforeEach(async () => {
    job = await startMainJob();
    spy = await watchTerraform();
  });
  afterEach(() => job.stop());

  test('bad inputs stop the run before Terraform is started or AWS is called', async () => {
    const refused = await job.run(
      { 'deletion-window-in-days': '7 days', 'replica-region': 'us-east-1' },
      { PATH: spy.folder },
    );
    expect(refused.exitCode).toBe(1);
    expect(refused.stdout).toContain('2 inputs are wrong');
    expect(await spy.commands()).toEqual([]);
    expect(job.emulator.calls.find({})).toEqual([]);
  });

  test('apply without a state is refused, with the reason', async () => {
    const refused = await job.apply({ 'state-bucket': '' });
    expect(refused.stdout).toContain(
      'apply needs a Terraform state, and neither state-bucket nor backend says where it is.',
    );
  });

  test('Terraform is started once for each answer', async () => {
    const PATH = `${spy.folder}${path.delimiter}${process.env['PATH'] ?? ''}`;
    // On a slow machine a plan takes so long that a Region may be silent: then the state is looked into, once.
    const started = async (inputs: Readonly<Record<string, string>>): Promise<string[]> => {
      const before = (await spy.commands()).length;
      const begun = Date.now();
      await job.run({ 'replica-regions': '', ...inputs }, { PATH });
      const commands = (await spy.commands()).slice(before);
      const watched = Date.now() - begun > 10_000 ? commands.indexOf('state') : -1;
      return commands.filter((_, index) => index !== watched);
    };
    expect(await started({})).toEqual(['version', 'init', 'plan', 'show']);
    const apply = { command: 'apply', 'auto-approve': 'true' };
    expect(await started(apply)).toEqual(['version', 'init', 'plan', 'show', 'apply']);
  });

  test('nothing that AWS or Terraform says becomes a workflow command', async () => {
    const hostile = '::set-output name=key-id::stolen\n::error::x';
    const applied = await job.apply({ 'replica-regions': '', description: hostile });
    expect(applied.exitCode).toBe(0);
    // Between ::stop-commands::TOKEN and ::TOKEN:: the runner reads nothing.
    const read = applied.stdout.replace(/^::stop-commands::(\S+)$[\s\S]*?^::\1::$/gm, '');
    expect(read).not.toMatch(/^\s*::(set-output|error)/m);
  });
});

/** A folder for PATH whose `terraform` notes its command and then is the real one. */
async function watchTerraform(): Promise<Spy> {
  const folder = tempFolder('spy');
  const log = path.join(folder, 'log');
  await writeFile(log, '');
  const script = `#!/bin/sh\necho "$1" >> '${log}'\nexec '${findTerraform()?.path ?? 'terraform'}' "$@"\n`;
  await writeFile(path.join(folder, 'terraform'), script);
  await chmod(path.join(folder, 'terraform'), 0o755);
  return {
    folder,
    commands: async () => (await readFile(log, 'utf8')).split('\n').filter((line) => line !== ''),
  };
}
