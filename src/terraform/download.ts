import { retry, type Attempt, type RetryWorld } from '../back-off.js';
import type { Log } from '../deps.js';
import { ActionError } from '../errors.js';
import { isLoopback, isSafe, parseUrl, showUrl } from './release.js';

export interface DownloadWorld extends RetryWorld {
  readonly fetch: typeof fetch;
  readonly log: Pick<Log, 'debug' | 'mask'>;
}

export interface DownloadRequest {
  readonly url: URL;
  /** More than this many bytes are not read. */
  readonly maxBytes: number;
}

const ATTEMPT_TIMEOUT_MS = 300_000;
const MAX_REDIRECTS = 5;

/**
 * Downloads a file. Tried again, with growing and random waits: 408, 429, 5xx, broken connections and bodies that
 * ended early. Redirects are followed, five at most, and never from https to http. A user and password in the URL are
 * sent to the host they are for, and to no other that it redirects to.
 *
 * @throws ActionError naming the URL without its credentials
 */
export async function download(request: DownloadRequest, world: DownloadWorld): Promise<Buffer> {
  if (request.url.password !== '') world.log.mask(decodeURIComponent(request.url.password));
  const outcome = await retry(
    world,
    () => tryOnce(request, world),
    (reason, attempt, attempts) => {
      world.log.debug(`${showUrl(request.url)}: ${reason}; attempt ${attempt} of ${attempts}.`);
    },
  );
  if ('value' in outcome) return outcome.value;
  const { failure, transient, attempts } = outcome;
  throw new ActionError({
    what: `${showUrl(request.url)} could not be downloaded: ${failure}${attempts > 1 ? `, ${attempts} times` : ''}.`,
    done: 'Nothing was installed.',
    next: transient
      ? 'Run the job again; if it stays so, check the network of the runner.'
      : 'Check `terraform-version` and `terraform-download-url`.',
  });
}

async function tryOnce(request: DownloadRequest, world: DownloadWorld): Promise<Attempt<Buffer, string>> {
  const timeout = AbortSignal.timeout(ATTEMPT_TIMEOUT_MS);
  const signal = world.signal ? AbortSignal.any([world.signal, timeout]) : timeout;
  try {
    const response = await followRedirects(request.url, world.fetch, signal);
    if (!(response instanceof Response)) return { failure: response.reason, transient: false };
    if (response.ok) return await readBody(response, request.maxBytes);
    await response.body?.cancel();
    const transient = response.status === 408 || response.status === 429 || response.status >= 500;
    return { failure: `the answer was HTTP ${response.status}`, transient };
  } catch (error) {
    world.signal?.throwIfAborted();
    return { failure: describeBrokenConnection(error), transient: true };
  }
}

async function followRedirects(
  start: URL,
  fetcher: typeof fetch,
  signal: AbortSignal,
): Promise<Response | { reason: string }> {
  let url = withoutCredentials(start);
  for (let hop = 0; hop <= MAX_REDIRECTS; hop += 1) {
    const headers = url.origin === start.origin ? authorization(start) : {};
    const response = await fetcher(url, { redirect: 'manual', headers, signal });
    const location = response.headers.get('location');
    if (response.status < 300 || response.status > 399 || location === null) return response;
    await response.body?.cancel();
    const next = parseUrl(location, url);
    if (next === null || !isAllowedHop(url, next)) {
      return { reason: `it redirects to ${next === null ? 'no URL' : showUrl(next)}, which is not allowed` };
    }
    url = withoutCredentials(next);
  }
  return { reason: `it redirects more than ${MAX_REDIRECTS} times` };
}

/** A server on this machine may lead to another one here; nothing else may lead to this machine, or to plain http. */
function isAllowedHop(from: URL, to: URL): boolean {
  return isSafe(to) && (!isLoopback(to) || isLoopback(from));
}

/** fetch refuses URLs with credentials in them. */
function withoutCredentials(url: URL): URL {
  const bare = new URL(url);
  bare.username = '';
  bare.password = '';
  return bare;
}

function authorization({ username, password }: URL): Record<string, string> {
  if (username === '' && password === '') return {};
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { authorization: `Basic ${Buffer.from(pair).toString('base64')}` };
}

async function readBody(response: Response, maxBytes: number): Promise<Attempt<Buffer, string>> {
  const chunks: Uint8Array[] = [];
  let total = 0;
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    total += chunk.length;
    if (total > maxBytes) return { failure: `it is larger than ${maxBytes} bytes`, transient: false };
    chunks.push(chunk);
  }
  return { value: Buffer.concat(chunks, total) };
}

/** The code alone: the message of a failed fetch may repeat the address with what is secret in it. */
function describeBrokenConnection(error: unknown): string {
  if (error instanceof Error && error.name === 'TimeoutError') {
    return `not done within ${ATTEMPT_TIMEOUT_MS / 1000} seconds`;
  }
  const cause: unknown = error instanceof Error ? error.cause : undefined;
  const code: unknown = cause instanceof Error ? Reflect.get(cause, 'code') : undefined;
  return typeof code === 'string' ? `the connection failed with ${code}` : 'the connection failed';
}
