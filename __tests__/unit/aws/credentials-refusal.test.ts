import { describe, expect, test } from 'vitest';
import type { IdTokenClaims } from '../../../src/aws/oidc.js';
import {
  bothForms,
  explainNoCredentials,
  explainRoleRefusal,
  explainWrongAccount,
  type RoleRequest,
} from '../../../src/aws/refusal.js';

const ROLE = 'arn:aws:iam::999900001111:role/kms-plan';
const NOT_AUTHORIZED = 'Not authorized to perform sts:AssumeRoleWithWebIdentity';
const CLASSIC = 'repo:octo-org/octo-repo:ref:refs/heads/main';
const IMMUTABLE = 'repo:octo-org@123456/octo-repo@456789:ref:refs/heads/main';

function makeClaims(over: Partial<IdTokenClaims> = {}): IdTokenClaims {
  return {
    iss: 'https://token.actions.githubusercontent.com',
    sub: CLASSIC,
    aud: ['sts.amazonaws.com'],
    exp: Date.parse('2026-11-24T10:00:00Z') / 1000,
    repositoryId: '456789',
    repositoryOwnerId: '123456',
    ref: 'refs/heads/main',
    environment: undefined,
    ...over,
  };
}

function makeRequest(claims: Partial<IdTokenClaims> = {}, over: Partial<RoleRequest> = {}): RoleRequest {
  return {
    region: 'ap-southeast-1',
    roleArn: ROLE,
    audience: 'sts.amazonaws.com',
    durationSeconds: 3600,
    claims: makeClaims(claims),
    ...over,
  };
}

const conditionOf = (sub: string, aud = 'sts.amazonaws.com'): string =>
  JSON.stringify({
    StringEquals: {
      'token.actions.githubusercontent.com:aud': aud,
      'token.actions.githubusercontent.com:sub': sub,
    },
  });

interface Case {
  readonly name: string;
  readonly request: RoleRequest;
  readonly code: string;
  readonly message: string;
  /** Each must be in the message. */
  readonly says: readonly string[];
}

const CASES: readonly Case[] = [
  {
    name: 'no such role, or one that does not trust the token: both are said, and both forms of the condition',
    request: makeRequest(),
    code: 'AccessDenied',
    message: NOT_AUTHORIZED,
    says: [
      `does not let this job assume "${ROLE}": either there is no such role, or its trust policy does not let this token in.`,
      `The token's sub is "${CLASSIC}", its aud "sts.amazonaws.com".`,
      'The job runs for "refs/heads/main" and names no environment',
      `This condition lets this very token in: ${conditionOf(CLASSIC)}.`,
      `should the repository's subjects become immutable`,
      conditionOf(IMMUTABLE),
    ],
  },
  {
    name: 'a token in the immutable form, and a trust policy that may be in the classic one',
    request: makeRequest({ sub: IMMUTABLE }),
    code: 'AccessDenied',
    message: NOT_AUTHORIZED,
    says: [
      `This condition lets this very token in: ${conditionOf(IMMUTABLE)}.`,
      `a trust policy with the classic form, ${conditionOf(CLASSIC)}, does not let it in.`,
    ],
  },
  {
    name: 'a job with an environment has that in its sub, not the branch',
    request: makeRequest({
      sub: 'repo:octo-org/octo-repo:environment:production',
      environment: 'production',
    }),
    code: 'AccessDenied',
    message: NOT_AUTHORIZED,
    says: [
      'The job names the environment "production", so its sub has the environment in it and not the branch.',
      conditionOf('repo:octo-org/octo-repo:environment:production'),
      conditionOf('repo:octo-org@123456/octo-repo@456789:environment:production'),
    ],
  },
  {
    name: 'a pull request names no branch',
    request: makeRequest({ sub: 'repo:octo-org/octo-repo:pull_request', ref: 'refs/pull/7/merge' }),
    code: 'AccessDenied',
    message: NOT_AUTHORIZED,
    says: [
      'its sub ends in pull_request and names no branch',
      conditionOf('repo:octo-org/octo-repo:pull_request'),
    ],
  },
  {
    name: 'a sub of the user’s own making is shown as it is, in one form',
    request: makeRequest({ sub: 'owner:octo-org' }),
    code: 'AccessDenied',
    message: NOT_AUTHORIZED,
    says: [`This condition lets this very token in: ${conditionOf('owner:octo-org')}.`],
  },
  {
    name: 'no OpenID Connect provider in the account',
    request: makeRequest(),
    code: 'InvalidIdentityToken',
    message:
      'No OpenIDConnect provider found in your account for https://token.actions.githubusercontent.com',
    says: [
      'The account 999900001111 has no OpenID Connect provider for "token.actions.githubusercontent.com"',
      'URL https://token.actions.githubusercontent.com, audience "sts.amazonaws.com"',
      conditionOf(CLASSIC),
    ],
  },
  {
    name: 'the wrong audience',
    request: makeRequest({ aud: ['my-audience'] }, { audience: 'my-audience' }),
    code: 'InvalidIdentityToken',
    message: 'Incorrect token audience',
    says: [
      'does not accept the audience "my-audience"',
      'in China sts.amazonaws.com.cn',
      conditionOf(CLASSIC, 'my-audience'),
    ],
  },
  {
    name: 'a token that AWS does not accept for another reason',
    request: makeRequest(),
    code: 'IDPRejectedClaim',
    message: 'Invalid Signature',
    says: [
      '(IDPRejectedClaim): "Invalid Signature"',
      'its URL has to be https://token.actions.githubusercontent.com',
    ],
  },
  {
    name: 'an expired token',
    request: makeRequest(),
    code: 'ExpiredToken',
    message: 'Token expired',
    says: ['has expired, though it was fetched just before', '2026-11-24T10:00:00.000Z', 'Check the clock'],
  },
  {
    name: 'a session longer than the role’s',
    request: makeRequest({}, { durationSeconds: 7200 }),
    code: 'ValidationError',
    message: 'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.',
    says: ['`role-duration-seconds` is 7200', "raise the role's maximum session duration in IAM to 7200"],
  },
  {
    name: 'another invalid parameter',
    request: makeRequest(),
    code: 'ValidationError',
    message: 'roleArn is invalid',
    says: ['"roleArn is invalid"', 'Correct `role-to-assume`'],
  },
  {
    name: 'a Region in which STS is switched off',
    request: makeRequest({}, { region: 'me-central-1' }),
    code: 'RegionDisabled',
    message: 'STS is not activated in this region',
    says: ['STS is switched off in "me-central-1"', 'Enable the Region'],
  },
  {
    name: 'anything else',
    request: makeRequest(),
    code: 'ServiceUnavailable',
    message: 'later',
    says: ['STS in ap-southeast-1 answered ServiceUnavailable, "later", 5 times.', 'Run the job again'],
  },
  {
    name: 'an issuer of GitHub Enterprise',
    request: makeRequest({ iss: 'https://ghe.example.com/_services/token', repositoryId: undefined }),
    code: 'AccessDenied',
    message: NOT_AUTHORIZED,
    says: ['{"StringEquals":{"ghe.example.com/_services/token:aud":"sts.amazonaws.com"'],
  },
  {
    name: 'a role in China',
    request: makeRequest(
      { aud: ['sts.amazonaws.com.cn'] },
      {
        roleArn: 'arn:aws-cn:iam::999900001111:role/x',
        audience: 'sts.amazonaws.com.cn',
        region: 'cn-north-1',
      },
    ),
    code: 'InvalidIdentityToken',
    message: 'No OpenIDConnect provider found in your account for x',
    says: ['The account 999900001111 has no', conditionOf(CLASSIC, 'sts.amazonaws.com.cn')],
  },
];

describe('a refusal says what would let the job in', () => {
  test.each(CASES)('$name', ({ request, code, message, says }) => {
    const refusal = explainRoleRefusal(request, {
      code,
      message,
      status: 400,
      attempts: code === 'ServiceUnavailable' ? 5 : 1,
    });
    for (const part of says) expect(refusal.message).toContain(part);
    expect(refusal.done).toBe('No credentials were given, and nothing was called with the role.');
  });

  test('with everything that cannot be seen made visible, and no line of its own', () => {
    const sub = 'repo:o/r:ref:refs/heads/x\n::error::y\u202e\u200b\u2028z';
    const { message } = explainRoleRefusal(makeRequest({ sub, ref: sub, environment: sub }), {
      code: 'AccessDenied',
      message: 'x',
      status: 403,
      attempts: 1,
    });
    expect(message).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
    expect(message).toContain('\\u{202e}');
  });

  test('for the wrong account', () => {
    expect(explainWrongAccount('1', 'arn:aws:iam::1:user/x', ['2', '3']).message).toBe(
      'The AWS credentials belong to the account "1" ("arn:aws:iam::1:user/x"), and `allowed-account-ids` allows only 2, 3. Nothing else was called with them. Use credentials or a role of an allowed account, or add this one to `allowed-account-ids`.',
    );
  });

  test('for no credentials at all', () => {
    expect(explainNoCredentials('none found').message).toContain('("none found")');
  });
});

describe('the two forms of a subject', () => {
  test.each([
    ['classic', CLASSIC],
    ['immutable', IMMUTABLE],
  ])('follow from the %s one', (_, sub) => {
    expect(bothForms(makeClaims({ sub }))).toEqual({ classic: CLASSIC, immutable: IMMUTABLE });
  });

  test('are one without the ids', () => {
    const claims = makeClaims({ repositoryId: undefined, repositoryOwnerId: undefined });
    expect(bothForms(claims)).toEqual({ classic: CLASSIC, immutable: undefined });
  });
});
