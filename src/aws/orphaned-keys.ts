import type { KMSClient, KeyMetadata } from '@aws-sdk/client-kms';
import type { Kms, KmsClients } from './kms-clients.js';

/** What a key that was made by this run, and whose id never reached the run, must look like. */
export interface OrphanedKeySearch {
  readonly clients: KmsClients;
  /** The primary Region: only CreateKey can lose a key for good. */
  readonly region: string;
  readonly description: string;
  readonly keySpec: string;
  readonly keyUsage: string;
  /** The planned key policy as JSON. */
  readonly policy: string;
  /** Whether two policies mean the same. */
  readonly samePolicy: (a: string, b: string) => boolean;
  /** When the apply began, in milliseconds since the epoch by this machine's clock. */
  readonly since: number;
  /** The id of the key that the state knows, if it knows one. */
  readonly knownId: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** An orphaned key: AWS made it, and no state knows it. */
export interface OrphanedKey {
  readonly arn: string;
  readonly id: string;
  readonly region: string;
}

/** How far this machine's clock and AWS's may be apart, in milliseconds: what a signature is still accepted with. */
const CLOCK_SKEW_MS = 5 * 60_000;

/**
 * Finds keys that this run has made and that nobody knows.
 *
 * CreateKey is not idempotent. When its answer gets lost, the SDK's next attempt makes another key and the first one is
 * in no state; when the provider is interrupted in the middle of it, the only one is. (Seen with provider 5.100.0.) Such
 * a key is as planned in everything, was made since the apply began and before the one that is known, and has no alias.
 * @throws the SDK's errors
 */
export async function findOrphanedKeys(search: OrphanedKeySearch): Promise<OrphanedKey[]> {
  const { kms } = search.clients;
  const client = search.clients.in(search.region);
  const [keys, named] = await Promise.all([listKeys(client, kms, search), listNamed(client, kms, search)]);
  const nameless = keys.filter((id) => id !== search.knownId && !named.has(id));
  const known =
    search.knownId === undefined ? undefined : await describe(search.knownId, client, kms, search);
  const found = await Promise.all(
    nameless.map(async (id) => {
      const metadata = await describe(id, client, kms, search);
      if (metadata === undefined || !isAsPlanned(metadata, search)) return [];
      if (!isOfThisRun(metadata, known, search) || !(await hasPolicy(id, client, kms, search))) return [];
      return [{ id, arn: metadata.Arn ?? id, region: search.region }];
    }),
  );
  return found.flat();
}

async function describe(
  KeyId: string,
  client: KMSClient,
  kms: Kms,
  search: OrphanedKeySearch,
): Promise<KeyMetadata | undefined> {
  return (await client.send(new kms.DescribeKeyCommand({ KeyId }), abortable(search))).KeyMetadata;
}

async function hasPolicy(
  KeyId: string,
  client: KMSClient,
  kms: Kms,
  search: OrphanedKeySearch,
): Promise<boolean> {
  const command = new kms.GetKeyPolicyCommand({ KeyId, PolicyName: 'default' });
  const { Policy } = await client.send(command, abortable(search));
  return Policy !== undefined && search.samePolicy(Policy, search.policy);
}

function abortable({ signal }: OrphanedKeySearch): { abortSignal?: AbortSignal } {
  return signal === undefined ? {} : { abortSignal: signal };
}

/** The ids of the multi-Region keys of the Region. */
async function listKeys(client: KMSClient, kms: Kms, search: OrphanedKeySearch): Promise<string[]> {
  const ids: string[] = [];
  const pages = kms.paginateListKeys({ client, pageSize: 1000 }, {}, abortable(search));
  for await (const { Keys = [] } of pages) ids.push(...Keys.flatMap(({ KeyId }) => KeyId ?? []));
  return ids.filter((id) => id.startsWith('mrk-'));
}

/** The ids of the keys that an alias points to. */
async function listNamed(client: KMSClient, kms: Kms, search: OrphanedKeySearch): Promise<Set<string>> {
  const ids = new Set<string>();
  const pages = kms.paginateListAliases({ client, pageSize: 100 }, {}, abortable(search));
  for await (const { Aliases = [] } of pages)
    for (const { TargetKeyId } of Aliases) if (TargetKeyId !== undefined) ids.add(TargetKeyId);
  return ids;
}

function isAsPlanned(found: KeyMetadata, { description, keySpec, keyUsage }: OrphanedKeySearch): boolean {
  return (
    found.KeyState === 'Enabled' &&
    found.MultiRegionConfiguration?.MultiRegionKeyType === 'PRIMARY' &&
    found.Description === description &&
    found.KeySpec === keySpec &&
    found.KeyUsage === keyUsage
  );
}

/** Since the apply began, and before the key that is known: what is lost came first. */
function isOfThisRun(
  found: KeyMetadata,
  known: KeyMetadata | undefined,
  { since }: OrphanedKeySearch,
): boolean {
  const made = found.CreationDate?.getTime() ?? 0;
  return made >= since - CLOCK_SKEW_MS && made <= (known?.CreationDate?.getTime() ?? Infinity);
}
