import type { RunContext } from './runner/context.js';
import type { Deps } from './deps.js';
import { messageOf } from './errors.js';
import { GitHubApiError } from './github/api-error.js';
import type { GitHubClient } from './github/client.js';
import { upsertComment, type Choice, type MarkedComment } from './github/comments.js';
import {
  readPullRequest,
  shorten,
  type PullRequestPlace,
  type RepositoryPlace,
} from './github/repository.js';
import type { Outputs } from './outputs.js';

/** A comment on a pull request, and which of those there it may write over. */
export interface Comment {
  readonly pullRequest: number;
  readonly key: string;
  readonly body: string;
  readonly choose?: (own: readonly MarkedComment[]) => Choice;
  /** What is to be done once it is there. */
  readonly afterwards?: (written: { readonly id: number; readonly url: string }) => Promise<void>;
}

/** Why there is no comment; a whole sentence. */
export interface NoComment {
  readonly reason: string;
}

export interface CommentWriter {
  readonly deps: Pick<Deps, 'log'>;
  readonly context: Pick<RunContext, 'repository'>;
  /** Undefined without a token, or outside GitHub. */
  readonly client: GitHubClient | undefined;
}

const NO_COMMENT = { title: 'No comment on the pull request' };

/**
 * Writes a comment on a pull request. What GitHub refuses or cannot do is said in the log and fails nothing.
 * @param find what to write where; undefined where no pull request has to do with the run
 * @returns where the comment is
 */
export async function writeComment(
  { deps: { log }, context: { repository }, client }: CommentWriter,
  find: (place: RepositoryPlace) => Promise<Comment | NoComment | undefined>,
): Promise<Outputs> {
  if (client === undefined || repository === undefined) return {};
  const sayNotice = (reason: string): void => {
    log.notice(`${reason} See the job summary.`, NO_COMMENT);
  };
  try {
    const comment = await find({ client, repository });
    if (comment === undefined) return {};
    if ('reason' in comment) {
      sayNotice(comment.reason);
      return {};
    }
    const { afterwards, body, ...rest } = comment;
    const written = await upsertComment({ client, repository, ...rest, body: log.redact(body) });
    if ('url' in written) {
      await afterwards?.(written);
      return { 'comment-url': written.url };
    }
    if (written.status === 'not-permitted') sayNotice(written.reason);
  } catch (thrown) {
    if (isNotPermitted(thrown)) {
      sayNotice(
        `GitHub does not let this token see the pull request ("${thrown.message}"). Give the job \`permissions: { pull-requests: write }\`.`,
      );
    } else {
      log.warning(`The comment could not be written: ${messageOf(thrown)} See the job summary.`, NO_COMMENT);
    }
  }
  return {};
}

function isNotPermitted(thrown: unknown): thrown is GitHubApiError {
  return thrown instanceof GitHubApiError && (thrown.kind === 'forbidden' || thrown.kind === 'not-found');
}

/** A push that GitHub has told of by an event may be missing from its API for a moment. */
const APPEARANCE_MS = 2_000;

/**
 * A plan is shown on a pull request that is open and still at the commit that was planned, by GitHub's word and not by the
 * event's, which a run that is run again has from then. Whatever a merged pull request shows was there before the merge.
 */
export async function findWhyNotShown(
  { pullRequest }: Pick<RunContext, 'pullRequest'>,
  place: PullRequestPlace,
): Promise<NoComment | undefined> {
  let now = await readPullRequest(place);
  if (now.state === 'open' && now.headSha !== pullRequest?.headSha) {
    await place.client.pause(APPEARANCE_MS);
    now = await readPullRequest(place);
  }
  const number = `#${place.pullRequest}`;
  if (now.state !== 'open')
    return {
      reason: `Pull request ${number} is ${now.state}, and no plan is shown or approved there any more.`,
    };
  if (now.headSha === pullRequest?.headSha) return undefined;
  return {
    reason: `Pull request ${number} has a newer commit than this run (${shorten(now.headSha)}), and its plan is the one to show.`,
  };
}
