import { ActionError } from '../../errors.js';
import { guardRequestOf } from '../plan/judge-plan.js';
import type { MadePlan } from '../plan/make-plan.js';
import { planAndRead } from '../plan/read-plan.js';
import type { Setup } from '../setup/set-up.js';
import { keyOutputs, type Outputs } from '../../outputs.js';
import { assertGuarded, guardPlan } from '../../guard/guard.js';
import { remainderOfThisRun } from '../../plan/remainder.js';
import type { PlanModel } from '../../plan/types.js';
import type { Course } from './course.js';
import { resume, sayWhatIsDone, untaintAndWait } from './resume.js';
import type { Reporting, Results, Run } from '../../run.js';
import { describeEvent, type ApplyEvent } from '../../terraform/events.js';
import { TerraformError } from '../../terraform/run.js';
import { explainTerraformError } from '../../terraform/symptoms.js';
import { findVainWaits, waitsAgain } from '../../terraform/waits.js';
import { nameOfAddress } from '../../terraform/addresses.js';

/** Each goes further than the one before, or the run ends; a limit for what nobody foresaw. */
const MOST_ROUNDS = 6;

/**
 * Applies the saved plan, and nothing else: Terraform refuses a plan that is out of date. Where it fails because the provider
 * waits too short a time, what is left is planned again and, if it is a part of what was approved, applied. So it is, too, where an
 * earlier apply had left something unfinished.
 * @param made the plan that was approved
 * @returns the outputs that the keys have now
 * @throws ActionError when the apply failed; it says what is done, and the outputs and the report have what is there
 */
export async function* applyApproved(run: Run, setup: Setup, made: MadePlan): Reporting<Outputs> {
  const course: Course = {
    done: [],
    inProgress: new Set(),
    imported: new Set(),
    since: run.deps.clock.now(),
  };
  const approved = made.reported.model;
  let left = approved;
  if (made.unfinished !== undefined) {
    yield* untaintAndWait(run, setup, made.unfinished, course);
    left = await planWhatIsLeft(run, setup, approved, course);
  }
  for (let round = 1; left.hasChanges; round += 1) {
    await setup.session.refreshIfShort();
    const ended = await applySavedPlan(run, setup, course, round);
    if (!(ended instanceof TerraformError)) return yield* tellOutputs(ended);
    yield* resume({ run, setup, course, failure: ended, planned: left, canGoOn: round < MOST_ROUNDS });
    left = await planWhatIsLeft(run, setup, approved, course);
    refuseSecondWait(ended, left, course);
  }
  return yield* tellOutputs(keyOutputs(left.outputs));
}

function* tellOutputs(outputs: Outputs): Generator<Results, Outputs> {
  yield { outputs };
  return outputs;
}

/**
 * Plans again, over the saved plan.
 * @throws ActionError when the guard stops it, or when any of it was not approved
 */
async function planWhatIsLeft(
  run: Run,
  setup: Setup,
  approved: PlanModel,
  course: Course,
): Promise<PlanModel> {
  const done = sayWhatIsDone(course);
  const { model } = (await planAndRead({ ...run, ...setup, name: 'Plan what is left', done })).reported;
  assertGuarded(guardPlan(guardRequestOf(model, run)), done);
  const { isPart, extra } = remainderOfThisRun(approved, model, course.imported);
  if (!isPart) throw explainNotApproved(extra, run.inputs.primaryRegion, done);
  return model;
}

/** @throws ActionError where what is left would be waited for in vain, ten minutes more */
function refuseSecondWait(failure: TerraformError, left: PlanModel, course: Course): void {
  if (!waitsAgain(findVainWaits(failure), left)) return;
  throw explainTerraformError(failure, `${sayWhatIsDone(course)} It was not tried a second time.`);
}

/** @returns its outputs, when all of the plan is done; else how it failed */
async function applySavedPlan(
  run: Run,
  { terraform }: Setup,
  { done, inProgress }: Course,
  round: number,
): Promise<Outputs | TerraformError> {
  const { inputs } = run;
  const name = inputs.command === 'destroy' ? 'Destroy' : 'Apply';
  return terraform.phase(round === 1 ? name : `${name} what is left`, async ({ say }) => {
    const onEvent = (event: ApplyEvent): void => {
      const line = describeEvent(event, inputs.primaryRegion);
      if (line !== undefined) say(line);
      if (!('address' in event)) return;
      const what = nameOfAddress(event.address, inputs.primaryRegion);
      if (event.type === 'start') inProgress.add(what);
      if (event.type === 'complete' && inProgress.delete(what)) done.push(what);
    };
    inProgress.clear();
    try {
      return keyOutputs((await terraform.apply(onEvent)).outputs);
    } catch (thrown) {
      if (thrown instanceof TerraformError) return thrown;
      throw thrown;
    }
  });
}

function explainNotApproved(extra: readonly string[], primaryRegion: string, done: string): ActionError {
  const names = extra.map((address) => nameOfAddress(address, primaryRegion));
  return new ActionError({
    what: `What is left to do is not a part of what was approved: ${names.join(', ')}.`,
    done,
    next: 'Something else changed meanwhile. Plan again, review the new plan and approve that.',
  });
}
