import { createServer } from 'node:http';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { obtainCredentials, type AwsSession, type CredentialOptions } from '../../../src/aws/credentials.js';
import { ActionError } from '../../../src/errors.js';
import { close, listen } from '../../support/loopback.js';
import { breakConnection, refuse, StsServer } from '../../support/sts-server.js';

const ROLE = 'arn:aws:iam::999900001111:role/kms-plan';
const ASSUME = 'AssumeRoleWithWebIdentity';
const MINUTE = 60_000;

let sts: StsServer;
let masked: string[];
let logged: string[];
let tokens: number;
let now: number;

beforeEach(async () => {
  sts = await StsServer.start();
  masked = [];
  logged = [];
  tokens = 0;
  now = Date.now();
});

afterEach(async () => {
  await sts.stop();
});

/** A token with claims that can be read; its signature is not looked at before AWS. */
function makeToken(audience: string): string {
  tokens += 1;
  const claims = {
    iss: 'https://token.actions.githubusercontent.com',
    aud: audience,
    sub: 'repo:octo-org/octo-repo:ref:refs/heads/main',
    jti: String(tokens),
  };
  return `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.c2ln`;
}

function obtain(over: Partial<CredentialOptions> = {}): Promise<AwsSession> {
  return obtainCredentials({
    region: 'ap-southeast-1',
    roleToAssume: ROLE,
    roleSessionName: '',
    roleDurationSeconds: 3600,
    audience: 'sts.amazonaws.com',
    allowedAccountIds: [],
    env: { AWS_ENDPOINT_URL: sts.url },
    getIdToken: (audience) => Promise.resolve(makeToken(audience)),
    clock: { now: () => now },
    signal: new AbortController().signal,
    firstWaitMs: 1,
    log: {
      mask: (secret) => masked.push(secret),
      debug: (line) => logged.push(line),
      info: (line) => logged.push(line),
    },
    ...over,
  });
}

async function refusalOf(work: Promise<unknown>): Promise<ActionError> {
  const error: unknown = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ActionError)) throw new Error(`not refused as it should be: ${String(error)}`);
  return error;
}

const actions = (): string[] => sts.requests.map(({ action }) => action);

describe('a role', () => {
  test('is assumed with the OIDC token, masked, and proven', async () => {
    const session = await obtain();
    expect(actions()).toEqual([ASSUME, 'GetCallerIdentity']);
    expect(Object.fromEntries(sts.requests[0]?.parameters ?? [])).toMatchObject({
      RoleArn: ROLE,
      RoleSessionName: 'aws-kms-multi-region-key',
      DurationSeconds: '3600',
    });
    expect(sts.requests[0]?.signedBy).toBeUndefined();
    expect(sts.requests[1]).toMatchObject({ signedBy: 'ASIA1', region: 'ap-southeast-1' });
    expect(masked).toEqual(expect.arrayContaining(['secret-1', 'session-1', 'ASIA1']));
    expect(session).toMatchObject({
      accountId: '999900001111',
      callerArn: 'arn:aws:sts::999900001111:assumed-role/kms/session',
      credentials: { expiration: sts.expiration },
    });
    expect(session.environment).toEqual({
      AWS_ACCESS_KEY_ID: 'ASIA1',
      AWS_SECRET_ACCESS_KEY: 'secret-1',
      AWS_SESSION_TOKEN: 'session-1',
    });
    expect(await session.provider()).toMatchObject({ accessKeyId: 'ASIA1', sessionToken: 'session-1' });
  });

  test('is not used before its secrets are masked', async () => {
    sts.answers.push({
      action: 'GetCallerIdentity',
      answer: (response, request) => {
        expect(masked).toEqual(expect.arrayContaining(['secret-1', 'session-1']));
        refuse('AccessDenied', 'stop here', 403)(response, request);
      },
    });
    await refusalOf(obtain());
    expect(actions()).toHaveLength(2);
  });

  test('is asked for under the name and for the time that are given', async () => {
    await obtain({ roleSessionName: 'me', roleDurationSeconds: 900 });
    expect(sts.requests[0]?.parameters.get('RoleSessionName')).toBe('me');
    expect(sts.requests[0]?.parameters.get('DurationSeconds')).toBe('900');
  });

  test('is asked for at the endpoint of STS rather than the one of all services', async () => {
    await obtain({ env: { AWS_ENDPOINT_URL: 'http://127.0.0.1:1', AWS_ENDPOINT_URL_STS: sts.url } });
    expect(actions()).toHaveLength(2);
  });

  test('puts out the other sources of credentials that the job has', async () => {
    const session = await obtain({
      env: { AWS_ENDPOINT_URL: sts.url, AWS_PROFILE: 'other', AWS_SESSION_TOKEN: 'old', AWS_ROLE_ARN: 'x' },
    });
    expect(session.environment).toMatchObject({
      AWS_PROFILE: '',
      AWS_ROLE_ARN: '',
      AWS_SESSION_TOKEN: 'session-1',
    });
  });
});

describe('what is transient is tried again, with a fresh token', () => {
  test.each([
    ['throttling', refuse('Throttling', 'Rate exceeded')],
    ['a 500', refuse('InternalFailure', 'oops', 500)],
    ['a 503 without a known code', refuse('Whatever', 'oops', 503)],
    ['a broken connection', breakConnection],
    ['STS not reaching the issuer', refuse('IDPCommunicationError', 'unreachable')],
    [
      'STS not getting the issuer’s keys',
      refuse('InvalidIdentityToken', "Couldn't retrieve verification key from your identity provider"),
    ],
  ])('%s', async (_, answer) => {
    sts.answers.push({ action: ASSUME, answer }, { action: ASSUME, answer });
    await obtain();
    const sent = sts.requests.filter(({ action }) => action === ASSUME);
    expect(new Set(sent.map(({ parameters }) => parameters.get('WebIdentityToken'))).size).toBe(3);
  });

  test('five times at most', async () => {
    // Not throttling, for which the SDK's strategy has waits of its own, of seconds.
    const busy = { action: ASSUME, answer: refuse('InternalFailure', 'oops', 500) };
    sts.answers.push(busy, busy, busy, busy, busy, busy);
    const refusal = await refusalOf(obtain());
    expect(refusal.message).toMatch(/answered InternalFailure, "oops", 5 times/);
    expect(actions()).toHaveLength(5);
  });

  test('and a server that is not there is said to be that', async () => {
    const refusal = await refusalOf(obtain({ env: { AWS_ENDPOINT_URL: 'http://127.0.0.1:1' } }));
    expect(refusal.message).toMatch(
      /STS in ap-southeast-1 could not be reached: the connection failed with ECONNREFUSED, 5 times\./,
    );
    expect(tokens).toBe(5);
  });

  test('and in proving them, without asking for new ones', async () => {
    sts.answers.push({ action: 'GetCallerIdentity', answer: refuse('InternalFailure', 'oops', 500) });
    await obtain();
    expect(actions()).toEqual([ASSUME, 'GetCallerIdentity', 'GetCallerIdentity']);
  });
});

describe('what is final is tried once', () => {
  test.each([
    ['AccessDenied', 'Not authorized to perform sts:AssumeRoleWithWebIdentity', 403],
    ['ExpiredTokenException', 'Token expired', 400],
    ['InvalidIdentityToken', 'Incorrect token audience', 400],
    [
      'ValidationError',
      'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.',
      400,
    ],
    ['RegionDisabledException', 'STS is not activated in this region', 403],
  ])('%s', async (code, message, status) => {
    sts.answers.push({ action: ASSUME, answer: refuse(code, message, status) });
    const refusal = await refusalOf(obtain());
    expect(actions()).toEqual([ASSUME]);
    expect(tokens).toBe(1);
    expect(refusal.done).toBe('No credentials were given, and nothing was called with the role.');
  });

  test('a refusal shows the token’s sub and aud, and never the token', async () => {
    sts.answers.push({ action: ASSUME, answer: refuse('AccessDenied', 'Not authorized', 403) });
    const { message } = await refusalOf(obtain());
    expect(message).toContain('"repo:octo-org/octo-repo:ref:refs/heads/main"');
    expect(message).toContain('"sts.amazonaws.com"');
    expect(message + logged.join()).not.toContain(makeToken('sts.amazonaws.com').split('.')[1]?.slice(0, 40));
  });

  test('no OIDC token to be had', async () => {
    const cause = new ActionError({ what: 'No permission.', done: '', next: '' });
    const refusal = await refusalOf(obtain({ getIdToken: () => Promise.reject(cause) }));
    expect(refusal).toBe(cause);
    expect(sts.requests).toEqual([]);
  });
});

describe('the account', () => {
  test('is let through when it is allowed', async () => {
    expect((await obtain({ allowedAccountIds: ['111122223333', '999900001111'] })).accountId).toBe(
      '999900001111',
    );
  });

  test.each([
    ['with a role', ROLE],
    ['without one', undefined],
  ])('is refused when it is not, %s', async (_, role) => {
    const env = { AWS_ENDPOINT_URL: sts.url, AWS_ACCESS_KEY_ID: 'AKIA', AWS_SECRET_ACCESS_KEY: 'hidden' };
    const refusal = await refusalOf(obtain({ env, roleToAssume: role, allowedAccountIds: ['111122223333'] }));
    expect(refusal.message).toMatch(/belong to the account "999900001111" .* allows only 111122223333/);
  });
});

describe('without a role', () => {
  const keys = { AWS_ACCESS_KEY_ID: 'AKIA', AWS_SECRET_ACCESS_KEY: 'hidden', AWS_SESSION_TOKEN: 'session' };

  test('the keys of the environment are masked and proven; no token is asked for', async () => {
    const session = await obtain({ roleToAssume: undefined, env: { ...keys, AWS_ENDPOINT_URL: sts.url } });
    expect(sts.requests).toMatchObject([{ action: 'GetCallerIdentity', signedBy: 'AKIA' }]);
    expect(tokens).toBe(0);
    expect(masked).toEqual(['hidden', 'session', 'AKIA']);
    expect(session.credentials.expiration).toBeUndefined();
    expect(session.environment).toEqual(keys);
    now += 1000 * MINUTE;
    expect(await session.refreshIfShort()).toBe(false);
  });

  test.each([
    [
      'InvalidClientTokenId',
      'The security token included in the request is invalid',
      /does not know these AWS/,
    ],
    ['ExpiredToken', 'The security token included in the request is expired', /have expired/],
    ['SignatureDoesNotMatch', 'The request signature we calculated does not match', /does not belong to the/],
    ['RegionDisabledException', 'STS is not activated', /STS is switched off in "ap-southeast-1"/],
    ['Strange', 'never seen', /answered Strange, "never seen"/],
  ])('%s is explained', async (code, message, explained) => {
    sts.answers.push({ action: 'GetCallerIdentity', answer: refuse(code, message, 403) });
    const env = { ...keys, AWS_ENDPOINT_URL: sts.url };
    expect((await refusalOf(obtain({ roleToAssume: undefined, env }))).message).toMatch(explained);
    expect(actions()).toEqual(['GetCallerIdentity']);
  });
});

/** The SDK's chain reads the environment of the process, so these tests set it, and put it back. */
describe('the SDK’s chain', () => {
  const saved = { ...process.env };
  beforeEach(() => {
    for (const name of Object.keys(process.env).filter((key) => key.startsWith('AWS_'))) {
      Reflect.deleteProperty(process.env, name);
    }
    process.env['AWS_EC2_METADATA_DISABLED'] = 'true';
    process.env['AWS_SHARED_CREDENTIALS_FILE'] = '/nonexistent/credentials';
    process.env['AWS_CONFIG_FILE'] = '/nonexistent/config';
  });
  afterEach(() => {
    for (const name of Object.keys(process.env)) Reflect.deleteProperty(process.env, name);
    Object.assign(process.env, saved);
  });

  test('finding nothing is said, with what to do', async () => {
    const refusal = await refusalOf(obtain({ roleToAssume: undefined }));
    expect(refusal.message).toMatch(
      /There are no AWS credentials: `role-to-assume` is not set.*id-token: write/,
    );
    expect(sts.requests).toEqual([]);
  });

  test('gives the container’s credentials, and new ones when those are about to end', async () => {
    let given = 0;
    const container = createServer((_, response) => {
      given += 1;
      const Expiration = new Date(Date.now() + 60 * MINUTE).toISOString();
      response.end(
        JSON.stringify({
          AccessKeyId: `ASIAC${given}`,
          SecretAccessKey: `cs${given}`,
          Token: `ct${given}`,
          Expiration,
        }),
      );
    });
    process.env['AWS_CONTAINER_CREDENTIALS_FULL_URI'] = `http://127.0.0.1:${await listen(container)}/`;
    try {
      const session = await obtain({ roleToAssume: undefined });
      expect(session.credentials).toMatchObject({ accessKeyId: 'ASIAC1', sessionToken: 'ct1' });
      expect(await session.refreshIfShort()).toBe(false);
      now += 55 * MINUTE;
      expect(await session.refreshIfShort()).toBe(true);
      expect(session.environment['AWS_ACCESS_KEY_ID']).toBe('ASIAC2');
      expect(masked).toEqual(expect.arrayContaining(['cs1', 'ct1', 'cs2', 'ct2']));
    } finally {
      await close(container);
    }
  });
});

describe('credentials that are about to end', () => {
  test('are renewed with a fresh token below ten minutes, and not above', async () => {
    sts.expiration = new Date(now + 60 * MINUTE);
    const session = await obtain({ allowedAccountIds: ['999900001111'] });
    now += 49 * MINUTE;
    expect(await session.refreshIfShort()).toBe(false);
    now += 2 * MINUTE;
    sts.expiration = new Date(now + 60 * MINUTE);
    expect(await session.refreshIfShort()).toBe(true);
    expect(session.environment['AWS_ACCESS_KEY_ID']).toBe('ASIA2');
    expect(session.credentials.expiration).toEqual(sts.expiration);
    expect(tokens).toBe(2);
    expect(masked).toEqual(expect.arrayContaining(['secret-2', 'session-2']));
  });

  test('are renewed once for all clients that ask at the same time', async () => {
    sts.expiration = new Date(now + 4 * MINUTE);
    const session = await obtain();
    sts.expiration = new Date(now + 60 * MINUTE);
    const given = await Promise.all([session.provider(), session.provider(), session.provider()]);
    expect(given.map(({ accessKeyId }) => accessKeyId)).toEqual(['ASIA2', 'ASIA2', 'ASIA2']);
    expect(actions().filter((action) => action === ASSUME)).toHaveLength(2);
  });

  test('are not replaced by those of another account', async () => {
    sts.expiration = new Date(now + MINUTE);
    const session = await obtain();
    sts.account = '111122223333';
    expect((await refusalOf(session.refreshIfShort())).message).toMatch(
      /belong to the account "111122223333"/,
    );
    expect(session.credentials.accessKeyId).toBe('ASIA1');
  });
});

test('a cancelled step stops between attempts', async () => {
  const cancellation = new AbortController();
  sts.answers.push({
    action: ASSUME,
    answer: (response, request) => {
      cancellation.abort(new Error('cancelled'));
      refuse('Throttling', 'Rate exceeded')(response, request);
    },
  });
  await expect(obtain({ signal: cancellation.signal })).rejects.toThrow('cancelled');
  expect(actions()).toEqual([ASSUME]);
});
