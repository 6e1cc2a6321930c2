import { describe, expect, test } from 'vitest';
import {
  asNextOf,
  findPrimaryPlace,
  readStateReplicas,
  withoutEnds,
} from '../../../src/terraform/state-file.js';

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

const arn = (region: string): string => `arn:aws:kms:${region}:111122223333:key/mrk-1`;
const entry = (module: string | undefined, type: string, region: string, mode = 'managed'): object => ({
  ...(module === undefined ? {} : { module }),
  mode,
  type,
  name: 'this',
  provider: 'provider["registry.terraform.io/hashicorp/aws"]',
  instances: [{ schema_version: 0, attributes: { arn: arn(region), id: 'mrk-1' }, private: 'x' }],
});
const ALIASES = [
  entry('module.policy', 'aws_caller_identity', 'x', 'data'),
  entry('module.primary', 'aws_kms_key', 'eu-west-1'),
  entry('module.primary', 'aws_kms_alias', 'eu-west-1'),
  entry('module.replica_eu-west-2', 'aws_kms_replica_key', 'eu-west-2'),
  entry('module.replica_eu-west-2', 'aws_kms_alias', 'eu-west-2'),
  entry('module.replica_eu-west-3', 'aws_kms_replica_key', 'eu-west-3'),
];
const numberedState = (resources: object[]): string =>
  JSON.stringify({ version: 4, serial: 7, lineage: 'l', outputs: { a: 1 }, resources, check_results: null });

describe('where the primary is', () => {
  test('is told by the ARNs, in both layouts', () => {
    const byRegion = JSON.parse(
      JSON.stringify(ALIASES).replace(/module\.replica_([a-z0-9-]+)/g, 'module.replica[\\"$1\\"]'),
    ) as object[];
    for (const resources of [ALIASES, byRegion]) {
      expect(findPrimaryPlace(numberedState(resources))).toEqual({
        region: 'eu-west-1',
        arn: arn('eu-west-1'),
        keyId: 'mrk-1',
        replicas: ['eu-west-2', 'eu-west-3'],
      });
    }
  });

  test('is nowhere without a state, and in one without a primary', () => {
    expect(findPrimaryPlace('')).toBeUndefined();
    expect(findPrimaryPlace(numberedState(ALIASES.slice(3)))).toBeUndefined();
    expect(
      findPrimaryPlace(numberedState([entry('module.other', 'aws_kms_key', 'eu-west-1')])),
    ).toBeUndefined();
  });

  test('is an error in what is no state', () => {
    expect(() => findPrimaryPlace('{"resources": 1}')).toThrow();
  });
});

test('what is at both ends is left out, and all else stays as it was', () => {
  const [data, , , , , third] = ALIASES;
  const ends = withoutEnds(numberedState(ALIASES), ['eu-west-1', 'eu-west-2']);
  expect(JSON.parse(ends)).toEqual(JSON.parse(numberedState([data ?? {}, third ?? {}])));
});

test('what came about in a copy is the next state of what it was copied from, whatever number it got there', () => {
  const made = JSON.stringify({ version: 4, serial: 12, lineage: 'l', resources: [] });
  expect(JSON.parse(asNextOf(made, numberedState(ALIASES)))).toMatchObject({
    serial: 8,
    lineage: 'l',
    resources: [],
  });
});
