import { DAY_MS } from '../../clock.js';
import { AwsError } from '../error.js';
import { readInput, required } from './input.js';
import { findKey, REFUSED } from './lookup.js';
import { isPrimary, replicasOf, stateOf } from './model.js';
import * as shapes from './shapes.js';
import { seconds, type Operation } from './world.js';

/** The waiting period when a request names none, in days. */
const DEFAULT_WINDOW = 30;

const scheduleKeyDeletion: Operation = (world, call) => {
  const input = readInput(call.body, {
    KeyId: required(shapes.keyId),
    PendingWindowInDays: shapes.pendingWindow,
  });
  const key = findKey(world, call, { keyId: input.KeyId, refuses: REFUSED.schedule });
  const windowInDays = input.PendingWindowInDays ?? DEFAULT_WINDOW;
  const now = world.clock.now();
  const waitsForReplicas = isPrimary(key) && replicasOf(key.family).length > 0;
  const at = waitsForReplicas ? undefined : now + windowInDays * DAY_MS;
  key.deletion = { windowInDays, at };
  return {
    KeyId: key.arn,
    ...(at === undefined ? {} : { DeletionDate: seconds(at) }),
    KeyState: stateOf(key, now),
    PendingWindowInDays: windowInDays,
  };
};

/** The key comes back disabled, whatever it was before. */
const cancelKeyDeletion: Operation = (world, call) => {
  const input = readInput(call.body, { KeyId: required(shapes.keyId) });
  const key = findKey(world, call, { keyId: input.KeyId });
  if (key.deletion === undefined)
    throw new AwsError(
      'KMSInvalidStateException',
      `${key.arn} is not pending deletion (or pending replica deletion).`,
    );
  key.deletion = undefined;
  key.enabled = false;
  return { KeyId: key.arn };
};

export const deletionOperations: Readonly<Record<string, Operation>> = {
  ScheduleKeyDeletion: scheduleKeyDeletion,
  CancelKeyDeletion: cancelKeyDeletion,
};
