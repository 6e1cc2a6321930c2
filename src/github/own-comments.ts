/** The comments on a pull request that this token's identity wrote, found by the hidden marker on their first line. */

import { z } from 'zod';

import type { RepositoryName } from '../runner/context.js';
import { GitHubApiError } from './api-error.js';
import type { GitHubClient } from './client.js';

export interface PullRequestPlace {
  readonly client: GitHubClient;
  readonly repository: RepositoryName;
  readonly pullRequest: number;
}

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
  if (one === null || other === null) return false;
  return one.login === other.login && one.__typename === other.__typename;
}
