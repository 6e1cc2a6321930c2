import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { ACTIONS_BOT, type MergeMethod } from '../../../emulator/github/index.js';
import { ActionError } from '../../../src/errors.js';
import { readApproval } from '../../../src/github/approval.js';
import { renderCommentMarker, upsertComment } from '../../../src/github/comments.js';
import {
  APPLIED_MARK,
  renderApprovalRecord,
  renderApprovalRecords,
  type ApprovalRecord,
} from '../../../src/github/approval-record.js';
import { startGitHub, type GitHubWorld } from '../../support/github-world.js';

const NAME = 'octo-org/octo-repo';
const REPOSITORY = { owner: 'octo-org', name: 'octo-repo' };
const HEAD = 'a'.repeat(40);
const MERGE = 'b'.repeat(40);
const DIGEST = `sha256:${'1'.repeat(64)}`;
const MALLORY = { login: 'mallory', type: 'User' } as const;
const PLACE = { repository: NAME, number: 7 };

const RECORD: ApprovalRecord = {
  repository: NAME,
  pullRequest: 7,
  commentKey: 'alias/a',
  commit: HEAD,
  digest: DIGEST,
};

let world: GitHubWorld;

beforeEach(async () => {
  world = await startGitHub();
  world.github.addPullRequest({ ...PLACE, headSha: HEAD });
});

afterEach(async () => {
  await world.stop();
});

function bodyOf(record: Partial<ApprovalRecord> = {}, key = 'alias/a'): string {
  return [
    renderCommentMarker(key),
    'One key is created.',
    renderApprovalRecord({ ...RECORD, ...record }),
    '',
  ].join('\n');
}

async function comment(record: Partial<ApprovalRecord> = {}, key = 'alias/a'): Promise<number> {
  const client = await world.client();
  const body = bodyOf(record, key);
  const result = await upsertComment({ client, repository: REPOSITORY, pullRequest: 7, key, body });
  if (!('id' in result)) throw new Error(`No comment: ${result.status}`);
  return result.id;
}

function merge(method: MergeMethod = 'merge'): void {
  world.github.mergePullRequest({ ...PLACE, method, mergeCommitSha: MERGE });
}

interface Read {
  readonly commit?: string;
  readonly ref?: string;
  readonly commentKey?: string;
  readonly among?: string;
  readonly token?: string;
}

async function read({ token, ...options }: Read = {}): ReturnType<typeof readApproval> {
  const client = await world.client(token === undefined ? {} : { token });
  const defaults = { commit: MERGE, ref: 'refs/heads/main', commentKey: 'alias/a' };
  return readApproval({ client, repository: REPOSITORY, ...defaults, ...options });
}

async function refusal(options: Read = {}): Promise<ActionError> {
  const error: unknown = await read(options).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ActionError)) throw new Error(`Not refused: ${String(error)}`);
  expect(error.done).toBe('Nothing was applied.');
  expect(error.next).not.toBe('');
  return error;
}

describe('the approval of a merged pull request', () => {
  test.each(['merge', 'squash', 'rebase'] as const)(
    'is the digest in its comment after a %s',
    async (method) => {
      await comment();
      merge(method);
      expect(await read()).toEqual({
        digest: DIGEST,
        pullRequest: 7,
        commentUrl: expect.stringContaining('/pull/7#issuecomment-'),
        record: RECORD,
      });
    },
  );

  test('is still there when the action itself has updated the comment', async () => {
    await comment({ digest: `sha256:${'2'.repeat(64)}` });
    await comment();
    merge();
    expect(await read()).toMatchObject({ digest: DIGEST });
  });

  test('is still there when a later run has told below what became of it', async () => {
    await comment();
    merge();
    const body = `${renderCommentMarker('alias/a')}\nRefused.\n`;
    world.github.addComment({ ...PLACE, author: ACTIONS_BOT, body });
    expect(await read()).toMatchObject({ digest: DIGEST });
  });

  test('is found behind more than a hundred comments', async () => {
    for (let index = 0; index < 130; index += 1) {
      world.github.addComment({ ...PLACE, author: MALLORY, body: 'Nice.' });
    }
    await comment();
    merge();
    expect(await read()).toMatchObject({ digest: DIGEST });
  });

  test("is this key's among those of a matrix", async () => {
    await comment({ commentKey: 'alias/b', digest: `sha256:${'2'.repeat(64)}` }, 'alias/b');
    await comment();
    merge();
    expect(await read()).toMatchObject({ digest: DIGEST });
    expect(await read({ commentKey: 'alias/b' })).toMatchObject({ digest: `sha256:${'2'.repeat(64)}` });
  });

  test("is not hidden by someone else's comment with the same marker", async () => {
    const body = bodyOf({ digest: `sha256:${'9'.repeat(64)}` });
    world.github.addComment({ ...PLACE, author: MALLORY, body });
    await comment();
    merge();
    expect(await read()).toMatchObject({ digest: DIGEST });
  });

  test('is found although the same commit is also part of another pull request', async () => {
    await comment();
    merge();
    world.github.addPullRequest({ repository: NAME, number: 8, headSha: MERGE, baseRef: 'release' });
    world.github.addPullRequest({ repository: NAME, number: 9, headSha: 'c'.repeat(40), baseRef: 'release' });
    world.github.mergePullRequest({ repository: NAME, number: 9, method: 'merge', mergeCommitSha: MERGE });
    expect(await read()).toMatchObject({ pullRequest: 7 });
  });

  test('is waited for while GitHub does not know yet where the commit came from', async () => {
    await comment();
    world.github.associateCommit({ repository: NAME, sha: MERGE, number: 99 });
    const waits: number[] = [];
    const sleep = (milliseconds: number): Promise<void> => {
      if (waits.push(milliseconds) === 2) merge();
      return Promise.resolve();
    };
    const client = await world.client({ clock: { ...world.clock, sleep } });
    const options = { repository: REPOSITORY, commit: MERGE, ref: 'refs/heads/main', commentKey: 'alias/a' };
    expect(await readApproval({ client, ...options })).toMatchObject({ digest: DIGEST });
    expect(waits).toEqual([3_000, 3_000]);
  });
});

describe('the approval of one of many keys', () => {
  const [ofAll, ofOther] = ['2', '3'].map((digit) => `sha256:${digit.repeat(64)}`) as [string, string];
  const OTHER: ApprovalRecord = { ...RECORD, commentKey: 'alias/b', digest: ofOther };

  /** A comment that shows the plans of many keys. */
  function gather(records: readonly ApprovalRecord[], author: { login: string; type: 'Bot' | 'User' }): void {
    const body = [renderCommentMarker('group'), renderApprovalRecords(records), ''].join('\n');
    world.github.addComment({ ...PLACE, author, body });
  }

  test('is in the comment that shows them all, which goes before those of the keys', async () => {
    gather([{ ...RECORD, digest: `sha256:${'9'.repeat(64)}` }], MALLORY);
    await comment();
    gather([{ ...RECORD, digest: ofAll }, OTHER], ACTIONS_BOT);
    merge();
    expect(await read({ among: 'group' })).toMatchObject({ digest: ofAll });
    expect(await read({ among: 'group', commentKey: 'alias/b' })).toMatchObject({ digest: ofOther });
    expect(await read()).toMatchObject({ digest: DIGEST });
  });

  test.each<[string, readonly ApprovalRecord[] | undefined, typeof ACTIONS_BOT | typeof MALLORY]>([
    ['there is no such comment', undefined, ACTIONS_BOT],
    ['that comment has no plan of it', [OTHER], ACTIONS_BOT],
    ['that comment has no plan at all', [], ACTIONS_BOT],
    ['somebody else wrote that comment', [{ ...RECORD, digest: ofAll }], MALLORY],
  ])('is in its own comment where %s', async (_, others, author) => {
    if (others !== undefined) gather(others, author);
    await comment();
    merge();
    expect(await read({ among: 'group' })).toMatchObject({ digest: DIGEST });
  });

  test('is not clear where two comments show them all, whatever its own shows', async () => {
    await comment();
    gather([RECORD], ACTIONS_BOT);
    gather([RECORD, OTHER], ACTIONS_BOT);
    merge();
    expect((await refusal({ among: 'group' })).what).toContain('2 comments with the key "group"');
  });

  test('is none where the comment that shows them all has two of it', async () => {
    await comment();
    gather([RECORD, { ...OTHER, commentKey: 'alias/a' }], ACTIONS_BOT);
    merge();
    expect((await refusal({ among: 'group' })).what).toContain('"alias/a" is there twice');
  });
});

describe('no approval is', () => {
  test('a run on something else than a branch', async () => {
    expect((await refusal({ ref: 'refs/tags/v1' })).what).toContain('refs/tags/v1');
    expect(world.calls).toEqual([]);
  });

  test('a commit that belongs to no pull request', async () => {
    world.github.associateCommit({ repository: NAME, sha: MERGE, number: 99 });
    expect((await refusal()).what).toBe('No pull request was merged into main as commit bbbbbbb.');
    expect(world.clock.waits).toEqual([3_000, 3_000]);
  });

  test('a commit that GitHub does not know', async () => {
    expect((await refusal()).what).toContain('No commit found for SHA');
  });

  test('a pull request that is not merged', async () => {
    await comment();
    expect((await refusal({ commit: HEAD })).what).toContain('#7 is not merged');
  });

  test('an earlier commit of a pull request that was merged as another', async () => {
    await comment();
    merge();
    expect((await refusal({ commit: HEAD })).what).toContain('#7 was merged into main as bbbbbbb');
  });

  test('a merge into another branch', async () => {
    await comment();
    merge();
    expect((await refusal({ ref: 'refs/heads/release' })).what).toContain('#7 was merged into main');
  });

  test('a commit that merged two pull requests', async () => {
    await comment();
    merge();
    world.github.addPullRequest({ repository: NAME, number: 8, headSha: 'c'.repeat(40) });
    world.github.mergePullRequest({ repository: NAME, number: 8, method: 'merge', mergeCommitSha: MERGE });
    expect((await refusal()).what).toContain('more than one pull request (#7, #8)');
  });

  test('a pull request without the comment', async () => {
    merge();
    expect((await refusal()).what).toContain('#7 has no comment with the key "alias/a"');
  });

  test('the comment of another key', async () => {
    await comment({ commentKey: 'alias/b' }, 'alias/b');
    merge();
    expect((await refusal()).what).toContain('no comment with the key "alias/a"');
  });

  test('a comment that someone else wrote', async () => {
    world.github.addComment({ ...PLACE, author: MALLORY, body: bodyOf() });
    merge();
    expect((await refusal()).what).toContain('written by mallory');
  });

  test('a comment by another app', async () => {
    world.github.addComment({ ...PLACE, author: { login: 'other[bot]', type: 'Bot' }, body: bodyOf() });
    merge();
    expect((await refusal()).what).toContain('written by other');
  });

  test('a comment that was there twice', async () => {
    await comment();
    world.github.addComment({ ...PLACE, author: ACTIONS_BOT, body: bodyOf() });
    merge();
    expect((await refusal()).what).toContain('2 comments with the key "alias/a"');
  });

  test('a comment that someone else edited, even to the same text', async () => {
    const id = await comment();
    world.github.editComment({ id, editor: MALLORY, body: bodyOf() });
    merge();
    expect((await refusal()).what).toContain('last edited by mallory');
  });

  test("a comment that a person with the bot's name edited", async () => {
    const id = await comment();
    world.github.editComment({ id, editor: { login: 'github-actions', type: 'User' }, body: bodyOf() });
    merge();
    expect((await refusal()).what).toContain('last edited by github-actions');
  });

  test('a comment that was edited by an account that is gone', async () => {
    const id = await comment();
    world.github.editComment({ id, editor: MALLORY, body: bodyOf() });
    world.github.forgetEditor(id);
    merge();
    expect((await refusal()).what).toContain('last edited by ghost');
  });

  test('a plan of a commit that was not the last one', async () => {
    await comment();
    world.github.pushToPullRequest({ ...PLACE, headSha: 'd'.repeat(40) });
    merge();
    const { what } = await refusal();
    expect(what).toContain('made at commit aaaaaaa, and the last commit of #7 is ddddddd');
  });

  test.each<[string, Partial<ApprovalRecord>, string]>([
    ['another pull request', { pullRequest: 6 }, 'made for pull request #6, and #7 was merged'],
    ['another repository', { repository: 'octo-org/other' }, 'made for the repository octo-org/other'],
    ['another key', { commentKey: 'alias/b' }, 'made with the comment key "alias/b"'],
  ])('a record of %s that was put into the comment', async (_, record, message) => {
    await comment(record);
    merge();
    expect((await refusal()).what).toContain(message);
  });

  test('a plan that was first commented after the merge: nobody had seen it', async () => {
    merge();
    await world.clock.sleep(1_000);
    await comment();
    const { what } = await refusal();
    expect(what).toContain(
      'was written at 2026-11-01T00:00:01Z, after #7 was merged at 2026-11-01T00:00:00Z',
    );
  });

  test('a plan that was written again after the merge, even to the same text by the same identity', async () => {
    const id = await comment();
    merge();
    await world.clock.sleep(1_000);
    world.github.editComment({ id, editor: ACTIONS_BOT, body: bodyOf() });
    expect((await refusal()).what).toContain('after #7 was merged');
  });

  test('a plan that was applied', async () => {
    const client = await world.client();
    const body = `${renderCommentMarker('alias/a')}\nApplied.\n${APPLIED_MARK}\n`;
    await upsertComment({ client, repository: REPOSITORY, pullRequest: 7, key: 'alias/a', body });
    merge();
    expect((await refusal()).what).toMatch(/was applied \(.*\), and an approval is used once/);
  });

  test.each([
    ['refs/pull/7/merge', 'Merging approves a plan, and pull request #7 is not merged.'],
    [
      'refs/heads/gh-readonly-queue/main/pr-7-abc',
      'Merging approves a plan, and pull request #7 is not merged.',
    ],
  ])('a run on %s', async (ref, what) => {
    expect((await refusal({ ref })).what).toBe(what);
    expect(world.calls).toEqual([]);
  });

  test('a comment without a record', async () => {
    const client = await world.client();
    const body = `${renderCommentMarker('alias/a')}\nNo changes.\n`;
    await upsertComment({ client, repository: REPOSITORY, pullRequest: 7, key: 'alias/a', body });
    merge();
    expect((await refusal()).what).toContain('holds no record');
  });

  test('a comment with two records', async () => {
    const client = await world.client();
    const body = `${bodyOf()}${renderApprovalRecord(RECORD)}\n`;
    await upsertComment({ client, repository: REPOSITORY, pullRequest: 7, key: 'alias/a', body });
    merge();
    expect((await refusal()).what).toContain('there are 2 of them');
  });

  test('what a token without the permission cannot read', async () => {
    await world.stop();
    world = await startGitHub({ repository: { fullName: NAME, private: true } });
    world.github.addToken({ token: 'ghs_none', ...ACTIONS_BOT, access: 'none' });
    const error = await refusal({ token: 'ghs_none' });
    expect(error.what).toContain('Resource not accessible by integration');
    expect(error.next).toContain('pull-requests: read');
  });

  test('what GitHub does not answer', async () => {
    world.github.addFault({ times: 100, effect: { kind: 'reset' } });
    const error = await refusal();
    expect(error.what).toContain('GitHub did not answer');
    expect(error.next).toContain('Run the job again later');
  });
});
