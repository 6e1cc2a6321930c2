import { randomUUID } from 'node:crypto';
import {
  DecryptCommand,
  DisableKeyCommand,
  EncryptCommand,
  GenerateMacCommand,
  GetKeyLastUsageCommand,
  GetPublicKeyCommand,
  KMSClient,
  ReEncryptCommand,
  SignCommand,
  VerifyCommand,
  type GetKeyLastUsageCommandOutput,
} from '@aws-sdk/client-kms';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startEmulator, type Emulator } from '../index.js';
import { createFamily, createKey, failureOf, kmsIn } from './support.js';

const REGION = 'eu-west-1';
const OTHER = 'ap-southeast-3';
const Plaintext = Buffer.from('text');

let emulator: Emulator;
let kms: KMSClient;
beforeEach(async () => {
  emulator = await startEmulator({ region: REGION });
  kms = kmsIn(emulator, REGION);
});
afterEach(() => emulator.stop());

function lastUsage(KeyId: string, client = kms): Promise<GetKeyLastUsageCommandOutput> {
  return client.send(new GetKeyLastUsageCommand({ KeyId }));
}

async function operationOf(id: string, client = kms): Promise<string | undefined> {
  return (await lastUsage(id, client)).KeyLastUsage?.Operation;
}

describe('GetKeyLastUsage', () => {
  test('answers an empty object for a key that was never used, and since when it would know', async () => {
    const { id } = await createKey(kms);
    const answer = await lastUsage(id);
    expect(answer).toMatchObject({ KeyId: id, KeyLastUsage: {} });
    expect(answer.TrackingStartDate).toEqual(answer.KeyCreationDate);
  });

  test('names operation, time and the ids of the event and the request', async () => {
    const { id, arn } = await createKey(kms);
    emulator.clock.advanceDays(3);
    const { $metadata } = await kms.send(new EncryptCommand({ KeyId: id, Plaintext }));
    emulator.clock.advanceDays(1);
    const { KeyLastUsage } = await lastUsage(arn);
    expect(KeyLastUsage).toEqual({
      Operation: 'Encrypt',
      Timestamp: expect.any(Date),
      CloudTrailEventId: expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
      KmsRequestId: $metadata.requestId,
    });
    const age = emulator.clock.now() - (KeyLastUsage?.Timestamp?.getTime() ?? 0);
    expect(Math.round(age / 86_400_000)).toBe(1);
  });

  test('keeps primary and replica apart', async () => {
    const { id } = await createFamily(emulator, [REGION, OTHER]);
    const there = kmsIn(emulator, OTHER);
    const { CiphertextBlob } = await kms.send(new EncryptCommand({ KeyId: id, Plaintext }));
    expect([await operationOf(id), await operationOf(id, there)]).toEqual(['Encrypt', undefined]);
    await there.send(new DecryptCommand({ CiphertextBlob }));
    expect([await operationOf(id), await operationOf(id, there)]).toEqual(['Encrypt', 'Decrypt']);
  });

  test('counts ReEncrypt for its source and its destination, with an event each', async () => {
    const source = await createKey(kms);
    const target = await createKey(kms);
    const { CiphertextBlob } = await kms.send(new EncryptCommand({ KeyId: source.id, Plaintext }));
    await kms.send(new ReEncryptCommand({ CiphertextBlob, DestinationKeyId: target.id }));
    const [from, to] = [(await lastUsage(source.id)).KeyLastUsage, (await lastUsage(target.id)).KeyLastUsage];
    expect([from?.Operation, to?.Operation]).toEqual(['ReEncrypt', 'ReEncrypt']);
    expect(from?.KmsRequestId).toBe(to?.KmsRequestId);
    expect(from?.CloudTrailEventId).not.toBe(to?.CloudTrailEventId);
  });

  test('counts signing, verifying and MACs', async () => {
    const signing = await createKey(kms, { KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' });
    const message = { KeyId: signing.id, Message: Plaintext, SigningAlgorithm: 'ECDSA_SHA_256' as const };
    const { Signature } = await kms.send(new SignCommand(message));
    expect(await operationOf(signing.id)).toBe('Sign');
    await kms.send(new VerifyCommand({ ...message, Signature }));
    expect(await operationOf(signing.id)).toBe('Verify');
    const mac = await createKey(kms, { KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' });
    await kms.send(
      new GenerateMacCommand({ KeyId: mac.id, Message: Plaintext, MacAlgorithm: 'HMAC_SHA_256' }),
    );
    expect(await operationOf(mac.id)).toBe('GenerateMac');
  });

  test('does not count what failed, a dry run, or what is no cryptography', async () => {
    const { id } = await createKey(kms);
    await failureOf(kms.send(new EncryptCommand({ KeyId: id, Plaintext, DryRun: true })));
    await failureOf(kms.send(new DecryptCommand({ KeyId: id, CiphertextBlob: Buffer.from('no blob') })));
    const signing = await createKey(kms, { KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' });
    await kms.send(new GetPublicKeyCommand({ KeyId: signing.id }));
    expect([await operationOf(id), await operationOf(signing.id)]).toEqual([undefined, undefined]);
  });

  test('knows nothing of what was before KMS began to record', async () => {
    const { id } = await createKey(kms);
    await kms.send(new EncryptCommand({ KeyId: id, Plaintext }));
    emulator.clock.advanceDays(10);
    emulator.kms.settings.usageTrackedSince = emulator.clock.now();
    const answer = await lastUsage(id);
    expect(answer.KeyLastUsage).toEqual({});
    expect(answer.TrackingStartDate?.getTime()).toBe(emulator.kms.settings.usageTrackedSince);
    expect(answer.KeyCreationDate?.getTime()).toBeLessThan(emulator.kms.settings.usageTrackedSince);
  });

  test('speaks of disabled keys too, takes no alias, and is not for other accounts', async () => {
    const { id, arn } = await createKey(kms);
    await kms.send(new EncryptCommand({ KeyId: id, Plaintext }));
    await kms.send(new DisableKeyCommand({ KeyId: id }));
    expect(await operationOf(id)).toBe('Encrypt');
    expect((await failureOf(lastUsage('alias/a'))).name).toBe('NotFoundException');
    expect((await failureOf(lastUsage(randomUUID()))).name).toBe('NotFoundException');
    await emulator.stop();
    const other = { account: '111122223333', name: 'eve', accessKeyId: 'AKIAOTHER', secretAccessKey: 's' };
    emulator = await startEmulator({ region: REGION, users: [other] });
    const theirs = kmsIn(emulator, REGION, other);
    const mine = await createKey(kmsIn(emulator, REGION));
    expect(mine.arn).not.toBe(arn);
    expect((await failureOf(lastUsage(mine.arn, theirs))).name).toBe('AccessDeniedException');
  });
});
