import { isDeepStrictEqual } from 'node:util';
import { AwsError } from '../error.js';
import { evaluatePolicy, type Decision } from '../policy/evaluate.js';
import { isObject, type PolicyDocument } from '../policy/document.js';
import { principalArn, principalNames } from '../principal.js';
import type { Key } from './model.js';
import type { KmsCall, KmsWorld } from './world.js';

/** The operations that KMS lets other accounts call on a key ("Cross-account use: Yes" in the API reference). */
const CROSS_ACCOUNT = new Set([
  'CreateGrant',
  'Decrypt',
  'DeriveSharedSecret',
  'DescribeKey',
  'Encrypt',
  'GenerateDataKey',
  'GenerateDataKeyPair',
  'GenerateDataKeyPairWithoutPlaintext',
  'GenerateDataKeyWithoutPlaintext',
  'GenerateMac',
  'GetKeyRotationStatus',
  'GetPublicKey',
  'ListGrants',
  'ReEncryptFrom',
  'ReEncryptTo',
  'RetireGrant',
  'RevokeGrant',
  'Sign',
  'Verify',
  'VerifyMac',
]);

/**
 * Lets a call through, or refuses it. Identity policies are not modelled: what a key policy leaves to an account's
 * root counts as allowed to everyone in that account. Calls from the key's own account are checked only when the
 * setting says so; those from other accounts always.
 * @throws AwsError AccessDeniedException
 */
export function authorize(world: KmsWorld, call: KmsCall, wanted: { key: Key; permission: string }): void {
  const { key, permission } = wanted;
  const foreign = call.principal.account !== key.family.account;
  if (!foreign && !world.settings.enforceKeyPolicies) return;
  if (foreign && !CROSS_ACCOUNT.has(permission)) throw denied(call, wanted);
  const decision = decide(key.policy.document, call, `kms:${permission}`, key.arn);
  if (decision === 'Allow') return;
  if (decision === 'none' && grantAllows(key, call, permission)) return;
  throw denied(call, wanted);
}

/** What a key policy says to a caller's request for one action on a key. */
export function decide(document: PolicyDocument, call: KmsCall, action: string, resource: string): Decision {
  const arn = principalArn(call.principal, call.region);
  return evaluatePolicy(document, {
    principals: { AWS: principalNames(call.principal, call.region) },
    action,
    resource,
    conditions: {
      'aws:principalarn': [arn],
      'aws:principalaccount': [call.principal.account],
      'aws:requestedregion': [call.region],
      'aws:securetransport': ['false'],
      'kms:calleraccount': [call.principal.account],
      // Only AWS services create grants for a resource of theirs; every caller here is a person or a role.
      'kms:grantisforawsresource': ['false'],
    },
  });
}

function grantAllows(key: Key, call: KmsCall, permission: string): boolean {
  const names = principalNames(call.principal, call.region);
  return [...key.grants.values()].some(
    (grant) =>
      names.includes(grant.grantee) &&
      grant.operations.includes(permission) &&
      constraintsHold(grant.constraints ?? {}, call.body['EncryptionContext']),
  );
}

/** A grant can ask for an encryption context: exactly one, or one that holds certain pairs. */
function constraintsHold(constraints: Readonly<Record<string, unknown>>, context: unknown): boolean {
  const { EncryptionContextEquals: exact, EncryptionContextSubset: subset } = constraints;
  const given = isObject(context) ? context : {};
  if (isObject(exact) && !isDeepStrictEqual({ ...exact }, { ...given })) return false;
  return !isObject(subset) || Object.entries(subset).every(([name, value]) => given[name] === value);
}

function denied(call: KmsCall, wanted: { key: Key; permission: string }): AwsError {
  const action = `kms:${wanted.permission}`;
  return new AwsError(
    'AccessDeniedException',
    `User: ${principalArn(call.principal, call.region)} is not authorized to perform: ${action} on resource: ` +
      `${wanted.key.arn} because no resource-based policy allows the ${action} action`,
  );
}
