import { applyApproved } from './steps/apply/apply.js';
import { assertApproved, checkApproval } from './steps/apply/approve.js';
import type { Deps } from './deps.js';
import { assertNoDrift, findDrift } from './steps/drift.js';
import { compareWithShown } from './steps/plan/compare-shown.js';
import { setUp, type Setup } from './steps/setup/set-up.js';
import { assertGuarded } from './plan/guard.js';
import { runPreflight } from './steps/plan/preflight.js';
import { isNewlyApplied, recordApplied } from './steps/apply/record-applied.js';
import { recordRegions } from './steps/apply/record-regions.js';
import { planKnowingAws } from './steps/plan/plan-knowing-aws.js';
import { asCancellation, refuse, reportOf } from './refusal.js';
import { applyMove, planMove } from './steps/move/move-primary.js';
import { listKeys } from './commands/keys.js';
import { reportKeys } from './commands/report.js';
import { environmentName } from './inputs/reader.js';
import type { Command } from './inputs/inputs.js';
import type { Outputs } from './outputs.js';
import type { MadePlan } from './steps/plan/make-plan.js';
import { withLastUse } from './steps/plan/with-last-use.js';
import { sayFindings } from './steps/plan/say-findings.js';
import { sayUnfinished } from './steps/plan/plan-without-taint.js';
import { addOutputs, addToReport, publish, type Run, startRun, writeStepOutputs } from './run.js';
import { tellFailedCommand, tellWrongInputs } from './tell-failure.js';
import { isLocked } from './terraform/symptoms.js';
import { tellingDeleted } from './steps/apply/tell-deleted.js';
import { tellingOrphanedKeys } from './steps/apply/tell-orphaned-keys.js';
import { stopWhereSilent } from './steps/stop-where-silent.js';
import { proveApplied, proveRecorded } from './steps/verify.js';

/** The runner kills a cancelled step after 10 seconds; Terraform has had the first of them. */
const CANCELLED_PUBLISH_MS = 3_000;

/**
 * One run, from the inputs to the outputs. The outputs that are known are set however it ends.
 * @throws ActionError for every refusal and every failure that can be explained
 */
export async function run(deps: Deps): Promise<void> {
  const command = (deps.env[environmentName('command')] ?? '').trim();
  const forMany = FOR_MANY_KEYS.get(command);
  if (forMany === undefined) return runForKey(deps);
  return forMany(deps).catch(async (thrown: unknown) => {
    await tellFailedCommand(deps, command, thrown);
    throw thrown;
  });
}

async function runForKey(deps: Deps): Promise<void> {
  const started = await startRun(deps).catch(async (thrown: unknown) => {
    await tellWrongInputs(deps, thrown);
    throw thrown;
  });
  try {
    await COMMANDS[started.inputs.command](started);
  } catch (thrown) {
    const ended = asCancellation(thrown, deps.cancelled, started.report.approval?.approved === true);
    await inTime(deps, publish(started, reportOf(ended)));
    if (isLocked(ended)) addOutputs(started, { result: 'locked' });
    throw ended;
  } finally {
    writeStepOutputs(started.deps, started.outputs);
    await Promise.all(started.atEnd.map((end) => end().catch(() => undefined)));
  }
}

/** A step that was cancelled has seconds: a GitHub that does not answer must not cost it its outputs. */
async function inTime({ cancelled, clock }: Deps, published: Promise<void>): Promise<void> {
  if (!cancelled.aborted) return published;
  const done = new AbortController();
  const limit = clock.sleep(CANCELLED_PUBLISH_MS, done.signal);
  return Promise.race([published, limit]).finally(() => {
    done.abort();
  });
}

/** `plan`, and as far as it is approved `apply` and `destroy`. */
async function planAndApply(started: Run): Promise<void> {
  // 1. The tools, the credentials and the configuration
  const setup = await setUp(started);
  const run = asTheStateHas(started, setup);
  await stopWhereSilent(run, setup);
  const { inputs } = run;
  // 2. The plan, what is in its way in AWS, and what the guard says of it
  const planned = await withLastUse(run, setup, await planOrMove(run, setup));
  const made = await runPreflight(run, setup, planned);
  const { reported, outputs } = made;
  addOutputs(run, { ...outputs, ...workOf(made, setup) });
  addToReport(run, { plan: reported, ...notesOf(made, run) });
  const shown = inputs.command === 'plan' ? await compareWithShown(run, reported) : undefined;
  addToReport(run, { shown });
  sayFindings(reported.findings, run.deps.log, isReviewed(run));
  refuse(() => {
    assertGuarded(reported.findings, doneBefore(run));
  });
  if (inputs.command === 'plan' || !reported.model.hasChanges) {
    if (inputs.command === 'apply' && made.unfinished !== undefined) await applyApproved(run, setup, made);
    if (inputs.command === 'apply') await recordNothingToDo(run, setup, made);
    await publish(run, { outcome: reported.model.hasChanges ? 'planned' : 'no-changes' });
    return;
  }
  // 3. The approval, and then exactly that plan
  const approval = await checkApproval({
    ...run,
    plan: reported,
    pullState: () => setup.terraform.pullState(),
    tainted: made.unfinished?.untaint ?? [],
  });
  addToReport(run, { approval });
  refuse(() => {
    assertApproved(approval, run.deps.log, doneBefore(run));
  });
  const { model } = reported;
  await tellingOrphanedKeys(run, setup, model, () =>
    tellingDeleted(run, setup, model, () => applyOrMove(run, setup, made)),
  );
  // 4. The proof that the keys are what was planned
  await proveApplied(started, setup, model);
  await publish(run, { outcome: 'applied' });
}

/** The run with the inputs as the state has them: with the primary where it was, as long as it is still to be moved. */
function asTheStateHas(run: Run, { configuration: { move } }: Setup): Run {
  return move === undefined ? run : { ...run, inputs: move.before };
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

/** `drift`: what AWS has, against the state and the configuration. */
async function drift(started: Run): Promise<void> {
  // 1. The tools, the credentials and the configuration
  const setup = await setUp(started);
  const run = asTheStateHas(started, setup);
  await stopWhereSilent(run, setup);
  // 2. What differs, by a plan that nobody applies
  const found = await findDrift(run, setup);
  assertNoDrift(run, found);
  await publish(run, { outcome: found.length > 0 ? 'drifted' : 'in-sync' });
}

/** `verify`: no plan, but the keys that the state knows, put to the proof. */
async function verify(started: Run): Promise<void> {
  // 1. The tools, the credentials and the configuration
  const setup = await setUp(started);
  const run = asTheStateHas(started, setup);
  // 2. The proof, with the keys as the state has them
  await proveRecorded(run, setup);
  await publish(run, { outcome: 'verified' });
}

/** The commands that are about a whole keys file, and ask neither Terraform nor AWS. */
const FOR_MANY_KEYS = new Map<string, (deps: Deps) => Promise<void>>([
  ['keys', listKeys],
  ['report', reportKeys],
]);

const COMMANDS: Readonly<Record<Command, (run: Run) => Promise<void>>> = {
  plan: planAndApply,
  apply: planAndApply,
  destroy: planAndApply,
  drift,
  verify,
};
