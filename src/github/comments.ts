/** The comment on the pull request: one per key, written once and then kept up to date in its place. */

import { ActionError } from '../errors.js';
import { GitHubApiError } from './api-error.js';
import {
  findMarkedComments,
  renderCommentMarker,
  type MarkedComment,
  type PullRequestPlace,
} from './own-comments.js';

export { renderCommentMarker } from './own-comments.js';

export interface UpsertCommentOptions extends PullRequestPlace {
  /** Names the comment: comments with other keys are not touched. */
  readonly key: string;
  /** The whole comment; its first line is {@link renderCommentMarker} of the key. At most 65,536 characters. */
  readonly body: string;
  /** Which of the comments that are there is to be written over; the first one unless told. */
  readonly choose?: (own: readonly MarkedComment[]) => Choice;
}

/** A comment to write over; `new` for one more below them, `none` for nothing at all. */
export type Choice = MarkedComment | 'new' | 'none';

export type UpsertCommentResult =
  | {
      readonly status: 'created' | 'updated' | 'unchanged';
      readonly url: string;
      readonly id: number;
    }
  /** The token may not comment there; `reason` is one or two sentences for a notice. */
  | { readonly status: 'not-permitted'; readonly reason: string }
  /** There is none, and none was to be created. */
  | { readonly status: 'absent' };

type WrittenComment = Extract<UpsertCommentResult, { readonly url: string }>;

const CREATE_ATTEMPTS = 3;
/** How long a comment whose creation was not answered may take to be seen. */
const APPEARANCE_MS = 2_000;

/**
 * Writes the comment of this key, or updates it when this token's identity has written it before. A comment that
 * someone else wrote with the same marker is left alone. Nothing is called when it already says the same.
 *
 * A token that may not comment (a fork's, a read-only one, a locked conversation) is a result, not an error.
 *
 * @throws ActionError when the token is not valid, GitHub does not answer, or it refuses the body
 */
export async function upsertComment(options: UpsertCommentOptions): Promise<UpsertCommentResult> {
  try {
    assertMarked(options);
    const choice = await chooseComment(options);
    if (choice === 'none') return { status: 'absent' };
    return choice === 'new' ? await createComment(options) : await updateOrReplaceComment(options, choice);
  } catch (error) {
    if (!(error instanceof GitHubApiError)) {
      throw error;
    }
    if (error.kind === 'forbidden' || error.kind === 'not-found') {
      return { status: 'not-permitted', reason: explainNoPermission(options.pullRequest, error) };
    }
    throw explainFailure(options.pullRequest, error);
  }
}

function assertMarked({ key, body }: UpsertCommentOptions): void {
  if (!body.startsWith(`${renderCommentMarker(key)}\n`)) {
    throw new TypeError('The first line of the comment is not the marker of its key.');
  }
}

/** The oldest, should two runs have written one each at the same time. */
async function chooseComment(options: UpsertCommentOptions): Promise<Choice> {
  const choose = options.choose ?? ((own: readonly MarkedComment[]): Choice => own[0] ?? 'new');
  const marked = await findMarkedComments(options, options.key);
  return choose(marked.filter(({ isOwn }) => isOwn));
}

/** A comment that was deleted since it was found is written anew. */
async function updateOrReplaceComment(
  options: UpsertCommentOptions,
  existing: MarkedComment,
): Promise<WrittenComment> {
  try {
    return await updateComment(options, existing);
  } catch (error) {
    if (error instanceof GitHubApiError && error.kind === 'not-found') {
      return createComment(options);
    }
    throw error;
  }
}

async function updateComment(
  options: UpsertCommentOptions,
  existing: MarkedComment,
): Promise<WrittenComment> {
  const { client, repository, body } = options;
  // Someone else's edit is written over even when it came out the same: only then is it this token's word again.
  if (saysTheSame(existing.body, body) && existing.isLastEditOwn) {
    return { status: 'unchanged', url: existing.url, id: existing.id };
  }
  const place = { owner: repository.owner, repo: repository.name, comment_id: existing.id };
  const { data } = await client.rest.issues.updateComment({ ...place, body });
  return { status: 'updated', url: data.html_url, id: data.id };
}

/** GitHub keeps line ends and surrounding space as its editor and its API see fit. */
function saysTheSame(one: string, other: string): boolean {
  const normalise = (body: string): string => body.replaceAll('\r\n', '\n').trim();
  return normalise(one) === normalise(other);
}

/** A creation that was not answered may have happened: look before trying again, or there would be two. */
async function createComment(options: UpsertCommentOptions): Promise<WrittenComment> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await createOnce(options);
    } catch (error) {
      const isUnanswered = error instanceof GitHubApiError && error.kind === 'unanswered';
      if (!isUnanswered || attempt === CREATE_ATTEMPTS) {
        throw error;
      }
      await options.client.pause(APPEARANCE_MS * attempt);
      const appeared = await chooseComment(options);
      if (typeof appeared !== 'string') {
        return { ...(await updateComment(options, appeared)), status: 'created' };
      }
    }
  }
}

async function createOnce({
  client,
  repository,
  pullRequest,
  body,
}: UpsertCommentOptions): Promise<WrittenComment> {
  const place = { owner: repository.owner, repo: repository.name, issue_number: pullRequest };
  const { data } = await client.rest.issues.createComment({ ...place, body });
  return { status: 'created', url: data.html_url, id: data.id };
}

function explainNoPermission(pullRequest: number, { kind, message }: GitHubApiError): string {
  const fix =
    kind === 'not-found'
      ? 'A token gets this answer for a repository or pull request that it may not see.'
      : 'Pull requests from forks and by Dependabot have a read-only token; any other job needs `permissions: { pull-requests: write }`.';
  return `GitHub does not let this token comment on pull request #${pullRequest} ("${message}"). ${fix}`;
}

const FAILURES: Readonly<Record<GitHubApiError['kind'], string>> = {
  unauthorized: 'Check `github-token`: it is not valid for this GitHub, or it has expired.',
  forbidden: 'Give the job `permissions: { pull-requests: write }`.',
  'not-found': 'Check that `github-token` may see this repository.',
  'rate-limited': 'Run the job again later, or give it a `github-token` of its own.',
  unanswered: "Run the job again; if it stays so, look at GitHub's status page.",
  refused: 'Run the job again with debug logging to see the whole answer.',
};

function explainFailure(pullRequest: number, error: GitHubApiError): ActionError {
  return new ActionError(
    {
      what: `The comment on pull request #${pullRequest} could not be written: ${describe(error)}.`,
      done: 'The job summary and the outputs say the same.',
      next: FAILURES[error.kind],
    },
    { cause: error },
  );
}

function describe({ kind, message }: GitHubApiError): string {
  return kind === 'unanswered' ? 'GitHub did not answer' : `GitHub says "${message}"`;
}
