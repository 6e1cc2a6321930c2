/** What a branch has become since a commit: whether the commit is its tip, and what came after it. */

import type { RepositoryName } from '../runner/context.js';
import { GitHubApiError } from './api-error.js';
import type { GitHubClient } from './client.js';
import { findChangedAgain, type PatchedFile } from './patches.js';

interface Place {
  readonly client: GitHubClient;
  readonly repository: RepositoryName;
}

/** How the second of two commits stands to the first. `unknown`: GitHub does not know one of them any more. */
type Relation = 'identical' | 'ahead' | 'behind' | 'diverged' | 'unknown';

export interface Comparison {
  readonly relation: Relation;
  /** What the second has changed since; at most {@link MOST_FILES}. */
  readonly files: readonly PatchedFile[];
}

/** GitHub lists no more files of a comparison than these; and of a pull request. */
const MOST_FILES = 300;
const MOST_FILES_OF_PULL_REQUEST = 3000;

/**
 * Compares two commits; each may be named by a branch.
 * @throws GitHubApiError
 */
export async function compareCommits(
  { client, repository }: Place,
  base: string,
  head: string,
): Promise<Comparison> {
  try {
    // Of the commits themselves nothing is used; the files come with the first page, whatever its length.
    const { data } = await client.rest.repos.compareCommitsWithBasehead({
      owner: repository.owner,
      repo: repository.name,
      basehead: `${base}...${head}`,
      per_page: 1,
    });
    return { relation: data.status, files: data.files ?? [] };
  } catch (thrown) {
    if (thrown instanceof GitHubApiError && thrown.kind === 'not-found')
      return { relation: 'unknown', files: [] };
    throw thrown;
  }
}

/**
 * The files in which the branch has changed again what a pull request had changed, by name.
 * @param since what the branch has changed since the pull request was merged
 * @returns undefined when GitHub does not list all of it
 * @throws GitHubApiError
 */
export async function findOvertaken(
  { client, repository }: Place,
  pullRequest: number,
  since: readonly PatchedFile[],
): Promise<string[] | undefined> {
  if (since.length >= MOST_FILES) return undefined;
  const own = await client.paginate(client.rest.pulls.listFiles, {
    owner: repository.owner,
    repo: repository.name,
    pull_number: pullRequest,
    per_page: 100,
  });
  return own.length >= MOST_FILES_OF_PULL_REQUEST ? undefined : findChangedAgain(own, since);
}
