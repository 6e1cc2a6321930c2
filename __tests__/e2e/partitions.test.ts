import { readFile } from 'node:fs/promises';
import { expect, test, vi } from 'vitest';
import { startMainJob, type MainJob } from '../support/main-job.js';

vi.setConfig({ testTimeout: 900_000, hookTimeout: 900_000 });

/** The primary, its replica if this provider can make one there, and the partition that each ARN has to be of. */
const PARTITIONS = [
  ['aws-cn', 'cn-north-1', 'cn-northwest-1'],
  ['aws-us-gov', 'us-gov-west-1', 'us-gov-east-1'],
  // Replicas there need provider 6.16.0.
  ['aws-eusc', 'eusc-de-east-1', ''],
  ['aws-iso', 'us-iso-east-1', ''],
  ['aws-iso-b', 'us-isob-east-1', 'us-isob-west-1'],
  ['aws-iso-e', 'eu-isoe-west-1', ''],
  ['aws-iso-f', 'us-isof-south-1', ''],
] as const;

async function inPartition(primary: string, work: (job: MainJob) => Promise<void>): Promise<void> {
  const job = await startMainJob({ region: primary });
  try {
    await work(job);
  } finally {
    await job.stop();
  }
}

test.each(PARTITIONS)(
  'in %s, from %s, every root is of that partition',
  async (partition, primary, replica) => {
    await inPartition(primary, async (job) => {
      const inputs = { 'primary-region': primary, 'replica-regions': replica, 'account-ids': '111122223333' };
      const planned = await job.run(inputs);
      expect(planned).toMatchObject({ exitCode: 0, outputs: { 'to-add': replica === '' ? '2' : '4' } });
      const plan = await readFile(planned.outputs['plan-json-path'] ?? '', 'utf8');
      for (const account of ['111122223333', job.emulator.account])
        expect(plan).toContain(`arn:${partition}:iam::${account}:root`);
      expect(plan).not.toContain('arn:aws:');
      // The state is asked for in that Region, whether Terraform knows its name or not.
      expect(job.emulator.calls.find({ service: 's3', region: primary })).not.toEqual([]);
    });
  },
);

test('in aws-cn the keys, and their policies, are of that partition', async () => {
  await inPartition('cn-north-1', async (job) => {
    const inputs = { 'primary-region': 'cn-north-1', 'replica-regions': '', 'account-ids': '111122223333' };
    expect(await job.apply(inputs)).toMatchObject({ exitCode: 0, outputs: { verified: 'true' } });
    const [key] = job.emulator.kms.keys('cn-north-1');
    expect(key?.arn).toMatch(/^arn:aws-cn:kms:cn-north-1:/);
    expect(key?.policy).toContain('"arn:aws-cn:iam::111122223333:root"');
    expect(key?.policy).not.toContain('"arn:aws:');
  });
});

test('a replica in the European Sovereign Cloud is refused by name before provider 6.16.0', async () => {
  await inPartition('eusc-de-east-1', async (job) => {
    const refused = await job.run({
      'primary-region': 'eusc-de-east-1',
      'replica-regions': 'eusc-de-east-2',
    });
    expect(refused.exitCode).toBe(1);
    expect(refused.stdout).toContain('needs version 6.16.0 of the AWS provider');
    expect(job.emulator.kms.regions()).toEqual([]);
  });
});
