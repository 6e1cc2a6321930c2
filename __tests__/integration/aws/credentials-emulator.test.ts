/** The whole exchange: the emulator's OIDC issuer signs the tokens, its STS checks them against trust policies. */

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { startEmulator, type Emulator } from '../../../emulator/index.js';
import { obtainCredentials, type AwsSession, type CredentialOptions } from '../../../src/aws/credentials.js';
import { requestIdToken } from '../../../src/aws/oidc.js';
import type { Environment } from '../../../src/runner/context.js';
import { readRunContext } from '../../support/run-context.js';
import type { Clock } from '../../../src/deps.js';
import { messageOf } from '../../../src/errors.js';

const ISSUER = 'token.actions.githubusercontent.com';
const { signal } = new AbortController();
const clock: Clock = { now: Date.now, sleep: () => Promise.resolve() };
const log = { mask: (): void => undefined, debug: (): void => undefined, info: (): void => undefined };

let emulator: Emulator;
beforeEach(async () => {
  emulator = await startEmulator();
  // The toolkit writes its commands there, the mask of each token among them.
  vi.spyOn(process.stdout, 'write').mockReturnValue(true);
});
afterEach(async () => {
  await emulator.stop();
});

/** A job's environment: GitHub's part of it, and where AWS is. */
function jobEnvironment(): Environment {
  return { ...emulator.github.env(), AWS_ENDPOINT_URL: emulator.url, GITHUB_ACTIONS: 'true' };
}

async function obtain(over: Partial<CredentialOptions> = {}, env = jobEnvironment()): Promise<AwsSession> {
  const context = await readRunContext(env);
  return obtainCredentials({
    region: emulator.region,
    roleToAssume: emulator.role,
    roleSessionName: '',
    roleDurationSeconds: 3600,
    audience: 'sts.amazonaws.com',
    allowedAccountIds: [emulator.account],
    env,
    getIdToken: (audience) => {
      // The toolkit reads where to ask out of the environment of the process.
      Object.assign(process.env, env);
      return requestIdToken({ context, env, log, audience, signal, firstWaitMs: 1 });
    },
    clock,
    log,
    signal,
    ...over,
  });
}

async function refusalOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => Promise.reject(new Error('it was let in')),
    (error: unknown) => messageOf(error),
  );
}

function trust(condition: unknown, maxSessionDuration?: number): void {
  const arn = emulator.role;
  emulator.sts.roles.set(arn, {
    arn,
    trustPolicy: {
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Principal: { Federated: `arn:aws:iam::${emulator.account}:oidc-provider/${ISSUER}` },
          Action: 'sts:AssumeRoleWithWebIdentity',
          Condition: condition,
        },
      ],
    },
    ...(maxSessionDuration === undefined ? {} : { maxSessionDuration }),
  });
}

/** A trust policy for a job that there is not. */
function trustAnother(): void {
  trust({ StringEquals: { [`${ISSUER}:sub`]: 'repo:octo-org/octo-repo:ref:refs/heads/release' } });
}

test('a job that the role trusts gets credentials that work', async () => {
  const session = await obtain();
  expect(session.accountId).toBe(emulator.account);
  expect(session.callerArn).toContain(':assumed-role/kms-apply/aws-kms-multi-region-key');
});

describe('the condition that a refusal shows lets the job in', () => {
  test.each([
    ['from a branch', { ref: 'refs/heads/main' }],
    ['from a pull request', { eventName: 'pull_request', ref: 'refs/pull/7/merge' }],
    ['with an environment', { environment: 'production' }],
    ['from a repository with immutable subjects', { subjectForm: 'immutable' as const }],
    ['with both', { subjectForm: 'immutable' as const, environment: 'production' }],
  ])('%s', async (_, job) => {
    emulator.github.changeDefaultJob(job);
    trustAnother();
    const refusal = await refusalOf(obtain());
    const condition = /lets this very token in: (\{.*?\}\})/.exec(refusal)?.[1] ?? '';
    trust(JSON.parse(condition));
    expect((await obtain()).accountId).toBe(emulator.account);
  });

  test('and the immutable form that is shown beside the classic one does after the change', async () => {
    trustAnother();
    const refusal = await refusalOf(obtain());
    const immutable = /become immutable .*?, it is (\{.*?\}\})/.exec(refusal)?.[1] ?? '';
    trust(JSON.parse(immutable));
    await refusalOf(obtain());
    emulator.github.changeDefaultJob({ subjectForm: 'immutable' });
    expect((await obtain()).accountId).toBe(emulator.account);
  });
});

describe('is refused', () => {
  test.each<[string, () => Partial<CredentialOptions>, RegExp]>([
    [
      'a role that is not there',
      () => ({ roleToAssume: `arn:aws:iam::${emulator.account}:role/nobody` }),
      /role\/nobody": either there is no such role, or its trust policy/,
    ],
    [
      'a job of another branch',
      () => {
        trustAnother();
        return {};
      },
      /sub is "repo:octo-org\/octo-repo:ref:refs\/heads\/main".*The job runs for "refs\/heads\/main"/,
    ],
    ['a wrong audience', () => ({ audience: 'other' }), /does not accept the audience "other"/],
    [
      'an account without the provider',
      () => {
        emulator.sts.providers.clear();
        return {};
      },
      /has no OpenID Connect provider for "token\.actions\.githubusercontent\.com"/,
    ],
    [
      'an expired token',
      () => {
        emulator.github.changeDefaultJob({ tokenLifetimeSeconds: -10 });
        return {};
      },
      /has expired, though it was fetched just before/,
    ],
    [
      'a session that is too long',
      () => ({ roleDurationSeconds: 43_200 }),
      /`role-duration-seconds` is 43200/,
    ],
    ['a wrong account', () => ({ allowedAccountIds: ['111122223333'] }), /allows only 111122223333/],
  ])('%s', async (_, prepare, message) => {
    expect(await refusalOf(obtain(prepare()))).toMatch(message);
  });

  test('a job without id-token: write', async () => {
    const env = { ...jobEnvironment(), ACTIONS_ID_TOKEN_REQUEST_TOKEN: undefined };
    expect(await refusalOf(obtain({}, env))).toMatch(/lacks the permission `id-token: write`/);
    expect(emulator.github.tokensIssued).toBe(0);
  });
});

describe('an STS that does not answer', () => {
  const OTHER = 'eu-west-3';
  const asked = (): (string | undefined)[] =>
    emulator.calls.find({ service: 'sts', action: 'GetCallerIdentity' }).map(({ region }) => region);

  test('is replaced by that of the next Region, where the connection breaks', async () => {
    emulator.faults.add({ match: { service: 'sts', region: emulator.region }, effect: { type: 'reset' } });
    const session = await obtain({ otherRegions: [OTHER] });
    expect(session.accountId).toBe(emulator.account);
    expect(asked().at(-1)).toBe(OTHER);
  });

  test('is replaced within seconds, where it takes the connection and says nothing', async () => {
    emulator.faults.add({ match: { service: 'sts', region: emulator.region }, effect: { type: 'timeout' } });
    const started = Date.now();
    const session = await obtain({ otherRegions: [OTHER] });
    expect(session.accountId).toBe(emulator.account);
    expect(asked().at(-1)).toBe(OTHER);
    expect(Date.now() - started).toBeLessThan(15_000);
  }, 30_000);

  test('is the end of the way where no other Region answers either', async () => {
    emulator.faults.add({
      match: { service: 'sts', action: 'GetCallerIdentity' },
      effect: { type: 'reset' },
    });
    expect(await refusalOf(obtain({ otherRegions: [OTHER] }))).toMatch(
      /STS in "?eu-west-3"? could not be reached/,
    );
  }, 30_000);

  test('a refusal is an answer: no other Region is asked', async () => {
    expect(await refusalOf(obtain({ otherRegions: [OTHER], allowedAccountIds: ['111122223333'] }))).toMatch(
      /allows only/,
    );
    expect(asked()).toEqual([emulator.region]);
  });
});
