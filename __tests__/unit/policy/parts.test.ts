import { describe, expect, test } from 'vitest';
import { all, any, not, type Answer } from '../../../src/policy/answer.js';
import { splitArn } from '../../../src/policy/arn.js';
import { findConditionKey, type ConditionKey } from '../../../src/policy/condition-keys.js';
import { compileGlob, matchesBeginning, matchesGlob } from '../../../src/policy/glob.js';
import { readDate, readRange, spellOperator } from '../../../src/policy/operators.js';
import { parsePolicy } from '../../../src/policy/parse.js';
import {
  accountOfPrincipal,
  deletedKind,
  describePrincipal,
  isRoot,
  whyImpossible,
} from '../../../src/policy/principals.js';
import { findOpenings } from '../../../src/policy/strangers.js';
import { compareTexts, type Principal } from '../../../src/policy/document.js';

test.each<[readonly Answer[], Answer, Answer]>([
  [[], 'always', 'never'],
  [['always'], 'always', 'always'],
  [['always', 'maybe'], 'maybe', 'always'],
  [['maybe', 'never'], 'never', 'maybe'],
  [['always', 'never'], 'never', 'always'],
])('of %j all is %s and any is %s', (answers, both, either) => {
  expect([all(answers), any(answers)]).toEqual([both, either]);
});

test('the opposite of maybe is maybe', () => {
  expect([not('always'), not('maybe'), not('never')]).toEqual(['never', 'maybe', 'always']);
});

test('texts are in the order of their code points', () => {
  expect([compareTexts('a', 'b'), compareTexts('b', 'a'), compareTexts('a', 'a')]).toEqual([-1, 1, 0]);
  expect(compareTexts('Z', 'a')).toBe(-1);
});

test('an ARN has six parts, the last with colons of its own', () => {
  expect(splitArn('arn:aws:logs:eu-west-1:1:log-group:a:b')).toEqual({
    partition: 'aws',
    service: 'logs',
    region: 'eu-west-1',
    account: '1',
    resource: 'log-group:a:b',
  });
  expect(splitArn('arn:aws:iam::1')).toBeUndefined();
  expect(splitArn('urn:aws:iam::1:root')).toBeUndefined();
});

test.each<[string, string, boolean]>([
  ['', '', true],
  ['', 'a', false],
  ['*', '', true],
  ['**', 'ab', true],
  ['?', '', false],
  ['?', 'ab', false],
  ['*?', 'a', true],
  ['a*b*c', 'aXbYbZc', true],
  ['a*b*c', 'aXbYbZ', false],
  ['a?c', 'a😀c', true],
])('the pattern %j on %j: %s', (pattern, text, matches) => {
  expect(matchesGlob(compileGlob(pattern), text)).toBe(matches);
});

test.each<[string, string, Answer]>([
  ['*', '', 'always'],
  ['a*', 'a', 'always'],
  ['a*', 'b', 'never'],
  ['a*b', 'a', 'maybe'],
  ['ab', 'a', 'maybe'],
  ['a', 'a', 'maybe'],
  ['a', 'ab', 'never'],
  ['*?', '', 'maybe'],
  ['*?*', 'ab', 'always'],
])('the pattern %j on what begins with %j: %s', (pattern, beginning, answer) => {
  expect(matchesBeginning(compileGlob(pattern), beginning)).toBe(answer);
});

describe('a condition key', () => {
  test.each<[string, object | undefined]>([
    ['aws:PrincipalArn', { subject: 'caller', multivalued: false, present: 'always' }],
    ['AWS:PRINCIPALARN', { subject: 'caller' }],
    ['aws:PrincipalTag/team', { subject: 'caller', present: 'maybe' }],
    ['aws:PrincipalTag/', undefined],
    ['aws:PrincipalTag/*', undefined],
    ['aws:PrincipalOrgPaths', { multivalued: true }],
    ['aws:SourceArn', { subject: 'source' }],
    ['aws:SourceVpce', { subject: 'network' }],
    ['aws:CurrentTime', { subject: 'time', present: 'always' }],
    ['aws:TagKeys', { subject: 'request', multivalued: true }],
    ['aws:ResourceTag/a', { subject: 'resource' }],
    ['kms:EncryptionContext:a', { subject: 'request' }],
    ['kms:EncryptionContextKeys', { subject: 'request', multivalued: true }],
    ['kms:RecipientAttestation:NitroTPMPCR4', { subject: 'request' }],
    ['kms:ResourceAliases', { subject: 'resource', multivalued: true }],
    ['saml:aud', { subject: 'caller' }],
    ['accounts.google.com:aud', { subject: 'caller', multivalued: false }],
    ['cognito-identity.amazonaws.com:amr', { subject: 'caller', multivalued: true }],
    ['gitlab.example.com/group:sub', { subject: 'caller' }],
    ['aws:PrincipleArn', undefined],
    ['kms:PrincipalArn', undefined],
    ['foo:bar', undefined],
    ['aws:', undefined],
    ['', undefined],
  ])('%s', (key, expected) => {
    if (expected === undefined) expect(findConditionKey(key)).toBeUndefined();
    else expect(findConditionKey(key)).toMatchObject(expected);
  });
});

/** Of AWS's lists of condition keys, by what each speaks of; those that every request has, or that have several values, by themselves. */
const DOCUMENTED: readonly (readonly [string, Partial<ConditionKey>])[] = [
  [
    'aws:PrincipalArn aws:PrincipalAccount aws:PrincipalType aws:userid',
    { subject: 'caller', present: 'always' },
  ],
  ['kms:CallerAccount aws:PrincipalIsAWSService aws:ViaAWSService', { subject: 'caller', present: 'always' }],
  ['aws:PrincipalOrgPaths aws:PrincipalServiceNamesList', { subject: 'caller', multivalued: true }],
  ['aws:PrincipalOrgID aws:PrincipalServiceName aws:username', { subject: 'caller', present: 'maybe' }],
  ['aws:FederatedProvider aws:SourceIdentity aws:MultiFactorAuthAge sts:RoleArn', { subject: 'caller' }],
  ['aws:SourceAccount aws:SourceArn aws:SourceOrgID', { subject: 'source', multivalued: false }],
  ['aws:SourceOrgPaths', { subject: 'source', multivalued: true }],
  ['aws:SourceIp aws:SourceVpc aws:SourceVpcArn aws:SourceVpce aws:VpcSourceIp', { subject: 'network' }],
  ['aws:VpceAccount aws:VpceOrgID aws:Ec2InstanceSourceVpc', { subject: 'network', present: 'maybe' }],
  ['aws:CurrentTime aws:EpochTime', { subject: 'time', present: 'always' }],
  ['aws:TokenIssueTime', { subject: 'time', present: 'maybe' }],
  ['aws:SecureTransport aws:RequestedRegion', { subject: 'request', present: 'always' }],
  ['aws:referer aws:UserAgent aws:RequestTag/a aws:CalledViaFirst aws:CalledViaLast', { subject: 'request' }],
  ['aws:CalledVia aws:TagKeys', { subject: 'request', multivalued: true }],
  [
    'aws:ResourceAccount kms:KeyOrigin kms:KeySpec kms:KeyUsage kms:MultiRegion',
    { subject: 'resource', present: 'always' },
  ],
  ['aws:ResourceOrgID kms:MultiRegionKeyType kms:PrimaryRegion', { subject: 'resource', present: 'maybe' }],
  ['kms:BypassPolicyLockoutSafetyCheck kms:DataKeyPairSpec kms:EncryptionAlgorithm', { subject: 'request' }],
  ['kms:ExpirationModel kms:GrantConstraintType kms:GrantIsForAWSResource', { subject: 'request' }],
  ['kms:GranteePrincipal kms:KeyAgreementAlgorithm kms:MacAlgorithm kms:MessageType', { subject: 'request' }],
  ['kms:ReEncryptOnSameKey kms:RequestAlias kms:ReplicaRegion kms:RetiringPrincipal', { subject: 'request' }],
  ['kms:RotationPeriodInDays kms:SigningAlgorithm kms:ValidTo kms:ViaService', { subject: 'request' }],
  [
    'kms:ScheduleKeyDeletionPendingWindowInDays kms:WrappingAlgorithm kms:WrappingKeySpec',
    { subject: 'request' },
  ],
  ['kms:GrantOperations kms:EncryptionContextKeys', { subject: 'request', multivalued: true }],
];

test.each(DOCUMENTED.flatMap(([keys, expected]) => keys.split(' ').map((key) => [key, expected] as const)))(
  'the condition key %s of the documentation is known',
  (key, expected) => {
    expect(findConditionKey(key)).toMatchObject(expected);
  },
);

test.each<[string, string | undefined]>([
  ['StringEquals', 'StringEquals'],
  ['stringequalsifexists', 'StringEqualsIfExists'],
  ['FORANYVALUE:arnlike', 'ForAnyValue:ArnLike'],
  ['ForAllValues:StringNotLikeIfExists', 'ForAllValues:StringNotLikeIfExists'],
  ['null', 'Null'],
  ['NullIfExists', undefined],
  ['ForAllValues:Null', undefined],
  ['ForSomeValues:StringLike', undefined],
  ['StringEquals ', undefined],
  ['', undefined],
])('the operator %j is %s', (given, spelled) => {
  expect(spellOperator(given)).toBe(spelled);
});

test.each<[string, string | undefined]>([
  ['2026', '2026-01-01T00:00:00.000Z'],
  ['2026-03', '2026-03-01T00:00:00.000Z'],
  ['2026-03-04T05:06Z', '2026-03-04T05:06:00.000Z'],
  ['2026-03-04T05:06:07', '2026-03-04T05:06:07.000Z'],
  ['2026-03-04T05:06:07.5+02:00', '2026-03-04T03:06:07.500Z'],
  ['1767225600', '2026-01-01T00:00:00.000Z'],
  ['2026-02-30x', undefined],
  ['2026-01-01 10:00', undefined],
  ['Thu 2026-01-01', undefined],
  ['2026-01-01T05:06:07+0200', '2026-01-01T03:06:07.000Z'],
  ['2026-01-01T05:06-02:00', '2026-01-01T07:06:00.000Z'],
  ['1767225600.5', '2026-01-01T00:00:00.500Z'],
  ['12345', '1970-01-01T03:25:45.000Z'],
  ['yesterday', undefined],
])('the date %s is %s', (text, iso) => {
  const time = readDate(text);
  expect(time === undefined ? undefined : new Date(time).toISOString()).toBe(iso);
});

test.each<[string, object | undefined]>([
  ['203.0.113.0/24', { network: '203.0.113.0', bits: 24, family: 4 }],
  ['203.0.113.7', { network: '203.0.113.7', bits: 32, family: 4 }],
  ['2001:db8::/32', { network: '2001:db8::', bits: 32, family: 6 }],
  ['::1', { network: '::1', bits: 128, family: 6 }],
  ['203.0.113.0/33', undefined],
  ['203.0.113/24', undefined],
  ['203.0.113.0/', undefined],
])('the range %s is %j', (text, range) => {
  expect(readRange(text)).toEqual(range);
});

describe('a principal', () => {
  const ACCOUNT = '111122223333';

  test.each<[Principal, string, string | undefined, boolean, string | undefined]>([
    [{ type: 'AWS', value: '*' }, '*', undefined, false, undefined],
    [
      { type: 'AWS', value: `arn:aws:iam::${ACCOUNT}:root` },
      `arn:aws:iam::${ACCOUNT}:root`,
      ACCOUNT,
      true,
      undefined,
    ],
    [
      { type: 'AWS', value: `arn:aws:sts::${ACCOUNT}:assumed-role/a/b` },
      `arn:aws:sts::${ACCOUNT}:assumed-role/a/b`,
      ACCOUNT,
      false,
      undefined,
    ],
    [{ type: 'AWS', value: 'AROAJQABLZS4A3QDU576Q' }, 'AROAJQABLZS4A3QDU576Q', undefined, false, 'role'],
    [{ type: 'AWS', value: 'AIDAJQABLZS4A3QDU576Q' }, 'AIDAJQABLZS4A3QDU576Q', undefined, false, 'user'],
    [{ type: 'AWS', value: 'AGPAJQABLZS4A3QDU576Q' }, 'AGPAJQABLZS4A3QDU576Q', undefined, false, 'principal'],
    [{ type: 'AWS', value: 'Service: a.b' }, 'AWS: Service: a.b', undefined, false, undefined],
    [{ type: 'Service', value: 'a.b' }, 'Service: a.b', undefined, false, undefined],
    [
      { type: 'Federated', value: `arn:aws:iam::${ACCOUNT}:saml-provider/a` },
      `Federated: arn:aws:iam::${ACCOUNT}:saml-provider/a`,
      ACCOUNT,
      false,
      undefined,
    ],
    [
      { type: 'Federated', value: 'AROAJQABLZS4A3QDU576Q' },
      'Federated: AROAJQABLZS4A3QDU576Q',
      undefined,
      false,
      undefined,
    ],
    [
      { type: 'AWS', value: `arn:aws:s3::${ACCOUNT}:a` },
      `arn:aws:s3::${ACCOUNT}:a`,
      undefined,
      false,
      undefined,
    ],
  ])('%j', (...[principal, name, account, root, deleted]) => {
    expect(describePrincipal(principal)).toBe(name);
    expect(accountOfPrincipal(principal)).toBe(account);
    expect(isRoot(principal)).toBe(root);
    expect(deletedKind(principal)).toBe(deleted);
  });
});

describe('why a condition pins nothing', () => {
  test.each<[string, string, unknown, string]>([
    [
      'StringEquals',
      'aws:PrincipleOrgID',
      'o-1',
      'has a key that this action does not know: is it spelled rightly?',
    ],
    ['Null', 'aws:PrincipalOrgID', 'false', 'only asks whether the key is there'],
    [
      'StringNotEquals',
      'aws:PrincipalOrgID',
      'o-1',
      'only excludes: it holds for all others, and where the key is missing',
    ],
    ['StringEqualsIfExists', 'aws:PrincipalOrgID', 'o-1', 'holds, too, where the key is missing'],
    ['ForAllValues:StringEquals', 'aws:PrincipalOrgID', 'o-1', 'holds, too, where the key is missing'],
    ['StringEquals', 'aws:PrincipalTag/a', 'b', 'is about something that every account sets for itself'],
    ['StringEquals', 'aws:username', 'b', 'is about something that every account sets for itself'],
    ['StringEquals', 'aws:PrincipalType', 'User', 'does not tell whose the caller is'],
    ['StringEquals', 'kms:ViaService', 'b', 'is about the request, which everybody can make so'],
    ['IpAddress', 'aws:VpcSourceIp', '10.0.0.1', 'is about a network that is not yours alone'],
    ['StringEquals', 'kms:KeySpec', 'b', 'is about the key, which is the same for everybody'],
    ['DateLessThan', 'aws:CurrentTime', '2030', 'is about the time, which is the same for everybody'],
    ['StringLike', 'aws:PrincipalOrgPaths', 'o-1/*', 'has a key of several values, which needs ForAnyValue'],
    ['StringLike', 'kms:CallerAccount', '*', 'has the value "*", which is not one account of 12 digits'],
    [
      'StringLike',
      'aws:PrincipalOrgID',
      'o-*',
      'has the value "o-*", which is not the id of one organisation',
    ],
    [
      'ArnLike',
      'aws:PrincipalArn',
      'arn:aws:iam::*:role/a',
      'has the value "arn:aws:iam::*:role/a", which is not an ARN that begins with one account',
    ],
    [
      'IpAddress',
      'aws:SourceIp',
      '3.0.0.0/8',
      'has the value "3.0.0.0/8", which is not a public range of at most 65,536 addresses',
    ],
    ['StringEquals', 'aws:SourceVpce', 'vpce-1', 'holds it to a network, whoever is in it'],
    [
      'NumericGreaterThan',
      'kms:CallerAccount',
      '000000000000',
      'uses an operator that does not compare it with one account of 12 digits',
    ],
    [
      'IpAddress',
      'aws:SourceIp',
      ['2001:db8::/32', '2001:db9::/32', '2001:dba::/32', '2001:dbb::/32', '203.0.113.7'],
      'has so many ranges that together they are no network of one organisation',
    ],
    [
      'IpAddress',
      'aws:SourceIp',
      ['3.0.0.0/16', '3.1.0.0/16', '3.2.0.0/16', '3.3.0.0/16', '3.3.0.0/16'],
      'holds it to a network, whoever is in it',
    ],
  ])('%s %s %j', (operator, key, value, why) => {
    const text = JSON.stringify({
      Version: '2012-10-17',
      Statement: {
        Effect: 'Allow',
        Principal: '*',
        Action: 'kms:*',
        Resource: '*',
        Condition: { [operator]: { [key]: value } },
      },
    });
    const reading = parsePolicy(text, { partition: 'aws', from: 'author' });
    const openings = 'policy' in reading ? findOpenings(reading.policy) : [];
    expect(openings.map((each) => each.why)).toEqual([[`${operator} ${key} ${why}`]]);
  });
});

describe('an operator pins the account of a caller only where it compares texts', () => {
  const OPERATORS = [
    ...['StringEquals', 'StringEqualsIgnoreCase', 'StringLike', 'ArnEquals', 'ArnLike', 'BinaryEquals'],
    ...['Numeric', 'Date'].flatMap((kind) =>
      ['Equals', 'LessThan', 'LessThanEquals', 'GreaterThan', 'GreaterThanEquals', 'NotEquals'].map(
        (order) => `${kind}${order}`,
      ),
    ),
    ...['StringNotEquals', 'StringNotEqualsIgnoreCase', 'StringNotLike', 'ArnNotEquals', 'ArnNotLike'],
  ];
  const KEYS = ['kms:CallerAccount', 'aws:PrincipalAccount', 'aws:SourceAccount', 'aws:userid'];

  test.each(OPERATORS.flatMap((operator) => KEYS.map((key) => [operator, key] as const)))(
    '%s %s',
    (operator, key) => {
      const Condition = { [operator]: { [key]: '111122223333' } };
      const statement = { Effect: 'Allow', Principal: '*', Action: 'kms:*', Resource: '*', Condition };
      const text = JSON.stringify({ Version: '2012-10-17', Statement: statement });
      const reading = parsePolicy(text, { partition: 'aws', from: 'author' });
      const opens = !('policy' in reading) || findOpenings(reading.policy).length > 0;
      expect(opens).toBe(!/^(?:String|Arn)(?:Equals|Like)/.test(operator));
    },
  );
});

describe('a principal that can’t exist', () => {
  const ACCOUNT = '111122223333';
  const ID = 'AROAJQABLZS4A3QDU576Q';
  const HEX = 'a1'.repeat(32);

  test.each<[Principal['type'], string, string | undefined]>([
    ['AWS', '*', undefined],
    ['AWS', `arn:aws:iam::${ACCOUNT}:root`, undefined],
    ['AWS', `arn:aws:iam::${ACCOUNT}:role/a/b/c`, undefined],
    ['AWS', `arn:aws:iam::${ACCOUNT}:user/a`, undefined],
    ['AWS', `arn:aws:sts::${ACCOUNT}:assumed-role/a/me`, undefined],
    ['AWS', `arn:aws:sts::${ACCOUNT}:federated-user/me`, undefined],
    ['AWS', ID, 'which is the id that AWS shows for a deleted role: name the ARN of one that exists'],
    ['AWS', `${ID}!`, 'which is neither an account id nor the ARN of an account root, role or user'],
    [
      'AWS',
      '11112222333',
      'which has 11 digits, not 12: perhaps a leading zero was lost because it was not in quotes (011112222333?)',
    ],
    ['AWS', '1111222233334', 'which has 13 digits, not 12'],
    ['AWS', 'x1111', 'which is neither an account id nor the ARN of an account root, role or user'],
    ['AWS', '1111x', 'which is neither an account id nor the ARN of an account root, role or user'],
    ['AWS', `arn:aws-cn:iam::${ACCOUNT}:root`, 'which is in the partition aws-cn, and the key in aws'],
    ['AWS', `arn:awx:iam::${ACCOUNT}:root`, 'whose partition "awx" does not exist: the key\'s is aws'],
    ['AWS', `arn:aws:iam:eu-west-1:${ACCOUNT}:root`, 'which names a Region, and identities have none'],
    [
      'AWS',
      'arn:aws:iam::1:root',
      'whose account has 1 digits, not 12: perhaps a leading zero was lost because it was not in quotes (000000000001?)',
    ],
    ['AWS', 'arn:aws:iam::x1:root', 'whose account "x1" is not 12 digits'],
    ['AWS', 'arn:aws:iam::1x:root', 'whose account "1x" is not 12 digits'],
    ['AWS', `arn:aws:iam::9${ACCOUNT}:root`, 'whose account has 13 digits, not 12'],
    [
      'AWS',
      `arn:aws:iam::${ACCOUNT}:group/a`,
      'which is a group, and a group is no principal: name its users',
    ],
    ['AWS', `arn:aws:iam::${ACCOUNT}:policy/a`, 'which is not an account root, role or user'],
    ['AWS', `arn:aws:iam::${ACCOUNT}:role/a b`, 'which is not an account root, role or user'],
    ['AWS', `arn:aws:iam::${ACCOUNT}:role/`, 'which is not an account root, role or user'],
    [
      'AWS',
      `arn:aws:sts::${ACCOUNT}:assumed-role/a`,
      'which is an assumed role without a session: name the role, arn:…:iam::ACCOUNT:role/NAME',
    ],
    [
      'AWS',
      `arn:aws:sts::${ACCOUNT}:assumed-role/a/`,
      'which is an assumed role without a session: name the role, arn:…:iam::ACCOUNT:role/NAME',
    ],
    [
      'AWS',
      `arn:aws:sts::${ACCOUNT}:assumed-role/a/m`,
      'which is not a session of a role or a federated user',
    ],
    [
      'AWS',
      `arn:aws:sts::${ACCOUNT}:assumed-role/a/me/too`,
      'which is not a session of a role or a federated user',
    ],
    [
      'AWS',
      `arn:aws:sts::${ACCOUNT}:x-assumed-role/a`,
      'which is not a session of a role or a federated user',
    ],
    [
      'AWS',
      `arn:aws:s3::${ACCOUNT}:a`,
      'which is of the service "s3": only identities of iam and sts are principals',
    ],
    ['Service', 'logs.amazonaws.com', undefined],
    ['Service', 'logs', 'which is not the name of a service, such as logs.amazonaws.com'],
    ['Service', 'logs.amazonaws.com!', 'which is not the name of a service, such as logs.amazonaws.com'],
    ['Service', ' logs.amazonaws.com', 'which is not the name of a service, such as logs.amazonaws.com'],
    ['CanonicalUser', HEX, undefined],
    ['CanonicalUser', `${HEX}0`, 'which is not a canonical user id of 64 hex digits'],
    ['CanonicalUser', `0${HEX}`, 'which is not a canonical user id of 64 hex digits'],
    ['Federated', 'accounts.google.com', undefined],
    ['Federated', 'accounts.google.com/', 'which is not an identity provider'],
    ['Federated', '!accounts.google.com', 'which is not an identity provider'],
    ['Federated', `arn:aws:iam::${ACCOUNT}:oidc-provider/a.b`, undefined],
    ['Federated', `arn:aws:iam::${ACCOUNT}:saml-provider/a`, undefined],
    [
      'Federated',
      `arn:aws:iam::${ACCOUNT}:x-saml-provider/a`,
      'which is not the ARN of an identity provider',
    ],
    [
      'Federated',
      `arn:aws:iam::${ACCOUNT}:saml-provider/a b`,
      'which is not the ARN of an identity provider',
    ],
    ['Federated', `arn:aws:sts::${ACCOUNT}:saml-provider/a`, 'which is not the ARN of an identity provider'],
    [
      'Federated',
      'arn:aws:iam::1:saml-provider/a',
      'whose account has 1 digits, not 12: perhaps a leading zero was lost because it was not in quotes (000000000001?)',
    ],
  ])('%s %s', (type, value, why) => {
    expect(whyImpossible({ type, value }, 'aws')).toBe(why);
  });

  test.each([
    'arn:*:iam::111122223333:root',
    'arn:aws:iam:*:111122223333:root',
    'arn:aws:iam::*:root',
    'arn:aws:iam::111122223333:role/?',
  ])('a wildcard: %s', (value) => {
    expect(whyImpossible({ type: 'AWS', value }, 'aws')).toMatch(
      /^which has a wildcard, and an ARN in a Principal takes none/,
    );
  });
});
