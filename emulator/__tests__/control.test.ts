import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startEmulator, type Emulator } from '../index.js';

let emulator: Emulator;
beforeAll(async () => {
  emulator = await startEmulator();
});
afterAll(() => emulator.stop());

interface Answered {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

async function send(
  method: string,
  route: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Answered> {
  const response = await fetch(`${emulator.url}/_emulator/${route}`, {
    method,
    headers,
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.includes('json') === true;
  return { status: response.status, body: isJson ? (JSON.parse(text) as Answered['body']) : { text } };
}

const open = async (more: object = {}): Promise<number> =>
  Number((await send('POST', 'pull-requests', more)).body['number']);

describe('pull requests from the shell', () => {
  test('are opened with nothing said, pushed to, and merged', async () => {
    const opened = await send('POST', 'pull-requests');
    const number = Number(opened.body['number']);
    expect(opened.body).toMatchObject({
      state: 'open',
      baseRef: 'main',
      headRepository: 'octo-org/octo-repo',
    });
    const pushed = await send('POST', `pull-requests/${number}/push`);
    expect(pushed.body['headSha']).toMatch(/^[0-9a-f]{40}$/);
    expect(pushed.body['headSha']).not.toBe(opened.body['headSha']);
    const merged = await send('POST', `pull-requests/${number}/merge`, { method: 'rebase' });
    expect(merged.body).toMatchObject({ state: 'merged', headSha: pushed.body['headSha'] });
    expect((await send('GET', `pull-requests/${number}`)).body).toEqual(merged.body);
    expect(emulator.github.pullRequest({ repository: 'octo-org/octo-repo', number })?.mergeCommitSha).toBe(
      merged.body['mergeCommitSha'],
    );
  });

  test('are closed without a merge', async () => {
    expect((await send('POST', `pull-requests/${await open()}/close`)).body).toMatchObject({
      state: 'closed',
    });
  });

  test('have comments: the newest as Markdown, all of them with their authors', async () => {
    const number = await open();
    expect(await send('GET', `pull-requests/${number}/comment`)).toMatchObject({ status: 400 });
    const author = { login: 'octocat', type: 'User' } as const;
    for (const body of ['first', '**second**'])
      emulator.github.addComment({ repository: 'octo-org/octo-repo', number, author, body });
    expect((await send('GET', `pull-requests/${number}/comment`)).body).toEqual({ text: '**second**\n' });
    expect((await send('GET', `pull-requests/${number}/comments`)).body).toMatchObject([
      { author: 'octocat', body: 'first' },
      { body: '**second**' },
    ]);
  });
});

describe('a job from the shell', () => {
  test('gets the environment that a runner would give it, and the payload', async () => {
    const number = await open({ headSha: 'a'.repeat(40), headRef: 'change' });
    const { body } = await send('POST', 'jobs', { event: 'pull_request', pullRequest: number });
    expect(body['env']).toMatchObject({
      GITHUB_EVENT_NAME: 'pull_request',
      GITHUB_REF: `refs/pull/${number}/merge`,
      GITHUB_HEAD_REF: 'change',
      GITHUB_BASE_REF: 'main',
      GITHUB_API_URL: emulator.githubUrl,
    });
    expect(body['payload']).toMatchObject({ number, pull_request: { head: { sha: 'a'.repeat(40) } } });
  });

  test('says why it can\u2019t begin', async () => {
    const number = await open();
    const wrong: readonly (readonly [object, RegExp])[] = [
      [{ event: 'pull_request', pullRequest: 999 }, /no pull request 999: open it first/],
      [{ event: 'pull_request' }, /say which/],
      [{ event: 'push', pullRequest: number }, /not merged/],
      [{ event: 'fork' }, /event/],
      [{ event: 'push', evnt: 1 }, /evnt/],
    ];
    for (const [body, message] of wrong) {
      const answered = await send('POST', 'jobs', body);
      expect([answered.status, answered.body['message']]).toEqual([400, expect.stringMatching(message)]);
    }
  });
});

test('faults and time are set from the shell', async () => {
  const before = emulator.clock.now();
  await send('POST', 'clock', { days: 2 });
  expect(emulator.clock.now() - before).toBeGreaterThanOrEqual(2 * 86_400_000);
  const fault = { match: { action: 'ListKeys', count: 1 }, effect: { type: 'throttle' } };
  expect((await send('POST', 'faults', fault)).status).toBe(200);
  expect(await send('POST', 'faults', { effect: { type: 'no such' } })).toMatchObject({ status: 400 });
});

test.each([
  { send: ['GET', 'nothing'], status: 404, message: /There are: POST \/_emulator\/pull-requests,/ },
  { send: ['DELETE', 'pull-requests'], status: 404, message: /no DELETE/ },
  { send: ['POST', 'pull-requests', '{'], status: 400, message: /no JSON/ },
  { send: ['POST', 'pull-requests', { headSha: 'short' }], status: 400, message: /40 hex digits/ },
  { send: ['POST', 'pull-requests/998/merge', {}], status: 400, message: /no pull request 998/ },
  {
    send: ['POST', 'pull-requests', {}, { origin: 'https://example.com' }],
    status: 403,
    message: /web pages/,
  },
] as const)('refuses $send with $status', async ({ send: sent, status, message }) => {
  const answered = await send(...(sent as unknown as Parameters<typeof send>));
  expect([answered.status, answered.body['message']]).toEqual([status, expect.stringMatching(message)]);
});
