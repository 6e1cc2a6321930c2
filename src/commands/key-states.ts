import type { KmsClients } from '../aws/kms-clients.js';
import { lookUpKeys } from '../aws/key-lookup.js';
import type { KeyStateNote } from '../report/types.js';
import type { KeyPlace } from '../facts/kms-answers.js';

/** The keys that are there and not simply enabled; the day on which one is deleted, where KMS names one. */
export async function lookUpStates(keys: readonly KeyPlace[], clients: KmsClients): Promise<KeyStateNote[]> {
  return (await lookUpKeys(keys, clients)).flatMap(({ region, keyId, lookup }) => {
    if (lookup.is !== 'found' || lookup.key.state === 'Enabled') return [];
    const { state, deletionDate } = lookup.key;
    return [{ region, keyId, state, deletionDate: deletionDate?.slice(0, 10) }];
  });
}
