import { existsSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { messageOf, type ActionError } from '../../errors.js';
import { hasBackendSecrets } from '../../inputs/backend-secrets.js';
import type { Setup } from '../setup/set-up.js';
import { UnsavedState } from '../../refusal.js';
import { keyResults } from '../../publish.js';
import type { Reporting, Results, Run } from '../../run.js';
import { TerraformError } from '../../terraform/run.js';
import { explainTerraformError } from '../../terraform/symptoms.js';
import { outputsOfState, readState } from '../../terraform/state.js';

/** What Terraform calls the state that it could not write to its backend, in the working folder. */
const ERRORED_STATE = 'errored.tfstate';

/** Before each attempt, in milliseconds; within one, the backend itself tries several times. */
const PAUSES_MS = [0, 1_000, 4_000, 12_000];

/**
 * Pushes the state that Terraform could not write at the end of an apply, if there is one: without it, nobody would know
 * of the keys that were made. In a step that was cancelled there is time for one attempt.
 * @param done what was done until then, as a sentence without its full stop
 * @returns whether there was one; it is the state now
 * @throws ActionError when it could not be pushed: where it is kept, and how to push it
 */
export async function* pushErroredState(run: Run, setup: Setup, done: string): Reporting<boolean> {
  const file = path.join(setup.workDir, ERRORED_STATE);
  if (!existsSync(file)) return false;
  const failed = await setup.terraform.phase('Save the state', async ({ say }) => {
    const error = await pushPatiently(run, setup, say);
    if (error === undefined) say('The state was saved after all.');
    return error;
  });
  if (failed !== undefined) {
    yield { outputs: { 'errored-state-path': file } };
    yield await readErroredState(run, setup);
    throw await keepState({ run, setup, file, failed, done });
  }
  await rm(file);
  yield { notes: ['Terraform could not write its state at first; it was pushed again, and is complete.'] };
  return true;
}

/** @returns why the last attempt failed; undefined when one did not */
async function pushPatiently(
  { deps }: Run,
  { terraform, session }: Setup,
  say: (line: string) => void,
): Promise<unknown> {
  let failed: unknown;
  for (const [index, pause] of PAUSES_MS.entries()) {
    if (index > 0 && deps.cancelled.aborted) return failed;
    try {
      await deps.clock.sleep(pause);
      if (!deps.cancelled.aborted) await session.refreshIfShort();
      await terraform.pushState(ERRORED_STATE);
      return undefined;
    } catch (thrown) {
      failed = thrown;
      say(`The state could not be saved, attempt ${index + 1} of ${PAUSES_MS.length}`);
      if (isRefusedForGood(thrown)) return thrown;
    }
  }
  return failed;
}

/** The state in the backend is another one, or a later one: trying again, or forcing it, would lose that. */
function isRefusedForGood(thrown: unknown): boolean {
  return thrown instanceof TerraformError && /\b(serial|lineage)\b/i.test(thrown.text);
}

interface KeepRequest {
  readonly run: Run;
  readonly setup: Setup;
  readonly file: string;
  readonly failed: unknown;
  readonly done: string;
}

/** The keys that only this state knows. */
async function readErroredState({ deps, inputs }: Run, { terraform }: Setup): Promise<Results> {
  const { primaryRegion } = inputs;
  try {
    const outputs = outputsOfState(readState(await terraform.showState(ERRORED_STATE), primaryRegion));
    return { outputs, report: { keys: keyResults(outputs, primaryRegion) } };
  } catch (thrown) {
    deps.log.debug(`The keys in ${ERRORED_STATE} could not be read: ${messageOf(thrown)}`);
    return {};
  }
}

/** Keeps the state in every place where it outlives this process: a file, for the steps that follow, and the log. */
async function keepState({ run, setup, file, failed, done }: KeepRequest): Promise<ActionError> {
  const { deps, inputs } = run;
  const text = await readFile(file, 'utf8');
  deps.log.untrustedGroup(`The state that could not be saved (${ERRORED_STATE})`, text);
  // The record of a backend with secrets does not outlive the run.
  const init = hasBackendSecrets(inputs)
    ? ', after `terraform init` there with the secret settings of the backend in its `-backend-config`'
    : '';
  const masked = deps.log.isMasked(text)
    ? 'The log has it, too, but blanks what is masked in this job.'
    : 'The log has it, too, in a group of its own.';
  return new UnsavedState(
    {
      what: `The state could not be saved. ${reasonOf(failed)}`,
      done: `${done}. The state in the backend is an older one that does not know of it; the new one is in ${file}, which goes with the job. ${masked}`,
      next: `Do not run the job again before it is saved, or it makes the keys once more. Keep the file with actions/upload-artifact in a step with \`if: failure()\`, on the output errored-state-path. On this runner \`terraform -chdir='${setup.workDir}' state push ${ERRORED_STATE}\` saves it${init}; elsewhere \`terraform state push ${ERRORED_STATE}\` does, in a folder that is initialised with the same backend.`,
    },
    { cause: failed },
  );
}

/** Why, in plain words where there are some. */
function reasonOf(failed: unknown): string {
  return failed instanceof TerraformError ? explainTerraformError(failed, '').what : messageOf(failed);
}
