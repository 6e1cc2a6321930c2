import { rm } from 'node:fs/promises';
import { downloadTool, HTTPError } from '@actions/tool-cache';
import { ActionError, messageOf } from '../../errors.js';
import { explainConnection } from '../../runner/connection.js';
import { untilCancelled } from '../../runner/until-cancelled.js';

/**
 * Downloads a file with @actions/tool-cache: through the proxy, with redirects (never from https to http), and three times
 * at most where a server or the connection fails.
 * @param url without a password, as the input has it
 * @param target a file that is not there yet
 * @throws ActionError naming the URL
 */
export async function downloadFile(url: URL, target: string, signal: AbortSignal | undefined): Promise<void> {
  try {
    await untilCancelled(downloadTool(url.href, target), signal);
  } catch (failure) {
    signal?.throwIfAborted();
    await rm(target, { force: true });
    throw explainFailure(failure, url);
  }
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
  { href }: URL,
  reason: string,
  next = 'Check `terraform-version` and `terraform-download-url`.',
): ActionError {
  return new ActionError({
    what: `${href} could not be downloaded: ${reason}.`,
    done: 'Nothing was installed.',
    next,
  });
}
