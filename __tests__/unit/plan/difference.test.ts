import { describe, expect, test } from 'vitest';
import {
  compareFingerprints,
  fingerprintChanges,
  summarisePlan,
  type Fingerprint,
} from '../../../src/plan/difference.js';
import {
  aliasChange,
  goldenModel,
  modelOf,
  policyOf,
  PRIMARY,
  primaryChange,
  primaryValues,
  replicaChange,
  replicaValues,
  resourceChange,
  root,
  ROOT_POLICY,
  statement,
  updatePolicy,
  type Json,
} from './raw-plan.js';

const fingerprints = (name: string): Fingerprint[] => fingerprintChanges(goldenModel(name));

describe('a plan in short sentences', () => {
  test.each<[string, string[]]>([
    ['no-change', []],
    [
      'region-added',
      [
        'ap-northeast-1: alias/aws_cb_cmk created',
        'ap-northeast-1: replica key created',
        'output replica_key_arns changes',
      ],
    ],
    ['region-removed', ['ap-southeast-3: alias/aws_cb_cmk deleted', 'ap-southeast-3: replica key deleted']],
    ['rotation-off', ['ap-southeast-1: primary key changed: enable_key_rotation']],
    ['alias-renamed', ['ap-southeast-2: alias/aws_cb_cmk → alias/payments replaced']],
    ['account-added', ['ap-southeast-1: primary key changed: policy']],
    ['tainted-replica', ['ap-southeast-2: replica key replaced']],
    ['forgotten', ['ap-southeast-3: replica key forgotten']],
  ])('%s', (name, lines) => {
    const said = summarisePlan(goldenModel(name));
    expect(said).toEqual(expect.arrayContaining(lines));
    if (lines.length === 0) expect(said).toEqual([]);
  });

  test('says who gains what', () => {
    expect(summarisePlan(goldenModel('account-added'))).toContainEqual(
      expect.stringMatching(/^all Regions: arn:aws:iam::777788889999:root gains kms:Decrypt, /),
    );
  });

  test('says what a denial and a condition do', () => {
    const deny = statement({ Effect: 'Deny', Action: 'kms:Sign', Condition: { Bool: { 'aws:a': 'true' } } });
    const model = updatePolicy(ROOT_POLICY, policyOf(statement(), deny));
    expect(summarisePlan(model)).toContain(
      'all Regions: arn:aws:iam::999900001111:root is denied kms:Sign, only if Bool aws:a = "true"',
    );
  });

  test('says what is imported, moved and changed at once', () => {
    const raw = primaryChange({
      actions: ['update'],
      before: primaryValues(),
      after: primaryValues({ description: 'B' }),
      change: { importing: { id: 'mrk-1' } },
      resource: { previous_address: 'aws_kms_key.old' },
    });
    expect(summarisePlan(modelOf([raw]))).toEqual([
      'ap-southeast-1: primary key imported (mrk-1) and moved from aws_kms_key.old and changed: description',
    ]);
  });

  test('says of a move alone that it is one, and names what is neither key nor alias by its address', () => {
    const same = primaryValues();
    const moved = primaryChange({
      actions: ['no-op'],
      before: same,
      after: same,
      resource: { previous_address: 'aws_kms_key.old' },
    });
    const other = resourceChange('aws_other.this', { actions: ['create'], after: { name: 'alias/a' } });
    expect(summarisePlan(modelOf([moved, other]))).toEqual([
      'aws_other.this created',
      'ap-southeast-1: primary key moved from aws_kms_key.old',
    ]);
  });

  test('names an alias once where only its key changes', () => {
    const values = (target_key_id: string): Json => ({ name: 'alias/a', target_key_id, region: PRIMARY });
    const raw = aliasChange({ actions: ['update'], before: values('a'), after: values('b') });
    expect(summarisePlan(modelOf([raw]))).toEqual(['ap-southeast-1: alias/a changed: target_key_id']);
  });

  test('says where somebody gains, when it is not everywhere', () => {
    const same = primaryValues();
    const replica = replicaChange({
      actions: ['update'],
      before: replicaValues(),
      after: replicaValues({
        policy: policyOf(statement(), statement({ Principal: { AWS: root('111122223333') } })),
      }),
    });
    const model = modelOf([primaryChange({ actions: ['no-op'], before: same, after: same }), replica]);
    expect(summarisePlan(model)).toContain('ap-southeast-2: arn:aws:iam::111122223333:root gains kms:*');
  });

  test('never holds a value of an attribute', () => {
    const raw = primaryChange({
      actions: ['update'],
      before: primaryValues(),
      after: primaryValues({ description: 'hunter2', tags: { secret: 'hunter2' } }),
    });
    expect(JSON.stringify(fingerprintChanges(modelOf([raw])))).not.toContain('hunter2');
  });
});

describe('what differs from what was approved', () => {
  test('is nothing for the same plan', () => {
    expect(compareFingerprints(fingerprints('account-added'), fingerprints('account-added'))).toEqual({
      gone: [],
      added: [],
    });
  });

  test('is what came and what went', () => {
    const { gone, added } = compareFingerprints(
      fingerprints('rotation-off'),
      fingerprints('drift-description'),
    );
    expect(gone).toEqual(['ap-southeast-1: primary key changed: enable_key_rotation']);
    expect(added).toEqual(['ap-southeast-1: primary key changed: description']);
  });

  test('is in the values where the words are the same', () => {
    const described = (description: string): Fingerprint[] =>
      fingerprintChanges(
        modelOf([
          primaryChange({
            actions: ['update'],
            before: primaryValues(),
            after: primaryValues({ description }),
          }),
        ]),
      );
    expect(compareFingerprints(described('B'), described('C'))).toEqual({
      gone: ['ap-southeast-1: primary key changed: description (as approved)'],
      added: ['ap-southeast-1: primary key changed: description (with other values than approved)'],
    });
  });

  test('is the access, too', () => {
    const { added } = compareFingerprints(fingerprints('account-removed'), fingerprints('account-added'));
    expect(added.join('\n')).toContain('777788889999:root gains');
  });
});

test('the fingerprint of a creation, and of no other change, holds the values and which attributes are unknown', () => {
  const [created] = fingerprintChanges(
    modelOf([
      primaryChange({
        actions: ['create'],
        after: { region: PRIMARY, description: 'A', secret: null },
        unknown: { key_id: true, arn: true, tags: {}, description: false, secret: true },
        change: { after_sensitive: { secret: true } },
      }),
    ]),
  );
  const hash = expect.stringMatching(/^[0-9a-f]{32}$/);
  expect(created).toEqual({
    line: 'ap-southeast-1: primary key created',
    hash,
    creates: { address: 'module.primary.aws_kms_key.this', after: hash, unknown: ['arn', 'key_id'] },
  });
  const [deleted] = fingerprintChanges(
    modelOf([primaryChange({ actions: ['delete'], before: primaryValues() })]),
  );
  expect(deleted).toEqual({ line: 'ap-southeast-1: primary key deleted', hash });
});

test('an output with another value, or one that is not known yet, has another hash', () => {
  const output_changes = { key_id: { actions: ['update'] } };
  const hashes = [{ key_id: { value: 'a' } }, { key_id: { value: 'b' } }, {}].map((outputs) =>
    fingerprintChanges(modelOf([], { output_changes, planned_values: { outputs } })).map(({ hash }) => hash),
  );
  expect(new Set(hashes.flat()).size).toBe(3);
});

test('a fingerprint stays small: thirty Regions fit a comment beside everything else', () => {
  const size = JSON.stringify(fingerprints('ten-regions')).length;
  expect(size * 3).toBeLessThan(30_000);
});

test('an alias without a name is still a sentence', () => {
  const raw: Json = aliasChange({ actions: ['create'], after: {}, unknown: { name: true } });
  expect(summarisePlan(modelOf([raw]))).toEqual(['alias created']);
});
