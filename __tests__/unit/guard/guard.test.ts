import { describe, expect, test } from 'vitest';
import { ActionError } from '../../../src/errors.js';
import { assertGuarded, guardPlan, type GuardRequest } from '../../../src/guard/guard.js';
import type { Owner } from '../../../src/guard/ownership.js';
import { nameKeys } from '../../../src/guard/finding.js';
import type { PlanModel } from '../../../src/plan/types.js';
import { knownFindings } from '../../support/known-findings.js';
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
  resourceChange,
  root,
  ROOT_POLICY,
  statement,
  updatePolicy,
  type Json,
} from '../plan/raw-plan.js';
import { nameSome } from '../../../src/phrases.js';
import type { Finding } from '../../../src/guard/finding.js';

const hold = knownFindings('guard');

type Changed = Partial<Omit<GuardRequest, 'options'>> & {
  confirmed?: boolean;
  command?: string;
  recovery?: boolean;
  unreviewed?: boolean;
};

function guard(
  model: PlanModel,
  { confirmed = false, command = 'apply', recovery = false, unreviewed = false, ...changed }: Changed = {},
): Finding[] {
  const options = { deletionConfirmed: confirmed, destroys: command === 'destroy', recovery, unreviewed };
  const findings = guardPlan({ model, owner: ownerOf(model), primaryRegion: PRIMARY, options, ...changed });
  hold(findings);
  for (const { reason, wayOut } of findings) {
    for (const words of [reason, wayOut]) expect(words).toMatch(/^(?!.*undefined)[A-Z`].*\.$/);
  }
  return findings;
}

/** As if the inputs were those by which the plan was made, and a rename was said. */
function ownerOf({ resources, drift }: PlanModel): Owner {
  const names = (side: 'before' | 'after'): string[] =>
    [...resources, ...drift].flatMap((change) => {
      const name = change.kind === 'alias' ? change[side]?.['name'] : undefined;
      return typeof name === 'string' ? [name.replace(/^alias\//, '')] : [];
    });
  const [before = 'a'] = names('before');
  return {
    alias: names('after')[0] ?? before,
    ...(names('before').length > 0 ? { renamedFrom: before } : {}),
  };
}

/** The one finding. */
function only(model: PlanModel, changed: Changed = {}): Finding {
  const [finding, ...more] = guard(model, changed);
  expect(more).toEqual([]);
  if (finding === undefined) throw new Error('Nothing was found.');
  return finding;
}

/** `stop key-deleted ap-southeast-2`, each once. */
function verdict(model: PlanModel, changed: Changed = {}): string[] {
  const words = guard(model, changed).flatMap(({ severity, rule, region, regions = [region] }) =>
    regions.map((where) => [severity, rule, where].join(' ').trim()),
  );
  return [...new Set(words)];
}

const NEW_ACCOUNTS = ['notice account-let-in'];

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

  test('destroy with another primary Region in the inputs is a deletion, and no move', () => {
    const changed = { command: 'destroy', confirmed: true, primaryRegion: 'us-east-1' };
    expect(verdict(goldenModel('destroy'), changed).filter((words) => words.startsWith('stop'))).toEqual([]);
  });

  test('another spec and usage stop, confirmed or not', () => {
    for (const confirmed of [false, true]) {
      const stops = verdict(goldenModel('spec-changed'), { confirmed });
      expect(stops).toContain('stop spec-changed ap-southeast-1');
      expect(stops).toContain('stop usage-changed ap-southeast-1');
    }
    const usage = guard(goldenModel('spec-changed')).find(({ rule }) => rule === 'usage-changed');
    expect(usage?.reason).toMatch(/key_usage from ENCRYPT_DECRYPT to \w+ for the primary key/);
  });

  test('another primary Region stops, confirmed or not, and says where the primary is', () => {
    for (const confirmed of [false, true]) {
      const findings = guard(goldenModel('primary-moved'), { confirmed, primaryRegion: 'us-east-1' });
      const moved = findings.find(({ rule }) => rule === 'primary-moved');
      expect(moved).toMatchObject({
        severity: 'stop',
        region: 'ap-southeast-1',
        address: 'module.primary.aws_kms_key.this',
      });
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

  test('says what forces it, and nothing else that changes beside it', () => {
    const model = modelOf([
      primaryChange({
        actions: ['delete', 'create'],
        before: primaryValues(),
        after: primaryValues({ xks_key_id: 'x', tags: { team: 'other' }, description: 'B' }),
        change: { replace_paths: [['xks_key_id']] },
      }),
    ]);
    expect(only(model).reason).toContain('in its place (because of xks_key_id): what only');
    const unforced = modelOf([
      primaryChange({ actions: ['delete', 'create'], before: primaryValues(), after: primaryValues() }),
    ]);
    expect(only(unforced).reason).toContain('in its place: what only');
  });

  test.each<[string, Json, string, string]>([
    [
      'a replica of the same primary is refused by AWS for now',
      replicaChange({
        actions: ['delete', 'create'],
        before: replicaValues(),
        after: replicaValues({ xks: 'x' }),
        change: { replace_paths: [['xks']] },
      }),
      'Put the changed input back.',
      'expect this apply to fail with AlreadyExists',
    ],
    [
      'a replica of another primary is not',
      replicaChange({
        actions: ['delete', 'create'],
        before: replicaValues(),
        after: replicaValues({ primary_key_arn: 'arn:aws:kms:x' }),
        change: { replace_paths: [['primary_key_arn']] },
      }),
      'first settle what happens to the primary',
      'can be brought back: `aws kms cancel-key-deletion`, then `aws kms enable-key`',
    ],
    [
      'a primary has no primary of its own',
      primaryChange({
        actions: ['delete', 'create'],
        before: primaryValues(),
        after: primaryValues({ primary_key_arn: 'arn:aws:kms:x' }),
        change: { replace_paths: [['primary_key_arn']] },
      }),
      'Put the changed input back.',
      'can be brought back: `aws kms cancel-key-deletion`, then `aws kms enable-key`',
    ],
  ])('tells the way out: %s', (_, raw, before, confirmed) => {
    expect(only(modelOf([raw])).wayOut).toContain(before);
    const finding = only(modelOf([raw]), { confirmed: true });
    expect(finding.wayOut).toContain(confirmed);
    expect(finding.reason).toMatch(
      /^The (primary|replica) key in ap-southeast-[12] is scheduled for deletion/,
    );
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

  test.each<[string, Json, Json]>([
    ['was not on record', { key_usage: undefined }, {}],
    ['was null on record', { key_usage: null }, {}],
    ['is left to the provider', {}, { key_usage: undefined }],
    ['is null', {}, { key_usage: null }],
  ])('is not what a usage means that %s', (_, before, after) => {
    const model = modelOf([
      primaryChange({ actions: ['update'], before: primaryValues(before), after: primaryValues(after) }),
    ]);
    expect(verdict(model)).toEqual([]);
  });

  test('is no other resource with such a property', () => {
    const raw = resourceChange('aws_other.this', {
      actions: ['update'],
      before: { key_usage: 'SIGN_VERIFY', enabled: true },
      after: { key_usage: 'ENCRYPT_DECRYPT', enabled: false },
    });
    expect(verdict(modelOf([raw]))).toEqual(['stop foreign-state']);
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

  test('is named by its id, where that is on record', () => {
    expect(only(primaryLost).reason).toContain(`the primary key in ${PRIMARY} (${KEY_ID}), and AWS`);
    const before = primaryValues({ key_id: undefined });
    const model = modelOf([], { resource_drift: [primaryChange({ actions: ['delete'], before })] });
    expect(only(model).reason).toContain(`the primary key in ${PRIMARY} (id unknown), and AWS`);
  });

  test('is told once, also when its date is not known', () => {
    const changed = { pendingDeletion: { [REPLICA]: { keyId: KEY_ID } } };
    expect(only(replicaLost, changed)).toMatchObject({ severity: 'stop', region: REPLICA });
    expect(only(replicaLost, changed).reason).toContain(
      `The replica key in ${REPLICA} (${KEY_ID}) was scheduled`,
    );
    expect(only(replicaLost, { ...changed, recovery: true }).severity).toBe('warning');
  });

  test('hides neither another that is pending deletion nor a move beside it', () => {
    const other = 'us-west-2';
    const lostThere = replicaChange({ actions: ['delete'], before: replicaValues({}, other) }, other);
    const made = replicaChange({ actions: ['create'], after: { policy: ROOT_POLICY } });
    expect(verdict(lost(lostThere, [made]), { pendingDeletion: { [REPLICA]: pending } })).toEqual([
      `stop replica-pending-deletion ${REPLICA}`,
      `warning key-lost ${other}`,
    ]);
    const primaryThere = primaryChange({
      actions: ['create'],
      after: { region: other, policy: ROOT_POLICY },
    });
    const both = modelOf([primaryThere], {
      resource_drift: [
        primaryChange({ actions: ['delete'], before: primaryValues() }),
        replicaChange({ actions: ['delete'], before: replicaValues() }),
      ],
    });
    expect(verdict(both, { primaryRegion: other })).toEqual([
      `stop primary-moved ${PRIMARY}`,
      `stop key-lost ${REPLICA}`,
    ]);
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

test('keys are named by kind and Region, and counted from the fourth replica on', () => {
  const replicas = ['a', 'b', 'c', 'd'].map((region) => ({ kind: 'replica', region }) as const);
  const primary = { kind: 'primary', region: PRIMARY } as const;
  expect(nameKeys([])).toBe('');
  expect(nameKeys([{ kind: 'replica', region: undefined }])).toBe('the replica key in an unknown Region');
  expect(nameKeys([primary, ...replicas.slice(0, 1)])).toBe(
    `the primary key in ${PRIMARY} and the replica key in a`,
  );
  expect(nameKeys(replicas.slice(0, 3))).toBe('the replica keys in a, b and c');
  expect(nameKeys(replicas)).toBe('the replica keys in 4 Regions');
  expect(nameSome(['a', 'b', 'a', 'c'], 2)).toBe('a, b and 1 more');
  expect(nameSome(['a', 'b'], 2)).toBe('a and b');
});

test('a Region that comes back while its replica is pending deletion stops with the date', () => {
  const model = modelOf([replicaChange({ actions: ['create'], after: { policy: ROOT_POLICY } })]);
  const pendingDeletion = { [REPLICA]: { keyId: KEY_ID, deletionDate: '2026-12-01' } };
  const [finding] = guard(model, { pendingDeletion });
  expect(finding).toMatchObject({ severity: 'stop', rule: 'replica-pending-deletion', region: REPLICA });
  expect(finding?.reason).toContain('until 2026-12-01');
  expect(finding?.wayOut).toContain('allow-recovery: true');
});

test('without a date it is until the window ends', () => {
  const model = modelOf([replicaChange({ actions: ['create'], after: { policy: ROOT_POLICY } })]);
  expect(only(model, { pendingDeletion: { [REPLICA]: { keyId: KEY_ID } } }).reason).toBe(
    `In ${REPLICA} a replica of this key is pending deletion, and AWS refuses a new one until its window ends.`,
  );
});

test('what exists or is pending deletion in AWS stands in the way of a new replica only', () => {
  const kept = replicaChange({
    actions: ['update'],
    before: replicaValues(),
    after: replicaValues({ description: 'B' }),
  });
  const primary = primaryChange({ actions: ['create'], after: { region: PRIMARY, policy: ROOT_POLICY } });
  for (const region of [PRIMARY, REPLICA]) {
    const changed = {
      pendingDeletion: { [region]: { keyId: KEY_ID } },
      existingReplicas: { [region]: KEY_ID },
    };
    expect(verdict(modelOf([kept]), changed)).toEqual([]);
    expect(verdict(modelOf([primary]), changed)).toEqual([]);
  }
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
  expect(only(model, { existingReplicas: { [REPLICA]: KEY_ID } }).reason).toContain(
    `In ${REPLICA} a replica of this key (${KEY_ID}) exists already`,
  );
});

describe('a policy that leaves nobody with kms:PutKeyPolicy', () => {
  const other = { Principal: { AWS: root('111122223333') } };
  const alice = { Principal: { AWS: `arn:aws:iam::${ACCOUNT}:role/alice` } };
  const denyPut = (changed: Json): Json =>
    statement({ Effect: 'Deny', Action: 'kms:PutKeyPolicy', ...changed });
  const STOP = 'stop nobody-can-put-policy';
  const ROOTLESS = 'warning put-policy-without-root';
  const HANGS = 'warning put-policy-conditional';
  const OF_THIS_ACCOUNT = { Condition: { StringEquals: { 'kms:CallerAccount': ACCOUNT } } };

  test.each<[string, Json[], string | undefined]>([
    ['the root with kms:*', [statement()], undefined],
    ['the root by its account id', [statement({ Principal: { AWS: ACCOUNT } })], undefined],
    ['kms:Put*', [statement({ Action: 'kms:Put*' })], undefined],
    ['*', [statement({ Action: '*' })], undefined],
    ['NotAction', [statement({ Action: undefined, NotAction: 'kms:Decrypt' })], undefined],
    ['a role alone', [statement(alice)], ROOTLESS],
    ['use only', [statement({ Action: ['kms:Decrypt', 'kms:Encrypt'] })], STOP],
    ['NotAction without it', [statement({ Action: undefined, NotAction: 'kms:Put*' })], STOP],
    ['another account only', [statement(other)], STOP],
    ['a service only', [statement({ Principal: { Service: 'a.amazonaws.com' } })], STOP],
    ['a Deny for everybody', [statement(), denyPut({ Principal: '*' })], STOP],
    ['a Deny for the whole account', [statement(), denyPut({})], STOP],
    ['one pattern of several', [statement({ Action: ['kms:Decrypt', 'kms:Put*'] })], undefined],
    [
      'NotAction with it among others',
      [statement({ Action: undefined, NotAction: ['kms:Decrypt', 'kms:Put*'] })],
      STOP,
    ],
    ['every resource but another', [statement({ Resource: undefined, NotResource: 'arn:x' })], undefined],
    ['every resource but all', [statement({ Resource: undefined, NotResource: ['*', 'arn:x'] })], STOP],
    [
      'an identity provider only',
      [statement({ Principal: { Federated: `arn:aws:iam::${ACCOUNT}:saml-provider/a` } })],
      STOP,
    ],
    ['everybody but everybody', [statement({ Principal: undefined, NotPrincipal: { AWS: '*' } })], STOP],
    ['a Deny under a condition and no Allow', [denyPut({ Condition: { Bool: { 'aws:x': 'true' } } })], STOP],
    ['everybody of this account', [statement({ Principal: '*', ...OF_THIS_ACCOUNT })], undefined],
    [
      'everybody of this account, and a Deny for the whole account',
      [statement({ Principal: '*', ...OF_THIS_ACCOUNT }), denyPut({})],
      STOP,
    ],
    [
      'a Deny for several and the only one',
      [statement(alice), denyPut({ Principal: { AWS: [root('111122223333'), alice.Principal.AWS] } })],
      STOP,
    ],
    [
      'a Deny for all but several and the only one',
      [
        statement(alice),
        denyPut({
          Principal: undefined,
          NotPrincipal: { AWS: [root('111122223333'), alice.Principal.AWS] },
        }),
      ],
      STOP,
    ],
    [
      'a Deny for nobody',
      [statement(), denyPut({ Principal: undefined, NotPrincipal: { AWS: '*' } })],
      undefined,
    ],
    ['a Deny for one', [statement(), denyPut(alice)], undefined],
    ['a Deny for the only one', [statement(alice), denyPut(alice)], STOP],
    ['a Deny with a condition', [statement(), denyPut({ Condition: { Bool: { 'aws:x': 'true' } } })], HANGS],
    ['a Deny for others', [statement(), denyPut(other)], undefined],
    ['a Deny of something else', [statement(), denyPut({ Action: 'kms:ScheduleKeyDeletion' })], undefined],
    [
      'a Deny for all but one',
      [statement(), denyPut({ Principal: undefined, NotPrincipal: alice.Principal })],
      STOP,
    ],
    [
      'a Deny for all but the only one',
      [statement(alice), denyPut({ Principal: undefined, NotPrincipal: alice.Principal })],
      STOP,
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
      undefined,
    ],
    [
      'a condition on all of it',
      [statement({ Condition: { StringEquals: { 'aws:PrincipalOrgID': 'o-1' } } })],
      HANGS,
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
    const described = primaryChange({
      actions: ['update'],
      before: same,
      after: { ...same, description: 'B' },
    });
    expect(verdict(modelOf([described]))).toEqual([`warning nobody-can-put-policy ${PRIMARY}`]);
  });

  test.each<[string, string[], Json]>([
    ['imported', ['no-op'], { importing: { id: KEY_ID } }],
    ['made anew', ['delete', 'create'], {}],
  ])('stops for a key that is %s with the policy that it had', (_, actions, change) => {
    const same = primaryValues({ policy: policyOf(statement(other)) });
    expect(verdict(modelOf([primaryChange({ actions, before: same, after: same, change })]))).toContain(
      `stop nobody-can-put-policy ${PRIMARY}`,
    );
  });

  test('under a condition that is there and stays is nothing to tell', () => {
    const same = primaryValues({ policy: policyOf(statement(OF_THIS_ACCOUNT)) });
    expect(verdict(modelOf([primaryChange({ actions: ['no-op'], before: same, after: same })]))).toEqual([]);
  });

  test('is told of the key that has it, whatever the others have', () => {
    const bad = policyOf(statement(other));
    const model = (primary: string, replica: string): PlanModel =>
      modelOf([
        primaryChange({
          actions: ['update'],
          before: primaryValues({ policy: '{' }),
          after: primaryValues({ policy: primary }),
        }),
        replicaChange({
          actions: ['update'],
          before: replicaValues({ policy: '{' }),
          after: replicaValues({ policy: replica }),
        }),
      ]);
    expect(verdict(model(bad, ROOT_POLICY))).toContain(`${STOP} ${PRIMARY}`);
    expect(verdict(model(ROOT_POLICY, bad))).toContain(`${STOP} ${REPLICA}`);
  });

  describe('where the account is not an output of the plan', () => {
    const unnamed = { planned_values: { outputs: {} } };
    const update = (policy: string, arns: Json[]): Json =>
      primaryChange({
        actions: ['update'],
        before: primaryValues({ ...arns[0] }),
        after: primaryValues({ ...arns[1], policy }),
      });
    const nowhere = { arn: undefined, region: PRIMARY };
    const stops = (...raw: Json[]): string[] =>
      verdict(modelOf(raw, unnamed)).filter((words) => words.startsWith('stop'));

    test('is judged by the account of the keys, as they are or were', () => {
      const bad = policyOf(statement(other));
      expect(stops(update(bad, [{}, {}]))).toEqual([`${STOP} ${PRIMARY}`]);
      expect(stops(update(bad, [{}, nowhere]))).toEqual([`${STOP} ${PRIMARY}`]);
      const kept = replicaChange({ actions: ['no-op'], before: replicaValues(), after: replicaValues() });
      expect(stops(update(bad, [nowhere, nowhere]), kept)).toEqual([`${STOP} ${PRIMARY}`]);
    });

    test('is not judged by the account of another resource', () => {
      const values = { arn: `arn:aws:sns:${PRIMARY}:111122223333:topic` };
      const topic = resourceChange('aws_other.this', { actions: ['no-op'], before: values, after: values });
      expect(stops(topic, update(policyOf(statement(other)), [{}, {}]))).toEqual([
        'stop foreign-resource',
        `${STOP} ${PRIMARY}`,
      ]);
    });

    test.each<[string, Json[], boolean]>([
      ['any account may be the key’s', [statement(other)], false],
      ['everybody', [statement({ Principal: '*' })], false],
      [
        'everybody, less all but one',
        [statement({ Principal: '*' }), denyPut({ Principal: undefined, NotPrincipal: alice.Principal })],
        true,
      ],
      ['everybody, less everybody', [statement({ Principal: '*' }), denyPut({ Principal: '*' })], true],
      ['a service is in none', [statement({ Principal: { Service: 'a.amazonaws.com' } })], true],
    ])('is judged for every account that it may be: %s', (_, statements, expected) => {
      const found = stops(update(policyOf(...statements), [nowhere, nowhere]));
      expect(found.includes(`${STOP} ${PRIMARY}`)).toBe(expected);
    });
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
    ['NotPrincipal', everybody({ Principal: undefined, NotPrincipal: { AWS: root('111122223333') } }), true],
    ['Deny', everybody({ Effect: 'Deny' }), false],
    ['a service', everybody({ Principal: { Service: 'a.amazonaws.com' } }), false],
    ['an account', everybody({ Principal: { AWS: '111122223333' } }), false],
    ['the organisation', when('StringEquals', 'aws:PrincipalOrgID', 'o-1'), false],
    ['the account of the caller', when('StringEquals', 'kms:CallerAccount', '111122223333'), false],
    ['a role pattern', when('ArnLike', 'aws:PrincipalArn', 'arn:aws:iam::111122223333:role/*'), false],
    ['a literal star', when('StringEquals', 'aws:PrincipalOrgID', '*'), true],
    ['private addresses', when('IpAddress', 'aws:SourceIp', '10.0.0.0/8'), true],
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
    ['everybody beside somebody', everybody({ Principal: { AWS: ['*', root(ACCOUNT)] } }), true],
    ['all but some addresses', when('NotIpAddress', 'aws:SourceIp', '10.0.0.0/8'), true],
    ['anything with an end', when('StringLike', 'aws:PrincipalOrgID', '*-b'), true],
    ['anything of one character or more', when('StringLike', 'aws:PrincipalOrgID', '*?'), true],
    ['the tags of the key', when('StringEquals', 'aws:ResourceTag/team', 'a'), true],
    ['the tags of the request', when('StringEquals', 'aws:RequestTag/team', 'a'), true],
    ['the tags of the caller', when('StringEquals', 'aws:PrincipalTag/team', 'a'), true],
    ['an empty condition', everybody({ Condition: {} }), true],
  ])('%s', (_, planned, isPublic) => {
    const found = verdict(updatePolicy(ROOT_POLICY, policyOf(statement(), planned)));
    expect(found.includes(`stop public-principal ${PRIMARY}`)).toBe(isPublic);
  });

  test.each([
    ...['aws:CurrentTime', 'aws:EpochTime', 'aws:MultiFactorAuthAge', 'aws:MultiFactorAuthPresent'],
    ...['aws:PrincipalType', 'aws:Referer', 'aws:RequestedRegion', 'aws:TokenIssueTime', 'aws:UserAgent'],
    ...['aws:ResourceAccount', 'aws:ResourceOrgID', 'aws:ResourceOrgPaths', 'aws:ViaAWSService'],
    ...['kms:EncryptionAlgorithm', 'kms:EncryptionContextKeys', 'kms:MessageType', 'kms:RequestAlias'],
    ...['kms:ResourceAliases', 'kms:SigningAlgorithm', 'kms:ViaService', 'kms:GrantIsForAWSResource'],
    ...['kms:GrantConstraintType', 'kms:GrantOperations', 'kms:MacAlgorithm', 'kms:KeyAgreementAlgorithm'],
    ...['kms:DataKeyPairSpec', 'kms:ReEncryptOnSameKey', 'kms:KeyOrigin', 'kms:KeySpec', 'kms:KeyUsage'],
    ...['kms:MultiRegion', 'kms:MultiRegionKeyType', 'kms:PrimaryRegion'],
  ])('under a condition on %s, which every caller can fulfil, still does', (key) => {
    const policy = policyOf(statement(), when('StringEquals', key, 'x'));
    expect(verdict(updatePolicy(ROOT_POLICY, policy))).toContain(`stop public-principal ${PRIMARY}`);
  });

  test.each<[string, Json, string]>([
    ['at all', everybody(), 'lets in everybody, in every AWS account.'],
    [
      'by a condition that every caller can fulfil',
      when('Bool', 'aws:SecureTransport', 'true'),
      'lets in everybody, in every AWS account. Its conditions do not pin it to anything of yours: Bool aws:SecureTransport is about the request, which everybody can make so.',
    ],
    [
      'but those it excludes',
      everybody({ Sid: 'All', Principal: undefined, NotPrincipal: { AWS: root(ACCOUNT) } }),
      'lets in everybody, in every AWS account, but those it excludes.',
    ],
  ])('is said in words: %s', (_, planned, words) => {
    const found = guard(updatePolicy(ROOT_POLICY, policyOf(statement(), planned)));
    const sid = planned['Sid'] === undefined ? '' : ' ("All")';
    expect(found.find(({ rule }) => rule === 'public-principal')?.reason).toBe(
      `Statement 2${sid} of the key policy in ${PRIMARY} ${words}`,
    );
  });

  test('is no policy of another resource', () => {
    const values = { policy: policyOf(everybody()) };
    const raw = resourceChange('aws_other.this', { actions: ['create'], after: values });
    expect(verdict(modelOf([raw]))).toEqual(['stop foreign-state']);
  });

  test('is told once for all Regions that get the same, in order', () => {
    const policy = policyOf(statement(), everybody());
    const update = (region: string): Json => ({
      actions: ['update'],
      before: replicaValues({}, region),
      after: replicaValues({ policy }, region),
    });
    const model = modelOf([
      primaryChange({ actions: ['update'], before: primaryValues(), after: primaryValues({ policy }) }),
      ...['eu-west-1', 'ap-northeast-1'].map((region) => replicaChange(update(region) as never, region)),
    ]);
    const found = guard(model).filter(({ rule }) => rule === 'public-principal');
    expect(found).toMatchObject([{ region: undefined, regions: [PRIMARY, 'ap-northeast-1', 'eu-west-1'] }]);
    expect(found[0]?.reason).toContain('in ap-northeast-1, ap-southeast-1 and eu-west-1 lets in');
  });
});

describe('a policy that can’t be reviewed', () => {
  test.each<[string, Json, Json]>([
    ['unreadable', { policy: '{' }, {}],
    ['unknown', {}, { policy: true }],
  ])('stops: %s', (_, after, unknown) => {
    const model = modelOf([replicaChange({ actions: ['create'], after, unknown })]);
    expect(verdict(model, { confirmed: true })).toEqual([`stop policy-unreadable ${REPLICA}`]);
    expect(only(model).reason).toContain(`The planned key policy in ${REPLICA} can't be reviewed: it is`);
  });

  test('stops for what is imported, and not for what is there and stays', () => {
    const same = replicaValues({ policy: '{' });
    const stays = { actions: ['no-op'], before: same, after: same };
    expect(verdict(modelOf([replicaChange(stays)]))).toEqual([]);
    const imported = replicaChange({ ...stays, change: { importing: { id: KEY_ID } } });
    expect(verdict(modelOf([imported]))).toEqual([`stop policy-unreadable ${REPLICA}`]);
  });
});

describe('an import that takes access away', () => {
  const app = 'arn:aws:iam::999900001111:role/app';
  const use = statement();
  const of = statement({ Principal: { AWS: app }, Action: 'kms:Decrypt' });
  const model = (change: Json = { importing: { id: KEY_ID } }): PlanModel =>
    modelOf([
      primaryChange({
        actions: ['update'],
        before: primaryValues({ policy: policyOf(use, of) }),
        after: primaryValues({ policy: policyOf(use) }),
        change,
      }),
    ]);

  test('is a warning that names who loses it', () => {
    expect(verdict(model())).toEqual([`warning import-takes-access ${PRIMARY}`]);
    expect(only(model()).reason).toContain(app);
  });

  test('is told of the Regions where it is so', () => {
    const same = replicaValues({ policy: policyOf(use) });
    const replica = replicaChange({
      actions: ['no-op'],
      before: same,
      after: same,
      change: { importing: { id: KEY_ID } },
    });
    const both = { ...model(), resources: [...model().resources, ...modelOf([replica]).resources] };
    expect(verdict(both)).toEqual([`warning import-takes-access ${PRIMARY}`]);
  });

  test('is a stop where nobody reviews the plan', () => {
    expect(verdict(model(), { unreviewed: true })).toEqual([`stop import-takes-access ${PRIMARY}`]);
    expect(only(model(), { unreviewed: true }).wayOut).toContain('`approved-plan`');
  });

  test('is told of imports alone, and not where access is only won', () => {
    expect(verdict(model({}), { unreviewed: true })).toEqual([]);
    const won = primaryChange({
      actions: ['update'],
      before: primaryValues({ policy: policyOf(use) }),
      after: primaryValues({ policy: policyOf(use, of) }),
      change: { importing: { id: KEY_ID } },
    });
    expect(verdict(modelOf([won]), { unreviewed: true })).toEqual([]);
  });

  test('by a new denial counts, too', () => {
    const denied = { ...of, Effect: 'Deny' };
    const change = primaryChange({
      actions: ['update'],
      before: primaryValues({ policy: policyOf(use) }),
      after: primaryValues({ policy: policyOf(use, denied) }),
      change: { importing: { id: KEY_ID } },
    });
    expect(verdict(modelOf([change]))).toContain(`warning import-takes-access ${PRIMARY}`);
  });
});

describe('warnings', () => {
  test.each<[string, Json, Json, string[]]>([
    ['a key that is disabled', {}, { is_enabled: false }, ['warning key-disabled ap-southeast-1']],
    ['a key that is enabled', { is_enabled: false }, {}, []],
    ['a key that stays disabled', { is_enabled: false }, { is_enabled: false }, []],
    ['rotation that is switched on', { enable_key_rotation: false }, {}, []],
    ['rotation that stays off', { enable_key_rotation: false }, { enable_key_rotation: false }, []],
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

  test('a replica that is disabled', () => {
    const raw = replicaChange({
      actions: ['update'],
      before: replicaValues(),
      after: replicaValues({ enabled: false }),
    });
    expect(verdict(modelOf([raw]))).toEqual([`warning key-disabled ${REPLICA}`]);
    expect(only(modelOf([raw])).reason).toContain(`The replica key in ${REPLICA} is disabled`);
  });

  test('the lockout check bypassed for another key than before, and not for one that stays', () => {
    const values = primaryValues({ bypass_policy_lockout_safety_check: true });
    const sides = { before: values, after: values };
    expect(verdict(modelOf([primaryChange({ actions: ['delete', 'create'], ...sides })]))).toEqual([
      `stop key-replaced ${PRIMARY}`,
      `warning lockout-check-bypassed ${PRIMARY}`,
    ]);
    expect(verdict(modelOf([primaryChange({ actions: ['no-op'], ...sides })]))).toEqual([]);
  });

  test.each<[string, Json, string[]]>([
    ['another name', { name: 'alias/b' }, ['the alias alias/a becomes alias/b: whoever']],
    ['a name that is not known yet', {}, ['the alias alias/a becomes with an unknown name: whoever']],
    ['the same name', { name: 'alias/a' }, []],
  ])('an alias that is replaced by one with %s', (_, after, reasons) => {
    const before = { name: 'alias/a', region: PRIMARY };
    const raw = aliasChange({
      actions: ['delete', 'create'],
      before,
      after: { region: PRIMARY, ...after },
    });
    const found = guard(modelOf([raw])).map(({ reason }) => reason);
    expect(found).toEqual(reasons.map((reason) => expect.stringContaining(`In ${PRIMARY} ${reason}`)));
  });

  test('an alias that is forgotten is said to stay, one that is deleted is not', () => {
    const [deleted, forgotten] = [['delete'], ['forget']].map((actions) =>
      only(modelOf([aliasChange({ actions, before: { name: 'alias/a', region: PRIMARY } })])),
    );
    expect(deleted?.reason).toBe(
      `In ${PRIMARY} the alias alias/a is deleted: whoever still uses it will not find the key.`,
    );
    expect(forgotten?.reason).toBe(
      `In ${PRIMARY} Terraform forgets the alias alias/a: it stays, and no state knows it.`,
    );
  });

  test('another resource that is deleted is no alias', () => {
    const raw = resourceChange('aws_other.this', { actions: ['delete'], before: { name: 'alias/a' } });
    expect(verdict(modelOf([raw]))).toEqual(['stop foreign-state']);
  });

  const namedElsewhere = (values: Json, actions: string[] = ['no-op']): Json =>
    aliasChange(
      { actions, before: values, ...(actions[0] === 'delete' ? {} : { after: values }) },
      `replica_${REPLICA}`,
    );

  test.each<[string, Json, string[]?]>([
    ['has another name', namedElsewhere({ name: 'alias/b', region: PRIMARY })],
    ['is in another Region', namedElsewhere({ name: 'alias/a', region: REPLICA })],
    [
      'is no alias',
      resourceChange('aws_other.this', {
        actions: ['update'],
        before: { name: 'alias/a', region: PRIMARY },
        after: { name: 'alias/a', region: PRIMARY },
      }),
      ['stop foreign-resource'],
    ],
  ])('an alias that is deleted while the other resource %s', (_, other, besides = []) => {
    const raw = aliasChange({ actions: ['delete'], before: { name: 'alias/a', region: PRIMARY } });
    const owner = { alias: 'a', renamedFrom: 'b' };
    expect(verdict(modelOf([raw, other]), { owner })).toEqual([
      ...besides,
      `warning alias-deleted ${PRIMARY}`,
    ]);
  });

  test('two aliases of one name that are both deleted', () => {
    const values = { name: 'alias/a', region: PRIMARY };
    const raw = aliasChange({ actions: ['delete'], before: values });
    expect(guard(modelOf([raw, namedElsewhere(values, ['delete'])]))).toMatchObject([
      {
        rule: 'alias-deleted',
        reason: expect.stringContaining('In ap-southeast-1 the alias alias/a is deleted'),
      },
    ]);
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
          `replica_${REPLICA}`,
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

  test('a role of another account is no whole account, and told all the same', () => {
    const role = statement({ Principal: { AWS: 'arn:aws:iam::111122223333:role/a' }, Action: 'kms:Decrypt' });
    const found = guard(updatePolicy(ROOT_POLICY, policyOf(statement(), role)));
    expect(found).toMatchObject([{ severity: 'notice', rule: 'principal-let-in' }]);
    expect(found[0]?.reason).toContain('arn:aws:iam::111122223333:role/a');
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

  describe('an account that was not let in before', () => {
    const OTHER = '111122223333';
    const decrypt = (changed: Json = {}): Json =>
      statement({ Principal: { AWS: root(OTHER) }, Action: 'kms:Decrypt', ...changed });
    const after = policyOf(statement(), decrypt());

    test('is told by its number', () => {
      expect(only(updatePolicy(ROOT_POLICY, after)).reason).toBe(
        `The whole account ${OTHER} gains access: its administrators decide which users and roles there have it.`,
      );
    });

    test('is told of several in the plural', () => {
      const two = decrypt({ Principal: { AWS: ['222233334444', OTHER] } });
      expect(only(updatePolicy(ROOT_POLICY, policyOf(statement(), two))).reason).toContain(
        `accounts ${OTHER} and 222233334444 gain access: their administrators`,
      );
    });

    test.each<[string, string]>([
      ['was denied', policyOf(statement(), decrypt({ Effect: 'Deny' }))],
      [
        'was left out of everybody',
        policyOf(statement(), decrypt({ Principal: undefined, NotPrincipal: { AWS: root(OTHER) } })),
      ],
      ['was in no policy that could be read', '{'],
    ])('is told where it %s', (_, before) => {
      expect(verdict(updatePolicy(before, after))).toContain('notice account-let-in');
    });

    test('is told where only a key that goes, or another resource, let it in', () => {
      const update = primaryChange({
        actions: ['update'],
        before: primaryValues(),
        after: primaryValues({ policy: after }),
      });
      const values = replicaValues({ policy: after });
      const goes = replicaChange({ actions: ['delete'], before: values });
      const bucket = resourceChange('aws_other.this', { actions: ['no-op'], before: values, after: values });
      for (const beside of [goes, bucket]) {
        expect(verdict(modelOf([update, beside]))).toContain('notice account-let-in');
      }
    });

    test('is none that a denial, or everybody else’s access, names', () => {
      for (const planned of [
        decrypt({ Effect: 'Deny' }),
        decrypt({ Principal: undefined, NotPrincipal: { AWS: root(OTHER) } }),
      ]) {
        const found = verdict(updatePolicy(ROOT_POLICY, policyOf(statement(), planned)));
        expect(found).not.toContain('notice account-let-in');
      }
    });
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
  const [replica] = guard(goldenModel('region-removed'));
  expect(replica?.reason).toContain('nothing in ap-southeast-3 can encrypt or decrypt with this key');
  expect(replica?.reason).toContain('the keys in the other Regions stay, and can decrypt its data');
  const all = only(goldenModel('destroy'));
  expect(all.reason).toContain('nothing can encrypt or decrypt with this key, in any Region');
  expect(all.reason).toContain('For 30 days the replicas can be brought back.');
  expect(all.reason).toContain(
    'The primary has no date yet: its 30 days begin when the last replica is gone.',
  );
  expect(all.reason).toContain('all that was encrypted with it is lost for good');
});

describe('a key that is deleted', () => {
  const deleted = (changed: Json = {}): Json =>
    replicaChange({ actions: ['delete'], before: replicaValues(changed) });
  const keptAlias = aliasChange({
    actions: ['no-op'],
    before: { name: 'alias/a', region: PRIMARY },
    after: { name: 'alias/a', region: PRIMARY },
  });
  const deletedPrimary = primaryChange({ actions: ['delete'], before: primaryValues() });
  const keptReplica = replicaChange(
    {
      actions: ['no-op'],
      before: replicaValues({}, 'us-east-1'),
      after: replicaValues({}, 'us-east-1'),
    },
    'us-east-1',
  );

  test('takes the data with it when only an alias stays', () => {
    expect(only(modelOf([deleted(), keptAlias])).reason).toContain('lost for good');
  });

  test('leaves the data to the replicas when it is the primary, whose waiting period has not begun', () => {
    const { reason } = only(modelOf([deletedPrimary, keptReplica]));
    expect(reason).toContain('nothing in ap-southeast-1 can encrypt or decrypt');
    expect(reason).toContain('no date yet: its 30 days begin when the last replica is gone');
    expect(reason).not.toContain('lost for good');
  });

  test.each<[string, Json, number, string]>([
    ['the one on record', { deletion_window_in_days: 7 }, 7, '2026-12-03'],
    ['not on record', { deletion_window_in_days: null }, 30, '2026-12-26'],
    ['0 after an import', { deletion_window_in_days: 0 }, 30, '2026-12-26'],
  ])('is an outage from the moment of apply, whatever its window: %s', (_, changed, days, day) => {
    const model = modelOf([deleted(changed)]);
    const now = Date.UTC(2026, 10, 26, 14);
    const outage = `From the moment of apply nothing can encrypt or decrypt with this key, in any Region. Until ${day} (${days} days from today) it can be brought back.`;
    expect(only(model, { now }).reason).toContain(outage);
    const confirmed = only(model, { now, confirmed: true });
    expect(confirmed.reason).toContain(outage);
    expect(confirmed.wayOut).toContain(
      `\`aws kms cancel-key-deletion --region ${REPLICA} --key-id ${KEY_ID}\`, then \`aws kms enable-key --region ${REPLICA} --key-id ${KEY_ID}\``,
    );
    expect(only(model).reason).toContain(`For ${days} days it can be brought back.`);
  });

  test.each([
    ['SIGN_VERIFY', 'nothing can sign or verify with this key'],
    ['GENERATE_VERIFY_MAC', 'nothing can generate or verify a MAC with this key'],
    ['KEY_AGREEMENT', 'nothing can use this key'],
  ])('is told by what the key is for: %s', (usage, words) => {
    const { reason } = only(modelOf([deleted({ key_usage: usage })]));
    expect(reason).toContain(words);
    expect(reason).not.toContain('crypt');
  });

  test('can be kept by its Region in the inputs, but not under destroy', () => {
    const wayOut = 'To delete it, set `allow-destroy: true` and `confirm-destroy` to the alias.';
    expect(only(modelOf([deleted()])).wayOut).toBe(
      `To keep it, put its Region back into the inputs. ${wayOut}`,
    );
    expect(only(modelOf([deleted()]), { command: 'destroy' }).wayOut).toBe(wayOut);
  });
});
