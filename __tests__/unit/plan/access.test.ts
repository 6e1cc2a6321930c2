import { describe, expect, test } from 'vitest';
import { diffAccess, diffDriftAccess, findUndecidedPolicies } from '../../../src/plan/access.js';
import type { AccessChange } from '../../../src/plan/types.js';
import {
  goldenModel,
  modelOf,
  policyOf,
  primaryChange,
  primaryValues,
  REPLICA,
  replicaChange,
  replicaValues,
  resourceChange,
  root,
  ROOT_POLICY,
  statement,
  updatePolicy,
  type Json,
} from './raw-plan.js';

const ALICE = 'arn:aws:iam::111122223333:role/alice';
const BOB = 'arn:aws:iam::111122223333:role/bob';

const allow = (changed: Json): Json =>
  statement({ Principal: { AWS: ALICE }, Action: 'kms:Decrypt', ...changed });

/** `+ alice: kms:Decrypt` for a gain, with `!` for a denial, `if` for a condition. */
function words(changes: readonly AccessChange[]): string[] {
  return changes.map(({ direction, effect, principal, actions, condition }) => {
    const who = principal.replaceAll('arn:aws:iam::111122223333:role/', '');
    const sign = `${direction === 'gains' ? '+' : '-'}${effect === 'Deny' ? '!' : ''}`;
    return `${sign} ${who}: ${actions.join(' ')}${condition === undefined ? '' : ` if ${condition}`}`;
  });
}

const diff = (before: Json[], after: Json[]): string[] =>
  words(diffAccess(updatePolicy(policyOf(...before), policyOf(...after))));

describe('the difference of two policies', () => {
  const bool = { Bool: { 'kms:GrantIsForAWSResource': 'true' } };

  test.each<[string, Json[], Json[], string[]]>([
    ['nothing, for another form', [allow({})], [allow({ Action: ['KMS:decrypt'], Sid: 'Other' })], []],
    [
      'nothing, for one statement in two',
      [allow({ Action: ['kms:Sign', 'kms:Verify'] })],
      [allow({ Action: 'kms:Sign' }), allow({ Action: 'kms:Verify' })],
      [],
    ],
    ['a new principal', [allow({})], [allow({ Principal: { AWS: [ALICE, BOB] } })], ['+ bob: kms:Decrypt']],
    [
      'a principal that goes',
      [allow({ Principal: { AWS: [ALICE, BOB] } })],
      [allow({})],
      ['- bob: kms:Decrypt'],
    ],
    [
      'another action',
      [allow({})],
      [allow({ Action: 'kms:Encrypt' })],
      ['+ alice: kms:Encrypt', '- alice: kms:Decrypt'],
    ],
    ['no gain beside a wildcard', [allow({ Action: 'kms:*' })], [allow({ Action: 'kms:*' }), allow({})], []],
    [
      'a wildcard in place of an action',
      [allow({})],
      [allow({ Action: 'kms:*' })],
      ['+ alice: kms:* except kms:Decrypt'],
    ],
    [
      'an action in place of a wildcard',
      [allow({ Action: 'kms:*' })],
      [allow({})],
      ['- alice: kms:* except kms:Decrypt'],
    ],
    [
      'the same by names and by a wildcard',
      [allow({ Action: 'kms:ReEncrypt*' })],
      [allow({ Action: ['kms:ReEncryptFrom', 'kms:ReEncryptTo'] })],
      [],
    ],
    [
      'a wildcard as it is written',
      [],
      [allow({ Action: ['kms:ReEncrypt*', 'kms:ReEncryptTo'] })],
      ['+ alice: kms:ReEncrypt*'],
    ],
    [
      'what of a wildcard is new',
      [allow({ Action: 'kms:ReEncryptTo' })],
      [allow({ Action: 'kms:ReEncrypt*' })],
      ['+ alice: kms:ReEncryptFrom'],
    ],
    [
      'a condition',
      [],
      [allow({ Condition: bool })],
      ['+ alice: kms:Decrypt if Bool kms:GrantIsForAWSResource = "true"'],
    ],
    [
      'a condition that goes: the free access is new',
      [allow({ Condition: bool })],
      [allow({})],
      ['+ alice: kms:Decrypt'],
    ],
    [
      'a condition that comes: the free access goes',
      [allow({})],
      [allow({ Condition: bool })],
      ['- alice: kms:Decrypt'],
    ],
    ['everybody, which covers each', [allow({})], [allow({ Principal: '*' })], ['+ *: kms:Decrypt']],
    [
      'everybody, which covers a service, too',
      [allow({ Principal: { Service: 'a.amazonaws.com' } })],
      [allow({ Principal: '*' })],
      ['+ *: kms:Decrypt'],
    ],
    ['a denial that appears', [], [allow({ Effect: 'Deny' })], ['+! alice: kms:Decrypt']],
    [
      'a denial beside what it takes away',
      [allow({})],
      [allow({}), allow({ Effect: 'Deny' })],
      ['+! alice: kms:Decrypt'],
    ],
    [
      'a denial in place of access',
      [allow({})],
      [allow({ Effect: 'Deny' })],
      ['+! alice: kms:Decrypt', '- alice: kms:Decrypt'],
    ],
    [
      'an action that this version does not know',
      [allow({})],
      [allow({ Action: ['kms:Decrypt', 'kms:Teleport'] })],
      ['+ alice: kms:teleport'],
    ],
    [
      'actions and principals in order',
      [],
      [allow({ Principal: { AWS: BOB } }), allow({ Action: 'kms:Verify' }), allow({ Action: 'kms:Encrypt' })],
      ['+ alice: kms:Encrypt kms:Verify', '+ bob: kms:Decrypt'],
    ],
    ['a denial that goes', [allow({ Effect: 'Deny' })], [], ['-! alice: kms:Decrypt']],
    [
      'NotAction',
      [],
      [allow({ Action: undefined, NotAction: ['kms:Put*'] })],
      ['+ alice: kms:* except kms:Put*'],
    ],
    [
      'NotPrincipal',
      [],
      [allow({ Principal: undefined, NotPrincipal: { AWS: [BOB] } })],
      ['+ everyone except bob: kms:Decrypt'],
    ],
    [
      'a resource that is not simply this key',
      [],
      [allow({ Resource: 'arn:x' })],
      ['+ alice: kms:Decrypt if Resource is arn:x'],
    ],
    [
      'NotResource',
      [],
      [allow({ Resource: undefined, NotResource: 'arn:x' })],
      ['+ alice: kms:Decrypt if Resource is not arn:x'],
    ],
  ])('is %s', (_, before, after, expected) => {
    expect(diff(before, after)).toEqual(expected);
  });
});

describe('over the Regions of a plan', () => {
  test('an account that is added gains the same in all Regions', () => {
    const changes = diffAccess(goldenModel('account-added'));
    expect(changes.map(({ direction, principal, regions }) => [direction, principal, regions])).toEqual([
      ['gains', root('777788889999'), 'all'],
      ['gains', root('777788889999'), 'all'],
    ]);
    expect(changes.flatMap(({ actions }) => actions)).toContain('kms:Decrypt');
  });

  test('an account that is removed loses what it had', () => {
    const changes = diffAccess(goldenModel('account-removed'));
    expect(new Set(changes.map(({ direction, principal }) => `${direction} ${principal}`))).toEqual(
      new Set([`loses ${root('444455556666')}`]),
    );
  });

  test('a first creation says who gains, a destruction who loses', () => {
    expect(diffAccess(goldenModel('first-creation'))).toContainEqual({
      direction: 'gains',
      effect: 'Allow',
      principal: root('999900001111'),
      stranger: false,
      actions: ['kms:*'],
      condition: undefined,
      regions: 'all',
    });
    const lost = diffAccess(goldenModel('destroy'));
    expect(lost.every(({ direction }) => direction === 'loses')).toBe(true);
    expect(new Set(lost.map(({ regions }) => regions))).toEqual(new Set(['all']));
  });

  test('a Region that is added or removed is named', () => {
    expect(diffAccess(goldenModel('region-added')).map(({ regions }) => regions)).toContainEqual([
      'ap-northeast-1',
    ]);
    expect(diffAccess(goldenModel('region-removed'))).not.toEqual([]);
    expect(diffAccess(goldenModel('region-removed')).every(({ direction }) => direction === 'loses')).toBe(
      true,
    );
  });

  test.each([
    'no-change',
    'rotation-off',
    'alias-renamed',
    'tags-changed',
    'import',
    'forgotten',
    'tainted-replica',
  ])('nobody gains or loses by %s', (name) => {
    expect(diffAccess(goldenModel(name))).toEqual([]);
  });

  test('what a key that goes had is lost in its Region, not in all that stay', () => {
    const raw = [
      primaryChange({ actions: ['no-op'], before: primaryValues(), after: primaryValues() }),
      replicaChange({ actions: ['delete'], before: replicaValues() }),
    ];
    expect(diffAccess(modelOf(raw)).map(({ regions }) => regions)).toEqual([[REPLICA]]);
    const [, gone] = raw;
    const lost = primaryChange({
      actions: ['update'],
      before: primaryValues({ region: 'us-east-1' }),
      after: primaryValues({ region: 'us-east-1', policy: policyOf() }),
    });
    const stays = replicaChange(
      {
        actions: ['no-op'],
        before: replicaValues({}, 'eu-west-1'),
        after: replicaValues({}, 'eu-west-1'),
      },
      'eu-west-1',
    );
    expect(diffAccess(modelOf([lost, gone ?? {}, stays])).map(({ regions }) => regions)).toEqual([
      [REPLICA, 'us-east-1'],
    ]);
  });

  test('another resource with a policy gives nobody access to a key', () => {
    const values = (policy: string): Json => ({ policy, region: REPLICA });
    const raw = (before: string, after: string): Json =>
      resourceChange('aws_other.this', {
        actions: ['update'],
        before: values(before),
        after: values(after),
      });
    const model = modelOf([raw(ROOT_POLICY, policyOf(allow({}))), raw(ROOT_POLICY, '{')], {
      resource_drift: [raw(ROOT_POLICY, policyOf(allow({})))],
    });
    expect([diffAccess(model), diffDriftAccess(model), findUndecidedPolicies(model)]).toEqual([[], [], []]);
  });

  test('a key that was deleted outside Terraform takes no access away: that it is gone is told as such', () => {
    const drift = replicaChange({ actions: ['delete'], before: replicaValues() });
    expect(diffDriftAccess(modelOf([], { resource_drift: [drift] }))).toEqual([]);
  });

  test('drift in every key that stays is in all Regions', () => {
    const after = primaryValues({ policy: policyOf(statement(), allow({})) });
    const model = modelOf(
      [
        primaryChange({ actions: ['update'], before: after, after: primaryValues() }),
        replicaChange({ actions: ['delete'], before: replicaValues() }),
        resourceChange('aws_other.this', { actions: ['no-op'], before: { a: 1 }, after: { a: 1 } }),
      ],
      { resource_drift: [primaryChange({ actions: ['update'], before: primaryValues(), after })] },
    );
    expect(diffDriftAccess(model).map(({ regions }) => regions)).toEqual(['all']);
  });

  test('drift is from what is on record to what was found, the plan the way back', () => {
    const model = goldenModel('drift-policy');
    const turned = diffAccess(model).map((change) => ({
      ...change,
      direction: change.direction === 'gains' ? 'loses' : 'gains',
    }));
    const found = diffDriftAccess(model);
    expect(found).not.toEqual([]);
    expect(new Set(found.map((change) => JSON.stringify(change)))).toEqual(
      new Set(turned.map((change) => JSON.stringify(change))),
    );
    expect(found.every(({ regions }) => JSON.stringify(regions) === JSON.stringify([REPLICA]))).toBe(true);
  });
});

describe('a policy that can’t be compared', () => {
  test('is named when it is known only after apply', () => {
    const model = modelOf([replicaChange({ actions: ['create'], after: {}, unknown: { policy: true } })]);
    expect(diffAccess(model)).toEqual([]);
    const update = replicaChange({
      actions: ['update'],
      before: replicaValues(),
      after: replicaValues({ policy: undefined }),
      unknown: { policy: true },
    });
    expect(diffAccess(modelOf([update]))).toEqual([]);
    expect(findUndecidedPolicies(model)).toMatchObject([
      { problem: 'it is known only after apply', change: { region: REPLICA } },
    ]);
  });

  test('is named when it is none', () => {
    expect(findUndecidedPolicies(updatePolicy(ROOT_POLICY, '{'))).toMatchObject([
      { problem: 'it is not valid JSON (line 1, column 1)' },
    ]);
    expect(diffAccess(updatePolicy(ROOT_POLICY, '{'))).toEqual([]);
  });

  test('makes everything a gain when it is the old one', () => {
    expect(words(diffAccess(updatePolicy('{', policyOf(allow({})))))).toEqual(['+ alice: kms:Decrypt']);
  });

  test('is none of those that are known', () => {
    const kept = [
      primaryChange({ actions: ['no-op'], before: primaryValues(), after: primaryValues() }),
      replicaChange({ actions: ['delete'], before: replicaValues({ policy: '{' }) }),
    ];
    expect(findUndecidedPolicies(modelOf(kept))).toEqual([]);
  });
});

test('a bare account id stands for the root in the partition of the key’s Region', () => {
  const id = policyOf(statement({ Principal: { AWS: '111122223333' } }));
  const values = (policy: string): Json => ({ region: 'cn-north-1', policy });
  const model = modelOf([
    primaryChange({ actions: ['update'], before: values(ROOT_POLICY), after: values(id) }),
  ]);
  expect(diffAccess(model).map(({ principal }) => principal)).toContain('arn:aws-cn:iam::111122223333:root');
});
