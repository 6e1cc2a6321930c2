import type { ConditionValues } from '../condition-values.js';
import { AwsError } from '../error.js';
import { findKey, REFUSED } from './lookup.js';
import type { KeyPair } from './material.js';
import type { Key } from './model.js';
import { factsOf, type KeyUsage } from './specs.js';
import type { KmsCall, KmsWorld } from './world.js';

/** A key that is about to be used for cryptography. */
export interface UseRequest {
  readonly keyId: string;
  readonly usage: KeyUsage;
  /** The permission that is needed when it is not the operation's own name. */
  readonly permission?: string;
  /** Values of condition keys that the request alone does not give. */
  readonly values?: ConditionValues;
}

/**
 * Finds a key and checks that it may be used, now and for this.
 * @throws AwsError what findKey throws, and InvalidKeyUsageException
 */
export function findUsable(world: KmsWorld, call: KmsCall, request: UseRequest): Key {
  refuseRecipient(call);
  const key = findKey(world, call, { ...request, aliases: true, refuses: REFUSED.use });
  if (key.family.usage !== request.usage)
    throw new AwsError(
      'InvalidKeyUsageException',
      `${key.arn} key usage is ${key.family.usage} which is not valid for ${call.action}.`,
    );
  return key;
}

/** The algorithms that a key of this spec has for what it is used for. @throws AwsError InvalidKeyUsageException */
export function requireAlgorithm(key: Key, algorithm: string): void {
  const { encryption, signing, mac, agreement } = factsOf(key.family.spec);
  if (![...encryption, ...signing, ...mac, ...agreement].includes(algorithm))
    throw new AwsError(
      'InvalidKeyUsageException',
      `Algorithm ${algorithm} is incompatible with key spec ${key.family.spec}.`,
    );
}

/**
 * To be called when all checks are done and nothing has been yet.
 * @throws AwsError DryRunOperationException when the request asks for no more than the checks
 */
export function endDryRun(dryRun: boolean | undefined): void {
  if (dryRun === true)
    throw new AwsError(
      'DryRunOperationException',
      'The request would have succeeded, but the DryRun option is set.',
    );
}

/** The pair of an asymmetric key. */
export function pairOf(key: Key): KeyPair {
  const material = key.family.materials.at(-1);
  if (material?.kind !== 'pair') throw new Error(`Key ${key.arn} has no pair.`);
  return material;
}

/** The secret of an HMAC key. */
export function secretOf(key: Key): Buffer {
  const material = key.family.materials.at(-1);
  if (material?.kind !== 'secret') throw new Error(`Key ${key.arn} has no secret.`);
  return material.secret;
}

/** Answering to an enclave means encrypting for it; an emulator that left that out would hand out plaintext. */
function refuseRecipient(call: KmsCall): void {
  if (call.body['Recipient'] !== undefined)
    throw new AwsError('UnsupportedOperationException', 'The emulator does not answer to attested enclaves.');
}
