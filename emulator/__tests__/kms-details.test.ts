import {
  CreateGrantCommand,
  CreateKeyCommand,
  DecryptCommand,
  DescribeKeyCommand,
  DisableKeyCommand,
  DisableKeyRotationCommand,
  EnableKeyCommand,
  EnableKeyRotationCommand,
  EncryptCommand,
  ListResourceTagsCommand,
  ReEncryptCommand,
  ReplicateKeyCommand,
  RevokeGrantCommand,
  RotateKeyOnDemandCommand,
  UpdatePrimaryRegionCommand,
  type KMSClient,
} from '@aws-sdk/client-kms';
import { AssumeRoleCommand } from '@aws-sdk/client-sts';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { renderError } from '../aws/error-response.js';
import { AwsError } from '../aws/error.js';
import { startEmulator, type Emulator } from '../index.js';
import { createFamily, createKey, failureOf, kmsIn, stsIn } from './support.js';

const REGION = 'eu-west-1';
const OTHER = 'us-east-1';
const Plaintext = Buffer.from('text');

let emulator: Emulator;
let kms: KMSClient;
beforeEach(async () => {
  emulator = await startEmulator({ region: REGION });
  kms = kmsIn(emulator, REGION);
});
afterEach(() => emulator.stop());

describe('a grant token', () => {
  test('is accepted as long as its grant is there, and refused when no grant has it', async () => {
    const { id: KeyId } = await createKey(kms);
    const { GrantToken = '', GrantId } = await kms.send(
      new CreateGrantCommand({
        KeyId,
        GranteePrincipal: 'arn:aws:iam::999900001111:root',
        Operations: ['Encrypt'],
      }),
    );
    const encrypt = (GrantTokens: string[]): Promise<unknown> =>
      kms.send(new EncryptCommand({ KeyId, Plaintext, GrantTokens }));
    await encrypt([GrantToken]);
    for (const tokens of [['unknown'], [GrantToken, 'unknown']])
      expect((await failureOf(encrypt(tokens))).name).toBe('InvalidGrantTokenException');
    const describeKey = kms.send(new DescribeKeyCommand({ KeyId, GrantTokens: ['unknown'] }));
    expect((await failureOf(describeKey)).name).toBe('InvalidGrantTokenException');
    const many = Array.from({ length: 11 }, () => GrantToken);
    expect((await failureOf(encrypt(many))).name).toBe('ValidationException');
    await kms.send(new RevokeGrantCommand({ KeyId, GrantId }));
    expect((await failureOf(encrypt([GrantToken]))).name).toBe('InvalidGrantTokenException');
  });
});

describe('rotation', () => {
  const rotations = (): number | undefined => emulator.kms.keys(REGION)[0]?.rotations;

  test('rests while the key is disabled, and is made up for once when it is enabled', async () => {
    const { id: KeyId } = await createKey(kms);
    await kms.send(new EnableKeyRotationCommand({ KeyId, RotationPeriodInDays: 90 }));
    await kms.send(new DisableKeyCommand({ KeyId }));
    emulator.clock.advanceDays(300);
    expect(rotations()).toBe(0);
    await kms.send(new EnableKeyCommand({ KeyId }));
    expect(rotations()).toBe(1);
    emulator.clock.advanceDays(91);
    expect(rotations()).toBe(2);
  });

  test('is not hurried by a short rest', async () => {
    const { id: KeyId } = await createKey(kms);
    await kms.send(new EnableKeyRotationCommand({ KeyId, RotationPeriodInDays: 90 }));
    await kms.send(new DisableKeyCommand({ KeyId }));
    emulator.clock.advanceDays(30);
    await kms.send(new EnableKeyCommand({ KeyId }));
    expect(rotations()).toBe(0);
    emulator.clock.advanceDays(61);
    expect(rotations()).toBe(1);
  });
});

test('while the primary Region changes, rotation can be switched and the Region changed back, and no replica made', async () => {
  const { id: KeyId } = await createFamily(emulator, [REGION, OTHER]);
  emulator.kms.settings.promotionDelayMs = 3_600_000;
  await kms.send(new UpdatePrimaryRegionCommand({ KeyId, PrimaryRegion: OTHER }));
  const there = kmsIn(emulator, OTHER);
  expect((await there.send(new DescribeKeyCommand({ KeyId }))).KeyMetadata?.KeyState).toBe('Updating');
  await there.send(new EnableKeyRotationCommand({ KeyId }));
  await there.send(new DisableKeyRotationCommand({ KeyId }));
  for (const call of [
    there.send(new ReplicateKeyCommand({ KeyId, ReplicaRegion: 'eu-north-1' })),
    there.send(new RotateKeyOnDemandCommand({ KeyId })),
  ])
    expect((await failureOf(call)).name).toBe('KMSInvalidStateException');
  await there.send(new UpdatePrimaryRegionCommand({ KeyId, PrimaryRegion: REGION }));
  expect(emulator.kms.keys(REGION)[0]?.role).toBe('primary');
});

test('ReplicateKey tells neither tags that there are not nor material that is not there yet', async () => {
  const { id: KeyId } = await createKey(kms);
  const answer = await kms.send(new ReplicateKeyCommand({ KeyId, ReplicaRegion: OTHER }));
  expect(answer.ReplicaKeyMetadata?.KeyState).toBe('Creating');
  expect(answer.ReplicaTags).toBeUndefined();
  expect(answer.ReplicaKeyMetadata?.CurrentKeyMaterialId).toBeUndefined();
  emulator.clock.advance(1000);
  const { KeyMetadata } = await kmsIn(emulator, OTHER).send(new DescribeKeyCommand({ KeyId }));
  expect(KeyMetadata?.CurrentKeyMaterialId).toMatch(/^[0-9a-f]{64}$/);
});

describe('a ciphertext', () => {
  test('under a key of another usage is one under the wrong key', async () => {
    const { id } = await createKey(kms);
    const other = await createKey(kms, { KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' });
    const { CiphertextBlob } = await kms.send(new EncryptCommand({ KeyId: id, Plaintext }));
    const decrypt = kms.send(new DecryptCommand({ CiphertextBlob, KeyId: other.id }));
    expect((await failureOf(decrypt)).name).toBe('IncorrectKeyException');
    const move = kms.send(
      new ReEncryptCommand({ CiphertextBlob, SourceKeyId: other.id, DestinationKeyId: id }),
    );
    expect((await failureOf(move)).name).toBe('IncorrectKeyException');
    const into = kms.send(new ReEncryptCommand({ CiphertextBlob, DestinationKeyId: other.id }));
    expect((await failureOf(into)).name).toBe('InvalidKeyUsageException');
  });

  test('that is made anew comes with the material of both keys', async () => {
    const [one, two] = [await createKey(kms), await createKey(kms)];
    const materialOf = async (KeyId: string): Promise<string | undefined> =>
      (await kms.send(new DescribeKeyCommand({ KeyId }))).KeyMetadata?.CurrentKeyMaterialId;
    const { CiphertextBlob } = await kms.send(new EncryptCommand({ KeyId: one.id, Plaintext }));
    const answer = await kms.send(new ReEncryptCommand({ CiphertextBlob, DestinationKeyId: two.id }));
    expect([answer.SourceKeyMaterialId, answer.DestinationKeyMaterialId]).toEqual([
      await materialOf(one.id),
      await materialOf(two.id),
    ]);
  });
});

test.each(['ML_KEM_512', 'ML_KEM_768', 'ML_KEM_1024'] as const)(
  '%s is known, but not implemented',
  async (KeySpec) => {
    const call = kms.send(new CreateKeyCommand({ KeySpec, KeyUsage: 'ENCAPSULATE_DECAPSULATE' }));
    expect(await failureOf(call)).toMatchObject({
      name: 'UnsupportedOperationException',
      message: expect.stringContaining('does not implement KeySpec'),
    });
  },
);

test('AssumeRole refuses what is no ARN before it looks for the role', async () => {
  const call = stsIn(emulator, REGION).send(
    new AssumeRoleCommand({ RoleArn: 'role/kms-apply-of-the-team', RoleSessionName: 'session' }),
  );
  expect(await failureOf(call)).toMatchObject({ name: 'ValidationError', message: 'Request ARN is invalid' });
});

test('an error without a message has no member for it', () => {
  const bodyOf = (message: string): unknown => {
    const { body } = renderError('json', new AwsError('InvalidCiphertextException', message), 'id');
    return JSON.parse(body.toString());
  };
  expect(bodyOf('')).toEqual({ __type: 'InvalidCiphertextException' });
  expect(bodyOf('No.')).toEqual({ __type: 'InvalidCiphertextException', message: 'No.' });
});

test('an auto-tagger puts its tags on every new key, and on no key that is there', async () => {
  const tagsOf = async (client: KMSClient, KeyId: string): Promise<unknown> =>
    (await client.send(new ListResourceTagsCommand({ KeyId }))).Tags;
  const before = await createKey(kms);
  const { autoTags } = emulator.kms.settings;
  autoTags.set('CostCenter', '7');
  const after = await createKey(kms, { Tags: [{ TagKey: 'team', TagValue: 'a' }] });
  const ReplicaRegion = OTHER;
  const { ReplicaTags } = await kms.send(new ReplicateKeyCommand({ KeyId: after.id, ReplicaRegion }));
  autoTags.clear();
  const own = { TagKey: 'CostCenter', TagValue: '7' };
  expect(await tagsOf(kms, before.id)).toEqual([]);
  expect(await tagsOf(kms, after.id)).toEqual([{ TagKey: 'team', TagValue: 'a' }, own]);
  expect(await tagsOf(kmsIn(emulator, ReplicaRegion), after.id)).toEqual([own]);
  expect(ReplicaTags).toBeUndefined();
});
