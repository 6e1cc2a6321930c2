import { randomBytes } from 'node:crypto';
import { AwsError } from '../error.js';
import { seal } from './ciphertext.js';
import { base64 } from './encryption.js';
import { boolean, map, readInput, required } from './input.js';
import { generatePairOf } from './material.js';
import * as shapes from './shapes.js';
import { endDryRun, findUsable, requireAlgorithm } from './usage.js';
import type { KmsCall, KmsOutput, KmsWorld, Operation } from './world.js';

const generateDataKey =
  (withPlaintext: boolean): Operation =>
  (world, call) => {
    const input = readInput(call.body, {
      KeyId: required(shapes.keyId),
      EncryptionContext: map(),
      NumberOfBytes: shapes.numberOfBytes,
      KeySpec: shapes.dataKeySpec,
      DryRun: boolean(),
    });
    const key = findUsable(world, call, { keyId: input.KeyId, usage: 'ENCRYPT_DECRYPT' });
    requireAlgorithm(key, 'SYMMETRIC_DEFAULT');
    const plaintext = randomBytes(dataKeyBytes(input.KeySpec, input.NumberOfBytes));
    endDryRun(input.DryRun);
    return {
      CiphertextBlob: base64(seal(key.family, plaintext, input.EncryptionContext ?? {})),
      ...(withPlaintext ? { Plaintext: base64(plaintext) } : {}),
      KeyId: key.arn,
      KeyMaterialId: key.family.materials.at(-1)?.id,
    };
  };

function dataKeyBytes(spec: string | undefined, bytes: number | undefined): number {
  if ((spec === undefined) === (bytes === undefined))
    throw new AwsError('ValidationException', 'Please specify either number of bytes or key spec.');
  return bytes ?? (spec === 'AES_128' ? 16 : 32);
}

const generateDataKeyPair =
  (withPlaintext: boolean): Operation =>
  (world, call) =>
    makeDataKeyPair(world, call, withPlaintext);

async function makeDataKeyPair(world: KmsWorld, call: KmsCall, withPlaintext: boolean): Promise<KmsOutput> {
  const input = readInput(call.body, {
    KeyId: required(shapes.keyId),
    KeyPairSpec: required(shapes.dataKeyPairSpec),
    EncryptionContext: map(),
    DryRun: boolean(),
  });
  const key = findUsable(world, call, { keyId: input.KeyId, usage: 'ENCRYPT_DECRYPT' });
  requireAlgorithm(key, 'SYMMETRIC_DEFAULT');
  if (!/^(RSA|ECC_NIST_P|ECC_SECG)/.test(input.KeyPairSpec))
    throw new AwsError(
      'UnsupportedOperationException',
      `The emulator has no cryptography for ${input.KeyPairSpec}.`,
    );
  endDryRun(input.DryRun);
  const pair = await generatePairOf(input.KeyPairSpec);
  const privateKey = pair.privateKey.export({ type: 'pkcs8', format: 'der' });
  return {
    PrivateKeyCiphertextBlob: base64(seal(key.family, privateKey, input.EncryptionContext ?? {})),
    ...(withPlaintext ? { PrivateKeyPlaintext: base64(privateKey) } : {}),
    PublicKey: base64(pair.publicKey.export({ type: 'spki', format: 'der' })),
    KeyId: key.arn,
    KeyPairSpec: input.KeyPairSpec,
    KeyMaterialId: key.family.materials.at(-1)?.id,
  };
}

export const dataKeyOperations: Readonly<Record<string, Operation>> = {
  GenerateDataKey: generateDataKey(true),
  GenerateDataKeyWithoutPlaintext: generateDataKey(false),
  GenerateDataKeyPair: generateDataKeyPair(true),
  GenerateDataKeyPairWithoutPlaintext: generateDataKeyPair(false),
};
