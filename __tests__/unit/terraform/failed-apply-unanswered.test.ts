import { describe, expect, test } from 'vitest';
import type { ResourceChange } from '../../../src/plan/types.js';
import type { StateModel, StateResource } from '../../../src/terraform/state.js';
import { findUnanswered } from '../../../src/terraform/failed-apply.js';

const ID = `mrk-${'0'.repeat(32)}`;
const ARN = `arn:aws:kms:ap-southeast-1:999900001111:key/${ID}`;
const REPLICA = 'module.replica_ap-southeast-2.aws_kms_replica_key.this';
const ALIAS = 'module.replica_ap-southeast-2.aws_kms_alias.this';
const PRIMARY = 'module.primary.aws_kms_key.this';

const recorded = (address: string, kind: StateResource['kind'], region: string): StateResource => ({
  address,
  kind,
  region,
  tainted: false,
  id: ID,
  values: { arn: ARN },
});
const PRIMARY_RECORDED = recorded(PRIMARY, 'primary', 'ap-southeast-1');
const REPLICA_RECORDED = recorded(REPLICA, 'replica', 'ap-southeast-2');
const stateOf = (...resources: StateResource[]): StateModel => ({ resources, outputs: {} });

const change = (address: string, kind: ResourceChange['kind'], rest: object = {}): ResourceChange =>
  ({ address, kind, region: 'ap-southeast-2', action: 'create', ...rest }) as ResourceChange;

const failureOf = (address: string, code = 'AlreadyExistsException') => ({
  diagnostics: [
    { summary: `creating: https response error StatusCode: 400, ${code}: it is there`, detail: '', address },
  ],
});

describe('a creation that KMS says was done already', () => {
  test('is that of a replica of the primary that the state has, and not the replica', () => {
    expect(
      findUnanswered(failureOf(REPLICA), stateOf(PRIMARY_RECORDED), {
        resources: [change(REPLICA, 'replica')],
      }),
    ).toEqual([{ address: REPLICA, kind: 'replica', region: 'ap-southeast-2', keyId: ID, primaryArn: ARN }]);
  });

  test('is that of an alias whose key the state has', () => {
    expect(
      findUnanswered(failureOf(ALIAS), stateOf(PRIMARY_RECORDED, REPLICA_RECORDED), {
        resources: [change(ALIAS, 'alias')],
      }),
    ).toMatchObject([{ address: ALIAS, kind: 'alias', keyId: ID }]);
  });

  const planned = [change(REPLICA, 'replica')];
  test.each<[string, ReturnType<typeof failureOf>, StateModel, ResourceChange[]]>([
    ['another error', failureOf(REPLICA, 'AccessDeniedException'), stateOf(PRIMARY_RECORDED), planned],
    ['an error of another resource', failureOf(ALIAS), stateOf(PRIMARY_RECORDED), planned],
    ['a state without a primary', failureOf(REPLICA), stateOf(), planned],
    [
      'a primary whose ARN is not known',
      failureOf(REPLICA),
      stateOf({ ...PRIMARY_RECORDED, values: {} }),
      planned,
    ],
    [
      'a replica that the state has',
      failureOf(REPLICA),
      stateOf(PRIMARY_RECORDED, REPLICA_RECORDED),
      planned,
    ],
    [
      'a replacement, which nobody approved as a creation alone',
      failureOf(REPLICA),
      stateOf(PRIMARY_RECORDED),
      [change(REPLICA, 'replica', { action: 'replace' })],
    ],
    [
      'an alias whose key the state does not have',
      failureOf(ALIAS),
      stateOf(PRIMARY_RECORDED),
      [change(ALIAS, 'alias')],
    ],
    [
      'a primary: CreateKey makes another one each time',
      failureOf(PRIMARY),
      stateOf(PRIMARY_RECORDED),
      [change(PRIMARY, 'primary')],
    ],
  ])('is none with %s', (_, failure, state, resources) => {
    expect(findUnanswered(failure, state, { resources })).toEqual([]);
  });
});
