import { randomBytes, randomUUID } from 'node:crypto';
import { AwsError } from '../error.js';
import { boolean, objects, readInput, required } from './input.js';
import { acceptPolicy, type PolicyRequest } from './accept-policy.js';
import { defaultPolicy } from './key-policy.js';
import { findKey, keyArn, REFUSED } from './lookup.js';
import { generateMaterial } from './material.js';
import { metadataOf } from './metadata.js';
import { isPrimary, type Key, type KeyFamily } from './model.js';
import { page } from './paging.js';
import * as shapes from './shapes.js';
import { resolveUsage } from './specs.js';
import { catchUpRotation } from './store.js';
import { autoTagged, readTags } from './tags.js';
import type { KmsCall, KmsWorld, Operation } from './world.js';

function newMultiRegionId({ settings }: KmsWorld): string {
  return settings.nextKeyIds.shift() ?? `mrk-${randomBytes(16).toString('hex')}`;
}

const createKey: Operation = async (world, call) => {
  const input = readInput(call.body, {
    Policy: shapes.policy,
    Description: shapes.description,
    KeyUsage: shapes.keyUsage,
    CustomerMasterKeySpec: shapes.keySpec,
    KeySpec: shapes.keySpec,
    Origin: shapes.origin,
    CustomKeyStoreId: shapes.keyId,
    BypassPolicyLockoutSafetyCheck: boolean(),
    Tags: objects(),
    MultiRegion: boolean(),
  });
  refuseOtherOrigins(input.Origin, input.CustomKeyStoreId);
  const spec = resolveSpec(input.KeySpec, input.CustomerMasterKeySpec);
  const usage = resolveUsage(spec, input.KeyUsage);
  const multiRegion = input.MultiRegion ?? false;
  const id = multiRegion ? newMultiRegionId(world) : randomUUID();
  const { account } = call.principal;
  const arn = keyArn(account, call.region, id);
  const tags = readTags(input.Tags ?? []);
  const policy = policyOrDefault(world, call, {
    text: input.Policy,
    region: call.region,
    facts: { arn, account, spec, usage, multiRegion, isPrimary: true, tags, aliases: [] },
    bypassLockoutCheck: input.BypassPolicyLockoutSafetyCheck ?? false,
  });
  refuseTooManyKeys(world, account, call.region);
  const family: KeyFamily = {
    id,
    account,
    spec,
    usage,
    multiRegion,
    materials: [await generateMaterial(spec)],
    rotation: { enabled: false, periodInDays: 365, nextAt: 0, history: [] },
    members: new Map(),
    primaryRegion: call.region,
    promotion: undefined,
  };
  const now = world.clock.now();
  const key: Key = {
    family,
    region: call.region,
    arn,
    createdAt: now,
    description: input.Description ?? '',
    policy,
    tags: autoTagged(tags, world),
    grants: new Map(),
    enabled: true,
    creatingUntil: now,
    deletion: undefined,
    lastUse: undefined,
  };
  world.store.add(key);
  return { KeyMetadata: metadataOf(key, now) };
};

/** The policy that was given, checked; or KMS's default when there was none. */
export function policyOrDefault(
  world: KmsWorld,
  call: KmsCall,
  request: Omit<PolicyRequest, 'text'> & { readonly text: string | undefined },
): Key['policy'] {
  const { text } = request;
  if (text === undefined) return defaultPolicy(call.principal.account, request.region);
  return acceptPolicy(world, call, { ...request, text });
}

/** @throws AwsError LimitExceededException when the account's keys in a Region are at their quota */
export function refuseTooManyKeys(world: KmsWorld, account: string, region: string): void {
  if (world.store.keysIn(region, account).length >= world.settings.maxKeysPerRegion)
    throw new AwsError(
      'LimitExceededException',
      `The account has reached its quota of ${world.settings.maxKeysPerRegion} KMS keys in ${region}.`,
    );
}

function refuseOtherOrigins(origin: string | undefined, customKeyStoreId: string | undefined): void {
  if ((origin ?? 'AWS_KMS') === 'AWS_KMS' && customKeyStoreId === undefined) return;
  throw new AwsError(
    'UnsupportedOperationException',
    `The emulator keeps keys of origin AWS_KMS only, not ${origin ?? 'those in a custom key store'}.`,
  );
}

function resolveSpec(spec: string | undefined, oldName: string | undefined): string {
  if (spec !== undefined && oldName !== undefined && spec !== oldName)
    throw new AwsError(
      'ValidationException',
      'You cannot specify KeySpec and CustomerMasterKeySpec in the same request. CustomerMasterKeySpec is deprecated.',
    );
  return spec ?? oldName ?? 'SYMMETRIC_DEFAULT';
}

const describeKey: Operation = (world, call) => {
  const input = readInput(call.body, { KeyId: required(shapes.keyId) });
  return {
    KeyMetadata: metadataOf(findKey(world, call, { keyId: input.KeyId, aliases: true }), world.clock.now()),
  };
};

const listKeys: Operation = (world, call) => {
  const input = readInput(call.body, { Limit: shapes.limit, Marker: shapes.marker });
  const keys = world.store.keysIn(call.region, call.principal.account);
  const { items, ...rest } = page(keys, { ...input, idOf: (key) => key.family.id, defaultLimit: 100 });
  return { Keys: items.map((key) => ({ KeyId: key.family.id, KeyArn: key.arn })), ...rest };
};

const updateKeyDescription: Operation = (world, call) => {
  const input = readInput(call.body, {
    KeyId: required(shapes.keyId),
    Description: required(shapes.description),
  });
  findKey(world, call, { keyId: input.KeyId, refuses: REFUSED.manage }).description = input.Description;
  return {};
};

const setEnabled =
  (enabled: boolean): Operation =>
  (world, call) => {
    const input = readInput(call.body, { KeyId: required(shapes.keyId) });
    const key = findKey(world, call, { keyId: input.KeyId, refuses: REFUSED.toggle });
    if (enabled && !key.enabled && isPrimary(key)) catchUpRotation(key.family, world.clock.now());
    key.enabled = enabled;
    return {};
  };

export const keyOperations: Readonly<Record<string, Operation>> = {
  CreateKey: createKey,
  DescribeKey: describeKey,
  ListKeys: listKeys,
  UpdateKeyDescription: updateKeyDescription,
  EnableKey: setEnabled(true),
  DisableKey: setEnabled(false),
};
