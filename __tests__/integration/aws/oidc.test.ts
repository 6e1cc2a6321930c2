import { createServer } from 'node:http';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createLocalJWKSet, jwtVerify } from 'jose';

import type { JobOptions } from '../../../emulator/github/index.js';
import {
  explainMissingOidc,
  readClaims,
  requestIdToken,
  type IdTokenOptions,
} from '../../../src/aws/oidc.js';
import type { RunContext } from '../../../src/runner/context.js';
import { close, listen } from '../../support/loopback.js';
import { readRunContext } from '../../support/run-context.js';
import { startGitHub, type GitHubWorld } from '../../support/github-world.js';

let world: GitHubWorld;
let masked: string[];
/** What the toolkit itself printed. */
let printed: string[];
const saved = { ...process.env };

beforeEach(async () => {
  world = await startGitHub({ repository: { fullName: 'octo-org/octo-repo', id: 456789, ownerId: 123456 } });
  masked = [];
  printed = [];
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => printed.push(String(text)) > 0);
});

afterEach(async () => {
  vi.restoreAllMocks();
  for (const name of Object.keys(process.env)) Reflect.deleteProperty(process.env, name);
  Object.assign(process.env, saved);
  await world.stop();
});

function contextOf(env: Record<string, string>, payload: unknown = {}): Promise<RunContext> {
  return readRunContext({ GITHUB_ACTIONS: 'true', ...env }, payload);
}

/** The toolkit reads where to ask out of the environment of the process, so each request sets it. */
async function request(more: Partial<IdTokenOptions> = {}): Promise<string> {
  const log = {
    mask: (secret: string) => masked.push(secret),
    debug: (line: string) => world.logged.push(line),
  };
  const env = more.env ?? { ...world.github.env() };
  for (const name of ['ACTIONS_ID_TOKEN_REQUEST_URL', 'ACTIONS_ID_TOKEN_REQUEST_TOKEN']) {
    Reflect.deleteProperty(process.env, name);
  }
  Object.assign(process.env, env);
  return requestIdToken({
    context: await contextOf({}),
    env,
    log,
    audience: 'sts.amazonaws.com',
    signal: new AbortController().signal,
    firstWaitMs: 1,
    ...more,
  });
}

const inJob = (options: JobOptions): Partial<IdTokenOptions> => ({
  env: { ...world.github.env(world.github.startJob(options)) },
});

describe('an OIDC token', () => {
  test('is signed, for the audience that was asked for, and masked', async () => {
    const token = await request();
    const keys = createLocalJWKSet({ keys: [...world.github.jwks().keys] });
    const currentDate = new Date(world.clock.now());
    const { payload } = await jwtVerify(token, keys, { audience: 'sts.amazonaws.com', currentDate });
    expect(payload.iss).toBe('https://token.actions.githubusercontent.com');
    expect(masked).toEqual([token]);
    expect(printed.join('')).toContain(`::add-mask::${token}`);
  });

  test.each(['a b&c=d#é', 'https://sts.example/?x=1&y=2'])(
    'is for the audience %j to the letter',
    async (audience) => {
      expect(readClaims(await request({ audience })).aud).toEqual([audience]);
    },
  );

  test('is fresh each time', async () => {
    expect(await request()).not.toBe(await request());
    expect(world.github.tokensIssued).toBe(2);
  });

  test.each<[string, JobOptions, string]>([
    ['a branch', {}, 'repo:octo-org/octo-repo:ref:refs/heads/main'],
    ['an environment', { environment: 'prod' }, 'repo:octo-org/octo-repo:environment:prod'],
    ['a pull request', { eventName: 'pull_request' }, 'repo:octo-org/octo-repo:pull_request'],
    [
      'a branch, immutable',
      { subjectForm: 'immutable' },
      'repo:octo-org@123456/octo-repo@456789:ref:refs/heads/main',
    ],
  ])('of a job on %s says so in its subject', async (_, job, subject) => {
    expect(readClaims(await request(inJob(job)))).toMatchObject({
      sub: subject,
      repositoryId: '456789',
      repositoryOwnerId: '123456',
    });
  });

  test.each([
    ['a 500', { kind: 'status', status: 500, message: 'x' }],
    ['a 429', { kind: 'status', status: 429, message: 'x' }],
    ['a 503', { kind: 'status', status: 503, message: 'x' }],
    ['a broken connection', { kind: 'reset' }],
  ] as const)('is asked for again after %s', async (_, effect) => {
    world.github.addFault({ action: 'oidc/token', times: 2, effect });
    await request();
    expect(world.github.tokensIssued).toBe(1);
  });

  test('is given up after five broken answers', async () => {
    world.github.addFault({
      action: 'oidc/token',
      times: 9,
      effect: { kind: 'status', status: 500, message: 'x' },
    });
    await expect(request()).rejects.toThrow('the answer was HTTP 500, 5 times');
    expect(world.calls).toHaveLength(5);
  });

  test.each([400, 401, 403])('is not asked for again after a %i', async (status) => {
    world.github.addFault({ action: 'oidc/token', effect: { kind: 'status', status, message: 'x' } });
    await expect(request()).rejects.toThrow(`the answer was HTTP ${status}.`);
    expect(world.calls).toHaveLength(1);
  });

  test.each(['{}', '{"value":""}', '{"value":7}', 'null', '<html>'])(
    'is not found in the answer %j',
    async (body) => {
      const server = createServer((_, response) => response.end(body));
      const env = {
        ...world.github.env(),
        ACTIONS_ID_TOKEN_REQUEST_URL: `http://127.0.0.1:${await listen(server)}/?api-version=2.0`,
      };
      await expect(request({ env })).rejects.toThrow('the answer held no token.');
      await close(server);
    },
  );

  test('and the bearer are in no message', async () => {
    const env = { ...world.github.env(), ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'bearer-secret' };
    await expect(request({ env })).rejects.toThrow(/HTTP 401/);
    await expect(request({ env })).rejects.not.toThrow(/bearer-secret/);
    world.github.addFault({ action: 'oidc/token', times: 2, effect: { kind: 'reset' } });
    const token = await request();
    expect(world.logged).toHaveLength(2);
    expect(world.logged.join('\n')).not.toContain(token);
    expect(world.logged.join('\n')).not.toContain(world.origin);
  });

  test('is no longer waited for once the run is cancelled', async () => {
    const controller = new AbortController();
    const stop = new Error('cancelled');
    world.github.addFault({ action: 'oidc/token', times: 9, effect: { kind: 'reset' } });
    controller.abort(stop);
    await expect(request({ signal: controller.signal })).rejects.toBe(stop);
    expect(world.calls).toEqual([]);
  });
});

describe('a job without an OIDC token', () => {
  test('lacks the permission, and is told the lines to add', async () => {
    const failure = request({ env: {} });
    await expect(failure).rejects.toThrow(
      /lacks the permission `id-token: write`.*permissions: \{ id-token: write/,
    );
    expect(world.calls).toEqual([]);
  });

  test.each<[string, Record<string, string>, unknown, RegExp]>([
    ['outside Actions', { GITHUB_ACTIONS: '' }, {}, /only a GitHub Actions job/],
    [
      'for a fork',
      { GITHUB_EVENT_NAME: 'pull_request' },
      {
        pull_request: {
          number: 1,
          head: { repo: { full_name: 'a/b' } },
          base: { repo: { full_name: 'c/b' } },
        },
      },
      /comes from a fork/,
    ],
    [
      'for a fork, on the event that does have tokens',
      { GITHUB_EVENT_NAME: 'pull_request_target' },
      { pull_request: { number: 1, head: { repo: null }, base: { repo: { full_name: 'c/b' } } } },
      /id-token: write/,
    ],
  ])('%s is told why', async (_, env, payload, message) => {
    const error = explainMissingOidc(await contextOf(env, payload), {});
    expect(error.message).toMatch(message);
    expect(error.done).toBe('AWS was not called.');
  });

  test('because its variable was overwritten is told that', async () => {
    const env = { ...world.github.env(), ACTIONS_ID_TOKEN_REQUEST_URL: 'nonsense' };
    await expect(request({ env })).rejects.toThrow(/ACTIONS_ID_TOKEN_REQUEST_URL is not a URL/);
  });
});

describe('the claims of a token', () => {
  const encode = (claims: unknown): string =>
    `x.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.y`;

  test('may have one audience or several, and may lack everything', () => {
    expect(readClaims(encode({ aud: ['a', 'b', 7] })).aud).toEqual(['a', 'b']);
    expect(readClaims(encode({}))).toEqual({ aud: [] });
  });

  test.each(['', 'secret', 'a.b', 'secret.secret.secret', encode(null), encode('secret')])(
    'cannot be read from %j, which is not repeated',
    (token) => {
      expect(() => readClaims(token)).toThrow('not a JSON Web Token');
      expect(() => readClaims(token)).not.toThrow(/secret/);
    },
  );
});
