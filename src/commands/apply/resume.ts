import { askKms, waitForKeys, type WaitedKey, type WaitResult } from '../../aws/key-wait.js';
import type { Course, ResumeRequest } from './course.js';
import { ActionError, messageOf } from '../../errors.js';
import type { Setup } from '../setup/set-up.js';
import { explained } from '../setup/phased-terraform.js';
import { seconds } from '../../runner/phases.js';
import { keyResults } from '../../publish.js';
import { pushErroredState } from './push-errored-state.js';
import { importUnanswered } from './import-unanswered.js';
import type { Reporting, Run } from '../../run.js';
import { findResumeSteps, type ResumeSteps } from '../../terraform/failed-apply.js';
import { outputsOfState, readState, type StateModel } from '../../terraform/state.js';
import { explainTerraformError } from '../../terraform/symptoms.js';
import { failedOfWaitsAlone } from '../../terraform/waits.js';
import { nameOfAddress } from '../../terraform/addresses.js';
import { joinWords } from '../../phrases.js';

/**
 * Takes a failed apply to where it can go on: a state that could not be written is pushed again, what Terraform took for
 * failed and tainted is kept, what AWS made without an answer is imported, and what AWS is still working on is waited for.
 * Where the provider waited in vain to read back what AWS has taken, the next plan tells whether anything is left.
 * Nothing in AWS is changed here.
 * @throws ActionError when that is not all that was wrong, when the time is up, or when the step was cancelled
 */
export async function* resume(request: ResumeRequest): Reporting {
  const { run, setup, course, failure, canGoOn } = request;
  const { inputs, deps } = run;
  const pushed = yield* pushErroredState(run, setup, listDone(course));
  const explanation = explainTerraformError(failure, sayWhatIsDone(course));
  // The few seconds of a step that was cancelled are for its report.
  if (deps.cancelled.aborted || !canGoOn) throw explanation;
  const state = yield* readKeysOfState(run, setup);
  const recovery = state === undefined ? undefined : findResumeSteps(failure, state, inputs.primaryRegion);
  const imports = state !== undefined && (yield* importUnanswered({ ...request, state }));
  if (!pushed && !imports && recovery === undefined && !failedOfWaitsAlone(failure)) throw explanation;
  if (recovery === undefined) return;
  // What is to be imported is in no state yet, so it comes before any waiting, which may be the end of the run.
  yield* untaintAndWait(run, setup, imports ? { ...recovery, waitFor: [] } : recovery, course);
}

/**
 * Reads what there is from the state, for the outputs and the report of a run that may end here.
 * @returns undefined when it cannot be read, which the log says
 */
async function* readKeysOfState(run: Run, { terraform }: Setup): Reporting<StateModel | undefined> {
  const { primaryRegion } = run.inputs;
  try {
    const state = readState(await terraform.showState(), primaryRegion);
    const outputs = outputsOfState(state);
    yield { outputs, report: { keys: keyResults(outputs, primaryRegion) } };
    return state;
  } catch (thrown) {
    run.deps.log.warning(`The state could not be read: ${messageOf(thrown)}`, { title: 'State not read' });
    return undefined;
  }
}

/**
 * First untaints, so that whatever comes next, no Terraform replaces a key that lives; then waits for AWS.
 * That is safe for a key that turns out to be gone, too: the next plan looks at AWS, and the guard at that plan.
 * @throws ActionError when the time is up or the step was cancelled; running the job again goes on from there
 */
export async function* untaintAndWait(
  run: Run,
  { terraform, session, clients }: Setup,
  { untaint, waitFor }: ResumeSteps,
  course: Course,
): Reporting {
  const { deps, inputs } = run;
  const waitedMs = await terraform.phase('Wait for AWS', async ({ say }) => {
    for (const address of untaint) {
      await session.refreshIfShort();
      await terraform.untaint(address).catch(explained(sayWhatIsDone(course)));
      say(`${nameOfAddress(address, inputs.primaryRegion)}: kept, Terraform will not replace it`);
    }
    const result = await waitForKeys({
      keys: waitFor,
      timeoutMs: inputs.replicaTimeoutMinutes * 60_000,
      askState: askKms(clients, deps.log),
      clock: deps.clock,
      signal: deps.cancelled,
      say,
    }).catch((thrown: unknown) => {
      throw deps.cancelled.aborted ? explainGivenUp(thrown, course) : thrown;
    });
    if (result.unready.length > 0) throw explainTimeUp(result, inputs.replicaTimeoutMinutes, course);
    return result.waitedMs;
  });
  yield { notes: sayWaited(waitFor, waitedMs) };
}

function sayWaited(keys: readonly WaitedKey[], waitedMs: number): string[] {
  if (keys.length === 0) return [];
  const names = `the ${joinWords(keys.map(({ name }) => name))}`;
  return [
    waitedMs < 1000
      ? `Terraform had marked ${names} as failed, although AWS finished it. It was kept; no key was replaced.`
      : `AWS took longer than the AWS provider waits for ${names}. The run waited ${seconds(waitedMs)} more and went on from there; no key was replaced.`,
  ];
}

function explainTimeUp({ unready }: WaitResult, minutes: number, course: Course): ActionError {
  const names = joinWords(unready.map(({ name }) => name));
  return new ActionError({
    what: `AWS is still creating the ${names} after ${minutes === 1 ? 'one more minute' : `${minutes} more minutes`}.`,
    done: sayWhatIsDone(course),
    next: 'Nothing is wrong with the key, and nothing has to be repaired: run the job again. Where `approved-plan` is a digest and there is no comment on a merged pull request, run the plan job again, too, and approve what is left. `replica-timeout-minutes` sets how long a run waits.',
  });
}

function explainGivenUp(thrown: unknown, course: Course): ActionError {
  return new ActionError(
    { what: 'The wait for AWS was given up.', done: sayWhatIsDone(course), next: 'Run the job again.' },
    { cause: thrown },
  );
}

/** For the message of a failure on the way. */
export function sayWhatIsDone(course: Course): string {
  return `${listDone(course)}; the state knows what is there, and running the job again goes on from it.`;
}

function listDone({ done, inProgress }: Course): string {
  const what = done.length === 0 ? 'No change had been completed' : `Done before it: ${done.join(', ')}`;
  const begun =
    inProgress.size === 0 ? '' : `; begun, and not seen to its end: ${[...inProgress].join(', ')}`;
  return `${what}${begun}`;
}
