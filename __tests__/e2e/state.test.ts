import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { Deps } from '../../src/deps.js';
import { createExec } from '../../src/runner/exec.js';
import { createLog } from '../../src/runner/log.js';
import { explained, openTerraform, type PhasedTerraform } from '../../src/commands/setup/phased-terraform.js';
import { putVersion } from '../../emulator/aws/s3/store.js';
import { holdCalls } from '../support/hold-calls.js';
import { describeTools, startMainJob, type MainJob } from '../support/main-job.js';
import { markAsUnfinished, objectOf } from '../support/state-marks.js';
import { findTerraform } from '../support/terraform.js';
import { tempFolder } from '../support/temp-folder.js';

vi.setConfig({ testTimeout: 900_000, hookTimeout: 900_000 });

let job: MainJob;
beforeAll(async () => {
  process.stderr.write(`The state's tests run with ${describeTools()}.\n`);
  job = await startMainJob();
});
afterAll(() => job.stop());

const ONE_REGION = { 'replica-regions': '' };
const STATE = 'aws-kms-multi-region-key/aws_cb_cmk.tfstate';

test('of two applies at once the second waits, says for what, and finds the key of the first', async () => {
  const { emulator } = job;
  const proxy = await holdCalls(emulator.url, 'TrentService.CreateKey');
  try {
    const kmsKey = `arn:aws:kms:ap-southeast-1:${emulator.account}:alias/state`;
    const encrypted = { ...ONE_REGION, 'backend-config': `encrypt=true\nkms_key_id=${kmsKey}` };
    const both = { ...encrypted, command: 'apply', 'auto-approve': 'true' };
    const first = job.run(both, { AWS_ENDPOINT_URL: proxy.url });
    await proxy.waiting; // The first is in the middle of its apply, and holds the lock.
    const second = job.run(both, {}, {}, (text) => {
      if (text.includes('waiting for the lock')) proxy.release();
    });
    expect(await first).toMatchObject({ exitCode: 0, outputs: { 'to-add': '2' } });
    const waited = await second;
    expect(waited).toMatchObject({ exitCode: 0, outputs: { 'has-changes': 'false' } });
    expect(waited.stdout).toContain('Plan: waiting for the lock of the state, at most 120 s');
    expect(waited.outputs['key-id']).toBe((await first).outputs['key-id']);
    expect(emulator.kms.keys('ap-southeast-1')).toHaveLength(1);
    // The state is encrypted with the key that was named, and its lock is gone.
    expect(objectOf(emulator, STATE)?.headers).toMatchObject({
      'x-amz-server-side-encryption': 'aws:kms',
      'x-amz-server-side-encryption-aws-kms-key-id': kmsKey,
    });
    expect(objectOf(emulator, `${STATE}.tflock`)).toBeUndefined();
  } finally {
    proxy.release();
    await proxy.stop();
  }
});

test('a mark that a stopped apply left is work for apply, although no resource changes', async () => {
  markAsUnfinished(job.emulator, STATE, 'aws_kms_alias');
  const planned = await job.run(ONE_REGION);
  expect(planned).toMatchObject({
    exitCode: 0,
    outputs: { 'has-changes': 'true', 'to-add': '0', 'to-change': '0', 'to-destroy': '0' },
  });
  expect((await job.run({ ...ONE_REGION, command: 'apply' })).exitCode).toBe(0); // Nothing needs an approval.
  expect((await job.run(ONE_REGION)).outputs['has-changes']).toBe('false');
});

test('a bucket that is not there, or in another Region, is said so before anything is planned', async () => {
  const [missing, elsewhere, redirected] = await Promise.all([
    job.run({ 'state-bucket': 'not-there' }),
    job.run({ 'state-region': 'eu-west-1' }),
    job.run({ 'state-region': 'us-east-1' }),
  ]);
  expect(missing.exitCode).toBe(1);
  expect(missing.stdout).toMatch(
    /::error title=[^:]*::The state bucket does not exist, or not in the account of these credentials\. .*Nothing was planned or changed\. Correct `state-bucket`/,
  );
  for (const { exitCode, stdout } of [elsewhere, redirected]) {
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(
      /::error title=[^:]*::The state bucket is in another Region \(ap-southeast-1\)\. .*Set `state-region`/,
    );
  }
});

describe('Terraform as the action runs it, on the same state', () => {
  test('gives up after the time that it was given, and says who holds the lock, since when, and how to free it', async () => {
    const { terraform, said } = await openOn('waits.tfstate', 2);
    const created = new Date(Date.now() - 60_000).toISOString();
    leaveLock('waits.tfstate', created);
    const failure: unknown = await terraform
      .phase('Plan', () => terraform.plan({}).catch(explained('Nothing was changed.')))
      .catch((thrown: unknown) => thrown);
    expect(said.join('')).toContain('Plan: waiting for the lock of the state, at most 2 s');
    const since = created.slice(0, 19).replace('T', ' ');
    expect(String(failure)).toContain(
      `The state is locked by somebody else (runner@fv-az1-7, apply, since ${since} UTC, lock id 0d5a-7).`,
    );
    expect(String(failure)).toContain(`aws s3 rm s3://${job.emulator.bucket}/waits.tfstate.tflock`);
    expect(String(failure)).toContain('`terraform force-unlock 0d5a-7`');
  });

  test('does not apply a plan that another run has overtaken', async () => {
    const [slow, fast] = [await openOn('stale.tfstate'), await openOn('stale.tfstate')];
    await slow.terraform.plan({});
    await fast.terraform.plan({});
    await fast.terraform.apply(() => undefined);
    await expect(
      slow.terraform.apply(() => undefined).catch(explained('Nothing was changed.')),
    ).rejects.toThrow(
      'Another run changed the state after this plan was made, so nothing of the plan was applied.',
    );
  });
});

/** A folder with a state of this name in the emulator's S3, initialised; it needs no provider. */
async function openOn(
  key: string,
  lockTimeoutSeconds?: number,
): Promise<{ terraform: PhasedTerraform; said: string[] }> {
  const { emulator } = job;
  const workDir = tempFolder('state');
  const s3 = { bucket: emulator.bucket, key, region: emulator.region, use_lockfile: true };
  const configuration = {
    terraform: { backend: { s3 } },
    resource: { terraform_data: { one: { input: 'x' } } },
  };
  await writeFile(path.join(workDir, 'main.tf.json'), JSON.stringify(configuration));
  const said: string[] = [];
  const deps: Pick<Deps, 'env' | 'exec' | 'log' | 'clock'> = {
    env: { PATH: process.env['PATH'], ...emulator.env },
    exec: createExec(new AbortController().signal),
    log: createLog({
      write: (text) => said.push(text),
      toolkit: undefined,
      colour: false,
      newToken: () => '',
    }),
    clock: { now: Date.now, sleep: (milliseconds) => sleep(milliseconds) },
  };
  const terraform = openTerraform({
    deps,
    path: findTerraform()?.path ?? 'terraform',
    workDir,
    backend: 's3',
    extra: () => ({}),
    ...(lockTimeoutSeconds === undefined ? {} : { lockTimeoutSeconds }),
  });
  await terraform.init({});
  return { terraform, said };
}

/** The object by which Terraform locks a state in S3, as a run that was killed leaves it. */
function leaveLock(key: string, created: string): void {
  const { s3, bucket } = job.emulator;
  const found = s3.find(bucket);
  if (found === undefined) throw new Error('the emulator has no bucket');
  const lock = {
    ID: '0d5a-7',
    Operation: 'OperationTypeApply',
    Info: '',
    Who: 'runner@fv-az1-7',
    Version: '1.11.4',
    Created: created,
    Path: `${bucket}/${key}`,
  };
  putVersion(found, `${key}.tflock`, {
    versionId: 'null',
    body: Buffer.from(JSON.stringify(lock)),
    etag: '"lock"',
    modifiedAt: Date.now(),
    deleted: false,
    headers: {},
  });
}
