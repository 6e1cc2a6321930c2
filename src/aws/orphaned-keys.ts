import type { KeyMetadata } from '@aws-sdk/client-kms';
import type { KeyPlace } from '../facts/kms-answers.js';
import type { KmsClients } from './kms-clients.js';

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
  readonly signal: AbortSignal;
}

/** An orphaned key: AWS made it, and no state knows it. */
export interface OrphanedKey extends KeyPlace {
  readonly arn: string;
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
  const { clients, region, knownId, policy, samePolicy } = search;
  const { kms } = clients;
  const client = clients.in(region);
  const options = { abortSignal: search.signal };
  const describe = async (KeyId: string): Promise<KeyMetadata | undefined> =>
    (await client.send(new kms.DescribeKeyCommand({ KeyId }), options)).KeyMetadata;
  const hasPolicy = async (KeyId: string): Promise<boolean> => {
    const command = new kms.GetKeyPolicyCommand({ KeyId, PolicyName: 'default' });
    const { Policy } = await client.send(command, options);
    return Policy !== undefined && samePolicy(Policy, policy);
  };
  const [ids, named] = await Promise.all([
    idsIn(kms.paginateListKeys({ client, pageSize: 1000 }, {}, options), ({ Keys }) => Keys),
    idsIn(kms.paginateListAliases({ client, pageSize: 100 }, {}, options), ({ Aliases }) =>
      Aliases?.map(({ TargetKeyId: KeyId }) => ({ KeyId })),
    ),
  ]);
  const nameless = ids.filter((id) => id.startsWith('mrk-') && id !== knownId && !named.includes(id));
  const known = knownId === undefined ? undefined : await describe(knownId);
  const found = await Promise.all(
    nameless.map(async (keyId) => {
      const key = await describe(keyId);
      if (key === undefined || !isAsPlanned(key, search) || !isOfThisRun(key, known, search)) return [];
      return (await hasPolicy(keyId)) ? [{ keyId, arn: key.Arn ?? keyId, region }] : [];
    }),
  );
  return found.flat();
}

async function idsIn<P>(
  pages: AsyncIterable<P>,
  keysOf: (page: P) => readonly { readonly KeyId?: string | undefined }[] | undefined,
): Promise<string[]> {
  const ids: string[] = [];
  for await (const page of pages) ids.push(...(keysOf(page) ?? []).flatMap(({ KeyId }) => KeyId ?? []));
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
