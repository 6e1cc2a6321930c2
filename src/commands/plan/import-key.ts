import { listBelongings, lookUpNamed, lookUpRegions } from '../../aws/key-family.js';
import {
  judgeBelongings,
  judgeHeld,
  judgeKey,
  judgePlace,
  judgeRegions,
  regionsOf,
  sayBelongings,
  type Refusal,
  type Wanted,
} from '../../guard/import.js';
import { ImportRefusal } from '../../refusal.js';
import type { Reporting, Run } from '../../run.js';
import type { Imported } from '../../terraform/module.js';
import { readHeldKeys, type HeldKeys } from '../../terraform/state-file.js';
import { understandState } from '../setup/init-configuration.js';
import type { Setup } from '../setup/set-up.js';
import { explained } from '../setup/phased-terraform.js';
import type { RegionLookup } from '../../facts/kms-answers.js';
import type { Finding } from '../../guard/finding.js';

const NOTHING_DONE = 'Nothing was planned, imported or changed.';

/**
 * Has the plan import the key that `import-key` names: the primary, the replicas that the inputs name and AWS has, and the
 * alias of the inputs where it stands on the key. Where the state has the key already, only what an apply that was stopped
 * has left out. Nothing is imported here: that is a part of the plan, of its digest, and of what is approved.
 * @returns what a reviewer has to be warned of
 * @throws ActionError that says of each thing why the key cannot be imported; nothing was planned then
 */
export async function* prepareImport(run: Run, setup: Setup): Reporting<readonly Finding[]> {
  const { inputs } = run;
  const { importKey } = inputs;
  if (importKey === undefined || inputs.destroys) return [];
  const wanted: Wanted = { ...inputs, importKey, account: setup.session.accountId };
  const belongings = await setup.terraform.phase('Look at the key to import', async ({ say }) => {
    const held = await readHeld(run, setup);
    const { primaryId } = held;
    if (primaryId !== undefined) {
      const imports = await findLeftOut({ ...held, primaryId }, wanted, run, setup);
      if (imports.length > 0) await setup.configuration.extend({ imports });
      say(`The state has the key ${primaryId} already: \`import-key\` can be removed.`);
      return undefined;
    }
    const { keyId, lookups } = await findKeyToImport(wanted, run, setup);
    await setup.configuration.extend({ imports: importsOf(lookups, keyId) });
    say(`${keyId} is to be imported.`);
    return listOf(lookups, keyId, run, setup);
  });
  if (belongings === undefined) return [];
  yield { notes: belongings.notes };
  return belongings.findings;
}

async function readHeld({ inputs }: Run, { terraform }: Setup): Promise<HeldKeys> {
  const { backend, primaryRegion } = inputs;
  const text = backend === undefined ? '' : await terraform.pullState().catch(explained(NOTHING_DONE));
  return understandState(() => readHeldKeys(text, primaryRegion));
}

/** Of the key that the state has: what exists in the Regions of the inputs, and the state does not know. */
async function findLeftOut(
  held: HeldKeys & { readonly primaryId: string },
  { importKey, primaryRegion, replicaRegions, alias }: Wanted,
  run: Run,
  { clients }: Setup,
): Promise<Imported[]> {
  const { primaryId: keyId } = held;
  const { name } = importKey;
  const named = name.startsWith('alias/') ? await lookUpNamed(clients, primaryRegion, name) : undefined;
  // An alias that is gone, renamed perhaps, names no other key.
  const namedId = named === undefined ? name : named.is === 'found' ? named.key.keyId : keyId;
  assertImportable(judgeHeld(keyId, namedId));
  const regions = [primaryRegion, ...replicaRegions].filter(
    (region) => !held.keyRegions.has(region) || !held.aliasRegions.has(region),
  );
  if (regions.length === 0) return [];
  const lookups = await lookUpRegions(regions, keyId, `alias/${alias}`, clients);
  return importsOf(lookups, keyId).flatMap(({ region, keyId: found, hasAlias }) => {
    const key = held.keyRegions.has(region) ? undefined : found;
    const isNew = key !== undefined || (hasAlias && !held.aliasRegions.has(region));
    return isNew ? [{ region, keyId: key, hasAlias: hasAlias && !held.aliasRegions.has(region) }] : [];
  });
}

/** @throws ActionError with every reason that is known, once all of the key has been looked at */
async function findKeyToImport(
  wanted: Wanted,
  run: Run,
  { clients }: Setup,
): Promise<{ keyId: string; lookups: readonly RegionLookup[] }> {
  assertImportable(judgePlace(wanted));
  const lookup = await lookUpNamed(clients, wanted.primaryRegion, wanted.importKey.name);
  assertImportable(judgeKey(lookup, wanted));
  if (lookup.is !== 'found') throw new TypeError('a key that is not there was judged to be importable');
  const { key } = lookup;
  const lookups = await lookUpRegions(regionsOf(key, wanted), key.keyId, `alias/${wanted.alias}`, clients);
  assertImportable(judgeRegions(lookups, key, wanted));
  const asked = new Set([wanted.primaryRegion, ...wanted.replicaRegions]);
  return { keyId: key.keyId, lookups: lookups.filter(({ region }) => asked.has(region)) };
}

/** What exists, Region by Region; a key without the alias is imported, an alias on another key never. */
function importsOf(lookups: readonly RegionLookup[], keyId: string): Imported[] {
  return lookups.flatMap(({ region, key, alias }) => {
    if (key.is !== 'found') return [];
    return [{ region, keyId, hasAlias: alias.is === 'found' && alias.key.keyId === keyId }];
  });
}

/** What stays of the key beside what the plan has. */
async function listOf(
  lookups: readonly RegionLookup[],
  keyId: string,
  run: Run,
  { clients }: Setup,
): Promise<{ readonly notes: readonly string[]; readonly findings: readonly Finding[] }> {
  const regions = lookups.flatMap(({ region, key }) => (key.is === 'found' ? [region] : []));
  const belongings = await listBelongings(regions, keyId, clients);
  const notes = sayBelongings(belongings, keyId, run.inputs.alias);
  for (const note of notes) run.deps.log.info(note);
  return { notes, findings: judgeBelongings(belongings) };
}

function assertImportable(refusals: readonly Refusal[]): void {
  if (refusals.length === 0) return;
  throw new ImportRefusal({
    what: refusals.map(({ reason }) => reason).join(' '),
    done: NOTHING_DONE,
    next: [...new Set(refusals.map(({ wayOut }) => wayOut))].join(' '),
  });
}
