/** What a reviewer let in by merging: the plan in this action's own comment on the pull request of the commit. */

import type { RepositoryName } from '../context.js';
import { ActionError } from '../errors.js';
import { parseApprovalRecord, type ApprovalRecord } from '../report/approval-record.js';
import { GitHubApiError } from './api-error.js';
import type { GitHubClient } from './client.js';
import { findMarkedComments, type MarkedComment } from './own-comments.js';

export interface ReadApprovalOptions {
  readonly client: GitHubClient;
  readonly repository: RepositoryName;
  /** The full id of the commit that is to be applied. */
  readonly commit: string;
  /** The ref that is being run, e.g. `refs/heads/main`. */
  readonly ref: string;
  readonly commentKey: string;
}

export interface Approval {
  /** The approved plan's digest. */
  readonly digest: string;
  readonly pullRequest: number;
  readonly commentUrl: string;
  /** The whole record, for telling in words what differs. */
  readonly record: ApprovalRecord;
}

interface MergedPullRequest {
  readonly number: number;
  readonly headSha: string;
}

/** A commit that was merged moments ago may not be known as part of its pull request yet: look this often, and wait. */
const LOOKS = 3;
const PAUSE_MS = 3_000;

/**
 * Reads which plan was approved by merging the pull request that the commit came from. All of this has to hold, in
 * this order, and the error names the first that does not:
 *
 * 1. the run is on a branch;
 * 2. exactly one pull request was merged into that branch as this commit (the merge commit, the squashed commit, or
 *    the last of the rebased ones: GitHub's `merge_commit_sha` is each of these);
 * 3. it has exactly one comment with this key that this token's identity wrote;
 * 4. nobody else edited that comment last;
 * 5. the comment ends with one whole record;
 * 6. the record is of this repository, this pull request and this key;
 * 7. the commit that was planned is the last one of the pull request's branch.
 *
 * @throws ActionError when one of these does not hold, or GitHub could not be asked
 */
export async function readApproval(options: ReadApprovalOptions): Promise<Approval> {
  try {
    const pullRequest = await findMergedPullRequest(options);
    const comment = await findTrustedComment(options, pullRequest.number);
    const record = readRecord(options, pullRequest, comment);
    return { digest: record.digest, pullRequest: pullRequest.number, commentUrl: comment.url, record };
  } catch (error) {
    if (error instanceof GitHubApiError) {
      throw explainApiError(error);
    }
    throw error;
  }
}

async function findMergedPullRequest(options: ReadApprovalOptions): Promise<MergedPullRequest> {
  const branch = /^refs\/heads\/(.+)$/.exec(options.ref)?.[1];
  if (branch === undefined) {
    throw refuse(
      `\`approved-plan: pull-request\` works on the branch that pull requests are merged into, and this run is on ${options.ref}.`,
      'Run apply on a push to that branch, or give the digest itself as `approved-plan`.',
    );
  }
  const candidates = await listPullRequestsOf(options);
  const merged = candidates.filter((each) => wasMergedAs(each, options, branch));
  const [only, ...others] = merged;
  if (only === undefined) {
    throw explainNoPullRequest(options.commit, branch, candidates);
  }
  if (others.length > 0) {
    const numbers = merged.map(({ number }) => `#${number}`).join(', ');
    throw refuse(
      `Commit ${shorten(options.commit)} is the merge of more than one pull request (${numbers}), so it is not clear whose plan was approved.`,
      USE_THE_DIGEST,
    );
  }
  return { number: only.number, headSha: only.head.sha };
}

type Candidate = Awaited<
  ReturnType<GitHubClient['rest']['repos']['listPullRequestsAssociatedWithCommit']>
>['data'][number];

async function listPullRequestsOf({ client, repository, commit }: ReadApprovalOptions): Promise<Candidate[]> {
  const list = client.rest.repos.listPullRequestsAssociatedWithCommit;
  const place = { owner: repository.owner, repo: repository.name, commit_sha: commit, per_page: 100 };
  for (let look = 1; ; look += 1) {
    const found = await client.paginate(list, place);
    if (found.length > 0 || look === LOOKS) {
      return found;
    }
    await client.pause(PAUSE_MS);
  }
}

function wasMergedAs(
  candidate: Candidate,
  { repository, commit }: ReadApprovalOptions,
  branch: string,
): boolean {
  // A commit is also found by pull requests that forks and other branches have of it.
  const isHere = candidate.base.repo.full_name.toLowerCase() === nameOf(repository).toLowerCase();
  const isMerged = (candidate.merged_at ?? null) !== null && candidate.merge_commit_sha === commit;
  return isHere && isMerged && candidate.base.ref === branch;
}

function explainNoPullRequest(commit: string, branch: string, candidates: readonly Candidate[]): ActionError {
  const near = candidates.map((each) => `#${each.number} ${describeCandidate(each)}`).join('; ');
  return refuse(
    `No pull request was merged into ${branch} as commit ${shorten(commit)}${near === '' ? '' : ` (found: ${near})`}.`,
    'Apply runs on the commit that merging a pull request makes, not on later pushes; or give the digest itself as `approved-plan`.',
  );
}

function describeCandidate({ merged_at, merge_commit_sha, base }: Candidate): string {
  if ((merged_at ?? null) === null) {
    return 'is not merged';
  }
  return `was merged into ${base.ref} as ${shorten(merge_commit_sha ?? 'another commit')}`;
}

async function findTrustedComment(options: ReadApprovalOptions, pullRequest: number): Promise<MarkedComment> {
  const marked = await findMarkedComments({ ...options, pullRequest }, options.commentKey);
  const [only, ...others] = marked.filter(({ isOwn }) => isOwn);
  const key = JSON.stringify(options.commentKey);
  if (only === undefined) {
    const foreign = marked[0] ? ` The one there is was written by ${marked[0].author}.` : '';
    throw refuse(
      `Pull request #${pullRequest} has no comment with the key ${key} by the identity of this token.${foreign}`,
      'Check that plan and apply have the same `comment-key` and the same kind of `github-token`, and that plan ran with `comment: always`.',
    );
  }
  if (others.length > 0) {
    throw refuse(
      `Pull request #${pullRequest} has ${others.length + 1} comments with the key ${key}, so it is not clear which plan was approved.`,
      `Delete all of them but the right one. ${USE_THE_DIGEST}`,
    );
  }
  if (!only.isLastEditOwn) {
    throw refuse(
      `The comment with the approved plan (${only.url}) was last edited by ${only.lastEditor ?? 'ghost'}, and not by the identity of this token.`,
      `Run the plan job of the pull request again, which writes the comment anew. ${USE_THE_DIGEST}`,
    );
  }
  return only;
}

function readRecord(
  options: ReadApprovalOptions,
  pullRequest: MergedPullRequest,
  comment: MarkedComment,
): ApprovalRecord {
  const parsed = parseApprovalRecord(comment.body);
  if (parsed.found !== 'one') {
    const why =
      parsed.found === 'none' ? 'holds no record of it' : `holds no valid record of it: ${parsed.reason}`;
    throw refuse(
      `The comment with the approved plan (${comment.url}) ${why}.`,
      `${PLAN_AGAIN} ${USE_THE_DIGEST}`,
    );
  }
  const { record } = parsed;
  const mismatch = findMismatch(record, options, pullRequest);
  if (mismatch !== undefined) {
    throw refuse(
      `The plan in ${comment.url} is not the one to apply: ${mismatch}.`,
      `${PLAN_AGAIN} ${USE_THE_DIGEST}`,
    );
  }
  return record;
}

/** What a copied or an outdated record gives away. */
function findMismatch(
  record: ApprovalRecord,
  { repository, commentKey }: ReadApprovalOptions,
  pullRequest: MergedPullRequest,
): string | undefined {
  if (record.repository.toLowerCase() !== nameOf(repository).toLowerCase()) {
    return `it was made for the repository ${record.repository}`;
  }
  if (record.pullRequest !== pullRequest.number) {
    return `it was made for pull request #${record.pullRequest}, and #${pullRequest.number} was merged`;
  }
  if (record.commentKey !== commentKey) {
    return `it was made with the comment key ${JSON.stringify(record.commentKey)}, and this is ${JSON.stringify(commentKey)}`;
  }
  if (record.commit !== pullRequest.headSha) {
    return `it was made at commit ${shorten(record.commit)}, and the last commit of #${pullRequest.number} is ${shorten(pullRequest.headSha)}`;
  }
  return undefined;
}

const PLAN_AGAIN = 'Plan it again on a pull request and merge that.';
const USE_THE_DIGEST =
  'Or plan in this workflow and give its digest as `approved-plan`, behind an environment with reviewers.';

function refuse(what: string, next: string): ActionError {
  return new ActionError({ what, done: 'Nothing was applied.', next });
}

function explainApiError({ kind, message }: GitHubApiError): ActionError {
  const what = `The approval could not be read from the pull request: ${
    kind === 'unanswered' ? 'GitHub did not answer' : `GitHub says "${message}"`
  }.`;
  const isPermission = kind === 'forbidden' || kind === 'not-found' || kind === 'unauthorized';
  return refuse(
    what,
    isPermission
      ? 'Give the job `permissions: { contents: read, pull-requests: read }`, and check `github-token`.'
      : 'Run the job again later: the plan will be checked anew.',
  );
}

function nameOf({ owner, name }: RepositoryName): string {
  return `${owner}/${name}`;
}

function shorten(sha: string): string {
  return /^[0-9a-f]{40,64}$/.test(sha) ? sha.slice(0, 7) : sha;
}
