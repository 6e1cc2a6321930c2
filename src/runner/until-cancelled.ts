/**
 * Waits for work that knows no cancellation of its own (the toolkit's calls), no longer than until the step is cancelled.
 * @throws the signal's reason as soon as it is aborted; the work itself goes on unwatched then
 */
export async function untilCancelled<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  const ended = new AbortController();
  const cancelled = new Promise<never>((_, reject) => {
    const stop = (): void => {
      reject(signal.reason as Error);
    };
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true, signal: ended.signal });
  });
  work.catch(() => undefined);
  return Promise.race([cancelled, work]).finally(() => {
    ended.abort();
  });
}
