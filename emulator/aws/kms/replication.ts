import { AwsError } from '../error.js';
import { partitionOf } from '../regions.js';
import { authorize, factsOf } from './authorization.js';
import { boolean, brokenLimit, objects, readInput, required, validationError } from './input.js';
import { policyOrDefault, refuseTooManyKeys } from './keys.js';
import { findKey, keyArn, REFUSED, refuseStates } from './lookup.js';
import { metadataOf } from './metadata.js';
import { isPrimary, type Key } from './model.js';
import * as shapes from './shapes.js';
import { autoTagged, readTags, tagList } from './tags.js';
import type { KmsWorld, Operation } from './world.js';

const replicateKey: Operation = (world, call) => {
  const input = readInput(call.body, {
    KeyId: required(shapes.keyId),
    ReplicaRegion: required(shapes.region),
    Policy: shapes.policy,
    BypassPolicyLockoutSafetyCheck: boolean(),
    Description: shapes.description,
    Tags: objects(),
  });
  const primary = findKey(world, call, { keyId: input.KeyId });
  refuseSource(primary);
  refuseStates(primary, world.clock.now(), REFUSED.replicate);
  refuseTarget(world, primary, input.ReplicaRegion);
  const { family } = primary;
  const arn = keyArn(family.account, input.ReplicaRegion, family.id);
  const tags = readTags(input.Tags ?? []);
  const policy = policyOrDefault(world, call, {
    text: input.Policy,
    region: input.ReplicaRegion,
    facts: { ...factsOf(world, primary), arn, isPrimary: false, tags, aliases: [] },
    bypassLockoutCheck: input.BypassPolicyLockoutSafetyCheck ?? false,
  });
  refuseTooManyKeys(world, family.account, input.ReplicaRegion);
  const now = world.clock.now();
  const replica: Key = {
    family,
    region: input.ReplicaRegion,
    arn,
    createdAt: now,
    description: input.Description ?? '',
    policy,
    tags: autoTagged(tags, world),
    grants: new Map(),
    enabled: true,
    creatingUntil: now + delayOf(world, input.ReplicaRegion),
    deletion: undefined,
    lastUse: undefined,
  };
  world.store.add(replica);
  return {
    ReplicaKeyMetadata: metadataOf(replica, now),
    ReplicaPolicy: policy.text,
    ...(tags.size === 0 ? {} : { ReplicaTags: tagList(tags) }),
  };
};

function refuseSource(key: Key): void {
  if (!key.family.multiRegion)
    throw new AwsError('UnsupportedOperationException', `${key.arn} is not a multi-region key.`);
  if (!isPrimary(key))
    throw new AwsError('UnsupportedOperationException', `${key.arn} is not a multi-region primary key.`);
}

/** @throws AwsError when a Region can't take a replica, or has one already in whatever state */
function refuseTarget(world: KmsWorld, primary: Key, region: string): void {
  if (partitionOf(region).id !== partitionOf(primary.region).id)
    throw validationError([
      brokenLimit(
        'ReplicaRegion',
        region,
        `Member must be a Region of partition ${partitionOf(primary.region).id}`,
      ),
    ]);
  if (!world.isRegionEnabled(region))
    throw new AwsError(
      'ValidationException',
      `Region ${region} is not enabled for account ${primary.family.account}.`,
    );
  const existing = primary.family.members.get(region);
  if (existing !== undefined)
    throw new AwsError('AlreadyExistsException', `Key already exists: ${existing.arn}`);
}

function delayOf(world: KmsWorld, region: string): number {
  const slow = world.slowReplicaMs(region);
  return slow ?? world.settings.replicaDelayMsByRegion.get(region) ?? world.settings.replicaDelayMs;
}

const updatePrimaryRegion: Operation = (world, call) => {
  const input = readInput(call.body, {
    KeyId: required(shapes.keyId),
    PrimaryRegion: required(shapes.region),
  });
  const key = findKey(world, call, { keyId: input.KeyId });
  refuseSource(key);
  const now = world.clock.now();
  refuseStates(key, now, REFUSED.change);
  const { family } = key;
  const next = family.members.get(input.PrimaryRegion);
  if (next === undefined)
    throw new AwsError(
      'NotFoundException',
      `Key '${keyArn(family.account, input.PrimaryRegion, family.id)}' does not exist`,
    );
  if (next === key) return {};
  // The permission on both keys, each by its own policy (UpdatePrimaryRegion's API page).
  authorize(world, { ...call, region: next.region }, { key: next, permission: 'UpdatePrimaryRegion' });
  refuseStates(next, now, REFUSED.change);
  family.promotion = { from: family.primaryRegion, until: now + world.settings.promotionDelayMs };
  family.primaryRegion = next.region;
  return {};
};

export const replicationOperations: Readonly<Record<string, Operation>> = {
  ReplicateKey: replicateKey,
  UpdatePrimaryRegion: updatePrimaryRegion,
};
