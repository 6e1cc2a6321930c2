/** The runner's OIDC token: a signed statement of who this job is, which AWS STS takes in exchange for credentials. */

import { getIDToken } from '@actions/core';
import type { Environment, RunContext } from '../runner/context.js';
import type { Log } from '../deps.js';
import { ActionError, messageOf } from '../errors.js';
import { explainConnection } from '../runner/connection.js';
import { untilCancelled } from '../runner/until-cancelled.js';
import { withRetries } from './retry.js';

export interface IdTokenOptions {
  readonly context: RunContext;
  /** The environment of the process, out of which the toolkit reads where to ask. */
  readonly env: Environment;
  readonly log: Pick<Log, 'mask' | 'debug'>;
  /** What the token is to be for, e.g. `sts.amazonaws.com`. */
  readonly audience: string;
  readonly signal?: AbortSignal | undefined;
  /** See RetryOptions. */
  readonly firstWaitMs?: number;
}

/** What a token says, as far as messages about a refusal need it. Text as the token has it: escape before showing. */
export interface IdTokenClaims {
  readonly iss: string | undefined;
  readonly sub: string | undefined;
  readonly aud: readonly string[];
  /** Seconds since the epoch. */
  readonly exp: number | undefined;
  readonly repository: string | undefined;
  readonly repositoryId: string | undefined;
  readonly repositoryOwner: string | undefined;
  readonly repositoryOwnerId: string | undefined;
  readonly ref: string | undefined;
  readonly environment: string | undefined;
  readonly eventName: string | undefined;
  readonly jobWorkflowRef: string | undefined;
}

/**
 * Asks the runner for a fresh OIDC token. Tokens live for minutes and STS takes each as often as it likes, but a token
 * fetched once may have expired by the last retry of an exchange: ask anew for every attempt.
 *
 * The toolkit asks through the proxy, masks the token, and asks again after a 502, 503 or 504. What it does not repeat is
 * repeated here, with jitter: 429, 500 and broken connections; nothing else, because no other answer changes by itself.
 * The token is in no message.
 *
 * @returns the token, as STS's `WebIdentityToken`
 * @throws ActionError when the job has no permission for a token (see {@link explainMissingOidc}), or none was given
 */
export async function requestIdToken(options: IdTokenOptions): Promise<string> {
  const { audience, log, signal } = options;
  const url = readRequestUrl(options);
  let attempts = 0;
  const ask = async (): Promise<string> => {
    attempts += 1;
    const token: unknown = await untilCancelled(getIDToken(audience), signal);
    if (typeof token !== 'string') throw new TypeError('the answer held no token');
    return token;
  };
  try {
    const token = await withRetries(ask, {
      ...options,
      isTransient: (failure) => readRefusal(failure, url).transient,
      onRetry: (failure) => {
        log.debug(`No OIDC token yet (${readRefusal(failure, url).what}); attempt ${attempts}.`);
      },
    });
    log.mask(token);
    return token;
  } catch (failure) {
    signal?.throwIfAborted();
    throw explainRefusal(readRefusal(failure, url), attempts);
  }
}

function readRequestUrl({ context, env }: IdTokenOptions): URL {
  const url = env['ACTIONS_ID_TOKEN_REQUEST_URL'] ?? '';
  const bearer = env['ACTIONS_ID_TOKEN_REQUEST_TOKEN'] ?? '';
  if (url === '' || bearer === '' || !URL.canParse(url)) {
    throw explainMissingOidc(context, env);
  }
  return new URL(url);
}

interface TokenRefusal {
  readonly what: string;
  readonly next: string;
  readonly transient: boolean;
}

const ASK_GITHUB = "Run the job again; if it stays so, look at GitHub's status page.";

/**
 * Reads why the toolkit got no token. It has the HTTP status in its text alone (`Error Code : 500`); the text itself may
 * repeat the address, which is only for this job.
 */
function readRefusal(failure: unknown, url: URL): TokenRefusal {
  const message = messageOf(failure);
  const status = Number(/Error Code : (\d{3})/.exec(message)?.[1] ?? Number.NaN);
  if (!Number.isNaN(status)) {
    const transient = status === 429 || status === 500;
    return { what: `the answer was HTTP ${status}`, next: ASK_GITHUB, transient };
  }
  const broken = explainConnection(failure, url);
  if (broken !== undefined) return broken;
  return { what: 'the answer held no token', next: ASK_GITHUB, transient: false };
}

function explainRefusal({ what, next }: TokenRefusal, attempts: number): ActionError {
  return new ActionError({
    what: `GitHub gave this job no OIDC token: ${what}${attempts > 1 ? `, ${attempts} times` : ''}.`,
    done: 'AWS was not called.',
    next,
  });
}

/**
 * Says why there is no OIDC token to be had, and what would change that. GitHub sets
 * `ACTIONS_ID_TOKEN_REQUEST_URL` and `_TOKEN` only in jobs that have the `id-token: write` permission, which a
 * `pull_request` from a fork never has.
 *
 * @returns the error to throw
 */
export function explainMissingOidc(context: RunContext, env: Environment): ActionError {
  const done = 'AWS was not called.';
  if (!context.inActions) {
    return new ActionError({
      what: '`role-to-assume` needs an OIDC token, and only a GitHub Actions job can have one.',
      done,
      next: 'Outside GitHub, leave `role-to-assume` empty and put AWS credentials into the environment.',
    });
  }
  if (context.isFork && !context.runsWithTargetSecrets) {
    return new ActionError({
      what: 'This pull request comes from a fork, and GitHub gives the jobs of such a pull request no OIDC token.',
      done,
      next: 'To plan it, push its branch to this repository; or skip this job for forks with `if: github.event.pull_request.head.repo.full_name == github.repository`.',
    });
  }
  const requestUrl = env['ACTIONS_ID_TOKEN_REQUEST_URL'] ?? '';
  if (requestUrl !== '' && !URL.canParse(requestUrl)) {
    return new ActionError({
      what: 'ACTIONS_ID_TOKEN_REQUEST_URL is not a URL, so no OIDC token can be asked for.',
      done,
      next: 'Do not set this variable in the workflow: the runner sets it.',
    });
  }
  return new ActionError({
    what: 'This job may not ask for an OIDC token: it lacks the permission `id-token: write`.',
    done,
    next: 'Add `permissions: { id-token: write, contents: read, pull-requests: write }` to the job, and to the job that calls it when it is in a reusable workflow. `permissions` of a job replaces that of the workflow as a whole.',
  });
}

/**
 * Reads what a token says, for a message: its signature is not checked, because STS does that.
 *
 * @throws ActionError when it is not a JSON Web Token; the message does not repeat it
 */
export function readClaims(token: string): IdTokenClaims {
  const claims = decodePayload(token);
  const text = (name: string): string | undefined => {
    const value: unknown = Reflect.get(claims, name);
    return typeof value === 'string' ? value : undefined;
  };
  const aud: unknown = Reflect.get(claims, 'aud');
  const exp: unknown = Reflect.get(claims, 'exp');
  return {
    iss: text('iss'),
    sub: text('sub'),
    aud: (Array.isArray(aud) ? aud : [aud]).filter((entry): entry is string => typeof entry === 'string'),
    exp: typeof exp === 'number' ? exp : undefined,
    repository: text('repository'),
    repositoryId: text('repository_id'),
    repositoryOwner: text('repository_owner'),
    repositoryOwnerId: text('repository_owner_id'),
    ref: text('ref'),
    environment: text('environment'),
    eventName: text('event_name'),
    jobWorkflowRef: text('job_workflow_ref'),
  };
}

function decodePayload(token: string): object {
  const parts = token.split('.');
  try {
    const payload: unknown = JSON.parse(Buffer.from(parts[1] ?? '', 'base64url').toString('utf8'));
    if (parts.length === 3 && typeof payload === 'object' && payload !== null) {
      return payload;
    }
  } catch {
    // The parser's message would quote the token: what follows says all there is to say.
  }
  throw new ActionError({
    what: 'What GitHub gave as an OIDC token is not a JSON Web Token.',
    done: 'It was not sent to AWS.',
    next: 'Check that nothing in the workflow sets ACTIONS_ID_TOKEN_REQUEST_URL.',
  });
}
