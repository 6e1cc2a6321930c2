/** How long to wait before a call of GitHub's API is made again, if at all. Pure: the waiting is done elsewhere. */

/** A call that failed, as far as waiting is concerned. */
export interface FailedCall {
  /** Undefined when there was no answer. */
  readonly status: number | undefined;
  /** With names in small letters. */
  readonly headers: Readonly<Record<string, string | number | undefined>>;
  readonly message: string;
}

export interface WaitOptions {
  /** How often it has been tried, from 1. */
  readonly attempt: number;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** True when a second call changes nothing that the first has not changed. */
  readonly idempotent: boolean;
  /** 0 (included) to 1 (excluded). */
  readonly random: () => number;
}

/** How long, and why: a rate limit says that the call was not carried out, a broken one leaves it open. */
export interface Wait {
  readonly milliseconds: number;
  readonly because: 'rate-limit' | 'no-answer';
}

const MINUTE_MS = 60_000;
const WITHOUT_ANSWER = { attempts: 4, firstMs: 1_000, longestMs: 8_000 };
const MAX_ATTEMPTS_WHEN_LIMITED = 6;

/**
 * Whether and how long to wait before trying again.
 *
 * Rate limits, in this order: `retry-after` in seconds; `x-ratelimit-reset` in seconds since the epoch when
 * `x-ratelimit-remaining` is 0; else at least a minute, and longer each time. A call that was limited was not carried
 * out, so it may be made again whatever it is. Source: GitHub's "Best practices for using the REST API".
 *
 * @returns undefined when trying again is no use or would not be safe
 */
export function chooseWait(failed: FailedCall, options: WaitOptions): Wait | undefined {
  const { attempt, now, idempotent, random } = options;
  if (isRateLimited(failed)) {
    if (attempt >= MAX_ATTEMPTS_WHEN_LIMITED) {
      return undefined;
    }
    // A second at most on top, so that the jobs of a matrix do not come back all at once.
    const milliseconds = Math.ceil(limitEnds(failed, { attempt, now }) + random() * 1_000);
    return { milliseconds, because: 'rate-limit' };
  }
  const unanswered = failed.status === undefined || failed.status >= 500;
  if (!unanswered || !idempotent || attempt >= WITHOUT_ANSWER.attempts) {
    return undefined;
  }
  return { milliseconds: waitAfter(attempt, WITHOUT_ANSWER, random()), because: 'no-answer' };
}

/** GitHub answers 403 for limits as for permissions: the headers, or else the message, tell them apart. */
export function isRateLimited({ status, headers, message }: FailedCall): boolean {
  if (status === 429) {
    return true;
  }
  return (
    status === 403 &&
    (headers['retry-after'] !== undefined ||
      String(headers['x-ratelimit-remaining']) === '0' ||
      /rate limit/i.test(message))
  );
}

/** Milliseconds from now. */
function limitEnds({ headers }: FailedCall, { attempt, now }: { attempt: number; now: number }): number {
  const retryAfter = readSeconds(headers['retry-after']);
  if (retryAfter !== undefined) {
    return retryAfter * 1_000;
  }
  const reset = readSeconds(headers['x-ratelimit-reset']);
  if (String(headers['x-ratelimit-remaining']) === '0' && reset !== undefined) {
    // The reset is told in whole seconds, so it may be up to one second later than it looks.
    return Math.max(0, reset * 1_000 - now) + 1_000;
  }
  return MINUTE_MS * 2 ** (attempt - 1);
}

function readSeconds(value: string | number | undefined): number | undefined {
  const seconds = Number(value ?? Number.NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? seconds : undefined;
}

interface BackOff {
  readonly attempts: number;
  /** The ceiling of the first wait; it doubles with each. Milliseconds, as all here. */
  readonly firstMs: number;
  readonly longestMs: number;
}

/**
 * How long to wait after an attempt that failed: half fixed, half random, so that the jobs of a matrix that start together do
 * not come back together.
 * @param attempt how often it has been tried, from 1
 * @param random 0 (included) to 1 (excluded)
 * @returns whole milliseconds
 */
export function waitAfter(attempt: number, { firstMs, longestMs }: BackOff, random: number): number {
  const ceiling = Math.min(longestMs, firstMs * 2 ** (attempt - 1));
  return Math.ceil(ceiling / 2 + (ceiling / 2) * random);
}
