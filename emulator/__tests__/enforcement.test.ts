import {
  CreateAliasCommand,
  CreateGrantCommand,
  CreateKeyCommand,
  DecryptCommand,
  DeleteAliasCommand,
  DescribeKeyCommand,
  EnableKeyRotationCommand,
  EncryptCommand,
  GenerateDataKeyCommand,
  GenerateMacCommand,
  GetKeyPolicyCommand,
  ListAliasesCommand,
  PutKeyPolicyCommand,
  ReEncryptCommand,
  ReplicateKeyCommand,
  ScheduleKeyDeletionCommand,
  SignCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateAliasCommand,
  UpdatePrimaryRegionCommand,
  type CreateKeyCommandInput,
  type KMSClient,
} from '@aws-sdk/client-kms';
import { AssumeRoleCommand } from '@aws-sdk/client-sts';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startEmulator, type Emulator } from '../index.js';
import { createKey, failureOf, kmsIn, rootPolicy, stsIn, type ClientCredentials } from './support.js';

const REGION = 'eu-west-1';
const OTHER = 'us-east-1';
const ACCOUNT = '999900001111';
const OWNER = `arn:aws:iam::${ACCOUNT}:user/emulator`;
const READER = { account: ACCOUNT, name: 'reader', accessKeyId: 'AKIAREADER', secretAccessKey: 'reader' };
const Plaintext = Buffer.from('text');
const EncryptionContext = { Team: 'payments', stage: 'prod' };

let emulator: Emulator;
let owner: KMSClient;
let reader: KMSClient;
beforeEach(async () => {
  emulator = await startEmulator({ region: REGION, users: [READER], enforceKeyPolicies: true });
  owner = kmsIn(emulator, REGION);
  reader = kmsIn(emulator, REGION, READER);
});
afterEach(() => emulator.stop());

type Call = (id: string) => Promise<unknown>;
type Condition = Readonly<Record<string, unknown>>;

/** Everything to the owner, and one statement for the reader. */
function policyOf(effect: 'Allow' | 'Deny', condition: Condition, action: string): string {
  const mine = { Effect: 'Allow', Principal: { AWS: OWNER }, Action: 'kms:*', Resource: '*' };
  const everything = { ...mine, Principal: { AWS: `arn:aws:iam::${ACCOUNT}:user/reader` } };
  const limited = { ...everything, Effect: effect, Action: action, Condition: condition };
  const statements = effect === 'Deny' ? [mine, everything, limited] : [mine, limited];
  return JSON.stringify({ Version: '2012-10-17', Statement: statements });
}

/** What happens to the reader's call under an Allow, and under a Deny, with the condition. */
async function outcomes(
  condition: Condition,
  call: Call,
  options: CreateKeyCommandInput & { prepare?: Call },
): Promise<{ allowed: string; denied: string }> {
  const { prepare, ...input } = options;
  const outcome = async (effect: 'Allow' | 'Deny'): Promise<string> => {
    const { id } = await createKey(owner, { ...input, Policy: policyOf(effect, condition, 'kms:*') });
    await prepare?.(id);
    return call(id).then(
      () => 'done',
      (thrown: unknown) => (thrown as Error).name,
    );
  };
  return { allowed: await outcome('Allow'), denied: await outcome('Deny') };
}

const encrypt: Call = (KeyId) => reader.send(new EncryptCommand({ KeyId, Plaintext }));
const encryptFor: Call = (KeyId) => reader.send(new EncryptCommand({ KeyId, Plaintext, EncryptionContext }));
const equals = (key: string, value: unknown): Condition => ({ StringEquals: { [key]: value } });
const any = (key: string, value: unknown): Condition => ({ 'ForAnyValue:StringEquals': { [key]: value } });
const alias: Call = (TargetKeyId) =>
  owner.send(new CreateAliasCommand({ AliasName: 'alias/a', TargetKeyId }));
const renewed: Call = async (TargetKeyId) => {
  const given = { AliasName: 'alias/a', TargetKeyId };
  await owner.send(new CreateAliasCommand(given)).catch(() => owner.send(new UpdateAliasCommand(given)));
};
const grant: Call = (KeyId) =>
  reader.send(
    new CreateGrantCommand({
      KeyId,
      GranteePrincipal: OWNER,
      RetiringPrincipal: OWNER,
      Operations: ['Decrypt', 'Encrypt'],
      Constraints: { EncryptionContextSubset: EncryptionContext },
    }),
  );
const signing = { KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' } as const;
const sign: Call = (KeyId) =>
  reader.send(new SignCommand({ KeyId, Message: Plaintext, SigningAlgorithm: 'ECDSA_SHA_256' }));

describe('a condition that holds for a call', () => {
  test.each<[string, Condition, Call, (CreateKeyCommandInput & { prepare?: Call })?]>([
    ['kms:MultiRegion', { Bool: { 'kms:MultiRegion': 'true' } }, encrypt],
    [
      'kms:MultiRegion of another key',
      { Bool: { 'kms:MultiRegion': 'false' } },
      encrypt,
      { MultiRegion: false },
    ],
    ['kms:MultiRegionKeyType', equals('kms:MultiRegionKeyType', 'PRIMARY'), encrypt],
    ['kms:KeySpec', equals('kms:KeySpec', 'SYMMETRIC_DEFAULT'), encrypt],
    ['kms:KeyUsage', equals('kms:KeyUsage', 'ENCRYPT_DECRYPT'), encrypt],
    ['kms:KeyOrigin', equals('kms:KeyOrigin', 'AWS_KMS'), encrypt],
    ['kms:CallerAccount', equals('kms:CallerAccount', ACCOUNT), encrypt],
    ['kms:EncryptionAlgorithm', equals('kms:EncryptionAlgorithm', 'SYMMETRIC_DEFAULT'), encrypt],
    ['kms:EncryptionContext:*', equals('kms:EncryptionContext:team', 'payments'), encryptFor],
    ['kms:EncryptionContextKeys', any('kms:EncryptionContextKeys', ['Team']), encryptFor],
    [
      'kms:EncryptionContextKeys of a data key',
      any('kms:EncryptionContextKeys', 'stage'),
      (KeyId) => reader.send(new GenerateDataKeyCommand({ KeyId, KeySpec: 'AES_256', EncryptionContext })),
    ],
    [
      'kms:RequestAlias',
      equals('kms:RequestAlias', 'alias/a'),
      () => reader.send(new DescribeKeyCommand({ KeyId: 'alias/a' })),
      { prepare: renewed },
    ],
    ['kms:ResourceAliases', any('kms:ResourceAliases', 'alias/a'), encrypt, { prepare: renewed }],
    [
      'aws:ResourceTag/*',
      equals('aws:ResourceTag/team', 'pay'),
      encrypt,
      { Tags: [{ TagKey: 'team', TagValue: 'pay' }] },
    ],
    [
      'kms:ScheduleKeyDeletionPendingWindowInDays',
      { NumericLessThan: { 'kms:ScheduleKeyDeletionPendingWindowInDays': '10' } },
      (KeyId) => reader.send(new ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays: 7 })),
    ],
    [
      'the default of that',
      { NumericEquals: { 'kms:ScheduleKeyDeletionPendingWindowInDays': '30' } },
      (KeyId) => reader.send(new ScheduleKeyDeletionCommand({ KeyId })),
    ],
    [
      'kms:RotationPeriodInDays',
      { NumericGreaterThanEquals: { 'kms:RotationPeriodInDays': '180' } },
      (KeyId) => reader.send(new EnableKeyRotationCommand({ KeyId, RotationPeriodInDays: 180 })),
    ],
    [
      'kms:ReplicaRegion',
      equals('kms:ReplicaRegion', OTHER),
      (KeyId) =>
        reader.send(new ReplicateKeyCommand({ KeyId, ReplicaRegion: OTHER, Policy: rootPolicy(ACCOUNT) })),
    ],
    [
      'kms:GrantOperations',
      { 'ForAllValues:StringEquals': { 'kms:GrantOperations': ['Decrypt', 'Encrypt', 'Sign'] } },
      grant,
    ],
    ['kms:GranteePrincipal', equals('kms:GranteePrincipal', OWNER), grant],
    ['kms:RetiringPrincipal', equals('kms:RetiringPrincipal', OWNER), grant],
    ['kms:GrantConstraintType', equals('kms:GrantConstraintType', 'EncryptionContextSubset'), grant],
    ['kms:GrantIsForAWSResource', { Bool: { 'kms:GrantIsForAWSResource': 'false' } }, grant],
    ['kms:SigningAlgorithm', equals('kms:SigningAlgorithm', 'ECDSA_SHA_256'), sign, signing],
    ['kms:MessageType', equals('kms:MessageType', 'RAW'), sign, signing],
    [
      'kms:MacAlgorithm',
      equals('kms:MacAlgorithm', 'HMAC_SHA_256'),
      (KeyId) =>
        reader.send(new GenerateMacCommand({ KeyId, Message: Plaintext, MacAlgorithm: 'HMAC_SHA_256' })),
      { KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' },
    ],
    [
      'aws:RequestTag/*',
      equals('aws:RequestTag/team', 'pay'),
      (KeyId) => reader.send(new TagResourceCommand({ KeyId, Tags: [{ TagKey: 'team', TagValue: 'pay' }] })),
    ],
    [
      'aws:TagKeys',
      any('aws:TagKeys', 'team'),
      (KeyId) => reader.send(new UntagResourceCommand({ KeyId, TagKeys: ['team', 'stage'] })),
    ],
    [
      'kms:BypassPolicyLockoutSafetyCheck',
      { Bool: { 'kms:BypassPolicyLockoutSafetyCheck': 'true' } },
      (KeyId) =>
        reader.send(
          new PutKeyPolicyCommand({
            KeyId,
            Policy: rootPolicy(ACCOUNT),
            BypassPolicyLockoutSafetyCheck: true,
          }),
        ),
    ],
    ['aws:SecureTransport', { Bool: { 'aws:SecureTransport': 'true' } }, encrypt],
    ['aws:SourceIp', { IpAddress: { 'aws:SourceIp': '127.0.0.0/8' } }, encrypt],
    ['aws:CurrentTime', { DateGreaterThan: { 'aws:CurrentTime': '2020-01-01T00:00:00Z' } }, encrypt],
    ['aws:EpochTime', { NumericGreaterThan: { 'aws:EpochTime': '1577836800' } }, encrypt],
    ['aws:PrincipalArn', { ArnLike: { 'aws:PrincipalArn': 'arn:aws:iam::*:user/reader' } }, encrypt],
    ['aws:PrincipalType', equals('aws:PrincipalType', 'User'), encrypt],
    ['aws:username', equals('aws:username', 'reader'), encrypt],
    ['aws:RequestedRegion', equals('aws:RequestedRegion', REGION), encrypt],
    ['aws:ResourceAccount', equals('aws:ResourceAccount', ACCOUNT), encrypt],
    ['a variable', equals('aws:ResourceAccount', '${aws:PrincipalAccount}'), encrypt],
  ])('on %s allows it, and denies it', async (_key, condition, call, options = {}) => {
    expect(await outcomes(condition, call, options)).toEqual({
      allowed: 'done',
      denied: 'AccessDeniedException',
    });
  });

  test.each<[string, Condition, Call]>([
    ['another value', equals('kms:KeySpec', 'RSA_2048'), encrypt],
    ['a key that the operation has not', equals('kms:ReplicaRegion', OTHER), encrypt],
    ['an encryption context that is missing', any('kms:EncryptionContextKeys', 'Team'), encrypt],
    ['no organisation', equals('aws:PrincipalOrgID', 'o-a1b2c3d4e5'), encrypt],
    ['no service', equals('kms:ViaService', 's3.eu-west-1.amazonaws.com'), encrypt],
    [
      'one grant operation too many',
      { 'ForAllValues:StringEquals': { 'kms:GrantOperations': ['Decrypt'] } },
      grant,
    ],
  ])('and one that does not, for %s, does neither', async (_what, condition, call) => {
    expect(await outcomes(condition, call, {})).toEqual({ allowed: 'AccessDeniedException', denied: 'done' });
  });
});

describe('a denial', () => {
  test('says whether a statement denies or none allows', async () => {
    const { id, arn } = await createKey(owner, {
      Policy: policyOf('Deny', { Bool: { 'kms:MultiRegion': 'true' } }, 'kms:Encrypt'),
    });
    expect((await failureOf(encrypt(id))).message).toBe(
      `User: arn:aws:iam::${ACCOUNT}:user/reader is not authorized to perform: kms:Encrypt on resource: ${arn} ` +
        'with an explicit deny in a resource-based policy',
    );
  });

  test('can’t be decided by a condition key that nobody knows, and names it', async () => {
    const condition = equals('kms:CallerAcount', ACCOUNT);
    for (const effect of ['Allow', 'Deny'] as const) {
      const { id } = await createKey(owner, { Policy: policyOf(effect, condition, 'kms:Encrypt') });
      expect(await failureOf(encrypt(id))).toMatchObject({
        name: 'NotImplemented',
        message: expect.stringContaining('condition key kms:CallerAcount'),
        status: 501,
      });
    }
    const { id } = await createKey(owner, { Policy: policyOf('Deny', condition, 'kms:Sign') });
    await encrypt(id);
  });
});

test('ReEncrypt asks both keys, each about its own side', async () => {
  const from = await createKey(owner, {
    Policy: policyOf('Allow', equals('kms:EncryptionContext:team', 'payments'), 'kms:ReEncryptFrom'),
  });
  const to = await createKey(owner, {
    Policy: policyOf('Allow', { Bool: { 'kms:ReEncryptOnSameKey': 'false' } }, 'kms:ReEncryptTo'),
  });
  const { CiphertextBlob } = await owner.send(
    new EncryptCommand({ KeyId: from.id, Plaintext, EncryptionContext }),
  );
  const reEncrypt = (KeyId: string): Promise<unknown> =>
    reader.send(
      new ReEncryptCommand({
        CiphertextBlob,
        SourceEncryptionContext: EncryptionContext,
        DestinationKeyId: KeyId,
      }),
    );
  await reEncrypt(to.id);
  expect((await failureOf(reEncrypt(from.id))).message).toContain(`kms:ReEncryptTo on resource: ${from.arn}`);
});

test('UpdatePrimaryRegion asks for the permission on both keys', async () => {
  const Policy = policyOf('Allow', equals('kms:PrimaryRegion', OTHER), 'kms:UpdatePrimaryRegion');
  const { id } = await createKey(owner, { Policy });
  await owner.send(new ReplicateKeyCommand({ KeyId: id, ReplicaRegion: OTHER, Policy: rootPolicy(ACCOUNT) }));
  emulator.clock.advance(1000);
  const there = kmsIn(emulator, OTHER);
  const closed = policyOf('Allow', {}, 'kms:DescribeKey');
  await there.send(new PutKeyPolicyCommand({ KeyId: id, Policy: closed }));
  const move = (): Promise<unknown> =>
    reader.send(new UpdatePrimaryRegionCommand({ KeyId: id, PrimaryRegion: OTHER }));
  expect(await failureOf(move())).toMatchObject({
    name: 'AccessDeniedException',
    message: expect.stringContaining(`kms:UpdatePrimaryRegion on resource: arn:aws:kms:${OTHER}:`),
  });
  expect(emulator.kms.keys(REGION)[0]?.role).toBe('primary');
  await there.send(new PutKeyPolicyCommand({ KeyId: id, Policy }));
  await move();
  expect(emulator.kms.keys(OTHER)[0]?.role).toBe('primary');
});

test('an alias is moved and deleted by whoever may do so on its keys; listing asks no key', async () => {
  const open = await createKey(owner, { Policy: policyOf('Allow', {}, 'kms:*') });
  const closed = await createKey(owner, { Policy: policyOf('Allow', {}, 'kms:DescribeKey') });
  await alias(closed.id);
  const move = new UpdateAliasCommand({ AliasName: 'alias/a', TargetKeyId: open.id });
  expect((await failureOf(reader.send(move))).message).toContain(closed.arn);
  const remove = new DeleteAliasCommand({ AliasName: 'alias/a' });
  expect((await failureOf(reader.send(remove))).message).toContain(closed.arn);
  expect((await reader.send(new ListAliasesCommand({ KeyId: closed.id }))).Aliases).toHaveLength(1);
  await owner.send(move);
  await reader.send(remove);
});

test('a role’s session counts as the role, and has what sessions have', async () => {
  const arn = `arn:aws:iam::${ACCOUNT}:role/team/worker`;
  const Statement = [{ Effect: 'Allow', Principal: { AWS: ACCOUNT }, Action: 'sts:AssumeRole' }];
  emulator.sts.roles.set(arn, { arn, trustPolicy: { Version: '2012-10-17', Statement } });
  const { Credentials } = await stsIn(emulator, REGION).send(
    new AssumeRoleCommand({ RoleArn: arn, RoleSessionName: 'session' }),
  );
  const credentials = {
    accessKeyId: Credentials?.AccessKeyId,
    secretAccessKey: Credentials?.SecretAccessKey,
    sessionToken: Credentials?.SessionToken,
  } as ClientCredentials;
  const condition = {
    ArnEquals: { 'aws:PrincipalArn': arn },
    Bool: { 'aws:MultiFactorAuthPresent': 'false' },
    DateGreaterThan: { 'aws:TokenIssueTime': '2020-01-01T00:00:00Z' },
  };
  const worker = {
    Effect: 'Allow',
    Principal: '*',
    Action: 'kms:Encrypt',
    Resource: '*',
    Condition: condition,
  };
  const mine = { Effect: 'Allow', Principal: { AWS: OWNER }, Action: 'kms:*', Resource: '*' };
  const Policy = JSON.stringify({ Version: '2012-10-17', Statement: [mine, worker] });
  const { id } = await createKey(owner, { Policy });
  await kmsIn(emulator, REGION, credentials).send(new EncryptCommand({ KeyId: id, Plaintext }));
  expect((await failureOf(encrypt(id))).name).toBe('AccessDeniedException');
});

describe('the lock-out check', () => {
  const withDeny = (condition: Condition, more: object = {}): string =>
    rootPolicy(ACCOUNT, [
      { Effect: 'Deny', Principal: '*', Action: 'kms:*', Resource: '*', Condition: condition, ...more },
    ]);
  const put = async (Policy: string, options: CreateKeyCommandInput = {}): Promise<string> => {
    emulator.kms.settings.enforceKeyPolicies = false;
    const call = owner.send(new CreateKeyCommand({ MultiRegion: true, Policy, ...options }));
    return call.then(
      () => 'accepted',
      (thrown: unknown) => (thrown as Error).name,
    );
  };

  test.each<[string, Condition, string, CreateKeyCommandInput?]>([
    ['no TLS', { Bool: { 'aws:SecureTransport': 'false' } }, 'accepted'],
    ['TLS', { Bool: { 'aws:SecureTransport': 'true' } }, 'MalformedPolicyDocumentException'],
    ['another network', { NotIpAddress: { 'aws:SourceIp': ['127.0.0.1/32', '10.0.0.0/8'] } }, 'accepted'],
    ['this network', { NotIpAddress: { 'aws:SourceIp': '10.0.0.0/8' } }, 'MalformedPolicyDocumentException'],
    ['a time that is over', { DateLessThan: { 'aws:CurrentTime': '2020-01-01T00:00:00Z' } }, 'accepted'],
    [
      'now',
      { DateGreaterThan: { 'aws:CurrentTime': '2020-01-01T00:00:00Z' } },
      'MalformedPolicyDocumentException',
    ],
    ['keys of one Region', { Bool: { 'kms:MultiRegion': 'false' } }, 'accepted'],
    ['multi-Region keys', { Bool: { 'kms:MultiRegion': 'true' } }, 'MalformedPolicyDocumentException'],
    ['those', { Bool: { 'kms:MultiRegion': 'true' } }, 'accepted', { MultiRegion: false }],
    ['other callers', { ArnNotEquals: { 'aws:PrincipalArn': OWNER } }, 'accepted'],
    ['keys without a tag', { Null: { 'aws:ResourceTag/team': 'true' } }, 'MalformedPolicyDocumentException'],
    [
      'with the tag',
      { Null: { 'aws:ResourceTag/team': 'true' } },
      'accepted',
      { Tags: [{ TagKey: 'team', TagValue: 'a' }] },
    ],
    ['who bypasses it', { Bool: { 'kms:BypassPolicyLockoutSafetyCheck': 'true' } }, 'accepted'],
    ['a key that nobody knows', equals('kms:CallerAcount', ACCOUNT), 'accepted'],
    [
      'all but a key that nobody knows',
      { StringNotEquals: { 'kms:CallerAcount': ACCOUNT } },
      'MalformedPolicyDocumentException',
    ],
  ])('of a denial for %s', async (_what, condition, expected, options = {}) => {
    expect(await put(withDeny(condition), options)).toBe(expected);
  });

  test.each<[object, string]>([
    [{ NotPrincipal: { AWS: [OWNER, `arn:aws:iam::${ACCOUNT}:root`] } }, 'accepted'],
    [{ NotPrincipal: { AWS: OWNER } }, 'MalformedPolicyDocumentException'],
    [{ NotPrincipal: { AWS: `arn:aws:iam::${ACCOUNT}:root` } }, 'MalformedPolicyDocumentException'],
  ])('of a denial for all but %j', async (more, expected) => {
    const deny = { Effect: 'Deny', Action: 'kms:*', Resource: '*', ...more };
    expect(await put(rootPolicy(ACCOUNT, [deny]))).toBe(expected);
  });

  test('goes by the address that calls seem to come from', async () => {
    await emulator.stop();
    emulator = await startEmulator({ region: REGION, sourceIp: '203.0.113.9' });
    owner = kmsIn(emulator, REGION);
    const office = { NotIpAddress: { 'aws:SourceIp': '203.0.113.0/24' } };
    expect(await put(withDeny(office))).toBe('accepted');
    expect(await put(withDeny({ NotIpAddress: { 'aws:SourceIp': '127.0.0.0/8' } }))).toBe(
      'MalformedPolicyDocumentException',
    );
  });

  test('of a replica is made for the replica', async () => {
    const { id } = await createKey(owner, { Policy: rootPolicy(ACCOUNT) });
    const replicate = (Policy: string): Promise<unknown> =>
      owner.send(new ReplicateKeyCommand({ KeyId: id, ReplicaRegion: OTHER, Policy }));
    const replicas = withDeny(equals('kms:MultiRegionKeyType', 'REPLICA'));
    expect((await failureOf(replicate(replicas))).name).toBe('MalformedPolicyDocumentException');
    await replicate(withDeny(equals('kms:MultiRegionKeyType', 'PRIMARY')));
    const { Policy } = await kmsIn(emulator, OTHER).send(new GetKeyPolicyCommand({ KeyId: id }));
    expect(Policy).toContain('PRIMARY');
  });
});

test('a ciphertext is decrypted only in the context that the policy asks for', async () => {
  const condition = equals('kms:EncryptionContext:Team', 'payments');
  const { id } = await createKey(owner, { Policy: policyOf('Allow', condition, 'kms:Decrypt') });
  const blob = async (context: Record<string, string>): Promise<DecryptCommand> => {
    const given = { EncryptionContext: context };
    const { CiphertextBlob } = await owner.send(new EncryptCommand({ KeyId: id, Plaintext, ...given }));
    return new DecryptCommand({ CiphertextBlob, ...given });
  };
  await reader.send(await blob(EncryptionContext));
  expect((await failureOf(reader.send(await blob({ Team: 'orders' })))).name).toBe('AccessDeniedException');
});
