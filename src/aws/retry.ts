import { untilCancelled } from '../runner/until-cancelled.js';

export interface RetryOptions {
  /**
   * Whether the same call may end differently a moment later.
   * @param isForSdks whether AWS's SDKs mean so, by its name and status
   */
  readonly isTransient: (failure: unknown, isForSdks: boolean) => boolean;
  /** Told of each failure that is transient, before the wait. */
  readonly onRetry: (failure: unknown) => void;
  readonly signal: AbortSignal;
  /** The ceiling of the first wait, in milliseconds; it doubles with each. Half a second, unless a test has no time. */
  readonly firstWaitMs?: number | undefined;
}

type SdkError = Parameters<typeof import('@smithy/core/retry').isThrottlingError>[0];

const ATTEMPTS = 5;
const FIRST_WAIT_MS = 500;

/**
 * Makes a call again, by the standard strategy of AWS's SDKs (five attempts, random waits whose ceiling doubles), for what
 * the SDK can't repeat by itself: each attempt needs an OIDC token of its own.
 * @param work one attempt
 * @throws the last failure as it is; the signal's reason once it is aborted
 */
export async function withRetries<T>(work: () => Promise<T>, options: RetryOptions): Promise<T> {
  const { isTransient, onRetry, signal, firstWaitMs = FIRST_WAIT_MS } = options;
  const { StandardRetryStrategy, isServerError, isThrottlingError, isTransientError } =
    await import('@smithy/core/retry');
  const strategy = new StandardRetryStrategy({ maxAttempts: ATTEMPTS, baseDelay: firstWaitMs });
  let token = await strategy.acquireInitialRetryToken('sts');
  for (;;) {
    signal.throwIfAborted();
    try {
      return await work();
    } catch (failure) {
      signal.throwIfAborted();
      const error = failure as SdkError;
      const isThrottled = isThrottlingError(error);
      const isForSdks = isThrottled || isTransientError(error) || isServerError(error);
      if (!isTransient(failure, isForSdks)) throw failure;
      onRetry(failure);
      const errorType = isThrottled ? 'THROTTLING' : 'TRANSIENT';
      const wait = strategy.refreshRetryTokenForRetry(token, { error, errorType });
      token = await untilCancelled(wait, signal).catch(() => {
        signal.throwIfAborted();
        throw failure;
      });
    }
  }
}
