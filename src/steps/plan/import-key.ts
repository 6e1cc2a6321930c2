import { listBelongings, lookAtNamed, lookAtRegions, type RegionLook } from '../../aws/key-family.js';
import { ActionError } from '../../errors.js';
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
} from '../../plan/import.js';
import type { Finding } from '../../plan/types.js';
import { refuse } from '../../refusal.js';
import { learn, type Run } from '../../run.js';
import type { Imported } from '../../terraform/module.js';
import { readHeldKeys, type HeldKeys } from '../../terraform/state-keys.js';
import { understandState } from '../ready/configure.js';
import type { Ready } from '../ready/make-ready.js';
import { explained } from '../ready/phased-terraform.js';

const NOTHING_DONE = 'Nothing was planned, imported or changed.';

/**
 * Has the plan import the key that `import-key` names: the primary, the replicas that the inputs name and AWS has, and the
 * alias of the inputs where it stands on the key. Where the state has the key already, only what an apply that was stopped
 * has left out. Nothing is imported here: that is a part of the plan, of its digest, and of what is approved.
 * @returns what a reviewer has to be warned of
 * @throws ActionError that says of each thing why the key cannot be imported; nothing was planned then
 */
export async function prepareImport(run: Run, ready: Ready): Promise<readonly Finding[]> {
  const { inputs } = run;
  const { importKey } = inputs;
  if (importKey === undefined || inputs.destroys) return [];
  const wanted: Wanted = { ...inputs, importKey, account: ready.session.accountId };
  return ready.terraform.phase('Look at the key to import', async ({ say }) => {
    const held = await readHeld(run, ready);
    const { primaryId } = held;
    if (primaryId !== undefined) {
      const imports = await findLeftOut({ ...held, primaryId }, wanted, run, ready);
      if (imports.length > 0) await ready.configuration.extend({ imports });
      say(`The state has the key ${primaryId} already: \`import-key\` can be removed.`);
      return [];
    }
    const { keyId, looks } = await findKeyToImport(wanted, run, ready);
    await ready.configuration.extend({ imports: importsOf(looks, keyId) });
    say(`${keyId} is to be imported.`);
    return tellBelongings(looks, keyId, run, ready);
  });
}

async function readHeld({ inputs }: Run, { terraform }: Ready): Promise<HeldKeys> {
  const { backend, primaryRegion } = inputs;
  const text = backend === undefined ? '' : await terraform.pullState().catch(explained(NOTHING_DONE));
  return understandState(() => readHeldKeys(text, primaryRegion));
}

/** Of the key that the state has: what exists in the Regions of the inputs, and the state does not know. */
async function findLeftOut(
  held: HeldKeys & { readonly primaryId: string },
  { importKey, primaryRegion, replicaRegions, alias }: Wanted,
  run: Run,
  { session }: Ready,
): Promise<Imported[]> {
  const { primaryId: keyId } = held;
  const { name } = importKey;
  const named = name.startsWith('alias/') ? await lookAtNamed(primaryRegion, name, session) : undefined;
  // An alias that is gone, renamed perhaps, names no other key.
  const namedId = named === undefined ? name : named.is === 'there' ? named.key.keyId : keyId;
  assertImportable(judgeHeld(keyId, namedId), run);
  const regions = [primaryRegion, ...replicaRegions].filter(
    (region) => !held.keyRegions.has(region) || !held.aliasRegions.has(region),
  );
  if (regions.length === 0) return [];
  const looks = await lookAtRegions(regions, keyId, `alias/${alias}`, session);
  return importsOf(looks, keyId).flatMap(({ region, keyId: found, hasAlias }) => {
    const key = held.keyRegions.has(region) ? undefined : found;
    const isNew = key !== undefined || (hasAlias && !held.aliasRegions.has(region));
    return isNew ? [{ region, keyId: key, hasAlias: hasAlias && !held.aliasRegions.has(region) }] : [];
  });
}

/** @throws ActionError with every reason that is known, once all of the key has been looked at */
async function findKeyToImport(
  wanted: Wanted,
  run: Run,
  { session }: Ready,
): Promise<{ keyId: string; looks: readonly RegionLook[] }> {
  assertImportable(judgePlace(wanted), run);
  const look = await lookAtNamed(wanted.primaryRegion, wanted.importKey.name, session);
  assertImportable(judgeKey(look, wanted), run);
  if (look.is !== 'there') throw new TypeError('a key that is not there was judged to be importable');
  const { key } = look;
  const looks = await lookAtRegions(regionsOf(key, wanted), key.keyId, `alias/${wanted.alias}`, session);
  assertImportable(judgeRegions(looks, key, wanted), run);
  const asked = new Set([wanted.primaryRegion, ...wanted.replicaRegions]);
  return { keyId: key.keyId, looks: looks.filter(({ region }) => asked.has(region)) };
}

/** What exists, Region by Region; a key without the alias is imported, an alias on another key never. */
function importsOf(looks: readonly RegionLook[], keyId: string): Imported[] {
  return looks.flatMap(({ region, key, alias }) => {
    if (key.is !== 'there') return [];
    return [{ region, keyId, hasAlias: alias.is === 'there' && alias.key.keyId === keyId }];
  });
}

/** Tells what stays of the key beside what the plan has; the report has it, too. */
async function tellBelongings(
  looks: readonly RegionLook[],
  keyId: string,
  run: Run,
  { session }: Ready,
): Promise<readonly Finding[]> {
  const regions = looks.flatMap(({ region, key }) => (key.is === 'there' ? [region] : []));
  const belongings = await listBelongings(regions, keyId, session);
  const notes = sayBelongings(belongings, keyId, run.inputs.alias);
  for (const note of notes) run.deps.log.info(note);
  learn(run, {}, { notes: [...(run.story.notes ?? []), ...notes] });
  return judgeBelongings(belongings);
}

/** A refusal's reasons are among the findings of a plan as a rule; here there is none yet, so the report gets them so. */
function assertImportable(refusals: readonly Refusal[], run: Run): void {
  if (refusals.length === 0) return;
  const failure = {
    what: refusals.map(({ reason }) => reason).join(' '),
    done: NOTHING_DONE,
    next: [...new Set(refusals.map(({ wayOut }) => wayOut))].join(' '),
  };
  learn(run, {}, { failure });
  refuse(() => {
    throw new ActionError(failure);
  });
}
