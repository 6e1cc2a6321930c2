import type { AppliedBy } from './plan/last-apply.js';
import { readContext, type RunContext } from './runner/context.js';
import type { Deps } from './deps.js';
import { createGitHubClient, type GitHubClient } from './github/client.js';
import { findMergedPullRequest, type MergedPullRequest } from './github/merged-pull-request.js';
import type { Inputs } from './inputs/inputs.js';
import { secretsOf } from './inputs/backend-secrets.js';
import { inputSources } from './inputs/sources.js';
import { readStepInputs } from './keys-file/resolve.js';
import { visibleTexts } from './inputs/visible-texts.js';
import { naming } from './runner/log.js';
import { type Outputs, resultOf } from './outputs.js';
import { publishReport, type RunReport } from './publish.js';
import { environmentSecrets } from './inputs/environment-secrets.js';
import { writeOutputs } from './runner/outputs.js';

/** What a run has found out: for the step's outputs and for the report. Whatever ends the run later, that is told. */
export interface Results {
  readonly outputs?: Outputs;
  readonly report?: Omit<RunReport, 'outcome' | 'notes'>;
  /** Whole sentences for the report. */
  readonly notes?: readonly string[];
}

/** A part of a run: yields what it finds out, as it goes, and returns what the next part needs. */
export type Reporting<T = void> = AsyncGenerator<Results, T, void>;

/** What one run is about. */
export interface Run {
  readonly deps: Deps;
  readonly inputs: Inputs;
  readonly context: RunContext;
  readonly client: GitHubClient | undefined;
  /** The pull request whose merge is being applied, where approval or comment need it; asked for from the start. */
  readonly mergedPullRequest: Promise<MergedPullRequest> | undefined;
  /** What is to be done when the run has ended, whatever has happened. */
  readonly atEnd: (() => unknown)[];
}

/**
 * Reads everything that tells what this run is about. Nothing is installed; at most GitHub is asked where the commit
 * came from.
 * @throws ActionError with every problem of the inputs
 */
export async function startRun(outside: Deps): Promise<Run> {
  const inputs = readStepInputs(inputSources(outside.env));
  const deps = { ...outside, log: naming(outside.log, inputs.alias) };
  hideSecrets(deps, inputs);
  return { deps, inputs, ...(await openGitHub(deps, inputs)), atEnd: [] };
}

type GitHubInputs = Pick<Inputs, 'command' | 'comment' | 'approval' | 'githubToken'>;

/** Reads where the run comes from, and begins to ask GitHub what has to be known of that. */
export async function openGitHub(
  deps: Deps,
  inputs: GitHubInputs,
): Promise<Pick<Run, 'context' | 'client' | 'mergedPullRequest'>> {
  const context = await openContext(deps);
  const isAsked =
    context.pullRequest !== undefined || needsGitHub(inputs.approval) || concernsMerge(inputs, context);
  const client = isAsked ? await clientFor(deps, inputs.githubToken, context) : undefined;
  return { context, client, mergedPullRequest: startLookForMerge(inputs, context, client) };
}

/** Reads where the run comes from, and says what is unusual about that. */
async function openContext(deps: Deps): Promise<RunContext> {
  const context = await readContext({
    env: deps.env,
    dropPayload: () => {
      deps.setEnv('GITHUB_EVENT_PATH', undefined);
    },
    load: deps.loadEvent,
  });
  sayContext(context, deps);
  return context;
}

/** What is secret in the inputs and in the environment goes into no text from here on, by whatever way that leaves. */
function hideSecrets({ env, log }: Deps, inputs: Inputs): void {
  for (const { text } of visibleTexts(inputs, env)) log.keepVisible(text);
  const { backend, githubToken } = inputs;
  const ofBackend = backend === undefined ? [] : secretsOf(backend.type, backend.config);
  for (const { secret } of ofBackend) log.mask(secret);
  hideEnvironment({ env, log }, githubToken);
}

/** The same for a command that has no backend. */
export function hideEnvironment({ env, log }: Pick<Deps, 'env' | 'log'>, token: string | undefined): void {
  for (const secret of environmentSecrets(env)) log.mask(secret);
  if (token !== undefined) log.mask(token);
}

/** How a command ended that did not fail. */
export interface Ended {
  /** With the inputs as the report tells them. */
  readonly run: Run;
  readonly outcome: RunReport['outcome'];
}

/**
 * Runs a part to its end.
 * @param keep gets what it finds out, at once
 */
export async function follow<T>(part: Reporting<T>, keep: (results: Results) => void): Promise<T> {
  for (;;) {
    const next = await part.next();
    if (next.done === true) return next.value;
    keep(next.value);
  }
}

/** All that was found out: of what was found out twice, the later; of the notes, each. */
export function addResults(before: Results, more: Results): Results {
  return {
    outputs: { ...before.outputs, ...more.outputs },
    report: { ...before.report, ...more.report },
    notes: [...(before.notes ?? []), ...(more.notes ?? [])],
  };
}

/** Tells how the run stands, with all that it has found out, in the summary and the comment. */
export async function* publish(run: Run, results: Results, ended: RunReport): Reporting {
  const { notes = [] } = results;
  const report = { ...results.report, ...(notes.length === 0 ? {} : { notes }), ...ended };
  const result = { result: resultOf(report) };
  yield { outputs: result };
  yield { outputs: await publishReport({ ...run, report, outputs: { ...results.outputs, ...result } }) };
}

/** The one way in which a step's outputs are set. */
export function writeStepOutputs({ log, runner }: Pick<Deps, 'log' | 'runner'>, outputs: Outputs): void {
  writeOutputs(outputs, log, (name, value) => {
    runner.setOutput(name, value);
  });
}

/** Opens what a command has that is about no single key: no backend, and so no secrets but those of the environment. */
export async function openWithoutKey(
  deps: Deps,
  token: string | undefined,
): Promise<Pick<Run, 'context' | 'client'>> {
  hideEnvironment(deps, token);
  const context = await openContext(deps);
  return { context, client: await clientFor(deps, token, context) };
}

function sayContext(context: RunContext, { log }: Pick<Deps, 'log'>): void {
  const { payloadProblem, runsWithTargetSecrets, commentedOn, sha } = context;
  if (payloadProblem !== undefined) log.debug(payloadProblem);
  if (commentedOn !== undefined) {
    log.notice(
      `A comment on pull request #${commentedOn} started this run, but it is about the default branch, at commit ${sha ?? 'unknown'}: that is what GitHub runs on \`issue_comment\`. Nothing is written on #${commentedOn}, and a plan of this run can't approve it.`,
      { title: 'issue_comment' },
    );
  }
  if (!runsWithTargetSecrets) return;
  log.warning(
    'pull_request_target gives this job the secrets and the role of the base branch. It must not check out or run anything of the pull request. What runs is the workflow of the base branch, so a plan of this run can be approved by its digest alone.',
    { title: 'pull_request_target' },
  );
}

/** The events whose commit is what a branch became by a merge; of the others only `apply` has to know which one. */
const MERGE_EVENTS: ReadonlySet<string> = new Set(['push', 'pull_request', 'pull_request_target']);

/**
 * Whether the pull request that the commit was merged from has to be known: `apply` reads its approval there, and tells there
 * what became of it; `plan` says whether it is what was shown there. No other command has to do with a pull request.
 */
function concernsMerge(
  { command, comment, approval }: Omit<GitHubInputs, 'githubToken'>,
  context: RunContext,
): boolean {
  const { pullRequest, ref, eventName } = context;
  if (pullRequest !== undefined || ref?.startsWith('refs/heads/') !== true) return false;
  if (command === 'plan') return MERGE_EVENTS.has(eventName);
  return command === 'apply' && (comment !== 'never' || needsGitHub(approval));
}

/** An approval is compared with what came after it. */
function needsGitHub({ by }: Inputs['approval']): boolean {
  return by === 'pull-request' || by === 'digest';
}

/** Begins to look, so that GitHub answers while Terraform is at work; whoever needs the answer meets its failure. */
function startLookForMerge(
  inputs: Omit<GitHubInputs, 'githubToken'>,
  context: RunContext,
  client: GitHubClient | undefined,
): Run['mergedPullRequest'] {
  const { repository, sha, ref } = context;
  if (client === undefined || repository === undefined || sha === undefined || ref === undefined) return;
  if (!concernsMerge(inputs, context)) return;
  const answer = findMergedPullRequest({ client, repository, commit: sha, ref });
  answer.catch(() => undefined);
  return answer;
}

/** @returns undefined without a token, or outside GitHub */
async function clientFor(
  deps: Pick<Deps, 'clock' | 'log'>,
  token: string | undefined,
  context: RunContext,
): Promise<GitHubClient | undefined> {
  if (token === undefined || context.repository === undefined) return undefined;
  return createGitHubClient({
    token,
    apiUrl: context.apiUrl,
    graphqlUrl: context.graphqlUrl,
    clock: deps.clock,
    log: deps.log,
  });
}

/** The run as the state is to remember it when it applies; undefined for a run that is at no commit of a repository. */
export function appliedBy({ repository, sha, runId, runAttempt }: RunContext): AppliedBy | undefined {
  if (repository === undefined || sha === undefined) return undefined;
  return { repository: `${repository.owner}/${repository.name}`, commit: sha, runId, attempt: runAttempt };
}
