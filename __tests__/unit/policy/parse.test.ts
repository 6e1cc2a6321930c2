import { describe, expect, test } from 'vitest';
import { describeProblems, parsePolicy, type ParseOptions } from '../../../src/policy/parse.js';
import type { Policy } from '../../../src/policy/document.js';

const ACCOUNT = '111122223333';

function read(value: unknown, options: Partial<ParseOptions> = {}): ReturnType<typeof parsePolicy> {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return parsePolicy(text, { partition: 'aws', from: 'author', ...options });
}

const statement = (changed: object = {}): object => ({
  Effect: 'Allow',
  Principal: { AWS: ACCOUNT },
  Action: 'kms:*',
  Resource: '*',
  ...changed,
});

const policyWith = (changed: object): object => ({ Statement: statement(changed) });

function policyOf(value: unknown, options: Partial<ParseOptions> = {}): Policy {
  const reading = read(value, options);
  if ('problems' in reading) throw new Error(describeProblems(reading.problems));
  return reading.policy;
}

/** `kind: text` of each problem. */
function problemsOf(value: unknown, options: Partial<ParseOptions> = {}): string[] {
  const reading = read(value, options);
  return 'problems' in reading ? reading.problems.map(({ kind, text }) => `${kind}: ${text}`) : [];
}

describe('what is no policy', () => {
  test.each<[string, string]>([
    ['-----BEGIN PRIVATE KEY-----', 'json: it is not valid JSON (line 1, column 1)'],
    ['', 'json: it is not valid JSON (line 1, column 1)'],
    ['aws_secret_access_key = abc', 'json: it is not valid JSON (line 1, column 1)'],
    ['{"a":\n 1,}', 'json: it is not valid JSON (line 2, column 4)'],
    ['{"Statement": "a\tb"}', 'json: it is not valid JSON'],
    ['{"Statement": 01}', 'json: it is not valid JSON (line 1, column 15)'],
    [`${'['.repeat(40)}${']'.repeat(40)}`, 'json: it is nested more than 32 levels deep'],
    [`${'['.repeat(16_000)}${']'.repeat(16_000)}`, 'json: it is nested more than 32 levels deep'],
    [`${'{"a":'.repeat(33)}1${'}'.repeat(33)}`, 'json: it is nested more than 32 levels deep'],
    [`${'{"a":'.repeat(32)}1${'}'.repeat(32)}`, 'syntax: it has no "Statement"'],
    ['{"private_key": "secret", "Version": 1}', 'syntax: it has no "Statement"'],
    ['[]', 'syntax: it is not a JSON object: a list of statements stands under "Statement"'],
    ['"Statement"', 'syntax: it is not a JSON object'],
    ['null', 'syntax: it is not a JSON object'],
    ['{"Statement": []}', 'syntax: it has an empty "Statement"'],
    ['{"Statement": [1]}', 'syntax: statement 1 is not an object'],
    ['{"Statement": 1}', 'syntax: statement 1 is not an object'],
    ['{"Statement": [null]}', 'syntax: statement 1 is not an object'],
  ])('%j', (text, problem) => {
    expect(problemsOf(text)).toEqual([problem]);
  });

  test.each([
    ['in the document', '{"Statement": {}, "Statement": []}', 'Statement'],
    ['in a statement', '{"Statement": {"Effect": "Deny", "Effect": "Allow"}}', 'Effect'],
    ['by another spelling', '{"Statement": {"Effect": "Deny", "\\u0045ffect": "Allow"}}', 'Effect'],
    [
      'in a condition',
      '{"Statement": {"Condition": {"Bool": {"aws:x": "true", "aws:x": "false"}}}}',
      'aws:x',
    ],
    ['as a prototype', '{"Statement": {"__proto__": 1, "__proto__": 2}}', '__proto__'],
  ])('a member that stands twice %s', (_, text, name) => {
    expect(problemsOf(text)).toEqual([`json: it has the member "${name}" twice in one object`]);
  });

  test.each<[string, object, string]>([
    ['another version', { Version: '2012' }, 'the Version "2012": there are only 2012-10-17 and 2008-10-17'],
    ['a version that is no text', { Version: 2012 }, 'a Version that is no text'],
    ['an Id that is no text', { Id: 1 }, 'an Id that is no text'],
    ['an unknown element', { Foo: 1 }, 'the unknown element "Foo"'],
    [
      'an element in another case',
      { version: '2012-10-17' },
      'the unknown element "version": it is written Version',
    ],
  ])('beside its statements %s', (_, more, problem) => {
    expect(problemsOf({ ...policyWith({}), ...more })).toEqual([`syntax: it has ${problem}`]);
  });

  test('a byte order mark before it does no harm', () => {
    expect(problemsOf(`\ufeff${JSON.stringify(policyWith({}))}`)).toEqual([]);
  });
});

describe('a statement is refused', () => {
  test.each<[string, object, string]>([
    ['an unknown element', { Foo: 1 }, 'syntax: statement 1 has the unknown element "Foo"'],
    [
      'an element in another case',
      { sid: 'a' },
      'syntax: statement 1 has the unknown element "sid": it is written Sid',
    ],
    [
      'a prototype',
      JSON.parse('{"__proto__": 1}') as object,
      'syntax: statement 1 has the unknown element "__proto__"',
    ],
    ['a Sid that is no text', { Sid: 1 }, 'syntax: statement 1 has a Sid that is no text'],
    ['no Effect', { Effect: undefined }, 'syntax: statement 1 has no Effect: it must be Allow or Deny'],
    [
      'another Effect',
      { Effect: 'allow' },
      'syntax: statement 1 has the Effect "allow": it must be Allow or Deny',
    ],
    ['no Principal', { Principal: undefined }, 'principal: statement 1 has no Principal'],
    [
      'both principals',
      { NotPrincipal: '*' },
      'syntax: statement 1 has Principal beside NotPrincipal: only one of them can stand',
    ],
    [
      'both actions',
      { NotAction: 'kms:*' },
      'syntax: statement 1 has Action beside NotAction: only one of them can stand',
    ],
    [
      'both resources',
      { NotResource: '*' },
      'syntax: statement 1 has Resource beside NotResource: only one of them can stand',
    ],
    [
      'a name as principal',
      { Principal: 'me' },
      'syntax: statement 1 has the Principal "me": it must be "*" or an object such as {"AWS": "me"}',
    ],
    [
      'nobody',
      { Principal: {} },
      'syntax: statement 1 has a Principal that names nobody: it must be "*" or an object such as {"AWS": "111122223333"}',
    ],
    [
      'a list as principal',
      { Principal: [ACCOUNT] },
      'syntax: statement 1 has a Principal that names nobody: it must be "*" or an object such as {"AWS": "111122223333"}',
    ],
    [
      'a type in another case',
      { Principal: { Aws: ACCOUNT } },
      'syntax: statement 1 has a Principal of the unknown type "Aws": it is written AWS',
    ],
    [
      'an unknown type',
      { Principal: { Role: 'a' } },
      'syntax: statement 1 has a Principal of the unknown type "Role": one of AWS, CanonicalUser, Federated, Service',
    ],
    [
      'an empty list of principals',
      { Principal: { AWS: [] } },
      'principal: statement 1 has an empty list as Principal AWS',
    ],
    [
      'an empty principal',
      { Principal: { AWS: '' } },
      'principal: statement 1 has something as Principal AWS that is no text, or an empty one',
    ],
    [
      'a number as principal',
      { Principal: { AWS: [Number(ACCOUNT)] } },
      'principal: statement 1 has something as Principal AWS that is no text, or an empty one',
    ],
    ['no action', { Action: undefined }, 'action: statement 1 has no Action'],
    ['an empty list of actions', { Action: [] }, 'action: statement 1 has an empty list as Action'],
    [
      'an empty list of other actions',
      { Action: undefined, NotAction: [] },
      'action: statement 1 has an empty list as NotAction',
    ],
    [
      'an empty list of other principals',
      { Principal: undefined, NotPrincipal: { AWS: [] } },
      'principal: statement 1 has an empty list as NotPrincipal AWS',
    ],
    [
      'an action without its service',
      { Action: 'Decrypt' },
      'action: statement 1 has the Action "Decrypt": it must be * or SERVICE:ACTION, e.g. kms:Decrypt',
    ],
    ['no resource', { Resource: undefined }, 'resource: statement 1 has no Resource'],
    [
      'an empty list of other resources',
      { Resource: undefined, NotResource: [] },
      'resource: statement 1 has an empty list as NotResource',
    ],
    [
      'a key id as resource',
      { Resource: 'mrk-1' },
      'resource: statement 1 has the Resource "mrk-1": it must be * (this key) or a key ARN',
    ],
    [
      'a condition that is no object',
      { Condition: [] },
      'syntax: statement 1 has a Condition that is not an object',
    ],
    [
      'an unknown operator',
      { Condition: { StringMatches: { 'aws:x': 'a' } } },
      'condition: statement 1 has the unknown condition operator "StringMatches"',
    ],
    [
      'an operator in another case',
      { Condition: { 'forallvalues:stringequals': { 'aws:x': 'a' } } },
      'condition: statement 1 has the unknown condition operator "forallvalues:stringequals": it is written ForAllValues:StringEquals',
    ],
    [
      'Null with IfExists',
      { Condition: { NullIfExists: { 'aws:x': 'true' } } },
      'condition: statement 1 has the unknown condition operator "NullIfExists"',
    ],
    [
      'Null of any value',
      { Condition: { 'ForAnyValue:Null': { 'aws:x': 'true' } } },
      'condition: statement 1 has the unknown condition operator "ForAnyValue:Null"',
    ],
    [
      'an operator without keys',
      { Condition: { Bool: 'true' } },
      'condition: statement 1 has no condition keys under Bool',
    ],
    [
      'a key without a prefix',
      { Condition: { StringEquals: { PrincipalOrgID: 'o-1' } } },
      'condition: statement 1 has the condition key "PrincipalOrgID": it must begin with a prefix such as aws:',
    ],
    ...[' aws:x', 'aws:x y', 'a ws:x', ':x', 'aws:'].map((key): [string, object, string] => [
      `the key ${JSON.stringify(key)}`,
      { Condition: { StringEquals: { [key]: 'a' } } },
      `condition: statement 1 has the condition key "${key}": it must begin with a prefix such as aws:`,
    ]),
    ...['kms:De crypt', ' kms:Decrypt', 'kms:Decrypt ', 'kms:', ':Decrypt'].map(
      (action): [string, object, string] => [
        `the action ${JSON.stringify(action)}`,
        { Action: action },
        `action: statement 1 has the Action "${action}": it must be * or SERVICE:ACTION, e.g. kms:Decrypt`,
      ],
    ),
    [
      'no values',
      { Condition: { StringEquals: { 'aws:x': [] } } },
      'condition: statement 1 has no values for StringEquals "aws:x": it must be a text or a list',
    ],
    [
      'null as a value',
      { Condition: { StringEquals: { 'aws:x': null } } },
      'condition: statement 1 has no values for StringEquals "aws:x": it must be a text or a list',
    ],
    [
      'a key in two cases',
      { Condition: { StringEquals: { 'aws:x': 'a', 'AWS:X': 'b' } } },
      'condition: statement 1 has the condition "StringEquals aws:x" twice',
    ],
    ...(
      [
        ['Bool', 'yes'],
        ['Null', 'no'],
        ['NumericLessThan', 'ten'],
        ['NumericEquals', ''],
        ['NumericEquals', ' '],
        ['NumericEquals', 'Infinity'],
        ['Bool', 'trues'],
        ['Bool', 'untrue'],
        ['DateLessThan', 'tomorrow'],
        ['DateGreaterThan', '2026-13-01'],
        ['DateEquals', '2026-01-01 10:00'],
        ['DateEquals', 'Thu 2026-01-01'],
        ['IpAddress', '10.0.0.0/33'],
        ['NotIpAddress', '300.0.0.1'],
        ['IpAddress', '::/129'],
      ] as const
    ).map(([operator, value]): [string, object, string] => [
      `${operator} ${value}`,
      { Condition: { [operator]: { 'aws:x': value } } },
      `condition: statement 1 compares "aws:x" by ${operator} with "${value}", which can't be`,
    ]),
  ])('%s', (_, changed, problem) => {
    expect(problemsOf(policyWith(changed))).toEqual([problem]);
  });

  test('and none whose values can be compared', () => {
    const Condition = {
      StringEquals: { 'aws:x': '' },
      ArnLike: { 'aws:x': 'x' },
      BinaryEquals: { 'aws:x': 'QQ==' },
      Bool: { 'aws:x': 'FALSE' },
      Null: { 'aws:x': true },
      NumericEquals: { 'aws:x': [1, '-1.5', ' 7 ', '1e3'] },
      DateEquals: { 'aws:x': ['2026', '1767225600.5'] },
      IpAddress: { 'aws:x': ['203.0.113.7', '::/0'] },
      DateLessThan: { 'aws:x': '${aws:y}' },
    };
    expect(problemsOf(policyWith({ Condition }))).toEqual([]);
  });

  test('nor for being many', () => {
    const many = Array.from({ length: 40 }, () => statement({ Condition: { Bool: { 'aws:x': ['true'] } } }));
    expect(problemsOf({ Statement: many })).toEqual([]);
  });

  test('with all that is wrong, by statement', () => {
    const document = {
      Version: '2012',
      Foo: 1,
      Id: 2,
      Statement: [statement(), statement({ Effect: 'x', Sid: 1 }), statement({ Action: 'a' })],
    };
    const reading = read(document);
    expect('problems' in reading && reading.problems.map(({ kind, statement: at }) => [kind, at])).toEqual([
      ['syntax', undefined],
      ['syntax', undefined],
      ['syntax', undefined],
      ['syntax', 2],
      ['syntax', 2],
      ['action', 3],
    ]);
  });

  test('in one line, ten problems at most', () => {
    const reading = read({ Statement: Array.from({ length: 12 }, () => statement({ Action: 'a' })) });
    const line = 'problems' in reading ? describeProblems(reading.problems) : '';
    expect(line.split('; ')).toHaveLength(11);
    expect(line).toMatch(/^statement 1 has.*; and 2 more problems$/);
  });
});

describe('a principal that cannot exist is refused', () => {
  test.each<[string, string | object, RegExp]>([
    [
      'eleven digits',
      'arn:aws:iam::44455556666:root',
      /account has 11 digits, not 12: perhaps a leading zero was lost .*044455556666/,
    ],
    ['a short account id', '55556666', /which has 8 digits, not 12: perhaps.*000055556666/],
    ['thirteen digits', '1111222233334', /which has 13 digits, not 12$/],
    ['thirteen digits in an ARN', 'arn:aws:iam::1111222233334:root', /account has 13 digits, not 12$/],
    ['an account name', 'arn:aws:iam::acme:root', /account "acme" is not 12 digits/],
    ['another partition', `arn:aws-cn:iam::${ACCOUNT}:root`, /in the partition aws-cn, and the key in aws/],
    ['no partition', `arn:amazon:iam::${ACCOUNT}:root`, /partition "amazon" does not exist/],
    ['a Region', `arn:aws:iam:us-east-1:${ACCOUNT}:root`, /names a Region/],
    ['a group', `arn:aws:iam::${ACCOUNT}:group/admins`, /a group is no principal/],
    ['a policy', `arn:aws:iam::${ACCOUNT}:policy/p`, /not an account root, role or user/],
    ['no session', `arn:aws:sts::${ACCOUNT}:assumed-role/admin`, /assumed role without a session/],
    ['an empty session', `arn:aws:sts::${ACCOUNT}:assumed-role/admin/`, /assumed role without a session/],
    ['a short session', `arn:aws:sts::${ACCOUNT}:assumed-role/admin/x`, /not a session of a role/],
    ['every role', `arn:aws:iam::${ACCOUNT}:role/*`, /has a wildcard/],
    ['a role of every account', 'arn:aws:iam::*:role/admin', /has a wildcard/],
    ['every partition', `arn:*:iam::${ACCOUNT}:root`, /has a wildcard/],
    ['a wildcard in a session', `arn:aws:sts::${ACCOUNT}:assumed-role/a/*`, /has a wildcard/],
    ['a question mark', `arn:aws:iam::${ACCOUNT}:role/a?`, /has a wildcard/],
    ['an empty role', `arn:aws:iam::${ACCOUNT}:role/`, /not an account root, role or user/],
    ['a path alone', `arn:aws:iam::${ACCOUNT}:role/a/`, /not an account root, role or user/],
    ['another service', `arn:aws:s3::${ACCOUNT}:bucket`, /of the service "s3"/],
    ['a name', 'admin', /neither an account id nor the ARN/],
    ['a pattern', 'arn:*', /neither an account id nor the ARN/],
    ['a deleted role', 'AROAJQABLZS4A3QDU576Q', /id that AWS shows for a deleted role/],
    ['a deleted user', 'AIDAJQABLZS4A3QDU576Q', /id that AWS shows for a deleted user/],
    ['a deleted group', 'AGPAJQABLZS4A3QDU576Q', /id that AWS shows for a deleted principal/],
    ['a CloudFront identity', 'arn:aws:iam::cloudfront:user/x', /account "cloudfront" is not 12 digits/],
    ['every service', { Service: '*' }, /not the name of a service/],
    ['a service in other words', { Service: 'EC2' }, /not the name of a service/],
    ['every provider', { Federated: '*' }, /not an identity provider/],
    ['a role as provider', { Federated: `arn:aws:iam::${ACCOUNT}:role/a` }, /ARN of an identity provider/],
    ['a provider of 11 digits', { Federated: 'arn:aws:iam::1:saml-provider/a' }, /has 1 digits/],
    ['a canonical user', { CanonicalUser: 'abc' }, /canonical user id/],
  ])('%s', (_, given, why) => {
    const Principal = typeof given === 'string' ? { AWS: given } : given;
    const problems = problemsOf(policyWith({ Principal }));
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(/^principal: statement 1 has the principal "/);
    expect(problems[0]).toMatch(why);
  });

  test.each<[string, object]>([
    ['an account', { AWS: ACCOUNT }],
    ['a role with a path', { AWS: `arn:aws:iam::${ACCOUNT}:role/a/b/c.d@e` }],
    ['a service-linked role', { AWS: `arn:aws:iam::${ACCOUNT}:role/aws-service-role/a.amazonaws.com/AWSA` }],
    ['a user', { AWS: `arn:aws:iam::${ACCOUNT}:user/u` }],
    ['a session', { AWS: `arn:aws:sts::${ACCOUNT}:assumed-role/a/me@example.com` }],
    ['a federated user', { AWS: `arn:aws:sts::${ACCOUNT}:federated-user/bob` }],
    ['a service of a Region', { Service: 'logs.eu-west-1.amazonaws.com' }],
    ['a SAML provider', { Federated: `arn:aws:iam::${ACCOUNT}:saml-provider/idp` }],
    ['a web provider', { Federated: 'accounts.google.com' }],
    ['a canonical user', { CanonicalUser: 'a'.repeat(64) }],
  ])('%s can', (_, Principal) => {
    expect(problemsOf(policyWith({ Principal }))).toEqual([]);
  });

  test('unless AWS itself gave it back', () => {
    const given = policyWith({ Principal: { AWS: 'AROAJQABLZS4A3QDU576Q' } });
    expect(policyOf(given, { from: 'aws' }).statements[0]?.principals.members).toEqual([
      { type: 'AWS', value: 'AROAJQABLZS4A3QDU576Q' },
    ]);
    expect(problemsOf(policyWith({ Condition: { Bool: { 'aws:x': 'yes' } } }), { from: 'aws' })).toEqual([]);
    expect(
      policyOf(policyWith({ Condition: { bool: { 'aws:x': 'yes' } } }), { from: 'aws' }).statements[0]
        ?.conditions,
    ).toMatchObject([{ operator: 'Bool' }]);
  });
});

describe('one form for every way of writing it', () => {
  test('sets, root ARNs, everybody, spelling', () => {
    const [first, second] = policyOf({
      Statement: [
        statement({
          Principal: { Service: ['b.amazonaws.com', 'a.amazonaws.com'], AWS: [ACCOUNT, '*', ACCOUNT] },
          Action: ['KMS:decrypt', 'kms:Decrypt', 's3:GetObject'],
          Condition: {
            StringLike: { 'aws:b': ['2', '1', '2'], 'aws:a': 1.5 },
            Bool: { 'aws:c': true },
          },
        }),
        statement({ Principal: '*', Resource: ['*', '*'] }),
      ],
    }).statements;
    expect(first).toEqual({
      position: 1,
      sid: undefined,
      effect: 'Allow',
      principals: {
        not: false,
        members: [
          { type: 'AWS', value: '*' },
          { type: 'AWS', value: `arn:aws:iam::${ACCOUNT}:root` },
          { type: 'Service', value: 'a.amazonaws.com' },
          { type: 'Service', value: 'b.amazonaws.com' },
        ],
      },
      actions: { not: false, names: ['kms:Decrypt', 's3:GetObject'] },
      resources: { not: false, names: ['*'] },
      conditions: [
        { operator: 'Bool', key: 'aws:c', values: ['true'] },
        { operator: 'StringLike', key: 'aws:a', values: ['1.5'] },
        { operator: 'StringLike', key: 'aws:b', values: ['1', '2'] },
      ],
    });
    expect(second).toMatchObject({
      position: 2,
      principals: { not: false, members: [{ type: 'AWS', value: '*' }] },
      resources: { not: false, names: ['*'] },
    });
  });

  test('what it excludes', () => {
    const [only] = policyOf(
      policyWith({
        Principal: undefined,
        NotPrincipal: { AWS: ACCOUNT },
        Action: undefined,
        NotAction: 'kms:*',
        Resource: undefined,
        NotResource: 'arn:aws:kms:*',
      }),
      { partition: 'aws-cn', from: 'aws' },
    ).statements;
    expect(only).toMatchObject({
      principals: { not: true, members: [{ type: 'AWS', value: `arn:aws-cn:iam::${ACCOUNT}:root` }] },
      actions: { not: true, names: ['kms:*'] },
      resources: { not: true, names: ['arn:aws:kms:*'] },
    });
  });

  test('numbers beyond 2^53 keep their digits', () => {
    const text = JSON.stringify(policyWith({ Condition: { NumericLessThan: { 'aws:x': 0 } } }));
    const [only] = policyOf(text.replace(':0}', ':9007199254740993}')).statements;
    expect(only?.conditions[0]?.values).toEqual(['9007199254740993']);
  });

  test("a role's trust policy has no resource", () => {
    const trust = { Effect: 'Allow', Principal: { AWS: ACCOUNT }, Action: 'sts:AssumeRole' };
    expect(policyOf({ Statement: trust }, { of: 'role' }).statements[0]?.resources).toBeUndefined();
    expect(problemsOf({ Statement: { ...trust, Resource: '*' } }, { of: 'role' })).toEqual([
      'resource: statement 1 has a Resource, and a trust policy has none',
    ]);
  });
});
