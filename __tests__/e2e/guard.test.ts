/** Each rule of the guard on plans that the real Terraform makes of one applied key; whatever is stopped, no key is deleted. */

import { GetObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { CreateKeyCommand, KMSClient, ScheduleKeyDeletionCommand } from '@aws-sdk/client-kms';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { ActionRun } from '../../demo/action.js';
import { startMainJob, type MainJob } from '../support/main-job.js';

vi.setConfig({ testTimeout: 900_000, hookTimeout: 900_000 });

const [SINGAPORE, SYDNEY, JAKARTA] = ['ap-southeast-1', 'ap-southeast-2', 'ap-southeast-3'];
const CONFIRMED = { 'allow-destroy': 'true', 'confirm-destroy': 'aws_cb_cmk' };

let job: MainJob;

beforeAll(async () => {
  job = await startMainJob();
  expect((await job.apply()).exitCode).toBe(0);
});

afterAll(() => job.stop());

/** The calls that change which keys there are. */
const keyCalls = (): number =>
  ['CreateKey', 'ReplicateKey', 'ScheduleKeyDeletion', 'PutKeyPolicy', 'UpdatePrimaryRegion']
    .map((action) => job.emulator.calls.find({ action }).length)
    .reduce((sum, count) => sum + count, 0);
const state = (region: string): string | undefined => job.emulator.kms.keys(region)[0]?.state;
const client = (region: string): { region: string; endpoint: string; credentials: Credentials } => ({
  region,
  endpoint: job.emulator.url,
  credentials: {
    accessKeyId: job.emulator.env['AWS_ACCESS_KEY_ID'] ?? '',
    secretAccessKey: job.emulator.env['AWS_SECRET_ACCESS_KEY'] ?? '',
  },
});

interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** An apply that nobody but the guard could stop, and that it did stop; no key was touched by it. */
async function stopped(changed: Readonly<Record<string, string>>, reasons: readonly string[]): Promise<void> {
  const before = keyCalls();
  const refused = await job.apply(changed);
  expect(refused.exitCode).toBe(1);
  expect(refused.stdout).toMatch(/::error title=[^:]*::The plan was stopped\./);
  for (const reason of reasons) expect(refused.stdout).toContain(reason);
  expect(refused.summary).toContain('### ⛔ `alias/aws_cb_cmk`: refused, nothing was changed');
  expect(keyCalls()).toBe(before);
}

describe('a plan is stopped that', () => {
  test('deletes a replica', async () => {
    await stopped({ 'replica-regions': SYDNEY }, [
      'The plan deletes the replica key in ap-southeast-3. From the moment of apply nothing in ap-southeast-3 can encrypt or decrypt with this key.',
      'put its Region back into the inputs',
      'set `allow-destroy: true` and `confirm-destroy` to the alias',
    ]);
  });

  const IDENTITY: [string, Record<string, string>, string[]][] = [
    [
      'makes a key of another spec and usage, and so replaces all of them',
      { 'key-spec': 'ECC_NIST_P256', 'key-usage': 'SIGN_VERIFY' },
      [
        'changes customer_master_key_spec from SYMMETRIC_DEFAULT to ECC_NIST_P256 for the primary key',
        'changes key_usage from ENCRYPT_DECRYPT to SIGN_VERIFY for the primary key',
        'KMS cannot change that of a key',
        'Put `key-spec` back',
        'Put `key-usage` back',
      ],
    ],
    [
      'moves the primary to another Region',
      { 'primary-region': 'eu-west-1' },
      ['The primary key is in ap-southeast-1, and the plan makes another primary in eu-west-1'],
    ],
  ];
  test.each(IDENTITY)('%s, even with allow-destroy', async (_, changed, reasons) => {
    await stopped({ ...changed, 'state-region': SINGAPORE, ...CONFIRMED }, reasons);
  });

  test('lets primary and replica change places, by what Terraform itself says first', async () => {
    const before = keyCalls();
    const swapped = { 'primary-region': SYDNEY, 'replica-regions': `${SINGAPORE} ${JAKARTA}` };
    const refused = await job.apply({ ...swapped, 'state-region': SINGAPORE, ...CONFIRMED });
    expect(refused.exitCode).toBe(1);
    expect(refused.stdout).toContain(
      'primary-region was changed, or the primary was moved outside Terraform',
    );
    expect(keyCalls()).toBe(before);
  });

  test('replaces a key because it is no multi-Region key', async () => {
    await adoptSingleRegionKey();
    await stopped({ 'state-key': 'single.tfstate', 'replica-regions': '', ...CONFIRMED }, [
      'The plan changes multi_region from false to true for the primary key in ap-southeast-1',
    ]);
  });

  const allow = (principal: unknown, action: string): unknown => ({
    Effect: 'Allow',
    Principal: principal,
    Action: action,
    Resource: '*',
  });
  const POLICIES: [string, (root: string) => unknown[], string[]][] = [
    [
      'leaves nobody with kms:PutKeyPolicy',
      (root) => [allow({ AWS: root }, 'kms:Decrypt')],
      [
        'The key policy in ap-southeast-1, ap-southeast-2 and ap-southeast-3 leaves nobody in the account with kms:PutKeyPolicy',
        'Keep a statement that allows `kms:*` to the root of the account',
      ],
    ],
    [
      'lets everybody in without a condition',
      (root) => [allow({ AWS: root }, 'kms:*'), allow('*', 'kms:Decrypt')],
      [
        'lets in everybody, in every AWS account',
        'add a condition that pins the statement to something of yours',
      ],
    ],
  ];
  test.each(POLICIES)('%s, even with allow-destroy', async (_, statements, reasons) => {
    const root = `arn:aws:iam::${job.emulator.account}:root`;
    const policy = JSON.stringify({ Version: '2012-10-17', Statement: statements(root) });
    await stopped({ policy, 'account-ids': '', ...CONFIRMED }, reasons);
  });
});

test('rotation switched off and a shorter deletion window are warned of, and go on', async () => {
  const planned = await job.run({ 'enable-key-rotation': 'false', 'deletion-window-in-days': '7' });
  expect(planned).toMatchObject({ exitCode: 0, outputs: { 'to-change': '3' } });
  const warnings = warningsOf(planned);
  expect([...warnings.keys()]).toEqual(['rotation off', 'shorter window']);
  expect(warnings.get('rotation off')).toContain(
    'Automatic rotation is switched off for the primary key in ap-southeast-1 and all its replicas.',
  );
  expect(warnings.get('shorter window')).toContain(
    'The waiting period before a deletion of the primary key in ap-southeast-1 and the replica keys in ap-southeast-2 and ap-southeast-3 gets shorter, from 30 to 7 days.',
  );
});

describe('a deletion that was confirmed', () => {
  test('deletes that Region alone', async () => {
    const applied = await job.apply({ 'replica-regions': SYDNEY, ...CONFIRMED });
    expect(applied).toMatchObject({ exitCode: 0, outputs: { 'to-destroy': '2' } });
    expect([SINGAPORE, SYDNEY, JAKARTA].map(state)).toEqual(['Enabled', 'Enabled', 'PendingDeletion']);
    const key = job.emulator.kms.keys(JAKARTA)[0];
    const day = new Date(key?.deletionDate ?? 0).toISOString().slice(0, 10);
    for (const words of [
      'Since this apply nothing in Jakarta can encrypt or decrypt with this key.',
      `Until ${day} it can be brought back.`,
      `aws kms enable-key --region ${JAKARTA} --key-id ${key?.id}`,
    ])
      expect(applied.summary).toContain(words);
  });

  test('of a Region keeps it from coming back until AWS has deleted the replica, and says when', async () => {
    const date = new Date(job.emulator.kms.keys(JAKARTA)[0]?.deletionDate ?? 0).toISOString();
    await stopped({}, [
      `In ap-southeast-3 a replica of this key is pending deletion, and AWS refuses a new one until ${date.slice(0, 10)}.`,
      'aws kms cancel-key-deletion',
    ]);
  });
});

test('a replica that somebody is deleting is never made anew, and is told how to be saved', async () => {
  const key = job.emulator.kms.keys(SYDNEY)[0];
  await new KMSClient(client(SYDNEY)).send(
    new ScheduleKeyDeletionCommand({ KeyId: key?.arn, PendingWindowInDays: 7 }),
  );
  await stopped({ 'replica-regions': SYDNEY, ...CONFIRMED }, [
    `The replica key in ap-southeast-2 (${key?.id}) was scheduled for deletion outside Terraform`,
    `aws kms cancel-key-deletion --region ap-southeast-2 --key-id ${key?.id}`,
  ]);
});

test('a primary that somebody is deleting is never quietly made anew', async () => {
  const named = { 'state-key': 'lost.tfstate', alias: 'lost', 'replica-regions': '' };
  const id = (await job.apply(named)).outputs['key-id'] ?? 'missing';
  await new KMSClient(client(SINGAPORE)).send(
    new ScheduleKeyDeletionCommand({ KeyId: id, PendingWindowInDays: 7 }),
  );
  const refused = await job.apply({ ...named, 'allow-destroy': 'true', 'confirm-destroy': 'lost' });
  expect(refused.exitCode).toBe(1);
  expect(refused.stdout).toContain(`(${id}) was scheduled for deletion outside Terraform`);
  expect(refused.stdout).toContain('cancel-key-deletion');
});

/** The warnings of the guard, by what their titles say of them beside the alias. */
function warningsOf({ stdout }: ActionRun): Map<string, string> {
  const found = stdout.matchAll(/^::warning title=alias\/aws_cb_cmk%3A ([\w ]+)::(.*)$/gm);
  return new Map([...found].map(([, rule = '', text = '']) => [rule, text]));
}

/** A state that knows a single-Region key as the primary, as one that was imported might be. */
async function adoptSingleRegionKey(): Promise<void> {
  const kms = new KMSClient(client(SINGAPORE));
  const { KeyMetadata: key } = await kms.send(new CreateKeyCommand({ MultiRegion: false }));
  const s3 = new S3Client({ ...client(SINGAPORE), forcePathStyle: true });
  const Bucket = job.emulator.bucket;
  const Key = 'aws-kms-multi-region-key/aws_cb_cmk.tfstate';
  const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
  const known = JSON.parse((await Body?.transformToString()) ?? '{}') as TerraformState;
  const primary = known.resources.find(({ type }) => type === 'aws_kms_key');
  Object.assign(primary?.instances[0]?.attributes ?? {}, {
    ...{ id: key?.KeyId, key_id: key?.KeyId, arn: key?.Arn, multi_region: false },
  });
  const adopted = { ...known, lineage: 'single', outputs: {}, resources: [primary] };
  await s3.send(new PutObjectCommand({ Bucket, Key: 'single.tfstate', Body: JSON.stringify(adopted) }));
}

interface TerraformState {
  readonly resources: readonly {
    readonly type: string;
    readonly instances: readonly { readonly attributes: object }[];
  }[];
}
