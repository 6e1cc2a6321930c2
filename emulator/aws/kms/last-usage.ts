import { randomUUID } from 'node:crypto';
import { readInput, required } from './input.js';
import { findKey } from './lookup.js';
import type { Key } from './model.js';
import * as shapes from './shapes.js';
import { seconds, type KmsCall, type KmsOutput, type KmsWorld, type Operation } from './world.js';

/** What counts as use of a key: the enumeration KeyLastUsageTrackingOperation of KMS's API model. */
const TRACKED: ReadonlySet<string> = new Set([
  'Decapsulate',
  'Decrypt',
  'DeriveSharedSecret',
  'Encapsulate',
  'Encrypt',
  'GenerateDataKey',
  'GenerateDataKeyPair',
  'GenerateDataKeyPairWithoutPlaintext',
  'GenerateDataKeyWithoutPlaintext',
  'GenerateMac',
  'ReEncrypt',
  'Sign',
  'Verify',
  'VerifyMac',
]);

/**
 * Notes on the keys of a cryptographic operation that it has succeeded. ReEncrypt counts for its source and for its
 * destination, with an event id each (GetKeyLastUsage's API page). Only the key of the call's own Region is noted:
 * primary and replicas keep their records apart.
 */
export function recordUsage(world: KmsWorld, call: KmsCall, output: KmsOutput): void {
  if (!TRACKED.has(call.action)) return;
  const named = new Set([output['KeyId'], output['SourceKeyId']]);
  for (const key of world.store.keysIn(call.region)) {
    if (!named.has(key.arn)) continue;
    key.lastUse = {
      operation: call.action,
      at: world.clock.now(),
      eventId: randomUUID(),
      requestId: call.requestId,
    };
  }
}

/** Without any use, KeyLastUsage is an empty object. */
const getKeyLastUsage: Operation = (world, call) => {
  const input = readInput(call.body, { KeyId: required(shapes.keyId) });
  const key = findKey(world, call, { keyId: input.KeyId });
  return {
    KeyId: key.family.id,
    KeyLastUsage: describeUse(key, world.settings.usageTrackedSince),
    TrackingStartDate: seconds(Math.max(key.createdAt, world.settings.usageTrackedSince)),
    KeyCreationDate: seconds(key.createdAt),
  };
};

function describeUse({ lastUse }: Key, trackedSince: number): KmsOutput {
  if (lastUse === undefined || lastUse.at < trackedSince) return {};
  return {
    Operation: lastUse.operation,
    Timestamp: seconds(lastUse.at),
    CloudTrailEventId: lastUse.eventId,
    KmsRequestId: lastUse.requestId,
  };
}

export const lastUsageOperations: Readonly<Record<string, Operation>> = { GetKeyLastUsage: getKeyLastUsage };
