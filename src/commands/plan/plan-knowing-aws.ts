import { restoreKey } from '../../aws/restore-key.js';
import { adviseOnRefusals } from '../../facts/denial.js';
import type { ExistingKey } from '../../facts/key-facts.js';
import { isDenied } from '../../aws/kms-clients.js';
import { sayCancelDeletion } from '../../facts/cancel-deletion.js';
import { ActionError, messageOf } from '../../errors.js';
import { judgePlan, type JudgedPlan } from './judge-plan.js';
import { prepareImport } from './import-key.js';
import { makePlan, type MadePlan } from './make-plan.js';
import { assertApproved, checkApproval } from '../apply/approve.js';
import { applyRefresh } from '../apply/record-regions.js';
import type { Setup } from '../setup/set-up.js';
import { digestRecovery } from '../../plan/digest.js';
import type { Rule } from '../../guard/finding.js';
import { assertGuarded } from '../../guard/guard.js';
import { refuse } from '../../refusal.js';
import { appliedBy, type Reporting, type Run } from '../../run.js';
import type { KeyPlace } from '../../facts/kms-answers.js';

/** What taking a key into the state settles; the plan that does so is judged again. */
const SETTLED: ReadonlySet<Rule> = new Set(['replica-exists', 'alias-taken']);

/**
 * Makes the plan, with the import that `import-key` asks for, and judges it by what AWS has. That may be a key that the plan
 * would make: a replica in a Region that was removed and is asked for again, a key that was scheduled for deletion outside
 * Terraform, a replica that a killed run left.
 *
 * With `allow-recovery` such a key is brought back. The order is: the plan; whatever else there is to say of it,
 * which ends the run; its approval, since cancelling a deletion undoes what somebody decided, and lets the key be used again;
 * then the deletion is cancelled and the key enabled; then a new plan, which takes the key into the state. That plan is
 * judged and approved like any other.
 * `plan` and `drift` never change AWS: they say what `apply` will do first.
 */
export async function* planKnowingAws(run: Run, setup: Setup): Reporting<MadePlan> {
  const ofImport = yield* prepareImport(run, setup);
  const made = yield* planAndRecover(run, setup);
  return { ...made, reported: { ...made.reported, findings: [...made.reported.findings, ...ofImport] } };
}

async function* planAndRecover(run: Run, setup: Setup): Reporting<MadePlan> {
  const { allowRecovery, command } = run.inputs;
  const { pending, replicas, ...judged } = await planAndJudge(run, setup, allowRecovery);
  if (!allowRecovery || (pending.length === 0 && replicas.length === 0)) return judged;
  const recovery = asRecovery(judged, pending);
  // `drift` changes nothing, and `plan` says what `apply` will do first.
  if (command === 'drift' || (pending.length > 0 && command === 'plan')) return recovery;
  refuse(() => {
    assertGuarded(recovery.reported.findings.filter(({ rule }) => !SETTLED.has(rule)));
  });
  if (pending.length > 0) yield* cancelDeletions(run, setup, recovery, pending);
  await setup.configuration.extend({ imports: replicas });
  // What is still going to be deleted now, in spite of that, is a reason to stop.
  return { ...(await planAndJudge(run, setup, false)), broughtBack: pending.map(({ region }) => region) };
}

/** The plan as it is, and what it is judged by. */
async function planAndJudge(run: Run, setup: Setup, recovers: boolean): Promise<MadePlan & JudgedPlan> {
  const made = await makePlan({ ...run, ...setup });
  return { ...made, ...(await judgePlan(run, setup, made.reported, recovers)) };
}

/** @throws ActionError when nothing approves it; no deletion is cancelled then */
async function* cancelDeletions(
  run: Run,
  setup: Setup,
  judged: MadePlan,
  pending: readonly ExistingKey[],
): Reporting {
  yield* assertRecoveryApproved(run, setup, judged);
  for (const place of pending) await bringBack(place, run, setup);
  const broughtBack = pending.map(({ region }) => region);
  yield { report: { broughtBack } };
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

/** @throws ActionError when nothing approves the plan that says which keys are brought back, or no longer */
async function* assertRecoveryApproved(run: Run, { terraform }: Setup, { reported }: MadePlan): Reporting {
  const approval = await checkApproval({
    ...run,
    plan: reported,
    pullState: () => terraform.pullState(),
    tainted: [],
    recovers: true,
  });
  if (approval.approved) return;
  yield { outputs: { 'plan-digest': reported.digest }, report: { plan: reported, approval } };
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
