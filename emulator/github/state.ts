import { createHash } from 'node:crypto';

import type {
  Author,
  Comment,
  CommentOptions,
  Commit,
  CommitOptions,
  EditOptions,
  FileOptions,
  MergeOptions,
  PullRequest,
  PullRequestOptions,
  Repository,
  RepositoryOptions,
  TokenOptions,
} from './types.js';

/** What GitHub knows: repositories, pull requests, comments, tokens. */
export class GitHubState {
  readonly #now: () => number;
  readonly #repositories = new Map<string, Repository>();
  readonly #pullRequests = new Map<string, PullRequest>();
  readonly #comments = new Map<number, Comment>();
  readonly #tokens = new Map<string, TokenOptions>();
  readonly #associations = new Map<string, Set<number>>();
  readonly #commits = new Map<string, Commit>();
  readonly #branches = new Map<string, string>();
  readonly #files = new Map<string, string>();
  #nextId = 1000;

  constructor(now: () => number) {
    this.#now = now;
  }

  now(): number {
    return this.#now();
  }

  /** Hex, like a commit's id; the same for the same words. */
  static makeSha(...words: readonly (string | number)[]): string {
    return createHash('sha1').update(words.join('\n')).digest('hex');
  }

  #takeId(): number {
    this.#nextId += 1;
    return this.#nextId;
  }

  addRepository(options: RepositoryOptions): Repository {
    const { owner, name } = splitName(options.fullName);
    const sameOwner = [...this.#repositories.values()].find((other) => other.owner === owner);
    const repository: Repository = {
      fullName: options.fullName,
      owner,
      name,
      id: options.id ?? this.#takeId(),
      ownerId: options.ownerId ?? sameOwner?.ownerId ?? this.#takeId(),
      defaultBranch: options.defaultBranch ?? 'main',
      private: options.private ?? false,
      fork: options.fork ?? false,
    };
    this.#repositories.set(keyOf(options.fullName), repository);
    return repository;
  }

  findRepository(fullName: string): Repository | undefined {
    return this.#repositories.get(keyOf(fullName));
  }

  #requireRepository(fullName: string): Repository {
    const repository = this.findRepository(fullName);
    if (!repository) throw new Error(`There is no repository ${fullName}: add it first.`);
    return repository;
  }

  addPullRequest(options: PullRequestOptions): PullRequest {
    const repository = this.#requireRepository(options.repository);
    const numbers = this.pullRequestsOf(repository.fullName).map((pullRequest) => pullRequest.number);
    const pullRequest: PullRequest = {
      repository: repository.fullName,
      number: options.number ?? Math.max(0, ...numbers) + 1,
      title: options.title ?? 'A change of the key',
      author: options.author ?? { login: 'octocat', type: 'User' },
      headSha: options.headSha,
      headRef: options.headRef ?? 'change',
      headRepository: options.headRepository === undefined ? repository.fullName : options.headRepository,
      baseRef: options.baseRef ?? repository.defaultBranch,
      createdAt: this.#now(),
      mergedAt: undefined,
      closedAt: undefined,
      mergeCommitSha: undefined,
      files: options.files ?? [
        { filename: `${options.headRef ?? options.headSha}.txt`, patch: '@@ -0,0 +1 @@\n+new' },
      ],
    };
    return this.#keep(pullRequest);
  }

  #keep(pullRequest: PullRequest): PullRequest {
    this.#pullRequests.set(keyOf(pullRequest.repository, pullRequest.number), pullRequest);
    this.associateCommit({ ...pullRequest, sha: pullRequest.headSha });
    return pullRequest;
  }

  findPullRequest(repository: string, number: number): PullRequest | undefined {
    return this.#pullRequests.get(keyOf(repository, number));
  }

  #requirePullRequest(repository: string, number: number): PullRequest {
    const pullRequest = this.findPullRequest(repository, number);
    if (!pullRequest) throw new Error(`There is no pull request ${repository}#${number}: add it first.`);
    return pullRequest;
  }

  pullRequestsOf(repository: string): PullRequest[] {
    return [...this.#pullRequests.values()].filter(
      (candidate) => keyOf(candidate.repository) === keyOf(repository),
    );
  }

  push(options: {
    readonly repository: string;
    readonly number: number;
    readonly headSha: string;
  }): PullRequest {
    const pullRequest = this.#requirePullRequest(options.repository, options.number);
    return this.#keep({ ...pullRequest, headSha: options.headSha });
  }

  /**
   * Merges as GitHub does: `merge_commit_sha` is the merge commit, the squashed commit, or the last of the rebased
   * commits, and each of these is found as part of the pull request. Commits of the branch itself are part of the
   * base branch only after a merge commit.
   */
  merge(options: MergeOptions): PullRequest {
    const pullRequest = this.#requirePullRequest(options.repository, options.number);
    if (pullRequest.mergedAt !== undefined) throw new Error(`#${options.number} has been merged already.`);
    const mergeCommitSha =
      options.mergeCommitSha ??
      GitHubState.makeSha(options.method, options.repository, options.number, pullRequest.headSha);
    this.associateCommit({ ...options, sha: mergeCommitSha });
    const { repository, baseRef: branch, files } = pullRequest;
    this.pushToBranch({ repository, branch, sha: mergeCommitSha, files });
    const now = this.#now();
    return this.#keep({ ...pullRequest, mergedAt: now, closedAt: now, mergeCommitSha });
  }

  close({ repository, number }: { readonly repository: string; readonly number: number }): PullRequest {
    return this.#keep({ ...this.#requirePullRequest(repository, number), closedAt: this.#now() });
  }

  pushToBranch({ repository, branch, sha, files, parent }: CommitOptions): Commit {
    const place = keyOf(repository, branch);
    const known = this.#commits.get(keyOf(repository, sha));
    const commit = known ?? {
      sha,
      parent: parent ?? this.#branches.get(place),
      files: files ?? [{ filename: `${sha}.txt`, patch: '@@ -0,0 +1 @@\n+new' }],
    };
    this.#commits.set(keyOf(repository, sha), commit);
    this.#branches.set(place, sha);
    return commit;
  }

  putFile({ repository, ref, path, text }: FileOptions): void {
    this.#files.set(keyOf(repository, `${ref}:${path}`), text);
  }

  /** The text of a file; undefined where nobody has put it there. */
  findFile({ repository, ref, path }: Omit<FileOptions, 'text'>): string | undefined {
    return this.#files.get(keyOf(repository, `${ref}:${path}`));
  }

  /** A commit by its id or by the branch that points to it. */
  findCommit(repository: string, name: string): Commit | undefined {
    return this.#commits.get(keyOf(repository, this.#branches.get(keyOf(repository, name)) ?? name));
  }

  /** A commit and all that it stands on, the newest first. */
  historyOf(repository: string, commit: Commit): Commit[] {
    const parent = commit.parent === undefined ? undefined : this.findCommit(repository, commit.parent);
    return parent === undefined ? [commit] : [commit, ...this.historyOf(repository, parent)];
  }

  associateCommit(options: {
    readonly repository: string;
    readonly sha: string;
    readonly number: number;
  }): void {
    const key = keyOf(options.repository, options.sha);
    const numbers = this.#associations.get(key) ?? new Set<number>();
    this.#associations.set(key, numbers.add(options.number));
  }

  /** Undefined when nothing is known of the commit; empty for one that was pushed past every pull request. */
  pullRequestsOfCommit(repository: string, sha: string): PullRequest[] | undefined {
    const key = keyOf(repository, sha);
    const numbers = this.#associations.get(key) ?? (this.#commits.has(key) ? new Set<number>() : undefined);
    return numbers && this.pullRequestsOf(repository).filter(({ number }) => numbers.has(number));
  }

  addToken(options: TokenOptions): void {
    this.#tokens.set(options.token, options);
  }

  findToken(token: string): TokenOptions | undefined {
    return this.#tokens.get(token);
  }

  addComment(options: CommentOptions): Comment {
    const now = this.#now();
    const comment: Comment = {
      id: this.#takeId(),
      repository: this.#requireRepository(options.repository).fullName,
      number: options.number,
      author: options.author,
      body: options.body,
      createdAt: now,
      updatedAt: now,
      editor: undefined,
      lastEditedAt: undefined,
    };
    this.#comments.set(comment.id, comment);
    return comment;
  }

  editComment({ id, editor, body }: EditOptions): Comment {
    const now = this.#now();
    return this.#changeComment(id, { body, editor, lastEditedAt: now, updatedAt: now });
  }

  forgetEditor(id: number): void {
    this.#changeComment(id, { editor: null });
  }

  #changeComment(id: number, change: Partial<Comment>): Comment {
    const comment = this.#comments.get(id);
    if (!comment) throw new Error(`There is no comment ${id}.`);
    const changed = { ...comment, ...change };
    this.#comments.set(id, changed);
    return changed;
  }

  findComment(id: number): Comment | undefined {
    return this.#comments.get(id);
  }

  deleteComment(id: number): void {
    this.#comments.delete(id);
  }

  /** Oldest first. */
  commentsOf(repository: string, number: number): Comment[] {
    return [...this.#comments.values()].filter(
      (comment) => keyOf(comment.repository) === keyOf(repository) && comment.number === number,
    );
  }

  authorOf(token: TokenOptions): Author {
    return { login: token.login, type: token.type };
  }
}

function splitName(fullName: string): { owner: string; name: string } {
  const match = /^([^/]+)\/([^/]+)$/.exec(fullName);
  if (match?.[1] === undefined || match[2] === undefined) {
    throw new Error(`A repository is named owner/name, not ${fullName}.`);
  }
  return { owner: match[1], name: match[2] };
}

/** GitHub's names are the same in any case. */
function keyOf(repository: string, rest: string | number = ''): string {
  return `${repository.toLowerCase()}#${rest}`;
}
