import { assertGuarded } from '../guard/guard.js';
import type { Outputs } from '../outputs.js';
import { refuse } from '../refusal.js';
import { addOutputs, addToReport, type Ended, type Run } from '../run.js';
import { applyApproved } from './apply/apply.js';
import { assertApproved, checkApproval } from './apply/approve.js';
import { isNewlyApplied, recordApplied } from './apply/record-applied.js';
import { recordRegions } from './apply/record-regions.js';
import { tellingDeleted } from './apply/tell-deleted.js';
import { tellingOrphanedKeys } from './apply/tell-orphaned-keys.js';
import { applyMove, planMove } from './move/move-primary.js';
import { compareWithShown } from './plan/compare-shown.js';
import type { MadePlan } from './plan/make-plan.js';
import { planKnowingAws } from './plan/plan-knowing-aws.js';
import { sayUnfinished } from './plan/plan-without-taint.js';
import { sayFindings } from './plan/say-findings.js';
import { asTheStateHas, setUp, type Setup } from './setup/set-up.js';
import { stopWhereSilent } from './stop-where-silent.js';
import { proveApplied } from './verify.js';

/** `plan`, and as far as it is approved `apply` and `destroy`. */
export async function planAndApply(started: Run): Promise<Ended> {
  const setup = await setUp(started);
  const run = asTheStateHas(started, setup);
  await stopWhereSilent(run, setup);
  const made = await planAndJudge(run, setup);
  const { model } = made.reported;
  if (run.inputs.command === 'plan' || !model.hasChanges) {
    await finishUnfinished(run, setup, made);
    return { run, outcome: model.hasChanges ? 'planned' : 'no-changes' };
  }
  await approve(run, setup, made);
  await tellingOrphanedKeys(run, setup, model, () =>
    tellingDeleted(run, setup, model, () => applyOrMove(run, setup, made)),
  );
  await proveApplied(started, setup, model);
  return { run, outcome: 'applied' };
}

/** The plan, what is in its way in AWS, and what the guard says of it, which ends the run where it is a stop. */
async function planAndJudge(run: Run, setup: Setup): Promise<MadePlan> {
  const made = await planOrMove(run, setup);
  const { reported, outputs } = made;
  addOutputs(run, { ...outputs, ...workOf(made, setup) });
  addToReport(run, { plan: reported, ...notesOf(made, run) });
  const shown = run.inputs.command === 'plan' ? await compareWithShown(run, reported) : undefined;
  addToReport(run, { shown });
  sayFindings(reported.findings, run.deps.log, isReviewed(run));
  refuse(() => {
    assertGuarded(reported.findings, doneBefore(run));
  });
  return made;
}

/** What an apply without changes still has to do: untaint, or write what the state lacks. */
async function finishUnfinished(run: Run, setup: Setup, made: MadePlan): Promise<void> {
  if (run.inputs.command !== 'apply') return;
  if (made.unfinished !== undefined) await applyApproved(run, setup, made);
  await recordNothingToDo(run, setup, made);
}

/** Ends the run unless exactly this plan is approved. */
async function approve(run: Run, setup: Setup, made: MadePlan): Promise<void> {
  const approval = await checkApproval({
    ...run,
    plan: made.reported,
    pullState: () => setup.terraform.pullState(),
    tainted: made.unfinished?.untaint ?? [],
  });
  addToReport(run, { approval });
  refuse(() => {
    assertApproved(approval, run.deps.log, doneBefore(run));
  });
}

/** A move of the primary comes alone; it is a plan of another kind. */
function planOrMove(run: Run, setup: Setup): Promise<MadePlan> {
  const { move } = setup.configuration;
  return move === undefined || run.inputs.destroys ? planKnowingAws(run, setup) : planMove(run, setup, move);
}

function applyOrMove(run: Run, setup: Setup, made: MadePlan): Promise<void> {
  const { move } = setup.configuration;
  return move === undefined || made.reported.move === undefined
    ? applyApproved(run, setup, made)
    : applyMove(run, setup, move);
}

/** Whether reviewers have approved, or seen on the pull request, exactly the plan of this run; any other is stopped or told. */
function isReviewed({ inputs, report }: Run): boolean {
  if (inputs.command === 'plan') return report.shown?.is === 'same';
  return inputs.approval.by === 'digest' || inputs.approval.by === 'pull-request';
}

/** Where there is nothing to apply, the state may still have something to record. */
async function recordNothingToDo(run: Run, setup: Setup, { reported: { model } }: MadePlan): Promise<void> {
  if (setup.configuration.awaitsRegions) await recordRegions(setup);
  else if (isNewlyApplied(run.context, model)) await recordApplied(setup);
}

/** An apply has work to do, too, where it only untaints, or has Regions written into it. */
function workOf({ reported, unfinished }: MadePlan, { configuration }: Setup): Outputs {
  const hasWork = reported.model.hasChanges || unfinished !== undefined || configuration.awaitsRegions;
  return { 'has-changes': hasWork };
}

/** What there is to say when the plan is refused: a key may have been brought back for it. */
function doneBefore({ report: { broughtBack = [] } }: Run): string {
  return broughtBack.length === 0
    ? 'Nothing was changed.'
    : `The key was brought back in ${broughtBack.join(', ')}: its deletion is cancelled, and it is enabled. Nothing else was changed.`;
}

/** What is to be known of a plan that an earlier apply had begun; `apply` then says itself what it waited for. */
function notesOf({ unfinished }: MadePlan, { inputs, report }: Run): { notes?: string[] } {
  if (unfinished === undefined || inputs.command === 'apply') return {};
  return { notes: [...(report.notes ?? []), sayUnfinished(unfinished, inputs.primaryRegion)] };
}
