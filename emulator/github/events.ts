/** The events that start a workflow: what the runner then puts into a job's environment, and the event's payload. */

import { showPullRequest, showRepository, type Places } from './shapes.js';
import { GitHubState } from './state.js';
import type { JobOptions, PullRequest, Repository } from './types.js';

/** The events that the emulator knows. */
export const EVENT_NAMES = [
  'pull_request',
  'pull_request_target',
  'push',
  'merge_group',
  'workflow_dispatch',
  'schedule',
  'issue_comment',
  'release',
  'workflow_run',
] as const;

export type EventName = (typeof EVENT_NAMES)[number];

export interface EventOptions {
  readonly event: EventName;
  /** The pull request that the event is about. Of a `push`: the one whose merge it was; by default the branch's tip. */
  readonly pullRequest?: number;
  /** The `environment:` of the job. */
  readonly environment?: string;
  /** What `workflow_dispatch` was given. */
  readonly inputs?: Readonly<Record<string, string>>;
  readonly runId?: number;
  readonly runAttempt?: number;
}

/** A job as an event starts it. */
export interface StartedEvent {
  /** GitHub's own variables, without those that lead to its APIs. */
  readonly variables: Readonly<Record<string, string>>;
  /** What stands in the file that `GITHUB_EVENT_PATH` names. */
  readonly payload: Readonly<Record<string, unknown>>;
  /** What the job's OIDC token says of it. */
  readonly job: JobOptions;
}

interface World {
  readonly state: GitHubState;
  readonly places: Places;
  readonly repository: Repository;
}

/** Where a run is, and what its payload has beside the repository and the sender. */
interface Place {
  readonly ref: string;
  readonly sha: string;
  readonly headRef?: string;
  readonly baseRef?: string;
  readonly payload: Readonly<Record<string, unknown>>;
}

/**
 * Starts a job as GitHub does.
 * @throws Error in plain words when the event is about a pull request, and there is none of that number
 *
 * Source: GitHub Docs, "Events that trigger workflows" (GITHUB_SHA and GITHUB_REF of each event) and "Webhook events and payloads".
 */
export function startEvent(world: World, options: EventOptions): StartedEvent {
  const { repository, places } = world;
  const { ref, sha, headRef, baseRef, payload } = PLACES[options.event](world, options);
  const [runId, runAttempt] = [options.runId ?? 1, options.runAttempt ?? 1];
  return {
    variables: {
      GITHUB_EVENT_NAME: options.event,
      GITHUB_REF: ref,
      GITHUB_REF_NAME: ref.replace(/^refs\/(heads|tags|pull)\//, ''),
      GITHUB_SHA: sha,
      GITHUB_HEAD_REF: headRef ?? '',
      GITHUB_BASE_REF: baseRef ?? '',
      GITHUB_REPOSITORY: repository.fullName,
      GITHUB_REPOSITORY_OWNER: repository.owner,
      GITHUB_ACTOR: 'octocat',
      GITHUB_RUN_ID: String(runId),
      GITHUB_RUN_ATTEMPT: String(runAttempt),
    },
    payload: { ...payload, repository: showRepository(repository, places), sender: { login: 'octocat' } },
    job: {
      repository: repository.fullName,
      eventName: options.event,
      ref,
      sha,
      runId: String(runId),
      runAttempt,
      ...(headRef === undefined ? {} : { headRef }),
      ...(baseRef === undefined ? {} : { baseRef }),
      ...(options.environment === undefined ? {} : { environment: options.environment }),
    },
  };
}

const PLACES: Readonly<Record<EventName, (world: World, options: EventOptions) => Place>> = {
  pull_request: (world, options) => {
    const { pullRequest, payload } = readPullRequest(world, options);
    const { number, headRef, headSha, baseRef } = pullRequest;
    return { ref: `refs/pull/${number}/merge`, sha: testMergeOf(headSha), headRef, baseRef, payload };
  },
  // The workflow, the commit and the ref are those of the base branch, whatever the pull request changes.
  pull_request_target: (world, options) => {
    const { pullRequest, payload } = readPullRequest(world, options);
    const { headRef, baseRef } = pullRequest;
    return { ...onBranch(world, baseRef), headRef, baseRef, payload };
  },
  push: (world, options) => {
    const place = onBranch(world, world.repository.defaultBranch);
    const merged = options.pullRequest === undefined ? undefined : findPullRequest(world, options);
    if (merged !== undefined && merged.mergeCommitSha === undefined)
      throw new Error(`Pull request ${merged.number} is not merged: nothing was pushed.`);
    const sha = merged?.mergeCommitSha ?? place.sha;
    return { ref: place.ref, sha, payload: { ref: place.ref, after: sha, head_commit: { id: sha } } };
  },
  merge_group: (world, options) => {
    const { number, headSha, baseRef } = findPullRequest(world, options);
    const base = onBranch(world, baseRef);
    const ref = `refs/heads/gh-readonly-queue/${baseRef}/pr-${number}-${base.sha}`;
    const sha = GitHubState.makeSha('merge group', headSha, base.sha);
    const group = { head_sha: sha, head_ref: ref, base_sha: base.sha, base_ref: base.ref };
    return { ref, sha, payload: { action: 'checks_requested', merge_group: group } };
  },
  workflow_dispatch: (world, { inputs = {} }) => {
    const place = onBranch(world, world.repository.defaultBranch);
    return { ...place, payload: { ref: place.ref, inputs } };
  },
  schedule: (world) => ({
    ...onBranch(world, world.repository.defaultBranch),
    payload: { schedule: '23 5 * * *' },
  }),
  issue_comment: (world, options) => {
    const { number, title } = findPullRequest(world, options);
    const url = `${world.places.api}/repos/${world.repository.fullName}/pulls/${number}`;
    const issue = { number, title, state: 'open', pull_request: { url } };
    const comment = { id: 1, body: '/plan', user: { login: 'octocat' } };
    return {
      ...onBranch(world, world.repository.defaultBranch),
      payload: { action: 'created', issue, comment },
    };
  },
  release: (world) => {
    const { sha } = onBranch(world, world.repository.defaultBranch);
    return {
      ref: 'refs/tags/v1.0.0',
      sha,
      payload: { action: 'published', release: { tag_name: 'v1.0.0', target_commitish: 'main' } },
    };
  },
  workflow_run: (world, options) => {
    const { number, headSha, headRef } = findPullRequest(world, options);
    const workflow_run = {
      event: 'pull_request',
      conclusion: 'success',
      head_sha: headSha,
      head_branch: headRef,
      pull_requests: [{ number }],
    };
    return {
      ...onBranch(world, world.repository.defaultBranch),
      payload: { action: 'completed', workflow_run },
    };
  },
};

function findPullRequest({ state, repository }: World, { event, pullRequest }: EventOptions): PullRequest {
  if (pullRequest === undefined)
    throw new Error(`${event} is about a pull request: say which (pullRequest).`);
  const found = state.findPullRequest(repository.fullName, pullRequest);
  if (found === undefined) throw new Error(`There is no pull request ${pullRequest}: open it first.`);
  return found;
}

function readPullRequest(
  world: World,
  options: EventOptions,
): { readonly pullRequest: PullRequest; readonly payload: Place['payload'] } {
  const pullRequest = findPullRequest(world, options);
  const action = pullRequest.closedAt === undefined ? 'synchronize' : 'closed';
  const shown = showPullRequest(pullRequest, world.state, world.places);
  return { pullRequest, payload: { action, number: pullRequest.number, pull_request: shown } };
}

/** The trial merge that GitHub makes of a pull request, as its checks run on it. */
function testMergeOf(headSha: string): string {
  return GitHubState.makeSha('trial merge', headSha);
}

/** A branch and its tip; one that nothing was pushed to yet gets its first commit. */
function onBranch({ state, repository }: World, branch: string): Place {
  const { fullName } = repository;
  const tip =
    state.findCommit(fullName, branch) ??
    state.pushToBranch({
      repository: fullName,
      branch,
      sha: GitHubState.makeSha('first commit', fullName, branch),
    });
  return { ref: `refs/heads/${branch}`, sha: tip.sha, payload: {} };
}
