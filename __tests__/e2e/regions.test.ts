import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { startMainJob, type MainJob } from '../support/main-job.js';

vi.setConfig({ testTimeout: 900_000, hookTimeout: 900_000 });

/** Well-formed, and in no table of Regions: neither this action's nor the provider's. */
const UNKNOWN = 'ap-southeast-9';
const PRIMARY = 'ap-southeast-1';

describe('a Region that nobody knows is added, removed, and wanted back', () => {
  let job: MainJob;
  beforeAll(async () => {
    job = await startMainJob();
  });
  afterAll(() => job.stop());

  const state = (): string | undefined => job.emulator.kms.keys(UNKNOWN)[0]?.state;
  const calls = (action: string): unknown[] => job.emulator.calls.find({ action });

  test('it gets a replica, with a warning; a range goes the way of the version that was chosen', async () => {
    const applied = await job.apply({
      'replica-regions': UNKNOWN,
      'aws-provider-version': '>= 5.90, < 7.0',
    });
    expect(applied).toMatchObject({ exitCode: 0, outputs: { 'to-add': '4', verified: 'true' } });
    expect(applied.outputs['aws-provider-version']).toMatch(/^5\./);
    expect(applied.stdout).toContain('this version of the action does not know such a Region');
  });

  test('its replica can be removed although its Region has left the inputs', async () => {
    const confirmed = { 'allow-destroy': 'true', 'confirm-destroy': 'aws_cb_cmk' };
    const removed = await job.apply({ 'replica-regions': '', ...confirmed });
    expect(removed).toMatchObject({ exitCode: 0, outputs: { 'to-destroy': '2' } });
    expect(state()).toBe('PendingDeletion');
  });

  test('asked for again within its window it is not made anew, and the way back is said', async () => {
    const refused = await job.run({ 'replica-regions': UNKNOWN });
    expect(refused.exitCode).toBe(1);
    const id = job.emulator.kms.keys(PRIMARY)[0]?.id ?? '';
    expect(refused.stdout).toContain(`In ${UNKNOWN} a replica of this key is pending deletion`);
    expect(refused.stdout).toContain('set `allow-recovery: true` and run `apply`');
    expect(refused.stdout).toContain(`aws kms cancel-key-deletion --region ${UNKNOWN} --key-id ${id}`);
    expect(state()).toBe('PendingDeletion');
  });

  test('with allow-recovery and an approval it is brought back, imported and verified; that approval does not hold for the import', async () => {
    const recovery = { 'replica-regions': UNKNOWN, 'allow-recovery': 'true' };
    const planned = await job.run(recovery);
    expect(planned).toMatchObject({ exitCode: 0, outputs: { 'to-add': '2' } });
    expect(state()).toBe('PendingDeletion');
    const digest = planned.outputs['plan-digest'] ?? '';
    for (const approval of [{}, { 'approved-plan': `sha256:${'0'.repeat(64)}` }]) {
      const unapproved = await job.run({ ...recovery, command: 'apply', ...approval });
      expect(unapproved.exitCode).toBe(1);
      expect(unapproved.stdout).toContain('no deletion was cancelled');
      expect(state()).toBe('PendingDeletion');
    }
    const refused = await job.run({ ...recovery, command: 'apply', 'approved-plan': digest });
    expect(refused.exitCode).toBe(1);
    expect(refused.stdout).toContain(`Brought back: ${UNKNOWN}`);
    expect(refused.stdout).toContain(`The key was brought back in ${UNKNOWN}`);
    expect(refused.stdout).toContain('Nothing else was changed.');
    expect(refused.stdout).not.toContain('Nothing was changed.');
    expect(state()).toBe('Enabled');
    const anew = refused.outputs['plan-digest'] ?? '';
    expect(anew).not.toBe(digest);
    const applied = await job.run({ ...recovery, command: 'apply', 'approved-plan': anew });
    expect(applied).toMatchObject({ exitCode: 0, outputs: { 'to-destroy': '0', verified: 'true' } });
    expect(calls('ReplicateKey')).toHaveLength(1);
    expect(calls('CreateKey')).toHaveLength(1);
    const rested = await job.run({ 'replica-regions': UNKNOWN });
    expect(rested).toMatchObject({ exitCode: 0, outputs: { 'has-changes': 'false' } });
  });

  test('a state of provider 6.x is not taken on by an older one', async () => {
    await readdressState(job);
    const refused = await job.run({ 'replica-regions': UNKNOWN });
    expect(refused.exitCode).toBe(1);
    expect(refused.stdout).toContain('The state was written with provider 6.x');
  });
});

/** Gives the replica the address that it has with provider 6.x. */
async function readdressState({ emulator }: MainJob): Promise<void> {
  const { S3Client, GetObjectCommand, PutObjectCommand } = await import('@aws-sdk/client-s3');
  const client = new S3Client({
    region: PRIMARY,
    endpoint: emulator.url,
    forcePathStyle: true,
    credentials: {
      accessKeyId: emulator.env['AWS_ACCESS_KEY_ID'] ?? '',
      secretAccessKey: emulator.env['AWS_SECRET_ACCESS_KEY'] ?? '',
    },
  });
  const at = { Bucket: emulator.bucket, Key: 'aws-kms-multi-region-key/aws_cb_cmk.tfstate' };
  const text = (await (await client.send(new GetObjectCommand(at))).Body?.transformToString()) ?? '';
  const state = JSON.parse(text) as {
    resources: { module?: string; provider: string }[];
  };
  const resources = state.resources.map((resource) =>
    resource.module === `module.replica_${UNKNOWN}`
      ? {
          ...resource,
          module: `module.replica["${UNKNOWN}"]`,
          provider: resource.provider.replace(`.${UNKNOWN}`, ''),
        }
      : resource,
  );
  expect(resources).not.toEqual(state.resources);
  await client.send(
    new PutObjectCommand({ ...at, Body: JSON.stringify({ ...state, resources, check_results: null }) }),
  );
  client.destroy();
}
