import type { AwsSession } from '../aws/credentials.js';
import { withKms } from '../aws/kms-clients.js';
import { lookUpKey } from '../aws/key-lookup.js';
import type { KeyStateNote } from '../report/types.js';
import type { KeyLookup, KeyPlace } from '../facts/kms-answers.js';

type Session = Pick<AwsSession, 'provider'>;

/** Describes each key, all at once; what KMS does not say of one is in its own answer. */
export async function lookUpKeys(
  keys: readonly KeyPlace[],
  session: Session,
): Promise<(KeyPlace & { lookup: KeyLookup })[]> {
  const regions = keys.map(({ region }) => region);
  return withKms(regions, session, (clients) =>
    Promise.all(
      keys.map(async (key) => ({ ...key, lookup: await lookUpKey(clients, key.region, key.keyId) })),
    ),
  );
}

/** The keys that are there and not simply enabled; the day on which one is deleted, where KMS names one. */
export async function lookUpStates(keys: readonly KeyPlace[], session: Session): Promise<KeyStateNote[]> {
  if (keys.length === 0) return [];
  return (await lookUpKeys(keys, session)).flatMap(({ region, keyId, lookup }) => {
    if (lookup.is !== 'found' || lookup.key.state === 'Enabled') return [];
    const { state, deletionDate } = lookup.key;
    return [{ region, keyId, state, deletionDate: deletionDate?.slice(0, 10) }];
  });
}
