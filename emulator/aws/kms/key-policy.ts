import { parseArn } from '../arn.js';
import { AwsError } from '../error.js';
import { isConditionOperator } from '../policy/conditions.js';
import { parsePolicy, PolicySyntaxError, type PolicyDocument, type Statement } from '../policy/document.js';
import { partitionOf } from '../regions.js';
import { decide } from './authorization.js';
import { boolean, readInput, required } from './input.js';
import { findKey } from './lookup.js';
import type { Key } from './model.js';
import { formatPolicy } from './policy-text.js';
import * as shapes from './shapes.js';
import { storePolicy } from './stored-policy.js';
import type { KmsCall, KmsWorld, Operation } from './world.js';

/** Key policies: at most 32 KiB (the KMS quota "Key policy document size"). */
const MAX_POLICY_BYTES = 32 * 1024;

/** A policy to be checked: where it is to apply and whether its author may lock themselves out. */
export interface PolicyRequest {
  readonly text: string;
  /** The Region of the key it is for; a replica's policy is not the primary's Region's. */
  readonly region: string;
  readonly keyArn: string;
  readonly bypassLockoutCheck: boolean;
}

/** The policy of a key that was created without one: the account's root may do everything. */
export function defaultPolicy(account: string, region: string): Key['policy'] {
  const text = JSON.stringify({
    Version: '2012-10-17',
    Id: 'key-default-1',
    Statement: [
      {
        Sid: 'Enable IAM User Permissions',
        Effect: 'Allow',
        Principal: { AWS: `arn:${partitionOf(region).id}:iam::${account}:root` },
        Action: 'kms:*',
        Resource: '*',
      },
    ],
  });
  return { text: formatPolicy(JSON.parse(text)), document: parsePolicy(text) };
}

/**
 * Checks a key policy as CreateKey, ReplicateKey and PutKeyPolicy do, and brings it into the form that is stored.
 * @throws AwsError LimitExceededException or MalformedPolicyDocumentException
 */
export function acceptPolicy(world: KmsWorld, call: KmsCall, request: PolicyRequest): Key['policy'] {
  if (Buffer.byteLength(request.text) > MAX_POLICY_BYTES)
    throw new AwsError(
      'LimitExceededException',
      `The key policy is larger than the quota of ${MAX_POLICY_BYTES} bytes.`,
    );
  const document = readPolicy(request.text);
  for (const statement of document.statements) checkStatement(world, request.region, statement);
  if (!request.bypassLockoutCheck)
    refuseLockout(document, { ...call, region: request.region }, request.keyArn);
  return storePolicy(request.text, {
    partition: partitionOf(request.region).id,
    canonical: world.settings.canonicalPolicies,
  });
}

function readPolicy(text: string): PolicyDocument {
  try {
    return parsePolicy(text);
  } catch (thrown: unknown) {
    if (thrown instanceof PolicySyntaxError) throw malformed(thrown.message);
    throw thrown;
  }
}

function checkStatement(world: KmsWorld, region: string, statement: Statement): void {
  checkActions(statement.actions ?? statement.notActions ?? []);
  if ((statement.resources ?? statement.notResources ?? []).length === 0)
    throw malformed('Policy statement must contain resources.');
  if (!Object.keys(statement.conditions).every(isConditionOperator))
    throw malformed('Syntax errors in policy.');
  const principals = statement.principals ?? statement.notPrincipals;
  if (principals === undefined) throw malformed('Policy statement must contain principals.');
  for (const [kind, ids] of Object.entries(principals)) {
    const exist = ids.every(
      (id) => !world.settings.missingPrincipals.has(id) && isPrincipal(region, kind, id),
    );
    if (!exist) throw malformed('Policy contains a statement with one or more invalid principals.');
  }
}

function checkActions(actions: readonly string[]): void {
  if (actions.length === 0) throw malformed('Policy statement must contain actions.');
  if (!actions.every((action) => action === '*' || /^[\w*?-]+:[\w*?]+$/.test(action)))
    throw malformed('Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.');
}

function isPrincipal(region: string, kind: string, id: string): boolean {
  switch (kind) {
    case 'AWS':
      return id === '*' || /^\d{12}$/.test(id) || isIdentityArn(region, id);
    case 'Service':
      return /^[\w-]+(\.[\w-]+)+$/.test(id);
    case 'Federated':
    case 'CanonicalUser':
      return id !== '';
    default:
      return false;
  }
}

/** The root, a user or a role of an account of the Region's own partition, or a session of one. */
function isIdentityArn(region: string, id: string): boolean {
  const arn = parseArn(id);
  if (arn?.partition !== partitionOf(region).id || !/^\d{12}$/.test(arn.account) || arn.region !== '')
    return false;
  if (arn.service === 'iam') return /^(root$|(user|role)\/[\w+=,.@/-]+$)/.test(arn.resource);
  return arn.service === 'sts' && /^(assumed-role|federated-user)\/[\w+=,.@/-]+$/.test(arn.resource);
}

/** The caller must be able to call PutKeyPolicy again afterwards ("key policy lockout safety check"). */
function refuseLockout(document: PolicyDocument, call: KmsCall, keyArn: string): void {
  if (decide(document, call, 'kms:PutKeyPolicy', keyArn) !== 'Allow')
    throw malformed('The new key policy will not allow you to update the key policy in the future.');
}

function malformed(message: string): AwsError {
  return new AwsError('MalformedPolicyDocumentException', message);
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
    keyArn: key.arn,
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
