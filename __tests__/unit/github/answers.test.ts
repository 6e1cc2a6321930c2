import { describe, expect, test } from 'vitest';

import { ActionError } from '../../../src/errors.js';
import { GitHubApiError, type ApiErrorKind } from '../../../src/github/api-error.js';
import { renderApprovalRecord } from '../../../src/github/approval-record.js';
import { readApproval } from '../../../src/github/approval.js';
import { compareCommits } from '../../../src/github/repository.js';
import type { GitHubClient } from '../../../src/github/client.js';
import { findMergedPullRequest } from '../../../src/github/merged-pull-request.js';
import { findMarkedComments, renderCommentMarker, type MarkedComment } from '../../../src/github/comments.js';

const REPOSITORY = { owner: 'octo-org', name: 'octo-repo' };
const MERGE = 'b'.repeat(40);
const ALICE = { __typename: 'User', login: 'alice' };

describe('of a comment', () => {
  const read = (comments: unknown): Promise<MarkedComment[]> => {
    const graphql = (): Promise<unknown> => Promise.resolve({ repository: { pullRequest: { comments } } });
    const client = { graphql } as unknown as GitHubClient;
    return findMarkedComments({ client, repository: REPOSITORY, pullRequest: 7 }, 'a');
  };
  const comment = {
    fullDatabaseId: '1',
    url: 'https://github.com/x',
    body: `${renderCommentMarker('a')}  \nText`,
    viewerDidAuthor: true,
    author: ALICE,
    editor: null,
    createdAt: '2026-01-01T00:00:00Z',
    lastEditedAt: null,
    includesCreatedEdit: false,
  };

  test.each<[string, object, Partial<MarkedComment>]>([
    ['a time', { lastEditedAt: '2026-01-01T00:00:00Z' }, { author: 'alice', lastEditor: 'ghost' }],
    ['an edit in its history', { includesCreatedEdit: true }, { author: 'alice', lastEditor: 'ghost' }],
    ['an editor', { editor: { ...ALICE, login: 'mallory' } }, { author: 'alice', lastEditor: 'mallory' }],
    [
      'an app of the author’s name',
      { editor: { ...ALICE, __typename: 'Bot' } },
      { author: 'alice', lastEditor: 'alice' },
    ],
    [
      'an editor, of an author who is gone',
      { author: null, editor: ALICE },
      { author: 'ghost', lastEditor: 'alice' },
    ],
  ])('an edit is told by %s alone, and trusted to nobody else', async (_, said, people) => {
    const pageInfo = { hasNextPage: false, endCursor: null };
    expect(await read({ nodes: [{ ...comment, ...said }], pageInfo })).toMatchObject([
      { isLastEditOwn: false, ...people },
    ]);
    expect(await read({ nodes: [comment], pageInfo })).toMatchObject([
      { isLastEditOwn: true, lastEditor: undefined },
    ]);
  });

  test('an answer without what was asked for is refused, and says what it lacks', async () => {
    await expect(read({ nodes: [{ ...comment, viewerDidAuthor: undefined }] })).rejects.toThrow(
      'nodes.0.viewerDidAuthor, repository.pullRequest.comments.pageInfo',
    );
  });
});

test('a comment whose time cannot be read is taken for none that was there before the merge', async () => {
  const nodes = [
    {
      fullDatabaseId: '1',
      url: 'https://github.com/x',
      body: `${renderCommentMarker('a')}\n${renderApprovalRecord({
        repository: 'octo-org/octo-repo',
        pullRequest: 7,
        commentKey: 'a',
        commit: 'a'.repeat(40),
        digest: `sha256:${'1'.repeat(64)}`,
      })}`,
      viewerDidAuthor: true,
      author: ALICE,
      editor: null,
      createdAt: 'yesterday',
      lastEditedAt: null,
      includesCreatedEdit: false,
    },
  ];
  const comments = { nodes, pageInfo: { hasNextPage: false, endCursor: null } };
  const graphql = (): Promise<unknown> => Promise.resolve({ repository: { pullRequest: { comments } } });
  const reading = readApproval({
    client: { graphql } as unknown as GitHubClient,
    repository: REPOSITORY,
    commit: MERGE,
    ref: 'refs/heads/main',
    commentKey: 'a',
    mergedPullRequest: Promise.resolve({ number: 7, headSha: 'a'.repeat(40), branch: 'main', mergedAt: 0 }),
  });
  await expect(reading).rejects.toThrow(
    'was written at no known time, after #7 was merged at 1970-01-01T00:00:00Z',
  );
});

describe('of a commit', () => {
  const merged = {
    number: 7,
    merged_at: '2026-01-01T00:00:00Z',
    merge_commit_sha: MERGE,
    head: { sha: 'a'.repeat(40) },
    base: { ref: 'main', repo: { full_name: 'Octo-Org/octo-repo' } },
  };
  const find = async (candidate: object): Promise<unknown> => {
    const waits: number[] = [];
    const client = {
      rest: { repos: {} },
      paginate: () => Promise.resolve([candidate]),
      pause: (milliseconds: number) => Promise.resolve(waits.push(milliseconds)),
    } as unknown as GitHubClient;
    const options = { client, repository: REPOSITORY, commit: MERGE, ref: 'refs/heads/main' };
    const found = await findMergedPullRequest(options);
    expect(waits).toEqual([]);
    return found;
  };

  test('its pull request is found at once where GitHub knows it', async () => {
    expect(await find(merged)).toEqual({
      number: 7,
      headSha: 'a'.repeat(40),
      branch: 'main',
      mergedAt: Date.UTC(2026, 0, 1),
    });
  });

  test.each([
    // GitHub makes a merge commit for trial of each open pull request, and names it in the same member.
    ['that is not merged, by its merge for trial', { merged_at: null }],
    ['of another repository', { base: { ref: 'main', repo: { full_name: 'mallory/octo-repo' } } }],
  ])('no pull request is one %s', async (_, changed) => {
    await expect(find({ ...merged, ...changed })).rejects.toThrow('No pull request was merged into main');
  });

  test.each<[object, string]>([
    [{ merge_commit_sha: null }, '(found: #7 was merged into main as another commit)'],
    [{ merged_at: null }, '(found: #7 is not merged)'],
  ])('of a pull request with %j the refusal says %s', async (changed, near) => {
    await expect(find({ ...merged, ...changed })).rejects.toThrow(
      `No pull request was merged into main as commit bbbbbbb ${near}.`,
    );
  });

  test.each<[string, () => Promise<unknown>, string]>([
    ['compared without any file', () => Promise.resolve({ data: { status: 'ahead' } }), 'ahead'],
    ['not known', () => Promise.reject(new GitHubApiError('not-found', 'No.')), 'unknown'],
  ])('that is %s, none was changed', async (_, compareCommitsWithBasehead, relation) => {
    const client = { rest: { repos: { compareCommitsWithBasehead } } } as unknown as GitHubClient;
    expect(await compareCommits({ client, repository: REPOSITORY }, MERGE, 'main')).toEqual({
      relation,
      files: [],
    });
  });
});

test.each<[ApiErrorKind, string]>([
  ['unauthorized', 'pull-requests: read'],
  ['forbidden', 'pull-requests: read'],
  ['not-found', 'pull-requests: read'],
  ['unanswered', 'Run the job again later'],
])('where GitHub’s answer is %s, the approval’s refusal says: %s', async (kind, next) => {
  const refused = readApproval({
    client: {} as GitHubClient,
    repository: REPOSITORY,
    commit: MERGE,
    ref: 'refs/heads/main',
    commentKey: 'a',
    mergedPullRequest: Promise.reject(new GitHubApiError(kind, 'No.')),
  });
  await expect(refused).rejects.toThrow(ActionError);
  await expect(refused).rejects.toMatchObject({ next: expect.stringContaining(next) });
});
