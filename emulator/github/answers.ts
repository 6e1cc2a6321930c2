/** An answer before it is sent. */
export interface Answer {
  readonly status: number;
  /** Sent as JSON; undefined for none. */
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

const DOCUMENTATION = 'https://docs.github.com/rest';

/** An error in GitHub's form. */
export function refuse(status: number, message: string, errors?: readonly unknown[]): Answer {
  const body = {
    message,
    ...(errors ? { errors } : {}),
    documentation_url: DOCUMENTATION,
    status: String(status),
  };
  return { status, body };
}

export const notFound = (): Answer => refuse(404, 'Not Found');

/** What an installation's token (such as GITHUB_TOKEN) gets when it lacks a permission. */
export const notAccessible = (): Answer => refuse(403, 'Resource not accessible by integration');
