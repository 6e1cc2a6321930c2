import { sayKmsError, type KmsClients } from './kms-clients.js';
import { lookUpAlias, lookUpKey } from './key-lookup.js';
import type { Belongings, KeyLookup, RegionLookup } from '../facts/kms-answers.js';

/** Follows a key's id or an alias in one Region; the alias also for who may not see the key that it points to. */
export function lookUpNamed(clients: KmsClients, region: string, name: string): Promise<KeyLookup> {
  return (name.startsWith('alias/') ? lookUpAlias : lookUpKey)(clients, region, name);
}

/**
 * Looks for the keys of one multi-Region key, and for an alias, in each Region, all at once.
 * @param alias with `alias/`
 */
export function lookUpRegions(
  regions: readonly string[],
  keyId: string,
  alias: string,
  clients: KmsClients,
): Promise<RegionLookup[]> {
  return Promise.all(
    regions.map(async (region) => {
      const [key, named] = await Promise.all([
        lookUpKey(clients, region, keyId),
        lookUpAlias(clients, region, alias),
      ]);
      return { region, key, alias: named };
    }),
  );
}

/** CloudFormation puts it on what it makes (its user guide, "Resource tag"). */
const STACK_TAG = 'aws:cloudformation:stack-name';

/** Asks each Region for what the key has there, all at once; what may not be asked is told and stops nothing. */
export function listBelongings(
  regions: readonly string[],
  keyId: string,
  clients: KmsClients,
): Promise<Belongings[]> {
  return Promise.all(regions.map((region) => belongingsIn(region, keyId, clients)));
}

async function belongingsIn(
  region: string,
  keyId: string,
  { kms, in: pick }: KmsClients,
): Promise<Belongings> {
  const at = { client: pick(region) };
  const unseen: string[] = [];
  const told = async (what: string, pages: AsyncIterable<(string | undefined)[]>): Promise<string[]> => {
    const found: string[] = [];
    try {
      for await (const page of pages) found.push(...page.filter((each) => each !== undefined));
    } catch (thrown) {
      unseen.push(`${what} (${sayKmsError(thrown)})`);
    }
    return found.sort();
  };
  const [aliases, grantees, stacks] = await Promise.all([
    told(
      'its other aliases',
      mapPages(kms.paginateListAliases(at, { KeyId: keyId }), ({ Aliases = [] }) =>
        Aliases.map(({ AliasName }) => AliasName),
      ),
    ),
    told(
      'its grants',
      mapPages(kms.paginateListGrants(at, { KeyId: keyId }), ({ Grants = [] }) =>
        Grants.map(({ GranteePrincipal }) => GranteePrincipal ?? 'a principal that KMS does not name'),
      ),
    ),
    told(
      'its tags',
      mapPages(kms.paginateListResourceTags(at, { KeyId: keyId }), ({ Tags = [] }) =>
        Tags.filter(({ TagKey }) => TagKey === STACK_TAG).map(({ TagValue }) => TagValue),
      ),
    ),
  ]);
  return { region, aliases, grantees, stack: stacks[0], unseen };
}

async function* mapPages<P, T>(pages: AsyncIterable<P>, itemsOf: (page: P) => T): AsyncIterable<T> {
  for await (const page of pages) yield itemsOf(page);
}
