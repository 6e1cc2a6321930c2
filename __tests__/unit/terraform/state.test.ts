import { describe, expect, test } from 'vitest';
import { readState, recordedKeysOf, type RecordedKey } from '../../../src/terraform/state.js';

const ACCOUNT = '999900001111';
const ID = `mrk-${'1'.repeat(32)}`;

function resource(type: string, region: string, more: object = {}): object {
  const alias = type === 'aws_kms_alias';
  const arn = `arn:aws:kms:${region}:${ACCOUNT}:${alias ? 'alias/app' : `key/${ID}`}`;
  const values = alias ? { arn, name: 'alias/app' } : { arn, key_id: ID, policy: `{"of":"${region}"}` };
  return { address: `${type}.this`, mode: 'managed', type, values, ...more };
}

/** The keys of a state, and its outputs. */
function read(json: unknown): { keys: RecordedKey[]; outputs: Readonly<Record<string, unknown>> } {
  const state = readState(json, 'eu-west-1');
  return { keys: recordedKeysOf(state), outputs: state.outputs };
}

function state(...modules: object[][]): unknown {
  const children = modules.map((resources) => ({ resources }));
  return {
    format_version: '1.0',
    values: { outputs: { key_id: { value: ID, type: 'string' } }, root_module: { child_modules: children } },
  };
}

describe('the keys that a state knows', () => {
  test('are the primary, and then the replicas by Region, each with the alias of its Region', () => {
    const { keys, outputs } = read(
      state(
        [resource('aws_kms_replica_key', 'us-east-1'), resource('aws_kms_alias', 'us-east-1')],
        [resource('aws_kms_key', 'eu-west-1'), resource('aws_kms_alias', 'eu-west-1')],
        [resource('aws_kms_replica_key', 'eu-central-1')],
      ),
    );
    expect(keys.map(({ region, role, alias }) => [region, role, alias])).toEqual([
      ['eu-west-1', 'primary', 'alias/app'],
      ['eu-central-1', 'replica', undefined],
      ['us-east-1', 'replica', 'alias/app'],
    ]);
    expect(keys[0]).toMatchObject({ keyId: ID, policy: '{"of":"eu-west-1"}' });
    expect(outputs).toEqual({ key_id: ID });
  });

  test('are in the Region that the resource itself names, where it names one', () => {
    const values = { region: 'eu-west-1', arn: `arn:aws:kms:eu-west-1:${ACCOUNT}:key/${ID}`, key_id: ID };
    expect(read(state([resource('aws_kms_key', 'eu-west-1', { values })])).keys).toHaveLength(1);
  });

  test('are neither data sources nor what was replaced', () => {
    const others = [
      resource('aws_kms_key', 'eu-west-1', { mode: 'data' }),
      resource('aws_kms_key', 'eu-west-1', { deposed_key: '0a1b2c3d' }),
      { address: 'null_resource.this', mode: 'managed', type: 'null_resource', values: { id: '1' } },
    ];
    expect(read(state(others)).keys).toEqual([]);
  });

  test('are none in an empty state', () => {
    expect(read({ format_version: '1.0' })).toEqual({ keys: [], outputs: {} });
  });

  test.each([[[]], [{ values: { root_module: { resources: 'none' } } }], ['']])(
    '%j is refused: it is no state',
    (json) => {
      expect(() => readState(json, 'eu-west-1')).toThrow(
        'The state that terraform show printed has an unexpected form',
      );
    },
  );
});
