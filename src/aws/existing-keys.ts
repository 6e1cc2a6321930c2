import type { KeyMetadata, KMSClient } from '@aws-sdk/client-kms';
import type { AwsSession } from './credentials.js';

/** Where a key may be. */
export interface KeyPlace {
  readonly region: string;
  /** `mrk-…`. */
  readonly keyId: string;
}

/** A key as KMS describes it. */
export interface ExistingKey extends KeyPlace {
  readonly isPending: boolean;
  /** ISO 8601; undefined where it is not pending, or waits for its replicas first. */
  readonly deletionDate: string | undefined;
  /** The ARN of the primary that it is a replica of; undefined for anything but a replica. */
  readonly replicaOf: string | undefined;
  /** Whether the alias that was asked about points to this key in its Region. */
  readonly hasAlias: boolean;
}

type Kms = typeof import('@aws-sdk/client-kms');
type Session = Pick<AwsSession, 'provider'>;

/**
 * Looks for keys, all at once.
 * @param alias with `alias/`
 * @returns those that there are, in the order of the places
 * @throws the SDK's error when KMS does not say whether there is one
 */
export async function findKeys(
  places: readonly KeyPlace[],
  alias: string,
  session: Session,
): Promise<ExistingKey[]> {
  const kms = await import('@aws-sdk/client-kms');
  const found = await Promise.all(
    places.map((place) => inRegion(place.region, session, kms, (client) => look(place, alias, client, kms))),
  );
  return found.filter((key) => key !== undefined);
}

async function look(
  { region, keyId }: KeyPlace,
  alias: string,
  client: KMSClient,
  kms: Kms,
): Promise<ExistingKey | undefined> {
  const key = await describe(keyId, client, kms);
  if (key === undefined) return undefined;
  const named = await describe(alias, client, kms);
  return {
    region,
    keyId,
    isPending: key.KeyState === 'PendingDeletion' || key.KeyState === 'PendingReplicaDeletion',
    deletionDate: key.DeletionDate?.toISOString(),
    replicaOf:
      key.MultiRegionConfiguration?.MultiRegionKeyType === 'REPLICA'
        ? key.MultiRegionConfiguration.PrimaryKey?.Arn
        : undefined,
    hasAlias: named?.KeyId === keyId,
  };
}

async function describe(KeyId: string, client: KMSClient, kms: Kms): Promise<KeyMetadata | undefined> {
  try {
    return (await client.send(new kms.DescribeKeyCommand({ KeyId }))).KeyMetadata;
  } catch (thrown) {
    if (thrown instanceof kms.NotFoundException) return undefined;
    throw thrown;
  }
}

/**
 * Cancels the deletion of a key and enables it: KMS gives such a key back disabled.
 * @throws the SDK's error of the call that failed
 */
export async function restoreKey({ region, keyId }: KeyPlace, session: Session): Promise<void> {
  const kms = await import('@aws-sdk/client-kms');
  await inRegion(region, session, kms, async (client) => {
    await client.send(new kms.CancelKeyDeletionCommand({ KeyId: keyId }));
    await client.send(new kms.EnableKeyCommand({ KeyId: keyId }));
  });
}

async function inRegion<T>(
  region: string,
  { provider }: Session,
  kms: Kms,
  work: (client: KMSClient) => Promise<T>,
): Promise<T> {
  const client = new kms.KMSClient({ region, credentials: provider });
  try {
    return await work(client);
  } finally {
    client.destroy();
  }
}
