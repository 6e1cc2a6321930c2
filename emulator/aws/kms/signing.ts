import { createHmac, createPublicKey, diffieHellman, timingSafeEqual, type KeyObject } from 'node:crypto';
import { AwsError } from '../error.js';
import { digestBytes, hashMessage, signDigest, verifyDigest } from './digest-signature.js';
import { base64 } from './encryption.js';
import { boolean, readInput, required } from './input.js';
import { findKey, REFUSED } from './lookup.js';
import { factsOf } from './specs.js';
import * as shapes from './shapes.js';
import { endDryRun, findUsable, pairOf, requireAlgorithm, secretOf } from './usage.js';
import type { Operation } from './world.js';

const sign: Operation = (world, call) => {
  const input = readInput(call.body, {
    KeyId: required(shapes.keyId),
    Message: required(shapes.plaintext),
    MessageType: shapes.messageType,
    SigningAlgorithm: required(shapes.signingAlgorithm),
    DryRun: boolean(),
  });
  const key = findUsable(world, call, { keyId: input.KeyId, usage: 'SIGN_VERIFY' });
  requireAlgorithm(key, input.SigningAlgorithm);
  const digest = digestOf(input.Message, input.SigningAlgorithm, input.MessageType);
  endDryRun(input.DryRun);
  const signature = signDigest(pairOf(key), input.SigningAlgorithm, digest);
  return { KeyId: key.arn, Signature: base64(signature), SigningAlgorithm: input.SigningAlgorithm };
};

const verify: Operation = (world, call) => {
  const input = readInput(call.body, {
    KeyId: required(shapes.keyId),
    Message: required(shapes.plaintext),
    MessageType: shapes.messageType,
    Signature: required(shapes.ciphertext),
    SigningAlgorithm: required(shapes.signingAlgorithm),
    DryRun: boolean(),
  });
  const key = findUsable(world, call, { keyId: input.KeyId, usage: 'SIGN_VERIFY' });
  requireAlgorithm(key, input.SigningAlgorithm);
  const digest = digestOf(input.Message, input.SigningAlgorithm, input.MessageType);
  endDryRun(input.DryRun);
  const signature = { algorithm: input.SigningAlgorithm, digest, value: input.Signature };
  if (!verifyDigest(pairOf(key), signature)) throw new AwsError('KMSInvalidSignatureException', '');
  return { KeyId: key.arn, SignatureValid: true, SigningAlgorithm: input.SigningAlgorithm };
};

function digestOf(message: Buffer, algorithm: string, type = 'RAW'): Buffer {
  if (type === 'RAW') return hashMessage(algorithm, message);
  if (type !== 'DIGEST' || message.length !== digestBytes(algorithm))
    throw new AwsError('ValidationException', `Digest is invalid length for algorithm ${algorithm}.`);
  return message;
}

const getPublicKey: Operation = (world, call) => {
  const input = readInput(call.body, { KeyId: required(shapes.keyId) });
  const key = findKey(world, call, { keyId: input.KeyId, aliases: true, refuses: REFUSED.use });
  const { family } = key;
  const facts = factsOf(family.spec);
  if (facts.family !== 'rsa' && facts.family !== 'ecc')
    throw new AwsError(
      'UnsupportedOperationException',
      `${key.arn} key spec is ${family.spec} which is not valid for ${call.action}.`,
    );
  return {
    KeyId: key.arn,
    PublicKey: base64(pairOf(key).publicKey.export({ type: 'spki', format: 'der' })),
    CustomerMasterKeySpec: family.spec,
    KeySpec: family.spec,
    KeyUsage: family.usage,
    ...(family.usage === 'ENCRYPT_DECRYPT' ? { EncryptionAlgorithms: facts.encryption } : {}),
    ...(family.usage === 'SIGN_VERIFY' ? { SigningAlgorithms: facts.signing } : {}),
    ...(family.usage === 'KEY_AGREEMENT' ? { KeyAgreementAlgorithms: facts.agreement } : {}),
  };
};

const generateMac: Operation = (world, call) => {
  const input = readInput(call.body, {
    KeyId: required(shapes.keyId),
    Message: required(shapes.plaintext),
    MacAlgorithm: required(shapes.macAlgorithm),
    DryRun: boolean(),
  });
  const key = findUsable(world, call, { keyId: input.KeyId, usage: 'GENERATE_VERIFY_MAC' });
  requireAlgorithm(key, input.MacAlgorithm);
  endDryRun(input.DryRun);
  const mac = macOf(secretOf(key), input.MacAlgorithm, input.Message);
  return { KeyId: key.arn, Mac: base64(mac), MacAlgorithm: input.MacAlgorithm };
};

const verifyMac: Operation = (world, call) => {
  const input = readInput(call.body, {
    KeyId: required(shapes.keyId),
    Message: required(shapes.plaintext),
    MacAlgorithm: required(shapes.macAlgorithm),
    Mac: required(shapes.ciphertext),
    DryRun: boolean(),
  });
  const key = findUsable(world, call, { keyId: input.KeyId, usage: 'GENERATE_VERIFY_MAC' });
  requireAlgorithm(key, input.MacAlgorithm);
  endDryRun(input.DryRun);
  const expected = macOf(secretOf(key), input.MacAlgorithm, input.Message);
  if (expected.length !== input.Mac.length || !timingSafeEqual(expected, input.Mac))
    throw new AwsError('KMSInvalidMacException', '');
  return { KeyId: key.arn, MacValid: true, MacAlgorithm: input.MacAlgorithm };
};

function macOf(secret: Buffer, algorithm: string, message: Buffer): Buffer {
  return createHmac(`sha${algorithm.slice('HMAC_SHA_'.length)}`, secret)
    .update(message)
    .digest();
}

const deriveSharedSecret: Operation = (world, call) => {
  const input = readInput(call.body, {
    KeyId: required(shapes.keyId),
    KeyAgreementAlgorithm: required(shapes.agreementAlgorithm),
    PublicKey: required(shapes.publicKey),
    DryRun: boolean(),
  });
  const key = findUsable(world, call, { keyId: input.KeyId, usage: 'KEY_AGREEMENT' });
  endDryRun(input.DryRun);
  const pair = pairOf(key);
  const publicKey = readPublicKey(input.PublicKey, pair.publicKey);
  return {
    KeyId: key.arn,
    SharedSecret: base64(diffieHellman({ privateKey: pair.privateKey, publicKey })),
    KeyAgreementAlgorithm: input.KeyAgreementAlgorithm,
    KeyOrigin: 'AWS_KMS',
  };
};

/** A peer's key in DER-encoded X.509 form, on the same curve. */
function readPublicKey(der: Buffer, own: KeyObject): KeyObject {
  try {
    const key = createPublicKey({ key: der, format: 'der', type: 'spki' });
    if (key.asymmetricKeyDetails?.namedCurve === own.asymmetricKeyDetails?.namedCurve) return key;
  } catch {
    // Falls through to the same answer as a key on another curve.
  }
  throw new AwsError('ValidationException', 'The public key is not a valid key on the curve of the KMS key.');
}

export const signingOperations: Readonly<Record<string, Operation>> = {
  Sign: sign,
  Verify: verify,
  GetPublicKey: getPublicKey,
  GenerateMac: generateMac,
  VerifyMac: verifyMac,
  DeriveSharedSecret: deriveSharedSecret,
};
