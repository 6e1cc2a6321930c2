/**
 * The comments on a pull request that this token's identity wrote, found by the hidden marker on their first line: one per
 * key, written once and then kept up to date in its place.
 */

import { z } from 'zod';

import { ActionError } from '../errors.js';
import { GitHubApiError, unlessNotFound, type ApiErrorKind } from './api-error.js';
import { inRest, type PullRequestPlace } from './repository.js';

export interface MarkedComment {
  /** As the REST API wants it. */
  readonly id: number;
  readonly url: string;
  readonly body: string;
  /** When it was last edited, or else written: milliseconds since the epoch by GitHub's clock, in whole seconds. */
  readonly writtenAt: number;
  /** True when it was written by the identity behind the token, by GitHub's own word. */
  readonly isOwn: boolean;
  /** Without `[bot]`; `ghost` when the account is gone. */
  readonly author: string;
  /** True when nobody but its author ever edited it. Only the last editor is known to GitHub's API. */
  readonly isLastEditOwn: boolean;
  /** Who edited it last; undefined when it was never edited. */
  readonly lastEditor: string | undefined;
}

/**
 * The first line of the comment with this key. The key is percent-encoded, so that no key can end the HTML comment,
 * mention anyone or be mistaken for another key.
 */
export function renderCommentMarker(key: string): string {
  // Through UTF-8 and back, because encodeURIComponent throws for half a surrogate pair.
  const encoded = encodeURIComponent(Buffer.from(key, 'utf8').toString('utf8')).replaceAll('--', '-%2D');
  return `<!-- aws-kms-multi-region-key:comment-key=${encoded} -->`;
}

/**
 * The comments whose first line is this key's marker, oldest first, over all pages, whoever wrote them. A marker further
 * down does not count: the text of a plan could hold one.
 *
 * This asks GraphQL, because REST tells neither who edited a comment nor who the token is: `GET /user` refuses
 * installation tokens such as GITHUB_TOKEN, and logins differ (`github-actions[bot]` there, `github-actions` here).
 * `viewerDidAuthor` is GitHub's own comparison and needs no login.
 *
 * @throws GitHubApiError
 */
export async function findMarkedComments(place: PullRequestPlace, key: string): Promise<MarkedComment[]> {
  const marker = renderCommentMarker(key);
  const found: MarkedComment[] = [];
  let after: string | null = null;
  do {
    const page: CommentPage = await readPage(place, after);
    found.push(...page.nodes.filter(({ body }) => firstLineOf(body) === marker).map(describeComment));
    after = page.pageInfo.hasNextPage ? page.pageInfo.endCursor : null;
  } while (after !== null);
  return found;
}

function firstLineOf(body: string): string {
  return /^[^\r\n]*/.exec(body)?.[0].trimEnd() ?? '';
}

const QUERY = `query ($owner: String!, $name: String!, $number: Int!, $after: String) {
  repository(owner: $owner, name: $name) {
    pullRequest(number: $number) {
      comments(first: 100, after: $after) {
        nodes {
          fullDatabaseId
          url
          body
          viewerDidAuthor
          author { __typename login }
          editor { __typename login }
          createdAt
          lastEditedAt
          includesCreatedEdit
        }
        pageInfo { hasNextPage endCursor }
      }
    }
  }
}`;

// Null for an account that was deleted.
const actorSchema = z.object({ __typename: z.string(), login: z.string() }).nullable();

const commentSchema = z.object({
  fullDatabaseId: z.coerce.number().int().positive(),
  url: z.string(),
  body: z.string(),
  viewerDidAuthor: z.boolean(),
  author: actorSchema,
  editor: actorSchema,
  createdAt: z.string(),
  lastEditedAt: z.string().nullable(),
  includesCreatedEdit: z.boolean(),
});

const pageSchema = z.object({
  nodes: z.array(commentSchema),
  pageInfo: z.object({ hasNextPage: z.boolean(), endCursor: z.string().nullable() }),
});

type CommentPage = z.infer<typeof pageSchema>;

const answerSchema = z.object({
  repository: z.object({ pullRequest: z.object({ comments: pageSchema }) }),
});

async function readPage(place: PullRequestPlace, after: string | null): Promise<CommentPage> {
  const { client, repository, pullRequest } = place;
  const answer = await client.graphql(QUERY, { ...repository, number: pullRequest, after });
  const parsed = answerSchema.safeParse(answer);
  if (!parsed.success) {
    const fields = parsed.error.issues.map(({ path }) => path.join('.'));
    throw new GitHubApiError('refused', `The answer lacks what was asked for: ${fields.join(', ')}.`);
  }
  return parsed.data.repository.pullRequest.comments;
}

function describeComment(comment: z.infer<typeof commentSchema>): MarkedComment {
  const { author, editor, createdAt, lastEditedAt } = comment;
  // An editor that is null although there was an edit is an account that is gone, and could have been anyone's.
  const wasEdited = editor !== null || lastEditedAt !== null || comment.includesCreatedEdit;
  return {
    id: comment.fullDatabaseId,
    url: comment.url,
    body: comment.body,
    writtenAt: Date.parse(lastEditedAt ?? createdAt),
    isOwn: comment.viewerDidAuthor,
    author: loginOf(author),
    isLastEditOwn: !wasEdited || isSameActor(author, editor),
    lastEditor: wasEdited ? loginOf(editor) : undefined,
  };
}

type Actor = z.infer<typeof actorSchema>;

function loginOf(actor: Actor): string {
  return actor?.login ?? 'ghost';
}

function isSameActor(one: Actor, other: Actor): boolean {
  return one !== null && one.login === other?.login && one.__typename === other.__typename;
}

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
    if (choice === 'new') return await createComment(options);
    // A comment that was deleted since it was found is written anew.
    return (await unlessNotFound(updateComment(options, choice))) ?? (await createComment(options));
  } catch (error) {
    if (!(error instanceof GitHubApiError)) throw error;
    const { kind } = error;
    if (kind === 'forbidden' || kind === 'not-found')
      return { status: 'not-permitted', reason: explainNoPermission(options.pullRequest, error) };
    throw new ActionError(
      {
        what: `The comment on pull request #${options.pullRequest} could not be written: ${error.says}.`,
        done: 'The job summary and the outputs say the same.',
        next: AFTER_FAILURE[kind],
      },
      { cause: error },
    );
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

async function updateComment(
  options: UpsertCommentOptions,
  existing: MarkedComment,
): Promise<WrittenComment> {
  const { client, repository, body } = options;
  // Someone else's edit is written over even when it came out the same: only then is it this token's word again.
  if (saysTheSame(existing.body, body) && existing.isLastEditOwn) {
    return { status: 'unchanged', url: existing.url, id: existing.id };
  }
  const place = { ...inRest(repository), comment_id: existing.id };
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
      if (!isUnanswered || attempt === CREATE_ATTEMPTS) throw error;
      await options.client.pause(APPEARANCE_MS * attempt);
      const appeared = await chooseComment(options);
      if (typeof appeared !== 'string')
        return { ...(await updateComment(options, appeared)), status: 'created' };
    }
  }
}

async function createOnce(options: UpsertCommentOptions): Promise<WrittenComment> {
  const { client, repository, pullRequest, body } = options;
  const place = { ...inRest(repository), issue_number: pullRequest };
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

const AFTER_FAILURE: Readonly<Record<Exclude<ApiErrorKind, 'forbidden' | 'not-found'>, string>> = {
  unauthorized: 'Check `github-token`: it is not valid for this GitHub, or it has expired.',
  'rate-limited': 'Run the job again later, or give it a `github-token` of its own.',
  unanswered: "Run the job again; if it stays so, look at GitHub's status page.",
  refused: 'Run the job again with debug logging to see the whole answer.',
};
