import { GraphQLError } from 'graphql';

import { canRead, canSee } from './rest.js';
import {
  formatTime,
  idOf,
  makeNodeId,
  nodeIdOf,
  nodeIdOfComment,
  pageOf,
  pageOfComment,
  type Places,
} from './shapes.js';
import type { GitHubState } from './state.js';
import type { Author, Comment, PullRequest, Repository, TokenOptions } from './types.js';

/** What every resolver works on. */
export interface GraphqlContext {
  readonly state: GitHubState;
  readonly places: Places;
  readonly token: TokenOptions;
}

/** An object of the schema: values, or functions of the field's arguments, for graphql-js's own resolver. */
type Resolvable = Readonly<Record<string, unknown>>;

const MAX_PAGE = 100;

/** An error with the `type` that GitHub puts beside the message. */
function fieldError(type: string, message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { type } });
}

/** The root of a query, for whoever holds the token. */
export function resolveRoot(context: GraphqlContext): Resolvable {
  const { state, token } = context;
  return {
    viewer: () => ({ ...resolveAccount(state.authorOf(token), context), __typename: 'User' }),
    repository: (args: { owner: string; name: string }) => findRepository(args, context),
    node: ({ id }: { id: string }) => findNode(id, context),
  };
}

function findRepository(
  { owner, name }: { owner: string; name: string },
  context: GraphqlContext,
): Resolvable {
  const fullName = `${owner}/${name}`;
  const repository = context.state.findRepository(fullName);
  if (!repository || !canSee(context.token, repository))
    throw fieldError('NOT_FOUND', `Could not resolve to a Repository with the name '${fullName}'.`);
  return resolveRepository(repository, context);
}

function findNode(id: string, context: GraphqlContext): Resolvable {
  const { state, token } = context;
  const number = Number(/^IC_kw(.+)$/.exec(id)?.[1]?.replace(/.+/, decodeNodeId));
  const comment = state.findComment(number);
  const repository = comment && state.findRepository(comment.repository);
  if (!comment || !repository || !canSee(token, repository))
    throw fieldError('NOT_FOUND', `Could not resolve to a node with the global id of '${id}'.`);
  return resolveComment(comment, context);
}

function decodeNodeId(encoded: string): string {
  return Buffer.from(encoded, 'base64url').toString('utf8');
}

function resolveAccount(author: Author, { places }: GraphqlContext): Resolvable {
  return {
    __typename: author.type,
    id: nodeIdOf(author),
    databaseId: idOf(author),
    login: author.login,
    url: pageOf(author, places),
    avatarUrl: `${places.web}/avatars/${idOf(author)}`,
  };
}

/** As an actor, an app's bot goes by its name without `[bot]`; as the viewer and in REST it has it. */
function resolveActor(author: Author, context: GraphqlContext): Resolvable {
  return resolveAccount({ ...author, login: author.login.replace(/\[bot\]$/, '') }, context);
}

function resolveRepository(repository: Repository, context: GraphqlContext): Resolvable {
  return {
    __typename: 'Repository',
    id: makeNodeId('R', repository.id),
    databaseId: repository.id,
    name: repository.name,
    nameWithOwner: repository.fullName,
    isPrivate: repository.private,
    pullRequest: ({ number }: { number: number }) => findPullRequest(repository, number, context),
  };
}

function findPullRequest(repository: Repository, number: number, context: GraphqlContext): Resolvable {
  if (!canRead(context.token, repository))
    throw fieldError('FORBIDDEN', 'Resource not accessible by integration');
  const pullRequest = context.state.findPullRequest(repository.fullName, number);
  if (!pullRequest)
    throw fieldError('NOT_FOUND', `Could not resolve to a PullRequest with the number of ${number}.`);
  return resolvePullRequest(pullRequest, context);
}

function resolvePullRequest(pullRequest: PullRequest, context: GraphqlContext): Resolvable {
  const { repository, number } = pullRequest;
  return {
    __typename: 'PullRequest',
    id: makeNodeId('PR', repository, number),
    number,
    title: pullRequest.title,
    url: `${context.places.web}/${repository}/pull/${number}`,
    merged: pullRequest.mergedAt !== undefined,
    headRefOid: pullRequest.headSha,
    headRefName: pullRequest.headRef,
    baseRefName: pullRequest.baseRef,
    isCrossRepository: pullRequest.headRepository !== repository,
    comments: (page: PageRequest) => resolveComments(pullRequest, page, context),
  };
}

interface PageRequest {
  readonly first?: number | null;
  readonly last?: number | null;
  readonly after?: string | null;
  readonly before?: string | null;
}

/** One page, by GitHub's rules for connections. */
function resolveComments(pullRequest: PullRequest, page: PageRequest, context: GraphqlContext): Resolvable {
  const size = pageSize(page);
  const all = context.state.commentsOf(pullRequest.repository, pullRequest.number);
  const from = page.after == null ? 0 : positionOf(all, page.after) + 1;
  const to = page.before == null ? all.length : positionOf(all, page.before);
  const forwards = page.first != null;
  const start = forwards ? from : Math.max(from, to - size);
  const end = forwards ? Math.min(to, from + size) : to;
  const comments = all.slice(start, end);
  return {
    totalCount: all.length,
    nodes: comments.map((comment) => resolveComment(comment, context)),
    pageInfo: {
      hasNextPage: end < all.length,
      hasPreviousPage: start > 0,
      startCursor: cursorOf(comments[0]),
      endCursor: cursorOf(comments.at(-1)),
    },
  };
}

function pageSize({ first, last }: PageRequest): number {
  const size = first ?? last;
  if (size == null)
    throw fieldError(
      'MISSING_PAGINATION_BOUNDARIES',
      'You must provide a `first` or `last` value to properly paginate the `comments` connection.',
    );
  if (size > MAX_PAGE)
    throw fieldError(
      'EXCESSIVE_PAGINATION',
      `Requesting ${size} records on the \`comments\` connection exceeds the limit of ${MAX_PAGE} records.`,
    );
  return size;
}

function cursorOf(comment: Comment | undefined): string | null {
  return comment ? Buffer.from(`cursor:${comment.id}`).toString('base64') : null;
}

function positionOf(comments: readonly Comment[], cursor: string): number {
  const position = comments.findIndex((comment) => cursorOf(comment) === cursor);
  if (position < 0)
    throw fieldError('INVALID_CURSOR_ARGUMENTS', `\`${cursor}\` does not appear to be a valid cursor.`);
  return position;
}

function resolveComment(comment: Comment, context: GraphqlContext): Resolvable {
  const { author, editor, lastEditedAt } = comment;
  const { state, token, places } = context;
  return {
    __typename: 'IssueComment',
    id: nodeIdOfComment(comment),
    databaseId: comment.id,
    fullDatabaseId: String(comment.id),
    body: comment.body,
    author: resolveActor(author, context),
    editor: editor ? resolveActor(editor, context) : null,
    lastEditedAt: lastEditedAt === undefined ? null : formatTime(lastEditedAt),
    includesCreatedEdit: lastEditedAt !== undefined,
    viewerDidAuthor: isSame(author, state.authorOf(token)),
    viewerCanUpdate: (token.access ?? 'write') === 'write',
    url: pageOfComment(comment, places),
    createdAt: formatTime(comment.createdAt),
    updatedAt: formatTime(comment.updatedAt),
  };
}

function isSame(one: Author, other: Author): boolean {
  return one.type === other.type && one.login.toLowerCase() === other.login.toLowerCase();
}
