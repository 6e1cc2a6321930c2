import { rm } from 'node:fs/promises';
import { HttpClient } from '@actions/http-client';
import { downloadTool, HTTPError } from '@actions/tool-cache';
import type { Log } from '../../deps.js';
import { ActionError, messageOf } from '../../errors.js';
import { explainConnection } from '../../runner/connection.js';
import { untilCancelled } from '../../runner/until-cancelled.js';
import { isLoopback, isSafe, showUrl } from './release.js';

export interface FileRequest {
  /** Its user and password are sent to this host alone. */
  readonly url: URL;
  /** A file that is not there yet. */
  readonly target: string;
  readonly log: Pick<Log, 'mask'>;
  readonly signal?: AbortSignal | undefined;
}

const MAX_REDIRECTS = 5;
const TIMEOUT_MS = 60_000;

/**
 * Downloads a file with @actions/tool-cache: through the proxy, with redirects (never from https to http), and three times
 * at most where a server or the connection fails.
 * @throws ActionError naming the URL without its credentials
 */
export async function downloadFile({ url, target, log, signal }: FileRequest): Promise<void> {
  if (url.password !== '') log.mask(decodeURIComponent(url.password));
  const start = withoutCredentials(url);
  try {
    const { at, authorization } = await untilCancelled(findWhere(url), signal);
    if (at.search !== start.search) log.mask(at.search.slice(1));
    await untilCancelled(downloadTool(at.href, target, authorization), signal);
  } catch (failure) {
    signal?.throwIfAborted();
    await rm(target, { force: true });
    throw failure instanceof ActionError ? failure : explainFailure(failure, start);
  }
}

interface Place {
  readonly at: URL;
  readonly authorization: string | undefined;
}

/**
 * Where a file is, asked for by HEAD when the address holds a password: tool-cache would take it along to another port of
 * the same host, and so to another server. Without one, tool-cache follows redirects itself.
 */
async function findWhere(start: URL): Promise<Place> {
  const authorization = authorizationOf(start);
  let at = withoutCredentials(start);
  if (authorization === undefined) return { at, authorization };
  const client = new HttpClient('aws-kms-multi-region-key', [], {
    allowRedirects: false,
    socketTimeout: TIMEOUT_MS,
  });
  for (let hop = 0; hop <= MAX_REDIRECTS; hop += 1) {
    const sent = at.origin === start.origin ? authorization : undefined;
    const { message } = await client.head(at.href, sent === undefined ? {} : { authorization: sent });
    message.resume();
    const { location } = message.headers;
    const status = message.statusCode ?? 0;
    if (status < 300 || status > 399 || location === undefined) return { at, authorization: sent };
    const next = URL.parse(location, at.href);
    if (next === null || !isAllowedHop(at, next)) {
      throw refuse(
        start,
        `it redirects to ${next === null ? 'no URL' : showUrl(next)}, which is not allowed`,
      );
    }
    at = withoutCredentials(next);
  }
  throw refuse(start, `it redirects more than ${MAX_REDIRECTS} times`);
}

/** A server on this machine may lead to another one here; nothing else may lead to this machine, or to plain http. */
function isAllowedHop(from: URL, to: URL): boolean {
  return isSafe(to) && (!isLoopback(to) || isLoopback(from));
}

function withoutCredentials(url: URL): URL {
  const bare = new URL(url);
  bare.username = '';
  bare.password = '';
  return bare;
}

function authorizationOf({ username, password }: URL): string | undefined {
  if (username === '' && password === '') return undefined;
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return `Basic ${Buffer.from(pair).toString('base64')}`;
}

function explainFailure(failure: unknown, url: URL): ActionError {
  if (failure instanceof HTTPError) {
    const status = failure.httpStatusCode ?? 0;
    const transient = status === 408 || status === 429 || status >= 500;
    const times = transient ? ', 3 times' : '';
    return refuse(
      url,
      `the answer was HTTP ${status}${times}`,
      transient ? 'Run the job again; if it stays so, check the network of the runner.' : undefined,
    );
  }
  const broken = explainConnection(failure, url);
  return refuse(url, broken?.what ?? messageOf(failure), broken?.next);
}

function refuse(
  url: URL,
  reason: string,
  next = 'Check `terraform-version` and `terraform-download-url`.',
): ActionError {
  return new ActionError({
    what: `${showUrl(url)} could not be downloaded: ${reason}.`,
    done: 'Nothing was installed.',
    next,
  });
}
