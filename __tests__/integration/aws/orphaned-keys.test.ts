import { CreateAliasCommand, KMSClient, type CreateKeyCommandInput } from '@aws-sdk/client-kms';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startEmulator, type Emulator } from '../../../emulator/index.js';
import { clientsOf } from '../../support/emulated-session.js';
import {
  findOrphanedKeys,
  type OrphanedKey,
  type OrphanedKeySearch,
} from '../../../src/aws/orphaned-keys.js';
import { createKey, kmsIn, type CreatedKey } from '../../../emulator/__tests__/support.js';

const REGION = 'eu-west-1';

let emulator: Emulator;
let kms: KMSClient;
const environment = { ...process.env };
beforeEach(async () => {
  emulator = await startEmulator({ region: REGION });
  kms = kmsIn(emulator, REGION);
  process.env['AWS_ENDPOINT_URL'] = emulator.url;
});
afterEach(async () => {
  process.env = { ...environment };
  await emulator.stop();
});

const policy = (): string =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { AWS: `arn:aws:iam::${emulator.account}:root` },
        Action: 'kms:*',
        Resource: '*',
      },
    ],
  });

/** A key as the plan has it, with something else about it. */
const make = (more: CreateKeyCommandInput = {}): Promise<CreatedKey> =>
  createKey(kms, { Description: 'Multi-Region primary key', Policy: policy(), ...more });

async function search(knownId?: string, more: Partial<OrphanedKeySearch> = {}): Promise<OrphanedKey[]> {
  return findOrphanedKeys({
    clients: await clientsOf(emulator),
    region: REGION,
    description: 'Multi-Region primary key',
    keySpec: 'SYMMETRIC_DEFAULT',
    keyUsage: 'ENCRYPT_DECRYPT',
    policy: policy(),
    samePolicy: (a, b) => JSON.stringify(JSON.parse(a)) === JSON.stringify(JSON.parse(b)),
    since: emulator.clock.now(),
    knownId,
    signal: new AbortController().signal,
    ...more,
  });
}

describe('a key that this run made without learning its id', () => {
  test('is found when the next attempt made the key that the state knows', async () => {
    const lost = await make();
    const known = await make();
    await expect(search(known.id)).resolves.toEqual([{ keyId: lost.id, arn: lost.arn, region: REGION }]);
  });

  test('is found when the state knows none', async () => {
    const lost = await make();
    await expect(search()).resolves.toMatchObject([{ arn: lost.arn }]);
  });

  test('is found among more keys and aliases than one answer holds', async () => {
    for (let index = 0; index < 105; index += 1) {
      const { id } = await make();
      await kms.send(new CreateAliasCommand({ AliasName: `alias/other-${index}`, TargetKeyId: id }));
    }
    const lost = await make();
    await expect(search()).resolves.toMatchObject([{ arn: lost.arn }]);
  });
});

describe('another key is not taken for it:', () => {
  test.each<[string, () => CreateKeyCommandInput]>([
    ['another description', () => ({ Description: 'Mine' })],
    ['another spec', () => ({ KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' })],
    ['a single-Region key', () => ({ MultiRegion: false })],
    ['another policy', () => ({ Policy: policy().replace('"kms:*"', '["kms:*"]') })],
  ])('%s', async (_, more) => {
    await make(more());
    await expect(search()).resolves.toEqual([]);
  });

  test('one with an alias', async () => {
    const { id } = await make();
    await kms.send(new CreateAliasCommand({ AliasName: 'alias/other', TargetKeyId: id }));
    await expect(search()).resolves.toEqual([]);
  });

  test('one that was there before this run', async () => {
    await make();
    await expect(search(undefined, { since: emulator.clock.now() + 6 * 60_000 })).resolves.toEqual([]);
  });

  test('one that another run made after ours', async () => {
    const known = await make();
    emulator.clock.advance(1000);
    await make();
    await expect(search(known.id)).resolves.toEqual([]);
  });
});
