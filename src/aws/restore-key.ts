import type { KeyPlace } from '../facts/kms-answers.js';
import type { KmsClients } from './kms-clients.js';

/**
 * Cancels the deletion of a key and enables it: KMS gives such a key back disabled.
 * @throws the SDK's error of the call that failed
 */
export async function restoreKey({ region, keyId }: KeyPlace, { kms, in: pick }: KmsClients): Promise<void> {
  await pick(region).send(new kms.CancelKeyDeletionCommand({ KeyId: keyId }));
  await pick(region).send(new kms.EnableKeyCommand({ KeyId: keyId }));
}
