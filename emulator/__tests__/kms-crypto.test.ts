import {
  constants,
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  publicEncrypt,
  verify,
} from 'node:crypto';
import {
  DecryptCommand,
  DeriveSharedSecretCommand,
  EncryptCommand,
  GenerateDataKeyCommand,
  GenerateDataKeyPairCommand,
  GenerateDataKeyWithoutPlaintextCommand,
  GenerateMacCommand,
  GenerateRandomCommand,
  GetPublicKeyCommand,
  ListKeyRotationsCommand,
  EnableKeyRotationCommand,
  ReEncryptCommand,
  RotateKeyOnDemandCommand,
  SignCommand,
  VerifyCommand,
  VerifyMacCommand,
  type KeySpec,
  type MacAlgorithmSpec,
  type SigningAlgorithmSpec,
} from '@aws-sdk/client-kms';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { startEmulator, type Emulator } from '../index.js';
import { createFamily, createKey, failureOf, kmsIn } from './support.js';

// RSA keys of 4096 bits are made here, by OpenSSL, in anything from one second to ten.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const HERE = 'eu-west-1';
const THERE = 'eu-central-1';
const SECRET = Buffer.from('four in the morning');

let emulator: Emulator;
beforeAll(async () => {
  emulator = await startEmulator({ region: HERE });
});
afterAll(() => emulator.stop());

describe('a symmetric key', () => {
  test('decrypts in every Region what it encrypted in one, and back', async () => {
    const { id } = await createFamily(emulator, [HERE, THERE]);
    for (const [from, to] of [
      [HERE, THERE],
      [THERE, HERE],
    ] as const) {
      const { CiphertextBlob } = await kmsIn(emulator, from).send(
        new EncryptCommand({ KeyId: id, Plaintext: SECRET }),
      );
      const answer = await kmsIn(emulator, to).send(new DecryptCommand({ CiphertextBlob }));
      expect(Buffer.from(answer.Plaintext ?? [])).toEqual(SECRET);
      expect(answer.KeyId).toBe(`arn:aws:kms:${to}:999900001111:key/${id}`);
    }
  });

  test('that is single-Region decrypts nowhere else', async () => {
    const { id } = await createKey(kmsIn(emulator, HERE), { MultiRegion: false });
    const { CiphertextBlob } = await kmsIn(emulator, HERE).send(
      new EncryptCommand({ KeyId: id, Plaintext: SECRET }),
    );
    const failure = await failureOf(kmsIn(emulator, THERE).send(new DecryptCommand({ CiphertextBlob })));
    expect(failure.name).toBe('AccessDeniedException');
    expect(failure.message).toContain('does not exist in this region');
  });

  test('binds the ciphertext to its encryption context', async () => {
    const kms = kmsIn(emulator, HERE);
    const { id } = await createKey(kms);
    const EncryptionContext = { table: 'orders', column: 'card' };
    const { CiphertextBlob } = await kms.send(
      new EncryptCommand({ KeyId: id, Plaintext: SECRET, EncryptionContext }),
    );
    const reordered = { column: 'card', table: 'orders' };
    await kms.send(new DecryptCommand({ CiphertextBlob, EncryptionContext: reordered }));
    for (const other of [undefined, { table: 'orders' }])
      expect(
        await failureOf(kms.send(new DecryptCommand({ CiphertextBlob, EncryptionContext: other }))),
      ).toMatchObject({
        name: 'InvalidCiphertextException',
      });
  });

  test('notices a single changed bit anywhere in a ciphertext', async () => {
    const kms = kmsIn(emulator, HERE);
    const { id } = await createKey(kms);
    const { CiphertextBlob } = await kms.send(new EncryptCommand({ KeyId: id, Plaintext: SECRET }));
    const whole = Buffer.from(CiphertextBlob ?? []);
    for (const at of [0, Math.floor(whole.length / 2), whole.length - 1]) {
      const changed = Buffer.from(whole);
      changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
      const { name } = await failureOf(kms.send(new DecryptCommand({ CiphertextBlob: changed })));
      expect(['InvalidCiphertextException', 'AccessDeniedException']).toContain(name);
    }
  });

  test('refuses a ciphertext of another key', async () => {
    const kms = kmsIn(emulator, HERE);
    const [one, other] = [await createKey(kms), await createKey(kms)];
    const { CiphertextBlob } = await kms.send(new EncryptCommand({ KeyId: one.id, Plaintext: SECRET }));
    expect(await failureOf(kms.send(new DecryptCommand({ CiphertextBlob, KeyId: other.id })))).toMatchObject({
      name: 'IncorrectKeyException',
    });
  });

  test('decrypts after rotation what it encrypted before, in a Region that was added later', async () => {
    const kms = kmsIn(emulator, HERE);
    const { id } = await createKey(kms);
    const old = await kms.send(new EncryptCommand({ KeyId: id, Plaintext: SECRET }));
    await kms.send(new EnableKeyRotationCommand({ KeyId: id, RotationPeriodInDays: 90 }));
    await kms.send(new RotateKeyOnDemandCommand({ KeyId: id }));
    emulator.clock.advanceDays(91);
    const { Rotations } = await kms.send(new ListKeyRotationsCommand({ KeyId: id }));
    expect(Rotations?.map(({ RotationType }) => RotationType).sort()).toEqual(['AUTOMATIC', 'ON_DEMAND']);
    const answer = await kms.send(new DecryptCommand({ CiphertextBlob: old.CiphertextBlob }));
    expect(Buffer.from(answer.Plaintext ?? [])).toEqual(SECRET);
  });

  test('re-encrypts under another key and gives out data keys', async () => {
    const kms = kmsIn(emulator, HERE);
    const [one, other] = [await createKey(kms), await createKey(kms)];
    const first = await kms.send(new EncryptCommand({ KeyId: one.id, Plaintext: SECRET }));
    const moved = await kms.send(
      new ReEncryptCommand({ CiphertextBlob: first.CiphertextBlob, DestinationKeyId: other.id }),
    );
    expect(moved).toMatchObject({ KeyId: other.arn, SourceKeyId: one.arn });
    const opened = await kms.send(
      new DecryptCommand({ CiphertextBlob: moved.CiphertextBlob, KeyId: other.id }),
    );
    expect(Buffer.from(opened.Plaintext ?? [])).toEqual(SECRET);

    const dataKey = await kms.send(new GenerateDataKeyCommand({ KeyId: one.id, KeySpec: 'AES_256' }));
    expect(dataKey.Plaintext).toHaveLength(32);
    const again = await kms.send(new DecryptCommand({ CiphertextBlob: dataKey.CiphertextBlob }));
    expect(again.Plaintext).toEqual(dataKey.Plaintext);
    const hidden = await kms.send(
      new GenerateDataKeyWithoutPlaintextCommand({ KeyId: one.id, NumberOfBytes: 17 }),
    );
    expect(
      (await kms.send(new DecryptCommand({ CiphertextBlob: hidden.CiphertextBlob }))).Plaintext,
    ).toHaveLength(17);
    expect((await kms.send(new GenerateRandomCommand({ NumberOfBytes: 24 }))).Plaintext).toHaveLength(24);
  });

  test('gives out data key pairs whose halves belong together', async () => {
    const kms = kmsIn(emulator, HERE);
    const { id } = await createKey(kms);
    const pair = await kms.send(new GenerateDataKeyPairCommand({ KeyId: id, KeyPairSpec: 'ECC_NIST_P256' }));
    const opened = await kms.send(new DecryptCommand({ CiphertextBlob: pair.PrivateKeyCiphertextBlob }));
    expect(opened.Plaintext).toEqual(pair.PrivateKeyPlaintext);
    const privateKey = createPrivateKey({
      key: Buffer.from(pair.PrivateKeyPlaintext ?? []),
      format: 'der',
      type: 'pkcs8',
    });
    expect(createPublicKey(privateKey).export({ type: 'spki', format: 'der' })).toEqual(
      Buffer.from(pair.PublicKey ?? []),
    );
  });
});

async function publicKeyOf(region: string, id: string): Promise<ReturnType<typeof createPublicKey>> {
  const { PublicKey } = await kmsIn(emulator, region).send(new GetPublicKeyCommand({ KeyId: id }));
  return createPublicKey({ key: Buffer.from(PublicKey ?? []), format: 'der', type: 'spki' });
}

describe('a signing key', () => {
  const PSS = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };
  test.each<[KeySpec, SigningAlgorithmSpec, string, object]>([
    ['RSA_2048', 'RSASSA_PSS_SHA_256', 'sha256', PSS],
    ['RSA_2048', 'RSASSA_PSS_SHA_512', 'sha512', PSS],
    ['RSA_3072', 'RSASSA_PKCS1_V1_5_SHA_384', 'sha384', {}],
    ['RSA_4096', 'RSASSA_PKCS1_V1_5_SHA_256', 'sha256', {}],
    ['ECC_NIST_P256', 'ECDSA_SHA_256', 'sha256', {}],
    ['ECC_NIST_P384', 'ECDSA_SHA_384', 'sha384', {}],
    ['ECC_NIST_P521', 'ECDSA_SHA_512', 'sha512', {}],
    ['ECC_SECG_P256K1', 'ECDSA_SHA_256', 'sha256', {}],
  ])(
    'of spec %s signs with %s what another Region, and OpenSSL, verify',
    async (KeySpec, SigningAlgorithm, hash, padding) => {
      const { id } = await createFamily(emulator, [HERE, THERE], { KeySpec, KeyUsage: 'SIGN_VERIFY' });
      const message = { KeyId: id, SigningAlgorithm, Message: SECRET };
      const digest = {
        ...message,
        MessageType: 'DIGEST' as const,
        Message: createHash(hash).update(SECRET).digest(),
      };
      const [key, there] = [await publicKeyOf(THERE, id), kmsIn(emulator, THERE)];
      for (const request of [message, digest]) {
        const { Signature } = await kmsIn(emulator, HERE).send(new SignCommand(request));
        expect(verify(hash, SECRET, { key, ...padding }, Buffer.from(Signature ?? []))).toBe(true);
        for (const other of [message, digest])
          expect(await there.send(new VerifyCommand({ ...other, Signature }))).toMatchObject({
            SignatureValid: true,
          });
        const wrong = there.send(new VerifyCommand({ ...message, Message: Buffer.from('other'), Signature }));
        expect(await failureOf(wrong)).toMatchObject({ name: 'KMSInvalidSignatureException' });
      }
    },
  );

  test('refuses an algorithm of another spec and a digest of another length', async () => {
    const kms = kmsIn(emulator, HERE);
    const { id } = await createKey(kms, { KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' });
    const other = kms.send(
      new SignCommand({ KeyId: id, SigningAlgorithm: 'ECDSA_SHA_384', Message: SECRET }),
    );
    expect(await failureOf(other)).toMatchObject({ name: 'InvalidKeyUsageException' });
    const short = new SignCommand({
      KeyId: id,
      SigningAlgorithm: 'ECDSA_SHA_256',
      MessageType: 'DIGEST',
      Message: SECRET,
    });
    expect(await failureOf(kms.send(short))).toMatchObject({ name: 'ValidationException' });
  });
});

describe('an RSA key for encryption', () => {
  test.each([
    ['RSAES_OAEP_SHA_1', 'sha1'],
    ['RSAES_OAEP_SHA_256', 'sha256'],
  ] as const)(
    'decrypts with %s what was encrypted outside with its public key',
    async (EncryptionAlgorithm, oaepHash) => {
      const { id } = await createFamily(emulator, [HERE, THERE], {
        KeySpec: 'RSA_2048',
        KeyUsage: 'ENCRYPT_DECRYPT',
      });
      const outside = publicEncrypt({ key: await publicKeyOf(HERE, id), oaepHash }, SECRET);
      const answer = await kmsIn(emulator, THERE).send(
        new DecryptCommand({ KeyId: id, EncryptionAlgorithm, CiphertextBlob: outside }),
      );
      expect(Buffer.from(answer.Plaintext ?? [])).toEqual(SECRET);
    },
  );
});

describe('an HMAC key', () => {
  test.each<[KeySpec, MacAlgorithmSpec, number]>([
    ['HMAC_224', 'HMAC_SHA_224', 28],
    ['HMAC_256', 'HMAC_SHA_256', 32],
    ['HMAC_384', 'HMAC_SHA_384', 48],
    ['HMAC_512', 'HMAC_SHA_512', 64],
  ])('of spec %s makes a MAC that another Region verifies', async (KeySpec, MacAlgorithm, bytes) => {
    const { id } = await createFamily(emulator, [HERE, THERE], { KeySpec, KeyUsage: 'GENERATE_VERIFY_MAC' });
    const { Mac } = await kmsIn(emulator, HERE).send(
      new GenerateMacCommand({ KeyId: id, MacAlgorithm, Message: SECRET }),
    );
    expect(Mac).toHaveLength(bytes);
    const there = kmsIn(emulator, THERE);
    const request = { KeyId: id, MacAlgorithm, Message: SECRET };
    expect(await there.send(new VerifyMacCommand({ ...request, Mac }))).toMatchObject({ MacValid: true });
    const made = createHmac(MacAlgorithm.slice('HMAC_'.length).replace('_', ''), 'guess')
      .update(SECRET)
      .digest();
    expect(await failureOf(there.send(new VerifyMacCommand({ ...request, Mac: made })))).toMatchObject({
      name: 'KMSInvalidMacException',
    });
  });
});

describe('a key agreement key', () => {
  test('derives the same secret in every Region', async () => {
    const { id } = await createFamily(emulator, [HERE, THERE], {
      KeySpec: 'ECC_NIST_P384',
      KeyUsage: 'KEY_AGREEMENT',
    });
    const peer = generateKeyPairSync('ec', { namedCurve: 'secp384r1' });
    const request = {
      KeyId: id,
      KeyAgreementAlgorithm: 'ECDH' as const,
      PublicKey: peer.publicKey.export({ type: 'spki', format: 'der' }),
    };
    const secrets = await Promise.all(
      [HERE, THERE].map(async (region) => {
        return (await kmsIn(emulator, region).send(new DeriveSharedSecretCommand(request))).SharedSecret;
      }),
    );
    expect(secrets[0]).toHaveLength(48);
    expect(secrets[0]).toEqual(secrets[1]);
  });
});
