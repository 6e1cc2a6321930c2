/** What GitHub's API says when it does not do what it was asked, in the few kinds that callers tell apart. */

/**
 * - `unauthorized`: the token is not valid
 * - `forbidden`: the token lacks the permission (or the place is locked or archived)
 * - `not-found`: it is not there, or the token may not know that it is
 * - `rate-limited`: and the wait would have been longer than this run waits
 * - `unanswered`: no answer, or 5xx: whether the call was carried out is not known
 * - `refused`: everything else
 */
export type ApiErrorKind =
  'unauthorized' | 'forbidden' | 'not-found' | 'rate-limited' | 'unanswered' | 'refused';

/** A call that failed for good. `message` is GitHub's own, on one line; it holds no token. */
export class GitHubApiError extends Error {
  override readonly name = 'GitHubApiError';
  readonly kind: ApiErrorKind;

  constructor(kind: ApiErrorKind, message: string, options?: ErrorOptions) {
    super(tidy(message), options);
    this.kind = kind;
  }

  /** As a clause, e.g. `GitHub says "Bad credentials"`. */
  get says(): string {
    return this.kind === 'unanswered' ? 'GitHub did not answer' : `GitHub says "${this.message}"`;
  }
}

/** A proxy may answer with a page: one short line of it is enough. */
function tidy(message: string): string {
  const line = message.replaceAll(/[\p{Cc}\p{Cf}\s]+/gu, ' ').trim();
  return line.length > 300 ? `${line.slice(0, 300)}…` : line;
}

/** The answer to a call; undefined where GitHub does not know what it is about. */
export async function unlessNotFound<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (thrown) {
    if (thrown instanceof GitHubApiError && thrown.kind === 'not-found') return undefined;
    throw thrown;
  }
}
