import { describe, expect, test } from 'vitest';
import fc from 'fast-check';
import { canonicalJson, canonicalPolicy } from '../../../src/plan/canonical.js';
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
      { Condition: { StringEquals: { 'a:a': 'x', 'a:b': 'y' }, Bool: { 'a:c': 'true' } } },
      { Condition: { Bool: { 'a:c': 'true' }, StringEquals: { 'a:b': 'y', 'a:a': 'x' } } },
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
  ['a condition', { Condition: { StringEquals: { 'a:a': 'b' } } }],
  ['the Sid', { Sid: 'Other' }],
])('a change of %s is a change', (_, changed) => {
  expect(canonical(policyOf(statement(changed)))).not.toBe(canonical(policyOf(statement())));
});

test('a text that is no policy is its own canonical form', () => {
  expect(canonical('{')).not.toBe(canonical('{ '));
});
