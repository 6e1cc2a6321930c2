/** Which pull request a commit on a branch was merged from. */

import { ActionError } from '../errors.js';
import type { GitHubClient } from './client.js';
import { inRest, nameOf, shorten, type RepositoryPlace } from './repository.js';

export interface MergedCommit extends RepositoryPlace {
  /** The full id of the commit that is to be applied. */
  readonly commit: string;
  /** The ref that is being run, e.g. `refs/heads/main`. */
  readonly ref: string;
}

export interface MergedPullRequest {
  readonly number: number;
  /** The last commit of its own branch. */
  readonly headSha: string;
  /** The branch that it was merged into. */
  readonly branch: string;
  /** Milliseconds since the epoch; GitHub tells whole seconds. */
  readonly mergedAt: number;
}

export const USE_THE_DIGEST =
  'Or plan in this workflow and give its digest as `approved-plan`, behind an environment with reviewers.';

export function notApplied(what: string, next: string): ActionError {
  return new ActionError({ what, done: 'Nothing was applied.', next });
}

/** A commit that was merged moments ago may not be known as part of its pull request yet: look this often, and wait. */
const LOOKS = 3;
const PAUSE_MS = 3_000;

/**
 * The one pull request that was merged into the branch as this commit: the merge commit, the squashed commit, or the
 * last of the rebased ones (GitHub's `merge_commit_sha` is each of these).
 * @throws ActionError when the run is not on a branch, or it is not exactly one
 * @throws GitHubApiError when GitHub could not be asked
 */
export async function findMergedPullRequest(options: MergedCommit): Promise<MergedPullRequest> {
  const branch = branchOf(options.ref);
  const candidates = await listPullRequestsOf(options);
  const merged = candidates.filter((each) => wasMergedAs(each, options, branch));
  const [only, ...others] = merged;
  if (only === undefined) throw explainNoPullRequest(options.commit, branch, candidates);
  if (others.length > 0) {
    const numbers = merged.map(({ number }) => `#${number}`).join(', ');
    throw notApplied(
      `Commit ${shorten(options.commit)} is the merge of more than one pull request (${numbers}), so it is not clear whose plan was approved.`,
      USE_THE_DIGEST,
    );
  }
  return { number: only.number, headSha: only.head.sha, branch, mergedAt: Date.parse(only.merged_at ?? '') };
}

/** A merge queue tries what it is about to merge on a branch of its own. */
const MERGE_QUEUE = /^gh-readonly-queue\//;

function branchOf(ref: string): string {
  const branch = /^refs\/heads\/(.+)$/.exec(ref)?.[1];
  if (branch !== undefined && !MERGE_QUEUE.test(branch)) return branch;
  const where = pullRequestOfRef(ref);
  throw notApplied(
    where === undefined
      ? `\`approved-plan: pull-request\` works on the branch that pull requests are merged into, and this run is on ${ref}.`
      : `Merging approves a plan, and pull request #${where} is not merged.`,
    'Run apply on the push that the merge makes, or give the digest itself as `approved-plan`.',
  );
}

/** From `refs/pull/7/merge`, or a merge queue's `refs/heads/gh-readonly-queue/main/pr-7-…`. */
function pullRequestOfRef(ref: string): string | undefined {
  return (/^refs\/pull\/(\d+)\//.exec(ref) ?? /\/gh-readonly-queue\/.*\/pr-(\d+)-/.exec(ref))?.[1];
}

type Candidate = Awaited<
  ReturnType<GitHubClient['rest']['repos']['listPullRequestsAssociatedWithCommit']>
>['data'][number];

async function listPullRequestsOf({ client, repository, commit }: MergedCommit): Promise<Candidate[]> {
  const list = client.rest.repos.listPullRequestsAssociatedWithCommit;
  const place = { ...inRest(repository), commit_sha: commit, per_page: 100 };
  for (let look = 1; ; look += 1) {
    const found = await client.paginate(list, place);
    if (found.length > 0 || look === LOOKS) return found;
    await client.pause(PAUSE_MS);
  }
}

function wasMergedAs(candidate: Candidate, { repository, commit }: MergedCommit, branch: string): boolean {
  // A commit is also found by pull requests that forks and other branches have of it.
  const isHere = candidate.base.repo.full_name.toLowerCase() === nameOf(repository).toLowerCase();
  const isMerged = (candidate.merged_at ?? null) !== null && candidate.merge_commit_sha === commit;
  return isHere && isMerged && candidate.base.ref === branch;
}

function explainNoPullRequest(commit: string, branch: string, candidates: readonly Candidate[]): ActionError {
  const near = candidates.map((each) => `#${each.number} ${describeCandidate(each)}`).join('; ');
  return notApplied(
    `No pull request was merged into ${branch} as commit ${shorten(commit)}${near === '' ? '' : ` (found: ${near})`}.`,
    'Apply runs on the commit that merging a pull request makes, not on later pushes; or give the digest itself as `approved-plan`.',
  );
}

function describeCandidate({ merged_at, merge_commit_sha, base }: Candidate): string {
  if ((merged_at ?? null) === null) return 'is not merged';
  return `was merged into ${base.ref} as ${shorten(merge_commit_sha ?? 'another commit')}`;
}
