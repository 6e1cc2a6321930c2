import type { KeyMetadata } from '@aws-sdk/client-kms';
import { ActionError } from '../errors.js';
import { httpStatusOf } from './answer.js';
import { isDenied, sayKmsError, type KmsClients } from './kms-clients.js';
import type { FoundKey, KeyLookup, KeyPlace } from '../facts/kms-answers.js';

/** KMS, STS and S3 say so of credentials that are not known in the Region (kms.md: also while it is being enabled). */
const CLOSED = /^(UnrecognizedClient|InvalidClientTokenId|OptInRequired)/;

/** @param name a key's id or ARN, or an alias with `alias/` */
export async function lookUpKey(clients: KmsClients, region: string, name: string): Promise<KeyLookup> {
  try {
    const command = new clients.kms.DescribeKeyCommand({ KeyId: name });
    const { KeyMetadata } = await clients.in(region).send(command);
    return KeyMetadata === undefined ? { is: 'not-found' } : { is: 'found', key: readKey(KeyMetadata) };
  } catch (thrown) {
    return explainLookup(thrown);
  }
}

/** Describes each key, all at once; what KMS does not say of one is in its own answer. */
export function lookUpKeys(
  keys: readonly KeyPlace[],
  clients: KmsClients,
): Promise<(KeyPlace & { lookup: KeyLookup })[]> {
  return Promise.all(
    keys.map(async (key) => ({ ...key, lookup: await lookUpKey(clients, key.region, key.keyId) })),
  );
}

/** Whether the alias is there, for who may not see the key that it points to. */
export async function lookUpAlias(clients: KmsClients, region: string, alias: string): Promise<KeyLookup> {
  const lookup = await lookUpKey(clients, region, alias);
  if (lookup.is !== 'unknown') return lookup;
  try {
    const pages = clients.kms.paginateListAliases({ client: clients.in(region) }, {});
    for await (const { Aliases = [] } of pages) {
      const found = Aliases.find(({ AliasName }) => AliasName === alias);
      if (found === undefined) continue;
      const [keyId, arn] = [found.TargetKeyId ?? 'unknown', found.AliasArn ?? alias];
      return { is: 'found', key: { keyId, arn, ...UNSEEN } };
    }
    return { is: 'not-found' };
  } catch (thrown) {
    return explainLookup(thrown);
  }
}

/** What a list of aliases does not say of a key. */
const UNSEEN = {
  state: 'unknown',
  createdAt: undefined,
  deletionDate: undefined,
  role: undefined,
  primaryArn: undefined,
  replicaRegions: [],
  made: undefined,
} as const;

function explainLookup(thrown: unknown): KeyLookup {
  const name = thrown instanceof Error ? thrown.name : '';
  if (name === 'NotFoundException') return { is: 'not-found' };
  if (CLOSED.test(name))
    return { is: 'region-disabled', because: 'the Region does not take these credentials', mayPass: false };
  const because = sayKmsError(thrown);
  if (isDenied(thrown)) return { is: 'unknown', because, mayPass: false, refused: thrown.refused };
  return { is: 'unknown', because, mayPass: mayPass(thrown) };
}

/** No answer at all, a server's error, or too many calls: asking again may help. */
export function mayPass(thrown: unknown): boolean {
  if (thrown instanceof ActionError) return false;
  const name = thrown instanceof Error ? thrown.name : '';
  const status = httpStatusOf(thrown);
  if (/Throttl|TooManyRequests|RequestLimitExceeded/.test(name)) return true;
  return status === undefined || status === 429 || status >= 500;
}

function readKey(key: KeyMetadata): FoundKey {
  return {
    keyId: key.KeyId ?? 'unknown',
    arn: key.Arn ?? 'unknown',
    state: key.KeyState ?? 'unknown',
    createdAt: key.CreationDate?.getTime(),
    deletionDate: key.DeletionDate?.toISOString(),
    role: key.MultiRegionConfiguration?.MultiRegionKeyType,
    primaryArn: key.MultiRegionConfiguration?.PrimaryKey?.Arn,
    replicaRegions: (key.MultiRegionConfiguration?.ReplicaKeys ?? []).flatMap(({ Region }) => Region ?? []),
    made: { spec: key.KeySpec, usage: key.KeyUsage, origin: key.Origin, manager: key.KeyManager },
  };
}
