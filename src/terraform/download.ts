import type { Clock, Log } from '../deps.js';
import { ActionError } from '../errors.js';
import { isLoopback, isSafe, parseUrl, showUrl } from './release.js';

export interface DownloadWorld {
  readonly fetch: typeof fetch;
  readonly clock: Clock;
  readonly log: Pick<Log, 'debug' | 'mask'>;
  readonly signal?: AbortSignal | undefined;
  /** 0 (included) to 1 (excluded), for the jitter. */
  readonly random?: (() => number) | undefined;
}

export interface DownloadRequest {
  readonly url: URL;
  /** More than this many bytes are not read. */
  readonly maxBytes: number;
}

const ATTEMPTS = 5;
const ATTEMPT_TIMEOUT_MS = 300_000;
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 8_000;
const MAX_REDIRECTS = 5;

/** The outcome of one attempt: the bytes, or why not and whether another attempt may end differently. */
type Attempt = { readonly bytes: Buffer } | { readonly reason: string; readonly transient: boolean };

/**
 * Downloads a file. Tried again, with growing and random waits: 408, 429, 5xx, broken connections and bodies that
 * ended early. Redirects are followed, five at most, and never from https to http. A user and password in the URL are
 * sent to the host they are for, and to no other that it redirects to.
 *
 * @throws ActionError naming the URL without its credentials
 */
export async function download(request: DownloadRequest, world: DownloadWorld): Promise<Buffer> {
  if (request.url.password !== '') world.log.mask(decodeURIComponent(request.url.password));
  for (let attempt = 1; ; attempt += 1) {
    world.signal?.throwIfAborted();
    const outcome = await tryOnce(request, world);
    if ('bytes' in outcome) return outcome.bytes;
    if (!outcome.transient || attempt === ATTEMPTS) {
      throw new ActionError({
        what: `${showUrl(request.url)} could not be downloaded: ${outcome.reason}${attempt > 1 ? `, ${attempt} times` : ''}.`,
        done: 'Nothing was installed.',
        next: outcome.transient
          ? 'Run the job again; if it stays so, check the network of the runner.'
          : 'Check `terraform-version` and `terraform-download-url`.',
      });
    }
    world.log.debug(`${showUrl(request.url)}: ${outcome.reason}; attempt ${attempt} of ${ATTEMPTS}.`);
    const ceiling = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (attempt - 1));
    await world.clock.sleep(ceiling / 2 + (ceiling / 2) * (world.random ?? Math.random)(), world.signal);
  }
}

async function tryOnce(request: DownloadRequest, world: DownloadWorld): Promise<Attempt> {
  const timeout = AbortSignal.timeout(ATTEMPT_TIMEOUT_MS);
  const signal = world.signal ? AbortSignal.any([world.signal, timeout]) : timeout;
  try {
    const response = await followRedirects(request.url, world.fetch, signal);
    if (!(response instanceof Response)) return { ...response, transient: false };
    if (response.ok) return await readBody(response, request.maxBytes);
    await response.body?.cancel();
    const transient = response.status === 408 || response.status === 429 || response.status >= 500;
    return { reason: `the answer was HTTP ${response.status}`, transient };
  } catch (error) {
    world.signal?.throwIfAborted();
    return { reason: describeBrokenConnection(error), transient: true };
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

async function readBody(response: Response, maxBytes: number): Promise<Attempt> {
  const chunks: Uint8Array[] = [];
  let total = 0;
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    total += chunk.length;
    if (total > maxBytes) return { reason: `it is larger than ${maxBytes} bytes`, transient: false };
    chunks.push(chunk);
  }
  return { bytes: Buffer.concat(chunks, total) };
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
