import { describe, expect, test } from 'vitest';
import { findResumeSteps } from '../../../src/terraform/failed-apply.js';
import { outputsOfState, readState, type StateModel } from '../../../src/terraform/state.js';

const ID = 'mrk-54f8d7c23a1c7f2073b0d7bb84209411';
const arn = (region: string, resource = `key/${ID}`): string =>
  `arn:aws:kms:${region}:999900001111:${resource}`;

interface Raw {
  readonly address: string;
  readonly values?: Readonly<Record<string, unknown>>;
  readonly tainted?: boolean;
  readonly mode?: string;
}

/** As Terraform 1.11 writes it; one child module for each resource. */
function stateOf(...resources: readonly Raw[]): StateModel {
  const modules = resources.map(({ address, mode = 'managed', values = {}, ...more }) => ({
    address: address.split('.').slice(0, 2).join('.'),
    resources: [{ address, mode, type: address.split('.').at(-2), name: 'this', values, ...more }],
  }));
  const json = { format_version: '1.0', values: { root_module: { child_modules: modules } } };
  return readState(json, 'ap-southeast-1');
}

const PRIMARY = {
  address: 'module.primary.aws_kms_key.this',
  values: { id: ID, arn: arn('ap-southeast-1') },
};
/** A create that failed while AWS was at work leaves the id and no ARN. */
const TAINTED = {
  address: 'module.replica_ap-southeast-2.aws_kms_replica_key.this',
  values: { id: ID, arn: null, primary_key_arn: arn('ap-southeast-1') },
  tainted: true,
};
const REPLICA = {
  address: 'module.replica_ap-southeast-3.aws_kms_replica_key.this',
  values: { id: ID, arn: arn('ap-southeast-3') },
};
const ALIAS = {
  address: 'module.primary.aws_kms_alias.this',
  values: { id: 'alias/x', arn: arn('ap-southeast-1', 'alias/x') },
};

describe('the state after an apply that stopped half-way', () => {
  test('gives the outputs it can, a tainted replica among them', () => {
    expect(outputsOfState(stateOf(PRIMARY, TAINTED, REPLICA, ALIAS))).toEqual({
      'primary-key-arn': arn('ap-southeast-1'),
      'key-id': ID,
      'key-arns': {
        'ap-southeast-1': arn('ap-southeast-1'),
        'ap-southeast-2': arn('ap-southeast-2'),
        'ap-southeast-3': arn('ap-southeast-3'),
      },
      'replica-key-arns': {
        'ap-southeast-2': arn('ap-southeast-2'),
        'ap-southeast-3': arn('ap-southeast-3'),
      },
      'alias-arns': { 'ap-southeast-1': arn('ap-southeast-1', 'alias/x') },
    });
  });

  test('gives none when there is no state, or nothing in it', () => {
    expect(outputsOfState(readState({ format_version: '1.0' }, 'ap-southeast-1'))).toEqual({});
    expect(outputsOfState(stateOf())).toEqual({});
  });

  test('knows the Region of a replica of either rendering, and no other resource', () => {
    const { resources } = stateOf(
      { address: 'module.replica["eu-west-1"].aws_kms_replica_key.this', values: { id: ID } },
      { address: 'module.policy.data.aws_partition.current', mode: 'data' },
      { address: 'module.other.null_resource.this', tainted: true },
    );
    expect(resources).toMatchObject([
      { kind: 'replica', region: 'eu-west-1' },
      { kind: 'other', region: undefined },
    ]);
  });
});

describe('how a failed apply goes on', () => {
  const resume = (text: string, ...resources: readonly Raw[]) =>
    findResumeSteps({ text }, stateOf(...resources), 'ap-southeast-1');

  test('a tainted replica is kept, and waited for', () => {
    expect(resume('timeout while waiting for state to become Enabled', PRIMARY, TAINTED, REPLICA)).toEqual({
      untaint: [TAINTED.address],
      waitFor: [{ region: 'ap-southeast-2', id: ID, name: 'replica key in ap-southeast-2' }],
    });
  });

  test('a tainted primary and a tainted alias are kept, too', () => {
    expect(
      resume(
        '',
        { ...PRIMARY, tainted: true },
        { ...ALIAS, tainted: true },
        { address: 'x.y', tainted: true },
      ),
    ).toEqual({
      untaint: [PRIMARY.address, ALIAS.address],
      waitFor: [{ region: 'ap-southeast-1', id: ID, name: 'primary key in ap-southeast-1' }],
    });
  });

  test('where KMS says that a state does not allow it, all keys are waited for', () => {
    const text = 'api error KMSInvalidStateException: arn is creating.';
    expect(resume(text, PRIMARY, REPLICA, ALIAS)).toEqual({
      untaint: [],
      waitFor: [
        { region: 'ap-southeast-1', id: ID, name: 'primary key in ap-southeast-1' },
        { region: 'ap-southeast-3', id: ID, name: 'replica key in ap-southeast-3' },
      ],
    });
  });

  test('waiting mends nothing else', () => {
    expect(resume('api error AccessDeniedException', PRIMARY, REPLICA, ALIAS)).toBeUndefined();
    expect(resume('api error KMSInvalidStateException')).toBeUndefined();
  });
});
