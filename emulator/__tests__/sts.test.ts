import {
  AssumeRoleCommand,
  AssumeRoleWithWebIdentityCommand,
  GetCallerIdentityCommand,
  type Credentials,
} from '@aws-sdk/client-sts';
import { ListKeysCommand } from '@aws-sdk/client-kms';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startEmulator, type Emulator } from '../index.js';
import type { JobOptions } from '../github/index.js';
import { failureOf, kmsIn, stsIn, type ClientCredentials } from './support.js';

const REGION = 'ap-southeast-1';
const ISSUER = 'https://token.actions.githubusercontent.com';
const HOST = 'token.actions.githubusercontent.com';

let emulator: Emulator;
beforeEach(async () => {
  emulator = await startEmulator({ region: REGION, github: { repository: { fullName: 'acme/keys' } } });
});
afterEach(() => emulator.stop());

interface Request {
  readonly audience?: string;
  readonly from?: Emulator;
}

/** Asks for a token as a job does. */
async function tokenFor(job: JobOptions = {}, request: Request = {}): Promise<string> {
  const { audience = 'sts.amazonaws.com', from = emulator } = request;
  const env = from.github.env(from.github.startJob(job));
  const response = await fetch(
    `${env.ACTIONS_ID_TOKEN_REQUEST_URL}&audience=${encodeURIComponent(audience)}`,
    {
      headers: { authorization: `bearer ${env.ACTIONS_ID_TOKEN_REQUEST_TOKEN}` },
    },
  );
  return ((await response.json()) as { value: string }).value;
}

interface Exchange {
  readonly token: string;
  readonly role?: string;
  readonly seconds?: number;
  readonly region?: string;
}

async function exchange({ token, role, seconds, region }: Exchange): Promise<Credentials> {
  // What a runner has before it is anyone: no credentials at all.
  const sts = stsIn(emulator, region ?? REGION, { accessKeyId: '', secretAccessKey: '' });
  const answer = await sts.send(
    new AssumeRoleWithWebIdentityCommand({
      RoleArn: role ?? emulator.role,
      RoleSessionName: 'run-7',
      WebIdentityToken: token,
      ...(seconds === undefined ? {} : { DurationSeconds: seconds }),
    }),
  );
  if (answer.Credentials === undefined) throw new Error('There are no credentials.');
  return answer.Credentials;
}

function usable(credentials: Credentials): ClientCredentials {
  const { AccessKeyId = '', SecretAccessKey = '', SessionToken = '' } = credentials;
  return { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken };
}

/** Lets a role trust what the condition says, and nothing else. */
function trust(name: string, condition: object): string {
  const arn = `arn:aws:iam::999900001111:role/${name}`;
  const Principal = { Federated: `arn:aws:iam::999900001111:oidc-provider/${HOST}` };
  const Statement = [
    { Effect: 'Allow', Principal, Action: 'sts:AssumeRoleWithWebIdentity', Condition: condition },
  ];
  emulator.sts.roles.set(arn, { arn, trustPolicy: { Version: '2012-10-17', Statement } });
  return arn;
}

describe('GetCallerIdentity', () => {
  test('names the user of the static credentials', async () => {
    expect(await stsIn(emulator, REGION).send(new GetCallerIdentityCommand({}))).toMatchObject({
      Account: '999900001111',
      Arn: 'arn:aws:iam::999900001111:user/emulator',
    });
  });

  test('names role and session, in the partition of the Region', async () => {
    const credentials = usable(await exchange({ token: await tokenFor() }));
    const answer = await stsIn(emulator, REGION, credentials).send(new GetCallerIdentityCommand({}));
    expect(answer.Arn).toBe('arn:aws:sts::999900001111:assumed-role/kms-apply/run-7');
    expect(answer.UserId).toMatch(/^AROA[A-Z0-9]{17}:run-7$/);
  });

  test('is in the partition of the Region, and China has an audience of its own', async () => {
    const china = await startEmulator({ region: 'cn-north-1' });
    try {
      const sts = stsIn(china, 'cn-north-1');
      const user = await sts.send(new GetCallerIdentityCommand({}));
      expect(user.Arn).toBe('arn:aws-cn:iam::999900001111:user/emulator');
      const token = await tokenFor({}, { audience: 'sts.amazonaws.com.cn', from: china });
      const session = { RoleArn: china.role, RoleSessionName: 'run-7', WebIdentityToken: token };
      const { AssumedRoleUser } = await sts.send(new AssumeRoleWithWebIdentityCommand(session));
      expect(AssumedRoleUser?.Arn).toBe('arn:aws-cn:sts::999900001111:assumed-role/kms-apply/run-7');
    } finally {
      await china.stop();
    }
  });
});

describe('AssumeRoleWithWebIdentity', () => {
  test.each<[string, JobOptions]>([
    ['a branch', { ref: 'refs/heads/main' }],
    ['a pull request', { eventName: 'pull_request' }],
    ['an environment', { environment: 'production' }],
    ['the immutable form', { subjectForm: 'immutable' }],
  ])('gives credentials that work to %s of the repository', async (_what, job) => {
    const credentials = await exchange({ token: await tokenFor(job) });
    expect(credentials.AccessKeyId).toMatch(/^ASIA/);
    await kmsIn(emulator, 'eu-west-1', usable(credentials)).send(new ListKeysCommand({}));
  });

  test('lets in only the branch or environment that the trust policy names', async () => {
    const aud = { [`${HOST}:aud`]: 'sts.amazonaws.com' };
    const main = trust('main', {
      StringEquals: { ...aud, [`${HOST}:sub`]: 'repo:acme/keys:ref:refs/heads/main' },
    });
    const gate = trust('gate', {
      StringEquals: aud,
      StringLike: { [`${HOST}:sub`]: 'repo:acme/*:environment:prod' },
    });
    await exchange({ token: await tokenFor(), role: main });
    await exchange({ token: await tokenFor({ environment: 'prod' }), role: gate });
    for (const [job, role] of [
      [{ ref: 'refs/heads/topic' }, main],
      [{ environment: 'prod' }, main],
      [{ environment: 'staging' }, gate],
    ] as const)
      expect(await failureOf(exchange({ token: await tokenFor(job), role }))).toMatchObject({
        name: 'AccessDenied',
        message: 'Not authorized to perform sts:AssumeRoleWithWebIdentity',
        status: 403,
      });
  });

  test('does not tell a role that is not there from one that does not trust', async () => {
    const role = 'arn:aws:iam::999900001111:role/not-there';
    expect(await failureOf(exchange({ token: await tokenFor(), role }))).toMatchObject({
      name: 'AccessDenied',
      message: 'Not authorized to perform sts:AssumeRoleWithWebIdentity',
    });
  });

  test('refuses a token of another repository', async () => {
    emulator.github.addRepository({ fullName: 'mallory/keys' });
    const token = await tokenFor({ repository: 'mallory/keys' });
    expect(await failureOf(exchange({ token }))).toMatchObject({ name: 'AccessDenied' });
  });

  test('refuses another audience', async () => {
    const token = await tokenFor({}, { audience: 'https://example.com' });
    expect(await failureOf(exchange({ token }))).toMatchObject({
      name: 'InvalidIdentityTokenException',
      message: 'Incorrect token audience',
    });
  });

  test('refuses a token whose time is over', async () => {
    const token = await tokenFor();
    emulator.clock.advance(301_000);
    const failure = await failureOf(exchange({ token }));
    expect(failure.name).toBe('ExpiredTokenException');
    expect(failure.message).toMatch(
      /^Token expired: current date\/time \d+ must be before the expiration date\/time \d+$/,
    );
  });

  test('refuses changed claims, a wrong signature and what is no token', async () => {
    const [header = '', , signature = ''] = (await tokenFor()).split('.');
    const claims = {
      iss: ISSUER,
      aud: 'sts.amazonaws.com',
      sub: 'repo:acme/keys:ref:refs/heads/main',
      exp: 9_999_999_999,
    };
    const forged = `${header}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.${signature}`;
    for (const token of [forged, 'not.a.token', `${(await tokenFor()).slice(0, -12)}AAAAAAAAAAAA`]) {
      const failure = await failureOf(exchange({ token }));
      expect(failure.name).toBe('InvalidIdentityTokenException');
      expect(failure.message).not.toContain(token);
    }
  });

  test('refuses an issuer that the account does not know', async () => {
    emulator.sts.providers.clear();
    expect(await failureOf(exchange({ token: await tokenFor() }))).toMatchObject({
      name: 'InvalidIdentityTokenException',
      message: `No OpenIDConnect provider found in your account for ${ISSUER}`,
    });
  });

  test.each([
    [899, 'ValidationError', 'Member must have value greater than or equal to 900'],
    [43_201, 'ValidationError', 'Member must have value less than or equal to 43200'],
    [
      3601,
      'ValidationError',
      'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.',
    ],
  ])('refuses a session of %d seconds', async (seconds, name, message) => {
    const failure = await failureOf(exchange({ token: await tokenFor(), seconds }));
    expect(failure.name).toBe(name);
    expect(failure.message).toContain(message);
  });
});

describe('a role’s credentials', () => {
  test('end when they say so', async () => {
    const given = await exchange({ token: await tokenFor(), seconds: 900 });
    expect(given.Expiration?.getTime()).toBeGreaterThan(emulator.clock.now() + 890_000);
    const kms = kmsIn(emulator, REGION, usable(given));
    await kms.send(new ListKeysCommand({}));
    emulator.clock.advance(900_000);
    expect(await failureOf(kms.send(new ListKeysCommand({})))).toMatchObject({
      name: 'ExpiredTokenException',
      message: 'The security token included in the request is expired',
    });
  });

  test('are worth nothing without their session token', async () => {
    const { accessKeyId, secretAccessKey } = usable(await exchange({ token: await tokenFor() }));
    const kms = kmsIn(emulator, REGION, { accessKeyId, secretAccessKey });
    expect(await failureOf(kms.send(new ListKeysCommand({})))).toMatchObject({
      name: 'UnrecognizedClientException',
    });
  });
});

test('AssumeRole lets in whom the trust policy names', async () => {
  const arn = 'arn:aws:iam::999900001111:role/team/reader';
  const allow = (who: string): object => ({
    Effect: 'Allow',
    Principal: { AWS: who },
    Action: 'sts:AssumeRole',
  });
  const call = (): Promise<unknown> =>
    stsIn(emulator, REGION).send(new AssumeRoleCommand({ RoleArn: arn, RoleSessionName: 'me' }));
  emulator.sts.roles.set(arn, {
    arn,
    trustPolicy: { Version: '2012-10-17', Statement: [allow('arn:aws:iam::111122223333:root')] },
  });
  expect(await failureOf(call())).toMatchObject({
    name: 'AccessDenied',
    message: `User: arn:aws:iam::999900001111:user/emulator is not authorized to perform: sts:AssumeRole on resource: ${arn}`,
  });
  emulator.sts.roles.set(arn, {
    arn,
    trustPolicy: { Version: '2012-10-17', Statement: [allow('999900001111')] },
  });
  expect(await call()).toMatchObject({
    AssumedRoleUser: { Arn: 'arn:aws:sts::999900001111:assumed-role/reader/me' },
  });
});
