import { CreateKeyCommand, ScheduleKeyDeletionCommand, UpdateAliasCommand } from '@aws-sdk/client-kms';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { ActionRun } from '../../demo/action.js';
import type { JobOptions } from '../../emulator/github/types.js';
import type { Call } from '../../emulator/index.js';
import { kmsIn } from '../../emulator/__tests__/support.js';
import { APPLY_ROLE, compare, PLAN_ROLE, readPolicy, readPolicyText } from '../support/iam.js';
import { startMainJob, type MainJob } from '../support/main-job.js';

vi.setConfig({ testTimeout: 900_000, hookTimeout: 900_000 });

/** What is in a policy although no call in the emulator's log needs it, and why. */
const NOT_SEEN: Readonly<Record<string, string>> = {
  'apply.ServiceLinkedRole: iam:CreateServiceLinkedRole':
    'AWS itself makes the role, with the permission of the caller, at the first multi-Region key of an account; the emulator has no IAM',
};

/** What is called and needs no permission, by the STS API reference; nobody is anybody yet in AssumeRoleWithWebIdentity. */
const FREE = new Set(['GetCallerIdentity']);

const FIRST = {
  'replica-regions': 'ap-southeast-2',
  tags: 'team=one',
  'state-key': 'aws-kms-multi-region-key/key.tfstate',
};
const CHANGED = {
  ...FIRST,
  'replica-regions': 'ap-southeast-2, ap-southeast-3',
  alias: 'aws_cb_cmk_v2',
  'rename-alias-from': 'aws_cb_cmk',
  'account-ids': '111122223333',
  tags: 'owner=two',
  description: 'another one',
  'replica-description': 'another one',
  'enable-key-rotation': 'false',
  'allow-recovery': 'true',
};

const MOVED = {
  ...CHANGED,
  'rename-alias-from': '',
  'primary-region': 'ap-southeast-2',
  'replica-regions': 'ap-southeast-1, ap-southeast-3',
  'move-primary': 'true',
  'state-region': 'ap-southeast-1',
};

describe('the policies of docs/iam.md', () => {
  let job: MainJob;
  let calls: Call[];

  beforeAll(async () => {
    job = await startMainJob({ github: { repository: { fullName: 'octo-org/octo-repo' } } });
    for (const [arn, name] of [
      [PLAN_ROLE, 'trust-plan-classic'],
      [APPLY_ROLE, 'trust-apply-classic'],
    ] as const)
      job.emulator.sts.roles.set(arn, { arn, trustPolicy: readPolicyText(name) });
    await liveThrough(job);
    calls = job.emulator.calls.all.filter(
      ({ action, principal = '' }) => principal.includes(':assumed-role/') && !FREE.has(action),
    );
  });
  afterAll(() => job.stop());

  test('allow what plan, apply, verify, every change, recovery, destroy and import call, and nothing else', () => {
    const statements = [
      ...readPolicy('plan', PLAN_ROLE),
      ...readPolicy('apply', APPLY_ROLE),
      ...readPolicy('state-bucket'),
    ];
    const { missing, unused } = compare(statements, calls);
    expect(missing).toEqual([]);
    expect(unused).toEqual(Object.keys(NOT_SEEN));
  });

  test('the plan role changed nothing but the lock', () => {
    const reads = /^(Describe|Get|List|Head)/;
    const writes = calls.filter(
      ({ principal = '', action }) => principal.includes('/kms-plan/') && !reads.test(action),
    );
    expect(writes.map(({ resource = '' }) => resource.replace(/^.*(?=\.)/, ''))).toEqual(
      writes.map(() => '.tflock'),
    );
  });
});

/** Every command, and every kind of change that a key can go through. */
async function liveThrough(job: MainJob): Promise<void> {
  const { github } = job.emulator;
  const as = (options: JobOptions): Record<string, string> => ({
    AWS_ACCESS_KEY_ID: '',
    AWS_SECRET_ACCESS_KEY: '',
    ...github.env(github.startJob(options)),
  });
  const read = async (inputs: Record<string, string>): Promise<void> => {
    const env = as({ eventName: 'pull_request', ref: 'refs/pull/7/merge' });
    succeeded(await job.run({ ...inputs, 'role-to-assume': PLAN_ROLE }, env));
  };
  const change = async (inputs: Record<string, string>): Promise<void> => {
    const env = as({ environment: 'production' });
    succeeded(await job.apply({ ...inputs, 'role-to-assume': APPLY_ROLE }, env));
  };
  await change({ ...FIRST, verify: 'crypto' });
  await change(CHANGED);
  await tamper(job);
  await read({ ...CHANGED, command: 'drift' });
  await read(CHANGED);
  await change(CHANGED);
  await read({ ...CHANGED, command: 'verify' });
  await read(MOVED);
  await change(MOVED);
  await change({ ...CHANGED, 'rename-alias-from': '', 'move-primary': 'true' });
  await read({ ...CHANGED, 'plan-destroy': 'true' });
  await change({ ...CHANGED, command: 'destroy', 'confirm-destroy': CHANGED.alias });
  const imported = await makeByHand(job);
  await read(imported);
  await change(imported);
}

/** A key that is there already, and the inputs that bring it under the action. */
async function makeByHand({ emulator }: MainJob): Promise<Record<string, string>> {
  const { KeyMetadata } = await kmsIn(emulator, 'ap-southeast-1').send(
    new CreateKeyCommand({ MultiRegion: true }),
  );
  return {
    'import-key': KeyMetadata?.KeyId ?? '',
    'replica-regions': '',
    alias: 'aws_cb_cmk_imported',
    'state-key': 'aws-kms-multi-region-key/imported.tfstate',
  };
}

function succeeded(run: ActionRun): void {
  if (run.exitCode !== 0) throw new Error(run.stdout);
}

/** What somebody may do by hand, and apply puts right again: a replica's deletion scheduled, an alias moved to another key. */
async function tamper({ emulator }: MainJob): Promise<void> {
  const replica = emulator.kms.keys('ap-southeast-2')[0]?.id ?? '';
  await kmsIn(emulator, 'ap-southeast-2').send(new ScheduleKeyDeletionCommand({ KeyId: replica }));
  const primary = kmsIn(emulator, 'ap-southeast-1');
  const { KeyMetadata: other } = await primary.send(new CreateKeyCommand({}));
  await primary.send(
    new UpdateAliasCommand({ AliasName: `alias/${CHANGED.alias}`, TargetKeyId: other?.KeyId }),
  );
}
