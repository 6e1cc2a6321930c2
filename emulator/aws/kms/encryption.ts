import { constants, privateDecrypt, publicEncrypt, randomBytes } from 'node:crypto';
import { valuesOf, type ConditionValues } from '../condition-values.js';
import { AwsError } from '../error.js';
import { open, readEnvelope, seal, type Envelope } from './ciphertext.js';
import { boolean, map, readInput, required } from './input.js';
import { keyIdOf } from './lookup.js';
import type { Key } from './model.js';
import * as shapes from './shapes.js';
import { endDryRun, findUsable, pairOf, requireAlgorithm, type UseRequest } from './usage.js';
import type { KmsCall, KmsOutput, KmsWorld, Operation } from './world.js';

type Context = Readonly<Record<string, string>>;

/** How something is, or was, encrypted. */
interface Scheme {
  readonly algorithm: string;
  readonly context: Context | undefined;
}

const encrypt: Operation = (world, call) => {
  const input = readInput(call.body, {
    KeyId: required(shapes.keyId),
    Plaintext: required(shapes.plaintext),
    EncryptionContext: map(),
    EncryptionAlgorithm: shapes.encryptionAlgorithm,
    DryRun: boolean(),
  });
  const key = findUsable(world, call, { keyId: input.KeyId, usage: 'ENCRYPT_DECRYPT' });
  const scheme = readScheme(key, input.EncryptionAlgorithm, input.EncryptionContext);
  endDryRun(input.DryRun);
  const ciphertext = encryptWith(key, input.Plaintext, scheme);
  return { CiphertextBlob: base64(ciphertext), KeyId: key.arn, EncryptionAlgorithm: scheme.algorithm };
};

const decrypt: Operation = (world, call) => {
  const input = readInput(call.body, {
    CiphertextBlob: required(shapes.ciphertext),
    EncryptionContext: map(),
    KeyId: shapes.keyId,
    EncryptionAlgorithm: shapes.encryptionAlgorithm,
    DryRun: boolean(),
  });
  const opened = decryptWith(world, call, {
    blob: input.CiphertextBlob,
    keyId: input.KeyId,
    algorithm: input.EncryptionAlgorithm,
    context: input.EncryptionContext,
    permission: 'Decrypt',
  });
  endDryRun(input.DryRun);
  return {
    KeyId: opened.key.arn,
    Plaintext: base64(opened.plaintext),
    EncryptionAlgorithm: opened.algorithm,
    ...(opened.materialId === undefined ? {} : { KeyMaterialId: opened.materialId }),
  };
};

const reEncrypt: Operation = (world, call) => {
  const input = readInput(call.body, {
    CiphertextBlob: required(shapes.ciphertext),
    SourceEncryptionContext: map(),
    SourceKeyId: shapes.keyId,
    SourceEncryptionAlgorithm: shapes.encryptionAlgorithm,
    DestinationKeyId: required(shapes.keyId),
    DestinationEncryptionContext: map(),
    DestinationEncryptionAlgorithm: shapes.encryptionAlgorithm,
    DryRun: boolean(),
  });
  const values = onSameKey(world, call, input);
  const opened = decryptWith(world, call, {
    blob: input.CiphertextBlob,
    keyId: input.SourceKeyId,
    algorithm: input.SourceEncryptionAlgorithm,
    context: input.SourceEncryptionContext,
    permission: 'ReEncryptFrom',
    values,
  });
  const target = findUsable(world, call, {
    keyId: input.DestinationKeyId,
    usage: 'ENCRYPT_DECRYPT',
    permission: 'ReEncryptTo',
    values,
  });
  const scheme = readScheme(target, input.DestinationEncryptionAlgorithm, input.DestinationEncryptionContext);
  endDryRun(input.DryRun);
  return {
    CiphertextBlob: base64(encryptWith(target, opened.plaintext, scheme)),
    SourceKeyId: opened.key.arn,
    KeyId: target.arn,
    SourceEncryptionAlgorithm: opened.algorithm,
    DestinationEncryptionAlgorithm: scheme.algorithm,
    ...(opened.materialId === undefined ? {} : { SourceKeyMaterialId: opened.materialId }),
    ...(scheme.algorithm === 'SYMMETRIC_DEFAULT'
      ? { DestinationKeyMaterialId: target.family.materials.at(-1)?.id }
      : {}),
  };
};

/** The value of `kms:ReEncryptOnSameKey`. */
function onSameKey(
  world: KmsWorld,
  call: KmsCall,
  input: { CiphertextBlob: Buffer; SourceKeyId: string | undefined; DestinationKeyId: string },
): ConditionValues {
  const source =
    input.SourceKeyId === undefined
      ? readEnvelope(input.CiphertextBlob)?.keyId
      : keyIdOf(world, call, input.SourceKeyId);
  const same = source !== undefined && source === keyIdOf(world, call, input.DestinationKeyId);
  return valuesOf({ 'kms:ReEncryptOnSameKey': same });
}

const generateRandom: Operation = (_world, call) => {
  const input = readInput(call.body, { NumberOfBytes: required(shapes.numberOfBytes) });
  return { Plaintext: base64(randomBytes(input.NumberOfBytes)) };
};

/** A key's only algorithm need not be said when the key is symmetric. */
function readScheme(key: Key, algorithm = 'SYMMETRIC_DEFAULT', context?: Context): Scheme {
  requireAlgorithm(key, algorithm);
  if (algorithm !== 'SYMMETRIC_DEFAULT' && context !== undefined && Object.keys(context).length > 0)
    throw new AwsError(
      'ValidationException',
      'EncryptionContext is not supported for asymmetric encryption algorithms.',
    );
  return { algorithm, context };
}

function encryptWith(key: Key, plaintext: Buffer, scheme: Scheme): Buffer {
  if (scheme.algorithm === 'SYMMETRIC_DEFAULT') return seal(key.family, plaintext, scheme.context ?? {});
  const hash = oaepHash(scheme.algorithm);
  // k - 2·hLen - 2 (RFC 8017, 7.1.1).
  const most = Number(key.family.spec.slice('RSA_'.length)) / 8 - 2 * (hash === 'sha1' ? 20 : 32) - 2;
  if (plaintext.length > most)
    throw new AwsError(
      'ValidationException',
      `Algorithm ${scheme.algorithm} and key spec ${key.family.spec} cannot encrypt data larger than ${most} bytes.`,
    );
  return publicEncrypt(
    { key: pairOf(key).publicKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: hash },
    plaintext,
  );
}

interface DecryptRequest {
  readonly blob: Buffer;
  readonly keyId: string | undefined;
  readonly algorithm: string | undefined;
  readonly context: Context | undefined;
  readonly permission: string;
  readonly values?: ConditionValues;
}

interface Opened {
  readonly key: Key;
  readonly plaintext: Buffer;
  readonly algorithm: string;
  readonly materialId: string | undefined;
}

function decryptWith(world: KmsWorld, call: KmsCall, request: DecryptRequest): Opened {
  if ((request.algorithm ?? 'SYMMETRIC_DEFAULT') !== 'SYMMETRIC_DEFAULT')
    return decryptAsymmetric(world, call, request);
  const envelope = readEnvelope(request.blob);
  if (envelope === undefined) throw new AwsError('InvalidCiphertextException', '');
  const key = findKeyOf(world, call, { ...request, envelope });
  requireAlgorithm(key, 'SYMMETRIC_DEFAULT');
  const plaintext = open(key.family, envelope, request.context ?? {});
  if (plaintext === undefined) throw new AwsError('InvalidCiphertextException', '');
  return { key, plaintext, algorithm: 'SYMMETRIC_DEFAULT', materialId: envelope.materialId };
}

/** The key that a symmetric ciphertext was made with, in this Region; a key id in the request must name the same. */
function findKeyOf(world: KmsWorld, call: KmsCall, request: DecryptRequest & { envelope: Envelope }): Key {
  const { permission, values = {} } = request;
  const use = { usage: 'ENCRYPT_DECRYPT', permission, values } as const;
  if (request.keyId !== undefined) {
    const key = findForDecryption(world, call, { ...use, keyId: request.keyId });
    if (key.family.id === request.envelope.keyId) return key;
    throw incorrectKey();
  }
  const key = world.store.findById(call.region, request.envelope.keyId);
  if (key === undefined)
    throw new AwsError(
      'AccessDeniedException',
      'The ciphertext refers to a customer master key that does not exist, does not exist in this region, or you are not allowed to access.',
    );
  return findUsable(world, call, { ...use, keyId: key.arn });
}

/** A key of another usage can't have made the ciphertext (Decrypt's and ReEncrypt's API pages). */
function findForDecryption(world: KmsWorld, call: KmsCall, request: UseRequest): Key {
  try {
    return findUsable(world, call, request);
  } catch (thrown: unknown) {
    if (thrown instanceof AwsError && thrown.code === 'InvalidKeyUsageException') throw incorrectKey();
    throw thrown;
  }
}

function incorrectKey(): AwsError {
  return new AwsError(
    'IncorrectKeyException',
    'The key ID in the request does not identify a CMK that can perform this operation.',
  );
}

function decryptAsymmetric(world: KmsWorld, call: KmsCall, request: DecryptRequest): Opened {
  const algorithm = request.algorithm ?? '';
  if (request.keyId === undefined)
    throw new AwsError(
      'ValidationException',
      'KeyId is required when using an asymmetric encryption algorithm.',
    );
  const key = findForDecryption(world, call, {
    keyId: request.keyId,
    usage: 'ENCRYPT_DECRYPT',
    permission: request.permission,
    values: request.values ?? {},
  });
  requireAlgorithm(key, algorithm);
  try {
    const plaintext = privateDecrypt(
      {
        key: pairOf(key).privateKey,
        padding: constants.RSA_PKCS1_OAEP_PADDING,
        oaepHash: oaepHash(algorithm),
      },
      request.blob,
    );
    return { key, plaintext, algorithm, materialId: undefined };
  } catch {
    throw new AwsError('InvalidCiphertextException', '');
  }
}

function oaepHash(algorithm: string): 'sha1' | 'sha256' {
  return algorithm === 'RSAES_OAEP_SHA_1' ? 'sha1' : 'sha256';
}

export function base64(bytes: Buffer): KmsOutput[string] {
  return bytes.toString('base64');
}

export const encryptionOperations: Readonly<Record<string, Operation>> = {
  Encrypt: encrypt,
  Decrypt: decrypt,
  ReEncrypt: reEncrypt,
  GenerateRandom: generateRandom,
};
