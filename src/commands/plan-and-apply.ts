import { assertGuarded } from '../guard/guard.js';
import type { Outputs } from '../outputs.js';
import { refuse } from '../refusal.js';
import type { ShownPlan } from '../report/types.js';
import type { Ended, Reporting, Results, Run } from '../run.js';
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
export async function* planAndApply(started: Run): Reporting<Ended> {
  const setup = yield* setUp(started);
  const run = asTheStateHas(started, setup);
  yield* stopWhereSilent(run, setup);
  const made = yield* planAndJudge(run, setup);
  const { model } = made.reported;
  if (run.inputs.command === 'plan' || !model.hasChanges) {
    yield* finishUnfinished(run, setup, made);
    return { run, outcome: model.hasChanges ? 'planned' : 'no-changes' };
  }
  yield* approve(run, setup, made);
  const outputs = yield* tellingOrphanedKeys(run, setup, model, () =>
    tellingDeleted(run, setup, model, () => applyOrMove(run, setup, made)),
  );
  yield* proveApplied(started, setup, { model, outputs });
  return { run, outcome: 'applied' };
}

/** The plan, what is in its way in AWS, and what the guard says of it, which ends the run where it is a stop. */
async function* planAndJudge(run: Run, setup: Setup): Reporting<MadePlan> {
  const made = yield* planOrMove(run, setup);
  const { reported, outputs } = made;
  yield {
    outputs: { ...outputs, ...workOf(made, setup) },
    report: { plan: reported },
    ...notesOf(made, run),
  };
  const shown = run.inputs.command === 'plan' ? await compareWithShown(run, reported) : undefined;
  yield { report: { shown } };
  sayFindings(reported.findings, run.deps.log, isReviewed(run, shown));
  refuse(() => {
    assertGuarded(reported.findings, doneBefore(made));
  });
  return made;
}

/** What an apply without changes still has to do: untaint, or write what the state lacks. */
async function* finishUnfinished(run: Run, setup: Setup, made: MadePlan): Reporting {
  if (run.inputs.command !== 'apply') return;
  if (made.unfinished !== undefined) yield* applyApproved(run, setup, made);
  await recordNothingToDo(run, setup, made);
}

/** Ends the run unless exactly this plan is approved. */
async function* approve(run: Run, setup: Setup, made: MadePlan): Reporting {
  const approval = await checkApproval({
    ...run,
    plan: made.reported,
    pullState: () => setup.terraform.pullState(),
    tainted: made.unfinished?.untaint ?? [],
  });
  yield { report: { approval } };
  refuse(() => {
    assertApproved(approval, run.deps.log, doneBefore(made));
  });
}

/** A move of the primary comes alone; it is a plan of another kind. */
async function* planOrMove(run: Run, setup: Setup): Reporting<MadePlan> {
  const { move } = setup.configuration;
  return move === undefined || run.inputs.destroys
    ? yield* planKnowingAws(run, setup)
    : await planMove(run, setup, move);
}

async function* applyOrMove(run: Run, setup: Setup, made: MadePlan): Reporting<Outputs> {
  const { move } = setup.configuration;
  return move === undefined || made.reported.move === undefined
    ? yield* applyApproved(run, setup, made)
    : yield* applyMove(run, setup, move);
}

/** Whether reviewers have approved, or seen on the pull request, exactly the plan of this run; any other is stopped or told. */
function isReviewed({ inputs }: Run, shown: ShownPlan | undefined): boolean {
  if (inputs.command === 'plan') return shown?.is === 'same';
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
function doneBefore({ broughtBack = [] }: MadePlan): string {
  return broughtBack.length === 0
    ? 'Nothing was changed.'
    : `The key was brought back in ${broughtBack.join(', ')}: its deletion is cancelled, and it is enabled. Nothing else was changed.`;
}

/** What is to be known of a plan that an earlier apply had begun; `apply` then says itself what it waited for. */
function notesOf({ unfinished }: MadePlan, { inputs }: Run): Results {
  if (unfinished === undefined || inputs.command === 'apply') return {};
  return { notes: [sayUnfinished(unfinished, inputs.primaryRegion)] };
}
