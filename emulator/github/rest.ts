import type { HttpRequest } from '../http.js';
import { notAccessible, notFound, refuse, type Answer } from './answers.js';
import {
  showAuthenticatedUser,
  showComment,
  showContent,
  showComparison,
  showFile,
  showPullRequest,
  showPullRequestInList,
  showRepository,
  type Places,
} from './shapes.js';
import type { GitHubState } from './state.js';
import type { Commit, Repository, TokenOptions } from './types.js';

/** GitHub's limit for a comment, in characters. */
const MAX_BODY_CHARACTERS = 65_536;
const DEFAULT_PER_PAGE = 30;
const MAX_PER_PAGE = 100;

interface RestCall {
  readonly state: GitHubState;
  readonly places: Places;
  readonly token: TokenOptions;
  readonly request: HttpRequest;
  /** What the placeholders of the path stand for, decoded. */
  readonly path: Readonly<Record<string, string>>;
}

interface RepositoryCall extends RestCall {
  readonly repository: Repository;
}

interface Operation {
  /** As in GitHub's OpenAPI description. */
  readonly id: string;
  readonly method: string;
  readonly path: RegExp;
  readonly answer: (call: RestCall) => Answer;
}

const REPOSITORY = '/repos/(?<owner>[^/]+)/(?<repo>[^/]+)';

const OPERATIONS: readonly Operation[] = [
  operation('users/get-authenticated', 'GET', '/user', getUser),
  operation('repos/get', 'GET', REPOSITORY, inRepository(getRepository)),
  operation(
    'issues/list-comments',
    'GET',
    `${REPOSITORY}/issues/(?<number>\\d+)/comments`,
    inReadableRepository(listComments),
  ),
  operation(
    'issues/create-comment',
    'POST',
    `${REPOSITORY}/issues/(?<number>\\d+)/comments`,
    inReadableRepository(createComment),
  ),
  operation(
    'issues/get-comment',
    'GET',
    `${REPOSITORY}/issues/comments/(?<id>\\d+)`,
    inReadableRepository(getComment),
  ),
  operation(
    'issues/update-comment',
    'PATCH',
    `${REPOSITORY}/issues/comments/(?<id>\\d+)`,
    inReadableRepository(updateComment),
  ),
  operation(
    'issues/delete-comment',
    'DELETE',
    `${REPOSITORY}/issues/comments/(?<id>\\d+)`,
    inReadableRepository(deleteComment),
  ),
  operation('pulls/get', 'GET', `${REPOSITORY}/pulls/(?<number>\\d+)`, inReadableRepository(getPullRequest)),
  operation(
    'pulls/list-files',
    'GET',
    `${REPOSITORY}/pulls/(?<number>\\d+)/files`,
    inReadableRepository(listFiles),
  ),
  operation(
    'repos/compare-commits',
    'GET',
    `${REPOSITORY}/compare/(?<basehead>[^/]+)`,
    inReadableRepository(compareCommits),
  ),
  operation(
    'repos/get-content',
    'GET',
    `${REPOSITORY}/contents/(?<path>.+)`,
    inReadableRepository(getContent),
  ),
  operation(
    'repos/list-pull-requests-associated-with-commit',
    'GET',
    `${REPOSITORY}/commits/(?<sha>[^/]+)/pulls`,
    inReadableRepository(listPullRequestsOfCommit),
  ),
];

function operation(id: string, method: string, path: string, answer: Operation['answer']): Operation {
  return { id, method, path: new RegExp(`^${path}/?$`), answer };
}

export interface RestMatch {
  /** The operation's id in GitHub's OpenAPI description. */
  readonly id: string;
  readonly answer: (call: Omit<RestCall, 'path'>) => Answer;
}

/** The operation behind a method and a path (without query, still percent-encoded), or undefined. */
export function matchOperation(method: string, path: string): RestMatch | undefined {
  for (const { id, method: wanted, path: pattern, answer } of OPERATIONS) {
    const groups = wanted === method ? pattern.exec(path)?.groups : undefined;
    if (wanted === method && (groups !== undefined || pattern.test(path))) {
      const decoded = Object.entries(groups ?? {}).map(
        ([name, value]) => [name, decodeURIComponent(value)] as const,
      );
      return { id, answer: (call) => answer({ ...call, path: Object.fromEntries(decoded) }) };
    }
  }
  return undefined;
}

/** A private repository that the token can't see is not there, for reading as for writing. */
function inRepository(answer: (call: RepositoryCall) => Answer): Operation['answer'] {
  return (call) => {
    const repository = call.state.findRepository(`${call.path['owner'] ?? ''}/${call.path['repo'] ?? ''}`);
    if (!repository || !canSee(call.token, repository)) return notFound();
    return answer({ ...call, repository });
  };
}

/** The same for issues and pull requests, which take a permission of their own. */
function inReadableRepository(answer: (call: RepositoryCall) => Answer): Operation['answer'] {
  return inRepository((call) => (canRead(call.token, call.repository) ? answer(call) : notAccessible()));
}

/** Whether the token was made for the repository. */
function isFor(token: TokenOptions, repository: Repository): boolean {
  return token.repositories?.some((name) => name.toLowerCase() === repository.fullName.toLowerCase()) ?? true;
}

export function canSee(token: TokenOptions, repository: Repository): boolean {
  return !repository.private || isFor(token, repository);
}

/** Whether the token may read issues and pull requests there. */
export function canRead(token: TokenOptions, repository: Repository): boolean {
  return !repository.private || token.access !== 'none';
}

function canWrite({ token, repository }: RepositoryCall): boolean {
  return isFor(token, repository) && (token.access ?? 'write') === 'write';
}

function getUser({ token, state, places }: RestCall): Answer {
  // An installation is no user: this is why GITHUB_TOKEN can't ask who it is here.
  if (token.type === 'Bot') return notAccessible();
  return { status: 200, body: showAuthenticatedUser(state.authorOf(token), places) };
}

function getRepository({ repository, places }: RepositoryCall): Answer {
  return { status: 200, body: showRepository(repository, places) };
}

function getPullRequest({ repository, state, path, places }: RepositoryCall): Answer {
  const pullRequest = state.findPullRequest(repository.fullName, Number(path['number']));
  return pullRequest ? { status: 200, body: showPullRequest(pullRequest, state, places) } : notFound();
}

function listPullRequestsOfCommit(call: RepositoryCall): Answer {
  const sha = call.path['sha'] ?? '';
  const pullRequests = call.state.pullRequestsOfCommit(call.repository.fullName, sha);
  if (!pullRequests) return refuse(422, `No commit found for SHA: ${sha}`);
  return paginate(call, pullRequests, (each) => showPullRequestInList(each, call.state, call.places));
}

function listFiles(call: RepositoryCall): Answer {
  const { state, repository, path, places } = call;
  const pullRequest = state.findPullRequest(repository.fullName, Number(path['number']));
  if (!pullRequest) return notFound();
  return paginate(call, pullRequest.files, (file) => showFile(file, repository.fullName, places));
}

function getContent({ state, repository, path, places, request }: RepositoryCall): Answer {
  const ref = request.query.get('ref') ?? repository.defaultBranch;
  const file = { ref, path: path['path'] ?? '' };
  const text = state.findFile({ ...file, repository: repository.fullName });
  if (text === undefined) return notFound();
  return { status: 200, body: showContent({ ...file, text }, repository.fullName, places) };
}

/** `BASE...HEAD`, each a commit or a branch. */
function compareCommits({ state, repository, path, places }: RepositoryCall): Answer {
  const { fullName } = repository;
  const [base, head] = (path['basehead'] ?? '').split('...').map((name) => state.findCommit(fullName, name));
  if (!base || !head) return notFound();
  const [ofBase, ofHead] = [base, head].map((commit) => state.historyOf(fullName, commit)) as [
    Commit[],
    Commit[],
  ];
  const common = ofHead.find(({ sha }) => ofBase.some((each) => each.sha === sha));
  if (!common) return refuse(404, 'No common ancestor between the two.');
  const upTo = (history: readonly Commit[]): Commit[] =>
    history.slice(
      0,
      history.findIndex(({ sha }) => sha === common.sha),
    );
  const comparison = { base, head, common, ahead: upTo(ofHead).reverse(), behindBy: upTo(ofBase).length };
  return { status: 200, body: showComparison(comparison, fullName, places) };
}

function listComments(call: RepositoryCall): Answer {
  const { state, repository, path, places } = call;
  const number = Number(path['number']);
  if (!state.findPullRequest(repository.fullName, number)) return notFound();
  return paginate(call, state.commentsOf(repository.fullName, number), (each) => showComment(each, places));
}

function createComment(call: RepositoryCall): Answer {
  const { state, repository, path, places, token } = call;
  const number = Number(path['number']);
  if (!canWrite(call)) return notAccessible();
  if (!state.findPullRequest(repository.fullName, number)) return notFound();
  const body = readCommentBody(call.request);
  if (typeof body !== 'string') return body;
  const comment = state.addComment({
    repository: repository.fullName,
    number,
    author: state.authorOf(token),
    body,
  });
  const shown = showComment(comment, places);
  return { status: 201, body: shown, headers: { location: String(shown['url']) } };
}

function getComment(call: RepositoryCall): Answer {
  const comment = findComment(call);
  return comment ? { status: 200, body: showComment(comment, call.places) } : notFound();
}

/** Whoever may write may edit: GitHub then remembers who did. */
function updateComment(call: RepositoryCall): Answer {
  const { state, token, places } = call;
  if (!canWrite(call)) return notAccessible();
  const comment = findComment(call);
  if (!comment) return notFound();
  const body = readCommentBody(call.request);
  if (typeof body !== 'string') return body;
  const edited = state.editComment({ id: comment.id, editor: state.authorOf(token), body });
  return { status: 200, body: showComment(edited, places) };
}

function deleteComment(call: RepositoryCall): Answer {
  if (!canWrite(call)) return notAccessible();
  const comment = findComment(call);
  if (!comment) return notFound();
  call.state.deleteComment(comment.id);
  return { status: 204, body: undefined };
}

function findComment({ state, path, repository }: RepositoryCall): ReturnType<GitHubState['findComment']> {
  const comment = state.findComment(Number(path['id']));
  return comment?.repository === repository.fullName ? comment : undefined;
}

/** The body of a comment, or the refusal of it. */
function readCommentBody(request: HttpRequest): string | Answer {
  const body = readJsonField(request, 'body');
  if (body === undefined) return refuse(400, 'Problems parsing JSON');
  if (typeof body !== 'string')
    return refuse(422, "Invalid request.\n\nFor 'properties/body', value is not a string.");
  if (body.trim() === '') return refuseBody('missing_field', 'Body cannot be blank');
  // Characters, not UTF-16 units: an emoji counts as one.
  if (Array.from(body).length > MAX_BODY_CHARACTERS) {
    return refuseBody('unprocessable', `Body is too long (maximum is ${MAX_BODY_CHARACTERS} characters)`);
  }
  return body;
}

function refuseBody(code: string, message: string): Answer {
  return refuse(422, 'Validation Failed', [{ resource: 'IssueComment', code, field: 'body', message }]);
}

/** Undefined when the request is no JSON object; null when it lacks the field. */
function readJsonField(request: HttpRequest, name: string): unknown {
  try {
    const parsed: unknown = JSON.parse(request.body.toString('utf8'));
    return typeof parsed === 'object' && parsed !== null
      ? ((Reflect.get(parsed, name) as unknown) ?? null)
      : undefined;
  } catch {
    return undefined;
  }
}

/** One page, with the links to the others. */
function paginate<T>(call: RestCall, all: readonly T[], show: (each: T) => unknown): Answer {
  const { query, path } = call.request;
  const perPage = Math.min(readCount(query.get('per_page'), DEFAULT_PER_PAGE), MAX_PER_PAGE);
  const page = readCount(query.get('page'), 1);
  const last = Math.max(1, Math.ceil(all.length / perPage));
  const linkTo = (target: number, rel: string): string => {
    const search = new URLSearchParams(query);
    search.set('page', String(target));
    return `<${new URL(call.places.api).origin}${path}?${search.toString()}>; rel="${rel}"`;
  };
  const links = [
    ...(page > 1 ? [linkTo(page - 1, 'prev')] : []),
    ...(page < last ? [linkTo(page + 1, 'next'), linkTo(last, 'last')] : []),
    ...(page > 1 ? [linkTo(1, 'first')] : []),
  ];
  const body = all.slice((page - 1) * perPage, page * perPage).map(show);
  return { status: 200, body, ...(links.length > 0 ? { headers: { link: links.join(', ') } } : {}) };
}

function readCount(text: string | null, fallback: number): number {
  const count = Number(text ?? fallback);
  return Number.isSafeInteger(count) && count > 0 ? count : fallback;
}
