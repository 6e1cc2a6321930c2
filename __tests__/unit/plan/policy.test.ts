import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { canonicalJson, canonicalPolicy } from '../../../src/plan/canonical.js';
import { matchesPattern, spellAction } from '../../../src/plan/kms-actions.js';
import { readKeyPolicy } from '../../../src/plan/policy.js';
import { policyOf, root, statement, type Json } from './raw-plan.js';

const canonical = (text: string, region?: string): string => canonicalJson(canonicalPolicy(text, region));

describe('two ways to write one policy', () => {
  test.each<[string, Json, Json]>([
    ['a text and a list of one', { Action: 'kms:Sign' }, { Action: ['kms:Sign'] }],
    [
      'lists in another order',
      { Action: ['kms:Sign', 'kms:Verify'] },
      { Action: ['kms:Verify', 'kms:Sign'] },
    ],
    ['an entry twice', { Action: ['kms:Sign'] }, { Action: ['kms:Sign', 'kms:Sign'] }],
    ['actions in another case', { Action: 'kms:GenerateDataKey*' }, { Action: 'KMS:generatedatakey*' }],
    ['every action of KMS, and every action', { Action: 'kms:*' }, { Action: '*' }],
    [
      'an account id and its root',
      { Principal: { AWS: '111122223333' } },
      { Principal: { AWS: root('111122223333') } },
    ],
    ['everybody', { Principal: '*' }, { Principal: { AWS: ['*'] } }],
    [
      'condition values with and without quotes and lists',
      { Condition: { Bool: { 'kms:GrantIsForAWSResource': true } } },
      { Condition: { Bool: { 'kms:GrantIsForAWSResource': ['true'] } } },
    ],
    [
      'numbers with and without quotes',
      { Condition: { NumericLessThan: { 'aws:MultiFactorAuthAge': 300 } } },
      { Condition: { NumericLessThan: { 'aws:MultiFactorAuthAge': '300' } } },
    ],
    [
      'conditions in another order',
      { Condition: { StringEquals: { a: 'x', b: 'y' }, Bool: { c: 'true' } } },
      { Condition: { Bool: { c: 'true' }, StringEquals: { b: 'y', a: 'x' } } },
    ],
  ])('is the same: %s', (_, one, other) => {
    expect(canonical(policyOf(statement(one)))).toBe(canonical(policyOf(statement(other))));
  });

  test('is the same with statements in another order, or one without a list', () => {
    const [a, b] = [statement({ Sid: 'A' }), statement({ Sid: 'B', Effect: 'Deny' })];
    expect(canonical(policyOf(a, b))).toBe(canonical(policyOf(b, a)));
    expect(canonical(JSON.stringify({ Version: '2012-10-17', Statement: a }))).toBe(canonical(policyOf(a)));
  });

  test('is the same however its statements and lists are shuffled and repeated, and another with one entry less', () => {
    const names = fc.uniqueArray(fc.constantFrom('Sign', 'Verify', 'Encrypt', 'Decrypt', 'DescribeKey'), {
      minLength: 2,
    });
    const policy = fc.array(
      names.map((actions) => actions.map((name) => `kms:${name}`)),
      { minLength: 1, maxLength: 4 },
    );
    const shuffledTwice = (list: readonly string[], order: readonly number[]): string[] =>
      [...list, ...list].sort((a, b) => (order[list.indexOf(a)] ?? 0) - (order[list.indexOf(b)] ?? 0));
    fc.assert(
      fc.property(policy, fc.array(fc.nat(), { minLength: 5, maxLength: 5 }), (lists, order) => {
        const written = lists.map((Action, index) => statement({ Sid: `S${index}`, Action }));
        const otherwise = lists.map((Action, index) =>
          statement({ Sid: `S${index}`, Action: shuffledTwice(Action, order) }),
        );
        const fewer = [statement({ Sid: 'S0', Action: lists[0]?.slice(1) }), ...written.slice(1)];
        const one = canonical(policyOf(...written));
        expect(canonical(policyOf(...otherwise.reverse()))).toBe(one);
        expect(canonical(policyOf(...fewer))).not.toBe(one);
      }),
    );
  });

  test('takes an account id for the root in the partition of the Region', () => {
    const id = policyOf(statement({ Principal: { AWS: '111122223333' } }));
    const arn = policyOf(statement({ Principal: { AWS: 'arn:aws-cn:iam::111122223333:root' } }));
    expect(canonical(id, 'cn-north-1')).toBe(canonical(arn, 'cn-north-1'));
    expect(canonical(id, 'eu-west-1')).not.toBe(canonical(arn, 'eu-west-1'));
  });
});

test.each<[string, Json]>([
  ['the effect', { Effect: 'Deny' }],
  ['an action', { Action: 'kms:Decrypt' }],
  ['NotAction', { Action: undefined, NotAction: 'kms:*' }],
  ['a principal', { Principal: { AWS: root('111122223333') } }],
  ['NotPrincipal', { Principal: undefined, NotPrincipal: { AWS: root('999900001111') } }],
  ['the kind of principal', { Principal: { Federated: root('999900001111') } }],
  ['the resource', { Resource: 'arn:aws:kms:eu-west-1:999900001111:key/a' }],
  ['NotResource', { Resource: undefined, NotResource: '*' }],
  ['a condition', { Condition: { StringEquals: { a: 'b' } } }],
  ['the Sid', { Sid: 'Other' }],
])('a change of %s is a change', (_, changed) => {
  expect(canonical(policyOf(statement(changed)))).not.toBe(canonical(policyOf(statement())));
});

test.each([
  ['{', 'it is not valid JSON'],
  ['[]', 'it is not an object'],
  ['{}', 'it has no Statement'],
  ['{"Statement": null}', 'statement 1 is not an object'],
  ['{"Version": 7, "Statement": []}', 'Version is no text'],
  ['{"Id": 7, "Statement": []}', 'Id is no text'],
  ['{"Statement": [], "Extra": 1}', 'it has an unknown element'],
  ['{"Statement": ["x"]}', 'statement 1 is not an object'],
  [policyOf(statement(), statement({ Effect: 'allow' })), 'statement 2 has no Effect Allow or Deny'],
  [policyOf(statement({ Effects: 1 })), 'statement 1 has an unknown element'],
  [policyOf(statement({ Action: undefined })), 'statement 1 needs Action or NotAction, and not both'],
  [policyOf(statement({ NotPrincipal: '*' })), 'statement 1 needs Principal or NotPrincipal, and not both'],
  [policyOf(statement({ Resource: undefined })), 'statement 1 needs Resource or NotResource, and not both'],
  [policyOf(statement({ Action: [1] })), 'the Action of statement 1 is no text or list of texts'],
  [policyOf(statement({ Principal: 'everyone' })), 'the Principal of statement 1 is not an object'],
  [policyOf(statement({ Principal: { Nobody: 'x' } })), 'the Principal of statement 1 has an unknown type'],
  [policyOf(statement({ Condition: [] })), 'the Condition of statement 1 is not an object'],
  [policyOf(statement({ Condition: { Bool: { a: {} } } })), 'a Condition value of statement 1 is no text'],
  [policyOf(statement({ Sid: 7 })), 'the Sid of statement 1 is no text'],
])('%s is reported: %s', (text, problem) => {
  expect(readKeyPolicy(text)).toEqual({ problem });
});

test.each([['Version'], ['Id']])('a change of %s is a change', (name) => {
  const [one, other] = ['a', 'b'].map((value) => canonical(JSON.stringify({ [name]: value, Statement: [] })));
  expect(one).not.toBe(other);
});

test.each([
  [{ AWS: '111122223333' }, root('111122223333')],
  [{ AWS: '1111222233334' }, '1111222233334'],
  [{ AWS: 'AIDA111122223333' }, 'AIDA111122223333'],
  [{ Service: 'a.amazonaws.com' }, 'Service: a.amazonaws.com'],
  [{ Federated: 'a.example.com' }, 'Federated: a.example.com'],
  [{ CanonicalUser: 'abc' }, 'CanonicalUser: abc'],
])('the principal %j is %s', (Principal, name) => {
  expect(readKeyPolicy(policyOf(statement({ Principal })))).toMatchObject({
    policy: { statements: [{ principals: { not: false, names: [name] } }] },
  });
});

test('a text that is no policy is its own canonical form', () => {
  expect(canonical('{')).not.toBe(canonical('{ '));
});

test.each([
  ['*', 'kms:*'],
  ['KMS:DECRYPT', 'kms:Decrypt'],
  ['kms:reencrypt*', 'kms:ReEncrypt*'],
  ['kms:GENERATEDATAKEYPAIR*', 'kms:GenerateDataKeyPair*'],
  ['kms:*grant', 'kms:*grant'],
  ['s3:GetObject', 's3:getobject'],
])('%s is spelled %s', (given, spelled) => {
  expect(spellAction(given)).toBe(spelled);
});

test.each([
  ['kms:Put*', 'kms:PutKeyPolicy', true],
  ['kms:put?eypolicy', 'kms:PutKeyPolicy', true],
  ['kms:Put', 'kms:PutKeyPolicy', false],
  ['kms.PutKeyPolicy', 'kms:PutKeyPolicy', false],
  ['k***y', 'kms:PutKeyPolicy', true],
  ['(kms:PutKeyPolicy', 'kms:PutKeyPolicy', false],
])('the pattern %s on %s: %s', (pattern, text, matches) => {
  expect(matchesPattern(pattern, text)).toBe(matches);
});
