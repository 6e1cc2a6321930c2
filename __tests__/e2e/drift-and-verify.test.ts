import {
  CancelKeyDeletionCommand,
  CreateKeyCommand,
  EnableKeyCommand,
  PutKeyPolicyCommand,
  ScheduleKeyDeletionCommand,
  UpdateAliasCommand,
  UpdatePrimaryRegionCommand,
} from '@aws-sdk/client-kms';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { kmsIn } from '../../emulator/__tests__/support.js';
import { jsonOutput, startMainJob, type MainJob } from '../support/main-job.js';

vi.setConfig({ testTimeout: 900_000, hookTimeout: 900_000 });

const PRIMARY = 'ap-southeast-1';
const ALIAS = 'alias/aws_cb_cmk';
const REPLICA = 'ap-southeast-2';

describe('looking after a key that exists', () => {
  let job: MainJob;
  const run = (changed: Readonly<Record<string, string>>): ReturnType<MainJob['run']> =>
    job.run({ 'replica-regions': REPLICA, ...changed });
  /** What was asked of AWS that could have changed a key or its alias. */
  const changes = (): unknown[] =>
    job.emulator.calls
      .find({ service: 'kms' })
      .filter(({ action }) =>
        /^(Create|Put|Update|Delete|Schedule|Tag|Enable|Disable|Replicate)/.test(action),
      );
  const stateWrites = (): unknown[] =>
    job.emulator.calls
      .find({ service: 's3', action: 'PutObject' })
      .filter(({ resource }) => resource?.endsWith('.tfstate') === true);
  beforeAll(async () => {
    job = await startMainJob();
  });
  afterAll(() => job.stop());

  test('verify without a key in the state fails, and says so', async () => {
    const verified = await run({ command: 'verify' });
    expect(verified.exitCode).toBe(1);
    expect(verified.stdout).toContain('The state knows no key, so there is nothing to verify.');
    expect(verified.outputs['verified']).toBeUndefined();
  });

  test('verify proves that the keys in the state are one key, and knows their names', async () => {
    const applied = await job.apply({ 'replica-regions': REPLICA });
    expect(applied.exitCode).toBe(0);
    const before = changes().length;
    const verified = await run({ command: 'verify', verify: 'crypto' });
    expect(verified).toMatchObject({
      exitCode: 0,
      outputs: { verified: 'true', 'account-id': job.emulator.account },
    });
    expect(verified.outputs['key-arns']).toBe(applied.outputs['key-arns']);
    expect(jsonOutput(verified, 'alias-arns')).toEqual(jsonOutput(applied, 'alias-arns'));
    expect(verified.summary).toContain('the keys work as one key in 2 Regions');
    expect(verified.summary).toContain('`decrypts what the primary encrypted`');
    expect(changes()).toHaveLength(before);
  });

  test('drift finds nothing where all is as it was', async () => {
    const found = await run({ command: 'drift', 'fail-on-drift': 'true' });
    expect(found).toMatchObject({ exitCode: 0, outputs: { drifted: 'false' } });
    expect(found.stdout).toContain('no drift in 2 Regions');
  });

  test('drift says who was let in, and where an alias went, and changes nothing', async () => {
    const [kms, { id, policy }] = [kmsIn(job.emulator, REPLICA), keyIn(job, REPLICA)];
    const mallory = 'arn:aws:iam::999900001111:role/mallory';
    const statement = { Effect: 'Allow', Principal: { AWS: mallory }, Action: 'kms:Decrypt', Resource: '*' };
    const document = JSON.parse(policy) as { Statement: object[] };
    const changed = { ...document, Statement: [...document.Statement, statement] };
    await kms.send(
      new PutKeyPolicyCommand({ KeyId: id, PolicyName: 'default', Policy: JSON.stringify(changed) }),
    );
    const { KeyMetadata: other } = await kms.send(new CreateKeyCommand({ MultiRegion: true }));
    const point = (TargetKeyId = ''): UpdateAliasCommand =>
      new UpdateAliasCommand({ AliasName: ALIAS, TargetKeyId });
    await kms.send(point(other?.KeyId));
    const [before, written] = [changes().length, stateWrites().length];
    const found = await run({ command: 'drift' });
    expect(found).toMatchObject({ exitCode: 0, outputs: { drifted: 'true' } });
    expect(found.summary).toContain('2 resources changed outside Terraform');
    expect(found.summary).toMatch(/➕\sgains access<br>\*\*Role\*\* `mallory`.*`Decrypt`/);
    expect(found.stdout).toMatch(
      /::warning title=alias\/aws_cb_cmk%3A drift::AWS differs from the configuration: .*replica key in ap-southeast-2 changed outside Terraform \(policy\)/,
    );
    expect(found.summary).toMatch(/alias .*(points|target)/i);
    expect(changes()).toHaveLength(before);
    expect(stateWrites()).toHaveLength(written);
    await kms.send(new PutKeyPolicyCommand({ KeyId: id, PolicyName: 'default', Policy: policy }));
    await kms.send(point(id));
  });

  test('a key that is pending deletion is an alarm with the commands that save it, and fails verify', async () => {
    const [kms, { id }] = [kmsIn(job.emulator, REPLICA), keyIn(job, REPLICA)];
    await kms.send(new ScheduleKeyDeletionCommand({ KeyId: id, PendingWindowInDays: 7 }));
    const found = await run({ command: 'drift', 'fail-on-drift': 'true' });
    expect(found).toMatchObject({ exitCode: 1, outputs: { drifted: 'true' } });
    const target = `--region ${REPLICA} --key-id ${id}`;
    const commands = `aws kms cancel-key-deletion ${target} && aws kms enable-key ${target}`;
    expect(found.stdout).toMatch(
      /::error title=alias\/[^:]*a key is going to be deleted::.*To save it: (.*)/,
    );
    expect(found.stdout).toContain(commands);
    expect(found.summary).toContain(commands.replace(' && ', '\n> '));
    expect(found.stdout).toContain('First save the key that is going to be deleted');
    expect(found.stdout.match(/::error title=AWS KMS multi-Region key alias\/[^:]*::/g)).toHaveLength(1);
    const verified = await run({ command: 'verify' });
    expect(verified).toMatchObject({ exitCode: 1, outputs: { verified: 'false' } });
    expect(verified.stdout).toContain(`${REPLICA}: enabled (it is PendingDeletion)`);
    await kms.send(new CancelKeyDeletionCommand({ KeyId: id }));
    await kms.send(new EnableKeyCommand({ KeyId: id }));
  });

  test('a primary that was moved outside Terraform is told as drift, with the way back,', async () => {
    const { id } = keyIn(job, REPLICA);
    const move = new UpdatePrimaryRegionCommand({ KeyId: id, PrimaryRegion: REPLICA });
    await kmsIn(job.emulator, PRIMARY).send(move);
    job.emulator.clock.advance(60_000);
    const found = await run({ command: 'drift' });
    expect(found).toMatchObject({ exitCode: 0, outputs: { drifted: 'true' } });
    const words = `the state has it in ${PRIMARY}, and in AWS it is in ${REPLICA} now.`;
    const back = `aws kms update-primary-region --region ${REPLICA} --key-id ${id} --primary-region ${PRIMARY}`;
    for (const told of [found.stdout, found.summary.replace(/`/g, '')]) expect(told).toContain(words);
    expect(found.summary).toContain(back);
  });
});

function keyIn(job: MainJob, region: string): { readonly id: string; readonly policy: string } {
  const [key] = job.emulator.kms.keys(region).filter(({ aliases }) => aliases.includes(ALIAS));
  if (key === undefined) throw new Error(`There is no key in ${region}.`);
  return key;
}
