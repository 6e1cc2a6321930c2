/** What the repository has: its files, its pull requests, and what a branch has become since a commit. */

import type { RepositoryName } from '../runner/context.js';
import { unlessNotFound } from './api-error.js';
import type { GitHubClient } from './client.js';

export interface RepositoryPlace {
  readonly client: GitHubClient;
  readonly repository: RepositoryName;
}

export interface PullRequestPlace extends RepositoryPlace {
  readonly pullRequest: number;
}

export function nameOf({ owner, name }: RepositoryName): string {
  return `${owner}/${name}`;
}

/** As the parameters of the REST API name it. */
export function inRest({ owner, name }: RepositoryName): { readonly owner: string; readonly repo: string } {
  return { owner, repo: name };
}

/** A commit's id as people write it; anything else as it is. */
export function shorten(sha: string): string {
  return /^[0-9a-f]{40,64}$/.test(sha) ? sha.slice(0, 7) : sha;
}

/**
 * The text of a file at a commit.
 * @param path from the top of the repository, with `/` between folders
 * @returns undefined where there is no such file, or it is too large for GitHub to give (over 1 MiB)
 * @throws GitHubApiError
 */
export async function readFileAt(
  { client, repository, ref }: RepositoryPlace & { readonly ref: string },
  path: string,
): Promise<string | undefined> {
  const found = await unlessNotFound(client.rest.repos.getContent({ ...inRest(repository), path, ref }));
  const data = found?.data;
  if (data === undefined || Array.isArray(data) || data.type !== 'file' || !('content' in data))
    return undefined;
  return data.encoding === 'base64' ? Buffer.from(data.content, 'base64').toString('utf8') : undefined;
}

export interface PullRequestNow {
  readonly state: 'open' | 'closed' | 'merged';
  /** The last commit of its own branch. */
  readonly headSha: string;
}

/**
 * How a pull request stands now, whatever the event's payload says: a run that is run again still has its old one.
 * @throws GitHubApiError
 */
export async function readPullRequest(place: PullRequestPlace): Promise<PullRequestNow> {
  const { client, repository, pullRequest } = place;
  const { data } = await client.rest.pulls.get({ ...inRest(repository), pull_number: pullRequest });
  return { state: data.merged ? 'merged' : data.state, headSha: data.head.sha };
}

/** What a change did to a file, as GitHub's API lists it (schema `diff-entry`). */
export interface PatchedFile {
  readonly filename: string;
  readonly previous_filename?: string | undefined;
  /** Left out by GitHub where it is too large or not text. */
  readonly patch?: string | undefined;
}

export interface Comparison {
  /** How the second of two commits stands to the first. `unknown`: GitHub does not know one of them any more. */
  readonly relation: 'identical' | 'ahead' | 'behind' | 'diverged' | 'unknown';
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
  { client, repository }: RepositoryPlace,
  base: string,
  head: string,
): Promise<Comparison> {
  const compare = client.rest.repos.compareCommitsWithBasehead;
  // Of the commits themselves nothing is used; the files come with the first page, whatever its length.
  const wanted = { ...inRest(repository), basehead: `${base}...${head}`, per_page: 1 };
  const found = await unlessNotFound(compare(wanted));
  return { relation: found?.data.status ?? 'unknown', files: found?.data.files ?? [] };
}

/**
 * The files in which the branch has changed again what a pull request had changed, by name.
 * @param since what the branch has changed since the pull request was merged
 * @returns undefined when GitHub does not list all of it
 * @throws GitHubApiError
 */
export async function findOvertaken(
  { client, repository }: RepositoryPlace,
  pullRequest: number,
  since: readonly PatchedFile[],
): Promise<string[] | undefined> {
  if (since.length >= MOST_FILES) return undefined;
  const own = await client.paginate(client.rest.pulls.listFiles, {
    ...inRest(repository),
    pull_number: pullRequest,
    per_page: 100,
  });
  return own.length >= MOST_FILES_OF_PULL_REQUEST ? undefined : findChangedAgain(own, since);
}

/**
 * The files in which lines that `own` added were removed since, or lines that it removed were added. A file that both
 * changed counts, too, where GitHub shows one of the patches not. Lines of signs alone tell nothing.
 * @returns names, sorted
 */
export function findChangedAgain(own: readonly PatchedFile[], since: readonly PatchedFile[]): string[] {
  return own
    .filter((file) => {
      const later = since.filter(
        ({ filename, previous_filename: previous }) =>
          filename === file.filename || previous === file.filename,
      );
      return later.some((each) => touches(file.patch, each.patch));
    })
    .map(({ filename }) => filename)
    .sort();
}

function touches(own: string | undefined, since: string | undefined): boolean {
  if (own === undefined || since === undefined) return true;
  const mine = linesOf(own);
  const theirs = linesOf(since);
  return haveCommon(mine.added, theirs.removed) || haveCommon(mine.removed, theirs.added);
}

function haveCommon(one: ReadonlySet<string>, other: ReadonlySet<string>): boolean {
  return [...one].some((line) => other.has(line));
}

function linesOf(patch: string): {
  readonly added: ReadonlySet<string>;
  readonly removed: ReadonlySet<string>;
} {
  const lines = patch.split(/\r?\n/);
  const withSign = (sign: string): Set<string> =>
    new Set(
      lines
        .filter((line) => line.startsWith(sign))
        .map((line) => line.slice(1).trim())
        .filter((line) => /[\p{L}\p{N}]/u.test(line)),
    );
  return { added: withSign('+'), removed: withSign('-') };
}
