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

/** An object of the answer, before its fields are chosen. */
export interface GraphqlObject {
  /** A concrete type of the schema. */
  readonly type: string;
  readonly value: unknown;
}

export interface GraphqlContext {
  readonly state: GitHubState;
  readonly places: Places;
  readonly token: TokenOptions;
}

type Args = Readonly<Record<string, unknown>>;

export interface FieldDefinition {
  /** A scalar (starts with a small letter) or a type of the schema. */
  readonly type: string;
  readonly args: readonly string[];
  /** `value` is that of a {@link GraphqlObject} of the type that the field is in. */
  readonly resolve: (value: never, args: Args, context: GraphqlContext) => unknown;
}

/** An error that GitHub answers beside what could be found. */
export class GraphqlFieldError extends Error {
  override readonly name = 'GraphqlFieldError';
  readonly type: string;

  constructor(type: string, message: string) {
    super(message);
    this.type = type;
  }
}

interface Page {
  readonly comments: readonly Comment[];
  readonly total: number;
  readonly hasNext: boolean;
  readonly hasPrevious: boolean;
}

const MAX_PAGE = 100;

/** The concrete types behind an interface. */
export const POSSIBLE_TYPES: Readonly<Record<string, readonly string[]>> = {
  Actor: ['User', 'Bot'],
  Node: ['User', 'Bot', 'Repository', 'PullRequest', 'IssueComment'],
  Comment: ['IssueComment'],
};

/** The part of GitHub's schema that is served; what is not here is refused by name. */
export const SCHEMA: Readonly<Record<string, Readonly<Record<string, FieldDefinition>>>> = {
  Query: {
    viewer: field('User', (_: unknown, __, { state, token }) => ({
      type: 'User',
      value: state.authorOf(token),
    })),
    repository: field('Repository', (_: unknown, args, context) => findRepository(args, context), [
      'owner',
      'name',
    ]),
    node: field('Node', (_: unknown, args, context) => findNode(args, context), ['id']),
  },
  Node: { id: abstract() },
  Actor: { login: abstract(), url: abstract('uri'), avatarUrl: abstract('uri') },
  Comment: { id: abstract(), body: abstract() },
  User: actorFields(),
  Bot: actorFields(),
  Repository: {
    id: field('id', ({ id }: Repository) => makeNodeId('R', id)),
    databaseId: field('int', ({ id }: Repository) => id),
    name: field('string', ({ name }: Repository) => name),
    nameWithOwner: field('string', ({ fullName }: Repository) => fullName),
    isPrivate: field('boolean', (repository: Repository) => repository.private),
    pullRequest: field(
      'PullRequest',
      (repository: Repository, args, context) => findPullRequest(repository, args, context),
      ['number'],
    ),
  },
  PullRequest: {
    id: field('id', ({ repository, number }: PullRequest) => makeNodeId('PR', repository, number)),
    number: field('int', ({ number }: PullRequest) => number),
    title: field('string', ({ title }: PullRequest) => title),
    url: field(
      'uri',
      ({ repository, number }: PullRequest, _, { places }) => `${places.web}/${repository}/pull/${number}`,
    ),
    merged: field('boolean', ({ mergedAt }: PullRequest) => mergedAt !== undefined),
    headRefOid: field('oid', ({ headSha }: PullRequest) => headSha),
    headRefName: field('string', ({ headRef }: PullRequest) => headRef),
    baseRefName: field('string', ({ baseRef }: PullRequest) => baseRef),
    isCrossRepository: field(
      'boolean',
      ({ repository, headRepository }: PullRequest) => headRepository !== repository,
    ),
    comments: field('IssueCommentConnection', pageComments, ['first', 'last', 'after', 'before']),
  },
  IssueCommentConnection: {
    totalCount: field('int', ({ total }: Page) => total),
    nodes: field('IssueComment', ({ comments }: Page) => comments.map(wrapComment)),
    pageInfo: field('PageInfo', (page: Page) => ({ type: 'PageInfo', value: page })),
  },
  PageInfo: {
    hasNextPage: field('boolean', ({ hasNext }: Page) => hasNext),
    hasPreviousPage: field('boolean', ({ hasPrevious }: Page) => hasPrevious),
    startCursor: field('string', ({ comments }: Page) => cursorOf(comments[0])),
    endCursor: field('string', ({ comments }: Page) => cursorOf(comments.at(-1))),
  },
  IssueComment: {
    id: field('id', nodeIdOfComment),
    databaseId: field('int', ({ id }: Comment) => id),
    fullDatabaseId: field('bigInt', ({ id }: Comment) => String(id)),
    body: field('string', ({ body }: Comment) => body),
    author: field('Actor', ({ author }: Comment) => wrapActor(author)),
    editor: field('Actor', ({ editor }: Comment) => (editor ? wrapActor(editor) : null)),
    lastEditedAt: field('dateTime', ({ lastEditedAt }: Comment) =>
      lastEditedAt === undefined ? null : formatTime(lastEditedAt),
    ),
    includesCreatedEdit: field('boolean', ({ lastEditedAt }: Comment) => lastEditedAt !== undefined),
    viewerDidAuthor: field('boolean', didAuthor),
    viewerCanUpdate: field('boolean', (_: Comment, __, { token }) => (token.access ?? 'write') === 'write'),
    url: field('uri', (comment: Comment, _, { places }) => pageOfComment(comment, places)),
    createdAt: field('dateTime', ({ createdAt }: Comment) => formatTime(createdAt)),
    updatedAt: field('dateTime', ({ updatedAt }: Comment) => formatTime(updatedAt)),
  },
};

function field(
  type: string,
  resolve: FieldDefinition['resolve'],
  args: readonly string[] = [],
): FieldDefinition {
  return { type, args, resolve };
}

/** A field of an interface: it is there to be asked for, and resolved by the type behind it. */
function abstract(type = 'string'): FieldDefinition {
  return field(type, () => {
    throw new Error('An interface resolves nothing.');
  });
}

function actorFields(): Readonly<Record<string, FieldDefinition>> {
  return {
    id: field('id', nodeIdOf),
    databaseId: field('int', idOf),
    login: field('string', ({ login }: Author) => login),
    url: field('uri', (author: Author, _, { places }) => pageOf(author, places)),
    avatarUrl: field('uri', (author: Author, _, { places }) => `${places.web}/avatars/${idOf(author)}`),
  };
}

/** As an actor, an app's bot goes by its name without `[bot]`; as the viewer and in REST it has it. */
function wrapActor(author: Author): GraphqlObject {
  return { type: author.type, value: { ...author, login: author.login.replace(/\[bot\]$/, '') } };
}

function wrapComment(comment: Comment): GraphqlObject {
  return { type: 'IssueComment', value: comment };
}

function didAuthor({ author }: Comment, _: Args, { state, token }: GraphqlContext): boolean {
  const viewer = state.authorOf(token);
  return author.type === viewer.type && author.login.toLowerCase() === viewer.login.toLowerCase();
}

function findRepository(args: Args, { state, token }: GraphqlContext): GraphqlObject {
  const name = `${String(args['owner'])}/${String(args['name'])}`;
  const repository = state.findRepository(name);
  if (!repository || !canSee(token, repository)) {
    throw new GraphqlFieldError('NOT_FOUND', `Could not resolve to a Repository with the name '${name}'.`);
  }
  return { type: 'Repository', value: repository };
}

function findPullRequest(
  repository: Repository,
  args: Args,
  { state, token }: GraphqlContext,
): GraphqlObject {
  if (!canRead(token, repository)) {
    throw new GraphqlFieldError('FORBIDDEN', 'Resource not accessible by integration');
  }
  const pullRequest = state.findPullRequest(repository.fullName, Number(args['number']));
  if (!pullRequest) {
    const message = `Could not resolve to a PullRequest with the number of ${String(args['number'])}.`;
    throw new GraphqlFieldError('NOT_FOUND', message);
  }
  return { type: 'PullRequest', value: pullRequest };
}

function findNode(args: Args, { state, token }: GraphqlContext): GraphqlObject {
  const id = String(args['id']);
  const number = Number(/^IC_kw(.+)$/.exec(id)?.[1]?.replace(/.+/, decodeNodeId));
  const comment = state.findComment(number);
  const repository = comment && state.findRepository(comment.repository);
  if (!comment || !repository || !canSee(token, repository)) {
    throw new GraphqlFieldError('NOT_FOUND', `Could not resolve to a node with the global id of '${id}'.`);
  }
  return wrapComment(comment);
}

function decodeNodeId(encoded: string): string {
  return Buffer.from(encoded, 'base64url').toString('utf8');
}

function cursorOf(comment: Comment | undefined): string | null {
  return comment ? Buffer.from(`cursor:${comment.id}`).toString('base64') : null;
}

function positionOf(comments: readonly Comment[], cursor: unknown): number {
  const position = comments.findIndex((comment) => cursorOf(comment) === cursor);
  if (position < 0) {
    throw new GraphqlFieldError(
      'INVALID_CURSOR_ARGUMENTS',
      `\`${String(cursor)}\` does not appear to be a valid cursor.`,
    );
  }
  return position;
}

function pageComments(pullRequest: PullRequest, args: Args, { state }: GraphqlContext): GraphqlObject {
  const { first, last, after, before } = args;
  const size = first ?? last;
  if (typeof size !== 'number') {
    const message =
      'You must provide a `first` or `last` value to properly paginate the `comments` connection.';
    throw new GraphqlFieldError('MISSING_PAGINATION_BOUNDARIES', message);
  }
  if (size > MAX_PAGE) {
    const message = `Requesting ${size} records on the \`comments\` connection exceeds the limit of ${MAX_PAGE} records.`;
    throw new GraphqlFieldError('EXCESSIVE_PAGINATION', message);
  }
  const all = state.commentsOf(pullRequest.repository, pullRequest.number);
  const from = typeof after === 'string' ? positionOf(all, after) + 1 : 0;
  const to = typeof before === 'string' ? positionOf(all, before) : all.length;
  const start = typeof first === 'number' ? from : Math.max(from, to - size);
  const end = typeof first === 'number' ? Math.min(to, from + size) : to;
  const page: Page = {
    comments: all.slice(start, end),
    total: all.length,
    hasNext: end < all.length,
    hasPrevious: start > 0,
  };
  return { type: 'IssueCommentConnection', value: page };
}
