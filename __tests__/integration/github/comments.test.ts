import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { ACTIONS_BOT, type Comment } from '../../../emulator/github/index.js';
import {
  renderCommentMarker,
  upsertComment,
  type UpsertCommentResult,
} from '../../../src/github/comments.js';
import { startGitHub, type GitHubWorld } from '../../support/github-world.js';

const REPOSITORY = { owner: 'octo-org', name: 'octo-repo' };
const PLACE = { repository: 'octo-org/octo-repo', number: 7 };
const MALLORY = { login: 'mallory', type: 'User' } as const;

let world: GitHubWorld;

beforeEach(async () => {
  world = await startGitHub();
  world.github.addPullRequest({ ...PLACE, headSha: 'a'.repeat(40) });
});

afterEach(async () => {
  await world.stop();
});

function bodyFor(key: string, text: string): string {
  return `${renderCommentMarker(key)}\n${text}\n`;
}

interface Upsert {
  readonly key?: string;
  readonly text?: string;
  readonly token?: string;
  readonly maxWaitSeconds?: number;
}

async function upsert({
  key = 'alias/a',
  text = 'A plan.',
  ...options
}: Upsert = {}): Promise<UpsertCommentResult> {
  const client = await world.client(options);
  return upsertComment({ client, repository: REPOSITORY, pullRequest: 7, key, body: bodyFor(key, text) });
}

function comments(): readonly Comment[] {
  return world.github.comments(PLACE);
}

/** The plugin that waits for limits goes by the machine's clock. */
async function startNow(): Promise<void> {
  await world.stop();
  world = await startGitHub({ now: Date.now });
  world.github.addPullRequest({ ...PLACE, headSha: 'a'.repeat(40) });
}

function texts(): string[] {
  return comments().map(({ body }) => body.split('\n')[1] ?? '');
}

describe('a comment with a key', () => {
  test('is created once, by the identity of the token', async () => {
    const result = await upsert();
    expect(result).toEqual({
      status: 'created',
      id: comments()[0]?.id,
      url: expect.stringContaining('/octo-org/octo-repo/pull/7#issuecomment-'),
    });
    expect(comments()).toHaveLength(1);
    expect(comments()[0]?.author).toEqual(ACTIONS_BOT);
  });

  test('is updated in its place when the plan says something else', async () => {
    const first = await upsert({ text: 'One.' });
    const second = await upsert({ text: 'Two.' });
    expect(second).toEqual({ ...first, status: 'updated' });
    expect(texts()).toEqual(['Two.']);
  });

  test('is not written again when it says the same', async () => {
    const first = await upsert();
    world.calls.length = 0;
    expect(await upsert()).toEqual({ ...first, status: 'unchanged' });
    expect(world.calls).toEqual(['graphql 200']);
  });

  test('is written again when someone else has edited it, even to the same text', async () => {
    await upsert();
    const [comment] = comments();
    world.github.editComment({ id: comment?.id ?? 0, editor: MALLORY, body: comment?.body ?? '' });
    expect(await upsert()).toMatchObject({ status: 'updated' });
    expect(comments()[0]?.editor).toEqual(ACTIONS_BOT);
  });

  test('does not touch the comment of another job of the matrix', async () => {
    await upsert({ key: 'alias/a', text: 'A one.' });
    await upsert({ key: 'alias/b', text: 'B one.' });
    await upsert({ key: 'alias/a', text: 'A two.' });
    expect(texts()).toEqual(['A two.', 'B one.']);
  });

  test('does not take a longer key for its own', async () => {
    await upsert({ key: 'alias/a', text: 'Short.' });
    await upsert({ key: 'alias/ab', text: 'Long.' });
    await upsert({ key: 'alias/', text: 'Shorter.' });
    expect(texts()).toEqual(['Short.', 'Long.', 'Shorter.']);
  });

  test("leaves someone else's comment with the same marker alone", async () => {
    const planted = world.github.addComment({
      ...PLACE,
      author: MALLORY,
      body: bodyFor('alias/a', 'Planted.'),
    });
    expect(await upsert()).toMatchObject({ status: 'created' });
    expect(texts()).toEqual(['Planted.', 'A plan.']);
    expect(comments()[0]).toEqual(planted);
  });

  test('leaves a comment of a user with the name of the bot alone', async () => {
    const author = { login: 'github-actions', type: 'User' } as const;
    world.github.addComment({ ...PLACE, author, body: bodyFor('alias/a', 'Planted.') });
    expect(await upsert()).toMatchObject({ status: 'created' });
  });

  test('is not mistaken for another own comment that only quotes the marker', async () => {
    const body = `Look:\n${renderCommentMarker('alias/a')}\n`;
    world.github.addComment({ ...PLACE, author: ACTIONS_BOT, body });
    expect(await upsert()).toMatchObject({ status: 'created' });
    expect(comments()[0]?.body).toBe(body);
  });

  test('is found behind two hundred others', async () => {
    const write = (count: number): void => {
      for (let index = 0; index < count; index += 1) {
        world.github.addComment({ ...PLACE, author: MALLORY, body: `Comment ${index}` });
      }
    };
    write(215);
    const first = await upsert();
    write(20);
    world.calls.length = 0;
    expect(await upsert({ text: 'New.' })).toEqual({ ...first, status: 'updated' });
    expect(world.calls).toEqual(['graphql 200', 'graphql 200', 'graphql 200', 'issues/update-comment 200']);
  });

  test("of a person with their own token is theirs, and not the bot's", async () => {
    world.github.addToken({ token: 'ghp_person', login: 'ada', type: 'User' });
    await upsert({ text: 'By the bot.' });
    expect(await upsert({ text: 'By Ada.', token: 'ghp_person' })).toMatchObject({ status: 'created' });
    expect(await upsert({ text: 'By Ada again.', token: 'ghp_person' })).toMatchObject({ status: 'updated' });
    expect(texts()).toEqual(['By the bot.', 'By Ada again.']);
  });

  test('is created anew when it was deleted between the look and the update', async () => {
    await upsert({ text: 'One.' });
    world.github.addFault({
      action: 'issues/update-comment',
      effect: { kind: 'status', status: 404, message: 'Not Found' },
    });
    expect(await upsert({ text: 'Two.' })).toMatchObject({ status: 'created' });
    expect(texts()).toEqual(['One.', 'Two.']);
  });

  test('has to begin with its marker', async () => {
    const client = await world.client();
    const options = { client, repository: REPOSITORY, pullRequest: 7, key: 'a' };
    await expect(upsertComment({ ...options, body: `Text\n${renderCommentMarker('a')}\n` })).rejects.toThrow(
      TypeError,
    );
  });
});

describe('a token that may not comment', () => {
  test.each([
    ['reads only, as that of a fork does', { access: 'read' }, 'Resource not accessible by integration'],
    [
      'may not read pull requests of a private repository',
      { access: 'none' },
      'Resource not accessible by integration',
    ],
    ['may not see the repository', { repositories: ['octo-org/other'] }, 'Could not resolve to a Repository'],
  ] as const)('that %s is a result with a reason', async (_, permissions, message) => {
    await world.stop();
    world = await startGitHub({ repository: { fullName: 'octo-org/octo-repo', private: true } });
    world.github.addPullRequest({ ...PLACE, headSha: 'a'.repeat(40) });
    world.github.addToken({ token: 'ghs_weak', ...ACTIONS_BOT, ...permissions });
    const result = await upsert({ token: 'ghs_weak' });
    expect(result).toEqual({ status: 'not-permitted', reason: expect.stringContaining(message) });
    expect(comments()).toEqual([]);
  });

  test("because the conversation is locked is told in GitHub's words", async () => {
    const message = 'Unable to create comment because issue is locked.';
    world.github.addFault({
      action: 'issues/create-comment',
      effect: { kind: 'status', status: 403, message },
    });
    expect(await upsert()).toEqual({ status: 'not-permitted', reason: expect.stringContaining(message) });
  });

  test('because the pull request does not exist is a result, too', async () => {
    const client = await world.client();
    const body = bodyFor('a', 'x');
    const result = await upsertComment({ client, repository: REPOSITORY, pullRequest: 8, key: 'a', body });
    expect(result).toMatchObject({ status: 'not-permitted', reason: expect.stringContaining('#8') });
  });

  test('because it is not valid is an error that does not repeat it', async () => {
    const failure = upsert({ token: 'ghs_wrongsecret' });
    await expect(failure).rejects.toThrow(/Bad credentials.*Check `github-token`/);
    await expect(failure).rejects.not.toThrow(/wrongsecret/);
  });
});

/** The seconds of each wait for a rate limit, as the log tells them. */
function waits(): number[] {
  return world.logged.flatMap((line) => /limits the rate.*waiting (\d+) s/.exec(line)?.[1] ?? []).map(Number);
}

describe('limits and broken answers', () => {
  test('a secondary rate limit is waited for as long as GitHub says', async () => {
    world.github.addFault({
      action: 'issues/create-comment',
      effect: { kind: 'secondary-rate-limit', retryAfterSeconds: 42 },
    });
    expect(await upsert()).toMatchObject({ status: 'created' });
    expect(waits()).toEqual([42]);
    expect(texts()).toEqual(['A plan.']);
  });

  test('a secondary rate limit without a time is waited for a minute each time', async () => {
    world.github.addFault({ action: 'graphql', times: 2, effect: { kind: 'secondary-rate-limit' } });
    expect(await upsert()).toMatchObject({ status: 'created' });
    expect(waits()).toEqual([60, 60]);
  });

  test.each([200, 403, 429] as const)(
    'a primary rate limit (%i) is waited for until its reset',
    async (status) => {
      await startNow();
      world.github.addFault({
        action: 'graphql',
        effect: { kind: 'primary-rate-limit', resetInSeconds: 90, status },
      });
      expect(await upsert()).toMatchObject({ status: 'created' });
      // The reset is in whole seconds, and a second is added.
      expect([91, 92]).toContain(waits()[0]);
      expect(waits()).toHaveLength(1);
    },
  );

  test('a wait beyond what is left ends in an error at once', async () => {
    await startNow();
    world.github.addFault({
      action: 'graphql',
      effect: { kind: 'primary-rate-limit', resetInSeconds: 3_000 },
    });
    await expect(upsert()).rejects.toThrow(
      /API rate limit exceeded.*300[12] more seconds.*Run the job again later/,
    );
    expect(waits()).toEqual([]);
  });

  test('no wait outlives the run', async () => {
    const controller = new AbortController();
    const stop = new Error('cancelled');
    const log = {
      info: () => {
        controller.abort(stop);
      },
      debug: () => undefined,
    };
    world.github.addFault({ times: 9, effect: { kind: 'secondary-rate-limit', retryAfterSeconds: 40 } });
    const client = await world.client({ log, secondMs: 20, signal: controller.signal });
    await expect(client.graphql('{ viewer { login } }', {})).rejects.toBe(stop);
    expect(world.calls).toEqual(['graphql 403']);
  });

  test('all waits of a run together are bounded', async () => {
    world.github.addFault({ times: 9, effect: { kind: 'secondary-rate-limit', retryAfterSeconds: 40 } });
    await expect(upsert({ maxWaitSeconds: 100 })).rejects.toThrow(/secondary rate limit/);
    expect(waits()).toEqual([40, 40]);
  });

  test.each([
    ['a 502', { kind: 'status', status: 502, message: 'Bad Gateway', carriedOut: true }],
    ['a broken connection', { kind: 'reset', carriedOut: true }],
  ] as const)('%s after the comment was written does not make a second one', async (_, effect) => {
    world.github.addFault({ action: 'issues/create-comment', effect });
    expect(await upsert()).toMatchObject({ status: 'created' });
    expect(comments()).toHaveLength(1);
  });

  test.each([
    ['a 502', { kind: 'status', status: 502, message: 'Bad Gateway' }],
    ['a broken connection', { kind: 'reset' }],
  ] as const)('%s before the comment was written is tried again', async (_, effect) => {
    world.github.addFault({ action: 'issues/create-comment', times: 2, effect });
    expect(await upsert()).toMatchObject({ status: 'created' });
    expect(comments()).toHaveLength(1);
  });

  test('looking and updating are tried again after broken answers', async () => {
    await upsert({ text: 'One.' });
    world.github.addFault({ action: 'graphql', effect: { kind: 'reset' } });
    world.github.addFault({
      action: 'issues/update-comment',
      times: 2,
      effect: { kind: 'status', status: 503, message: '' },
    });
    expect(await upsert({ text: 'Two.' })).toMatchObject({ status: 'updated' });
    expect(world.calls.slice(-5)).toEqual([
      'graphql 0',
      'graphql 200',
      'issues/update-comment 503',
      'issues/update-comment 503',
      'issues/update-comment 200',
    ]);
  });

  test('a GitHub that never answers is said so', async () => {
    world.github.addFault({ times: 100, effect: { kind: 'reset' } });
    await expect(upsert()).rejects.toThrow(/could not be written: GitHub did not answer/);
  });

  test("a comment that is too long is an error with GitHub's own word", async () => {
    await expect(upsert({ text: 'x'.repeat(65_536) })).rejects.toThrow(/Body is too long/);
  });
});

describe('the marker', () => {
  test.each([
    ['--> <b>bold</b>', '-%2D%3E%20%3Cb%3Ebold%3C%2Fb%3E'],
    ['a--b', 'a-%2Db'],
    ['----', '-%2D-%2D'],
    ['@team\nnext', '%40team%0Anext'],
    ['\ud800', '%EF%BF%BD'],
    ['alias/aws_cb_cmk', 'alias%2Faws_cb_cmk'],
  ])('holds the key %j so that it cannot break out', (key, encoded) => {
    const marker = renderCommentMarker(key);
    expect(marker).toBe(`<!-- aws-kms-multi-region-key:comment-key=${encoded} -->`);
    expect(marker.slice(4, -3)).not.toMatch(/--|[<>@\n]/);
  });

  test('finds a comment whose key is full of signs', async () => {
    const key = '--> <!-- @all #1 "\'`ä';
    await upsert({ key, text: 'One.' });
    expect(await upsert({ key, text: 'Two.' })).toMatchObject({ status: 'updated' });
  });
});
