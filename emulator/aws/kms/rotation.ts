import { DAY_MS } from '../../clock.js';
import { AwsError } from '../error.js';
import { readInput, required, text } from './input.js';
import { findKey, REFUSED, type KeyRequest } from './lookup.js';
import { generateSymmetricMaterial } from './material.js';
import { isPrimary, type Key } from './model.js';
import { page } from './paging.js';
import * as shapes from './shapes.js';
import { seconds, type KmsCall, type KmsOutput, type KmsWorld, type Operation } from './world.js';

/** On-demand rotations that one key may ever have (RotateKeyOnDemand's API page). */
const MAX_ON_DEMAND = 25;
const DEFAULT_PERIOD_DAYS = 365;

const enableKeyRotation: Operation = (world, call) => {
  const input = readInput(call.body, {
    KeyId: required(shapes.keyId),
    RotationPeriodInDays: shapes.rotationPeriod,
  });
  const { rotation } = findRotatable(world, call, { keyId: input.KeyId, refuses: REFUSED.change }).family;
  // Without a period, a key that rotates already keeps the one it has.
  const period =
    input.RotationPeriodInDays ?? (rotation.enabled ? rotation.periodInDays : DEFAULT_PERIOD_DAYS);
  if (!rotation.enabled || period !== rotation.periodInDays)
    rotation.nextAt = world.clock.now() + period * DAY_MS;
  rotation.enabled = true;
  rotation.periodInDays = period;
  return {};
};

const disableKeyRotation: Operation = (world, call) => {
  const input = readInput(call.body, { KeyId: required(shapes.keyId) });
  const key = findRotatable(world, call, { keyId: input.KeyId, refuses: REFUSED.change });
  key.family.rotation.enabled = false;
  return {};
};

const rotateKeyOnDemand: Operation = (world, call) => {
  const input = readInput(call.body, { KeyId: required(shapes.keyId) });
  const key = findRotatable(world, call, { keyId: input.KeyId, refuses: REFUSED.replicate });
  const { materials, rotation } = key.family;
  if (rotation.history.filter(({ type }) => type === 'ON_DEMAND').length >= MAX_ON_DEMAND)
    throw new AwsError('LimitExceededException', `A key may be rotated on demand ${MAX_ON_DEMAND} times.`);
  const material = generateSymmetricMaterial();
  materials.push(material);
  rotation.history.push({ materialId: material.id, at: world.clock.now(), type: 'ON_DEMAND' });
  return { KeyId: key.arn };
};

/**
 * Replicas show the rotation status that they share with their primary. Of keys that cannot rotate it is always false
 * (API reference, GetKeyRotationStatus); the provider asks for it at every read, whatever the key spec.
 */
const getKeyRotationStatus: Operation = (world, call) => {
  const input = readInput(call.body, { KeyId: required(shapes.keyId) });
  const key = findKey(world, call, { keyId: input.KeyId });
  const { rotation } = key.family;
  const status = { KeyId: key.arn, KeyRotationEnabled: rotation.enabled && key.deletion === undefined };
  if (!status.KeyRotationEnabled) return status;
  return {
    ...status,
    RotationPeriodInDays: rotation.periodInDays,
    NextRotationDate: seconds(rotation.nextAt),
  };
};

const listKeyRotations: Operation = (world, call) => {
  const input = readInput(call.body, {
    KeyId: required(shapes.keyId),
    IncludeKeyMaterial: text({ values: ['ALL_KEY_MATERIAL', 'ROTATIONS_ONLY'] }),
    Limit: shapes.limit,
    Marker: shapes.marker,
  });
  const key = findKey(world, call, { keyId: input.KeyId });
  if (key.family.spec !== 'SYMMETRIC_DEFAULT') throw unsupported(key);
  const entries = describeRotations(key, input.IncludeKeyMaterial === 'ALL_KEY_MATERIAL');
  const idOf = (entry: KmsOutput): string => String(entry['KeyMaterialId']);
  const { items, ...rest } = page(entries, { ...input, idOf, defaultLimit: 100 });
  return { Rotations: items, ...rest };
};

function describeRotations(key: Key, all: boolean): KmsOutput[] {
  const { materials, rotation } = key.family;
  const current = materials.at(-1)?.id;
  const describe = (id: string): KmsOutput => ({
    KeyId: key.arn,
    KeyMaterialId: id,
    KeyMaterialState: id === current ? 'CURRENT' : 'NON_CURRENT',
  });
  const rotations = rotation.history.map((entry) => ({
    ...describe(entry.materialId),
    RotationDate: seconds(entry.at),
    RotationType: entry.type,
  }));
  const first = materials[0];
  return all && first !== undefined ? [describe(first.id), ...rotations] : rotations;
}

/** A symmetric key that may be told to rotate: the primary, where the key is a multi-Region one. */
function findRotatable(world: KmsWorld, call: KmsCall, request: KeyRequest): Key {
  const key = findKey(world, call, request);
  if (key.family.spec !== 'SYMMETRIC_DEFAULT') throw unsupported(key);
  if (key.family.multiRegion && !isPrimary(key))
    throw new AwsError('UnsupportedOperationException', `${key.arn} is not a multi-region primary key.`);
  return key;
}

function unsupported(key: Key): AwsError {
  return new AwsError(
    'UnsupportedOperationException',
    `${key.arn} key spec is ${key.family.spec} which is not valid for this operation.`,
  );
}

export const rotationOperations: Readonly<Record<string, Operation>> = {
  EnableKeyRotation: enableKeyRotation,
  DisableKeyRotation: disableKeyRotation,
  RotateKeyOnDemand: rotateKeyOnDemand,
  GetKeyRotationStatus: getKeyRotationStatus,
  ListKeyRotations: listKeyRotations,
};
