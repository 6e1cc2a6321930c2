/**
 * What people do, from the shell: pull requests, merges, faults, time. Everything below `/_emulator/`, as JSON over HTTP, so
 * that a whole story can be told with curl.
 */

import { z } from 'zod';
import { messageOf } from '../src/errors.js';
import type { Fault } from './faults.js';
import { EVENT_NAMES, type PullRequest } from './github/index.js';
import { GitHubState } from './github/state.js';
import {
  headerOf,
  readRequest,
  sendResponse,
  type Handler,
  type HttpRequest,
  type HttpResponse,
} from './http.js';
import { CONTROL_PREFIX } from './server.js';
import type { EmulatorState } from './state.js';

/** What is controlled. */
export interface Controlled extends Pick<EmulatorState, 'github' | 'faults' | 'clock' | 'calls'> {
  /** `owner/name` of the repository that everything is about. */
  readonly repository: string;
}

/** What the path had in it, and the body that came along, as JSON; an empty object when there was none. */
interface ControlCall {
  readonly world: Controlled;
  readonly number: number;
  readonly body: unknown;
}

interface Route {
  readonly method: string;
  readonly path: RegExp;
  /** @throws Error in plain words: answered with 400 */
  readonly answer: (call: ControlCall) => unknown;
}

/** Not JSON but Markdown, to be read as it is. */
class MarkdownText {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

const ROUTES: readonly Route[] = [
  route('POST', 'pull-requests', openPullRequest),
  route('GET', 'pull-requests/(?<number>\\d+)', (call) => showPullRequest(findPullRequest(call))),
  route('POST', 'pull-requests/(?<number>\\d+)/push', pushToPullRequest),
  route('POST', 'pull-requests/(?<number>\\d+)/merge', mergePullRequest),
  route('POST', 'pull-requests/(?<number>\\d+)/close', closePullRequest),
  route('GET', 'pull-requests/(?<number>\\d+)/comments', listComments),
  route('GET', 'pull-requests/(?<number>\\d+)/comment', showNewestComment),
  route('POST', 'jobs', startJob),
  route('POST', 'faults', addFault),
  route('POST', 'clock', advanceClock),
  route('GET', 'calls', ({ world }) => world.calls.all),
];

function route(method: string, path: string, answer: Route['answer']): Route {
  return { method, path: new RegExp(`^${CONTROL_PREFIX}${path}$`), answer };
}

/** Serves every path that begins with `/_emulator/`. */
export function controlHandler(world: Controlled): Handler {
  return async (incoming, response) => {
    const request = await readRequest(incoming);
    sendResponse(response, answer(world, request));
  };
}

function answer(world: Controlled, request: HttpRequest): HttpResponse {
  // A page in a browser could send these requests, too, and nobody would see it.
  if (headerOf(request, 'origin') !== undefined)
    return refuse(403, 'The emulator takes no requests from web pages.');
  for (const { method, path, answer: carryOut } of ROUTES) {
    const match = method === request.method ? path.exec(request.path) : null;
    if (match === null) continue;
    try {
      const number = Number(match.groups?.['number'] ?? 0);
      return show(carryOut({ world, number, body: readBody(request) }));
    } catch (thrown: unknown) {
      return refuse(400, thrown instanceof z.ZodError ? z.prettifyError(thrown) : messageOf(thrown));
    }
  }
  const known = ROUTES.map(({ method, path }) => `${method} ${readable(path)}`).join(', ');
  return refuse(404, `There is no ${request.method} ${request.path}. There are: ${known}.`);
}

function readable(path: RegExp): string {
  return path.source.slice(1, -1).replaceAll('\\/', '/').replace('(?<number>\\d+)', 'NUMBER');
}

function readBody({ body }: HttpRequest): unknown {
  const text = body.toString('utf8').trim();
  if (text === '') return {};
  try {
    return JSON.parse(text) as unknown;
  } catch (thrown: unknown) {
    throw new Error(`The body is no JSON: ${messageOf(thrown)}`, { cause: thrown });
  }
}

function show(result: unknown): HttpResponse {
  if (result instanceof MarkdownText)
    return {
      status: 200,
      headers: { 'content-type': 'text/markdown; charset=utf-8' },
      body: `${result.text}\n`,
    };
  return { status: 200, headers: JSON_TYPE, body: `${JSON.stringify(result, null, 2)}\n` };
}

const JSON_TYPE = { 'content-type': 'application/json; charset=utf-8' };

function refuse(status: number, message: string): HttpResponse {
  return { status, headers: JSON_TYPE, body: `${JSON.stringify({ message }, null, 2)}\n` };
}

const sha = z.string().regex(/^[0-9a-f]{40}$/, 'a commit has 40 hex digits');
const nothing = z.strictObject({});

const opened = z.strictObject({
  number: z.int().min(1).optional(),
  title: z.string().optional(),
  headSha: sha.optional(),
  headRef: z.string().optional(),
  headRepository: z.string().optional(),
  baseRef: z.string().optional(),
  files: z
    .array(z.strictObject({ filename: z.string(), patch: z.string().default('@@ -0,0 +1 @@\n+new') }))
    .optional(),
});

function openPullRequest({ world, body }: ControlCall): unknown {
  const { headSha = makeCommit(), ...given } = opened.parse(body);
  const { github, repository } = world;
  return showPullRequest(github.addPullRequest(defined({ ...given, repository, headSha })));
}

function pushToPullRequest(call: ControlCall): unknown {
  const { headSha = makeCommit() } = z.strictObject({ headSha: sha.optional() }).parse(call.body);
  const { number } = findPullRequest(call);
  const { github, repository } = call.world;
  return showPullRequest(github.pushToPullRequest({ repository, number, headSha }));
}

const merged = z.strictObject({ method: z.enum(['merge', 'squash', 'rebase']).default('squash') });

function mergePullRequest(call: ControlCall): unknown {
  const { method } = merged.parse(call.body);
  const { number } = findPullRequest(call);
  const { github, repository } = call.world;
  return showPullRequest(github.mergePullRequest({ repository, number, method }));
}

function closePullRequest(call: ControlCall): unknown {
  nothing.parse(call.body);
  const { number } = findPullRequest(call);
  return showPullRequest(call.world.github.closePullRequest({ repository: call.world.repository, number }));
}

function listComments(call: ControlCall): unknown {
  return commentsOf(call).map(({ author, body, createdAt, updatedAt }) => ({
    author: author.login,
    body,
    createdAt: new Date(createdAt).toISOString(),
    updatedAt: new Date(updatedAt).toISOString(),
  }));
}

function showNewestComment(call: ControlCall): MarkdownText {
  const newest = commentsOf(call).at(-1);
  if (newest === undefined) throw new Error(`Pull request ${call.number} has no comment yet.`);
  return new MarkdownText(newest.body);
}

function commentsOf(call: ControlCall): ReturnType<Controlled['github']['comments']> {
  const { number } = findPullRequest(call);
  return call.world.github.comments({ repository: call.world.repository, number });
}

const started = z.strictObject({
  event: z.enum(EVENT_NAMES),
  pullRequest: z.int().min(1).optional(),
  environment: z.string().min(1).optional(),
  inputs: z.record(z.string(), z.string()).optional(),
  runId: z.int().min(1).optional(),
  runAttempt: z.int().min(1).optional(),
});

/** The environment and the event's payload of a job that begins now. */
function startJob({ world, body }: ControlCall): unknown {
  return world.github.startEvent(defined(started.parse(body)));
}

function addFault({ world, body }: ControlCall): unknown {
  // It is checked there, as a fault of a file is.
  world.faults.add(body as Fault);
  return {};
}

const time = z.strictObject({ days: z.number().min(0).default(0), seconds: z.number().min(0).default(0) });

function advanceClock({ world, body }: ControlCall): unknown {
  const { days, seconds } = time.parse(body);
  world.clock.advanceDays(days);
  world.clock.advance(seconds * 1000);
  return { now: new Date(world.clock.now()).toISOString() };
}

function findPullRequest({ world, number }: ControlCall): PullRequest {
  const found = world.github.pullRequest({ repository: world.repository, number });
  if (found === undefined) throw new Error(`There is no pull request ${number}: open it first.`);
  return found;
}

/** A pull request as the shell gets it: what a script goes on with. */
function showPullRequest(pullRequest: PullRequest): unknown {
  const { number, title, headSha, headRef, headRepository, baseRef, mergeCommitSha } = pullRequest;
  const state =
    pullRequest.mergedAt !== undefined ? 'merged' : pullRequest.closedAt === undefined ? 'open' : 'closed';
  return { number, state, title, headSha, headRef, headRepository, baseRef, mergeCommitSha };
}

/** A commit that nobody has made before. */
function makeCommit(): string {
  return GitHubState.makeSha(crypto.randomUUID());
}

type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> };

/** Without the members that are there as undefined, which zod makes of what was left out. */
function defined<T extends object>(given: T): Defined<T> {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as Defined<T>;
}
