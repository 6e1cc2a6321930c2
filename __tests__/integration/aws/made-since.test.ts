import {
  CreateAliasCommand,
  CreateKeyCommand,
  type KMSClient,
  ReplicateKeyCommand,
  ScheduleKeyDeletionCommand,
} from '@aws-sdk/client-kms';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Emulator } from '../../../emulator/index.js';
import { isMadeSince, type MadeSearch } from '../../../src/aws/made-since.js';
import { kmsIn } from '../../../emulator/__tests__/support.js';
import { clientsOf, startForAction, stopForAction } from '../../support/emulated-session.js';

const REGION = 'ap-southeast-2';
const ALIAS = 'alias/aws_cb_cmk';

let emulator: Emulator;
let client: KMSClient;
let there: KMSClient;
let keyId: string;
let primaryArn: string;
/** Before the replica was made, by the emulator's clock. */
let since: number;
beforeEach(async () => {
  emulator = await startForAction();
  client = kmsIn(emulator, 'ap-southeast-1');
  there = kmsIn(emulator, REGION);
  const { KeyMetadata } = await client.send(new CreateKeyCommand({ MultiRegion: true }));
  keyId = KeyMetadata?.KeyId ?? '';
  primaryArn = KeyMetadata?.Arn ?? '';
  emulator.clock.advance(60_000);
  since = emulator.clock.now();
  emulator.clock.advance(5_000);
  await client.send(new ReplicateKeyCommand({ KeyId: keyId, ReplicaRegion: REGION }));
  emulator.clock.advance(5_000);
});
afterEach(async () => {
  client.destroy();
  there.destroy();
  await stopForAction(emulator);
});

const ask = async (changed: Partial<MadeSearch> = {}): Promise<boolean> =>
  isMadeSince(
    { kind: 'replica', region: REGION, keyId, primaryArn, alias: ALIAS, since, ...changed },
    await clientsOf(emulator),
  );

const name = (alias: string): Promise<unknown> =>
  there.send(new CreateAliasCommand({ AliasName: alias, TargetKeyId: keyId }));

describe('a replica', () => {
  test('that was made since, of this primary, is what the apply made', async () => {
    expect(await ask()).toBe(true);
  });

  test('that was made before, is the primary, or is of another primary is not', async () => {
    expect(await ask({ since: emulator.clock.now() })).toBe(false);
    expect(await ask({ region: 'ap-southeast-1', since: 0 })).toBe(false);
    expect(await ask({ primaryArn: primaryArn.replace('ap-southeast-1', 'eu-west-1') })).toBe(false);
    await expect(ask({ region: 'ap-southeast-3' })).rejects.toThrow('does not exist');
  });

  test('that somebody has named is not', async () => {
    await name(ALIAS);
    expect(await ask()).toBe(false);
  });

  test('that is going to be deleted is not', async () => {
    await there.send(new ScheduleKeyDeletionCommand({ KeyId: keyId, PendingWindowInDays: 7 }));
    expect(await ask()).toBe(false);
  });
});

describe('an alias', () => {
  test('that was made since and points to the key is what the apply made', async () => {
    expect(await ask({ kind: 'alias' })).toBe(false);
    await name('alias/another');
    expect(await ask({ kind: 'alias' })).toBe(false);
    await name(ALIAS);
    expect(await ask({ kind: 'alias' })).toBe(true);
  });

  test('that was there before is not, and neither is one that points to another key', async () => {
    await name(ALIAS);
    emulator.clock.advance(5_000);
    expect(await ask({ kind: 'alias', since: emulator.clock.now() })).toBe(false);
    const { KeyMetadata } = await there.send(new CreateKeyCommand({}));
    expect(await ask({ kind: 'alias', keyId: KeyMetadata?.KeyId ?? '' })).toBe(false);
  });
});
