import { describe, expect, test } from '@jest/globals';
import { conditionsHold, matchesWildcard } from '../../emulator/aws/policy/conditions.js';
import { parsePolicy } from '../../emulator/aws/policy/document.js';
import { evaluatePolicy, type PolicyRequest } from '../../emulator/aws/policy/evaluate.js';

const KEY = 'arn:aws:kms:eu-west-1:999900001111:key/mrk-1';
const ROOT = 'arn:aws:iam::999900001111:root';
const ALICE = 'arn:aws:iam::999900001111:user/alice';

const request: PolicyRequest = {
  principals: { AWS: [ALICE, ROOT] },
  action: 'kms:Decrypt',
  resource: KEY,
  conditions: { 'aws:principalarn': [ALICE], 'kms:calleraccount': ['999900001111'] },
};

const allow = { Effect: 'Allow', Principal: { AWS: ROOT }, Action: 'kms:*', Resource: '*' };

function decide(statements: object | readonly object[], changed: Partial<PolicyRequest> = {}): string {
  const policy = parsePolicy(JSON.stringify({ Version: '2012-10-17', Statement: statements }));
  return evaluatePolicy(policy, { ...request, ...changed });
}

describe('a policy', () => {
  test.each<[string, object, string]>([
    ['the account’s root', { Principal: { AWS: ROOT } }, 'Allow'],
    ['the bare account id', { Principal: { AWS: '999900001111' } }, 'Allow'],
    ['the caller', { Principal: { AWS: [ALICE] } }, 'Allow'],
    ['everyone', { Principal: '*' }, 'Allow'],
    ['everyone in AWS', { Principal: { AWS: '*' } }, 'Allow'],
    ['someone else', { Principal: { AWS: `${ALICE}2` } }, 'none'],
    ['another account', { Principal: { AWS: '111122223333' } }, 'none'],
    ['a service of that name', { Principal: { Service: ALICE } }, 'none'],
    ['all but someone else', { Principal: undefined, NotPrincipal: { AWS: `${ALICE}2` } }, 'Allow'],
    ['all but the caller', { Principal: undefined, NotPrincipal: { AWS: ALICE } }, 'none'],
  ])('that names %s', (_who, changed, decision) => {
    expect(decide({ ...allow, ...changed })).toBe(decision);
  });

  test.each<[object, string]>([
    [{ Action: 'KMS:decrypt' }, 'Allow'],
    [{ Action: ['kms:Encrypt', 'kms:De*'] }, 'Allow'],
    [{ Action: 'kms:Decryp?' }, 'Allow'],
    [{ Action: 'kms:Encrypt' }, 'none'],
    [{ Action: undefined, NotAction: 'kms:Encrypt' }, 'Allow'],
    [{ Action: undefined, NotAction: 'kms:D*' }, 'none'],
    [{ Resource: KEY }, 'Allow'],
    [{ Resource: 'arn:aws:kms:eu-west-1:*:key/mrk-*' }, 'Allow'],
    [{ Resource: `${KEY}2` }, 'none'],
    [{ Resource: undefined, NotResource: KEY }, 'none'],
  ])('with %j', (changed, decision) => {
    expect(decide({ ...allow, ...changed })).toBe(decision);
  });

  test('denies what one statement denies, whatever others allow', () => {
    const deny = { ...allow, Effect: 'Deny', Action: 'kms:Decrypt' };
    expect(decide([allow, deny])).toBe('Deny');
    expect(decide([deny, allow])).toBe('Deny');
    expect(decide([allow, deny], { action: 'kms:Encrypt' })).toBe('Allow');
  });

  test.each<[string, unknown]>([
    ['no statement', { Version: '2012-10-17' }],
    ['an unknown version', { Version: '2020-01-01', Statement: [allow] }],
    ['an unknown element', { Version: '2012-10-17', Statement: [{ ...allow, Actions: '*' }] }],
    ['an effect that is none', { Version: '2012-10-17', Statement: [{ ...allow, Effect: 'allow' }] }],
    ['an element and its negation', { Version: '2012-10-17', Statement: [{ ...allow, NotAction: '*' }] }],
    ['an empty principal', { Version: '2012-10-17', Statement: [{ ...allow, Principal: { AWS: [] } }] }],
    ['an action that is no text', { Version: '2012-10-17', Statement: [{ ...allow, Action: 7 }] }],
    ['a condition that is no object', { Version: '2012-10-17', Statement: [{ ...allow, Condition: 'x' }] }],
  ])('with %s is none', (_what, document) => {
    expect(() => parsePolicy(JSON.stringify(document))).toThrow('Syntax errors in policy.');
  });

  test.each(['', '{', '[]', '"text"', 'null'])('is not %j', (text) => {
    expect(() => parsePolicy(text)).toThrow('This policy contains invalid Json');
  });
});

describe('a condition', () => {
  const values = {
    'aws:principalarn': [ALICE],
    'aws:sourceip': ['10.1.2.3'],
    'kms:viaservice': ['s3.eu-west-1.amazonaws.com'],
    'aws:tagkeys': ['team', 'stage'],
    'aws:securetransport': ['true'],
    'kms:rotationperiodindays': ['365'],
    'aws:currenttime': ['2026-11-24T10:00:00Z'],
  };
  const missing = 'kms:EncryptionContext:team';

  test.each<[string, string, string | string[], boolean]>([
    ['StringEquals', 'kms:ViaService', 's3.eu-west-1.amazonaws.com', true],
    ['StringEquals', 'KMS:viaservice', ['a', 's3.eu-west-1.amazonaws.com'], true],
    ['StringEquals', 'kms:ViaService', 'S3.eu-west-1.amazonaws.com', false],
    ['StringEqualsIgnoreCase', 'kms:ViaService', 'S3.eu-west-1.amazonaws.com', true],
    ['StringLike', 'kms:ViaService', 's3.*.amazonaws.com', true],
    ['StringNotLike', 'kms:ViaService', 's3.*.amazonaws.com', false],
    ['StringNotEquals', 'kms:ViaService', 'ec2.eu-west-1.amazonaws.com', true],
    ['ArnLike', 'aws:PrincipalArn', 'arn:aws:iam::*:user/*', true],
    ['ArnEquals', 'aws:PrincipalArn', 'arn:aws:iam::*', false],
    ['ArnNotLike', 'aws:PrincipalArn', 'arn:aws:iam::*:role/*', true],
    ['Bool', 'aws:SecureTransport', 'true', true],
    ['Bool', 'aws:SecureTransport', 'false', false],
    ['NumericLessThanEquals', 'kms:RotationPeriodInDays', '365', true],
    ['NumericGreaterThan', 'kms:RotationPeriodInDays', '365', false],
    ['NumericNotEquals', 'kms:RotationPeriodInDays', '90', true],
    ['DateLessThan', 'aws:CurrentTime', '2027-01-01T00:00:00Z', true],
    ['DateGreaterThanEquals', 'aws:CurrentTime', '2027-01-01T00:00:00Z', false],
    ['IpAddress', 'aws:SourceIp', '10.0.0.0/8', true],
    ['IpAddress', 'aws:SourceIp', '10.1.2.3', true],
    ['IpAddress', 'aws:SourceIp', '2001:db8::/32', false],
    ['NotIpAddress', 'aws:SourceIp', '10.0.0.0/8', false],
    ['Null', 'kms:ViaService', 'false', true],
    ['Null', missing, 'true', true],
    ['Null', missing, 'false', false],
    ['StringEquals', missing, 'x', false],
    ['StringNotEquals', missing, 'x', true],
    ['StringEqualsIfExists', missing, 'x', true],
    ['ForAllValues:StringEquals', 'aws:TagKeys', ['team', 'stage', 'cost'], true],
    ['ForAllValues:StringEquals', 'aws:TagKeys', ['team'], false],
    ['ForAllValues:StringEquals', missing, 'x', true],
    ['ForAnyValue:StringEquals', 'aws:TagKeys', ['team'], true],
    ['ForAnyValue:StringEquals', 'aws:TagKeys', ['cost'], false],
    ['ForAnyValue:StringEquals', missing, 'x', false],
    ['StringNotEquals', 'aws:TagKeys', ['team'], false],
    ['ForAnyValue:StringNotEquals', 'aws:TagKeys', ['team'], true],
    ['StringIsh', 'kms:ViaService', 'x', false],
  ])('%s of %s and %j holds: %j', (operator, key, wanted, expected) => {
    const block = { [operator]: { [key]: [wanted].flat() } };
    expect(conditionsHold(block, values)).toBe(expected);
  });

  test('holds only together with all others', () => {
    const one = { StringEquals: { 'aws:SecureTransport': ['true'] } };
    const other = { StringLike: { 'kms:ViaService': ['ec2.*'] } };
    expect(conditionsHold(one, values)).toBe(true);
    expect(conditionsHold({ ...one, ...other }, values)).toBe(false);
  });
});

test.each([
  ['repo:octo/r.po:*', 'repo:octo/r.po:ref:refs/heads/main', true],
  ['repo:octo/r.po:*', 'repo:octo/repo:ref:refs/heads/main', false],
  ['a?c', 'abc', true],
  ['a?c', 'ac', false],
  ['(a|b)', 'a', false],
  ['*', 'line\nbreak', true],
])('the pattern %j and the text %j: %j', (pattern, text, expected) => {
  expect(matchesWildcard(text, pattern)).toBe(expected);
});
