/** The words of the GitHub emulator: what a test sets, and what it can ask for. */

import type { Handler } from '../http.js';
import type { EventOptions } from './events.js';

export type MergeMethod = 'merge' | 'squash' | 'rebase';

export interface RepositoryOptions {
  /** `owner/name`. */
  readonly fullName: string;
  /** The number in the token's `repository_id`; chosen by the emulator when left out. */
  readonly id?: number;
  readonly ownerId?: number;
  readonly defaultBranch?: string;
  readonly private?: boolean;
  /** True when the repository is a fork of another one. */
  readonly fork?: boolean;
}

export interface PullRequestOptions {
  /** `owner/name` of the repository it is to be merged into. */
  readonly repository: string;
  /** Chosen by the emulator when left out. */
  readonly number?: number;
  readonly headSha: string;
  readonly headRef?: string;
  /** `owner/name` of the fork it comes from; the repository itself when left out, null when the fork was deleted. */
  readonly headRepository?: string | null;
  /** The default branch when left out. */
  readonly baseRef?: string;
  readonly title?: string;
  readonly author?: Author;
  /** What it changes; one file of its own when left out. */
  readonly files?: readonly ChangedFile[];
}

/** A file that a commit or a pull request changes. */
export interface ChangedFile {
  readonly filename: string;
  /** Lines of a unified diff; left out, GitHub shows none, as of a file that is too large or not text. */
  readonly patch?: string;
}

/** The text of a file at a commit. */
export interface FileOptions {
  readonly repository: string;
  /** The commit, or a branch's name. */
  readonly ref: string;
  readonly path: string;
  readonly text: string;
}

/** A commit on a branch. */
export interface CommitOptions {
  readonly repository: string;
  readonly branch: string;
  readonly sha: string;
  /** Default: one file of its own. */
  readonly files?: readonly ChangedFile[];
  /** What it stands on; the branch's tip when left out. Anything else rewrites the branch, as a forced push does. */
  readonly parent?: string;
}

/** As the emulator keeps it. */
export interface Commit {
  readonly sha: string;
  readonly parent: string | undefined;
  readonly files: readonly ChangedFile[];
}

export interface Author {
  /** As in REST: an app's login ends with `[bot]`. */
  readonly login: string;
  readonly type: 'Bot' | 'User';
}

export interface TokenOptions {
  readonly token: string;
  readonly login: string;
  readonly type: 'Bot' | 'User';
  /** Repositories that it can see, as `owner/name`; all of them when left out. */
  readonly repositories?: readonly string[];
  /**
   * Permission for issues and pull requests; `write` when left out. A fork's GITHUB_TOKEN has `read`; `none` still
   * reads what is public.
   */
  readonly access?: 'none' | 'read' | 'write';
}

export interface MergeOptions {
  readonly repository: string;
  readonly number: number;
  readonly method: MergeMethod;
  /** What the base branch points to afterwards; chosen by the emulator when left out. */
  readonly mergeCommitSha?: string;
}

export interface CommentOptions {
  readonly repository: string;
  readonly number: number;
  readonly author: Author;
  readonly body: string;
}

export interface EditOptions {
  readonly id: number;
  readonly editor: Author;
  readonly body: string;
}

/** A comment as the emulator keeps it. */
export interface Comment {
  readonly id: number;
  readonly repository: string;
  /** Of the issue or pull request. */
  readonly number: number;
  readonly author: Author;
  readonly body: string;
  readonly createdAt: number;
  readonly updatedAt: number;
  /** Undefined when it was never edited; null when the account that edited it was deleted. */
  readonly editor: Author | null | undefined;
  readonly lastEditedAt: number | undefined;
}

export interface PullRequest {
  readonly repository: string;
  readonly number: number;
  readonly title: string;
  readonly author: Author;
  readonly headSha: string;
  readonly headRef: string;
  readonly headRepository: string | null;
  readonly baseRef: string;
  readonly createdAt: number;
  readonly mergedAt: number | undefined;
  /** When it was closed, by a merge or without one. */
  readonly closedAt: number | undefined;
  readonly mergeCommitSha: string | undefined;
  readonly files: readonly ChangedFile[];
}

export interface Repository {
  readonly fullName: string;
  readonly owner: string;
  readonly name: string;
  readonly id: number;
  readonly ownerId: number;
  readonly defaultBranch: string;
  readonly private: boolean;
  readonly fork: boolean;
}

/** Which form the subject of an OIDC token has: with names alone, or with the ids that a rename does not change. */
export type SubjectForm = 'classic' | 'immutable';

/** A job that may ask for OIDC tokens. Everything has a default: a push to the default branch by `octocat`. */
export interface JobOptions {
  readonly repository?: string;
  readonly eventName?: string;
  /** `refs/heads/…`, `refs/tags/…` or `refs/pull/N/merge`. */
  readonly ref?: string;
  readonly sha?: string;
  readonly headRef?: string;
  readonly baseRef?: string;
  readonly environment?: string;
  readonly actor?: string;
  readonly runId?: string;
  readonly runAttempt?: number;
  readonly workflow?: string;
  /** The file of the workflow, below the repository's root. */
  readonly workflowPath?: string;
  /** The reusable workflow that the job is in, as `owner/name/path@ref`; the workflow itself when left out. */
  readonly jobWorkflowRef?: string;
  readonly subjectForm?: SubjectForm;
  /** Seconds from issue to expiry; negative makes tokens that have expired already. GitHub's are 300. */
  readonly tokenLifetimeSeconds?: number;
  /** The bearer that the job asks with; chosen by the emulator when left out. */
  readonly requestToken?: string;
}

export type FaultEffect =
  /** 403 (or 429) with `x-ratelimit-remaining: 0`; 200 is GraphQL's way, with an error of the type `RATE_LIMITED`. */
  | {
      readonly kind: 'primary-rate-limit';
      readonly resetInSeconds: number;
      readonly status?: 200 | 403 | 429;
    }
  /** 403 (or 429); without `retryAfterSeconds` GitHub says only that one is limited. */
  | {
      readonly kind: 'secondary-rate-limit';
      readonly retryAfterSeconds?: number;
      readonly status?: 403 | 429;
    }
  /** Any other answer; `carriedOut` answers so after the call has had its effect. */
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly message: string;
      readonly carriedOut?: boolean;
    }
  /** The connection is closed without an answer; `carriedOut` does so after the call has had its effect. */
  | { readonly kind: 'reset'; readonly carriedOut?: boolean };

export interface Fault {
  /** The operation's id in GitHub's OpenAPI description, `graphql`, or `oidc/token`; every call when left out. */
  readonly action?: string;
  /** How many calls it hits; 1 when left out. */
  readonly times?: number;
  readonly effect: FaultEffect;
}

/** One call that has ended. */
export interface GitHubCall {
  readonly service: 'github';
  /** The operation's id in GitHub's OpenAPI description, `graphql`, or `oidc/token`. */
  readonly action: string;
  /** The HTTP status; 0 when the connection was closed without an answer. */
  readonly status: number;
  /** The login of the token, or the repository of the job that asked for an OIDC token. */
  readonly principal: string | undefined;
}

export interface GitHubOptions {
  /** Milliseconds since the epoch; the machine's clock when left out. */
  readonly now?: () => number;
  /** The origin that it is reached by, e.g. `http://127.0.0.1:4566`; may be set later, once the port is known. */
  readonly baseUrl?: string;
  /** What tokens have as `iss`; GitHub's own when left out, so that real trust policies fit. */
  readonly issuer?: string;
  /** The repository of the default job; `octo-org/octo-repo` when left out. */
  readonly repository?: RepositoryOptions;
  /** The default job; see {@link JobOptions}. */
  readonly job?: JobOptions;
  /** Called after each call, also a refused one. */
  readonly onCall?: (call: GitHubCall) => void;
}

/** A public key as the JWKS has it. */
export interface PublicJwk {
  readonly kty: string;
  readonly n: string;
  readonly e: string;
  readonly kid: string;
  readonly use: 'sig';
  readonly alg: 'RS256';
}

/** What the runner would put into a job's environment. */
export interface JobEnvironment {
  readonly GITHUB_API_URL: string;
  readonly GITHUB_GRAPHQL_URL: string;
  readonly GITHUB_SERVER_URL: string;
  readonly GITHUB_TOKEN: string;
  readonly ACTIONS_ID_TOKEN_REQUEST_URL: string;
  readonly ACTIONS_ID_TOKEN_REQUEST_TOKEN: string;
}

export interface GitHub {
  /** Serves every path that begins with `/_github/`. */
  readonly handler: Handler;
  readonly issuer: string;
  jwks(): { readonly keys: readonly PublicJwk[] };
  setBaseUrl(origin: string): void;
  /** The environment of the default job, or of another one. */
  env(job?: Job): JobEnvironment;
  /** Lets another job ask for tokens. */
  startJob(options?: JobOptions): Job;
  /**
   * Lets a job of an event ask for tokens.
   * @returns its environment, and the event's payload
   * @throws Error in plain words when there is no such pull request
   */
  startEvent(options: EventOptions): {
    readonly env: Readonly<Record<string, string>>;
    readonly payload: Readonly<Record<string, unknown>>;
  };
  /** Changes the default job, e.g. puts it into an environment. */
  changeDefaultJob(options: JobOptions): void;
  /** How many OIDC tokens have been given out. */
  readonly tokensIssued: number;
  addRepository(options: RepositoryOptions): Repository;
  addPullRequest(options: PullRequestOptions): PullRequest;
  pullRequest(place: { repository: string; number: number }): PullRequest | undefined;
  /** Moves the head, as a push to the pull request's branch does. */
  pushToPullRequest(options: { repository: string; number: number; headSha: string }): PullRequest;
  /** Merges, and gives the pull request with the commit that the base branch points to afterwards. */
  mergePullRequest(options: MergeOptions): PullRequest;
  /** Closes it without a merge. */
  closePullRequest(options: { repository: string; number: number }): PullRequest;
  /** Adds a commit to a branch, and points the branch to it. */
  pushToBranch(options: CommitOptions): Commit;
  /** Lets a commit be found as part of a pull request, beside those that follow from heads and merges. */
  associateCommit(options: { repository: string; sha: string; number: number }): void;
  addToken(options: TokenOptions): void;
  /** What `GET /repos/…/contents/…` answers with. */
  putFile(options: FileOptions): void;
  addComment(options: CommentOptions): Comment;
  /** Edits as someone else would in the browser. */
  editComment(options: EditOptions): Comment;
  /** Deletes the account that edited last: its name is then gone from the comment. */
  forgetEditor(id: number): void;
  /** In the order in which they were written. */
  comments(pullRequest: { repository: string; number: number }): readonly Comment[];
  addFault(fault: Fault): void;
  clearFaults(): void;
}

/** A job that was let in. */
export interface Job {
  readonly requestToken: string;
  readonly options: JobOptions;
}

/** GitHub's bot behind every GITHUB_TOKEN. */
export const ACTIONS_BOT: Author = { login: 'github-actions[bot]', type: 'Bot' };

/** The default job's GITHUB_TOKEN. Not a secret: it opens nothing but this emulator. */
export const DEFAULT_GITHUB_TOKEN = 'ghs_emulatedGitHubToken';
