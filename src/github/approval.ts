/** What a reviewer let in by merging: the plan in this action's own comment on the pull request of the commit. */

import type { ActionError } from '../errors.js';
import { GitHubApiError } from './api-error.js';
import {
  parseApprovalRecord,
  parseApprovalRecordAmong,
  tellsApply,
  type ApprovalRecord,
  type ParsedApprovalRecord,
} from './approval-record.js';
import {
  findMergedPullRequest,
  notApplied,
  USE_THE_DIGEST,
  type MergedCommit,
  type MergedPullRequest,
} from './merged-pull-request.js';
import { findMarkedComments, type MarkedComment } from './comments.js';
import { nameOf, shorten } from './repository.js';

export interface ReadApprovalOptions extends MergedCommit {
  readonly commentKey: string;
  /** The comment key of a comment that shows the plans of many keys, this one's among them; it goes before the key's own. */
  readonly among?: string | undefined;
  /** The answer of `findMergedPullRequest`, where it has been asked for already. */
  readonly mergedPullRequest?: Promise<MergedPullRequest> | undefined;
}

export interface Approval {
  /** The approved plan's digest. */
  readonly digest: string;
  readonly pullRequest: number;
  readonly commentUrl: string;
  /** The whole record, for telling in words what differs. */
  readonly record: ApprovalRecord;
}

/**
 * Reads which plan was approved by merging the pull request that the commit came from. All of this has to hold, in
 * this order, and the error names the first that does not:
 *
 * 1. the run is on a branch;
 * 2. exactly one pull request was merged into that branch as this commit (the merge commit, the squashed commit, or
 *    the last of the rebased ones: GitHub's `merge_commit_sha` is each of these);
 * 3. exactly one of its comments with this key, by this token's identity, holds a record;
 * 4. nobody else edited that comment last;
 * 5. by GitHub's own clock it was last written before the merge, to the second: what was written later nobody can have
 *    seen who merged, whoever wrote it;
 * 6. the comment ends with one whole record;
 * 7. the record is of this repository, this pull request and this key;
 * 8. the commit that was planned is the last one of the pull request's branch.
 *
 * @throws ActionError when one of these does not hold, or GitHub could not be asked
 */
export async function readApproval(options: ReadApprovalOptions): Promise<Approval> {
  try {
    const pullRequest = await (options.mergedPullRequest ?? findMergedPullRequest(options));
    const shelf = await findShelf(options, pullRequest.number);
    const comment = findTrustedComment(shelf, pullRequest);
    const record = readRecord(options, pullRequest, comment);
    return { digest: record.digest, pullRequest: pullRequest.number, commentUrl: comment.url, record };
  } catch (error) {
    throw error instanceof GitHubApiError ? explainApiError(error) : error;
  }
}

interface ReadComment extends MarkedComment {
  readonly parsed: ParsedApprovalRecord;
}

/** Comments that may hold the record. */
interface Shelf {
  readonly commentKey: string;
  readonly marked: readonly ReadComment[];
}

async function findShelf(options: ReadApprovalOptions, pullRequest: number): Promise<Shelf> {
  const { among, commentKey } = options;
  const shelfOf = async (key: string, parse: (body: string) => ParsedApprovalRecord): Promise<Shelf> => {
    const marked = await findMarkedComments({ ...options, pullRequest }, key);
    return { commentKey: key, marked: marked.map((each) => ({ ...each, parsed: parse(each.body) })) };
  };
  if (among !== undefined) {
    const shared = await shelfOf(among, (body) => parseApprovalRecordAmong(body, commentKey));
    if (shared.marked.some(({ isOwn, parsed }) => isOwn && parsed.found !== 'none')) return shared;
  }
  return shelfOf(commentKey, parseApprovalRecord);
}

function findTrustedComment(shelf: Shelf, { number, mergedAt }: MergedPullRequest): ReadComment {
  const only = chooseComment(number, shelf);
  if (!only.isLastEditOwn) {
    throw notApplied(
      `The comment with the approved plan (${only.url}) was last edited by ${only.lastEditor ?? 'ghost'}, and not by the identity of this token.`,
      ANEW,
    );
  }
  if (!(only.writtenAt <= mergedAt)) {
    throw notApplied(
      `The comment with the plan (${only.url}) was written at ${formatTime(only.writtenAt)}, after #${number} was merged at ${formatTime(mergedAt)}: whoever merged it had not seen that plan.`,
      `Let the plan job end before the merge: make it a required check of the branch. For now: ${ANEW}`,
    );
  }
  return only;
}

/** The one with the record: others with the key tell what became of it. */
function chooseComment(pullRequest: number, { commentKey, marked }: Shelf): ReadComment {
  const key = JSON.stringify(commentKey);
  const own = marked.filter(({ isOwn }) => isOwn);
  const [only, ...others] = own.filter(({ parsed }) => parsed.found !== 'none');
  if (others.length > 0) {
    throw notApplied(
      `Pull request #${pullRequest} has ${others.length + 1} comments with the key ${key} and a plan to approve, so it is not clear which one was approved.`,
      ANEW,
    );
  }
  if (only !== undefined) return only;
  const applied = own.find(({ body }) => tellsApply(body));
  if (applied !== undefined) {
    throw notApplied(
      `The plan that was approved on pull request #${pullRequest} was applied (${applied.url}), and an approval is used once.`,
      ANEW,
    );
  }
  const [comment] = own;
  if (comment !== undefined) {
    throw notApplied(
      `The comment of the plan (${comment.url}) holds no record of a plan that could be approved.`,
      ANEW,
    );
  }
  const foreign = marked[0] ? ` The one there is was written by ${marked[0].author}.` : '';
  throw notApplied(
    `Pull request #${pullRequest} has no comment with the key ${key} by the identity of this token.${foreign}`,
    `Check that plan and apply have the same \`comment-key\` and the same kind of \`github-token\`, and that plan ran with \`comment: always\` before the merge. ${ANEW}`,
  );
}

function formatTime(milliseconds: number): string {
  return Number.isFinite(milliseconds)
    ? new Date(milliseconds).toISOString().replace('.000Z', 'Z')
    : 'no known time';
}

function readRecord(
  options: ReadApprovalOptions,
  pullRequest: MergedPullRequest,
  { url, parsed }: ReadComment,
): ApprovalRecord {
  if (parsed.found !== 'one') {
    const why = parsed.found === 'none' ? 'no record of it' : `no valid record of it: ${parsed.reason}`;
    throw notApplied(`The comment with the approved plan (${url}) holds ${why}.`, ANEW);
  }
  const { record } = parsed;
  const mismatch = findMismatch(record, options, pullRequest);
  if (mismatch === undefined) return record;
  throw notApplied(`The plan in ${url} is not the one to apply: ${mismatch}.`, ANEW);
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

const ANEW = `Open a pull request, have its plan reviewed and merge it. ${USE_THE_DIGEST}`;

/** What GitHub's refusal means for an approval. */
export function explainApiError({ kind, says }: GitHubApiError): ActionError {
  const isPermission = kind === 'forbidden' || kind === 'not-found' || kind === 'unauthorized';
  return notApplied(
    `The approval could not be read from the pull request: ${says}.`,
    isPermission
      ? 'Give the job `permissions: { contents: read, pull-requests: read }`, and check `github-token`.'
      : 'Run the job again later: the plan will be checked again.',
  );
}
