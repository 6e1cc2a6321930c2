/** Keys that were made elsewhere come under the action by `import-key`, with the real Terraform. */

import {
  CreateAliasCommand,
  CreateGrantCommand,
  CreateKeyCommand,
  DecryptCommand,
  DeleteAliasCommand,
  EncryptCommand,
  PutKeyPolicyCommand,
  ReplicateKeyCommand,
  type CreateKeyCommandInput,
  type KMSClient,
} from '@aws-sdk/client-kms';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { KeyView } from '../../emulator/index.js';
import { kmsIn } from '../../emulator/__tests__/support.js';
import { startMainJob, type MainJob } from '../support/main-job.js';
import { INIT, runTerraformOk } from '../support/rendered-terraform.js';
import { tempFolder } from '../support/temp-folder.js';

vi.setConfig({ testTimeout: 900_000, hookTimeout: 900_000 });

const PRIMARY = 'ap-southeast-1';
const [SYDNEY, JAKARTA, TOKYO] = ['ap-southeast-2', 'ap-southeast-3', 'ap-northeast-1'] as const;
const ACCOUNT = '999900001111';
const ROOT = `arn:aws:iam::${ACCOUNT}:root`;
const APP = `arn:aws:iam::${ACCOUNT}:role/app`;
const ALIAS = 'alias/aws_cb_cmk';

let job: MainJob;
beforeEach(async () => {
  job = await startMainJob();
});
afterEach(() => job.stop());

const kms = (region: string): KMSClient => kmsIn(job.emulator, region);
const keyIn = (region: string): KeyView | undefined => job.emulator.kms.keys(region)[0];
const calls = (action: string): number => job.emulator.calls.find({ action }).length;

/** As somebody makes one with the CLI. @returns its id */
async function makeFamily(
  replicas: readonly string[] = [SYDNEY, JAKARTA],
  options: CreateKeyCommandInput = {},
): Promise<string> {
  const made = await kms(PRIMARY).send(
    new CreateKeyCommand({ MultiRegion: true, Description: 'Made by hand', ...options }),
  );
  const id = made.KeyMetadata?.KeyId ?? '';
  for (const ReplicaRegion of replicas)
    await kms(PRIMARY).send(new ReplicateKeyCommand({ KeyId: id, ReplicaRegion }));
  job.emulator.clock.advance(5_000);
  return id;
}

async function name(region: string, alias: string, id: string): Promise<void> {
  await kms(region).send(new CreateAliasCommand({ AliasName: alias, TargetKeyId: id }));
}

const allow = (sid: string, principal: string, action: readonly string[]): object => ({
  Sid: sid,
  Effect: 'Allow',
  Principal: { AWS: principal },
  Action: action,
  Resource: '*',
});

/** The default policy of KMS, and the use of the key for one role, which the inputs do not name. */
const POLICY = JSON.stringify({
  Version: '2012-10-17',
  Statement: [
    allow('root', ROOT, ['kms:*']),
    allow('app', APP, ['kms:Encrypt', 'kms:Decrypt', 'kms:DescribeKey']),
  ],
});

/** Plans, approves by the digest, applies, proves, and plans once more, which must find nothing. */
async function importAndRest(inputs: Record<string, string>): Promise<{ plan: string; applied: string }> {
  const planned = await job.run(inputs);
  expect(planned).toMatchObject({ exitCode: 0, outputs: { 'to-destroy': '0', result: 'planned' } });
  expect(calls('PutKeyPolicy') + calls('UpdateKeyDescription')).toBe(0);
  const applied = await job.run({
    ...inputs,
    command: 'apply',
    verify: 'crypto',
    'approved-plan': planned.outputs['plan-digest'] ?? '',
  });
  expect(applied).toMatchObject({ exitCode: 0, outputs: { 'to-destroy': '0', verified: 'true' } });
  const rested = await job.run(inputs);
  expect(rested).toMatchObject({ exitCode: 0, outputs: { 'has-changes': 'false' } });
  return { plan: planned.summary, applied: applied.summary };
}

describe('a key that was made elsewhere', () => {
  test('by the CLI: with grants, another alias, and a role that loses access', async () => {
    const id = await makeFamily([SYDNEY, JAKARTA], { Policy: POLICY });
    await name(PRIMARY, 'alias/old-name', id);
    await name(SYDNEY, ALIAS, id);
    const grant = { KeyId: id, GranteePrincipal: APP, Operations: ['Decrypt' as const] };
    await kms(PRIMARY).send(new CreateGrantCommand(grant));
    const { CiphertextBlob } = await kms(PRIMARY).send(
      new EncryptCommand({ KeyId: id, Plaintext: Buffer.from('older than the action') }),
    );
    job.emulator.calls.clear();
    const unreviewed = await job.apply({ 'import-key': id });
    expect(unreviewed).toMatchObject({ exitCode: 1, outputs: { result: 'refused' } });
    expect(unreviewed.stdout).toContain('access is lost');
    expect(calls('PutKeyPolicy')).toBe(0);
    const { plan } = await importAndRest({ 'import-key': id });
    for (const told of ['imported', 'loses access', 'app', 'alias/old-name', 'Grants of the key stay'])
      expect(plan).toContain(told);
    expect(calls('CreateKey') + calls('ReplicateKey') + calls('ScheduleKeyDeletion')).toBe(0);
    expect(keyIn(PRIMARY)).toMatchObject({ id, aliases: [ALIAS, 'alias/old-name'] });
    expect(keyIn(PRIMARY)?.policy).not.toContain('role/app');
    expect(keyIn(JAKARTA)).toMatchObject({ id, aliases: [ALIAS] });
    const { Plaintext } = await kms(JAKARTA).send(new DecryptCommand({ KeyId: id, CiphertextBlob }));
    expect(Buffer.from(Plaintext ?? []).toString()).toBe('older than the action');
    // Afterwards it is a key like any other.
    expect(await job.run({ command: 'drift' })).toMatchObject({ exitCode: 0, outputs: { drifted: 'false' } });
    const destroyed = await job.run({ command: 'destroy', 'auto-approve': 'true', 'import-key': id });
    expect(destroyed.exitCode).toBe(1);
    expect(destroyed.stdout).toContain('confirm-destroy');
    const gone = await job.run({
      command: 'destroy',
      'auto-approve': 'true',
      'confirm-destroy': 'aws_cb_cmk',
    });
    expect(gone).toMatchObject({ exitCode: 0 });
    expect(keyIn(PRIMARY)?.state).toBe('PendingReplicaDeletion');
  });

  test('by CloudFormation: its tags and its other alias stay, and the stack is warned of', async () => {
    const id = await makeFamily([SYDNEY]);
    for (const region of [PRIMARY, SYDNEY]) {
      job.emulator.kms.tag(region, id, { 'aws:cloudformation:stack-name': 'payments-keys' });
      await name(region, 'alias/stack-alias', id);
    }
    const { plan } = await importAndRest({ 'import-key': 'alias/stack-alias' });
    for (const told of ['payments-keys', 'DeletionPolicy: Retain', 'alias/stack-alias'])
      expect(plan).toContain(told);
    expect(keyIn(SYDNEY)).toMatchObject({
      id,
      aliases: [ALIAS, 'alias/stack-alias'],
      tags: { 'aws:cloudformation:stack-name': 'payments-keys' },
    });
    // The inputs named a Region that had no replica.
    expect(keyIn(JAKARTA)).toMatchObject({ id, role: 'replica', state: 'Enabled' });
    expect(calls('ReplicateKey')).toBe(2);
  });

  test('by the article\u2019s own HCL, whose state then forgets it', async () => {
    const folder = tempFolder('own hcl');
    const terraform = (...args: string[]): Promise<string> =>
      runTerraformOk(folder, [...args, '-no-color'], job.emulator.env);
    const page = await readFile('docs/migrating.md', 'utf8');
    const hcl = /<!-- migrate: main.tf -->\s+```hcl\n([\s\S]*?)\n```/.exec(page)?.[1] ?? '';
    await writeFile(path.join(folder, 'main.tf'), hcl);
    await terraform(...INIT);
    await terraform('apply', '-auto-approve', '-input=false');
    const arn = keyIn(PRIMARY)?.arn ?? '';
    for (const address of [
      'aws_kms_alias.alias',
      'aws_kms_replica_key.secondary',
      'aws_kms_replica_key.tertiary',
    ])
      await terraform('state', 'rm', address);
    await terraform('state', 'rm', 'aws_kms_key.primary');
    job.emulator.calls.clear();
    await importAndRest({ 'import-key': arn, grants: 'any', description: 'CMK for AWS CB Blog' });
    expect(keyIn(JAKARTA)).toMatchObject({ id: arn.replace(/^.*\//, ''), aliases: [ALIAS] });
    expect(calls('CreateKey') + calls('ReplicateKey')).toBe(0);
  });
});

test('a replica in a Region that the inputs lack is refused; named there, it is imported', async () => {
  const id = await makeFamily([SYDNEY, JAKARTA, TOKYO]);
  const refused = await job.run({ 'import-key': id });
  expect(refused).toMatchObject({ exitCode: 1, outputs: { result: 'refused' } });
  expect(refused.stdout).toContain(`Add ${TOKYO} to \`replica-regions\``);
  expect(refused.summary).toContain(TOKYO);
  await importAndRest({ 'import-key': id, 'replica-regions': `${SYDNEY} ${JAKARTA} ${TOKYO}` });
});

test('the approval of an import imports no other key, nor that one when its policy has changed', async () => {
  const first = await makeFamily([]);
  const inputs = { 'replica-regions': '', 'import-key': first };
  const planned = await job.run(inputs);
  const approved = { command: 'apply', 'approved-plan': planned.outputs['plan-digest'] ?? '' };
  const drifted = await job.run({ ...inputs, command: 'drift' });
  expect(drifted).toMatchObject({ exitCode: 0, outputs: { drifted: 'true' } });
  expect(drifted.stdout).toContain('the state knows no key yet');
  const second = await makeFamily([]);
  expect(await job.run({ ...inputs, ...approved, 'import-key': second })).toMatchObject({
    exitCode: 1,
    outputs: { result: 'not-approved' },
  });
  await kms(PRIMARY).send(new PutKeyPolicyCommand({ KeyId: first, PolicyName: 'default', Policy: POLICY }));
  expect(await job.run({ ...inputs, ...approved })).toMatchObject({
    exitCode: 1,
    outputs: { result: 'not-approved' },
  });
  expect(job.emulator.kms.keys(PRIMARY).map(({ aliases }) => aliases)).toEqual([[], []]);
});

test('an import that was cancelled goes on in the next run, and the input may stay', async () => {
  const id = await makeFamily();
  await name(PRIMARY, ALIAS, id);
  job.emulator.faults.add({
    match: { action: 'PutKeyPolicy', region: JAKARTA, count: 1 },
    effect: { type: 'latency', milliseconds: 4_000 },
  });
  const moment = { after: /primary key in ap-southeast-1: (?:changed|modif|done|updated)/i, milliseconds: 0 };
  const cancelled = await job.cancel(moment, { 'import-key': id });
  expect(cancelled.exitCode).not.toBe(0);
  const finished = await job.apply({ 'import-key': id, verify: 'crypto' });
  expect(finished).toMatchObject({ exitCode: 0, outputs: { 'to-destroy': '0', verified: 'true' } });
  for (const region of [PRIMARY, SYDNEY, JAKARTA])
    expect(keyIn(region)).toMatchObject({ id, aliases: [ALIAS] });
  expect(calls('CreateKey')).toBe(1);
  const rested = await job.run({ 'import-key': id });
  expect(rested).toMatchObject({ exitCode: 0, outputs: { 'has-changes': 'false' } });
  const other = await makeFamily([]);
  expect((await job.run({ 'import-key': other })).stdout).toContain(`The state has the key ${id} already`);
  await kms(PRIMARY).send(new DeleteAliasCommand({ AliasName: ALIAS }));
  expect(await job.run({ command: 'drift', 'import-key': id })).toMatchObject({
    outputs: { drifted: 'true' },
  });
});
