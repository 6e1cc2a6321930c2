/** GitHub's API for this run: one client that waits when GitHub says so, and fails in few and plain kinds. */

import type { getOctokit } from '@actions/github';

import type { Clock, Log } from '../deps.js';
import { explainConnection } from '../runner/connection.js';
import { untilCancelled } from '../runner/until-cancelled.js';
import { GitHubApiError, kindOfStatus } from './api-error.js';

type Octokit = ReturnType<typeof getOctokit>;

export interface GitHubClientOptions {
  readonly token: string;
  /** `GITHUB_API_URL`. */
  readonly apiUrl: string;
  /** `GITHUB_GRAPHQL_URL`. */
  readonly graphqlUrl: string;
  readonly clock: Clock;
  readonly log: Pick<Log, 'info' | 'debug'>;
  readonly signal?: AbortSignal | undefined;
  /** The longest that all calls together wait for rate limits, in seconds; five minutes. */
  readonly maxWaitSeconds?: number;
  /** How long a second of waiting lasts, in milliseconds; shorter in tests. */
  readonly secondMs?: number;
}

export interface GitHubClient {
  /** The REST API, typed. Every method may throw GitHubApiError, and waits as {@link createGitHubClient} says. */
  readonly rest: Octokit['rest'];
  /** Every page of a list, joined. */
  readonly paginate: Octokit['paginate'];
  /**
   * A GraphQL query (no mutation: it may be made twice).
   * @returns what stands under `data`, unchecked
   * @throws GitHubApiError also when GitHub answers with errors beside data
   */
  graphql(query: string, variables: Readonly<Record<string, unknown>>): Promise<unknown>;
  /** Waits by the client's clock, as between two looks at something that takes a moment to appear. */
  pause(milliseconds: number): Promise<void>;
}

const DEFAULT_MAX_WAIT_SECONDS = 5 * 60;
const ATTEMPT_TIMEOUT_MS = 30_000;
const MAX_WAITS_OF_A_CALL = 5;

/**
 * A client of the API that the runner names. Octokit's throttling plugin waits for primary and secondary rate limits as GitHub
 * says, within one budget for the whole run; its retry plugin makes calls again that got no answer, except those whose
 * repetition could do something twice: those fail with the kind `unanswered`, and the caller has to look. Loaded when first
 * used, because a run without a token needs none of it.
 */
export async function createGitHubClient(options: GitHubClientOptions): Promise<GitHubClient> {
  const limits = waitForLimits(options);
  const octokit = await createOctokit(options, limits.decide);
  const { apiUrl, graphqlUrl, signal } = options;
  octokit.hook.wrap('request', async (request, parameters) => {
    // A POST that is no query may do its work twice. Octokit repeats every method unless told.
    const retries = parameters.method === 'POST' && parameters.url !== GRAPHQL_PATH ? { retries: 0 } : {};
    // Set in place, as every hook gets these same parameters; as a copy, since `request` is that of all calls.
    parameters.request = { ...parameters.request, ...retries };
    try {
      signal?.throwIfAborted();
      return await untilCancelled(Promise.resolve(request(parameters)), signal);
    } catch (error) {
      signal?.throwIfAborted();
      throw describeFailure(error, apiUrl, limits.refused());
    }
  });
  return {
    rest: octokit.rest,
    paginate: octokit.paginate,
    graphql: async (query, variables) => {
      // With the path alone the throttling plugin knows a query on every server, GitHub Enterprise included.
      const baseUrl = graphqlUrl.slice(0, -GRAPHQL_PATH.length);
      const answer = await octokit.request({ method: 'POST', baseUrl, url: GRAPHQL_PATH, query, variables });
      return readGraphqlData(answer.data);
    },
    pause: (milliseconds) => options.clock.sleep(milliseconds, signal),
  };
}

const GRAPHQL_PATH = '/graphql';

async function createOctokit(options: GitHubClientOptions, onLimit: LimitHandler): Promise<Octokit> {
  const [{ getOctokit }, { retry }, { throttling }, { default: Bottleneck }] = await Promise.all([
    import('@actions/github'),
    import('@octokit/plugin-retry'),
    import('@octokit/plugin-throttling'),
    import('bottleneck/light.js'),
  ]);
  const { secondMs = 1_000 } = options;
  const settings = {
    baseUrl: options.apiUrl,
    userAgent: 'aws-kms-multi-region-key',
    log: quietLog(options.log),
    retry: { doNotRetry: REFUSALS, retryAfterBaseValue: secondMs },
    throttle: {
      onRateLimit: onLimit,
      onSecondaryRateLimit: onLimit,
      retryAfterBaseValue: secondMs,
      // The plugin takes queries for writes and keeps a second between them; a run has a handful, of which two write.
      write: new Bottleneck.Group({ maxConcurrent: 1 }),
      notifications: new Bottleneck.Group({ maxConcurrent: 1, minTime: 3 * secondMs }),
    },
  };
  // In this order: each attempt has its time, then those without an answer are repeated, then limits are waited for.
  return getOctokit(options.token, settings, limitAttempts(options.signal), retry, throttling);
}

/** Answers by which GitHub refused, whatever it was: the same call would be refused again. Limits are not the retry plugin's. */
const REFUSALS = Array.from({ length: 100 }, (_, index) => 400 + index);

/** Gives every attempt a time of its own, as the one after it is to have all of it. */
function limitAttempts(signal: AbortSignal | undefined): (octokit: Pick<Octokit, 'hook'>) => object {
  return ({ hook }) => {
    hook.wrap('request', (request, parameters) => {
      const timeout = AbortSignal.timeout(ATTEMPT_TIMEOUT_MS);
      const either = signal === undefined ? timeout : AbortSignal.any([signal, timeout]);
      return request({ ...parameters, request: { ...parameters.request, signal: either } });
    });
    return {};
  };
}

type LimitHandler = (seconds: number, call: object, octokit: object, waits: number) => boolean;

/** What a run waits for rate limits. */
interface LimitWaits {
  /** Whether a call is made again after so many seconds; asked by the throttling plugin. */
  readonly decide: LimitHandler;
  /** How long the wait would have been that was refused last, in seconds. */
  readonly refused: () => number | undefined;
}

/** Lets the calls of a run wait, all together no longer than the budget. */
function waitForLimits({ log, maxWaitSeconds = DEFAULT_MAX_WAIT_SECONDS }: GitHubClientOptions): LimitWaits {
  let [left, refused] = [maxWaitSeconds, undefined as number | undefined];
  return {
    decide: (seconds, _call, _octokit, waits) => {
      if (seconds > left || waits >= MAX_WAITS_OF_A_CALL) {
        refused = seconds;
        return false;
      }
      left -= seconds;
      log.info(`GitHub limits the rate of this token's calls; waiting ${seconds} s, as it asks.`);
      return true;
    },
    refused: () => refused,
  };
}

function quietLog({ debug }: Pick<Log, 'debug'>): Octokit['log'] {
  const say = (message: string): void => {
    debug(`GitHub API: ${message}`);
  };
  return { debug: say, info: say, warn: say, error: say };
}

/**
 * Octokit calls a connection that failed a 500 without a response.
 * @param refusedWait seconds that GitHub asked to wait when that was too long
 */
function describeFailure(error: unknown, apiUrl: string, refusedWait: number | undefined): GitHubApiError {
  const response = readField(error, 'response');
  if (response === undefined) {
    const broken = explainConnection(error, new URL(apiUrl));
    const message = broken?.what ?? (error instanceof Error ? error.message : 'The connection failed.');
    return new GitHubApiError('unanswered', message);
  }
  const [status, data] = [Number(readField(response, 'status')), readField(response, 'data')];
  const limit = findGraphqlError(data, 'RATE_LIMITED');
  const message = limit ?? describeRefusal(data) ?? `HTTP ${status}`;
  if (limit === undefined && !isRateLimited(status, readField(response, 'headers'), message))
    return new GitHubApiError(kindOfStatus(status), message);
  const asked = refusedWait === undefined ? '' : ` It asks for ${refusedWait} more seconds.`;
  return new GitHubApiError('rate-limited', `${message}.${asked}`);
}

/**
 * GitHub answers 403 for limits as for permissions: the headers, or else the message, tell them apart. Source: GitHub's
 * "Best practices for using the REST API".
 */
function isRateLimited(status: number, headers: unknown, message: string): boolean {
  if (status !== 403) return status === 429;
  const isSpent = String(readField(headers, 'x-ratelimit-remaining')) === '0';
  return isSpent || readField(headers, 'retry-after') !== undefined || /rate limit/i.test(message);
}

/** GitHub's message, and what it says of the single fields. */
function describeRefusal(data: unknown): string | undefined {
  const message = readField(data, 'message');
  if (typeof message !== 'string' || message === '') {
    return undefined;
  }
  const errors = readField(data, 'errors');
  const details = (Array.isArray(errors) ? (errors as unknown[]) : [])
    .map((each) => readField(each, 'message'))
    .filter((each) => typeof each === 'string');
  return [message, ...details].join(': ');
}

function readGraphqlData(answer: unknown): unknown {
  const errors = readField(answer, 'errors');
  if (Array.isArray(errors) && errors.length > 0) {
    const [first] = errors as unknown[];
    const message = readField(first, 'message');
    const text = typeof message === 'string' ? message : 'The query was refused.';
    throw new GitHubApiError(kindOfGraphqlError(readField(first, 'type')), text);
  }
  return readField(answer, 'data');
}

function kindOfGraphqlError(type: unknown): GitHubApiError['kind'] {
  if (type === 'NOT_FOUND') {
    return 'not-found';
  }
  return type === 'FORBIDDEN' || type === 'INSUFFICIENT_SCOPES' ? 'forbidden' : 'refused';
}

/** The message of the first error of a type, in an answer that may be anything. */
function findGraphqlError(answer: unknown, type: string): string | undefined {
  const errors = readField(answer, 'errors');
  const found: unknown = Array.isArray(errors)
    ? errors.find((each: unknown) => readField(each, 'type') === type)
    : undefined;
  const message = readField(found, 'message');
  return typeof message === 'string' ? message : found === undefined ? undefined : type;
}

function readField(container: unknown, name: string): unknown {
  return typeof container === 'object' && container !== null
    ? (container as Record<string, unknown>)[name]
    : undefined;
}
