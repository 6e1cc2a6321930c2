/** Where this run comes from: the repository, the commit, the pull request. Read once, from what the runner tells. */

import { messageOf } from './errors.js';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface RepositoryName {
  readonly owner: string;
  readonly name: string;
}

export interface PullRequestContext {
  readonly number: number;
  /** The last commit of the pull request's own branch; undefined when the event does not say (`issue_comment`). */
  readonly headSha: string | undefined;
  /** The branch it is to be merged into, e.g. `main`; undefined when the event does not say. */
  readonly baseRef: string | undefined;
  /** True when the head is in another repository; undefined when the event does not say. */
  readonly fork: boolean | undefined;
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
  /** The ref that triggered the run, e.g. `refs/heads/main`, `refs/pull/7/merge`; undefined outside GitHub. */
  readonly ref: string | undefined;
  /**
   * The commit a person would name: the pull request's head when the event tells it, because GITHUB_SHA is then a
   * merge commit that GitHub made for the test (or, for `pull_request_target`, the base branch). Else GITHUB_SHA.
   */
  readonly sha: string | undefined;
  readonly pullRequest: PullRequestContext | undefined;
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
  const pullRequest = readPullRequest(payload);
  const eventName = env['GITHUB_EVENT_NAME'] ?? '';
  return {
    inActions: env['GITHUB_ACTIONS'] === 'true',
    ...readLinks(env),
    eventName,
    ref: nonEmpty(env['GITHUB_REF']),
    sha: pullRequest?.headSha ?? nonEmpty(env['GITHUB_SHA']),
    pullRequest,
    isFork: pullRequest?.fork === true,
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

function readPullRequest(payload: unknown): PullRequestContext | undefined {
  const pullRequest = field(payload, 'pull_request');
  if (pullRequest !== undefined) {
    return readFullPullRequest(pullRequest);
  }
  // A comment's event carries the issue; that the issue is a pull request shows in this field alone.
  const issue = field(payload, 'issue');
  const number = readPositiveInteger(field(issue, 'number'));
  if (number === undefined || field(issue, 'pull_request') === undefined) {
    return undefined;
  }
  return { number, headSha: undefined, baseRef: undefined, fork: undefined };
}

function readFullPullRequest(pullRequest: unknown): PullRequestContext | undefined {
  const number = readPositiveInteger(field(pullRequest, 'number'));
  if (number === undefined) {
    return undefined;
  }
  const head = field(pullRequest, 'head');
  const base = field(pullRequest, 'base');
  return {
    number,
    headSha: readText(field(head, 'sha')),
    baseRef: readText(field(base, 'ref')),
    // Not head.repo.fork: a pull request within a repository that is itself a fork has it too. A head whose
    // repository is gone can only have been a fork.
    fork:
      readText(field(field(head, 'repo'), 'full_name')) !== readText(field(field(base, 'repo'), 'full_name')),
  };
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
