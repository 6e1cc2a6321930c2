import { describe, expect, test } from 'vitest';
import { guardPlan } from '../../../src/guard/guard.js';
import type { PlanModel } from '../../../src/plan/types.js';
import { knownControl } from '../../support/known-control.js';
import { knownFindings } from '../../support/known-findings.js';
import {
  ACCOUNT,
  KEY_ID,
  modelOf,
  policyOf,
  PRIMARY,
  primaryChange,
  primaryValues,
  REPLICA,
  replicaChange,
  replicaValues,
  root,
  ROOT_POLICY,
  statement,
  type Json,
} from '../plan/raw-plan.js';

const OTHER = '111122223333';
const ROLE = `arn:aws:iam::${ACCOUNT}:role/admin`;
const ORG = 'o-a1b2c3d4e5';

const hold = knownFindings('policies');
const holdControl = knownControl();

/** A primary and a replica that both get the policy. */
function planWith(policy: string): PlanModel {
  return modelOf([
    primaryChange({ actions: ['update'], before: primaryValues(), after: primaryValues({ policy }) }),
    replicaChange({ actions: ['update'], before: replicaValues(), after: replicaValues({ policy }) }),
  ]);
}

/** `stop rule` and `warning rule`, each once. */
function verdictOf(policy: string): string[] {
  const options = { deletionConfirmed: false, destroys: false };
  const found = guardPlan({
    model: planWith(policy),
    owner: { alias: 'aws_cb_cmk' },
    primaryRegion: PRIMARY,
    options,
  });
  hold(found);
  holdControl(policy);
  return [...new Set(found.map(({ severity, rule }) => `${severity} ${rule}`))];
}

const verdict = (...statements: Json[]): string[] => verdictOf(policyOf(...statements));

const use = (changed: Json = {}): Json =>
  statement({ Principal: '*', Action: ['kms:Decrypt', 'kms:DescribeKey'], ...changed });
const when = (operator: string, key: string, value: unknown): Json =>
  use({ Condition: { [operator]: { [key]: value } } });
const service = (name: string, changed: Json = {}): Json => use({ Principal: { Service: name }, ...changed });

const PUBLIC = 'stop public-principal';
const UNREADABLE = 'stop policy-unreadable';

test.each(['StringEquals', 'StringNotEquals', 'StringLikeIfExists'])(
  'a variable with a name of JavaScript’s is one that nobody knows: %s',
  (operator) => {
    const judge = (variable: string): string[] =>
      verdict(
        statement(),
        statement({
          Effect: 'Deny',
          Principal: '*',
          Condition: { [operator]: { 'aws:PrincipalArn': `\${${variable}}` } },
        }),
      );
    expect(judge('constructor')).toEqual(judge('aws:unheard-of'));
    expect(judge('__proto__')).toEqual(judge('aws:unheard-of'));
  },
);

describe('a policy that lets strangers in', () => {
  test.each<[string, Json, string]>([
    ['everybody', use(), PUBLIC],
    ['everybody, by type', use({ Principal: { AWS: '*' } }), PUBLIC],
    ['everybody beside the account', use({ Principal: { AWS: [root(ACCOUNT), '*'] } }), PUBLIC],
    ['everybody but one', use({ Principal: undefined, NotPrincipal: { AWS: OTHER } }), PUBLIC],
    ['everybody but the account', use({ Principal: undefined, NotPrincipal: { AWS: ACCOUNT } }), PUBLIC],
    ['everybody to every action but one', use({ Action: undefined, NotAction: 'kms:PutKeyPolicy' }), PUBLIC],
    ['everybody on all other resources', use({ Resource: undefined, NotResource: 'arn:aws:s3:::x' }), PUBLIC],
    ['everybody to a single look', use({ Action: 'kms:DescribeKey' }), PUBLIC],
    ['any account by question marks', when('StringLike', 'kms:CallerAccount', '????????????'), PUBLIC],
    ['any account by a star', when('StringLike', 'kms:CallerAccount', '*'), PUBLIC],
    ['a tenth of all accounts', when('StringLike', 'kms:CallerAccount', '1*'), PUBLIC],
    ['an account or any', when('StringLike', 'kms:CallerAccount', [ACCOUNT, '*']), PUBLIC],
    ['thirteen digits', when('StringEquals', 'kms:CallerAccount', `9${OTHER}`), PUBLIC],
    ['an organisation that goes on', when('StringLike', 'aws:PrincipalOrgID', `${ORG}*`), PUBLIC],
    [
      'an organisation, with what only looks like a demand for the key',
      use({
        Condition: {
          'ForAllValues:StringLike': { 'aws:PrincipalOrgPaths': `${ORG}/*` },
          'ForAnyValue:StringEquals': { 'aws:PrincipalOrgPaths': 'false' },
        },
      }),
      PUBLIC,
    ],
    [
      'an organisation, with a key that may be missing, too',
      use({
        Condition: {
          'ForAllValues:StringLike': { 'aws:PrincipalOrgPaths': `${ORG}/*` },
          Null: { 'aws:PrincipalOrgPaths': ['false', 'true'] },
        },
      }),
      PUBLIC,
    ],
    ['a unique id with an open end', when('StringLike', 'aws:userid', 'AROAABCDEFGHIJKLMNOP*'), PUBLIC],
    ['no VPC, but what ends like one', when('StringEquals', 'aws:SourceVpc', 'x-vpc-0a1b2c3d'), PUBLIC],
    ['a VPC that goes on', when('StringLike', 'aws:SourceVpc', 'vpc-0a1b*'), PUBLIC],
    ['no address', when('IpAddress', 'aws:SourceIp', 'nonsense'), UNREADABLE],
    [
      'a service’s encryption context, which anybody may write',
      when('StringEquals', 'kms:EncryptionContext:aws:s3:arn', `arn:aws:s3:eu-west-1:${ACCOUNT}:x`),
      PUBLIC,
    ],
    ['eleven digits', when('StringEquals', 'kms:CallerAccount', '11112222333'), PUBLIC],
    ['any identity', when('ArnLike', 'aws:PrincipalArn', 'arn:aws:iam::*:*'), PUBLIC],
    ['any role', when('ArnLike', 'aws:PrincipalArn', 'arn:aws:iam::*:role/*'), PUBLIC],
    [
      'a role of that name anywhere',
      when('ArnLike', 'aws:PrincipalArn', 'arn:aws:iam::*:role/admin'),
      PUBLIC,
    ],
    ['a role of a short account', when('ArnLike', 'aws:PrincipalArn', 'arn:aws:iam::1:role/a'), PUBLIC],
    ['anything', when('ArnLike', 'aws:PrincipalArn', '*'), PUBLIC],
    [
      'an account after a wildcard',
      when('StringLike', 'aws:PrincipalArn', `arn:*:iam::${ACCOUNT}:role/*`),
      PUBLIC,
    ],
    ['any organisation', when('StringLike', 'aws:PrincipalOrgID', 'o-*'), PUBLIC],
    ['any organisation at all', when('StringLike', 'aws:PrincipalOrgID', '*'), PUBLIC],
    ['an organisation without a name', when('StringEquals', 'aws:PrincipalOrgID', ''), PUBLIC],
    ['an organisation that is a star', when('StringEquals', 'aws:PrincipalOrgID', '*'), PUBLIC],
    ['an organisation, misspelt key', when('StringEquals', 'aws:PrincipleOrgID', ORG), PUBLIC],
    ['an organisation, another prefix', when('StringEquals', 'kms:PrincipalOrgID', ORG), PUBLIC],
    ['an organisation if there is one', when('StringEqualsIfExists', 'aws:PrincipalOrgID', ORG), PUBLIC],
    ['all but an organisation', when('StringNotEquals', 'aws:PrincipalOrgID', ORG), PUBLIC],
    ['for all values of none', when('ForAllValues:StringEquals', 'aws:PrincipalOrgID', ORG), PUBLIC],
    ['a key that is there', when('Null', 'aws:PrincipalOrgID', 'false'), PUBLIC],
    [
      'a path of any organisation',
      when('ForAnyValue:StringLike', 'aws:PrincipalOrgPaths', 'o-*/r-*/*'),
      PUBLIC,
    ],
    ['paths without a quantifier', when('StringLike', 'aws:PrincipalOrgPaths', `${ORG}/*`), PUBLIC],
    ['paths of all of none', when('ForAllValues:StringLike', 'aws:PrincipalOrgPaths', `${ORG}/*`), PUBLIC],
    [
      'the account that the caller has',
      when('StringEquals', 'aws:PrincipalAccount', '${aws:PrincipalAccount}'),
      PUBLIC,
    ],
    [
      'the account of the tag',
      when('StringEquals', 'kms:CallerAccount', '${aws:PrincipalTag/account}'),
      PUBLIC,
    ],
    [
      'an ARN with a variable',
      when('ArnLike', 'aws:PrincipalArn', 'arn:aws:iam::${aws:PrincipalAccount}:role/a'),
      PUBLIC,
    ],
    ['a tag of the caller', when('StringEquals', 'aws:PrincipalTag/team', 'payments'), PUBLIC],
    ['the name of the caller', when('StringEquals', 'aws:username', 'alice'), PUBLIC],
    ['the source identity', when('StringEquals', 'aws:SourceIdentity', 'alice'), PUBLIC],
    ['the session name', when('StringEquals', 'sts:RoleSessionName', 'alice'), PUBLIC],
    ['an external id', when('StringEquals', 'sts:ExternalId', 'secret'), PUBLIC],
    ['the unique id of anybody', when('StringLike', 'aws:userid', '*:alice'), PUBLIC],
    ['a unique id that goes on', when('StringLike', 'aws:userid', 'AROA*'), PUBLIC],
    ['the kind of caller', when('StringEquals', 'aws:PrincipalType', 'AssumedRole'), PUBLIC],
    ['who is no service', when('Bool', 'aws:PrincipalIsAWSService', 'false'), PUBLIC],
    ['a service by name', when('StringEquals', 'aws:PrincipalServiceName', 's3.amazonaws.com'), PUBLIC],
    ['MFA', when('Bool', 'aws:MultiFactorAuthPresent', 'true'), PUBLIC],
    ['TLS', when('Bool', 'aws:SecureTransport', 'true'), PUBLIC],
    ['through a service', when('StringEquals', 'kms:ViaService', 's3.eu-west-1.amazonaws.com'), PUBLIC],
    ['for an AWS resource', when('Bool', 'kms:GrantIsForAWSResource', 'true'), PUBLIC],
    ['a retiring principal', when('StringEquals', 'kms:RetiringPrincipal', ROLE), PUBLIC],
    ['a grantee', when('StringEquals', 'kms:GranteePrincipal', ROLE), PUBLIC],
    ['the key spec', when('StringEquals', 'kms:CustomerMasterKeySpec', 'SYMMETRIC_DEFAULT'), PUBLIC],
    ['the account of the key', when('StringEquals', 'aws:ResourceAccount', ACCOUNT), PUBLIC],
    ['the tag of the key', when('StringEquals', 'aws:ResourceTag/team', 'payments'), PUBLIC],
    ['an alias', when('StringEquals', 'kms:RequestAlias', 'alias/a'), PUBLIC],
    ['an encryption context', when('StringEquals', 'kms:EncryptionContext:account', ACCOUNT), PUBLIC],
    [
      'the context of a service, from everybody',
      when('ArnLike', 'kms:EncryptionContext:aws:logs:arn', `arn:aws:logs:*:${ACCOUNT}:*`),
      PUBLIC,
    ],
    ['a user agent', when('StringEquals', 'aws:UserAgent', 'acme'), PUBLIC],
    ['a referer', when('StringEquals', 'aws:Referer', 'https://acme.example'), PUBLIC],
    ['a Region', when('StringEquals', 'aws:RequestedRegion', 'eu-west-1'), PUBLIC],
    ['a day', when('DateLessThan', 'aws:CurrentTime', '2030-01-01T00:00:00Z'), PUBLIC],
    ['an enclave', when('StringEquals', 'kms:RecipientAttestation:ImageSha384', 'abc'), PUBLIC],
    [
      'the Internet in narrow ranges',
      when(
        'IpAddress',
        'aws:SourceIp',
        Array.from({ length: 5 }, (_, at) => `3.${at}.0.0/16`),
      ),
      PUBLIC,
    ],
    ['an account by its order', when('NumericGreaterThan', 'kms:CallerAccount', '000000000000'), PUBLIC],
    ['an account by its time', when('DateLessThan', 'aws:PrincipalAccount', '999999999999'), PUBLIC],
    ['a user by an order', when('NumericLessThanEquals', 'aws:userid', '999999999999'), PUBLIC],
    ['the Internet in halves', when('IpAddress', 'aws:SourceIp', ['0.0.0.0/1', '128.0.0.0/1']), PUBLIC],
    ['the Internet', when('IpAddress', 'aws:SourceIp', '0.0.0.0/0'), PUBLIC],
    ['the Internet of version 6', when('IpAddress', 'aws:SourceIp', '::/0'), PUBLIC],
    ["a provider's range", when('IpAddress', 'aws:SourceIp', '3.0.0.0/8'), PUBLIC],
    ['private addresses', when('IpAddress', 'aws:SourceIp', '192.168.1.0/24'), PUBLIC],
    ['an address in any VPC', when('IpAddress', 'aws:VpcSourceIp', '10.0.0.7/32'), PUBLIC],
    ['all but an address', when('NotIpAddress', 'aws:SourceIp', '203.0.113.0/24'), PUBLIC],
    ['all of IPv4 in version 6', when('IpAddress', 'aws:SourceIp', '::ffff:0.0.0.0/96'), PUBLIC],
    ['all of IPv4 behind a translator', when('IpAddress', 'aws:SourceIp', '64:ff9b::/96'), PUBLIC],
    ['a narrow range and all', when('IpAddress', 'aws:SourceIp', ['203.0.113.0/24', '0.0.0.0/0']), PUBLIC],
    ['any VPC', when('StringLike', 'aws:SourceVpc', 'vpc-*'), PUBLIC],
    ['any source account', when('StringLike', 'aws:SourceAccount', '*'), PUBLIC],
    ['any source', when('ArnLike', 'aws:SourceArn', 'arn:aws:s3:::*'), PUBLIC],
    ['sources of any account', when('ArnLike', 'aws:SourceArn', 'arn:aws:sns:*:*:topic'), PUBLIC],
    [
      'sources of an account behind a wildcard',
      when('StringLike', 'aws:SourceArn', `arn:aws:states:*:${ACCOUNT}:*`),
      PUBLIC,
    ],
    ['an organisation by a denial beside it', use(), PUBLIC],
    ['everybody, and an empty condition', use({ Condition: {} }), PUBLIC],
    [
      'two conditions that pin nothing',
      use({
        Condition: {
          StringEquals: { 'kms:ViaService': 's3.eu-west-1.amazonaws.com', 'aws:PrincipalTag/a': 'b' },
        },
      }),
      PUBLIC,
    ],
    ['users of Google', use({ Principal: { Federated: 'accounts.google.com' } }), 'stop federated-principal'],
    [
      'users of GitHub',
      use({
        Principal: { Federated: `arn:aws:iam::${ACCOUNT}:oidc-provider/token.actions.githubusercontent.com` },
      }),
      'stop federated-principal',
    ],
    [
      'users of GitHub for AWS',
      use({
        Principal: { Federated: `arn:aws:iam::${ACCOUNT}:oidc-provider/token.actions.githubusercontent.com` },
        Condition: { StringEquals: { 'token.actions.githubusercontent.com:aud': 'sts.amazonaws.com' } },
      }),
      'stop federated-principal',
    ],
    [
      'users of any repository',
      use({
        Principal: { Federated: `arn:aws:iam::${ACCOUNT}:oidc-provider/token.actions.githubusercontent.com` },
        Condition: { StringLike: { 'token.actions.githubusercontent.com:sub': 'repo:*' } },
      }),
      'stop federated-principal',
    ],
    [
      'whoever signs in by SAML',
      use({
        Principal: { Federated: `arn:aws:iam::${OTHER}:saml-provider/idp` },
        Condition: { StringEquals: { 'saml:aud': 'https://signin.aws.amazon.com/saml' } },
      }),
      'stop federated-principal',
    ],
    [
      'a canonical user',
      use({ Principal: { CanonicalUser: 'a'.repeat(64) } }),
      'stop canonical-user-principal',
    ],
    ['any provider', use({ Principal: { Federated: '*' } }), UNREADABLE],
    ['any service', use({ Principal: { Service: '*' } }), UNREADABLE],
    ['roles of every account', use({ Principal: { AWS: 'arn:aws:iam::*:role/admin' } }), UNREADABLE],
    ['two principals under one name', use({ NotPrincipal: { AWS: ACCOUNT } }), UNREADABLE],
  ])('%s', (_, planned, expected) => {
    const stops = verdict(statement(), planned).filter((each) => each.startsWith('stop'));
    // What can't be read is stopped for that, whatever else it is.
    expect(expected === UNREADABLE ? stops.slice(0, 1) : stops).toEqual([expected]);
  });

  test('also where a denial beside it keeps them out', () => {
    const deny = use({
      Effect: 'Deny',
      Action: 'kms:*',
      Condition: { StringNotEquals: { 'aws:PrincipalOrgID': ORG } },
    });
    expect(verdict(statement(), use(), deny)).toContain(PUBLIC);
  });

  test.each<[string, unknown]>([
    ['none', null],
    ['left out', undefined],
    ['an object', { Statement: [] }],
    ['a number', 1],
  ])('a policy that is no text is not judged, so it is a stop: %s', (_, policy) => {
    const after = primaryValues({ policy });
    for (const change of [
      primaryChange({ actions: ['update'], before: primaryValues(), after }),
      primaryChange({ actions: ['create'], after }),
      primaryChange({ actions: ['delete', 'create'], before: primaryValues(), after }),
      replicaChange({ actions: ['update'], before: replicaValues(), after: replicaValues({ policy }) }),
    ]) {
      const found = guardPlan({
        model: modelOf([change]),
        owner: { alias: 'aws_cb_cmk' },
        primaryRegion: PRIMARY,
        options: { deletionConfirmed: true, destroys: false },
      });
      expect(found.map(({ severity, rule }) => `${severity} ${rule}`)).toContain(UNREADABLE);
    }
  });

  test('by a policy in which a variable is no variable', () => {
    const policy = JSON.stringify({
      Version: '2008-10-17',
      Statement: [statement(), when('StringEquals', 'kms:CallerAccount', '${aws:PrincipalAccount}')],
    });
    expect(verdictOf(policy)).toContain(PUBLIC);
  });

  test.each<[string, Json, string]>([
    ['a service', service('ec2.amazonaws.com'), 'warning service-without-source'],
    [
      'a service with a source of any account',
      service('sns.amazonaws.com', { Condition: { ArnLike: { 'aws:SourceArn': 'arn:aws:s3:::*' } } }),
      'warning service-without-source',
    ],
    [
      'a service with a misspelt source',
      service('sns.amazonaws.com', { Condition: { StringEquals: { 'aws:SourceAcount': ACCOUNT } } }),
      'warning service-without-source',
    ],
    [
      'a service with the context of any account',
      service('logs.eu-west-1.amazonaws.com', {
        Condition: { ArnLike: { 'kms:EncryptionContext:aws:logs:arn': 'arn:aws:logs:eu-west-1:*:*' } },
      }),
      'warning service-without-source',
    ],
    [
      'a service for a bucket',
      service('s3.amazonaws.com', { Condition: { ArnLike: { 'aws:SourceArn': 'arn:aws:s3:::acme-logs' } } }),
      'warning service-source-by-name',
    ],
    [
      'a service with a context of the caller’s own',
      service('ec2.amazonaws.com', {
        Condition: { StringEquals: { 'kms:EncryptionContext:team': `arn:aws:ec2:eu-west-1:${ACCOUNT}:x` } },
      }),
      'warning service-without-source',
    ],
    [
      'a service with a source of no account and no name',
      service('s3.amazonaws.com', { Condition: { ArnLike: { 'aws:SourceArn': 'arn:aws:s3:::' } } }),
      'warning service-without-source',
    ],
    [
      'CloudTrail for a trail with a variable',
      service('cloudtrail.amazonaws.com', {
        Condition: {
          StringLike: {
            'kms:EncryptionContext:aws:cloudtrail:arn': `arn:aws:cloudtrail:*:${ACCOUNT}:trail/a\${aws:username}`,
          },
        },
      }),
      'warning service-without-source',
    ],
    [
      'a VPC by its ARN',
      when('ArnEquals', 'aws:SourceVpcArn', `arn:aws:ec2:eu-west-1:${ACCOUNT}:vpc/vpc-0a1b2c3d`),
      'warning held-to-network',
    ],
    [
      'the VPC endpoints of an account',
      when('StringEquals', 'aws:VpceAccount', ACCOUNT),
      'warning held-to-network',
    ],
    [
      'the VPC endpoints of an organisation',
      when('StringEquals', 'aws:VpceOrgID', ORG),
      'warning held-to-network',
    ],
    [
      'the VPC endpoints of a part of an organisation',
      when('ForAnyValue:StringLike', 'aws:VpceOrgPaths', `${ORG}/r-ab12/*`),
      'warning held-to-network',
    ],
    ['an office', when('IpAddress', 'aws:SourceIp', '203.0.113.0/24'), 'warning held-to-network'],
    ['an office of version 6', when('IpAddress', 'aws:SourceIp', '2001:db8::/32'), 'warning held-to-network'],
    ['a VPC endpoint', when('StringEquals', 'aws:SourceVpce', 'vpce-0a1b2c3d'), 'warning held-to-network'],
    [
      'a role of another account',
      use({ Principal: { AWS: `arn:aws:iam::${OTHER}:role/a` } }),
      'notice principal-let-in',
    ],
    [
      'a session of another account',
      use({ Principal: { AWS: `arn:aws:sts::${OTHER}:assumed-role/a/me` } }),
      'notice principal-let-in',
    ],
    ['an account', use({ Principal: { AWS: OTHER } }), 'notice account-let-in'],
    [
      'an account by a condition',
      when('StringEquals', 'kms:CallerAccount', [ACCOUNT, OTHER]),
      'notice account-let-in',
    ],
  ])('is warned of where it is held to something: %s', (_, planned, expected) => {
    expect(verdict(statement(), planned)).toEqual([expected]);
  });

  test.each<[string, Json, string[]]>([
    [
      'all of it to another account',
      { Principal: { AWS: OTHER }, Action: 'kms:*' },
      ['kms:PutKeyPolicy', 'kms:ScheduleKeyDeletion', 'kms:DisableKey', 'kms:CreateGrant'],
    ],
    ['grants without a limit', { Principal: { AWS: OTHER }, Action: 'kms:Create*' }, ['kms:CreateGrant']],
    [
      'deletion to an organisation',
      {
        Action: 'kms:ScheduleKeyDeletion',
        Condition: { StringEquals: { 'aws:PrincipalOrgID': ORG } },
      },
      ['kms:ScheduleKeyDeletion'],
    ],
    [
      'grants for operations, whoever gets them',
      {
        Principal: { AWS: `arn:aws:iam::${OTHER}:role/a` },
        Action: 'kms:CreateGrant',
        Condition: { 'ForAllValues:StringEquals': { 'kms:GrantOperations': 'Decrypt' } },
      },
      ['kms:CreateGrant'],
    ],
    [
      'all of it to the own account and another',
      { Action: 'kms:*', Condition: { StringEquals: { 'kms:CallerAccount': [ACCOUNT, OTHER] } } },
      ['kms:PutKeyPolicy', 'kms:ScheduleKeyDeletion', 'kms:DisableKey', 'kms:CreateGrant'],
    ],
    ...Object.entries({
      'for anything but AWS resources': { Bool: { 'kms:GrantIsForAWSResource': 'false' } },
      'for AWS resources, or not': { Bool: { 'kms:GrantIsForAWSResource': ['true', 'false'] } },
      'for AWS resources by a text': { StringEquals: { 'kms:GrantIsForAWSResource': 'true' } },
      'for all grantees but one': { StringNotEquals: { 'kms:GranteePrincipal': ROLE } },
      'for any role as a grantee': { ArnLike: { 'kms:GranteePrincipal': `arn:aws:iam::${ACCOUNT}:role/*` } },
      'retired by a role': { StringEquals: { 'kms:RetiringPrincipal': ROLE } },
    }).map(([name, Condition]): [string, Json, string[]] => [
      `grants ${name}`,
      { Principal: { AWS: `arn:aws:iam::${OTHER}:role/a` }, Action: 'kms:CreateGrant', Condition },
      ['kms:CreateGrant'],
    ]),
  ])('is named as power over the key: %s', (_, changed, powers) => {
    const options = { deletionConfirmed: false, destroys: false };
    const model = planWith(policyOf(statement(), use(changed)));
    const found = guardPlan({ model, owner: { alias: 'aws_cb_cmk' }, primaryRegion: PRIMARY, options });
    const power = found.filter(({ rule }) => rule === 'foreign-power');
    expect(power).toHaveLength(1);
    for (const each of ['kms:PutKeyPolicy', 'kms:ScheduleKeyDeletion', 'kms:DisableKey', 'kms:CreateGrant']) {
      expect(power[0]?.reason.includes(each)).toBe(powers.includes(each));
    }
  });
});

describe('no power over the key to others', () => {
  test.each<[string, Json]>([
    [
      'all of it to whoever is of the own account',
      { Action: 'kms:*', Condition: { StringEquals: { 'kms:CallerAccount': ACCOUNT } } },
    ],
    ['grants for AWS resources', { Condition: { Bool: { 'kms:GrantIsForAWSResource': 'TRUE' } } }],
    ['grants for one grantee', { Condition: { ArnEquals: { 'kms:GranteePrincipal': ROLE } } }],
    [
      'grants for one service',
      { Condition: { StringEquals: { 'kms:GranteeServicePrincipal': 'rds.amazonaws.com' } } },
    ],
    [
      'grants for one grantee, by a pattern without a wildcard',
      { Condition: { ArnLike: { 'KMS:GRANTEEPRINCIPAL': ROLE } } },
    ],
  ])('%s', (_, changed) => {
    const grants = { Principal: { AWS: `arn:aws:iam::${OTHER}:role/a` }, Action: 'kms:CreateGrant' };
    const planned = use('Action' in changed ? changed : { ...grants, ...changed });
    expect(verdict(statement(), planned).filter((each) => each.includes('foreign-power'))).toEqual([]);
  });
});

describe('a policy that locks everybody out', () => {
  const STOP = 'stop nobody-can-put-policy';
  const HANGS = 'warning put-policy-conditional';
  const ROOTLESS = 'warning put-policy-without-root';
  const deny = (changed: Json = {}): Json =>
    statement({ Effect: 'Deny', Principal: '*', Action: 'kms:*', ...changed });
  const denyIf = (operator: string, key: string, value: unknown): Json =>
    deny({ Condition: { [operator]: { [key]: value } } });
  const denyBut = (...names: string[]): Json => deny({ Principal: undefined, NotPrincipal: { AWS: names } });
  const SESSION = `arn:aws:sts::${ACCOUNT}:assumed-role/admin/me`;
  const BACKUP = `arn:aws:iam::${ACCOUNT}:role/backup`;
  const LINKED = `arn:aws:iam::${ACCOUNT}:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling`;
  const KEY = `arn:aws:kms:${PRIMARY}:${ACCOUNT}:key/${KEY_ID}`;
  const of = (AWS: string, changed: Json = {}): Json => statement({ Principal: { AWS }, ...changed });

  test.each<[string, Json[], string]>([
    ['a denial that always holds', [statement(), denyIf('StringLike', 'aws:PrincipalArn', '*')], STOP],
    ['a denial of all ARNs', [statement(), denyIf('ArnLike', 'aws:PrincipalArn', 'arn:*:*:*:*:*')], STOP],
    ['a denial of the account', [statement(), denyIf('StringEquals', 'kms:CallerAccount', ACCOUNT)], STOP],
    [
      'a denial of all accounts',
      [statement(), denyIf('StringLike', 'aws:PrincipalAccount', '?'.repeat(12))],
      STOP,
    ],
    [
      'denials of a pattern and of all else',
      [
        statement(),
        denyIf('StringLike', 'aws:PrincipalTag/team', 'a*'),
        denyIf('StringNotLike', 'aws:PrincipalTag/team', 'a*'),
      ],
      STOP,
    ],
    [
      'denials of a key with any value and without',
      [
        statement(),
        denyIf('StringLike', 'aws:PrincipalTag/team', '*'),
        denyIf('Null', 'aws:PrincipalTag/team', 'true'),
      ],
      STOP,
    ],
    [
      'denials of a network and of all else',
      [
        statement(),
        denyIf('IpAddress', 'aws:SourceIp', ['203.0.113.0/24', '198.51.100.0/24']),
        denyIf('NotIpAddress', 'aws:SourceIp', ['198.51.100.0/24', '203.0.113.0/24']),
      ],
      STOP,
    ],
    [
      'denials of some numbers and of all others',
      [
        statement(),
        denyIf('NumericEquals', 'aws:MultiFactorAuthAge', '1'),
        denyIf('NumericNotEquals', 'aws:MultiFactorAuthAge', '1'),
      ],
      STOP,
    ],
    ['a denial of TLS', [statement(), denyIf('Bool', 'aws:SecureTransport', 'true')], STOP],
    [
      'a denial of either',
      [statement(), denyIf('Bool', 'aws:PrincipalIsAWSService', ['true', 'false'])],
      STOP,
    ],
    [
      'a denial of whom no service is',
      [statement(), denyIf('Bool', 'aws:PrincipalIsAWSService', 'false')],
      STOP,
    ],
    ['a denial of what comes by no service', [statement(), denyIf('Null', 'kms:ViaService', 'true')], STOP],
    [
      'a denial of all other services',
      [statement(), denyIf('StringNotEquals', 'kms:ViaService', 's3.amazonaws.com')],
      STOP,
    ],
    ['a denial of multi-Region keys', [statement(), denyIf('Bool', 'kms:MultiRegion', 'true')], STOP],
    ['a denial of the Region', [statement(), denyIf('StringEquals', 'aws:RequestedRegion', PRIMARY)], STOP],
    [
      "a denial of a replica's Region",
      [statement(), denyIf('StringEquals', 'aws:RequestedRegion', REPLICA)],
      STOP,
    ],
    [
      'a denial of all other Regions',
      [statement(), denyIf('StringNotEquals', 'aws:RequestedRegion', PRIMARY)],
      STOP,
    ],
    [
      'a denial of replicas',
      [statement(), denyIf('StringEquals', 'kms:MultiRegionKeyType', 'REPLICA')],
      STOP,
    ],
    [
      'a denial of itself',
      [statement(), denyIf('StringEquals', 'aws:PrincipalAccount', '${aws:PrincipalAccount}')],
      STOP,
    ],
    [
      'a denial from tomorrow on',
      [statement(), denyIf('DateGreaterThan', 'aws:CurrentTime', '2099-01-01T00:00:00Z')],
      STOP,
    ],
    [
      'a denial from an hour on',
      [statement(), denyIf('NumericGreaterThanEquals', 'aws:EpochTime', '4070908800')],
      STOP,
    ],
    [
      'an Allow until a day',
      [statement({ Condition: { DateLessThan: { 'aws:CurrentTime': '2030-01-01' } } })],
      STOP,
    ],
    ['a denial of all but a role', [statement(), denyBut(ROLE)], STOP],
    ['a denial of all but a session', [statement(), denyBut(SESSION)], STOP],
    ['a denial of all but another account', [statement(), denyBut(root(OTHER))], STOP],
    ['a denial of all but a role and another account', [statement(), denyBut(ROLE, root(OTHER))], STOP],
    ['two that leave nobody together', [statement(), denyBut(ROLE), denyBut(`${ROLE}2`)], STOP],
    [
      'two of which one forgets the account',
      [statement(), denyBut(ROLE, root(ACCOUNT)), denyBut(`${ROLE}2`)],
      STOP,
    ],
    ['a denial of the account', [statement(), deny({ Principal: { AWS: ACCOUNT } })], STOP],
    ['a denial of its action alone', [statement(), deny({ Action: 'kms:P*' })], STOP],
    [
      'a denial of all but use',
      [statement(), deny({ Action: undefined, NotAction: ['kms:Decrypt', 'kms:Encrypt'] })],
      STOP,
    ],
    ['another key', [statement({ Resource: KEY.replace('mrk-', 'mrk-f') })], STOP],
    ["the primary's ARN alone", [statement({ Resource: KEY })], STOP],
    ["a Region's keys alone", [statement({ Resource: `arn:aws:kms:${PRIMARY}:*:key/*` })], STOP],
    ['an alias', [statement({ Resource: `arn:aws:kms:*:${ACCOUNT}:alias/*` })], STOP],
    ['all but keys', [statement({ Resource: undefined, NotResource: 'arn:aws:kms:*:*:key/*' })], STOP],
    ['a session', [of(SESSION)], STOP],
    ['a session, and use to its role', [of(SESSION), of(ROLE, { Action: 'kms:Decrypt' })], STOP],
    ['a federated user', [of(`arn:aws:sts::${ACCOUNT}:federated-user/bob`)], STOP],
    ['a service-linked role', [of(LINKED)], STOP],
    ['another account', [of(OTHER)], STOP],
    ["another account's role", [of(`arn:aws:iam::${OTHER}:role/admin`)], STOP],
    ['use alone', [statement({ Action: ['kms:Decrypt', 'kms:Encrypt'] })], STOP],
    [
      'through a service alone',
      [statement({ Condition: { StringEquals: { 'kms:ViaService': 's3.amazonaws.com' } } })],
      STOP,
    ],
    [
      'for a source alone',
      [statement({ Condition: { StringEquals: { 'aws:SourceAccount': ACCOUNT } } })],
      STOP,
    ],
    [
      "the other account's callers",
      [statement({ Condition: { StringEquals: { 'kms:CallerAccount': OTHER } } })],
      STOP,
    ],
    ['a role, denied to it', [of(ROLE), deny({ Principal: { AWS: ROLE } })], STOP],
    ['a role, denied by its ARN', [of(ROLE), denyIf('ArnEquals', 'aws:PrincipalArn', ROLE)], STOP],
    [
      'two that exclude each other',
      [
        statement(),
        denyIf('Bool', 'aws:MultiFactorAuthPresent', 'true'),
        denyIf('BoolIfExists', 'aws:MultiFactorAuthPresent', 'false'),
      ],
      STOP,
    ],
    [
      'a tag, and its lack',
      [
        statement(),
        denyIf('Null', 'aws:PrincipalTag/team', 'true'),
        denyIf('Null', 'aws:PrincipalTag/team', 'false'),
      ],
      STOP,
    ],
    [
      'an organisation and all others',
      [
        statement(),
        denyIf('StringEquals', 'aws:PrincipalOrgID', ORG),
        denyIf('StringNotEquals', 'aws:PrincipalOrgID', ORG),
      ],
      STOP,
    ],
    [
      'two organisations',
      [
        statement(),
        denyIf('StringEquals', 'aws:PrincipalOrgID', ORG),
        denyIf('StringEquals', 'aws:PrincipalOrgID', 'o-other'),
      ],
      HANGS,
    ],
    ['a session as the exception', [statement(), denyIf('ArnNotEquals', 'aws:PrincipalArn', SESSION)], STOP],
    [
      'tags of the request, of which there are none',
      [statement(), denyIf('ForAllValues:StringEquals', 'aws:TagKeys', 'team')],
      STOP,
    ],
    ['a role alone', [of(ROLE)], ROOTLESS],
    ['a user alone', [of(`arn:aws:iam::${ACCOUNT}:user/alice`)], ROOTLESS],
    [
      'all but an administrator denied',
      [statement(), denyIf('ArnNotEquals', 'aws:PrincipalArn', ROLE)],
      ROOTLESS,
    ],
    [
      'a role beside a denial of the root',
      [statement(), of(ROLE), denyIf('ArnEquals', 'aws:PrincipalArn', root(ACCOUNT))],
      ROOTLESS,
    ],
    [
      'roles by a pattern',
      [statement({ Condition: { ArnLike: { 'aws:PrincipalArn': `${ROLE}*` } } })],
      HANGS,
    ],
    [
      'all but roles by a pattern',
      [statement(), denyIf('ArnNotLike', 'aws:PrincipalArn', `${ROLE}*`)],
      HANGS,
    ],
    [
      'a pattern that is denied, and all but that pattern in a second statement, of which another key decides',
      [
        statement(),
        denyIf('StringLike', 'aws:userid', 'A*'),
        denyIf('StringNotLike', 'aws:PrincipalTag/team', 'A*'),
      ],
      HANGS,
    ],
    [
      'a pattern that is denied, and all but another',
      [statement(), denyIf('StringLike', 'aws:userid', 'A*'), denyIf('StringNotLike', 'aws:userid', 'A?*')],
      HANGS,
    ],
    ['MFA', [statement(), denyIf('BoolIfExists', 'aws:MultiFactorAuthPresent', 'false')], HANGS],
    ['an office', [statement(), denyIf('NotIpAddress', 'aws:SourceIp', '203.0.113.0/24')], HANGS],
    ['a VPC endpoint', [statement(), denyIf('StringNotEquals', 'aws:SourceVpce', 'vpce-0a1b2c3d')], HANGS],
    ['an organisation', [statement(), denyIf('StringNotEquals', 'aws:PrincipalOrgID', ORG)], HANGS],
    ['a tag', [statement({ Condition: { StringEquals: { 'aws:PrincipalTag/team': 'keys' } } })], HANGS],
    [
      'a freeze',
      [
        statement(),
        deny({
          Condition: {
            DateGreaterThan: { 'aws:CurrentTime': '2030-01-01' },
            DateLessThan: { 'aws:CurrentTime': '2030-02-01' },
          },
        }),
      ],
      HANGS,
    ],
    [
      'a date that may have passed',
      [statement({ Condition: { DateGreaterThan: { 'aws:CurrentTime': '2020-01-01' } } })],
      HANGS,
    ],
    ['an unknown key', [statement(), denyIf('StringEquals', 'aws:Weather', 'rain')], HANGS],
    ['a role that is denied some sessions', [of(ROLE), deny({ Principal: { AWS: SESSION } })], HANGS],
    ['all but a role and its account, the account unnamed', [of(ROLE), denyBut(ROLE, root(ACCOUNT))], HANGS],
    ['a tag of the key', [statement(), denyIf('StringEquals', 'aws:ResourceTag/locked', 'true')], HANGS],
    [
      'one of two roles, denied a session',
      [of(ROLE), of(BACKUP), deny({ Principal: { AWS: SESSION.replace('admin', 'backup') } })],
      ROOTLESS,
    ],
    [
      'two roles of one statement, one of them denied a session',
      [
        statement({ Principal: { AWS: [ROLE, BACKUP] } }),
        deny({ Principal: { AWS: SESSION.replace('admin', 'backup') } }),
      ],
      ROOTLESS,
    ],
    [
      'two roles of one statement, one of them denied by its ARN',
      [statement({ Principal: { AWS: [ROLE, BACKUP] } }), denyIf('ArnEquals', 'aws:PrincipalArn', BACKUP)],
      ROOTLESS,
    ],
    [
      'two roles, one of them through a service alone',
      [
        of(ROLE),
        of(BACKUP, { Condition: { StringEquals: { 'kms:ViaService': 's3.eu-west-1.amazonaws.com' } } }),
      ],
      ROOTLESS,
    ],
    [
      'a user, denied by the name',
      [of(`arn:aws:iam::${ACCOUNT}:user/a/alice`), denyIf('StringEquals', 'aws:username', 'alice')],
      STOP,
    ],
    [
      'a user, denied as what users are',
      [of(`arn:aws:iam::${ACCOUNT}:user/alice`), denyIf('StringEquals', 'aws:PrincipalType', 'User')],
      STOP,
    ],
    [
      'a role, denied as what roles are',
      [of(ROLE), denyIf('StringEquals', 'aws:PrincipalType', 'AssumedRole')],
      STOP,
    ],
    ['a role, denied for it has no user name', [of(ROLE), denyIf('Null', 'aws:username', 'true')], STOP],
    [
      'a role with one or another unique id, which it has always',
      [
        of(ROLE, { Condition: { StringLike: { 'aws:userid': 'A*' } } }),
        of(ROLE, { Condition: { StringNotLike: { 'aws:userid': 'A*' } } }),
        denyIf('Null', 'aws:userid', 'true'),
      ],
      ROOTLESS,
    ],
    [
      'a role with any unique id, with a tag and without',
      [
        of(ROLE, {
          Condition: { StringLike: { 'aws:userid': '*' }, Null: { 'aws:PrincipalTag/team': 'true' } },
        }),
        of(ROLE, {
          Condition: { StringLike: { 'aws:userid': ['*', 'A'] }, Null: { 'aws:PrincipalTag/team': 'false' } },
        }),
      ],
      ROOTLESS,
    ],
    [
      'until the last day of the calendar, as good as for ever',
      [statement({ Condition: { DateLessThan: { 'aws:CurrentTime': '9999-12-31' } } })],
      HANGS,
    ],
  ])('%s', (_, statements, expected) => {
    const found = verdict(...statements).filter((each) => each.includes('put-policy'));
    expect(found).toEqual([expected]);
  });

  describe('for a time', () => {
    const NOW = Date.UTC(2026, 10, 26);
    const denyWhile = (conditions: Json): Json => deny({ Condition: conditions });
    const clock = (date: string): Json => ({ 'aws:CurrentTime': date });
    const stopsAt = (now: number | undefined, ...statements: Json[]): string[] => {
      const found = guardPlan({
        model: planWith(policyOf(...statements)),
        owner: { alias: 'aws_cb_cmk' },
        primaryRegion: PRIMARY,
        ...(now === undefined ? {} : { now }),
        options: { deletionConfirmed: false, destroys: false },
      });
      return [...new Set(found.map(({ severity, rule }) => `${severity} ${rule}`))];
    };

    test.each<[string, Json]>([
      ['that ends', { DateGreaterThan: clock('2027-01-01'), DateLessThan: clock('2999-01-01') }],
      [
        'that has begun and ends',
        { DateGreaterThan: clock('2026-01-01'), DateLessThan: clock('2999-01-01') },
      ],
      ['that is now, and ends', { DateLessThan: clock('2999-01-01') }],
      [
        'that ends, by seconds',
        {
          NumericGreaterThanEquals: { 'aws:EpochTime': '1800000000' },
          NumericLessThan: { 'aws:EpochTime': '32472144000' },
        },
      ],
    ])('%s', (_, conditions) => {
      expect(stopsAt(NOW, statement(), denyWhile(conditions))).toEqual([STOP]);
    });

    test('by two statements, of which one ends where the other begins', () => {
      const halves = [
        denyWhile({ DateLessThan: clock('2030-01-01') }),
        denyWhile({ DateGreaterThanEquals: clock('2030-01-01') }),
      ];
      expect(stopsAt(NOW, statement(), ...halves)).toEqual([STOP]);
      expect(stopsAt(undefined, statement(), ...halves)).toEqual([STOP]);
    });

    test('of a change freeze is no more than a condition, however its days are cut', () => {
      const until = (day: string): Json =>
        denyWhile({ DateGreaterThan: clock('2027-01-01'), DateLessThan: clock(day) });
      expect(stopsAt(NOW, statement(), until('2027-04-02'))).toEqual([HANGS]);
      expect(stopsAt(NOW, statement(), until('2027-04-03'))).toEqual([HANGS]);
      expect(stopsAt(NOW, statement(), until('2027-04-04'))).toEqual([STOP]);
      const again = denyWhile({ DateGreaterThan: clock('2027-05-01'), DateLessThan: clock('2027-07-01') });
      expect(stopsAt(NOW, statement(), until('2027-04-02'), again)).toEqual([HANGS]);
      expect(stopsAt(NOW, statement(), again, until('2027-04-02'))).toEqual([HANGS]);
      const next = denyWhile({
        DateGreaterThanEquals: clock('2027-04-02'),
        DateLessThan: clock('2027-07-01'),
      });
      expect(stopsAt(NOW, statement(), until('2027-04-02'), next)).toEqual([STOP]);
    });

    test('that has begun is counted from its beginning on', () => {
      const since = (day: string): Json =>
        denyWhile({ DateGreaterThan: clock(day), DateLessThan: clock('2027-01-05') });
      expect(stopsAt(NOW, statement(), since('2026-11-01'))).toEqual([HANGS]);
      expect(stopsAt(NOW, statement(), since('2026-10-01'))).toEqual([STOP]);
    });

    test('and one without an end is seen whichever statement comes first', () => {
      const [ends, stays] = [
        denyWhile({ DateGreaterThan: clock('2027-01-01'), DateLessThan: clock('2027-02-01') }),
        denyWhile({ DateGreaterThan: clock('2099-01-01') }),
      ];
      expect(stopsAt(NOW, statement(), ends, stays)).toEqual([STOP]);
      expect(stopsAt(NOW, statement(), stays, ends)).toEqual([STOP]);
    });

    test('that is over is no more than a condition', () => {
      const over = denyWhile({ DateGreaterThan: clock('2020-01-01'), DateLessThan: clock('2021-01-01') });
      expect(stopsAt(NOW, statement(), over)).toEqual([HANGS]);
      const other = denyWhile({ DateLessThan: clock('2026-11-01') });
      expect(stopsAt(NOW, statement(), other)).toEqual([HANGS]);
    });
  });

  test('from a day on: the day is told', () => {
    const options = { deletionConfirmed: false, destroys: false };
    const model = planWith(policyOf(statement(), denyIf('DateGreaterThan', 'aws:CurrentTime', '2099-01-02')));
    const [found] = guardPlan({ model, owner: { alias: 'aws_cb_cmk' }, primaryRegion: PRIMARY, options });
    expect(found?.reason).toContain('kms:PutKeyPolicy from 2099-01-02 on');
  });

  test('by a session alone: it is named as one that does not count', () => {
    const options = { deletionConfirmed: false, destroys: false };
    const [found] = guardPlan({
      model: planWith(policyOf(of(SESSION))),
      owner: { alias: 'aws_cb_cmk' },
      primaryRegion: PRIMARY,
      options,
    });
    expect(found?.reason).toContain(SESSION);
  });

  test('in one Region alone: that one is told', () => {
    const options = { deletionConfirmed: false, destroys: false };
    const [found] = guardPlan({
      model: planWith(policyOf(statement({ Resource: KEY }))),
      owner: { alias: 'aws_cb_cmk' },
      primaryRegion: PRIMARY,
      options,
    });
    expect(found?.reason).toContain(`The key policy in ${REPLICA} leaves nobody`);
  });

  test('before the key has an ARN', () => {
    const first = (policy: string): string[] => {
      const model = modelOf([
        primaryChange({ actions: ['create'], after: { region: PRIMARY, policy }, unknown: { arn: true } }),
      ]);
      const options = { deletionConfirmed: false, destroys: false };
      return guardPlan({ model, owner: { alias: 'aws_cb_cmk' }, primaryRegion: PRIMARY, options }).map(
        ({ severity, rule }) => `${severity} ${rule}`,
      );
    };
    expect(first(policyOf(statement({ Resource: KEY })))).toEqual([STOP]);
    expect(first(policyOf(statement({ Resource: `arn:aws:kms:*:${ACCOUNT}:key/*` })))).toEqual([]);
    expect(first(ROOT_POLICY)).toEqual([]);
  });
});

describe('a harmless policy passes without a stop', () => {
  const own = { StringEquals: { 'kms:CallerAccount': ACCOUNT } };
  const via = (name: string, changed: Json = {}): Json =>
    use({
      Action: ['kms:Encrypt', 'kms:Decrypt', 'kms:ReEncrypt*', 'kms:GenerateDataKey*', 'kms:DescribeKey'],
      Condition: {
        StringEquals: { 'kms:CallerAccount': ACCOUNT, 'kms:ViaService': `${name}.eu-west-1.amazonaws.com` },
      },
      ...changed,
    });
  const sourced = (name: string, condition: Json): Json =>
    service(name, { Action: ['kms:GenerateDataKey*', 'kms:Decrypt'], Condition: condition });
  const grantFor = (AWS: string): Json =>
    statement({
      Principal: { AWS },
      Action: 'kms:CreateGrant',
      Condition: { Bool: { 'kms:GrantIsForAWSResource': 'true' } },
    });
  const LINKED = `arn:aws:iam::${ACCOUNT}:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling`;
  const denyIf = (operator: string, key: string, value: unknown): Json =>
    statement({ Effect: 'Deny', Principal: '*', Condition: { [operator]: { [key]: value } } });

  test.each<[string, Json[], string[]?]>([
    ["KMS's own default", [statement({ Sid: 'Enable IAM User Permissions' })]],
    ['the account by its id', [statement({ Principal: { AWS: ACCOUNT } })]],
    ['every action', [statement({ Action: '*' })]],
    [
      'with a tag and without, but for accounts that the caller is not of',
      [
        statement({ Condition: { Null: { 'aws:PrincipalTag/team': 'true' } } }),
        statement({ Condition: { Null: { 'aws:PrincipalTag/team': 'false' } } }),
        denyIf('StringEquals', 'kms:CallerAccount', OTHER),
        denyIf('StringEquals', 'kms:CallerAccount', '444455556666'),
      ],
    ],
    ['the TLS denial', [statement(), denyIf('Bool', 'aws:SecureTransport', 'false')]],
    ['the TLS denial by IfExists', [statement(), denyIf('BoolIfExists', 'aws:SecureTransport', 'false')]],
    ['TLS of version 1.2', [statement(), denyIf('Bool', 'aws:SecureTransport', ['false'])]],
    [
      'administrators by role',
      [statement(), statement({ Principal: { AWS: ROLE }, Action: ['kms:Create*', 'kms:Put*'] })],
    ],
    ['users by role', [statement(), use({ Principal: { AWS: [ROLE, `${ROLE}2`] } })]],
    ['a path in a role', [statement(), use({ Principal: { AWS: `arn:aws:iam::${ACCOUNT}:role/team/app` } })]],
    ['attached resources', [statement(), grantFor(ROLE)]],
    [
      'a role of another account',
      [statement(), use({ Principal: { AWS: `arn:aws:iam::${OTHER}:role/app` } })],
      ['principal-let-in'],
    ],
    ['another account', [statement(), use({ Principal: { AWS: root(OTHER) } })], ['account-let-in']],
    ['another account for attached resources', [statement(), grantFor(root(OTHER))], ['account-let-in']],
    ['the organisation', [statement(), when('StringEquals', 'aws:PrincipalOrgID', ORG)]],
    [
      'the organisation by a pattern without a wildcard',
      [statement(), when('StringLike', 'aws:PrincipalOrgID', ORG)],
    ],
    ['two organisations', [statement(), when('StringEquals', 'aws:PrincipalOrgID', [ORG, 'o-z9y8x7w6v5'])]],
    [
      'an organisational unit',
      [
        statement(),
        when('ForAnyValue:StringLike', 'aws:PrincipalOrgPaths', `${ORG}/r-ab12/ou-ab12-11111111/*`),
      ],
    ],
    [
      'the organisation, and roles of a name',
      [
        statement(),
        use({
          Condition: {
            StringEquals: { 'aws:PrincipalOrgID': ORG },
            ArnLike: { 'aws:PrincipalArn': 'arn:aws:iam::*:role/app' },
          },
        }),
      ],
    ],
    [
      'the organisation if it is there, and it is',
      [
        statement(),
        use({
          Condition: {
            StringEqualsIfExists: { 'aws:PrincipalOrgID': ORG },
            Null: { 'aws:PrincipalOrgID': 'false' },
          },
        }),
      ],
    ],
    [
      'roles of the account by a pattern',
      [statement(), when('ArnLike', 'aws:PrincipalArn', `arn:aws:iam::${ACCOUNT}:role/app-*`)],
    ],
    [
      'roles of the account, as texts',
      [statement(), when('StringLike', 'aws:PrincipalArn', `arn:aws:iam::${ACCOUNT}:role/*`)],
    ],
    [
      'roles of permission sets',
      [
        statement(),
        when(
          'ArnLike',
          'aws:PrincipalArn',
          `arn:aws:iam::${ACCOUNT}:role/aws-reserved/sso.amazonaws.com/*/AWSReservedSSO_Admin_*`,
        ),
      ],
    ],
    ['one role by its unique id', [statement(), when('StringLike', 'aws:userid', 'AROAJQABLZS4A3QDU576Q:*')]],
    ['callers of the account', [statement(), use({ Condition: own })]],
    ["AWS's policy for S3", [statement(), via('s3')]],
    [
      "AWS's policy for EBS",
      [
        statement(),
        via('ec2', { Action: ['kms:Encrypt', 'kms:Decrypt', 'kms:CreateGrant', 'kms:DescribeKey'] }),
      ],
    ],
    ["AWS's policy for RDS", [statement(), via('rds')]],
    ["AWS's policy for Secrets Manager", [statement(), via('secretsmanager')]],
    ["AWS's policy for Systems Manager", [statement(), via('ssm')]],
    ["AWS's policy for SQS", [statement(), via('sqs')]],
    ["AWS's policy for DynamoDB", [statement(), via('dynamodb')]],
    [
      'any service of the account',
      [
        statement(),
        use({
          Condition: {
            StringEquals: { 'kms:CallerAccount': ACCOUNT },
            StringLike: { 'kms:ViaService': '*.amazonaws.com' },
          },
        }),
      ],
    ],
    ['Auto Scaling', [statement(), use({ Principal: { AWS: LINKED } }), grantFor(LINKED)]],
    [
      'CloudWatch Logs',
      [
        statement(),
        sourced('logs.eu-west-1.amazonaws.com', {
          ArnEquals: {
            'kms:EncryptionContext:aws:logs:arn': `arn:aws:logs:eu-west-1:${ACCOUNT}:log-group:app`,
          },
        }),
      ],
    ],
    [
      'CloudWatch Logs, all groups',
      [
        statement(),
        sourced('logs.eu-west-1.amazonaws.com', {
          ArnLike: { 'kms:EncryptionContext:aws:logs:arn': `arn:aws:logs:eu-west-1:${ACCOUNT}:*` },
        }),
      ],
    ],
    [
      'CloudTrail',
      [
        statement(),
        sourced('cloudtrail.amazonaws.com', {
          StringEquals: { 'aws:SourceArn': `arn:aws:cloudtrail:eu-west-1:${ACCOUNT}:trail/t` },
          StringLike: {
            'kms:EncryptionContext:aws:cloudtrail:arn': `arn:aws:cloudtrail:*:${ACCOUNT}:trail/*`,
          },
        }),
      ],
    ],
    [
      "CloudTrail's context alone",
      [
        statement(),
        sourced('cloudtrail.amazonaws.com', {
          StringLike: {
            'kms:EncryptionContext:aws:cloudtrail:arn': `arn:aws:cloudtrail:*:${ACCOUNT}:trail/*`,
          },
        }),
      ],
    ],
    [
      'SNS from S3',
      [
        statement(),
        sourced('s3.amazonaws.com', {
          StringEquals: { 'aws:SourceAccount': ACCOUNT },
          ArnLike: { 'aws:SourceArn': 'arn:aws:s3:::acme-logs' },
        }),
      ],
    ],
    [
      'SNS to SQS',
      [
        statement(),
        sourced('sns.amazonaws.com', {
          ArnEquals: { 'aws:SourceArn': `arn:aws:sns:eu-west-1:${ACCOUNT}:topic` },
        }),
      ],
    ],
    [
      'EventBridge',
      [
        statement(),
        sourced('events.amazonaws.com', {
          ArnLike: { 'aws:SourceArn': `arn:aws:events:*:${ACCOUNT}:rule/*` },
        }),
      ],
    ],
    [
      'CloudWatch alarms',
      [statement(), sourced('cloudwatch.amazonaws.com', { StringEquals: { 'aws:SourceAccount': ACCOUNT } })],
    ],
    [
      'Config for the organisation',
      [statement(), sourced('config.amazonaws.com', { StringEquals: { 'aws:SourceOrgID': ORG } })],
    ],
    [
      'a unit of the organisation as source',
      [
        statement(),
        sourced('delivery.logs.amazonaws.com', {
          'ForAnyValue:StringLike': { 'aws:SourceOrgPaths': `${ORG}/*` },
        }),
      ],
    ],
    [
      'Route 53',
      [
        statement(),
        service('dnssec-route53.amazonaws.com', {
          Action: ['kms:DescribeKey', 'kms:GetPublicKey', 'kms:Sign'],
          Condition: {
            StringEquals: { 'aws:SourceAccount': ACCOUNT },
            ArnLike: { 'aws:SourceArn': 'arn:aws:route53:::hostedzone/*' },
          },
        }),
      ],
    ],
    [
      'Route 53, one zone',
      [
        statement(),
        sourced('dnssec-route53.amazonaws.com', {
          ArnEquals: { 'aws:SourceArn': 'arn:aws:route53:::hostedzone/Z1' },
        }),
      ],
      ['service-source-by-name'],
    ],
    [
      'a service as AWS wrote it before sources',
      [statement(), service('cloudwatch.amazonaws.com')],
      ['service-without-source'],
    ],
    [
      'a denial of deletion',
      [statement(), statement({ Effect: 'Deny', Principal: '*', Action: 'kms:ScheduleKeyDeletion' })],
    ],
    [
      'a denial of short windows',
      [
        statement(),
        statement({
          Effect: 'Deny',
          Principal: '*',
          Action: 'kms:ScheduleKeyDeletion',
          Condition: { NumericLessThan: { 'kms:ScheduleKeyDeletionPendingWindowInDays': '30' } },
        }),
      ],
    ],
    ['a denial of the bypass', [statement(), denyIf('Bool', 'kms:BypassPolicyLockoutSafetyCheck', 'true')]],
    [
      'a denial of grants by people',
      [
        statement(),
        statement({
          Effect: 'Deny',
          Principal: '*',
          Action: 'kms:CreateGrant',
          Condition: { Bool: { 'kms:GrantIsForAWSResource': 'false' } },
        }),
      ],
    ],
    [
      'a denial outside of the Regions',
      [statement(), denyIf('StringNotEquals', 'aws:RequestedRegion', [PRIMARY, REPLICA])],
    ],
    [
      'a denial outside of the organisation',
      [statement(), denyIf('StringNotEquals', 'aws:PrincipalOrgID', ORG)],
      ['put-policy-conditional'],
    ],
    [
      'a denial without MFA',
      [
        statement(),
        statement({
          Effect: 'Deny',
          Principal: '*',
          Action: 'kms:ScheduleKeyDeletion',
          Condition: { BoolIfExists: { 'aws:MultiFactorAuthPresent': 'false' } },
        }),
      ],
    ],
    [
      'a denial of others than administrators',
      [statement(), denyIf('ArnNotLike', 'aws:PrincipalArn', [ROLE, root(ACCOUNT)])],
    ],
    [
      'a denial of all but the account and a role',
      [
        statement(),
        statement({
          Effect: 'Deny',
          Principal: undefined,
          NotPrincipal: { AWS: [root(ACCOUNT), ROLE] },
          Action: 'kms:Decrypt',
        }),
      ],
    ],
    ["another account's denial", [statement(), statement({ Effect: 'Deny', Principal: { AWS: OTHER } })]],
    [
      'an enclave',
      [
        statement(),
        use({
          Principal: { AWS: ROLE },
          Condition: { StringEqualsIgnoreCase: { 'kms:RecipientAttestation:ImageSha384': 'abc' } },
        }),
      ],
    ],
    [
      'a context for a role',
      [
        statement(),
        use({ Principal: { AWS: ROLE }, Condition: { StringEquals: { 'kms:EncryptionContext:app': 'x' } } }),
      ],
    ],
    [
      'tags of the caller, in the account',
      [
        statement({ Sid: 'Root' }),
        use({ Condition: { ...own, StringLike: { 'aws:PrincipalTag/team': '*' } } }),
      ],
    ],
    ['keys by their ARNs in every Region', [statement({ Resource: `arn:aws:kms:*:${ACCOUNT}:key/mrk-*` })]],
    [
      'users of one repository',
      [
        statement(),
        use({
          Principal: {
            Federated: `arn:aws:iam::${ACCOUNT}:oidc-provider/token.actions.githubusercontent.com`,
          },
          Condition: {
            StringEquals: { 'token.actions.githubusercontent.com:sub': 'repo:acme/app:ref:refs/heads/main' },
          },
        }),
      ],
    ],
    [
      "an application's users at Google",
      [
        statement(),
        use({
          Principal: { Federated: 'accounts.google.com' },
          Condition: { StringEquals: { 'accounts.google.com:aud': '123.apps.googleusercontent.com' } },
        }),
      ],
    ],
    [
      'a pool of Cognito',
      [
        statement(),
        use({
          Principal: { Federated: 'cognito-identity.amazonaws.com' },
          Condition: { StringEquals: { 'cognito-identity.amazonaws.com:aud': 'eu-west-1:1a2b' } },
        }),
      ],
    ],
  ])('%s', (...[, statements, warnings = []]) => {
    expect(verdict(...statements).sort()).toEqual(
      warnings.map((rule) => `${/-let-in$/.test(rule) ? 'notice' : 'warning'} ${rule}`).sort(),
    );
  });
});

test('a deleted role in the policy is told as one, and gains and loses nothing', () => {
  const deleted = policyOf(statement(), use({ Principal: { AWS: 'AROAJQABLZS4A3QDU576Q' } }));
  const named = policyOf(statement(), use({ Principal: { AWS: ROLE } }));
  const model = modelOf([
    primaryChange({
      actions: ['update'],
      before: primaryValues({ policy: deleted }),
      after: primaryValues({ policy: named }),
    }),
  ]);
  const options = { deletionConfirmed: false, destroys: false };
  const found = guardPlan({ model, owner: { alias: 'aws_cb_cmk' }, primaryRegion: PRIMARY, options });
  expect(found).toMatchObject([{ severity: 'warning', rule: 'deleted-principal' }]);
  expect(found[0]?.reason).toContain('AROAJQABLZS4A3QDU576Q (a role)');
});
