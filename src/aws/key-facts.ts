import { ActionError, messageOf } from '../errors.js';
import { adviseOnRefusals } from '../facts/denial.js';
import type { ExistingKey, KeyFacts, KeyQuestions } from '../facts/key-facts.js';
import { type FoundKey, isPendingDeletion, type KeyPlace } from '../facts/kms-answers.js';
import { lookUpAlias, lookUpKey } from './key-lookup.js';
import type { KmsClients } from './kms-clients.js';
import { askLastUse } from './last-usage.js';

/**
 * Asks KMS all that a plan is judged by, at once; nothing for a plan that makes and deletes no key. What KMS does not say is
 * among the answers.
 */
export async function askKeyFacts(
  { existing, alias: named, creations, deletions }: KeyQuestions,
  clients: KmsClients,
): Promise<KeyFacts> {
  const [found, lookups, lastUse] = await Promise.all([
    findKeys(existing, named, clients).catch((thrown: unknown) => ({ unknown: messageOf(thrown) })),
    Promise.all(
      // Where no alias is to be made, any name does: the question is then whether the Region answers.
      creations.map(({ region, alias = 'alias/none' }) => lookUpAlias(clients, region, alias)),
    ),
    askLastUse(deletions, clients),
  ]);
  return { existing: found, creations: lookups, lastUse };
}

/**
 * Looks for keys, all at once.
 * @param alias with `alias/`
 * @returns those that there are, in the order of the places
 * @throws ActionError when KMS does not say whether there is one
 */
export async function findKeys(
  places: readonly KeyPlace[],
  alias: string,
  clients: KmsClients,
): Promise<ExistingKey[]> {
  return (await Promise.all(places.map((place) => findKey(place, alias, clients)))).flat();
}

async function findKey(
  { region, keyId }: KeyPlace,
  alias: string,
  clients: KmsClients,
): Promise<ExistingKey[]> {
  const key = await mustSee(clients, region, keyId);
  if (key === undefined) return [];
  const named = await mustSee(clients, region, alias);
  return [
    {
      region,
      keyId,
      isPending: isPendingDeletion(key.state),
      deletionDate: key.deletionDate,
      replicaOf: key.role === 'REPLICA' ? key.primaryArn : undefined,
      hasAlias: named?.keyId === keyId,
    },
  ];
}

async function mustSee(clients: KmsClients, region: string, name: string): Promise<FoundKey | undefined> {
  const lookup = await lookUpKey(clients, region, name);
  if (lookup.is === 'found') return lookup.key;
  if (lookup.is === 'not-found') return undefined;
  const { because, refused } = lookup;
  throw new ActionError({
    what: `KMS does not say whether ${name} is there in ${region}: ${because}.`,
    done: 'Nothing was changed.',
    next: refused === undefined ? 'Run the job again.' : adviseOnRefusals([refused]),
  });
}
