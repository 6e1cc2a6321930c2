import { isDeepStrictEqual } from 'node:util';
import type { Policy } from '../../../src/policy/document.js';
import { decide, type Decision } from '../decide.js';
import { isObject } from '../../json.js';
import { globalValues, type ConditionValues } from '../condition-values.js';
import { denialText } from '../denial.js';
import { AwsError } from '../error.js';
import { callerNames, principalArn, principalNames } from '../principal.js';
import { isPrimary, type Key } from './model.js';
import { kmsValues, type KeyFacts } from './request-context.js';
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

/** A key that is to be used, and for what. */
interface Wanted {
  readonly key: Key;
  /** Without `kms:`. */
  readonly permission: string;
  /** Values of condition keys that the request alone does not give. */
  readonly values?: ConditionValues;
}

/**
 * Lets a call through, or refuses it. Identity policies are not modelled: what a key policy leaves to an account's
 * root counts as allowed to everyone in that account. Calls from the key's own account are checked only when the
 * setting says so; those from other accounts always.
 * @throws AwsError AccessDeniedException, or NotImplemented when it hangs on a condition key that nobody here knows
 */
export function authorize(world: KmsWorld, call: KmsCall, wanted: Wanted): void {
  const { key, permission, values = {} } = wanted;
  const foreign = call.principal.account !== key.family.account;
  if (!foreign && !world.settings.enforceKeyPolicies) return;
  const request = { policy: key.policy.document, facts: factsOf(world, key), permission, values };
  if (foreign && !CROSS_ACCOUNT.has(permission)) throw denied(call, request, false);
  const decision = decideRequest(world, call, request);
  if (decision === 'Allow') return;
  if (decision === 'none' && grantAllows(key, call, permission)) return;
  throw denied(call, request, decision === 'Deny');
}

/** One request to a key policy, by whoever makes the call. */
export interface PolicyQuestion {
  readonly policy: Policy;
  readonly facts: KeyFacts;
  /** Without `kms:`. */
  readonly permission: string;
  readonly values?: ConditionValues;
}

/**
 * What a key policy says to a caller's request.
 * @throws AwsError NotImplemented while policies are enforced, when the decision hangs on a condition key that neither KMS
 *   nor this emulator has: a guess would teach what AWS does not do. Otherwise such a key is not in the request.
 */
export function decideRequest(
  world: KmsWorld,
  call: KmsCall,
  question: PolicyQuestion,
): Decision['decision'] {
  const { policy, facts, permission } = question;
  const request = {
    names: callerNames(call.principal, call.region),
    action: `kms:${permission}`,
    resource: facts.arn,
    values: {
      ...globalValues(call, world.clock.now()),
      ...kmsValues(call, permission, facts),
      ...question.values,
    },
  };
  const { decision, unknownKeys } = decide(policy, request);
  if (unknownKeys.length === 0) return decision;
  if (world.settings.enforceKeyPolicies)
    throw new AwsError(
      'NotImplemented',
      `The emulator does not know the condition key ${unknownKeys.join(' or ')}, on which it hangs whether ` +
        `${facts.arn} allows kms:${permission}.`,
      { status: 501 },
    );
  const absent = unknownKeys.map((name) => [name.toLowerCase(), []] as const);
  return decide(policy, { ...request, values: { ...request.values, ...Object.fromEntries(absent) } })
    .decision;
}

/** What condition keys say of a key as it is now. */
export function factsOf(world: KmsWorld, key: Key): KeyFacts {
  const { family, region, arn, tags } = key;
  const aliases = world.store
    .aliasesIn(family.account, region)
    .filter(({ targetId }) => targetId === family.id)
    .map(({ name }) => name);
  const { account, spec, usage, multiRegion } = family;
  return { arn, account, spec, usage, multiRegion, isPrimary: isPrimary(key), tags, aliases };
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

function denied(call: KmsCall, { facts, permission }: PolicyQuestion, explicit: boolean): AwsError {
  const refused = {
    principal: principalArn(call.principal, call.region),
    permission: `kms:${permission}`,
    resource: facts.arn,
  };
  const denial = { policy: 'resource-based policy', explicit, policyArn: undefined } as const;
  return new AwsError('AccessDeniedException', denialText(refused, denial));
}
