import type { Clock } from './deps.js';

interface BackOff {
  readonly attempts: number;
  /** The ceiling of the first wait; it doubles with each. Milliseconds, as all here. */
  readonly firstMs: number;
  readonly longestMs: number;
}

/** Five attempts, with less than eight seconds between the first and the last. */
const FIVE_ATTEMPTS: BackOff = { attempts: 5, firstMs: 500, longestMs: 8_000 };

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

export interface RetryWorld {
  readonly clock: Pick<Clock, 'sleep'>;
  readonly signal?: AbortSignal | undefined;
  /** 0 (included) to 1 (excluded), for the jitter. */
  readonly random?: (() => number) | undefined;
}

/** The outcome of one attempt: what was wanted, or why not and whether another attempt may end differently. */
export type Attempt<T, F> = { readonly value: T } | { readonly failure: F; readonly transient: boolean };

/** How the tries ended. */
export type Outcome<T, F> =
  { readonly value: T } | { readonly failure: F; readonly transient: boolean; readonly attempts: number };

/**
 * Tries until it succeeds, or fails for good, or often enough; stops at once when the signal is aborted.
 * @param tryOnce one attempt; what it throws ends the tries
 * @param onRetry told of each failure that is not the last, before the wait
 * @returns the value, or the last failure and how many attempts there were
 */
export async function retry<T, F>(
  world: RetryWorld,
  tryOnce: () => Promise<Attempt<T, F>>,
  onRetry: (failure: F, attempt: number, attempts: number) => void,
): Promise<Outcome<T, F>> {
  const backOff = FIVE_ATTEMPTS;
  for (let attempt = 1; ; attempt += 1) {
    world.signal?.throwIfAborted();
    const outcome = await tryOnce();
    if ('value' in outcome) return outcome;
    if (!outcome.transient || attempt === backOff.attempts) return { ...outcome, attempts: attempt };
    onRetry(outcome.failure, attempt, backOff.attempts);
    await world.clock.sleep(waitAfter(attempt, backOff, (world.random ?? Math.random)()), world.signal);
  }
}
