import { describe, expect, test } from 'vitest';
import { decide, type Decision } from '../../../emulator/aws/decide.js';
import type { Value } from '../../../src/policy/condition.js';
import { evaluate } from '../../../src/policy/evaluate.js';
import { parsePolicy } from '../../../src/policy/parse.js';
import type { Policy, Principal } from '../../../src/policy/document.js';

const ACCOUNT = '111122223333';
const ROOT = `arn:aws:iam::${ACCOUNT}:root`;
const ROLE = `arn:aws:iam::${ACCOUNT}:role/admin`;
const SESSION = `arn:aws:sts::${ACCOUNT}:assumed-role/admin/me`;
const KEY = `arn:aws:kms:eu-west-1:${ACCOUNT}:key/mrk-1`;

const aws = (value: string): Principal => ({ type: 'AWS', value });

const statement = (changed: object = {}): object => ({
  Effect: 'Allow',
  Principal: { AWS: ROOT },
  Action: 'kms:*',
  Resource: '*',
  ...changed,
});

function policyOf(statements: readonly object[], version: string | undefined = '2012-10-17'): Policy {
  const reading = parsePolicy(JSON.stringify({ Version: version, Statement: statements }), {
    partition: 'aws',
    from: 'aws',
  });
  if ('problems' in reading) throw new Error(JSON.stringify(reading.problems));
  return reading.policy;
}

interface Asked {
  readonly names?: readonly Principal[];
  readonly action?: string;
  readonly resource?: string;
  readonly values?: Readonly<Record<string, readonly string[]>>;
  readonly version?: string;
}

function decided(statements: readonly object[], asked: Asked = {}): Decision {
  const { names = [aws(SESSION), aws(ROLE), aws(ROOT)], action = 'kms:Decrypt', resource = KEY } = asked;
  const policy = policyOf(statements, asked.version);
  return decide(policy, { names, action, resource, values: asked.values ?? {} });
}

describe('a request of which everything is known', () => {
  test.each<[string, object[], Asked, Decision['decision'], number | undefined]>([
    ['the account', [statement()], {}, 'Allow', 1],
    ['the role', [statement({ Principal: { AWS: ROLE } })], {}, 'Allow', 1],
    ['the session', [statement({ Principal: { AWS: SESSION } })], {}, 'Allow', 1],
    ['everybody', [statement({ Principal: '*' })], {}, 'Allow', 1],
    ['another account', [statement({ Principal: { AWS: '444455556666' } })], {}, 'none', undefined],
    [
      'a service, as one of everybody',
      [statement({ Principal: '*' })],
      { names: [{ type: 'Service', value: 'a.amazonaws.com' }] },
      'Allow',
      1,
    ],
    [
      'a service by its name',
      [statement({ Principal: { Service: 'a.amazonaws.com' } })],
      { names: [{ type: 'Service', value: 'a.amazonaws.com' }] },
      'Allow',
      1,
    ],
    ['a denial beside', [statement(), statement({ Effect: 'Deny', Principal: '*' })], {}, 'Deny', 2],
    ['another action', [statement({ Action: 'kms:Encrypt' })], {}, 'none', undefined],
    ['an action in another case', [statement({ Action: 'KMS:DECRYPT' })], {}, 'Allow', 1],
    ['any action', [statement({ Action: '*' })], {}, 'Allow', 1],
    ['any action but this', [statement({ Action: undefined, NotAction: 'kms:Dec*' })], {}, 'none', undefined],
    ['this key', [statement({ Resource: KEY })], {}, 'Allow', 1],
    ['another key', [statement({ Resource: `${KEY}2` })], {}, 'none', undefined],
    ['keys by a pattern', [statement({ Resource: 'arn:aws:kms:*:key/mrk-?' })], {}, 'Allow', 1],
    [
      'any key but this',
      [statement({ Resource: undefined, NotResource: 'arn:aws:kms:*' })],
      {},
      'none',
      undefined,
    ],
    [
      'a denial of everybody but the role, without its account',
      [statement(), statement({ Effect: 'Deny', Principal: undefined, NotPrincipal: { AWS: ROLE } })],
      {},
      'Deny',
      2,
    ],
    [
      'a denial of everybody but the session, its role and its account',
      [
        statement(),
        statement({ Effect: 'Deny', Principal: undefined, NotPrincipal: { AWS: [SESSION, ROLE, ROOT] } }),
      ],
      {},
      'Allow',
      1,
    ],
    [
      'everybody but the account',
      [statement({ Principal: undefined, NotPrincipal: { AWS: [SESSION, ROLE, ROOT] } })],
      {},
      'none',
      undefined,
    ],
    [
      'nobody by NotPrincipal *',
      [statement({ Principal: undefined, NotPrincipal: '*' })],
      {},
      'none',
      undefined,
    ],
  ])('%s', (...[, statements, asked, decision, position]) => {
    const result = decided(statements, asked);
    expect([result.decision, result.statement?.position, result.unknownKeys]).toEqual([
      decision,
      position,
      [],
    ]);
  });
});

describe('conditions on known values', () => {
  const holds = (condition: object, values: Asked['values'], version?: string): boolean =>
    decided([statement({ Condition: condition })], {
      values: values ?? {},
      ...(version === undefined ? {} : { version }),
    }).decision === 'Allow';

  test.each<[string, object, string[] | undefined, boolean]>([
    ['StringEquals', { StringEquals: { 'aws:userid': ['a', 'b'] } }, ['b'], true],
    ['StringEquals has no wildcards', { StringEquals: { 'aws:userid': 'a*' } }, ['ab'], false],
    ['StringEquals minds case', { StringEquals: { 'aws:userid': 'a' } }, ['A'], false],
    ['StringEqualsIgnoreCase does not', { StringEqualsIgnoreCase: { 'aws:userid': 'aB' } }, ['Ab'], true],
    ['StringNotEquals', { StringNotEquals: { 'aws:userid': ['a', 'b'] } }, ['b'], false],
    ['StringNotEquals of another', { StringNotEquals: { 'aws:userid': ['a', 'b'] } }, ['c'], true],
    ['StringNotEqualsIgnoreCase', { StringNotEqualsIgnoreCase: { 'aws:userid': 'A' } }, ['a'], false],
    ['StringLike', { StringLike: { 'aws:userid': 'a?c*' } }, ['abcde'], true],
    ['StringLike from end to end', { StringLike: { 'aws:userid': 'a' } }, ['ab'], false],
    ['StringLike with signs of expressions', { StringLike: { 'aws:userid': 'a.c[*' } }, ['abc['], false],
    ['StringLike over lines', { StringLike: { 'aws:userid': 'a*c' } }, ['a\nc'], true],
    ['StringNotLike', { StringNotLike: { 'aws:userid': 'a*' } }, ['ab'], false],
    ['a missing key', { StringEquals: { 'aws:userid': 'a' } }, undefined, false],
    ['a missing key, denied', { StringNotEquals: { 'aws:userid': 'a' } }, undefined, true],
    ['a missing key, if it exists', { StringEqualsIfExists: { 'aws:userid': 'a' } }, undefined, true],
    [
      'a missing key, for all values',
      { 'ForAllValues:StringEquals': { 'aws:userid': 'a' } },
      undefined,
      true,
    ],
    ['no values, for all values', { 'ForAllValues:StringEquals': { 'aws:userid': 'a' } }, [], true],
    ['a missing key, for any value', { 'ForAnyValue:StringEquals': { 'aws:userid': 'a' } }, undefined, false],
    ['no values, for any value', { 'ForAnyValue:StringEquals': { 'aws:userid': 'a' } }, [], false],
    ['for all values', { 'ForAllValues:StringEquals': { 'aws:userid': ['a', 'b'] } }, ['a', 'b'], true],
    ['for all values but one', { 'ForAllValues:StringEquals': { 'aws:userid': ['a'] } }, ['a', 'b'], false],
    ['for any value', { 'ForAnyValue:StringEquals': { 'aws:userid': 'a' } }, ['a', 'b'], true],
    ['for any value, none', { 'ForAnyValue:StringEquals': { 'aws:userid': 'c' } }, ['a', 'b'], false],
    ['not, for any value', { 'ForAnyValue:StringNotEquals': { 'aws:userid': 'a' } }, ['a', 'b'], true],
    ['not, for all values', { 'ForAllValues:StringNotEquals': { 'aws:userid': 'a' } }, ['a', 'b'], false],
    ['not, unqualified', { StringNotEquals: { 'aws:userid': 'a' } }, ['a', 'b'], false],
    ['Null', { Null: { 'aws:userid': 'true' } }, undefined, true],
    ['Null of what is there', { Null: { 'aws:userid': true } }, ['a'], false],
    ['not Null', { Null: { 'aws:userid': 'False' } }, ['a'], true],
    ['not Null of what is missing', { Null: { 'aws:userid': 'false' } }, undefined, false],
    ['not Null of no values', { Null: { 'aws:userid': 'false' } }, [], false],
    ['Bool', { Bool: { 'aws:userid': 'TRUE' } }, ['true'], true],
    ['Bool, false', { Bool: { 'aws:userid': 'false' } }, ['true'], false],
    ['NumericEquals', { NumericEquals: { 'aws:userid': '7.0' } }, ['7'], true],
    ['NumericNotEquals', { NumericNotEquals: { 'aws:userid': '7' } }, ['7'], false],
    ['NumericLessThan', { NumericLessThan: { 'aws:userid': '7' } }, ['7'], false],
    ['NumericLessThan, less', { NumericLessThan: { 'aws:userid': '7' } }, ['6'], true],
    ['NumericLessThanEquals', { NumericLessThanEquals: { 'aws:userid': '7' } }, ['7'], true],
    ['NumericGreaterThan', { NumericGreaterThan: { 'aws:userid': '7' } }, ['7'], false],
    ['NumericGreaterThan, greater', { NumericGreaterThan: { 'aws:userid': '7' } }, ['10'], true],
    ['NumericGreaterThanEquals', { NumericGreaterThanEquals: { 'aws:userid': '7' } }, ['7'], true],
    ['a number that is none', { NumericLessThan: { 'aws:userid': '7' } }, ['x'], false],
    ['DateEquals', { DateEquals: { 'aws:userid': '2026-01-01T00:00:00Z' } }, ['1767225600'], true],
    [
      'DateEquals in another zone',
      { DateEquals: { 'aws:userid': '2026-01-01T01:00:00+01:00' } },
      ['2026-01-01'],
      true,
    ],
    ['DateLessThan', { DateLessThan: { 'aws:userid': '2026-01-01' } }, ['2025-12-31T23:59:59Z'], true],
    [
      'DateLessThan without a zone',
      { DateLessThan: { 'aws:userid': '2026-01-01T00:00:00' } },
      ['2026-01-01T00:00:00Z'],
      false,
    ],
    ['DateLessThanEquals', { DateLessThanEquals: { 'aws:userid': '2026' } }, ['2026-01-01'], true],
    ['DateGreaterThan', { DateGreaterThan: { 'aws:userid': '2026-01-01' } }, ['2026-01-02'], true],
    [
      'DateGreaterThanEquals',
      { DateGreaterThanEquals: { 'aws:userid': '2026-01-01' } },
      ['2025-01-01'],
      false,
    ],
    ['DateNotEquals', { DateNotEquals: { 'aws:userid': '2026-01-01' } }, ['2026-01-01'], false],
    ['a date that is none', { DateGreaterThan: { 'aws:userid': '2026-01-01' } }, ['now'], false],
    ['IpAddress', { IpAddress: { 'aws:userid': '203.0.113.0/24' } }, ['203.0.113.7'], true],
    ['IpAddress outside', { IpAddress: { 'aws:userid': '203.0.113.0/24' } }, ['203.0.114.7'], false],
    ['IpAddress alone', { IpAddress: { 'aws:userid': '203.0.113.7' } }, ['203.0.113.7'], true],
    ['IpAddress of the other family', { IpAddress: { 'aws:userid': '::/0' } }, ['203.0.113.7'], false],
    ['IpAddress of version 6', { IpAddress: { 'aws:userid': '2001:db8::/32' } }, ['2001:db8::1'], true],
    ['IpAddress of version 6 alone', { IpAddress: { 'aws:userid': '2001:db8::1' } }, ['2001:db8::1'], true],
    ['NotIpAddress', { NotIpAddress: { 'aws:userid': '203.0.113.0/24' } }, ['203.0.113.7'], false],
    ['NotIpAddress of a missing key', { NotIpAddress: { 'aws:userid': '203.0.113.0/24' } }, undefined, true],
    ['BinaryEquals', { BinaryEquals: { 'aws:userid': 'QQ==' } }, ['QQ=='], true],
    ['ArnLike', { ArnLike: { 'aws:userid': `arn:aws:iam::${ACCOUNT}:role/*` } }, [ROLE], true],
    [
      'ArnEquals with a wildcard',
      { ArnEquals: { 'aws:userid': `arn:aws:iam::${ACCOUNT}:ro*` } },
      [ROLE],
      true,
    ],
    ['ArnLike over colons', { ArnLike: { 'aws:userid': 'arn:aws:*:role/admin' } }, [ROLE], false],
    [
      'ArnLike within the resource',
      { ArnLike: { 'aws:userid': 'arn:a:b:c:d:e:*' } },
      ['arn:a:b:c:d:e:f:g'],
      true,
    ],
    ['ArnLike of all', { ArnLike: { 'aws:userid': '*' } }, [ROLE], true],
    ['ArnLike of what is no ARN', { ArnLike: { 'aws:userid': 'arn:*:*:*:*:*' } }, ['me'], false],
    ['ArnNotLike', { ArnNotLike: { 'aws:userid': 'arn:aws:iam::*:role/admin' } }, [ROLE], false],
    ['ArnNotEquals', { ArnNotEquals: { 'aws:userid': 'arn:aws:iam::*:role/other' } }, [ROLE], true],
  ])('%s', (_, condition, given, expected) => {
    expect(holds(condition, given === undefined ? {} : { 'aws:userid': given })).toBe(expected);
  });

  test('all have to hold', () => {
    const both = { Bool: { 'aws:securetransport': 'true', 'aws:viaawsservice': 'false' } };
    expect(holds(both, { 'aws:securetransport': ['true'], 'aws:viaawsservice': ['false'] })).toBe(true);
    expect(holds(both, { 'aws:securetransport': ['true'], 'aws:viaawsservice': ['true'] })).toBe(false);
  });

  test.each<[string, string, boolean] | [string, string, boolean, string]>([
    ['${aws:username}', 'alice', true],
    ['${AWS:UserName}', 'alice', true],
    ['x-${aws:username}-y', 'x-alice-y', true],
    ['${aws:username}*', 'alicexyz', true],
    ['${aws:username}${aws:username}', 'alicealice', true],
    ['${aws:username}', 'bob', false],
    ["${aws:PrincipalTag/team, 'none'}", 'none', true],
    ["${aws:username, 'none'}", 'none', false],
    ['${aws:PrincipalTag/team}', '', false],
    ['${*}', '*', true],
    ['${*}', 'a', false],
    ['${?}', '?', true],
    ['${$}', '$', true],
    ['${aws:username}', '${aws:username}', true, '2008-10-17'],
    ['${aws:username}', 'alice', false, '2008-10-17'],
  ])('variable %s against %s: %s', (...[wanted, actual, expected, version]) => {
    const values = { 'aws:userid': [actual], 'aws:username': ['alice'] };
    expect(holds({ StringLike: { 'aws:userid': wanted } }, values, version)).toBe(expected);
  });

  test("what a variable stands for has no wildcards, and a key's several values stand for nothing", () => {
    const like = { StringLike: { 'aws:userid': '${aws:username}' } };
    expect(holds(like, { 'aws:userid': ['abc'], 'aws:username': ['a*'] })).toBe(false);
    expect(holds(like, { 'aws:userid': ['a'], 'aws:username': ['a', 'b'] })).toBe(false);
    const other = { StringNotLike: { 'aws:userid': '${aws:PrincipalTag/none}' } };
    expect(holds(other, { 'aws:userid': ['a'] })).toBe(true);
  });

  test('variables are no variables in other operators, and ignore case with the rest', () => {
    const values = { 'aws:userid': ['ALICE'], 'aws:username': ['alice'] };
    expect(holds({ StringEqualsIgnoreCase: { 'aws:userid': '${aws:username}' } }, values)).toBe(true);
    expect(holds({ Bool: { 'aws:userid': '${aws:username}' } }, values)).toBe(false);
  });
});

describe('a key that nobody knows', () => {
  const strange = { StringEquals: { 'aws:PrincipleOrgID': 'o-1' } };

  test.each<[string, object[], string[]]>([
    ['decides', [statement({ Condition: strange })], ['aws:PrincipleOrgID']],
    ['could deny', [statement(), statement({ Effect: 'Deny', Condition: strange })], ['aws:PrincipleOrgID']],
    [
      'in a statement about others',
      [statement({ Principal: '*', Action: 'kms:Sign', Condition: strange })],
      [],
    ],
    ['beside a statement that allows', [statement(), statement({ Condition: strange })], []],
    [
      'beside a denial',
      [statement({ Effect: 'Deny' }), statement({ Effect: 'Deny', Condition: strange })],
      [],
    ],
    [
      'beside a condition that fails',
      [statement({ Condition: { ...strange, Bool: { 'aws:SecureTransport': 'true' } } })],
      [],
    ],
    [
      'as a variable',
      [statement({ Condition: { StringEquals: { 'aws:userid': '${foo:bar}' } } })],
      ['foo:bar'],
    ],
  ])('%s', (_, statements, expected) => {
    const { unknownKeys } = decided(statements, { values: { 'aws:userid': ['a'] } });
    expect(unknownKeys).toEqual(expected);
  });

  test('is known when the request has it', () => {
    const values = { 'aws:principleorgid': ['o-1'] };
    expect(decided([statement({ Condition: strange })], { values })).toMatchObject({
      decision: 'Allow',
      unknownKeys: [],
    });
  });
});

describe('a request of which not everything is known', () => {
  const UNKNOWN: Value = { is: 'unknown', present: 'always' };

  function answer(statements: readonly object[], values: Readonly<Record<string, Value>> = {}): string {
    return evaluate(policyOf(statements), {
      caller: { names: [aws(ROLE), aws(ROOT)], mayBe: ({ value }) => value.includes(':assumed-role/admin/') },
      action: 'kms:PutKeyPolicy',
      resource: { beginning: `arn:aws:kms:eu-west-1:${ACCOUNT}:key/mrk-` },
      look: (key) => values[key.toLowerCase()] ?? { is: 'unknown', present: 'maybe' },
    }).answer;
  }

  test.each<[string, object[], string]>([
    ['nothing said of it', [statement({ Action: 'kms:Sign' })], 'never'],
    ['allowed', [statement()], 'always'],
    ['allowed under a condition', [statement({ Condition: { Bool: { 'aws:x': 'true' } } })], 'maybe'],
    [
      'denied under a condition',
      [statement(), statement({ Effect: 'Deny', Condition: { Bool: { 'aws:x': 'true' } } })],
      'maybe',
    ],
    ['denied', [statement(), statement({ Effect: 'Deny' })], 'never'],
    ['allowed to a session that it may be', [statement({ Principal: { AWS: SESSION } })], 'maybe'],
    [
      'denied to a session that it may be',
      [statement(), statement({ Effect: 'Deny', Principal: { AWS: SESSION } })],
      'maybe',
    ],
    [
      'denied to all but role and account',
      [statement(), statement({ Effect: 'Deny', Principal: undefined, NotPrincipal: { AWS: [ROLE, ROOT] } })],
      'maybe',
    ],
    ['on a key by its id', [statement({ Resource: KEY })], 'never'],
    ['on keys by a pattern', [statement({ Resource: 'arn:aws:kms:*:*:key/mrk-*' })], 'always'],
    ['on some keys', [statement({ Resource: 'arn:aws:kms:*:*:key/mrk-1*' })], 'maybe'],
    ['on keys elsewhere', [statement({ Resource: 'arn:aws:kms:us-*' })], 'never'],
    ['on all but one', [statement({ Resource: undefined, NotResource: KEY })], 'always'],
  ])('%s', (_, statements, expected) => {
    expect(answer(statements)).toBe(expected);
  });

  test.each<[string, object, Value, string]>([
    ['any text', { StringLike: { 'aws:x': '*' } }, UNKNOWN, 'always'],
    ['any text, if there', { StringLike: { 'aws:x': '*' } }, { is: 'unknown', present: 'maybe' }, 'maybe'],
    [
      'any text, if it exists',
      { StringLikeIfExists: { 'aws:x': '*' } },
      { is: 'unknown', present: 'maybe' },
      'always',
    ],
    ['no text', { StringNotLike: { 'aws:x': '*' } }, UNKNOWN, 'never'],
    ['no text, if there', { StringNotLike: { 'aws:x': '*' } }, { is: 'unknown', present: 'maybe' }, 'maybe'],
    ['some text', { StringLike: { 'aws:x': 'a*' } }, UNKNOWN, 'maybe'],
    ['a text', { StringEquals: { 'aws:x': 'a' } }, UNKNOWN, 'maybe'],
    [
      'a text of another beginning',
      { StringEquals: { 'aws:x': 'a' } },
      { ...UNKNOWN, beginning: 'b' },
      'never',
    ],
    [
      'a beginning that is shorter',
      { StringLike: { 'aws:x': 'b*' } },
      { ...UNKNOWN, beginning: 'ba' },
      'always',
    ],
    ['one letter more', { StringLike: { 'aws:x': 'ba?*' } }, { ...UNKNOWN, beginning: 'ba' }, 'maybe'],
    ['another case', { StringEqualsIgnoreCase: { 'aws:x': 'BC' } }, { ...UNKNOWN, beginning: 'b' }, 'maybe'],
    ['an end', { StringLike: { 'aws:x': '*z' } }, { ...UNKNOWN, beginning: 'ba' }, 'maybe'],
    ['either truth', { Bool: { 'aws:x': ['true', 'false'] } }, UNKNOWN, 'always'],
    ['one truth', { Bool: { 'aws:x': ['true', 'true'] } }, UNKNOWN, 'maybe'],
    ['every address', { IpAddress: { 'aws:x': ['0.0.0.0/0', '::/0'] } }, UNKNOWN, 'always'],
    ['every address of one family', { IpAddress: { 'aws:x': '0.0.0.0/0' } }, UNKNOWN, 'maybe'],
    ['no address', { NotIpAddress: { 'aws:x': ['0.0.0.0/0', '::/0'] } }, UNKNOWN, 'never'],
    ['a number', { NumericLessThan: { 'aws:x': '7' } }, UNKNOWN, 'maybe'],
    ['a date', { DateLessThan: { 'aws:x': '2026-01-01' } }, UNKNOWN, 'maybe'],
    ['any ARN', { ArnLike: { 'aws:x': '*' } }, UNKNOWN, 'always'],
    [
      'any ARN in parts',
      { ArnLike: { 'aws:x': 'arn:aws:iam::1:*' } },
      { ...UNKNOWN, beginning: 'arn:aws:iam::1:' },
      'always',
    ],
    [
      'ARNs of another account',
      { ArnLike: { 'aws:x': 'arn:aws:iam::2:*' } },
      { ...UNKNOWN, beginning: 'arn:aws:iam::1:' },
      'never',
    ],
    [
      'ARNs of a part',
      { ArnLike: { 'aws:x': 'arn:aws:iam::1:role/*' } },
      { ...UNKNOWN, beginning: 'arn:aws:iam::1:' },
      'maybe',
    ],
    [
      'an account of a part',
      { ArnLike: { 'aws:x': 'arn:aws:iam::12:*' } },
      { ...UNKNOWN, beginning: 'arn:aws:iam::1' },
      'maybe',
    ],
    ['there', { Null: { 'aws:x': 'false' } }, UNKNOWN, 'always'],
    ['not there', { Null: { 'aws:x': 'true' } }, UNKNOWN, 'never'],
    ['perhaps there', { Null: { 'aws:x': 'true' } }, { is: 'unknown', present: 'maybe' }, 'maybe'],
    ['there or not', { Null: { 'aws:x': ['true', 'false'] } }, { is: 'unknown', present: 'maybe' }, 'maybe'],
    ['itself', { StringEquals: { 'aws:x': '${aws:x}' } }, UNKNOWN, 'always'],
    ['another that is unknown', { StringEquals: { 'aws:x': '${aws:y}' } }, UNKNOWN, 'maybe'],
    [
      'for all values, perhaps none',
      { 'ForAllValues:StringLike': { 'aws:x': '*' } },
      { is: 'unknown', present: 'maybe' },
      'always',
    ],
    [
      'for any value, perhaps none',
      { 'ForAnyValue:StringLike': { 'aws:x': '*' } },
      { is: 'unknown', present: 'maybe' },
      'maybe',
    ],
    ['absent', { StringLike: { 'aws:x': '*' } }, { is: 'absent' }, 'never'],
  ])('%s', (_, condition, value, expected) => {
    expect(answer([statement({ Condition: condition })], { 'aws:x': value })).toBe(expected);
  });

  test('says on which conditions it hangs', () => {
    const condition = { Bool: { 'aws:x': 'true' }, StringLike: { 'aws:y': '*' } };
    const { allows, denies } = evaluate(policyOf([statement({ Condition: condition })]), {
      caller: { names: [aws(ROOT)] },
      action: 'kms:PutKeyPolicy',
      resource: undefined,
      look: (key) => ({ is: 'unknown', present: key === 'aws:y' ? 'always' : 'maybe' }),
    });
    expect(denies).toEqual([]);
    expect(allows).toMatchObject([{ answer: 'maybe', hangsOn: [{ key: 'aws:x' }] }]);
  });
});

test('a pattern of many wildcards takes no time', () => {
  const begun = Date.now();
  const Action = `kms:${'*?'.repeat(200)}!`.replace('!', 'z9');
  expect(decided([statement({ Action })]).decision).toBe('none');
  const like = { StringLike: { 'aws:userid': `${'*a'.repeat(3000)}b` } };
  const values = { 'aws:userid': ['a'.repeat(2000)] };
  expect(decided([statement({ Condition: like })], { values }).decision).toBe('none');
  expect(Date.now() - begun).toBeLessThan(5000);
});
