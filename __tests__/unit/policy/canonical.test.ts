import { describe, expect, test } from 'vitest';
import { canonicalPolicy, formatPolicy } from '../../../src/policy/canonical.js';
import { parsePolicy } from '../../../src/policy/parse.js';

const ACCOUNT = '111122223333';
const ROOT = `arn:aws:iam::${ACCOUNT}:root`;

const statement = (changed: object = {}): object => ({
  Effect: 'Allow',
  Principal: { AWS: ROOT },
  Action: 'kms:*',
  Resource: '*',
  ...changed,
});

function format(text: string): unknown {
  const reading = parsePolicy(text, { partition: 'aws', from: 'author' });
  if ('problems' in reading) throw new Error(JSON.stringify(reading.problems));
  return JSON.parse(formatPolicy(reading.policy));
}

const digestOf = (Statement: unknown, more: object = {}): string =>
  JSON.stringify(canonicalPolicy(JSON.stringify({ ...more, Statement }), { partition: 'aws' }));

describe('the form in which AWS gives a policy back', () => {
  test.each<[string, object, object]>([
    ['an account id beside its root ARN', { Principal: { AWS: [ACCOUNT, ROOT] } }, {}],
    ['an action twice', { Action: ['kms:Decrypt', 'KMS:decrypt'] }, { Action: 'kms:Decrypt' }],
    ['everybody', { Principal: '*' }, { Principal: { AWS: '*' } }],
    ['single lists', { Resource: ['*'], Action: ['kms:*'], Principal: { AWS: [ROOT] } }, {}],
    ['every action', { Action: '*' }, { Action: '*' }],
    [
      'scalars and single lists in conditions',
      { Condition: { Bool: { 'aws:a': true }, NumericEquals: { 'aws:b': [1, 1], 'aws:a': ['2', '1'] } } },
      {
        Condition: { Bool: { 'aws:a': 'true' }, NumericEquals: { 'aws:a': ['1', '2'], 'aws:b': '1' } },
      },
    ],
    ['no conditions', { Condition: {} }, {}],
    [
      'what is excluded',
      {
        Principal: undefined,
        NotPrincipal: { AWS: [ACCOUNT], Service: 'a.amazonaws.com' },
        Action: undefined,
        NotAction: ['kms:*'],
      },
      {
        Principal: undefined,
        NotPrincipal: { AWS: ROOT, Service: 'a.amazonaws.com' },
        Action: undefined,
        NotAction: 'kms:*',
      },
    ],
  ])('%s', (_, given, expected) => {
    const text = JSON.stringify({ Version: '2012-10-17', Id: 'i', Statement: statement(given) });
    expect(format(text)).toEqual({
      Version: '2012-10-17',
      Id: 'i',
      Statement: [JSON.parse(JSON.stringify(statement(expected)))],
    });
  });

  test('equal statements once, others in their order', () => {
    const [a, b] = [statement({ Sid: 'z' }), statement({ Sid: 'b' })];
    const same = statement({ Sid: 'z', Action: ['kms:*', 'kms:*'] });
    expect(format(JSON.stringify({ Statement: [a, b, same] }))).toEqual({ Statement: [a, b] });
  });

  test('numbers keep their digits', () => {
    const text = `{"Statement": ${JSON.stringify(statement({ Condition: { NumericEquals: { 'aws:a': 0 } } }))}}`;
    expect(JSON.stringify(format(text.replace(':0}', ':9007199254740993}')))).toContain('"9007199254740993"');
  });
});

describe('the form that is compared', () => {
  test('is the same for statements in another order, and twice', () => {
    const [a, b] = [statement(), statement({ Effect: 'Deny' })];
    expect(digestOf([a, b])).toBe(digestOf([b, a, b]));
  });

  test.each<[string, object, object]>([
    ['a type written into a name', { Principal: { Service: 'a.b' } }, { Principal: { AWS: 'Service: a.b' } }],
    ['two types', { Principal: { Service: 'a.b' } }, { Principal: { Federated: 'a.b' } }],
    ['a Sid', { Sid: 'a' }, { Sid: 'b' }],
    ['no Sid', { Sid: '' }, {}],
    ['the effect', { Effect: 'Deny' }, {}],
    ['who is excluded', { Principal: undefined, NotPrincipal: { AWS: ROOT } }, { Principal: { AWS: ROOT } }],
    ['what is excluded', { Action: undefined, NotAction: 'kms:*' }, {}],
    ['the resource', { Resource: 'arn:aws:kms:a' }, {}],
    ['which resource is excluded', { Resource: undefined, NotResource: '*' }, {}],
    [
      'an operator',
      { Condition: { StringLike: { 'a:b': 'c' } } },
      { Condition: { ArnLike: { 'a:b': 'c' } } },
    ],
    ['a key', { Condition: { Bool: { 'a:b': 'true' } } }, { Condition: { Bool: { 'a:c': 'true' } } }],
    ['a value', { Condition: { Bool: { 'a:b': 'true' } } }, { Condition: { Bool: { 'a:b': 'false' } } }],
  ])('differs by %s', (_, one, other) => {
    expect(digestOf(statement(one))).not.toBe(digestOf(statement(other)));
  });

  test('differs by version, id and numbers beyond 2^53', () => {
    expect(digestOf(statement(), { Version: '2012-10-17' })).not.toBe(digestOf(statement()));
    expect(digestOf(statement(), { Id: 'a' })).not.toBe(digestOf(statement()));
    const numbered = (digits: string): string =>
      JSON.stringify({ Statement: statement({ Condition: { NumericEquals: { 'a:b': 0 } } }) }).replace(
        ':0}',
        `:${digits}}`,
      );
    const digests = ['9007199254740992', '9007199254740993'].map((digits) =>
      JSON.stringify(canonicalPolicy(numbered(digits), { partition: 'aws' })),
    );
    expect(digests[0]).not.toBe(digests[1]);
  });

  test('is there for a principal that was deleted, whose id AWS gives back', () => {
    const deleted = JSON.stringify({ Statement: statement({ Principal: { AWS: 'AROAJQABLZS4A3QDU576Q' } }) });
    expect(canonicalPolicy(deleted, { partition: 'aws' })).toMatchObject({
      statements: [{ principals: { not: false, members: [{ value: 'AROAJQABLZS4A3QDU576Q' }] } }],
    });
  });

  test('is the text itself for what is no policy', () => {
    expect(canonicalPolicy('{', { partition: 'aws' })).toEqual({ unreadable: '{' });
  });
});
