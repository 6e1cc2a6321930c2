/** GitHub's API for this run: one client that waits when GitHub says so, and fails in few and plain kinds. */

import type { getOctokit } from '@actions/github';
import { z } from 'zod';

import type { Clock, Log } from '../deps.js';
import { explainConnection } from '../runner/connection.js';
import { untilCancelled } from '../runner/until-cancelled.js';
import { GitHubApiError, type ApiErrorKind } from './api-error.js';

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
      return readGraphqlData(answerSchema.parse(answer.data));
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

/**
 * Lets the calls of a run wait, all together no longer than the budget.
 * @returns whether a call is made again after so many seconds, for the throttling plugin; and the wait that was refused last
 */
function waitForLimits({ log, maxWaitSeconds = DEFAULT_MAX_WAIT_SECONDS }: GitHubClientOptions): {
  readonly decide: LimitHandler;
  readonly refused: () => number | undefined;
} {
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

const text = z.string().min(1).optional().catch(undefined);

/** What GitHub says of a call: data, or why there are none; what has another form counts as not said. */
const answerSchema = z
  .object({
    data: z.unknown().optional(),
    message: text,
    errors: z.array(z.object({ type: text, message: text }).catch({})).catch([]),
  })
  .catch({ data: undefined, errors: [] });

/** As Octokit throws it: a connection that failed is a 500 without a response. */
const failureSchema = z
  .object({
    response: z
      .object({
        status: z.number(),
        headers: z.record(z.string(), z.unknown()).catch({}),
        data: answerSchema,
      })
      .optional(),
  })
  .catch({});

type Answer = z.infer<typeof answerSchema>;
type Response = NonNullable<z.infer<typeof failureSchema>['response']>;

/** @param refusedWait seconds that GitHub asked to wait when that was too long */
function describeFailure(error: unknown, apiUrl: string, refusedWait: number | undefined): GitHubApiError {
  const { response } = failureSchema.parse(error);
  if (response === undefined) {
    const broken = explainConnection(error, new URL(apiUrl));
    const message = broken?.what ?? (error instanceof Error ? error.message : 'The connection failed.');
    return new GitHubApiError('unanswered', message);
  }
  const limit = response.data.errors.find(({ type }) => type === RATE_LIMITED);
  const message = limit === undefined ? describeRefusal(response) : (limit.message ?? RATE_LIMITED);
  if (limit === undefined && !isRateLimited(response, message))
    return new GitHubApiError(kindOfStatus(response.status), message);
  const asked = refusedWait === undefined ? '' : ` It asks for ${refusedWait} more seconds.`;
  return new GitHubApiError('rate-limited', `${message}.${asked}`);
}

/** The type of GraphQL's error for it. */
const RATE_LIMITED = 'RATE_LIMITED';

/**
 * GitHub answers 403 for limits as for permissions: the headers, or else the message, tell them apart. Source: GitHub's
 * "Best practices for using the REST API".
 */
function isRateLimited({ status, headers }: Response, message: string): boolean {
  if (status !== 403) return status === 429;
  const isSpent = String(headers['x-ratelimit-remaining']) === '0';
  return isSpent || headers['retry-after'] !== undefined || /rate limit/i.test(message);
}

const KINDS: Readonly<Partial<Record<number, ApiErrorKind>>> = {
  401: 'unauthorized',
  403: 'forbidden',
  404: 'not-found',
  410: 'not-found',
};

function kindOfStatus(status: number): ApiErrorKind {
  return KINDS[status] ?? (status >= 500 ? 'unanswered' : 'refused');
}

/** GitHub's message, and what it says of the single fields. */
function describeRefusal({ status, data: { message, errors } }: Response): string {
  if (message === undefined) return `HTTP ${status}`;
  return [message, ...errors.flatMap((each) => each.message ?? [])].join(': ');
}

const GRAPHQL_KINDS: Readonly<Partial<Record<string, ApiErrorKind>>> = {
  NOT_FOUND: 'not-found',
  FORBIDDEN: 'forbidden',
  INSUFFICIENT_SCOPES: 'forbidden',
};

function readGraphqlData({ data, errors: [error] }: Answer): unknown {
  if (error === undefined) return data;
  const kind = GRAPHQL_KINDS[error.type ?? ''] ?? 'refused';
  throw new GitHubApiError(kind, error.message ?? 'The query was refused.');
}
