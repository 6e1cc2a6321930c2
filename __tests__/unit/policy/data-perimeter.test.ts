import { describe, expect, test } from 'vitest';
import { guardPlan } from '../../../src/guard/guard.js';
import { decide, type KnownRequest } from '../../../emulator/aws/decide.js';
import { parsePolicy } from '../../../src/policy/parse.js';
import {
  ACCOUNT,
  modelOf,
  policyOf,
  PRIMARY,
  primaryChange,
  primaryValues,
  root,
  statement,
  type Json,
} from '../plan/raw-plan.js';

/**
 * The perimeters that AWS publishes for KMS (aws-samples/data-perimeter-policy-examples: `identity_perimeter_rcp`,
 * `network_perimeter_vpceorgid_rcp`), as statements of a key policy: a denial of `*` that leaves AWS's services out, and
 * one that means nobody but them.
 */
const ORG = 'o-a1b2c3d4e5';
const PARTNER = '111122223333';
const STRANGER = '999988887777';
const ORG_KEY = 'aws:PrincipalOrgID';

const deny = (Condition: Json): Json => statement({ Effect: 'Deny', Principal: '*', Condition });
const humans = { BoolIfExists: { 'aws:PrincipalIsAWSService': 'false' } };
const identity = (changed: Json = {}): Json =>
  deny({
    StringNotEqualsIfExists: {
      [ORG_KEY]: ORG,
      'aws:PrincipalAccount': [PARTNER],
      'aws:ResourceTag/dp:exclude:identity': 'true',
      ...changed,
    },
    ...humans,
  });
const confusedDeputy = deny({
  StringNotEqualsIfExists: {
    'aws:SourceOrgID': ORG,
    'aws:SourceAccount': [PARTNER],
    'aws:ResourceTag/dp:exclude:identity': 'true',
  },
  Null: { 'aws:SourceAccount': 'false' },
  Bool: { 'aws:PrincipalIsAWSService': 'true' },
});
const network = deny({
  NotIpAddressIfExists: { 'aws:SourceIp': '203.0.113.0/24' },
  StringNotEqualsIfExists: {
    'aws:VpceOrgID': ORG,
    'aws:PrincipalTag/dp:exclude:network': 'true',
    'aws:PrincipalAccount': [PARTNER],
    'aws:VpceAccount': [PARTNER],
    'aws:ResourceTag/dp:exclude:network': 'true',
  },
  BoolIfExists: { 'aws:PrincipalIsAWSService': 'false', 'aws:ViaAWSService': 'false' },
  ArnNotLikeIfExists: { 'aws:PrincipalArn': 'arn:aws:iam::*:role/aws:ec2-infrastructure' },
  StringEquals: { 'aws:PrincipalTag/dp:include:network': 'true' },
});

const forService = statement({
  Principal: { Service: 'sns.amazonaws.com' },
  Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
  Condition: { StringEquals: { 'aws:SourceOrgID': ORG } },
});
const forPartner = statement({ Principal: { AWS: root(PARTNER) }, Action: 'kms:Decrypt' });

function verdict(...statements: Json[]): string[] {
  const policy = policyOf(...statements);
  const found = guardPlan({
    model: modelOf([
      primaryChange({ actions: ['update'], before: primaryValues(), after: primaryValues({ policy }) }),
    ]),
    owner: { alias: 'aws_cb_cmk' },
    primaryRegion: PRIMARY,
    options: { deletionConfirmed: false, destroys: false },
  });
  return [...new Set(found.map(({ severity, rule }) => `${severity} ${rule}`))].sort();
}

describe('what the guard says of a data perimeter', () => {
  const MAYBE = 'warning put-policy-conditional';
  const LOCKED = 'stop nobody-can-put-policy';
  const OPEN = 'stop public-principal';
  const POWER = 'warning foreign-power';

  test.each<[string, Json[], string[]]>([
    ['the identity perimeter hangs on the organisation', [statement(), identity()], [MAYBE]],
    [
      'the identity perimeter that leaves the account of the key out always lets it in',
      [statement(), identity({ 'aws:PrincipalAccount': [ACCOUNT, PARTNER] })],
      [],
    ],
    ['the confused deputy is no person', [statement(), confusedDeputy], []],
    ['the network perimeter hangs on the network', [statement(), network], [MAYBE]],
    ['all of them', [statement(), identity(), confusedDeputy, network], [MAYBE]],
    ['with a service that is held to the organisation', [statement(), confusedDeputy, forService], []],
    // A denial is a hole away from none: whom an Allow means is to be read in it.
    [
      'beside an Allow for everybody',
      [statement(), statement({ Principal: '*' }), identity()],
      [MAYBE, OPEN, POWER],
    ],
    [
      'beside an Allow for every service',
      [
        statement(),
        confusedDeputy,
        statement({ Principal: '*', Condition: { Bool: { 'aws:PrincipalIsAWSService': 'true' } } }),
      ],
      [OPEN, POWER],
    ],
    ['that lets nobody but services in', [statement(), deny(humans)], [LOCKED]],
    [
      'that lets nobody but services in, where the key is there',
      [statement(), deny({ Bool: { 'aws:PrincipalIsAWSService': 'false' } })],
      [LOCKED],
    ],
    [
      'that excludes the services, and denies them',
      [statement(), deny({ Bool: { 'aws:PrincipalIsAWSService': ['true', 'false'] } })],
      [LOCKED],
    ],
    [
      'of another organisation, and of no account',
      [statement(), deny({ StringNotEquals: { 'aws:PrincipalAccount': PARTNER } })],
      [LOCKED],
    ],
  ])('%s', (_, statements, expected) => {
    expect(verdict(...statements)).toEqual([...expected].sort());
  });
});

describe('what a data perimeter decides of a call', () => {
  const all = [statement(), forPartner, forService, identity(), confusedDeputy];

  function decided(statements: readonly Json[], request: Pick<KnownRequest, 'names' | 'values'>): string {
    const reading = parsePolicy(policyOf(...statements), { partition: 'aws', from: 'author' });
    if ('problems' in reading) throw new Error(JSON.stringify(reading.problems));
    const asked = {
      ...request,
      action: 'kms:Decrypt',
      resource: `arn:aws:kms:${PRIMARY}:${ACCOUNT}:key/mrk-1`,
    };
    return decide(reading.policy, asked).decision;
  }

  const service = (values: Record<string, string>): Pick<KnownRequest, 'names' | 'values'> => ({
    names: [{ type: 'Service', value: 'sns.amazonaws.com' }],
    values: Object.fromEntries(
      Object.entries({ 'aws:principalisawsservice': 'true', ...values }).map(([key, value]) => [
        key,
        [value],
      ]),
    ),
  });
  const account = (id: string, org?: string): Pick<KnownRequest, 'names' | 'values'> => ({
    names: [{ type: 'AWS', value: root(id) }],
    values: {
      'aws:principalisawsservice': ['false'],
      'aws:principalaccount': [id],
      ...(org === undefined ? {} : { 'aws:principalorgid': [org] }),
    },
  });
  const inside = { 'aws:sourceaccount': ACCOUNT, 'aws:sourceorgid': ORG };
  const outside = { 'aws:sourceaccount': STRANGER, 'aws:sourceorgid': 'o-0000000000' };

  test.each<[string, Pick<KnownRequest, 'names' | 'values'>, string]>([
    ['by a service for an account of the organisation', service(inside), 'Allow'],
    ['by a service for a stranger', service(outside), 'Deny'],
    [
      'by a service for the partner, whom no statement lets in',
      service({ 'aws:sourceaccount': PARTNER }),
      'none',
    ],
    ['by the account', account(ACCOUNT, ORG), 'Allow'],
    ['by the account, outside the organisation', account(ACCOUNT), 'Deny'],
    ['by the partner', account(PARTNER, 'o-0000000000'), 'Allow'],
  ])('%s', (_, request, expected) => {
    expect(decided(all, request)).toBe(expected);
  });

  test('a perimeter that forgets the services keeps them out', () => {
    const forgetful = deny({ StringNotEquals: { [ORG_KEY]: ORG } });
    expect(decided([statement(), forService, forgetful], service(inside))).toBe('Deny');
    expect(decided([statement(), forService, identity()], service(inside))).toBe('Allow');
  });
});
