import type { KeyMetadata } from '@aws-sdk/client-kms';
import { ActionError } from '../errors.js';
import { httpStatusOf } from './answer.js';
import type { RefusedCall } from './denial.js';
import { isDenied, sayKmsError, type KmsClients } from './kms-clients.js';

/** What KMS answers when it is asked for one key. */
export type KeyLookup =
  | { readonly is: 'found'; readonly key: FoundKey }
  | { readonly is: 'not-found' }
  /** The Region takes none of this account's credentials: it is not enabled. */
  | {
      readonly is: 'region-disabled';
      readonly because: string;
      readonly mayPass: false;
      readonly refused?: undefined;
    }
  | {
      readonly is: 'unknown';
      readonly because: string;
      readonly mayPass: boolean;
      /** The call, where a policy refused it. */
      readonly refused?: RefusedCall | undefined;
    };

export interface FoundKey {
  readonly keyId: string;
  readonly arn: string;
  /** KMS's own word, e.g. `Enabled`, `PendingDeletion`. */
  readonly state: string;
  /** Milliseconds since the epoch, by AWS's clock; undefined where it is not known. */
  readonly createdAt: number | undefined;
  /** ISO 8601; for a key that is pending deletion. */
  readonly deletionDate: string | undefined;
  readonly role: 'PRIMARY' | 'REPLICA' | undefined;
  /** The ARN of the primary of this multi-Region key; undefined for any other key, and where it is not known. */
  readonly primaryArn: string | undefined;
  /** Of the replicas of this multi-Region key, also of those that are going to be deleted; empty where not known. */
  readonly replicaRegions: readonly string[];
  /** What KMS fixes when a key is made, in its own words; undefined where it is not known. */
  readonly made:
    | {
        readonly spec: string | undefined;
        readonly usage: string | undefined;
        /** Where the key material is from: `AWS_KMS`, `EXTERNAL`, … */
        readonly origin: string | undefined;
        /** `CUSTOMER`, or `AWS` for a key that a service of AWS's made in the account. */
        readonly manager: string | undefined;
      }
    | undefined;
}

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

/** Whether KMS waits to delete a key in this state; a primary waits for its replicas first. */
export function isPendingDeletion(state: string): boolean {
  return state === 'PendingDeletion' || state === 'PendingReplicaDeletion';
}
