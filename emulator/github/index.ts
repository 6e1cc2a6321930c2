import type { ServerResponse } from 'node:http';

import { headerOf, readRequest, sendResponse, type Handler, type HttpRequest } from '../http.js';
import { refuse, type Answer } from './answers.js';
import { startEvent } from './events.js';
import { answerFault, GitHubFaults, isCarriedOut, rateLimitHeaders } from './faults.js';
import { answerGraphql } from './graphql.js';
import { GITHUB_ISSUER, OidcIssuer } from './oidc.js';
import { matchOperation } from './rest.js';
import type { Places } from './shapes.js';
import { GitHubState } from './state.js';
import {
  ACTIONS_BOT,
  DEFAULT_GITHUB_TOKEN,
  type GitHub,
  type GitHubOptions,
  type Job,
  type JobEnvironment,
  type JobOptions,
  type TokenOptions,
} from './types.js';

export * from './types.js';
export { EVENT_NAMES, type EventName, type EventOptions } from './events.js';

const PREFIX = '/_github';
const DEFAULT_REPOSITORY = 'octo-org/octo-repo';
/** Not a secret: it opens nothing but this emulator. */
const DEFAULT_REQUEST_TOKEN = 'emulated-id-token-request-token';

/** A call that has been understood: what it is called in the log, who makes it, and how it is answered. */
interface Resolved {
  readonly action: string;
  readonly principal: string | undefined;
  readonly answer: () => Answer;
}

/**
 * GitHub on loopback: OIDC tokens for jobs, and the parts of the REST and GraphQL APIs that a pull request's comment
 * and its approval need. Mount `handler` for every path that begins with `/_github/`.
 */
export function createGitHub(options: GitHubOptions = {}): GitHub {
  const now = options.now ?? Date.now;
  const state = new GitHubState(now);
  const faults = new GitHubFaults();
  const oidc = new OidcIssuer({ issuer: options.issuer ?? GITHUB_ISSUER, state });
  const repository = state.addRepository(options.repository ?? { fullName: DEFAULT_REPOSITORY });
  state.addToken({ token: DEFAULT_GITHUB_TOKEN, ...ACTIONS_BOT });
  let job = oidc.admit({
    requestToken: DEFAULT_REQUEST_TOKEN,
    repository: repository.fullName,
    ...options.job,
  });
  let origin = options.baseUrl ?? 'http://127.0.0.1';
  const handler = makeHandler({
    state,
    faults,
    oidc,
    onCall: options.onCall ?? ignoreCall,
    origin: () => origin,
  });
  return {
    handler,
    issuer: oidc.issuer,
    jwks: () => oidc.jwks(),
    setBaseUrl: (url) => {
      origin = url.replace(/\/+$/, '');
    },
    env: (other = job) => makeEnvironment(other, origin),
    startJob: (more = {}) => oidc.admit({ repository: repository.fullName, ...more }),
    startEvent: (event) => {
      const {
        variables,
        payload,
        job: options,
      } = startEvent({ state, repository, places: placesAt(origin) }, event);
      return { env: { ...variables, ...makeEnvironment(oidc.admit(options), origin) }, payload };
    },
    pullRequest: ({ repository: of, number }) => state.findPullRequest(of, number),
    changeDefaultJob: (more) => {
      job = oidc.admit({ ...job.options, ...more });
    },
    get tokensIssued() {
      return oidc.issued;
    },
    ...exposeState(state),
    addFault: (fault) => {
      faults.add(fault);
    },
    clearFaults: () => {
      faults.clear();
    },
  };
}

function ignoreCall(): void {
  // Nobody asked to be told.
}

type StateMethods = Pick<
  GitHub,
  | 'addRepository'
  | 'addPullRequest'
  | 'pushToPullRequest'
  | 'mergePullRequest'
  | 'closePullRequest'
  | 'pushToBranch'
  | 'associateCommit'
  | 'addToken'
  | 'putFile'
  | 'addComment'
  | 'editComment'
  | 'forgetEditor'
  | 'comments'
>;

function exposeState(state: GitHubState): StateMethods {
  return {
    addRepository: (options) => state.addRepository(options),
    addPullRequest: (options) => state.addPullRequest(options),
    pushToPullRequest: (options) => state.push(options),
    mergePullRequest: (options) => state.merge(options),
    closePullRequest: (options) => state.close(options),
    pushToBranch: (options) => state.pushToBranch(options),
    associateCommit: (options) => {
      state.associateCommit(options);
    },
    putFile: (options) => {
      state.putFile(options);
    },
    addToken: (options) => {
      state.addToken(options);
    },
    addComment: (options) => state.addComment(options),
    editComment: (options) => state.editComment(options),
    forgetEditor: (id) => {
      state.forgetEditor(id);
    },
    comments: ({ repository, number }) => state.commentsOf(repository, number),
  };
}

function makeEnvironment(job: Job, origin: string): JobEnvironment {
  return {
    GITHUB_API_URL: `${origin}${PREFIX}/api`,
    GITHUB_GRAPHQL_URL: `${origin}${PREFIX}/graphql`,
    GITHUB_SERVER_URL: `${origin}${PREFIX}/web`,
    GITHUB_TOKEN: DEFAULT_GITHUB_TOKEN,
    ACTIONS_ID_TOKEN_REQUEST_URL: `${origin}${PREFIX}/oidc/token?api-version=2.0`,
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: job.requestToken,
  };
}

function placesAt(origin: string): Places {
  return { api: `${origin}${PREFIX}/api`, web: `${origin}${PREFIX}/web` };
}

interface Parts {
  readonly state: GitHubState;
  readonly faults: GitHubFaults;
  readonly oidc: OidcIssuer;
  readonly onCall: NonNullable<GitHubOptions['onCall']>;
  readonly origin: () => string;
}

function makeHandler(parts: Parts): Handler {
  return async (incoming, response) => {
    const request = await readRequest(incoming);
    const { action, principal, answer } = resolve(request, parts);
    const effect = parts.faults.take(action);
    const normal = effect === undefined || isCarriedOut(effect) ? answer() : undefined;
    const final = effect === undefined ? normal : answerFault(effect, parts.state.now());
    // Before the answer: whoever has it can rely on the call being in the log.
    parts.onCall({ service: 'github', action, status: final?.status ?? 0, principal });
    if (final) send(response, final, parts.state.now());
    else response.destroy();
  };
}

function send(response: ServerResponse, answer: Answer, now: number): void {
  const body = answer.body === undefined ? '' : JSON.stringify(answer.body);
  const limits = rateLimitHeaders({ remaining: 999, reset: Math.ceil(now / 1000) + 3600 });
  sendResponse(response, {
    status: answer.status,
    headers: { 'content-type': 'application/json; charset=utf-8', ...limits, ...answer.headers },
    body,
  });
}

function resolve(request: HttpRequest, parts: Parts): Resolved {
  const path = request.path.slice(PREFIX.length);
  if (path.startsWith('/oidc/')) return resolveOidc(request, path, parts);
  const token = findToken(request, parts.state);
  const principal = token?.login;
  const places = placesAt(parts.origin());
  if (path === '/graphql' && request.method === 'POST') {
    const { state } = parts;
    return {
      action: 'graphql',
      principal,
      answer: () => (token ? answerGraphql(request, { state, places, token }) : refuseToken(request)),
    };
  }
  const match = path.startsWith('/api/')
    ? matchOperation(request.method, path.slice('/api'.length))
    : undefined;
  if (!match) return unknownOperation(request, principal);
  return {
    action: match.id,
    principal,
    answer: () =>
      token ? match.answer({ state: parts.state, places, token, request }) : refuseToken(request),
  };
}

function unknownOperation(request: HttpRequest, principal: string | undefined): Resolved {
  const what = `${request.method} ${request.path}`;
  return { action: 'unknown', principal, answer: () => refuse(501, `The emulator does not serve ${what}.`) };
}

function findToken(request: HttpRequest, state: GitHubState): TokenOptions | undefined {
  const token = bearerOf(request);
  return token === undefined ? undefined : state.findToken(token);
}

function bearerOf(request: HttpRequest): string | undefined {
  return /^(?:bearer|token)\s+(\S+)$/i.exec(headerOf(request, 'authorization') ?? '')?.[1];
}

function refuseToken(request: HttpRequest): Answer {
  return refuse(401, bearerOf(request) === undefined ? 'Requires authentication' : 'Bad credentials');
}

function resolveOidc(request: HttpRequest, path: string, { oidc, origin }: Parts): Resolved {
  if (request.method === 'GET' && path === '/oidc/.well-known/openid-configuration') {
    const answer = (): Answer => ({ status: 200, body: oidc.describe(origin()) });
    return { action: 'oidc/configuration', principal: undefined, answer };
  }
  if (request.method === 'GET' && path === '/oidc/.well-known/jwks') {
    const answer = (): Answer => ({ status: 200, body: oidc.jwks() });
    return { action: 'oidc/jwks', principal: undefined, answer };
  }
  if (request.method !== 'GET' || path !== '/oidc/token') return unknownOperation(request, undefined);
  const job = oidc.findJob(bearerOf(request) ?? '');
  return {
    action: 'oidc/token',
    principal: job?.repository,
    answer: () => (job ? issueToken(oidc, job, request) : refuse(401, 'The request token is not valid.')),
  };
}

function issueToken(oidc: OidcIssuer, job: JobOptions, request: HttpRequest): Answer {
  const value = oidc.issue(job, request.query.get('audience') ?? undefined);
  return { status: 200, body: { count: value.length, value } };
}
