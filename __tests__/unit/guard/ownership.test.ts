import { describe, expect, test } from 'vitest';
import { guardPlan } from '../../../src/guard/guard.js';
import { isForeignBeside, isStateOfAnother, type Owner } from '../../../src/guard/ownership.js';
import { buildPlanModel } from '../../../src/plan/model.js';
import { knownFindings } from '../../support/known-findings.js';
import {
  aliasChange,
  goldenModel,
  planOf,
  PRIMARY,
  primaryChange,
  primaryValues,
  REPLICA,
  replicaChange,
  replicaValues,
  resourceChange,
  type Json,
} from '../plan/raw-plan.js';
import type { Finding } from '../../../src/guard/finding.js';

const hold = knownFindings('ownership');

const OWNER: Owner = { alias: 'shop/orders' };
const CONFIRMED = { deletionConfirmed: true, recovery: true, destroys: false };

function judge(raw: Json, owner = OWNER, options: object = {}): Finding[] {
  const model = buildPlanModel(raw);
  const findings = guardPlan({ model, owner, primaryRegion: PRIMARY, options: { ...CONFIRMED, ...options } });
  hold(findings);
  return findings;
}

const stops = (findings: readonly Finding[]): string[] =>
  findings.filter(({ severity }) => severity === 'stop').map(({ rule }) => rule);

/** What a first creation plans, at the addresses of the module. */
const created = [
  primaryChange({ actions: ['create'], after: { ...primaryValues(), arn: null, region: PRIMARY } }),
  aliasChange({ actions: ['create'], after: { name: 'alias/shop/orders', region: PRIMARY } }),
];

const alias = (name: string, actions = ['no-op'], module = 'primary', region = PRIMARY): Json =>
  aliasChange(
    { actions, before: { name, region }, ...(actions[0] === 'delete' ? {} : { after: { name, region } }) },
    module,
  );

const key = primaryChange({ actions: ['no-op'], before: primaryValues(), after: primaryValues() });

function foreign(address: string, actions: string[], resource: Json = {}): Json {
  const sides = { before: { id: 'x' }, ...(actions.includes('create') ? { after: { id: 'y' } } : {}) };
  return resourceChange(address, { actions, ...sides, resource });
}

const FOREIGN: readonly (readonly [string, Json])[] = [
  ['of another type in the root', foreign('aws_s3_bucket.logs', ['delete'])],
  ['in another module', foreign('module.vpc.aws_vpc.this', ['delete'])],
  ['in a module within ours', foreign('module.primary.module.x.aws_sqs_queue.q', ['delete'])],
  ['of another type in our module', foreign('module.primary.aws_kms_grant.this', ['delete'])],
  ['of our type in the root', foreign('aws_kms_key.other', ['delete'])],
  ['of our type by another name in our module', foreign('module.primary.aws_kms_key.second', ['delete'])],
  ['with a count where ours has none', foreign('module.primary.aws_kms_key.this[1]', ['delete'])],
  ['in a replica of no Region', foreign('module.replica["x"].aws_kms_replica_key.this', ['delete'])],
  ['an alias of our key in the root', foreign('aws_kms_alias.second', ['delete'])],
  [
    'of another provider',
    foreign('google_storage_bucket.b', ['delete'], {
      type: 'google_storage_bucket',
      provider_name: 'registry.terraform.io/hashicorp/google',
    }),
  ],
  ['replaced', foreign('aws_s3_bucket.logs', ['delete', 'create'])],
  ['replaced, created first', foreign('aws_s3_bucket.logs', ['create', 'delete'])],
  ['forgotten', foreign('aws_s3_bucket.logs', ['forget'])],
  ['a deposed object', foreign('aws_s3_bucket.logs', ['delete'], { deposed: '0a1b2c3d' })],
  [
    'updated',
    resourceChange('aws_s3_bucket.logs', { actions: ['update'], before: { a: 1 }, after: { a: 2 } }),
  ],
  [
    'moved to an address of ours',
    primaryChange({
      actions: ['no-op'],
      before: primaryValues(),
      after: primaryValues(),
      resource: { previous_address: 'aws_kms_key.main' },
    }),
  ],
];

describe('a resource that the bundled module does not have', () => {
  test.each(FOREIGN)('%s is a stop, in a state without a key and beside one', (_, raw) => {
    const alone = stops(judge(planOf([...(raw === FOREIGN.at(-1)?.[1] ? [] : created), raw])));
    expect(alone[0]).toMatch(/^foreign-(?:state|resource)$/);
    for (const options of [{}, { destroys: true }, { deletionConfirmed: false }]) {
      expect(stops(judge(planOf([key, alias('alias/shop/orders'), raw]), OWNER, options))[0]).toBe(
        'foreign-resource',
      );
    }
  });

  test('that AWS does not have any more is one, too: Terraform would forget it', () => {
    const gone = resourceChange('aws_s3_bucket.logs', { actions: ['delete'], before: { id: 'x' } });
    expect(stops(judge(planOf(created, { resource_drift: [gone] })))).toEqual(['foreign-state']);
  });

  test('makes a state no less another\u2019s when a key is to be imported into it', () => {
    const values = replicaValues();
    const imported = replicaChange({
      actions: ['no-op'],
      before: values,
      after: values,
      change: { importing: { id: 'mrk-1' } },
    });
    expect(stops(judge(planOf([imported, foreign('aws_s3_bucket.logs', ['delete'])])))).toEqual([
      'foreign-state',
    ]);
  });

  test('is told before anything else, and once', () => {
    const many = ['a', 'b', 'c', 'd', 'e'].map((name) => foreign(`aws_s3_bucket.${name}`, ['delete']));
    const gone = replicaChange({ actions: ['delete'], before: replicaValues() });
    const findings = judge(planOf([gone, ...many, key, alias('alias/shop/orders')]), OWNER, {
      deletionConfirmed: false,
    });
    expect(stops(findings)).toEqual(['foreign-resource', 'key-deleted']);
    expect(findings[0]?.reason).toContain('aws_s3_bucket.a, aws_s3_bucket.b, aws_s3_bucket.c and 2 more');
  });

  test('is no data source that is read, no key of ours, no address that provider 6.x gives', () => {
    const read = {
      ...resourceChange('module.policy.data.aws_partition.current', { actions: ['read'] }),
      mode: 'data',
    };
    const replica = resourceChange(`module.replica["${REPLICA}"].aws_kms_replica_key.this`, {
      actions: ['no-op'],
      before: replicaValues(),
      after: replicaValues(),
      resource: { previous_address: `module.replica_${REPLICA}.aws_kms_replica_key.this` },
    });
    expect(judge(planOf([key, alias('alias/shop/orders'), replica, read]))).toEqual([]);
  });
});

describe('outputs that are not ours', () => {
  const output_changes = { vpc_id: { actions: ['delete'], before: 'vpc-1', after: null } };

  test('alone tell that the state is another’s', () => {
    expect(stops(judge(planOf(created, { output_changes })))).toEqual(['foreign-state']);
  });

  test('beside our key are what a migration left, and a warning', () => {
    const findings = judge(planOf([key, alias('alias/shop/orders')], { output_changes }));
    expect(findings.map(({ severity, rule }) => `${severity} ${rule}`)).toEqual(['warning foreign-output']);
  });
});

describe('a state belongs to the alias whose key it has', () => {
  const renamed = aliasChange({
    actions: ['create', 'delete'],
    before: { name: 'alias/shop/orders', region: PRIMARY },
    after: { name: 'alias/shop/invoices', region: PRIMARY },
  });

  test.each<[string, Json[], Json[]?]>([
    ['would be renamed', [key, renamed]],
    ['stays as it is', [key, alias('alias/shop/orders')]],
    ['is deleted', [key, alias('alias/shop/orders', ['delete'])]],
    [
      'is one of a replica alone',
      [key, alias('alias/shop/orders', ['no-op'], `replica_${REPLICA}`, REPLICA)],
    ],
    [
      'was deleted in AWS',
      [key, aliasChange({ actions: ['create'], after: { name: 'alias/shop/invoices', region: PRIMARY } })],
      [aliasChange({ actions: ['delete'], before: { name: 'alias/shop/orders', region: PRIMARY } })],
    ],
    ['has lost its key', [alias('alias/shop/orders')]],
  ])('the other alias %s', (_, changes, resource_drift = []) => {
    const plan = planOf(changes, { resource_drift });
    const owner = { alias: 'shop/invoices' };
    for (const options of [{}, { destroys: true }, { deletionConfirmed: false }]) {
      expect(judge(plan, owner, options).map(({ rule }) => rule)).toEqual(['another-alias']);
    }
    expect(stops(judge(plan, { alias: 'shop/invoices', renamedFrom: 'shop/order' }))).toEqual([
      'another-alias',
    ]);
    expect(stops(judge(plan, { alias: 'shop/invoices', renamedFrom: 'shop/orders' }))).not.toContain(
      'another-alias',
    );
  });

  test('a real rename is stopped unless it is said, and then is a warning', () => {
    const model = goldenModel('alias-renamed');
    const request = { model, primaryRegion: PRIMARY, options: { ...CONFIRMED, deletionConfirmed: false } };
    expect(stops(guardPlan({ ...request, owner: { alias: 'payments' } }))).toEqual(['another-alias']);
    const said = guardPlan({ ...request, owner: { alias: 'payments', renamedFrom: 'aws_cb_cmk' } });
    expect(new Set(said.map(({ rule }) => rule))).toEqual(new Set(['alias-renamed']));
  });

  test('a rename that is done, or stopped half-way, goes on with the same inputs', () => {
    const owner = { alias: 'new', renamedFrom: 'old' };
    const half = [key, alias('alias/new'), alias('alias/old', ['no-op'], `replica_${REPLICA}`, REPLICA)];
    expect(stops(judge(planOf(half), owner))).toEqual([]);
    expect(stops(judge(planOf([key, alias('alias/new')]), owner))).toEqual([]);
  });

  test('a rename in a state without a key would make another key', () => {
    expect(stops(judge(planOf(created), { ...OWNER, renamedFrom: 'old' }))).toEqual(['rename-without-key']);
  });

  test('upper and lower case are other names, as in KMS', () => {
    expect(stops(judge(planOf([key, alias('alias/Shop/Orders')])))).toEqual(['another-alias']);
  });

  describe('that has none', () => {
    const noted = (before: unknown): Json => ({
      output_changes: { state_of_alias: { actions: ['update'], before, after: 'alias/shop/orders' } },
    });
    const keyAlone = [key, created[1] ?? {}];

    test('is told by what the apply that made the key noted in the state', () => {
      for (const options of [{}, { destroys: true }, { deletionConfirmed: false }]) {
        const raw = planOf(keyAlone, noted('alias/shop/invoices'));
        expect(stops(judge(raw, OWNER, options))).toEqual(['another-alias']);
      }
      const said = { ...OWNER, renamedFrom: 'shop/invoices' };
      expect(stops(judge(planOf(keyAlone, noted('alias/shop/invoices')), said))).toEqual([]);
      expect(judge(planOf(keyAlone, noted('alias/shop/orders')))).toEqual([]);
    });

    test.each([
      [undefined],
      [null],
      [7],
      [''],
      ['shop/invoices'],
      ['alias/'],
      ['alias/a\nb'],
      ['x-alias/shop/invoices'],
      [['alias/shop/invoices']],
    ])('is not told by a note in another form: %j', (before) => {
      expect(judge(planOf(keyAlone, noted(before)))).toEqual([]);
    });

    test('is told by its aliases before its note: a rename that was stopped has noted the new name', () => {
      const raw = planOf([key, alias('alias/shop/orders')], noted('alias/shop/new'));
      expect(judge(raw)).toEqual([]);
    });

    test('and no key either, is nobody’s: a first apply that failed may be tried under another name', () => {
      expect(judge(planOf(created, noted('alias/shop/order')))).toEqual([]);
    });
  });

  test('a key whose alias was never made goes on: the apply that made it was stopped', () => {
    expect(judge(planOf([key, created[1] ?? {}]))).toEqual([]);
  });

  test.each(['first-creation', 'no-change', 'region-removed', 'destroy', 'partly-applied', 'import'])(
    'the real plan %s is on the state of its own alias',
    (name) => {
      const model = goldenModel(name);
      const found = guardPlan({
        model,
        owner: { alias: 'aws_cb_cmk' },
        primaryRegion: PRIMARY,
        options: CONFIRMED,
      });
      expect(stops(found)).toEqual([]);
    },
  );
});

test('each kind is told in its own words', () => {
  const kinds = [
    judge(planOf([...created, foreign('aws_s3_bucket.logs', ['delete'])])),
    judge(planOf([key, alias('alias/shop/orders'), foreign('module.vpc.aws_vpc.this', ['delete'])])),
    judge(planOf([key, alias('alias/shop/invoices')])),
    judge(planOf([key, alias('alias/shop/invoices')]), { ...OWNER, renamedFrom: 'shop/order' }),
    judge(planOf(created), { ...OWNER, renamedFrom: 'old' }),
    judge(planOf([key, alias('alias/shop/orders')], { output_changes: { vpc_id: { actions: ['delete'] } } })),
  ];
  expect(kinds.map(([finding]) => finding?.rule)).toEqual([
    'foreign-state',
    'foreign-resource',
    'another-alias',
    'another-alias',
    'rename-without-key',
    'foreign-output',
  ]);
  expect(kinds.map(([finding]) => finding !== undefined && isStateOfAnother(finding))).toEqual([
    ...[true, false, true, true, false, false],
  ]);
  expect(kinds.map(([finding]) => finding !== undefined && isForeignBeside(finding))).toEqual([
    ...[false, true, false, false, false, false],
  ]);
});
