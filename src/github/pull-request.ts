/** How a pull request stands now, whatever the event's payload says: a run that is run again still has its old one. */

import type { PullRequestPlace } from './own-comments.js';

export interface PullRequestNow {
  readonly state: 'open' | 'closed' | 'merged';
  /** The last commit of its own branch. */
  readonly headSha: string;
}

/** @throws GitHubApiError */
export async function readPullRequest({
  client,
  repository,
  pullRequest,
}: PullRequestPlace): Promise<PullRequestNow> {
  const { data } = await client.rest.pulls.get({
    owner: repository.owner,
    repo: repository.name,
    pull_number: pullRequest,
  });
  return { state: data.merged ? 'merged' : data.state, headSha: data.head.sha };
}
