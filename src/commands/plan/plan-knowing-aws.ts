import { type ExistingKey, findKeys, restoreKey } from '../../aws/existing-keys.js';
import { adviseOnRefusals } from '../../facts/denial.js';
import { isDenied } from '../../aws/kms-clients.js';
import { sayCancelDeletion } from '../../facts/cancel-deletion.js';
import { ActionError, messageOf } from '../../errors.js';
import { guardRequestOf } from './judge-plan.js';
import { prepareImport } from './import-key.js';
import { makePlan, type MadePlan } from './make-plan.js';
import { assertApproved, checkApproval } from '../apply/approve.js';
import { applyRefresh } from '../apply/record-regions.js';
import type { Setup } from '../setup/set-up.js';
import { digestRecovery } from '../../plan/digest.js';
import { assertGuarded, guardPlan } from '../../guard/guard.js';
import { isKey } from '../../plan/model.js';
import { regionOfSide } from '../../plan/region.js';
import type { PlanModel } from '../../plan/types.js';
import { refuse } from '../../refusal.js';
import { addOutputs, addToReport, appliedBy, type Run } from '../../run.js';
import type { KeyPlace } from '../../facts/kms-answers.js';

/**
 * Makes the plan, with the import that `import-key` asks for, and looks into AWS where it would make a key that may be
 * there: a replica in a Region that was removed and is asked for again, a key that was scheduled for deletion outside
 * Terraform, a replica that a killed run left.
 *
 * With `allow-recovery` such a key is brought back. The order is: the plan; whatever else the guard has to say of it,
 * which ends the run; its approval, since cancelling a deletion undoes what somebody decided, and lets the key be used again;
 * then the deletion is cancelled and the key enabled; then a new plan, which takes the key into the state. That plan goes to
 * the guard and the approval like any other.
 * `plan` and `drift` never change AWS: they say what `apply` will do first.
 */
export async function planKnowingAws(run: Run, setup: Setup): Promise<MadePlan> {
  const ofImport = await prepareImport(run, setup);
  const made = await planAndCheckAws(run, setup);
  return { ...made, reported: { ...made.reported, findings: [...made.reported.findings, ...ofImport] } };
}

async function planAndCheckAws(run: Run, setup: Setup): Promise<MadePlan> {
  const { inputs } = run;
  const plan = (): Promise<MadePlan> => makePlan({ ...run, ...setup });
  const made = await plan();
  const { model } = made.reported;
  const wanted = inputs.destroys ? NO_PLACES : placesOf(model);
  const found = await findExisting([...wanted.missing, ...wanted.created], run, setup);
  if (found === undefined || found.length === 0) return found === undefined ? made : judge(run, made, found);
  const pending = found.filter(({ isPending }) => isPending);
  const judged = asRecovery(judge(run, made, found), inputs.allowRecovery ? pending : []);
  // `drift` changes nothing, and `plan` says what `apply` will do first.
  if (
    !inputs.allowRecovery ||
    inputs.command === 'drift' ||
    (pending.length > 0 && inputs.command === 'plan')
  )
    return judged;
  refuse(() => {
    assertGuarded(judged.reported.findings.filter(({ rule }) => rule !== 'replica-exists'));
  });
  if (pending.length > 0) await cancelDeletions(run, setup, judged, pending);
  const created = new Set(wanted.created.map(({ region }) => region));
  const imports = found.filter((key) => created.has(key.region) && isReplicaHere(key, model));
  await setup.configuration.extend({ imports });
  return plan();
}

/** @throws ActionError when nothing approves it; no deletion is cancelled then */
async function cancelDeletions(
  run: Run,
  setup: Setup,
  judged: MadePlan,
  pending: readonly ExistingKey[],
): Promise<void> {
  await assertRecoveryApproved(run, setup, judged);
  for (const place of pending) await bringBack(place, run, setup);
  const broughtBack = pending.map(({ region }) => region);
  addToReport(run, { broughtBack });
  run.deps.log.notice(
    `Brought back: ${broughtBack.join(', ')}. What follows is a new plan; an approval of an older one does not hold for it.`,
    { title: 'Deletion cancelled' },
  );
  // The approval is used, whatever becomes of the rest: a deletion that is ordered again needs another one.
  if (appliedBy(run.context) === undefined) return;
  await applyRefresh(setup, 'Note in the state what was brought back', 'The state says which run it was.');
}

/** The plan with the keys that apply brings back before it as a part of what is approved. */
function asRecovery(made: MadePlan, pending: readonly ExistingKey[]): MadePlan {
  if (pending.length === 0) return made;
  const digest = digestRecovery(made.reported.digest, pending);
  return {
    ...made,
    reported: { ...made.reported, digest },
    outputs: { ...made.outputs, 'plan-digest': digest },
  };
}

interface Places {
  /** Missing keys: the state knew them, and the refresh did not find them. */
  readonly missing: readonly KeyPlace[];
  /** Replicas that the plan makes of a primary that is there. */
  readonly created: readonly KeyPlace[];
}

const NO_PLACES: Places = { missing: [], created: [] };

/** Where the plan would make a key although there may be one; on a first creation that is nowhere. */
export function placesOf({ resources, drift }: Pick<PlanModel, 'resources' | 'drift'>): Places {
  const missing = drift
    .filter((change) => isKey(change) && change.action === 'delete')
    .flatMap(({ before }) => placeOf(regionOfSide(before), before?.['key_id']));
  const primary = resources.find(({ kind }) => kind === 'primary');
  const created = resources
    .filter(({ kind, action }) => kind === 'replica' && action === 'create')
    .flatMap(({ region }) => placeOf(region, primary?.before?.['key_id']))
    .filter(({ region }) => !missing.some((key) => key.region === region));
  return { missing, created };
}

function placeOf(region: string | undefined, keyId: unknown): KeyPlace[] {
  return region !== undefined && typeof keyId === 'string' ? [{ region, keyId }] : [];
}

/** @returns undefined when there is nothing to look for, or KMS does not say */
async function findExisting(
  places: readonly KeyPlace[],
  { inputs, deps }: Run,
  { clients }: Setup,
): Promise<ExistingKey[] | undefined> {
  if (places.length === 0) return undefined;
  try {
    return await findKeys(places, `alias/${inputs.alias}`, clients);
  } catch (thrown) {
    deps.log.info(
      `Could not look whether the keys that the plan makes are there already: ${messageOf(thrown)}`,
    );
    return undefined;
  }
}

/** What the guard says of the plan, now that it is known what AWS has. */
function judge(run: Run, made: MadePlan, found: readonly ExistingKey[]): MadePlan {
  const { model } = made.reported;
  const pending = found.filter(({ isPending }) => isPending);
  // A key that the provider missed and that is there after all is a riddle, and no reason to go on without it.
  const isSure = placesOf(model).missing.every(
    ({ region }) => !found.some((key) => key.region === region && !key.isPending),
  );
  const request = guardRequestOf(model, run);
  const findings = guardPlan({
    ...request,
    ...(isSure ? { pendingDeletion: Object.fromEntries(pending.map((key) => [key.region, key])) } : {}),
    existingReplicas: Object.fromEntries(
      found
        .filter((key) => !key.isPending && isReplicaHere(key, model))
        .map(({ region, keyId }) => [region, keyId]),
    ),
    options: { ...request.options, recovery: run.inputs.allowRecovery },
  });
  return { ...made, reported: { ...made.reported, findings } };
}

/** Whether a key is a replica of the primary that the plan has: nothing else is ever taken into the state. */
function isReplicaHere({ replicaOf }: ExistingKey, { resources }: PlanModel): boolean {
  const arn = resources.find(({ kind }) => kind === 'primary')?.before?.['arn'];
  return replicaOf !== undefined && replicaOf === arn;
}

/** @throws ActionError when nothing approves the plan that says which keys are brought back, or no longer */
async function assertRecoveryApproved(run: Run, { terraform }: Setup, { reported }: MadePlan): Promise<void> {
  const approval = await checkApproval({
    ...run,
    plan: reported,
    pullState: () => terraform.pullState(),
    tainted: [],
    recovers: true,
  });
  if (approval.approved) return;
  addOutputs(run, { 'plan-digest': reported.digest });
  addToReport(run, { plan: reported, approval });
  refuse(() => {
    assertApproved(approval, run.deps.log, 'Nothing was changed, and no deletion was cancelled.');
  });
}

function adviseOnRestore(cause: unknown): string {
  return isDenied(cause)
    ? adviseOnRefusals([cause.refused])
    : 'Let the role do kms:CancelKeyDeletion and kms:EnableKey.';
}

async function bringBack(place: KeyPlace, { deps }: Run, { clients }: Setup): Promise<void> {
  try {
    await restoreKey(place, clients);
    deps.log.info(`${place.region}: the deletion of ${place.keyId} is cancelled, and the key enabled`);
  } catch (cause) {
    throw new ActionError(
      {
        what: `The key in ${place.region} could not be brought back: ${messageOf(cause)}.`,
        done: 'Nothing else was changed.',
        next: `${adviseOnRestore(cause)} Or ${sayCancelDeletion(place.region, place.keyId)}, and run the job again.`,
      },
      { cause },
    );
  }
}
