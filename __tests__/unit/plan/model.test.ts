import { describe, expect, test } from 'vitest';
import { ActionError } from '../../../src/errors.js';
import { buildPlanModel, kindOfType } from '../../../src/plan/model.js';
import {
  aliasChange,
  goldenModel,
  modelOf,
  planOf,
  PRIMARY,
  primaryChange,
  primaryValues,
  REPLICA,
  replicaChange,
  replicaValues,
  resourceChange,
  type Json,
} from './raw-plan.js';

const NOTHING = { add: 0, change: 0, destroy: 0, import: 0, forget: 0, move: 0 };

describe('real plans', () => {
  test.each([
    ['first-creation', { add: 6 }],
    ['no-change', {}],
    ['region-added', { add: 2 }],
    ['region-removed', { destroy: 2 }],
    ['account-added', { change: 3 }],
    ['account-removed', { change: 3 }],
    ['rotation-off', { change: 1 }],
    ['shorter-window', { change: 3 }],
    ['custom-policy', { change: 3 }],
    ['alias-renamed', { add: 3, destroy: 3 }],
    ['tags-changed', { change: 3 }],
    ['tainted-replica', { add: 1, change: 1, destroy: 1 }],
    ['import', { import: 1, change: 1 }],
    ['forgotten', { forget: 2 }],
    ['destroy', { destroy: 6 }],
    ['partly-applied', { add: 1 }],
    ['drift-policy', { change: 1 }],
    ['drift-description', { change: 1 }],
    ['ten-regions', { add: 20 }],
  ])('%s has the counts that Terraform prints', (name, counts) => {
    expect(goldenModel(name).counts).toMatchObject({ ...NOTHING, ...counts });
  });

  test.each(['first-creation', 'region-removed', 'destroy', 'import', 'tainted-replica', 'ten-regions'])(
    'nothing in %s is not understood, or has no Region',
    (name) => {
      const model = goldenModel(name);
      expect(model.unsupported).toEqual([]);
      expect(model.unknownFields).toEqual([]);
      expect(model.resources.filter(({ region }) => region === undefined)).toEqual([]);
    },
  );

  test('a first creation knows the Region and alias of every row before there is an ARN', () => {
    const rows = goldenModel('first-creation').regions;
    expect(rows.map(({ region, role, alias, keyArn }) => [region, role, alias, keyArn])).toEqual([
      ['ap-southeast-1', 'primary', 'alias/aws_cb_cmk', undefined],
      ['ap-southeast-2', 'replica', 'alias/aws_cb_cmk', undefined],
      ['ap-southeast-3', 'replica', 'alias/aws_cb_cmk', undefined],
    ]);
  });

  test('no change is no change, with all keys and outputs known', () => {
    const model = goldenModel('no-change');
    expect(model.hasChanges).toBe(false);
    expect(model.regions.map(({ keyArn }) => keyArn)).not.toContain(undefined);
    expect(Object.keys(model.outputs)).toContain('primary_key_arn');
  });

  test('a Region that goes is still a row', () => {
    const row = goldenModel('region-removed').regions.find(({ region }) => region === 'ap-southeast-3');
    expect(row?.key?.action).toBe('delete');
  });

  test('only a destroy plan destroys', () => {
    expect(goldenModel('destroy').destroys).toBe(true);
    expect(goldenModel('region-removed').destroys).toBe(false);
    expect(goldenModel('no-change').destroys).toBe(false);
  });

  test('a tainted replica is replaced for that reason', () => {
    const key = goldenModel('tainted-replica').resources.find(({ action }) => action === 'replace');
    expect(key).toMatchObject({ kind: 'replica', region: REPLICA, reason: 'replace_because_tainted' });
  });

  test('drift names the attribute that was changed outside Terraform, as recorded and as found', () => {
    const [drift, ...more] = goldenModel('drift-description').drift.filter(({ kind }) => kind === 'primary');
    expect(more).toEqual([]);
    expect(drift?.attributes).toContainEqual({
      name: 'description',
      before: { is: 'value', value: 'Customer managed key' },
      after: { is: 'value', value: 'changed by hand' },
      forcesReplacement: false,
    });
  });

  test('what forces a replacement is marked', () => {
    const key = goldenModel('spec-changed').resources.find(({ kind }) => kind === 'primary');
    const forcing = key?.attributes.filter(({ forcesReplacement }) => forcesReplacement);
    expect(forcing?.map(({ name }) => name)).toContain('customer_master_key_spec');
  });
});

describe('the Region of a resource', () => {
  const providers = (key: string, region: Json): Json => ({
    configuration: {
      provider_config: { [key]: { name: 'aws', expressions: { region } } },
      root_module: {
        module_calls: {
          primary: { module: { resources: [{ address: 'aws_kms_alias.this', provider_config_key: key }] } },
          replica: { module: { resources: [{ address: 'aws_kms_alias.this', provider_config_key: key }] } },
        },
      },
    },
  });
  interface Created {
    readonly address: string;
    readonly after?: Json;
    readonly plan?: Json;
  }
  const address = 'module.primary.aws_kms_alias.this';
  const configured = providers('aws', { constant_value: 'eu-west-3' });
  const template = providers('aws', { constant_value: '${var.r}', references: ['var.r'] });
  const arn = 'arn:aws:kms:us-east-2:999900001111:alias/a';

  test.each<[string, Created, string | undefined]>([
    ['its own region first', { address, after: { region: 'us-east-1', arn } }, 'us-east-1'],
    ['then its ARN’s', { address, after: { arn }, plan: configured }, 'us-east-2'],
    ['then its provider’s', { address, plan: configured }, 'eu-west-3'],
    [
      'but its instance key’s before',
      { address: 'module.replica["eu-west-1"].aws_kms_alias.this', plan: configured },
      'eu-west-1',
    ],
    ['then its module’s', { address: 'module.replica_eu-west-2.aws_kms_alias.this' }, 'eu-west-2'],
    [
      'not one of an ARN without',
      { address, after: { arn: 'arn:aws:iam::1:role/a' }, plan: configured },
      'eu-west-3',
    ],
    [
      'its provider’s under any instance key',
      { address: 'module.replica["a[0]\\"b"].aws_kms_alias.this[12]', plan: configured },
      'eu-west-3',
    ],
    ['not a template', { address, plan: template }, undefined],
    ['not any module’s', { address: 'module.something.aws_kms_alias.this' }, undefined],
  ])('is %s', (_, { address: at, after = {}, plan = {} }, region) => {
    const [created] = modelOf([resourceChange(at, { actions: ['create'], after })], plan).resources;
    expect(created?.region).toBe(region);
  });

  test('of what is made anew is the configured one, not its predecessor’s', () => {
    const raw = primaryChange({
      actions: ['delete', 'create'],
      before: primaryValues(),
      after: { region: 'us-east-1' },
    });
    expect(modelOf([raw]).resources[0]?.region).toBe('us-east-1');
  });

  test('of what is made anew is its module’s, that of what goes its own', () => {
    const before = replicaValues();
    const regionOf = (actions: string[], after: Json | null): unknown =>
      modelOf([replicaChange({ actions, before, after }, 'eu-west-1')]).resources[0]?.region;
    expect(regionOf(['delete', 'create'], {})).toBe('eu-west-1');
    expect(regionOf(['delete'], null)).toBe(REPLICA);
    expect(regionOf(['update'], {})).toBe(REPLICA);
  });

  test('that nothing tells is no matter for what is neither key nor alias', () => {
    expect(modelOf([resourceChange('aws_other.this', { actions: ['create'] })]).unsupported).toEqual([]);
  });

  test('with an alias alone has the role of the alias’s module', () => {
    const alias = (module: string, region: string): Json =>
      aliasChange({ actions: ['create'], after: { name: 'alias/a', region } }, module);
    const model = modelOf([alias('primary', PRIMARY), alias('replica_ap-southeast-2', REPLICA)]);
    expect(model.regions.map(({ region, role, key }) => [region, role, key])).toEqual([
      [PRIMARY, 'primary', undefined],
      [REPLICA, 'replica', undefined],
    ]);
  });

  test('shows the alias that stays, not one that goes', () => {
    const values = (name: string): Json => ({ name, region: PRIMARY });
    const [goes, stays] = [
      aliasChange({ actions: ['delete'], before: values('alias/a'), resource: { deposed: 'a' } }, 'a'),
      aliasChange({ actions: ['no-op'], before: values('alias/b'), after: values('alias/b') }, 'b'),
    ];
    expect(modelOf([goes, stays]).regions.map(({ alias }) => alias)).toEqual(['alias/b']);
    expect(modelOf([goes]).regions.map(({ alias }) => alias)).toEqual(['alias/a']);
  });

  test('that nothing tells is said', () => {
    const raw = resourceChange('aws_kms_key.mine', { actions: ['create'], after: {} });
    expect(modelOf([raw]).unsupported).toEqual(['a resource whose Region is not known: aws_kms_key.mine']);
  });

  test('is one row for each role while a key changes its role', () => {
    const model = modelOf([
      replicaChange({ actions: ['delete'], before: replicaValues() }),
      aliasChange(
        { actions: ['delete'], before: { name: 'alias/a', arn: 'arn:aws:kms:ap-southeast-2:1:a' } },
        'replica_ap-southeast-2',
      ),
      primaryChange({ actions: ['create'], after: { region: REPLICA } }),
      aliasChange({ actions: ['create'], after: { name: 'alias/a', region: REPLICA } }),
    ]);
    expect(
      model.regions.map(({ region, role, key, aliases }) => [region, role, key?.action, aliases.length]),
    ).toEqual([
      [REPLICA, 'primary', 'create', 1],
      [REPLICA, 'replica', 'delete', 1],
    ]);
  });
});

describe('what is not a plain create, update or delete', () => {
  test('a move alone is a change', () => {
    const same = primaryValues();
    const model = modelOf([
      primaryChange({
        actions: ['no-op'],
        before: same,
        after: same,
        resource: { previous_address: 'aws_kms_key.old' },
      }),
    ]);
    expect(model).toMatchObject({ hasChanges: true, counts: { ...NOTHING, move: 1 } });
    expect(model.resources[0]?.movedFrom).toBe('aws_kms_key.old');
  });

  test('an import alone is a change, by id or by identity', () => {
    const same = primaryValues();
    const imported = (importing: Json): Json =>
      primaryChange({ actions: ['no-op'], before: same, after: same, change: { importing } });
    expect(modelOf([imported({ id: 'mrk-1' })])).toMatchObject({ hasChanges: true, counts: { import: 1 } });
    expect(modelOf([imported({ id: 'mrk-1' })]).resources[0]?.importing).toBe('mrk-1');
    expect(modelOf([imported({ identity: { id: 'mrk-1' } })]).resources[0]?.importing).toBe(
      'by its identity',
    );
  });

  test('an output alone is a change', () => {
    const output_changes = {
      key_id: { actions: ['update'], before: 'a', after: 'b' },
      other: { actions: ['no-op'] },
    };
    expect(modelOf([], { output_changes })).toMatchObject({ hasChanges: true, changedOutputs: ['key_id'] });
  });

  test('a deposed object has an address of its own', () => {
    const raw = aliasChange({
      actions: ['delete'],
      before: { name: 'alias/old' },
      resource: { deposed: 'abcd1234' },
    });
    expect(modelOf([raw]).resources[0]?.address).toBe('module.primary.aws_kms_alias.this (deposed abcd1234)');
  });

  test('a data source that is read at apply is shown, and is no change', () => {
    const raw = {
      ...resourceChange('data.aws_partition.this', { actions: ['read'], after: {} }),
      mode: 'data',
    };
    const model = modelOf([raw]);
    expect(model.resources.map(({ action, kind }) => [action, kind])).toEqual([['read', 'other']]);
    expect(model.hasChanges).toBe(false);
  });

  test('a data source is never one of the keys, and one that needs no reading is not shown', () => {
    const data = (actions: string[]): Json => ({
      ...resourceChange('data.aws_kms_key.this', { actions, after: {} }),
      mode: 'data',
    });
    const model = modelOf([data(['read'])]);
    expect(model.resources.map(({ kind }) => kind)).toEqual(['other']);
    expect(modelOf([data(['no-op'])], { resource_drift: [data(['update'])] })).toMatchObject({
      resources: [],
      drift: [],
    });
  });

  test('a resource whose address stays is not moved', () => {
    const address = 'module.primary.aws_kms_key.this';
    const same = primaryValues();
    const raw = primaryChange({
      actions: ['no-op'],
      before: same,
      after: same,
      resource: { previous_address: address },
    });
    expect(modelOf([raw])).toMatchObject({ hasChanges: false, counts: NOTHING });
  });

  test('outputs that change are named in order, whichever way they do', () => {
    const output_changes = {
      b: { actions: ['delete', 'create'] },
      a: { actions: ['create'] },
      c: { actions: ['no-op'] },
    };
    expect(modelOf([], { output_changes }).changedOutputs).toEqual(['a', 'b']);
  });

  test('outputs are those that are known and not secret', () => {
    const outputs = {
      known: { value: 1 },
      secret: { value: 'hunter2', sensitive: true },
      none: { value: null },
      left: {},
      later: { value: ['a', null] },
    };
    const output_changes = { later: { actions: ['update'], after_unknown: [false, true] } };
    expect(modelOf([], { planned_values: { outputs }, output_changes }).outputs).toEqual({ known: 1 });
  });

  test('a drift that is only a move is not told twice', () => {
    const raw = primaryChange({
      actions: ['no-op'],
      before: {},
      after: {},
      resource: { previous_address: 'x.y' },
    });
    expect(modelOf([], { resource_drift: [raw] }).drift).toEqual([]);
  });
});

describe('attributes', () => {
  const attributesOf = (raw: Json): Record<string, [unknown, unknown]> =>
    Object.fromEntries(
      (modelOf([raw]).resources[0]?.attributes ?? []).map(({ name, before, after }) => [
        name,
        [before, after],
      ]),
    );

  test('are those that differ, with unknown, absent and sensitive sides as such', () => {
    const raw = primaryChange({
      actions: ['update'],
      before: { same: 1, text: 'a', gone: 'x', secret: 'old', tags: { a: '1' } },
      after: { same: 1, text: 'b', gone: null, secret: 'new' },
      unknown: { tags: { a: true } },
      change: { before_sensitive: { secret: true }, after_sensitive: { secret: true } },
    });
    expect(attributesOf(raw)).toEqual({
      text: [
        { is: 'value', value: 'a' },
        { is: 'value', value: 'b' },
      ],
      gone: [{ is: 'value', value: 'x' }, { is: 'absent' }],
      secret: [{ is: 'sensitive' }, { is: 'sensitive' }],
      tags: [{ is: 'value', value: { a: '1' } }, { is: 'unknown' }],
    });
  });

  test('that are sensitive and the same are none', () => {
    const raw = primaryChange({
      actions: ['update'],
      before: { secret: 'same', text: 'a' },
      after: { secret: 'same', text: 'b' },
      change: { before_sensitive: { secret: true }, after_sensitive: true },
    });
    expect(Object.keys(attributesOf(raw))).toEqual(['text']);
  });

  test('that only become secret, or no secret any more, are none', () => {
    for (const change of [{ before_sensitive: { secret: true } }, { after_sensitive: { secret: true } }]) {
      const raw = primaryChange({
        actions: ['update'],
        before: { secret: 'same', text: 'a' },
        after: { secret: 'same', text: 'b' },
        change,
      });
      expect(Object.keys(attributesOf(raw))).toEqual(['text']);
    }
  });

  test('that are secret and not known yet are listed, in order with the others', () => {
    const raw = primaryChange({
      actions: ['update'],
      before: { secret: 'a', other: 'a' },
      after: { secret: 'a', other: 'b' },
      unknown: { secret: true },
      change: { before_sensitive: { secret: true }, after_sensitive: { secret: true } },
    });
    expect(Object.keys(attributesOf(raw))).toEqual(['other', 'secret']);
  });

  test('with a sensitive part are sensitive as a whole', () => {
    const raw = primaryChange({
      actions: ['create'],
      after: { tags: { a: 'secret', b: 'x' } },
      change: { after_sensitive: { tags: { a: true, b: false, c: null } } },
    });
    expect(attributesOf(raw)).toEqual({ tags: [{ is: 'absent' }, { is: 'sensitive' }] });
  });
});

describe('what is not understood', () => {
  const change = primaryChange({ actions: ['no-op'], before: primaryValues(), after: primaryValues() });

  test.each<[string, Json, string]>([
    ['another major format', { format_version: '2.0' }, 'the plan format 2.0'],
    [
      'a plan with errors',
      { errored: true, complete: false },
      'an error that ended planning before it was complete',
    ],
    ['a plan for a part', { complete: false }, 'changes that are left for a later run'],
    ['deferred changes', { deferred_changes: [{}, {}] }, '2 deferred_changes'],
    ['provider actions', { action_invocations: [{}] }, '1 action_invocations'],
    [
      'a failing check',
      { checks: [{ address: { to_display: 'check.a' }, status: 'fail' }] },
      'a check with the status fail: check.a',
    ],
    [
      'an unknown action on an output',
      { output_changes: { a: { actions: ['explode'] } } },
      'the action explode on the output a',
    ],
  ])('%s is named', (_, changed, words) => {
    expect(modelOf([change], changed).unsupported).toEqual([words]);
  });

  test.each([
    [['explode'], 'managed', 'the action explode on module.primary.aws_kms_key.this'],
    [['create', 'forget'], 'managed', 'the action create,forget on module.primary.aws_kms_key.this'],
    [['open'], 'ephemeral', 'a resource of the mode ephemeral: module.primary.aws_kms_key.this'],
  ])('the action %j of a %s resource is named', (actions, mode, words) => {
    const raw = primaryChange({
      actions,
      before: primaryValues(),
      after: primaryValues(),
      resource: { mode },
    });
    expect(modelOf([raw]).unsupported).toEqual([words]);
  });

  test('a passing check is fine', () => {
    expect(modelOf([change], { checks: [{ status: 'pass' }, { status: 'unknown' }] }).unsupported).toEqual(
      [],
    );
  });

  test('members that a later minor version adds are named apart', () => {
    const raw = primaryChange({ actions: ['no-op'], change: { mood: 1 }, resource: { colour: 2 } });
    expect(modelOf([raw], { weather: 3 })).toMatchObject({
      unsupported: [`a resource whose Region is not known: module.primary.aws_kms_key.this`],
      unknownFields: ['resource_changes.change.mood', 'resource_changes.colour', 'weather'],
    });
  });
});

describe('what is no plan', () => {
  test.each<[string, unknown, string]>([
    ['null', null, 'its root'],
    ['a state', { values: {} }, 'format_version'],
    [
      'a change without actions',
      planOf([{ address: 'a', mode: 'managed', type: 't', change: { actions: [] } }]),
      'resource_changes.0.change.actions',
    ],
    [
      'a value of another type',
      planOf([primaryChange({ actions: ['update'], change: { before: 'secret text' } })]),
      'resource_changes.0.change.before',
    ],
  ])('%s is refused with the place and without the value', (_, json, place) => {
    expect(() => buildPlanModel(json)).toThrow(ActionError);
    expect(() => buildPlanModel(json)).toThrow(place);
    expect(() => buildPlanModel(json)).not.toThrow('secret text');
  });

  test('members that may be left out may be left out', () => {
    expect(buildPlanModel({ format_version: '1.2' })).toMatchObject({ hasChanges: false, regions: [] });
  });
});

test('rows are the primary first and then the replicas by Region', () => {
  const keep = (region: string): Json =>
    replicaChange(
      { actions: ['no-op'], before: replicaValues({}, region), after: replicaValues({}, region) },
      region,
    );
  const primary = primaryChange({ actions: ['no-op'], before: primaryValues(), after: primaryValues() });
  const model = modelOf([keep('us-east-1'), keep('af-south-1'), primary]);
  expect(model.regions.map(({ region }) => region)).toEqual([PRIMARY, 'af-south-1', 'us-east-1']);
});

describe('what the refresh found', () => {
  const drift = (before: Json, after: Json): unknown =>
    modelOf([], {
      resource_drift: [
        replicaChange({ actions: ['update'], before: replicaValues(before), after: replicaValues(after) }),
      ],
    }).drift.map(({ attributes }) => attributes.map(({ name }) => name));

  test('is no drift where it only writes "none" or the Region in another way', () => {
    expect(drift({ tags: null, description: '' }, { tags: {}, description: null })).toEqual([]);
    expect(drift({ tags: null }, { tags: {}, region: 'ap-southeast-2' })).toEqual([]);
  });

  test('is drift where a setting appears, or the Region of record is another', () => {
    expect(drift({}, { enabled_since: 'x' })).toEqual([['enabled_since']]);
    expect(drift({ region: REPLICA }, { region: 'us-east-1' })).toEqual([['region']]);
  });

  test('is drift where a resource is gone, in order', () => {
    const gone = (region: string): Json => replicaChange({ actions: ['delete'], before: {} }, region);
    const model = modelOf([], { resource_drift: [gone('us-east-1'), gone('af-south-1')] });
    expect(model.drift.map(({ region }) => region)).toEqual(['af-south-1', 'us-east-1']);
  });

  test('is drift where something was taken away or added, without the noise beside it', () => {
    expect(drift({ tags: { team: 'platform' } }, { tags: {} })).toEqual([['tags']]);
    expect(drift({ tags: null, enabled: true }, { tags: {}, enabled: false })).toEqual([['enabled']]);
  });
});

describe('a plan destroys', () => {
  const deleted = (resource: Json = {}): Json =>
    replicaChange({ actions: ['delete'], before: replicaValues(), resource });
  const read = { ...resourceChange('data.aws_partition.this', { actions: ['read'] }), mode: 'data' };

  test.each<[string, Json[], boolean]>([
    ['everything is deleted', [deleted(), read], true],
    ['there is nothing', [], false],
    ['only something is read', [read], false],
    [
      'what is deleted has left the configuration',
      [deleted({ action_reason: 'delete_because_no_module' })],
      false,
    ],
    [
      'something stays',
      [deleted(), primaryChange({ actions: ['no-op'], before: primaryValues(), after: primaryValues() })],
      false,
    ],
  ])('or not, when %s', (_, raw, expected) => {
    expect(modelOf(raw).destroys).toBe(expected);
  });
});

test('resources are in the order of their addresses', () => {
  const made = (region: string): Json => replicaChange({ actions: ['create'], after: {} }, region);
  const model = modelOf([made('us-east-1'), made('eu-west-1'), made('ap-south-1')]);
  expect(model.resources.map(({ region }) => region)).toEqual(['ap-south-1', 'eu-west-1', 'us-east-1']);
});

test.each([
  ['aws_kms_key', 'primary'],
  ['aws_kms_external_key', 'primary'],
  ['aws_kms_replica_key', 'replica'],
  ['aws_kms_replica_external_key', 'replica'],
  ['aws_kms_alias', 'alias'],
  ['aws_kms_grant', 'other'],
])('%s is of the kind %s', (type, kind) => {
  expect(kindOfType(type)).toBe(kind);
});
