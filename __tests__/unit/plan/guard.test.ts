import { describe, expect, test } from '@jest/globals';
import { ActionError } from '../../../src/errors.js';
import { assertGuarded, guardPlan, type GuardRequest } from '../../../src/plan/guard.js';
import type { Finding, PlanModel } from '../../../src/plan/types.js';
import {
  ACCOUNT,
  aliasChange,
  goldenModel,
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
  updatePolicy,
  type Json,
} from './raw-plan.js';

type Changed = Partial<Omit<GuardRequest, 'options'>> & {
  confirmed?: boolean;
  command?: string;
  recovery?: boolean;
};

function guard(
  model: PlanModel,
  { confirmed = false, command = 'apply', recovery = false, ...changed }: Changed = {},
): Finding[] {
  const options = { deletionConfirmed: confirmed, command, recovery };
  return guardPlan({ model, primaryRegion: PRIMARY, options, ...changed });
}

/** `stop key-deleted ap-southeast-2`, each once. */
function verdict(model: PlanModel, changed: Changed = {}): string[] {
  const words = guard(model, changed).map(({ severity, rule, region }) =>
    [severity, rule, region].join(' ').trim(),
  );
  return [...new Set(words)];
}

const NEW_ACCOUNTS = ['warning account-let-in'];

describe('real plans', () => {
  test.each<[string, string[], string[]]>([
    ['first-creation', NEW_ACCOUNTS, NEW_ACCOUNTS],
    ['ten-regions', NEW_ACCOUNTS, NEW_ACCOUNTS],
    ['no-change', [], []],
    ['partly-applied', [], []],
    ['region-added', [], []],
    ['region-removed', ['stop key-deleted ap-southeast-3'], ['warning key-deleted ap-southeast-3']],
    ['account-added', NEW_ACCOUNTS, NEW_ACCOUNTS],
    ['account-removed', [], []],
    ['rotation-off', ['warning rotation-off ap-southeast-1'], ['warning rotation-off ap-southeast-1']],
    ['tags-changed', [], []],
    ['import', [], []],
    ['drift-description', [], []],
    ['forgotten', ['stop key-forgotten ap-southeast-3'], ['stop key-forgotten ap-southeast-3']],
    ['tainted-replica', ['stop key-replaced ap-southeast-2'], ['stop key-replaced ap-southeast-2']],
  ])('%s', (name, unconfirmed, confirmed) => {
    expect(verdict(goldenModel(name))).toEqual(unconfirmed);
    expect(verdict(goldenModel(name), { confirmed: true })).toEqual(confirmed);
  });

  test.each([
    ['shorter-window', 'shorter-window'],
    ['alias-renamed', 'alias-renamed'],
  ])('%s is warned of in each Region', (name, rule) => {
    expect(verdict(goldenModel(name))).toEqual(
      ['ap-southeast-1', 'ap-southeast-2', 'ap-southeast-3'].map((region) => `warning ${rule} ${region}`),
    );
  });

  test('destroy stops for every key until it is confirmed', () => {
    const keys = ['ap-southeast-1', 'ap-southeast-2', 'ap-southeast-3'];
    const destroy = { command: 'destroy' };
    expect(verdict(goldenModel('destroy'), destroy)).toEqual(keys.map((key) => `stop key-deleted ${key}`));
    expect(verdict(goldenModel('destroy'), { ...destroy, confirmed: true })).toEqual(
      keys.map((key) => `warning key-deleted ${key}`),
    );
  });

  test('another spec and usage stop, confirmed or not', () => {
    for (const confirmed of [false, true]) {
      const stops = verdict(goldenModel('spec-changed'), { confirmed });
      expect(stops).toContain('stop spec-changed ap-southeast-1');
      expect(stops).toContain('stop usage-changed ap-southeast-1');
    }
  });

  test('another primary Region stops, confirmed or not, and says where the primary is', () => {
    for (const confirmed of [false, true]) {
      const findings = guard(goldenModel('primary-moved'), { confirmed, primaryRegion: 'us-east-1' });
      const moved = findings.find(({ rule }) => rule === 'primary-moved');
      expect(moved).toMatchObject({ severity: 'stop', region: 'ap-southeast-1' });
      expect(moved?.wayOut).toContain('Set `primary-region` back to ap-southeast-1');
    }
  });

  test.each(['drift-replica-pending', 'drift-primary-pending'])(
    '%s stops and says how to save the key',
    (name) => {
      const stops = guard(goldenModel(name)).filter(({ severity }) => severity === 'stop');
      expect(stops.map(({ rule }) => rule)).toContain('key-lost');
      expect(stops.map(({ wayOut }) => wayOut).join()).toMatch(
        /aws kms cancel-key-deletion --region ap-southeast-[12] --key-id mrk-1{32}/,
      );
    },
  );
});

describe('a key that is replaced', () => {
  const replaced = (resource: Json = {}): PlanModel =>
    modelOf([
      primaryChange({
        actions: ['delete', 'create'],
        before: primaryValues(),
        after: primaryValues(),
        change: { replace_paths: [['xks_key_id']] },
        resource,
      }),
    ]);

  test('stops, names what forces it, and can be confirmed', () => {
    expect(verdict(replaced())).toEqual([`stop key-replaced ${PRIMARY}`]);
    expect(verdict(replaced(), { confirmed: true })).toEqual([`warning key-replaced ${PRIMARY}`]);
  });

  test('is not let through when it is only tainted', () => {
    const model = replaced({ action_reason: 'replace_because_tainted' });
    const [finding] = guard(model, { confirmed: true });
    expect(finding).toMatchObject({ severity: 'stop', rule: 'key-replaced' });
    expect(finding?.wayOut).toContain("terraform untaint 'module.primary.aws_kms_key.this'");
  });

  test('with another multi_region stops, confirmed or not', () => {
    const model = modelOf([
      primaryChange({
        actions: ['create', 'delete'],
        before: primaryValues({ multi_region: false }),
        after: primaryValues(),
      }),
    ]);
    expect(verdict(model, { confirmed: true })).toContain(`stop multi-region-changed ${PRIMARY}`);
  });

  test('in another Region is a primary that moves', () => {
    const model = modelOf([
      primaryChange({
        actions: ['delete', 'create'],
        before: primaryValues({ region: PRIMARY }),
        after: { ...primaryValues({ region: 'us-east-1' }), arn: null },
      }),
    ]);
    expect(verdict(model, { confirmed: true })).toContain(`stop primary-moved ${PRIMARY}`);
  });
});

describe('a key that AWS shows no more', () => {
  const lost = (drifted: Json, planned: Json[]): PlanModel => modelOf(planned, { resource_drift: [drifted] });
  const primaryLost = lost(primaryChange({ actions: ['delete'], before: primaryValues() }), [
    primaryChange({ actions: ['create'], after: { region: PRIMARY, policy: ROOT_POLICY } }),
  ]);
  const replicaLost = lost(replicaChange({ actions: ['delete'], before: replicaValues() }), [
    replicaChange({ actions: ['create'], after: { policy: ROOT_POLICY } }),
  ]);
  const pending = { keyId: KEY_ID, deletionDate: '2026-12-01' };

  test('stops, and lets the user say that it is gone for good', () => {
    expect(verdict(primaryLost)).toEqual([`stop key-lost ${PRIMARY}`]);
    expect(verdict(primaryLost, { pendingDeletion: {} })).toEqual([`stop key-lost ${PRIMARY}`]);
    expect(verdict(primaryLost, { confirmed: true })).toEqual([`warning key-lost ${PRIMARY}`]);
  });

  test('is never given up while it can be saved', () => {
    const changed = { confirmed: true, pendingDeletion: { [PRIMARY]: pending } };
    expect(verdict(primaryLost, changed)).toEqual([`stop key-lost ${PRIMARY}`]);
    expect(guard(primaryLost, changed)[0]?.reason).toContain('2026-12-01');
  });

  test('is made again when it is a replica that is certainly gone', () => {
    expect(verdict(replicaLost)).toEqual([`stop key-lost ${REPLICA}`]);
    expect(verdict(replicaLost, { pendingDeletion: {} })).toEqual([`warning key-lost ${REPLICA}`]);
    expect(verdict(replicaLost, { pendingDeletion: { [REPLICA]: pending }, recovery: true })).toEqual([
      `warning replica-pending-deletion ${REPLICA}`,
    ]);
    expect(verdict(replicaLost, { pendingDeletion: { [REPLICA]: pending } })).toEqual([
      `stop replica-pending-deletion ${REPLICA}`,
    ]);
  });

  test('is only told when everything is destroyed anyway', () => {
    const model = lost(replicaChange({ actions: ['delete'], before: replicaValues() }), []);
    expect(verdict(model, { command: 'destroy' })).toEqual([`warning key-lost ${REPLICA}`]);
  });

  test('because the primary Region was changed is a primary that moves', () => {
    const model = lost(primaryChange({ actions: ['delete'], before: primaryValues() }), [
      primaryChange({ actions: ['create'], after: { region: 'us-east-1', policy: ROOT_POLICY } }),
    ]);
    expect(verdict(model, { primaryRegion: 'us-east-1', confirmed: true })).toEqual([
      `stop primary-moved ${PRIMARY}`,
    ]);
  });
});

test('a Region whose key changes its role stops', () => {
  const model = modelOf([
    replicaChange({ actions: ['delete'], before: replicaValues() }),
    primaryChange({ actions: ['create'], after: { region: REPLICA, policy: ROOT_POLICY } }),
  ]);
  expect(verdict(model, { confirmed: true, primaryRegion: REPLICA })).toContain(
    `stop primary-moved ${REPLICA}`,
  );
});

test('a Region that comes back while its replica is pending deletion stops with the date', () => {
  const model = modelOf([replicaChange({ actions: ['create'], after: { policy: ROOT_POLICY } })]);
  const pendingDeletion = { [REPLICA]: { keyId: KEY_ID, deletionDate: '2026-12-01' } };
  const [finding] = guard(model, { pendingDeletion });
  expect(finding).toMatchObject({ severity: 'stop', rule: 'replica-pending-deletion', region: REPLICA });
  expect(finding?.reason).toContain('until 2026-12-01');
  expect(finding?.wayOut).toContain('allow-recovery: true');
});

test('what apply brings back first is a warning with allow-recovery', () => {
  const model = modelOf([replicaChange({ actions: ['create'], after: { policy: ROOT_POLICY } })]);
  const pendingDeletion = { [REPLICA]: { keyId: KEY_ID } };
  expect(verdict(model, { pendingDeletion, recovery: true })).toEqual([
    `warning replica-pending-deletion ${REPLICA}`,
  ]);
});

test('a replica that exists already, unknown to the state, stops before AWS would refuse another', () => {
  const model = modelOf([replicaChange({ actions: ['create'], after: { policy: ROOT_POLICY } })]);
  expect(verdict(model, { existingReplicas: { [REPLICA]: KEY_ID } })).toEqual([
    `stop replica-exists ${REPLICA}`,
  ]);
});

describe('a policy that leaves nobody with kms:PutKeyPolicy', () => {
  const other = { Principal: { AWS: root('111122223333') } };
  const alice = { Principal: { AWS: `arn:aws:iam::${ACCOUNT}:role/alice` } };
  const denyPut = (changed: Json): Json =>
    statement({ Effect: 'Deny', Action: 'kms:PutKeyPolicy', ...changed });
  const STOP = 'stop nobody-can-put-policy';

  test.each<[string, Json[], string | undefined]>([
    ['the root with kms:*', [statement()], undefined],
    ['the root by its account id', [statement({ Principal: { AWS: ACCOUNT } })], undefined],
    ['kms:Put*', [statement({ Action: 'kms:Put*' })], undefined],
    ['*', [statement({ Action: '*' })], undefined],
    ['NotAction', [statement({ Action: undefined, NotAction: 'kms:Decrypt' })], undefined],
    ['a role alone', [statement(alice)], undefined],
    ['no statement', [], STOP],
    ['use only', [statement({ Action: ['kms:Decrypt', 'kms:Encrypt'] })], STOP],
    ['NotAction without it', [statement({ Action: undefined, NotAction: 'kms:Put*' })], STOP],
    ['another account only', [statement(other)], STOP],
    ['a service only', [statement({ Principal: { Service: 'a.amazonaws.com' } })], STOP],
    ['a Deny for everybody', [statement(), denyPut({ Principal: '*' })], STOP],
    ['a Deny for the whole account', [statement(), denyPut({})], STOP],
    ['a Deny for one', [statement(), denyPut(alice)], undefined],
    ['a Deny for the only one', [statement(alice), denyPut(alice)], STOP],
    ['a Deny with a condition', [statement(), denyPut({ Condition: { Bool: { a: 'true' } } })], undefined],
    ['a Deny for others', [statement(), denyPut(other)], undefined],
    ['a Deny of something else', [statement(), denyPut({ Action: 'kms:ScheduleKeyDeletion' })], undefined],
    [
      'a Deny for all but one',
      [statement(), denyPut({ Principal: undefined, NotPrincipal: alice.Principal })],
      undefined,
    ],
    [
      'a Deny for all but the only one',
      [statement(alice), denyPut({ Principal: undefined, NotPrincipal: alice.Principal })],
      undefined,
    ],
    [
      'a Deny for all but others',
      [statement(), denyPut({ Principal: undefined, NotPrincipal: other.Principal })],
      STOP,
    ],
    [
      'an Allow for all but others',
      [
        statement({
          Principal: undefined,
          NotPrincipal: other.Principal,
          Condition: { Bool: { 'aws:ViaAWSService': 'false' } },
        }),
      ],
      'warning put-policy-conditional',
    ],
    [
      'a condition on all of it',
      [statement({ Condition: { StringEquals: { 'aws:PrincipalOrgID': 'o-1' } } })],
      'warning put-policy-conditional',
    ],
  ])('%s', (_, statements, expected) => {
    const found = verdict(updatePolicy(ROOT_POLICY, policyOf(...statements))).filter((words) =>
      words.includes('put-policy'),
    );
    expect(found).toEqual(expected === undefined ? [] : [`${expected} ${PRIMARY}`]);
  });

  test('that is there and stays is warned of', () => {
    const same = primaryValues({ policy: policyOf(statement(other)) });
    const model = modelOf([primaryChange({ actions: ['no-op'], before: same, after: same })]);
    expect(verdict(model)).toEqual([`warning nobody-can-put-policy ${PRIMARY}`]);
  });
});

describe('a policy that lets everybody in', () => {
  const everybody = (changed: Json = {}): Json =>
    statement({ Principal: '*', Action: 'kms:Decrypt', ...changed });
  const when = (operator: string, key: string, value: unknown): Json =>
    everybody({ Condition: { [operator]: { [key]: value } } });

  test.each<[string, Json, boolean]>([
    ['"*"', everybody(), true],
    ['{"AWS": "*"}', everybody({ Principal: { AWS: ['*'] } }), true],
    ['a wildcard for the account', everybody({ Principal: { AWS: 'arn:aws:iam::*:root' } }), true],
    ['every identity provider', everybody({ Principal: { Federated: '*' } }), true],
    ['NotPrincipal', everybody({ Principal: undefined, NotPrincipal: { AWS: root('111122223333') } }), true],
    ['Deny', everybody({ Effect: 'Deny' }), false],
    ['a service', everybody({ Principal: { Service: 'a.amazonaws.com' } }), false],
    ['an account', everybody({ Principal: { AWS: '111122223333' } }), false],
    ['the organisation', when('StringEquals', 'aws:PrincipalOrgID', 'o-1'), false],
    ['the account of the caller', when('StringEquals', 'kms:CallerAccount', '111122223333'), false],
    ['a role pattern', when('ArnLike', 'aws:PrincipalArn', 'arn:aws:iam::111122223333:role/*'), false],
    ['a literal star', when('StringEquals', 'aws:PrincipalOrgID', '*'), false],
    ['addresses', when('IpAddress', 'aws:SourceIp', '10.0.0.0/8'), false],
    ['all addresses', when('IpAddress', 'aws:SourceIp', ['10.0.0.0/8', '0.0.0.0/0']), true],
    ['anything like *', when('StringLike', 'aws:PrincipalOrgID', ['o-1', '*']), true],
    ['only if it is there', when('StringEqualsIfExists', 'aws:PrincipalOrgID', 'o-1'), true],
    ['all of none', when('ForAllValues:StringEquals', 'aws:PrincipalOrgPaths', 'o-1/'), true],
    ['some of them', when('ForAnyValue:StringLike', 'aws:PrincipalOrgPaths', 'o-1/*'), false],
    ['all but some', when('StringNotEquals', 'kms:CallerAccount', '111122223333'), true],
    ['all but some, by ARN', when('ArnNotLike', 'aws:PrincipalArn', 'arn:aws:iam::1:*'), true],
    ['not missing', when('Null', 'aws:PrincipalOrgID', 'false'), true],
    ['TLS', when('Bool', 'aws:SecureTransport', 'true'), true],
    ['a date', when('DateLessThan', 'aws:CurrentTime', '2030-01-01T00:00:00Z'), true],
    ['an encryption context', when('StringEquals', 'kms:EncryptionContext:app', 'x'), true],
    ['no values', when('StringEquals', 'aws:PrincipalOrgID', []), true],
    ['an empty condition', everybody({ Condition: {} }), true],
  ])('%s', (_, planned, isPublic) => {
    const found = verdict(updatePolicy(ROOT_POLICY, policyOf(statement(), planned)));
    expect(found.includes(`stop public-principal ${PRIMARY}`)).toBe(isPublic);
  });

  test('is told once for all Regions that get the same', () => {
    const policy = policyOf(statement(), everybody());
    const model = modelOf([
      primaryChange({ actions: ['update'], before: primaryValues(), after: primaryValues({ policy }) }),
      replicaChange({ actions: ['update'], before: replicaValues(), after: replicaValues({ policy }) }),
    ]);
    const found = guard(model).filter(({ rule }) => rule === 'public-principal');
    expect(found).toHaveLength(1);
    expect(found[0]?.reason).toContain('ap-southeast-1 and ap-southeast-2');
  });
});

describe('a policy that can’t be reviewed', () => {
  test.each<[string, Json, Json]>([
    ['unreadable', { policy: '{' }, {}],
    ['unknown', {}, { policy: true }],
  ])('stops: %s', (_, after, unknown) => {
    const model = modelOf([replicaChange({ actions: ['create'], after, unknown })]);
    expect(verdict(model, { confirmed: true })).toEqual([`stop policy-unreadable ${REPLICA}`]);
  });
});

describe('warnings', () => {
  test.each<[string, Json, Json, string[]]>([
    ['a key that is disabled', {}, { is_enabled: false }, ['warning key-disabled ap-southeast-1']],
    ['a key that is enabled', { is_enabled: false }, {}, []],
    ['rotation that is switched on', { enable_key_rotation: false }, {}, []],
    ['a longer window', { deletion_window_in_days: 7 }, {}, []],
    ['a shorter window', {}, { deletion_window_in_days: 7 }, ['warning shorter-window ap-southeast-1']],
    [
      'the lockout check bypassed',
      {},
      { bypass_policy_lockout_safety_check: true },
      ['warning lockout-check-bypassed ap-southeast-1'],
    ],
    [
      'the lockout check bypassed as before',
      { bypass_policy_lockout_safety_check: true },
      { bypass_policy_lockout_safety_check: true },
      [],
    ],
  ])('%s', (_, before, after, expected) => {
    const raw = primaryChange({
      actions: ['update'],
      before: primaryValues(before),
      after: primaryValues({ description: 'new', ...after }),
    });
    expect(verdict(modelOf([raw]))).toEqual(expected);
  });

  test.each<[string, string[], Json[], string[]]>([
    ['deleted', ['delete'], [], ['warning alias-deleted ap-southeast-1']],
    ['forgotten', ['forget'], [], ['warning alias-forgotten ap-southeast-1']],
    [
      'deleted while another resource has its name',
      ['delete'],
      [
        aliasChange(
          { actions: ['no-op'], before: { name: 'alias/a' }, after: { name: 'alias/a', region: PRIMARY } },
          'other',
        ),
      ],
      [],
    ],
    [
      'deleted with its key',
      ['delete'],
      [primaryChange({ actions: ['delete'], before: primaryValues() })],
      ['stop key-deleted ap-southeast-1'],
    ],
  ])('an alias that is %s', (_, actions, others, expected) => {
    const raw = aliasChange({
      actions,
      before: { name: 'alias/a', arn: `arn:aws:kms:${PRIMARY}:${ACCOUNT}:alias/a` },
    });
    expect(verdict(modelOf([raw, ...others]))).toEqual(expected);
  });

  test('a role of another account is not a whole account', () => {
    const role = statement({ Principal: { AWS: 'arn:aws:iam::111122223333:role/a' }, Action: 'kms:Decrypt' });
    expect(verdict(updatePolicy(ROOT_POLICY, policyOf(statement(), role)))).toEqual([]);
  });

  test('several accounts are told at once, those that are in already are not', () => {
    const accounts = (...ids: string[]): string =>
      policyOf(statement(), ...ids.map((AWS) => statement({ Principal: { AWS }, Action: 'kms:Decrypt' })));
    const model = updatePolicy(
      accounts('111122223333'),
      accounts('111122223333', '444455556666', '777788889999'),
    );
    expect(guard(model)).toMatchObject([
      {
        rule: 'account-let-in',
        reason: expect.stringContaining('accounts 444455556666 and 777788889999 gain access'),
      },
    ]);
  });

  test('the own account is no other account', () => {
    const again = statement({ Action: 'kms:Decrypt' });
    const model = updatePolicy(policyOf(again), policyOf(statement()));
    expect(verdict(model)).toEqual([]);
  });
});

test('what is not understood stops, what is only new is warned of', () => {
  const model = modelOf([], { deferred_changes: [{}], weather: 1 });
  expect(verdict(model, { confirmed: true })).toEqual(['stop not-understood', 'warning not-recognised']);
});

describe('assertGuarded', () => {
  test('throws every reason and way out of the stops', () => {
    const findings = guard(goldenModel('region-removed'));
    expect(() => {
      assertGuarded(findings);
    }).toThrow(ActionError);
    expect(() => {
      assertGuarded(findings);
    }).toThrow(/replica key in ap-southeast-3.*Nothing was changed\. .*allow-destroy: true/);
  });

  test('lets warnings pass', () => {
    expect(() => {
      assertGuarded(guard(goldenModel('rotation-off')));
    }).not.toThrow();
  });
});

test('a replica that is replaced because of its primary points there, after the primary', () => {
  const findings = guard(goldenModel('drift-primary-pending'));
  expect(findings.map(({ rule }) => rule).slice(0, 2)).toEqual(['key-lost', 'key-replaced']);
  expect(findings[1]?.wayOut).toContain('first settle what happens to the primary');
});

test('the harm of a deletion depends on what is left of the family', () => {
  expect(guard(goldenModel('region-removed'))[0]?.reason).toContain('a Region that still has the key');
  expect(guard(goldenModel('destroy'))[0]?.reason).toContain('can ever be decrypted again');
});

test('every finding has a reason and a way out in whole sentences', () => {
  const names = [
    'region-removed',
    'spec-changed',
    'primary-moved',
    'tainted-replica',
    'drift-primary-pending',
    'alias-renamed',
    'destroy',
  ];
  for (const { reason, wayOut } of names.flatMap((name) => guard(goldenModel(name)))) {
    expect(reason).toMatch(/^[A-Z].*\.$/);
    expect(wayOut).toMatch(/^[A-Z].*\.$/);
  }
});
