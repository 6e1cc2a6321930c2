/** The runner's OIDC token: a signed statement of who this job is, which AWS STS takes in exchange for credentials. */

import { getIDToken } from '@actions/core';
import { z } from 'zod';
import type { Environment, RunContext } from '../runner/context.js';
import type { Log } from '../deps.js';
import { ActionError, messageOf } from '../errors.js';
import { explainConnection, type BrokenConnection } from '../runner/connection.js';
import { untilCancelled } from '../runner/until-cancelled.js';
import { withRetries } from './retry.js';

export interface IdTokenOptions {
  readonly context: RunContext;
  /** The environment of the process, out of which the toolkit reads where to ask. */
  readonly env: Environment;
  readonly log: Pick<Log, 'mask' | 'debug'>;
  /** What the token is to be for, e.g. `sts.amazonaws.com`. */
  readonly audience: string;
  /** Aborted when the step is cancelled. */
  readonly signal: AbortSignal;
  /** See RetryOptions. */
  readonly firstWaitMs?: number;
}

const text = z.string().optional().catch(undefined);

const claimsSchema = z
  .object({
    iss: text,
    sub: text,
    aud: z.unknown().optional(),
    exp: z.number().optional().catch(undefined),
    repository_id: text,
    repository_owner_id: text,
    ref: text,
    environment: text,
  })
  .transform(({ aud, repository_id: repositoryId, repository_owner_id: repositoryOwnerId, ...claims }) => ({
    ...claims,
    aud: [aud].flat().filter((entry) => typeof entry === 'string'),
    repositoryId,
    repositoryOwnerId,
  }));

/**
 * What a token says, as far as messages about a refusal need it; what has another form counts as not said. Text as the token
 * has it: escape before showing. Its end (`exp`) is in seconds since the epoch.
 */
export type IdTokenClaims = z.infer<typeof claimsSchema>;

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
    signal.throwIfAborted();
    throw explainRefusal(readRefusal(failure, url), attempts);
  }
}

function readRequestUrl({ context, env }: IdTokenOptions): URL {
  const url = env['ACTIONS_ID_TOKEN_REQUEST_URL'] ?? '';
  const bearer = env['ACTIONS_ID_TOKEN_REQUEST_TOKEN'] ?? '';
  if (bearer === '' || !URL.canParse(url)) throw explainMissingOidc(context, env);
  return new URL(url);
}

type TokenRefusal = Omit<BrokenConnection, 'kind'>;

const ASK_GITHUB = "Run the job again; if it stays so, look at GitHub's status page.";

/**
 * Reads why the toolkit got no token. It has the HTTP status in its text alone (`Error Code : 500`); the text itself may
 * repeat the address, which is only for this job.
 */
function readRefusal(failure: unknown, url: URL): TokenRefusal {
  const status = Number(/Error Code : (\d{3})/.exec(messageOf(failure))?.[1] ?? 0);
  if (status !== 0) {
    const transient = status === 429 || status === 500;
    return { what: `the answer was HTTP ${status}`, next: ASK_GITHUB, transient };
  }
  const nothing = { what: 'the answer held no token', next: ASK_GITHUB, transient: false };
  return explainConnection(failure, url) ?? nothing;
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
  const [, payload = '', ...rest] = token.split('.');
  try {
    const { success, data } = claimsSchema.safeParse(
      JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')),
    );
    if (success && rest.length === 1) return data;
  } catch {
    // The parser's message would quote the token: what follows says all there is to say.
  }
  throw new ActionError({
    what: 'What GitHub gave as an OIDC token is not a JSON Web Token.',
    done: 'It was not sent to AWS.',
    next: 'Check that nothing in the workflow sets ACTIONS_ID_TOKEN_REQUEST_URL.',
  });
}
