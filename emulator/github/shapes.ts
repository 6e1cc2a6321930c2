import { createHash } from 'node:crypto';

import type { GitHubState } from './state.js';
import type { Author, ChangedFile, Comment, Commit, PullRequest, Repository } from './types.js';

type Json = Record<string, unknown>;

/** Where the links of an answer lead. */
export interface Places {
  /** Of the REST API, without a slash at the end. */
  readonly api: string;
  /** Of the pages, without a slash at the end. */
  readonly web: string;
}

/** The id that the REST and the GraphQL answers share. */
export function makeNodeId(prefix: string, ...parts: readonly (string | number)[]): string {
  return `${prefix}_kw${Buffer.from(parts.join(':')).toString('base64url')}`;
}

export function formatTime(milliseconds: number): string {
  return `${new Date(milliseconds).toISOString().slice(0, 19)}Z`;
}

/** A number that stays the same for an account; the actions bot has the one that it has on GitHub. */
export function idOf({ login, type }: Author): number {
  // GraphQL's actors lack the suffix that the same accounts have elsewhere.
  const name = `${type}:${login.replace(/\[bot\]$/, '').toLowerCase()}`;
  if (name === 'Bot:github-actions') return 41_898_282;
  return createHash('sha256').update(name).digest().readUInt32BE(0);
}

export function nodeIdOf(author: Author): string {
  return makeNodeId(author.type === 'Bot' ? 'BOT' : 'U', idOf(author));
}

/** The page of an account; an app's bot has it below `/apps`. */
export function pageOf(author: Author, places: Places): string {
  return author.type === 'Bot'
    ? `${places.web}/apps/${author.login.replace(/\[bot\]$/, '')}`
    : `${places.web}/${author.login}`;
}

/** Schema `simple-user`. */
export function showUser(author: Author, places: Places): Json {
  const url = `${places.api}/users/${encodeURIComponent(author.login)}`;
  return {
    login: author.login,
    id: idOf(author),
    node_id: nodeIdOf(author),
    avatar_url: `${places.web}/avatars/${idOf(author)}`,
    gravatar_id: '',
    url,
    html_url: pageOf(author, places),
    followers_url: `${url}/followers`,
    following_url: `${url}/following{/other_user}`,
    gists_url: `${url}/gists{/gist_id}`,
    starred_url: `${url}/starred{/owner}{/repo}`,
    subscriptions_url: `${url}/subscriptions`,
    organizations_url: `${url}/orgs`,
    repos_url: `${url}/repos`,
    events_url: `${url}/events{/privacy}`,
    received_events_url: `${url}/received_events`,
    type: author.type,
    site_admin: false,
  };
}

/** Schema `public-user`, as `GET /user` answers for a person's token. */
export function showAuthenticatedUser(author: Author, places: Places): Json {
  const unknown = { name: null, company: null, email: null, location: null, hireable: null, bio: null };
  const counts = { public_repos: 1, public_gists: 0, followers: 0, following: 0 };
  const times = { created_at: '2020-01-01T00:00:00Z', updated_at: '2020-01-01T00:00:00Z' };
  return { ...showUser(author, places), ...unknown, blog: '', ...counts, ...times, user_view_type: 'public' };
}

/** Schema `issue-comment`. */
export function showComment(comment: Comment, places: Places): Json {
  const repository = `${places.api}/repos/${comment.repository}`;
  const url = `${repository}/issues/comments/${comment.id}`;
  const none = { '+1': 0, '-1': 0, laugh: 0, hooray: 0, confused: 0, heart: 0, rocket: 0, eyes: 0 };
  return {
    url,
    html_url: pageOfComment(comment, places),
    issue_url: `${repository}/issues/${comment.number}`,
    id: comment.id,
    node_id: nodeIdOfComment(comment),
    user: showUser(comment.author, places),
    created_at: formatTime(comment.createdAt),
    updated_at: formatTime(comment.updatedAt),
    author_association: comment.author.type === 'Bot' ? 'NONE' : 'MEMBER',
    body: comment.body,
    reactions: { url: `${url}/reactions`, total_count: 0, ...none },
    performed_via_github_app: null,
  };
}

export function nodeIdOfComment(comment: Comment): string {
  return makeNodeId('IC', comment.id);
}

export function pageOfComment(comment: Comment, places: Places): string {
  return `${places.web}/${comment.repository}/pull/${comment.number}#issuecomment-${comment.id}`;
}

/** The links that every form of a repository has, as name and path. */
const REPOSITORY_LINKS: Readonly<Record<string, string>> = {
  archive_url: '/{archive_format}{/ref}',
  assignees_url: '/assignees{/user}',
  blobs_url: '/git/blobs{/sha}',
  branches_url: '/branches{/branch}',
  collaborators_url: '/collaborators{/collaborator}',
  comments_url: '/comments{/number}',
  commits_url: '/commits{/sha}',
  compare_url: '/compare/{base}...{head}',
  contents_url: '/contents/{+path}',
  contributors_url: '/contributors',
  deployments_url: '/deployments',
  downloads_url: '/downloads',
  events_url: '/events',
  forks_url: '/forks',
  git_commits_url: '/git/commits{/sha}',
  git_refs_url: '/git/refs{/sha}',
  git_tags_url: '/git/tags{/sha}',
  hooks_url: '/hooks',
  issue_comment_url: '/issues/comments{/number}',
  issue_events_url: '/issues/events{/number}',
  issues_url: '/issues{/number}',
  keys_url: '/keys{/key_id}',
  labels_url: '/labels{/name}',
  languages_url: '/languages',
  merges_url: '/merges',
  milestones_url: '/milestones{/number}',
  notifications_url: '/notifications{?since,all,participating}',
  pulls_url: '/pulls{/number}',
  releases_url: '/releases{/id}',
  stargazers_url: '/stargazers',
  statuses_url: '/statuses/{sha}',
  subscribers_url: '/subscribers',
  subscription_url: '/subscription',
  tags_url: '/tags',
  teams_url: '/teams',
  trees_url: '/git/trees{/sha}',
};

/** Schemas `full-repository` and `repository`. */
export function showRepository(repository: Repository, places: Places): Json {
  const url = `${places.api}/repos/${repository.fullName}`;
  const page = `${places.web}/${repository.fullName}`;
  const owner: Author = { login: repository.owner, type: 'User' };
  const links = Object.entries(REPOSITORY_LINKS).map(([name, path]) => [name, `${url}${path}`] as const);
  const time = '2026-01-01T00:00:00Z';
  return {
    id: repository.id,
    node_id: makeNodeId('R', repository.id),
    name: repository.name,
    full_name: repository.fullName,
    private: repository.private,
    visibility: repository.private ? 'private' : 'public',
    owner: {
      ...showUser(owner, places),
      id: repository.ownerId,
      node_id: makeNodeId('U', repository.ownerId),
    },
    fork: repository.fork,
    url,
    html_url: page,
    ...Object.fromEntries(links),
    clone_url: `${page}.git`,
    git_url: `git:${page.replace(/^https?:/, '')}.git`,
    ssh_url: `git@${page.replace(/^https?:\/\//, '').replace('/', ':')}.git`,
    svn_url: page,
    default_branch: repository.defaultBranch,
    ...{ description: null, homepage: null, language: null, license: null, mirror_url: null },
    ...{ has_issues: true, has_projects: true, has_wiki: true, has_pages: false, has_downloads: true },
    ...{ has_discussions: false, archived: false, disabled: false, allow_forking: true, is_template: false },
    ...{ forks: 0, forks_count: 0, stargazers_count: 0, watchers: 0, watchers_count: 0, size: 0 },
    ...{ open_issues: 0, open_issues_count: 0, network_count: 0, subscribers_count: 0, topics: [] },
    ...{ pushed_at: time, created_at: time, updated_at: time },
  };
}

function linksOf(pullRequest: PullRequest, places: Places): Json {
  const repository = `${places.api}/repos/${pullRequest.repository}`;
  const url = `${repository}/pulls/${pullRequest.number}`;
  const issue = `${repository}/issues/${pullRequest.number}`;
  const page = `${places.web}/${pullRequest.repository}/pull/${pullRequest.number}`;
  const links = {
    self: url,
    html: page,
    issue,
    comments: `${issue}/comments`,
    review_comments: `${url}/comments`,
    review_comment: `${repository}/pulls/comments{/number}`,
    commits: `${url}/commits`,
    statuses: `${repository}/statuses/${pullRequest.headSha}`,
  };
  return {
    url,
    html_url: page,
    diff_url: `${page}.diff`,
    patch_url: `${page}.patch`,
    issue_url: issue,
    comments_url: links.comments,
    review_comments_url: links.review_comments,
    review_comment_url: links.review_comment,
    commits_url: links.commits,
    statuses_url: links.statuses,
    _links: Object.fromEntries(Object.entries(links).map(([name, href]) => [name, { href }])),
  };
}

function showEnd(
  end: { readonly ref: string; readonly sha: string },
  repository: Repository | undefined,
  places: Places,
): Json {
  const owner: Author = { login: repository?.owner ?? 'ghost', type: 'User' };
  return {
    label: `${owner.login}:${end.ref}`,
    ref: end.ref,
    sha: end.sha,
    user: repository ? showUser(owner, places) : null,
    repo: repository ? showRepository(repository, places) : null,
  };
}

/** Schema `pull-request-simple`, as lists have it. */
export function showPullRequestInList(pullRequest: PullRequest, state: GitHubState, places: Places): Json {
  const base = state.findRepository(pullRequest.repository);
  const { headRepository, mergedAt } = pullRequest;
  const head =
    headRepository === null
      ? undefined
      : (state.findRepository(headRepository) ?? fork(base, headRepository));
  const merged = mergedAt === undefined ? null : formatTime(mergedAt);
  const closed = pullRequest.closedAt === undefined ? null : formatTime(pullRequest.closedAt);
  return {
    id: 500_000 + pullRequest.number,
    node_id: makeNodeId('PR', pullRequest.repository, pullRequest.number),
    ...linksOf(pullRequest, places),
    number: pullRequest.number,
    state: closed === null ? 'open' : 'closed',
    locked: false,
    title: pullRequest.title,
    body: null,
    user: showUser(pullRequest.author, places),
    ...{
      assignee: null,
      assignees: [],
      labels: [],
      milestone: null,
      requested_reviewers: [],
      requested_teams: [],
    },
    created_at: formatTime(pullRequest.createdAt),
    updated_at: formatTime(pullRequest.closedAt ?? pullRequest.createdAt),
    closed_at: closed,
    merged_at: merged,
    // Before the merge GitHub has the id of a trial merge here.
    merge_commit_sha: pullRequest.mergeCommitSha ?? trialMergeOf(pullRequest),
    head: showEnd({ ref: pullRequest.headRef, sha: pullRequest.headSha }, head, places),
    base: showEnd({ ref: pullRequest.baseRef, sha: '0'.repeat(40) }, base, places),
    author_association: 'MEMBER',
    auto_merge: null,
    draft: false,
  };
}

function trialMergeOf(pullRequest: PullRequest): string {
  return createHash('sha1').update(`trial merge\n${pullRequest.headSha}`).digest('hex');
}

/** A fork that the test has only named. */
function fork(base: Repository | undefined, fullName: string): Repository | undefined {
  const [owner = '', name = ''] = fullName.split('/');
  return (
    base && {
      ...base,
      fullName,
      owner,
      name,
      id: base.id + 1_000_000,
      ownerId: base.ownerId + 1_000_000,
      fork: true,
    }
  );
}

/** Schema `pull-request`. */
export function showPullRequest(pullRequest: PullRequest, state: GitHubState, places: Places): Json {
  const merged = pullRequest.mergedAt !== undefined;
  return {
    ...showPullRequestInList(pullRequest, state, places),
    merged,
    mergeable: merged ? null : true,
    mergeable_state: merged ? 'unknown' : 'clean',
    rebaseable: merged ? null : true,
    merged_by: merged ? showUser(pullRequest.author, places) : null,
    comments: state.commentsOf(pullRequest.repository, pullRequest.number).length,
    review_comments: 0,
    maintainer_can_modify: false,
    ...{ commits: 1, additions: 1, deletions: 1, changed_files: 1 },
  };
}

/** Schema `diff-entry`. */
export function showFile({ filename, patch }: ChangedFile, repository: string, places: Places): Json {
  const lines = patch?.split('\n') ?? [];
  const [additions, deletions] = ['+', '-'].map(
    (sign) => lines.filter((line) => line.startsWith(sign)).length,
  );
  const path = `${places.web}/${repository}`;
  return {
    sha: createHash('sha1')
      .update(`${filename}\n${patch ?? ''}`)
      .digest('hex'),
    filename,
    status: 'modified',
    additions,
    deletions,
    changes: (additions ?? 0) + (deletions ?? 0),
    blob_url: `${path}/blob/HEAD/${filename}`,
    raw_url: `${path}/raw/HEAD/${filename}`,
    contents_url: `${places.api}/repos/${repository}/contents/${filename}`,
    ...(patch === undefined ? {} : { patch }),
  };
}

/** Schema `content-file`. */
export function showContent(
  file: { readonly path: string; readonly ref: string; readonly text: string },
  repository: string,
  places: Places,
): Json {
  const { path, ref, text } = file;
  const bytes = Buffer.from(text);
  const sha = createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
  const url = `${places.api}/repos/${repository}/contents/${path}?ref=${ref}`;
  const page = `${places.web}/${repository}/blob/${ref}/${path}`;
  const git = `${places.api}/repos/${repository}/git/blobs/${sha}`;
  return {
    type: 'file',
    encoding: 'base64',
    size: bytes.length,
    name: path.split('/').at(-1) ?? path,
    path,
    content: bytes.toString('base64'),
    sha,
    url,
    git_url: git,
    html_url: page,
    download_url: `${places.web}/${repository}/raw/${ref}/${path}`,
    _links: { git, self: url, html: page },
  };
}

/** Schema `commit`. */
function showCommit({ sha, parent }: Commit, repository: string, places: Places): Json {
  const [api, web] = [`${places.api}/repos/${repository}`, `${places.web}/${repository}`];
  const person = { name: 'Octo Cat', email: 'octocat@example.com', date: '2026-01-01T00:00:00Z' };
  const tree = { sha, url: `${api}/git/trees/${sha}` };
  return {
    sha,
    node_id: makeNodeId('C', sha),
    url: `${api}/commits/${sha}`,
    html_url: `${web}/commit/${sha}`,
    comments_url: `${api}/commits/${sha}/comments`,
    commit: {
      url: `${api}/git/commits/${sha}`,
      author: person,
      committer: person,
      message: 'A commit',
      comment_count: 0,
      tree,
    },
    author: null,
    committer: null,
    parents:
      parent === undefined
        ? []
        : [{ sha: parent, url: `${api}/commits/${parent}`, html_url: `${web}/commit/${parent}` }],
  };
}

export interface Comparison {
  readonly base: Commit;
  readonly head: Commit;
  /** The newest that both stand on. */
  readonly common: Commit;
  /** What the head has and the base has not, the oldest first. */
  readonly ahead: readonly Commit[];
  readonly behindBy: number;
}

/** Schema `commit-comparison`. A file that several commits change has all their patches, one after the other. */
export function showComparison(
  { base, head, common, ahead, behindBy }: Comparison,
  repository: string,
  places: Places,
): Json {
  const url = `${places.api}/repos/${repository}/compare/${base.sha}...${head.sha}`;
  const page = `${places.web}/${repository}/compare/${base.sha}...${head.sha}`;
  const files = new Map<string, ChangedFile>();
  for (const { filename, patch } of ahead.flatMap((commit) => commit.files)) {
    const before = files.get(filename);
    const whole = before === undefined ? patch : patch && before.patch && `${before.patch}\n${patch}`;
    files.set(filename, { filename, ...(whole === undefined ? {} : { patch: whole }) });
  }
  const status =
    ahead.length === 0 ? (behindBy === 0 ? 'identical' : 'behind') : behindBy === 0 ? 'ahead' : 'diverged';
  return {
    url,
    html_url: page,
    permalink_url: page,
    diff_url: `${page}.diff`,
    patch_url: `${page}.patch`,
    base_commit: showCommit(base, repository, places),
    merge_base_commit: showCommit(common, repository, places),
    status,
    ahead_by: ahead.length,
    behind_by: behindBy,
    total_commits: ahead.length,
    commits: ahead.map((commit) => showCommit(commit, repository, places)),
    files: [...files.values()].map((file) => showFile(file, repository, places)),
  };
}
