/** Where this run comes from: the repository, the commit, the pull request. Read once, from what the runner tells. */

import { messageOf } from './errors.js';
import type { AppliedBy } from './plan/last-apply.js';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface RepositoryName {
  readonly owner: string;
  readonly name: string;
}

/** A pull request that is not merged, and that this run is about. */
export interface PullRequestContext {
  readonly number: number;
  /** The last commit of the pull request's own branch; undefined when the event does not say. */
  readonly headSha: string | undefined;
  /** The branch it is to be merged into, e.g. `main`; undefined when the event does not say. */
  readonly baseRef: string | undefined;
  /** True when the head is in another repository. */
  readonly fork: boolean;
}

export interface RunContext {
  /** True inside a GitHub Actions job, false for a local run. */
  readonly inActions: boolean;
  readonly repository: RepositoryName | undefined;
  /** Without a slash at the end, e.g. `https://github.com`. */
  readonly serverUrl: string;
  readonly apiUrl: string;
  readonly graphqlUrl: string;
  readonly runId: string | undefined;
  readonly runAttempt: number;
  /** The page of this run (and attempt); undefined outside GitHub. */
  readonly runUrl: string | undefined;
  /** e.g. `pull_request`; empty for a local run. */
  readonly eventName: string;
  /**
   * The ref that the commit is on, e.g. `refs/heads/main`, `refs/pull/7/merge`; of a pull request that is merged, the branch
   * that it was merged into. Undefined outside GitHub.
   */
  readonly ref: string | undefined;
  /**
   * The commit a person would name: the pull request's head, because GITHUB_SHA is then a merge commit that GitHub made
   * for the test (or, for `pull_request_target`, the base branch); of one that is merged, what it was merged as. Else
   * GITHUB_SHA.
   */
  readonly sha: string | undefined;
  /** Undefined also for `issue_comment`: such a run has the default branch's commit, and says nothing of the pull request. */
  readonly pullRequest: PullRequestContext | undefined;
  /** The pull request that was commented on, for `issue_comment`. */
  readonly commentedOn: number | undefined;
  /** True when the event is about a pull request that is known to come from another repository. */
  readonly isFork: boolean;
  /** True for `pull_request_target`: a fork's pull request then runs with this repository's secrets and tokens. */
  readonly runsWithTargetSecrets: boolean;
  readonly actor: string | undefined;
  /** The job's id in the workflow file. */
  readonly job: string | undefined;
  /** Why the event's payload could not be read, in one sentence; undefined when it could, or when there is none. */
  readonly payloadProblem: string | undefined;
}

export interface ReadContextOptions {
  readonly env: Environment;
  /** Reads a whole text file; rejects when it cannot. */
  readonly readFile: (path: string) => Promise<string>;
}

/**
 * Reads the context of the run from the environment and the event's payload (`GITHUB_EVENT_PATH`). Never throws: a
 * payload that is missing or broken leaves the pull request undefined and says why in `payloadProblem`.
 *
 * Source: GitHub's reference of variables and of events that trigger workflows.
 */
export async function readContext(options: ReadContextOptions): Promise<RunContext> {
  const { env } = options;
  const { payload, problem } = await readPayload(options);
  const eventName = env['GITHUB_EVENT_NAME'] ?? '';
  const pullRequest = field(payload, 'pull_request');
  return {
    inActions: env['GITHUB_ACTIONS'] === 'true',
    ...readLinks(env),
    eventName,
    ...readSubject(pullRequest, env),
    commentedOn: readCommentedOn(payload),
    isFork: readPositiveInteger(field(pullRequest, 'number')) !== undefined && isFromFork(pullRequest),
    runsWithTargetSecrets: eventName === 'pull_request_target',
    actor: nonEmpty(env['GITHUB_ACTOR']),
    job: nonEmpty(env['GITHUB_JOB']),
    payloadProblem: problem,
  };
}

type Links = Pick<
  RunContext,
  'repository' | 'serverUrl' | 'apiUrl' | 'graphqlUrl' | 'runId' | 'runAttempt' | 'runUrl'
>;

function readLinks(env: Environment): Links {
  const serverUrl = readUrl(env['GITHUB_SERVER_URL'], 'https://github.com');
  const repository = readRepository(env['GITHUB_REPOSITORY']);
  const runId = nonEmpty(env['GITHUB_RUN_ID']);
  const runAttempt = readPositiveInteger(Number(env['GITHUB_RUN_ATTEMPT'])) ?? 1;
  return {
    repository,
    serverUrl,
    apiUrl: readUrl(env['GITHUB_API_URL'], 'https://api.github.com'),
    graphqlUrl: readUrl(env['GITHUB_GRAPHQL_URL'], 'https://api.github.com/graphql'),
    runId,
    runAttempt,
    runUrl: repository && runId ? buildRunUrl({ serverUrl, repository, runId, runAttempt }) : undefined,
  };
}

function buildRunUrl(run: {
  readonly serverUrl: string;
  readonly repository: RepositoryName;
  readonly runId: string;
  readonly runAttempt: number;
}): string {
  const { serverUrl, repository, runId, runAttempt } = run;
  const page = `${serverUrl}/${repository.owner}/${repository.name}/actions/runs/${runId}`;
  // Without the attempt the page is that of the newest one, which may not be the one that wrote the link.
  return runAttempt > 1 ? `${page}/attempts/${runAttempt}` : page;
}

interface Payload {
  readonly payload: unknown;
  readonly problem: string | undefined;
}

async function readPayload({ env, readFile }: ReadContextOptions): Promise<Payload> {
  const path = nonEmpty(env['GITHUB_EVENT_PATH']);
  if (path === undefined) {
    return { payload: undefined, problem: undefined };
  }
  try {
    return { payload: JSON.parse(await readFile(path)), problem: undefined };
  } catch (error) {
    return { payload: undefined, problem: `The event's payload could not be read: ${messageOf(error)}.` };
  }
}

type Subject = Pick<RunContext, 'ref' | 'sha' | 'pullRequest'>;

/**
 * What the run is about. The event of a pull request that is merged (`closed`, or a label put on later) is about what it was
 * merged as: GITHUB_SHA and GITHUB_REF are then still those of the test merge. Every other event is about GITHUB_SHA.
 */
function readSubject(pullRequest: unknown, env: Environment): Subject {
  const onRunner = { ref: nonEmpty(env['GITHUB_REF']), sha: nonEmpty(env['GITHUB_SHA']) };
  const number = readPositiveInteger(field(pullRequest, 'number'));
  if (number === undefined) return { ...onRunner, pullRequest: undefined };
  const headSha = readText(field(field(pullRequest, 'head'), 'sha'));
  const baseRef = readText(field(field(pullRequest, 'base'), 'ref'));
  const mergedAs = readText(field(pullRequest, 'merge_commit_sha'));
  const isMerged =
    field(pullRequest, 'merged') === true || readText(field(pullRequest, 'merged_at')) !== undefined;
  if (isMerged && mergedAs !== undefined && baseRef !== undefined) {
    return { ref: `refs/heads/${baseRef}`, sha: mergedAs, pullRequest: undefined };
  }
  const fork = isFromFork(pullRequest);
  return { ref: onRunner.ref, sha: headSha ?? onRunner.sha, pullRequest: { number, headSha, baseRef, fork } };
}

/**
 * Not head.repo.fork: a pull request within a repository that is itself a fork has it too. A head whose repository is gone
 * can only have been a fork.
 */
function isFromFork(pullRequest: unknown): boolean {
  const nameOf = (end: 'head' | 'base'): string | undefined =>
    readText(field(field(field(pullRequest, end), 'repo'), 'full_name'));
  return nameOf('head') !== nameOf('base');
}

/** A comment's event carries the issue; that the issue is a pull request shows in this field alone. */
function readCommentedOn(payload: unknown): number | undefined {
  const issue = field(payload, 'issue');
  return field(issue, 'pull_request') === undefined ? undefined : readPositiveInteger(field(issue, 'number'));
}

/** The run as the state is to remember it when it applies; undefined for a run that is at no commit of a repository. */
export function appliedBy({ repository, sha, runId, runAttempt }: RunContext): AppliedBy | undefined {
  if (repository === undefined || sha === undefined) return undefined;
  return { repository: `${repository.owner}/${repository.name}`, commit: sha, runId, attempt: runAttempt };
}

/** A property of an object that may not be one; null counts as not there. */
function field(container: unknown, name: string): unknown {
  if (typeof container !== 'object' || container === null) {
    return undefined;
  }
  return (container as Record<string, unknown>)[name] ?? undefined;
}

function readText(value: unknown): string | undefined {
  return typeof value === 'string' ? nonEmpty(value) : undefined;
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}

function readPositiveInteger(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : undefined;
}

function readUrl(value: string | undefined, fallback: string): string {
  return (nonEmpty(value) ?? fallback).replace(/\/+$/, '');
}

function readRepository(value: string | undefined): RepositoryName | undefined {
  const match = /^([\w.-]+)\/([\w.-]+)$/.exec(value ?? '');
  return match?.[1] !== undefined && match[2] !== undefined ? { owner: match[1], name: match[2] } : undefined;
}
