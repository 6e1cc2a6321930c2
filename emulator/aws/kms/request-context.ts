import { valuesOf, type ConditionValues } from '../condition-values.js';
import { isObject } from '../../json.js';
import type { KmsCall } from './world.js';

/** What condition keys say of the key that a request is about. */
export interface KeyFacts {
  readonly arn: string;
  readonly account: string;
  readonly spec: string;
  readonly usage: string;
  readonly multiRegion: boolean;
  readonly isPrimary: boolean;
  readonly tags: ReadonlyMap<string, string>;
  /** The names of its aliases in its Region. */
  readonly aliases: readonly string[];
}

type Body = KmsCall['body'];
type Given = Parameters<typeof valuesOf>[0];

/**
 * The values of the condition keys that are about a key, and of those about what is asked (KMS developer guide, "AWS KMS
 * condition keys", each with the operations that it is for).
 * @param permission without `kms:`, e.g. `ReEncryptTo`
 */
export function kmsValues(call: KmsCall, permission: string, facts: KeyFacts): ConditionValues {
  return valuesOf({
    'kms:CallerAccount': call.principal.account,
    ...keyValues(facts),
    ...REQUEST_VALUES[permission]?.(call.body),
  });
}

function keyValues(facts: KeyFacts): Given {
  const tags = [...facts.tags].map(([name, value]) => [`aws:ResourceTag/${name}`, value] as const);
  return {
    'aws:ResourceAccount': facts.account,
    ...Object.fromEntries(tags),
    'kms:CustomerMasterKeySpec': facts.spec,
    'kms:CustomerMasterKeyUsage': facts.usage,
    'kms:KeyOrigin': 'AWS_KMS',
    'kms:KeySpec': facts.spec,
    'kms:KeyUsage': facts.usage,
    'kms:MultiRegion': facts.multiRegion,
    'kms:MultiRegionKeyType': facts.multiRegion ? (facts.isPrimary ? 'PRIMARY' : 'REPLICA') : undefined,
    'kms:ResourceAliases': facts.aliases,
  };
}

const REQUEST_VALUES: Readonly<Record<string, (body: Body) => Given>> = {
  CreateGrant: grantValues,
  Decrypt: encryptionValues(),
  DeriveSharedSecret: (body) => ({
    ...aliasValues(body['KeyId']),
    'kms:KeyAgreementAlgorithm': text(body['KeyAgreementAlgorithm']),
  }),
  DescribeKey: (body) => aliasValues(body['KeyId']),
  EnableKeyRotation: (body) => ({ 'kms:RotationPeriodInDays': number(body['RotationPeriodInDays']) }),
  Encrypt: encryptionValues(),
  GenerateDataKey: encryptionValues(),
  GenerateDataKeyPair: dataKeyPairValues,
  GenerateDataKeyPairWithoutPlaintext: dataKeyPairValues,
  GenerateDataKeyWithoutPlaintext: encryptionValues(),
  GenerateMac: macValues,
  GetPublicKey: (body) => aliasValues(body['KeyId']),
  // Only AWS services create grants for a resource of theirs; every caller here is a person or a role.
  ListGrants: () => ({ 'kms:GrantIsForAWSResource': false }),
  PutKeyPolicy: (body) => ({
    'kms:BypassPolicyLockoutSafetyCheck': body['BypassPolicyLockoutSafetyCheck'] === true,
  }),
  ReEncryptFrom: encryptionValues('Source'),
  ReEncryptTo: encryptionValues('Destination'),
  ReplicateKey: (body) => ({ 'kms:ReplicaRegion': text(body['ReplicaRegion']), ...tagValues(body) }),
  RetireGrant: () => ({}),
  RevokeGrant: () => ({ 'kms:GrantIsForAWSResource': false }),
  ScheduleKeyDeletion: (body) => ({
    'kms:ScheduleKeyDeletionPendingWindowInDays': number(body['PendingWindowInDays']) ?? 30,
  }),
  Sign: signingValues,
  TagResource: tagValues,
  UntagResource: (body) => ({ 'aws:TagKeys': texts(body['TagKeys']) }),
  UpdatePrimaryRegion: (body) => ({ 'kms:PrimaryRegion': text(body['PrimaryRegion']) }),
  Verify: signingValues,
  VerifyMac: macValues,
};

/** @param side of ReEncrypt; its fields have their names begin with it */
function encryptionValues(side: 'Source' | 'Destination' | '' = ''): (body: Body) => Given {
  return (body) => ({
    ...aliasValues(body[`${side}KeyId`]),
    ...contextValues(body[`${side}EncryptionContext`]),
    'kms:EncryptionAlgorithm': text(body[`${side}EncryptionAlgorithm`]) ?? 'SYMMETRIC_DEFAULT',
  });
}

function dataKeyPairValues(body: Body): Given {
  return { ...encryptionValues()(body), 'kms:DataKeyPairSpec': text(body['KeyPairSpec']) };
}

/** Without a context, neither key is in the request. */
function contextValues(context: unknown): Given {
  const pairs = isObject(context) ? Object.entries(context) : [];
  if (pairs.length === 0) return {};
  const named = pairs.map(([name, value]) => [`kms:EncryptionContext:${name}`, text(value)] as const);
  return { ...Object.fromEntries(named), 'kms:EncryptionContextKeys': pairs.map(([name]) => name) };
}

function grantValues(body: Body): Given {
  const constraints = isObject(body['Constraints']) ? body['Constraints'] : {};
  const types = ['EncryptionContextEquals', 'EncryptionContextSubset', 'SourceArn'];
  const grantee = text(body['GranteePrincipal']);
  const retiring = text(body['RetiringPrincipal']);
  return {
    ...contextValues(constraints['EncryptionContextEquals'] ?? constraints['EncryptionContextSubset']),
    'kms:GrantConstraintSourceArn': text(constraints['SourceArn']),
    'kms:GrantConstraintType': types.find((type) => constraints[type] !== undefined),
    'kms:GrantIsForAWSResource': false,
    'kms:GrantOperations': texts(body['Operations']),
    ...principalValues('kms:Grantee', grantee),
    ...principalValues('kms:Retiring', retiring),
  };
}

/** A service's name stands under a key of its own. */
function principalValues(prefix: string, principal: string | undefined): Given {
  const isService = principal?.endsWith('.amazonaws.com') === true;
  return { [`${prefix}${isService ? 'Service' : ''}Principal`]: principal };
}

function signingValues(body: Body): Given {
  return {
    ...aliasValues(body['KeyId']),
    'kms:MessageType': text(body['MessageType']) ?? 'RAW',
    'kms:SigningAlgorithm': text(body['SigningAlgorithm']),
  };
}

function macValues(body: Body): Given {
  return { ...aliasValues(body['KeyId']), 'kms:MacAlgorithm': text(body['MacAlgorithm']) };
}

function tagValues(body: Body): Given {
  const tags: unknown[] = Array.isArray(body['Tags']) ? body['Tags'] : [];
  const named = tags.flatMap((tag) =>
    isObject(tag) ? [[text(tag['TagKey']) ?? '', text(tag['TagValue'])] as const] : [],
  );
  if (named.length === 0) return {};
  return {
    ...Object.fromEntries(named.map(([name, value]) => [`aws:RequestTag/${name}`, value])),
    'aws:TagKeys': named.map(([name]) => name),
  };
}

/** The alias by which the request names the key; an ARN counts by the name in it. */
function aliasValues(keyId: unknown): Given {
  return { 'kms:RequestAlias': /(?:^|:)(alias\/.+)$/.exec(text(keyId) ?? '')?.[1] };
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function number(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}
