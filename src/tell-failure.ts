/** How what ended a step is told, where there is no run that could tell it. */

import type { Deps } from './deps.js';
import { ActionError, explanationOf, messageOf } from './errors.js';
import { secretsOfInputs } from './inputs/environment-secrets.js';
import { environmentName } from './inputs/reader.js';
import { inputSources } from './inputs/sources.js';
import { readToldOfStep } from './keys-file/resolve.js';
import { naming } from './runner/log.js';
import { publishReport } from './publish.js';
import { reportOf } from './refusal.js';
import { renderFailedCommand } from './report/comment.js';
import { hideEnvironment, openGitHub, writeStepOutputs } from './run.js';

/** Tells what ended a step as the one error of the step; its title names the key, as a job may have several. */
export function tellFailure(thrown: unknown, { log, env }: Pick<Deps, 'log' | 'env'>): void {
  const named = (env[environmentName('alias')] ?? env[environmentName('key')] ?? '').trim();
  const alias = named.replace(/^alias\//, '').slice(0, 256);
  const title = alias === '' ? 'AWS KMS multi-Region key' : `AWS KMS multi-Region key alias/${alias}`;
  log.error(new ActionError(explanationOf(thrown)).message, { title });
}

/**
 * Tells of a run that ended before it began, because its inputs are wrong, where any other failure is told: in the summary,
 * in the report's files and, as far as the inputs let it be known, in the comment. Never throws: the step fails of what it
 * tells.
 */
export async function tellWrongInputs(outside: Deps, thrown: unknown): Promise<void> {
  const inputs = readToldOfStep(inputSources(outside.env));
  const log = naming(outside.log, inputs.alias);
  const deps = { ...outside, log };
  hideUnread(deps, inputs.githubToken);
  try {
    const places = await openGitHub(deps, { ...inputs, approval: { by: 'nobody' } });
    const told = await publishReport({ deps, inputs, ...places, report: reportOf(thrown), outputs: {} });
    writeStepOutputs(deps, { result: 'failed', ...told });
  } catch (problem) {
    deps.runner.setOutput('result', 'failed');
    log.warning(`What is wrong could not be told elsewhere: ${messageOf(problem)}`, { title: 'No report' });
  }
}

/** The same for a command that is about no single key, and that no comment tells of. */
export async function tellFailedCommand(deps: Deps, command: string, thrown: unknown): Promise<void> {
  hideUnread(deps, undefined);
  deps.runner.setOutput('result', 'failed');
  const { failure } = reportOf(thrown);
  if (failure === undefined) return;
  await deps.runner
    .addSummary(renderFailedCommand(deps.log.redactAll({ ...failure }), command))
    .catch((problem: unknown) => {
      deps.log.warning(`The job summary could not be written: ${messageOf(problem)}`, {
        title: 'No job summary',
      });
    });
}

/** What is, or may be, secret in inputs that were not read as a whole. */
function hideUnread({ env, log }: Deps, token: string | undefined): void {
  for (const secret of secretsOfInputs(env)) log.mask(secret);
  hideEnvironment({ env, log }, token);
}
