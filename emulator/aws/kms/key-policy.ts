import { AwsError } from '../error.js';
import { partitionOf } from '../regions.js';
import { acceptPolicy } from './accept-policy.js';
import { factsOf } from './authorization.js';
import { boolean, readInput, required } from './input.js';
import { findKey } from './lookup.js';
import type { Key } from './model.js';
import * as shapes from './shapes.js';
import { storePolicy } from './stored-policy.js';
import type { Operation } from './world.js';

/** The policy of a key that was created without one: the account's root may do everything. */
export function defaultPolicy(account: string, region: string): Key['policy'] {
  const partition = partitionOf(region).id;
  const text = JSON.stringify({
    Version: '2012-10-17',
    Id: 'key-default-1',
    Statement: [
      {
        Sid: 'Enable IAM User Permissions',
        Effect: 'Allow',
        Principal: { AWS: `arn:${partition}:iam::${account}:root` },
        Action: 'kms:*',
        Resource: '*',
      },
    ],
  });
  return storePolicy(text, { partition, canonical: true });
}

const putKeyPolicy: Operation = (world, call) => {
  const input = readInput(call.body, {
    KeyId: required(shapes.keyId),
    PolicyName: shapes.policyName,
    Policy: required(shapes.policy),
    BypassPolicyLockoutSafetyCheck: boolean(),
  });
  const key = findKey(world, call, { keyId: input.KeyId });
  refusePolicyName(input.PolicyName);
  key.policy = acceptPolicy(world, call, {
    text: input.Policy,
    region: call.region,
    facts: factsOf(world, key),
    bypassLockoutCheck: input.BypassPolicyLockoutSafetyCheck ?? false,
  });
  return {};
};

const getKeyPolicy: Operation = (world, call) => {
  const input = readInput(call.body, { KeyId: required(shapes.keyId), PolicyName: shapes.policyName });
  const key = findKey(world, call, { keyId: input.KeyId });
  refusePolicyName(input.PolicyName);
  return { Policy: key.policy.text, PolicyName: 'default' };
};

const listKeyPolicies: Operation = (world, call) => {
  const input = readInput(call.body, {
    KeyId: required(shapes.keyId),
    Limit: shapes.limit,
    Marker: shapes.marker,
  });
  findKey(world, call, { keyId: input.KeyId });
  return { PolicyNames: ['default'], Truncated: false };
};

/** A key has one policy, and its name is `default`. */
function refusePolicyName(name: string | undefined): void {
  if (name !== undefined && name !== 'default')
    throw new AwsError('NotFoundException', 'No such policy exists');
}

export const policyOperations: Readonly<Record<string, Operation>> = {
  PutKeyPolicy: putKeyPolicy,
  GetKeyPolicy: getKeyPolicy,
  ListKeyPolicies: listKeyPolicies,
};
