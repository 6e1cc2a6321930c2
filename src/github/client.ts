/** GitHub's API for this run: one client that waits when GitHub says so, and fails in few and plain kinds. */

import type { getOctokit } from '@actions/github';

import type { Clock, Log } from '../deps.js';
import { explainConnection } from '../runner/connection.js';
import { GitHubApiError, kindOfStatus } from './api-error.js';
import { chooseWait, isRateLimited, type FailedCall } from './patience.js';

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
  /** The longest that all calls together wait for rate limits and answers, in milliseconds; five minutes. */
  readonly maxWaitMs?: number;
  /** 0 (included) to 1 (excluded), for the jitter. */
  readonly random?: () => number;
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

const DEFAULT_MAX_WAIT_MS = 5 * 60_000;
const ATTEMPT_TIMEOUT_MS = 30_000;

/**
 * A client of the API that the runner names. It waits for primary and secondary rate limits as GitHub says, and makes
 * calls again that got no answer, except those whose repetition could do something twice: those fail with the kind
 * `unanswered`, and the caller has to look. Loaded when first used, because a run without a token needs none of it.
 */
export async function createGitHubClient(options: GitHubClientOptions): Promise<GitHubClient> {
  const { getOctokit } = await import('@actions/github');
  const octokit = getOctokit(options.token, {
    baseUrl: options.apiUrl,
    userAgent: 'aws-kms-multi-region-key',
    log: quietLog(options.log),
  });
  const patience = new Patience(options);
  octokit.hook.wrap('request', async (request, parameters) => {
    const idempotent = parameters.method !== 'POST' || parameters.url === options.graphqlUrl;
    return patience.call(idempotent, (signal) =>
      // The object's own `request` holds the hook and the proxy's fetch: they have to stay.
      request({ ...parameters, request: { ...parameters.request, signal } }),
    );
  });
  return {
    rest: octokit.rest,
    paginate: octokit.paginate,
    graphql: async (query, variables) => {
      const answer = await octokit.request({ method: 'POST', url: options.graphqlUrl, query, variables });
      return readGraphqlData(answer.data);
    },
    pause: (milliseconds) => options.clock.sleep(milliseconds, options.signal),
  };
}

function quietLog({ debug }: Pick<Log, 'debug'>): Octokit['log'] {
  const say = (message: string): void => {
    debug(`GitHub API: ${message}`);
  };
  return { debug: say, info: say, warn: say, error: say };
}

/** Makes calls until they are answered, cannot be, or have waited for too long in sum. */
class Patience {
  readonly #options: GitHubClientOptions;
  #left: number;

  constructor(options: GitHubClientOptions) {
    this.#options = options;
    this.#left = options.maxWaitMs ?? DEFAULT_MAX_WAIT_MS;
  }

  async call<T extends { readonly data: unknown; readonly headers: object }>(
    idempotent: boolean,
    attemptCall: (signal: AbortSignal) => T | Promise<T>,
  ): Promise<T> {
    const { clock, signal } = this.#options;
    for (let attempt = 1; ; attempt += 1) {
      signal?.throwIfAborted();
      const timeout = AbortSignal.timeout(ATTEMPT_TIMEOUT_MS);
      const outcome = await settle(
        () => attemptCall(signal ? AbortSignal.any([signal, timeout]) : timeout),
        this.#options.apiUrl,
      );
      if ('answer' in outcome) {
        return outcome.answer;
      }
      signal?.throwIfAborted();
      const { failed } = outcome;
      const random = this.#options.random ?? Math.random;
      const wait = chooseWait(failed, { attempt, now: clock.now(), idempotent, random });
      if (wait === undefined || wait.milliseconds > this.#left) {
        throw this.#giveUp(failed, wait?.milliseconds);
      }
      this.#left -= wait.milliseconds;
      this.#say(wait.because, wait.milliseconds);
      await clock.sleep(wait.milliseconds, signal);
    }
  }

  #say(because: 'rate-limit' | 'no-answer', milliseconds: number): void {
    const seconds = Math.ceil(milliseconds / 1_000);
    if (because === 'rate-limit') {
      this.#options.log.info(
        `GitHub limits the rate of this token's calls; waiting ${seconds} s, as it asks.`,
      );
    } else {
      this.#options.log.debug(`GitHub did not answer; trying again in ${seconds} s.`);
    }
  }

  #giveUp(failed: FailedCall, wait: number | undefined): GitHubApiError {
    if (!isRateLimited(failed)) {
      return new GitHubApiError(kindOfStatus(failed.status), failed.message);
    }
    const asked = wait === undefined ? '' : ` It asks for ${Math.ceil(wait / 1_000)} more seconds.`;
    return new GitHubApiError('rate-limited', `${failed.message}.${asked}`);
  }
}

type Settled<T> = { readonly answer: T } | { readonly failed: FailedCall };

async function settle<T extends { readonly data: unknown; readonly headers: object }>(
  attemptCall: () => T | Promise<T>,
  apiUrl: string,
): Promise<Settled<T>> {
  try {
    const answer = await attemptCall();
    const limit = findGraphqlError(answer.data, 'RATE_LIMITED');
    if (limit === undefined) {
      return { answer };
    }
    return { failed: { status: 429, headers: answer.headers as FailedCall['headers'], message: limit } };
  } catch (error) {
    return { failed: describeFailure(error, apiUrl) };
  }
}

/** Octokit calls a connection that failed a 500 without a response. */
function describeFailure(error: unknown, apiUrl: string): FailedCall {
  const response = readField(error, 'response');
  if (response === undefined) {
    const broken = explainConnection(error, new URL(apiUrl));
    const message = broken?.what ?? (error instanceof Error ? error.message : 'The connection failed.');
    return { status: undefined, headers: {}, message };
  }
  const status = readField(response, 'status');
  return {
    status: typeof status === 'number' ? status : undefined,
    headers: (readField(response, 'headers') ?? {}) as FailedCall['headers'],
    message: describeRefusal(readField(response, 'data')) ?? `HTTP ${String(status)}`,
  };
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
