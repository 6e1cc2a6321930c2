import { drift } from './commands/drift.js';
import { listKeys } from './commands/keys.js';
import { planAndApply } from './commands/plan-and-apply.js';
import { reportKeys } from './commands/report.js';
import { verify } from './commands/verify.js';
import type { Deps } from './deps.js';
import type { Command } from './inputs/table.js';
import { environmentName } from './inputs/reader.js';
import { asCancellation, reportOf } from './refusal.js';
import {
  addResults,
  follow,
  publish,
  startRun,
  writeStepOutputs,
  type Ended,
  type Reporting,
  type Results,
  type Run,
} from './run.js';
import { tellFailedCommand, tellWrongInputs } from './tell-failure.js';
import { isLocked } from './terraform/symptoms.js';

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
  let results: Results = {};
  const keep = (more: Results): void => {
    results = addResults(results, more);
  };
  try {
    const ended = await follow(COMMANDS[started.inputs.command](started), keep);
    await follow(publish(ended.run, results, { outcome: ended.outcome }), keep);
  } catch (thrown) {
    const ended = asCancellation(thrown, deps.cancelled, results.report?.approval?.approved === true);
    await inTime(deps, follow(publish(started, results, reportOf(ended)), keep));
    if (isLocked(ended)) keep({ outputs: { result: 'locked' } });
    throw ended;
  } finally {
    writeStepOutputs(started.deps, results.outputs ?? {});
    await Promise.allSettled(started.atEnd.map(async (end) => await end()));
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

/** The commands that are about a whole keys file, and ask neither Terraform nor AWS. */
const FOR_MANY_KEYS = new Map<string, (deps: Deps) => Promise<void>>([
  ['keys', listKeys],
  ['report', reportKeys],
]);

const COMMANDS: Readonly<Record<Command, (run: Run) => Reporting<Ended>>> = {
  plan: planAndApply,
  apply: planAndApply,
  destroy: planAndApply,
  drift,
  verify,
};
