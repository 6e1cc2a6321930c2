/** What the report says of a deletion, against what KMS does at that very moment. */

import {
  CancelKeyDeletionCommand,
  DecryptCommand,
  DescribeKeyCommand,
  EnableKeyCommand,
  EncryptCommand,
  ScheduleKeyDeletionCommand,
} from '@aws-sdk/client-kms';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startEmulator, type Emulator } from '../../../emulator/index.js';
import {
  deletionsOf,
  sayDeadline,
  sayOutage,
  sayCancelDeletionOf,
  type Deletions,
} from '../../../src/plan/deletions.js';
import { row, plan } from '../../support/plan-builder.js';
import { createFamily, failureOf, kmsIn } from '../../../emulator/__tests__/support.js';

const REGIONS = ['ap-southeast-1', 'ap-southeast-2', 'ap-southeast-3'] as const;
const [PRIMARY, SYDNEY, JAKARTA] = REGIONS;
const WINDOW = 7;
const Plaintext = Buffer.from('a secret');

let emulator: Emulator;
let id: string;
beforeEach(async () => {
  emulator = await startEmulator({ region: PRIMARY });
  ({ id } = await createFamily(emulator, REGIONS));
});
afterEach(() => emulator.stop());

/** What a plan says that deletes the keys of these Regions. */
function told(regions: readonly string[]): Deletions {
  const key = (region: string) =>
    regions.includes(region) ? { action: 'delete' as const, windowInDays: WINDOW } : {};
  return deletionsOf(plan(REGIONS.map((region) => row({ region, key: key(region) }))));
}

const words = (): { tense: 'planned'; now: number } => ({ tense: 'planned', now: emulator.clock.now() });

/** As Terraform does it: the replicas first. */
async function schedule(regions: readonly string[]): Promise<void> {
  for (const region of regions)
    await kmsIn(emulator, region).send(
      new ScheduleKeyDeletionCommand({ KeyId: id, PendingWindowInDays: WINDOW }),
    );
}

async function describeKey(region: string): Promise<{ state: string; day: string | undefined }> {
  const { KeyMetadata } = await kmsIn(emulator, region).send(new DescribeKeyCommand({ KeyId: id }));
  return {
    state: KeyMetadata?.KeyState ?? '',
    day: KeyMetadata?.DeletionDate?.toISOString().slice(0, 10),
  };
}

const encrypt = (region: string): Promise<unknown> =>
  kmsIn(emulator, region).send(new EncryptCommand({ KeyId: id, Plaintext }));

test('a replica that goes can’t be used from that moment, until the day that is named it can be brought back, and the others decrypt its data', async () => {
  const { CiphertextBlob } = await kmsIn(emulator, JAKARTA).send(
    new EncryptCommand({ KeyId: id, Plaintext }),
  );
  const deletions = told([JAKARTA]);
  expect(sayOutage(deletions, words())).toBe(
    'From the moment of apply nothing in ap-southeast-3 can encrypt or decrypt with this key.',
  );
  const deadline = sayDeadline(deletions, words());
  await schedule([JAKARTA]);
  expect(await failureOf(encrypt(JAKARTA))).toMatchObject({ name: 'KMSInvalidStateException' });
  expect(
    await failureOf(kmsIn(emulator, JAKARTA).send(new DecryptCommand({ KeyId: id, CiphertextBlob }))),
  ).toMatchObject({ name: 'KMSInvalidStateException' });
  const { state, day } = await describeKey(JAKARTA);
  expect(state).toBe('PendingDeletion');
  expect(deadline).toContain(`Until ${day} (7 days from today) it can be brought back.`);
  expect(deadline).toContain('the keys in the other Regions stay, and can decrypt its data');
  const decrypted = await kmsIn(emulator, SYDNEY).send(new DecryptCommand({ KeyId: id, CiphertextBlob }));
  expect(decrypted.Plaintext).toEqual(new Uint8Array(Plaintext));
});

test('after a destroy no Region encrypts, and the primary has no date yet: its window begins when the last replica is gone', async () => {
  const deletions = told(REGIONS);
  expect(sayOutage(deletions, words())).toBe(
    'From the moment of apply nothing can encrypt or decrypt with this key, in any Region.',
  );
  const deadline = sayDeadline(deletions, words());
  await schedule([SYDNEY, JAKARTA, PRIMARY]);
  for (const region of REGIONS)
    expect(await failureOf(encrypt(region))).toMatchObject({ name: 'KMSInvalidStateException' });
  expect(await describeKey(PRIMARY)).toEqual({ state: 'PendingReplicaDeletion', day: undefined });
  expect(deadline).toContain('The primary has no date yet: its 7 days begin when the last replica is gone.');
  const { day } = await describeKey(SYDNEY);
  expect(deadline).toContain(`Until ${day} (7 days from today) the replicas can be brought back.`);
  emulator.clock.advanceDays(WINDOW);
  expect((await describeKey(PRIMARY)).state).toBe('PendingDeletion');
});

test('a primary without replicas has its date at once', async () => {
  await schedule([SYDNEY, JAKARTA]);
  emulator.clock.advanceDays(WINDOW);
  const alone = deletionsOf(
    plan([row({ region: PRIMARY, key: { action: 'delete', windowInDays: WINDOW } })]),
  );
  const deadline = sayDeadline(alone, words());
  await schedule([PRIMARY]);
  const { state, day } = await describeKey(PRIMARY);
  expect(state).toBe('PendingDeletion');
  expect(deadline).toContain(`Until ${day} (7 days from today) it can be brought back.`);
});

test('the two commands bring a key back: after the first alone it is disabled', async () => {
  const deletions = told([JAKARTA]);
  await schedule([JAKARTA]);
  const commands = [
    ...sayCancelDeletionOf(deletions).matchAll(/`aws kms ([a-z-]+) --region (\S+) --key-id (\S+)`/g),
  ];
  expect(commands.map(([, command, region]) => [command, region])).toEqual([
    ['cancel-key-deletion', JAKARTA],
    ['enable-key', JAKARTA],
  ]);
  await kmsIn(emulator, JAKARTA).send(new CancelKeyDeletionCommand({ KeyId: id }));
  expect(await failureOf(encrypt(JAKARTA))).toMatchObject({ name: 'DisabledException' });
  await kmsIn(emulator, JAKARTA).send(new EnableKeyCommand({ KeyId: id }));
  await expect(encrypt(JAKARTA)).resolves.toBeDefined();
});
