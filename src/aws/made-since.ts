import type { KmsClients } from './kms-clients.js';
import { lookUpKey } from './key-lookup.js';

/** What KMS must have made since a moment to be ours. */
export interface MadeSearch {
  readonly kind: 'replica' | 'alias';
  readonly region: string;
  /** Of the multi-Region key. */
  readonly keyId: string;
  readonly primaryArn: string;
  /** With `alias/`. */
  readonly alias: string;
  /** Milliseconds since the epoch. */
  readonly since: number;
}

/**
 * Whether KMS has what was to be created, and has had it only since then: a replica of this very primary that nobody has
 * given an alias and that is not going to be deleted, or the alias, pointing to this very key. The clocks get no
 * allowance: in doubt it is not ours.
 * @throws Error when KMS does not say
 */
export async function isMadeSince(search: MadeSearch, clients: KmsClients): Promise<boolean> {
  const aliases = await listAliases(search, clients);
  if (search.kind === 'alias') {
    return aliases.some(({ name, createdAt }) => name === search.alias && createdAt >= search.since);
  }
  const lookup = await lookUpKey(clients, search.region, search.keyId);
  if (lookup.is !== 'found') return false;
  const { role, primaryArn, state, createdAt = 0 } = lookup.key;
  return (
    role === 'REPLICA' &&
    primaryArn === search.primaryArn &&
    (state === 'Enabled' || state === 'Creating') &&
    createdAt >= search.since &&
    aliases.length === 0
  );
}

/** Those that point to the key, in its Region. */
async function listAliases(
  { region, keyId }: MadeSearch,
  { kms, in: pick }: KmsClients,
): Promise<{ name: string; createdAt: number }[]> {
  const found: { name: string; createdAt: number }[] = [];
  for await (const { Aliases = [] } of kms.paginateListAliases({ client: pick(region) }, { KeyId: keyId })) {
    for (const { AliasName: name = '', CreationDate } of Aliases) {
      found.push({ name, createdAt: CreationDate?.getTime() ?? 0 });
    }
  }
  return found;
}
