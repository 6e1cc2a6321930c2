/** Where this run comes from: the repository, the commit, the pull request. Read once, from what the runner tells. */

import { readFile } from 'node:fs/promises';
import type { context } from '@actions/github';
import { z } from 'zod';
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

type Toolkit = typeof context;

/**
 * The event and the run as GitHub's toolkit has them (the `Context` of @actions/github, read out of the environment). What
 * the runner did not set is undefined there, or NaN.
 */
export interface ToolkitContext
  extends
    Pick<Toolkit, 'runId' | 'runAttempt' | 'serverUrl' | 'apiUrl' | 'graphqlUrl'>,
    Readonly<Record<'eventName' | 'sha' | 'ref' | 'actor' | 'job', string | undefined>> {
  readonly payload: unknown;
}

/** What is not there, or not as GitHub has it, is undefined, or has nothing in it; so is empty text. */
const text = z.string().min(1).optional().catch(undefined);
const count = z.int().positive().optional().catch(undefined);
const anything = z.unknown().optional();
function part<Shape extends z.ZodRawShape>(shape: Shape): z.ZodCatch<z.ZodObject<Shape>> {
  const object = z.object(shape);
  return object.catch(() => object.parse({}));
}

const branch = part({ ref: text, sha: text, repo: part({ full_name: text }) });
const merge = { merged: anything, merged_at: text, merge_commit_sha: text };

/** The parts of events that say what a run is about. */
const EVENT = part({
  pull_request: part({ number: count, head: branch, base: branch, ...merge }),
  merge_group: part({ base_sha: text }),
  before: text,
  issue: part({ number: count, pull_request: anything }),
});
type PullRequestEvent = z.infer<typeof EVENT>['pull_request'];

/** The pull request that an event is about; one without a number where it is about none. */
export function pullRequestOf(payload: unknown): PullRequestEvent {
  return EVENT.parse(payload).pull_request;
}

/**
 * Reads the context of the run by GitHub's toolkit. A payload that is missing or broken, with which the toolkit would not
 * load, is dropped: the pull request is then undefined, and `payloadProblem` says why.
 *
 * Source: GitHub's reference of variables and of events that trigger workflows.
 * @param world `dropPayload` takes GITHUB_EVENT_PATH out of the environment of the process, `load` loads GitHub's toolkit,
 *   which reads environment and payload as it is loaded
 */
export async function readContext(world: {
  readonly env: Environment;
  readonly dropPayload: () => void;
  readonly load: () => Promise<ToolkitContext>;
}): Promise<RunContext> {
  const { env } = world;
  const payloadProblem = await findPayloadProblem(env['GITHUB_EVENT_PATH']);
  if (payloadProblem !== undefined) world.dropPayload();
  const toolkit = await world.load();
  const event = EVENT.parse(toolkit.payload);
  const { eventName = '', actor, job } = toolkit;
  return {
    inActions: env['GITHUB_ACTIONS'] === 'true',
    ...readLinks(toolkit, readRepository(env['GITHUB_REPOSITORY'])),
    eventName,
    ...readSubject(event.pull_request, toolkit),
    baseSha: baseOf(event),
    commentedOn: commentedOn(event),
    isFork: event.pull_request.number !== undefined && isFromFork(event.pull_request),
    runsWithTargetSecrets: eventName === 'pull_request_target',
    actor: actor || undefined,
    job: job || undefined,
    payloadProblem,
  };
}

async function findPayloadProblem(path: string | undefined): Promise<string | undefined> {
  if (!path) return undefined;
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
  const serverUrl = urlOf(toolkit.serverUrl, 'https://github.com');
  const runId = toolkit.runId > 0 ? String(toolkit.runId) : undefined;
  const runAttempt = toolkit.runAttempt > 0 ? toolkit.runAttempt : 1;
  const page = `${serverUrl}/${repository?.owner ?? ''}/${repository?.name ?? ''}/actions/runs/${runId ?? ''}`;
  // Without the attempt the page is that of the newest one, which may not be the one that wrote the link.
  const runUrl = runAttempt > 1 ? `${page}/attempts/${runAttempt}` : page;
  return {
    repository,
    serverUrl,
    apiUrl: urlOf(toolkit.apiUrl, 'https://api.github.com'),
    graphqlUrl: urlOf(toolkit.graphqlUrl, 'https://api.github.com/graphql'),
    runId,
    runAttempt,
    runUrl: repository === undefined || runId === undefined ? undefined : runUrl,
  };
}

function urlOf(value: string, fallback: string): string {
  return (value || fallback).replace(/\/+$/, '');
}

function readRepository(value = ''): RepositoryName | undefined {
  const [, owner, name] = /^([\w.-]+)\/([\w.-]+)$/.exec(value) ?? [];
  return owner === undefined || name === undefined ? undefined : { owner, name };
}

/**
 * What the run is about. The event of a pull request that is merged (`closed`, or a label put on later) is about what it was
 * merged as: GITHUB_SHA and GITHUB_REF are then still those of the test merge. Every other event is about GITHUB_SHA.
 */
function readSubject(
  event: PullRequestEvent,
  toolkit: ToolkitContext,
): Pick<RunContext, 'ref' | 'sha' | 'pullRequest'> {
  const [ref, sha] = [toolkit.ref || undefined, toolkit.sha || undefined];
  if (event.number === undefined) return { ref, sha, pullRequest: undefined };
  const { number, head, base, merge_commit_sha: mergedAs } = event;
  const isMerged = event.merged === true || event.merged_at !== undefined;
  if (isMerged && mergedAs !== undefined && base.ref !== undefined)
    return { ref: `refs/heads/${base.ref}`, sha: mergedAs, pullRequest: undefined };
  const pullRequest = { number, headSha: head.sha, fork: isFromFork(event) };
  return { ref, sha: head.sha ?? sha, pullRequest };
}

/**
 * Not head.repo.fork: a pull request within a repository that is itself a fork has it too. A head whose repository is gone
 * can only have been a fork.
 */
export function isFromFork(event: PullRequestEvent): boolean {
  return event.head.repo.full_name !== event.base.repo.full_name;
}

/** A comment's event carries the issue; that the issue is a pull request shows in this field alone. */
function commentedOn({ issue }: z.infer<typeof EVENT>): number | undefined {
  return (issue.pull_request ?? undefined) === undefined ? undefined : issue.number;
}

function baseOf(event: z.infer<typeof EVENT>): string | undefined {
  const sha = event.pull_request.base.sha ?? event.merge_group.base_sha ?? event.before;
  // A push that makes a branch has zeros here.
  return sha === undefined || /^0+$/.test(sha) ? undefined : sha;
}
