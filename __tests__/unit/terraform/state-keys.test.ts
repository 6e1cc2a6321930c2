import { describe, expect, test } from '@jest/globals';
import { readStateReplicas } from '../../../src/terraform/state-keys.js';

const resource = (module: string, attributes: object, mode = 'managed'): object => ({
  module,
  mode,
  type: 'aws_kms_replica_key',
  name: 'this',
  instances: [{ schema_version: 0, attributes }],
});
const state = (...resources: object[]): string => JSON.stringify({ version: 4, resources });

describe('the replicas of a state', () => {
  test('are none where there is no state, or only a primary', () => {
    expect(readStateReplicas('')).toEqual([]);
    expect(readStateReplicas(state(resource('module.primary', {})))).toEqual([]);
    expect(readStateReplicas('{"version": 4}')).toEqual([]);
  });

  test('are found by their module, in both layouts', () => {
    const text = state(
      resource('module.replica_eu-west-1', { arn: 'x' }),
      resource('module.replica["ap-southeast-2"]', { region: 'ap-southeast-2' }),
    );
    expect(readStateReplicas(text)).toEqual([
      { region: 'ap-southeast-2', layout: 'region', saysRegion: true },
      { region: 'eu-west-1', layout: 'aliases', saysRegion: false },
    ]);
  });

  test('say their Region only when each of their resources does, and says that one', () => {
    const both = (alias: object): string =>
      state(
        resource('module.replica_eu-west-1', { region: 'eu-west-1' }),
        resource('module.replica_eu-west-1', alias),
      );
    expect(readStateReplicas(both({ region: 'eu-west-1' }))).toMatchObject([{ saysRegion: true }]);
    expect(readStateReplicas(both({}))).toMatchObject([{ saysRegion: false }]);
    expect(readStateReplicas(both({ region: 'us-east-1' }))).toMatchObject([{ saysRegion: false }]);
    expect(readStateReplicas(both({ region: null }))).toMatchObject([{ saysRegion: false }]);
  });

  test('are not taken from data sources, other modules, or names that are no Region', () => {
    const text = state(
      resource('module.replica_eu-west-1', {}, 'data'),
      resource('module.replica_nowhere', {}),
      resource('module.replicas["eu-west-1"]', {}),
      resource('module.x.module.replica_eu-west-1', {}),
    );
    expect(readStateReplicas(text)).toEqual([]);
  });

  test.each(['{', '{"resources": {}}', '[]', 'Error: no'])('%s is no state', (text) => {
    expect(() => readStateReplicas(text)).toThrow();
  });
});
