/** Files of the repository as they are at a commit. */

import type { RepositoryName } from '../runner/context.js';
import { GitHubApiError } from './api-error.js';
import type { GitHubClient } from './client.js';

export interface FilePlace {
  readonly client: GitHubClient;
  readonly repository: RepositoryName;
  /** The commit. */
  readonly ref: string;
}

/**
 * The text of a file.
 * @param path from the top of the repository, with `/` between folders
 * @returns undefined where there is no such file, or it is too large for GitHub to give (over 1 MiB)
 * @throws GitHubApiError
 */
export async function readFileAt(
  { client, repository, ref }: FilePlace,
  path: string,
): Promise<string | undefined> {
  try {
    const { data } = await client.rest.repos.getContent({
      owner: repository.owner,
      repo: repository.name,
      path,
      ref,
    });
    if (Array.isArray(data) || data.type !== 'file' || !('content' in data)) return undefined;
    return data.encoding === 'base64' ? Buffer.from(data.content, 'base64').toString('utf8') : undefined;
  } catch (thrown) {
    if (thrown instanceof GitHubApiError && thrown.kind === 'not-found') return undefined;
    throw thrown;
  }
}
