/** Where this run comes from: the repository, the commit, the pull request. Read once, from what the runner tells. */

import { readFile } from 'node:fs/promises';
import { messageOf } from '../errors.js';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface RepositoryName {
  readonly owner: string;
  readonly name: string;
}

/** A pull request that is not merged, and that this run is about. */
interface PullRequestContext {
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
  /**
   * What the run's change is a change of: the base of the pull request or of the merge group, what the branch was before
   * the push. Undefined where the event has none, or the branch is new.
   */
  readonly baseSha: string | undefined;
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

/**
 * The event and the run as GitHub's toolkit has them (the `Context` of @actions/github, read out of the environment). What
 * the runner did not set is undefined there, or NaN.
 */
export interface ToolkitContext {
  readonly payload: unknown;
  readonly eventName: string | undefined;
  readonly sha: string | undefined;
  readonly ref: string | undefined;
  readonly actor: string | undefined;
  readonly job: string | undefined;
  readonly runId: number;
  readonly runAttempt: number;
  readonly serverUrl: string;
  readonly apiUrl: string;
  readonly graphqlUrl: string;
}

export interface ReadContextOptions {
  readonly env: Environment;
  /** Takes GITHUB_EVENT_PATH out of the environment of the process. */
  readonly dropPayload: () => void;
  /** Loads GitHub's toolkit, which reads environment and payload as it is loaded. */
  readonly load: () => Promise<ToolkitContext>;
}

/**
 * Reads the context of the run by GitHub's toolkit. A payload that is missing or broken, with which the toolkit would not
 * load, is dropped: the pull request is then undefined, and `payloadProblem` says why.
 *
 * Source: GitHub's reference of variables and of events that trigger workflows.
 */
export async function readContext({ env, dropPayload, load }: ReadContextOptions): Promise<RunContext> {
  const payloadProblem = await findPayloadProblem(nonEmpty(env['GITHUB_EVENT_PATH']));
  if (payloadProblem !== undefined) dropPayload();
  const toolkit = await load();
  const { payload } = toolkit;
  const eventName = toolkit.eventName ?? '';
  const pullRequest = field(payload, 'pull_request');
  return {
    inActions: env['GITHUB_ACTIONS'] === 'true',
    ...readLinks(toolkit, readRepository(env['GITHUB_REPOSITORY'])),
    eventName,
    ...readSubject(pullRequest, toolkit),
    baseSha: readBase(payload),
    commentedOn: readCommentedOn(payload),
    isFork: readPositiveInteger(field(pullRequest, 'number')) !== undefined && isFromFork(pullRequest),
    runsWithTargetSecrets: eventName === 'pull_request_target',
    actor: nonEmpty(toolkit.actor),
    job: nonEmpty(toolkit.job),
    payloadProblem,
  };
}

async function findPayloadProblem(path: string | undefined): Promise<string | undefined> {
  if (path === undefined) return undefined;
  try {
    JSON.parse(await readFile(path, 'utf8'));
    return undefined;
  } catch (error) {
    return `The event's payload could not be read: ${messageOf(error)}.`;
  }
}

type Links = Pick<
  RunContext,
  'repository' | 'serverUrl' | 'apiUrl' | 'graphqlUrl' | 'runId' | 'runAttempt' | 'runUrl'
>;

function readLinks(toolkit: ToolkitContext, repository: RepositoryName | undefined): Links {
  const serverUrl = readUrl(toolkit.serverUrl, 'https://github.com');
  const runId = readPositiveInteger(toolkit.runId)?.toString();
  const runAttempt = readPositiveInteger(toolkit.runAttempt) ?? 1;
  return {
    repository,
    serverUrl,
    apiUrl: readUrl(toolkit.apiUrl, 'https://api.github.com'),
    graphqlUrl: readUrl(toolkit.graphqlUrl, 'https://api.github.com/graphql'),
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

type Subject = Pick<RunContext, 'ref' | 'sha' | 'pullRequest'>;

/**
 * What the run is about. The event of a pull request that is merged (`closed`, or a label put on later) is about what it was
 * merged as: GITHUB_SHA and GITHUB_REF are then still those of the test merge. Every other event is about GITHUB_SHA.
 */
function readSubject(pullRequest: unknown, { ref, sha }: ToolkitContext): Subject {
  const onRunner = { ref: nonEmpty(ref), sha: nonEmpty(sha) };
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

function readBase(payload: unknown): string | undefined {
  const bases = [
    field(field(field(payload, 'pull_request'), 'base'), 'sha'),
    field(field(payload, 'merge_group'), 'base_sha'),
    field(payload, 'before'),
  ];
  const sha = bases.map(readText).find((text) => text !== undefined);
  // A push that makes a branch has zeros here.
  return sha === undefined || /^0+$/.test(sha) ? undefined : sha;
}

/** A comment's event carries the issue; that the issue is a pull request shows in this field alone. */
function readCommentedOn(payload: unknown): number | undefined {
  const issue = field(payload, 'issue');
  return field(issue, 'pull_request') === undefined ? undefined : readPositiveInteger(field(issue, 'number'));
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
