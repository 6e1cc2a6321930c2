import {
  CancelKeyDeletionCommand,
  CreateAliasCommand,
  DescribeKeyCommand,
  DisableKeyCommand,
  EnableKeyRotationCommand,
  GetKeyPolicyCommand,
  GetKeyRotationStatusCommand,
  ListAliasesCommand,
  ListResourceTagsCommand,
  PutKeyPolicyCommand,
  ReplicateKeyCommand,
  ScheduleKeyDeletionCommand,
  TagResourceCommand,
  UpdateKeyDescriptionCommand,
  UpdatePrimaryRegionCommand,
  type KeyMetadata,
} from '@aws-sdk/client-kms';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DAY_MS, startEmulator, type Emulator } from '../index.js';
import { createFamily, createKey, failureOf, kmsIn, rootPolicy } from './support.js';

const PRIMARY = 'ap-southeast-1';
const REPLICA = 'ap-southeast-2';
const OTHER = 'ap-southeast-3';

let emulator: Emulator;
beforeEach(async () => {
  emulator = await startEmulator({ region: PRIMARY });
});
afterEach(() => emulator.stop());

async function metadata(region: string, id: string): Promise<KeyMetadata> {
  const { KeyMetadata } = await kmsIn(emulator, region).send(new DescribeKeyCommand({ KeyId: id }));
  if (KeyMetadata === undefined) throw new Error('There is no metadata.');
  return KeyMetadata;
}

describe('a multi-Region key', () => {
  test('has an id of mrk- and 32 hexadecimal digits, a single-Region key a UUID', async () => {
    const kms = kmsIn(emulator, PRIMARY);
    expect((await createKey(kms)).id).toMatch(/^mrk-[0-9a-f]{32}$/);
    expect((await createKey(kms, { MultiRegion: false })).id).toMatch(
      /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
    );
  });

  test('shows each of its Regions as what it is there', async () => {
    const { id } = await createFamily(emulator, [PRIMARY, REPLICA, OTHER]);
    const arnIn = (region: string): string => `arn:aws:kms:${region}:999900001111:key/${id}`;
    for (const region of [OTHER, REPLICA, PRIMARY]) {
      const found = await metadata(region, id);
      expect(found.Arn).toBe(arnIn(region));
      expect(found.MultiRegionConfiguration).toEqual({
        MultiRegionKeyType: region === PRIMARY ? 'PRIMARY' : 'REPLICA',
        PrimaryKey: { Arn: arnIn(PRIMARY), Region: PRIMARY },
        ReplicaKeys: [
          { Arn: arnIn(REPLICA), Region: REPLICA },
          { Arn: arnIn(OTHER), Region: OTHER },
        ],
      });
    }
  });

  test.each([
    ['cn-north-1', 'aws-cn'],
    ['us-gov-west-1', 'aws-us-gov'],
    ['eusc-de-east-1', 'aws-eusc'],
    ['us-iso-east-1', 'aws-iso'],
  ])('in %s has ARNs of partition %s', async (region, partition) => {
    expect((await createKey(kmsIn(emulator, region))).arn).toMatch(`arn:${partition}:kms:${region}:`);
  });

  test('keeps policy, tags, description, aliases and enabled state apart in each Region', async () => {
    const { id } = await createFamily(emulator, [PRIMARY, REPLICA], { Description: 'one' });
    const replica = kmsIn(emulator, REPLICA);
    await replica.send(new TagResourceCommand({ KeyId: id, Tags: [{ TagKey: 'a', TagValue: 'b' }] }));
    await replica.send(new UpdateKeyDescriptionCommand({ KeyId: id, Description: 'two' }));
    await replica.send(new CreateAliasCommand({ AliasName: 'alias/there', TargetKeyId: id }));
    await replica.send(new PutKeyPolicyCommand({ KeyId: id, Policy: rootPolicy(emulator.account) }));
    await replica.send(new DisableKeyCommand({ KeyId: id }));
    const here = kmsIn(emulator, PRIMARY);
    expect(await metadata(PRIMARY, id)).toMatchObject({ Description: 'one', KeyState: 'Enabled' });
    expect(await metadata(REPLICA, id)).toMatchObject({ Description: 'two', KeyState: 'Disabled' });
    expect((await here.send(new ListResourceTagsCommand({ KeyId: id }))).Tags).toEqual([]);
    expect((await here.send(new ListAliasesCommand({ KeyId: id }))).Aliases).toEqual([]);
    const policies = await Promise.all(
      [here, replica].map(async (kms) => (await kms.send(new GetKeyPolicyCommand({ KeyId: id }))).Policy),
    );
    expect(policies[0]).not.toBe(policies[1]);
  });

  test('takes the policy, tags and description of ReplicateKey for the replica', async () => {
    const { id } = await createKey(kmsIn(emulator, PRIMARY), { Description: 'primary' });
    const Policy = rootPolicy(emulator.account);
    const answer = await kmsIn(emulator, PRIMARY).send(
      new ReplicateKeyCommand({
        KeyId: id,
        ReplicaRegion: REPLICA,
        Policy,
        Description: 'replica',
        Tags: [{ TagKey: 'team', TagValue: 'data' }],
      }),
    );
    expect(answer.ReplicaKeyMetadata).toMatchObject({
      Description: 'replica',
      KeyState: 'Creating',
      Enabled: false,
    });
    expect(answer.ReplicaTags).toEqual([{ TagKey: 'team', TagValue: 'data' }]);
    const kept = await kmsIn(emulator, REPLICA).send(new GetKeyPolicyCommand({ KeyId: id }));
    expect(JSON.parse(kept.Policy ?? '')).toEqual(JSON.parse(Policy));
  });

  test('rotates on the primary, and every Region says so', async () => {
    const { id, arn } = await createFamily(emulator, [PRIMARY, REPLICA]);
    const replica = kmsIn(emulator, REPLICA);
    expect(await failureOf(replica.send(new EnableKeyRotationCommand({ KeyId: id })))).toMatchObject({
      name: 'UnsupportedOperationException',
    });
    await kmsIn(emulator, PRIMARY).send(
      new EnableKeyRotationCommand({ KeyId: arn, RotationPeriodInDays: 180 }),
    );
    expect(await replica.send(new GetKeyRotationStatusCommand({ KeyId: id }))).toMatchObject({
      KeyRotationEnabled: true,
      RotationPeriodInDays: 180,
    });
  });
});

describe('replication', () => {
  test('lasts: the replica is Creating first, and can not be used', async () => {
    const slow = await startEmulator({ region: PRIMARY, replicaDelayMs: 600_000 });
    try {
      const { id } = await createKey(kmsIn(slow, PRIMARY));
      await kmsIn(slow, PRIMARY).send(new ReplicateKeyCommand({ KeyId: id, ReplicaRegion: REPLICA }));
      const [creating] = slow.kms.keys(REPLICA);
      expect(creating?.state).toBe('Creating');
      expect(await failureOf(kmsIn(slow, REPLICA).send(new DisableKeyCommand({ KeyId: id })))).toMatchObject({
        name: 'KMSInvalidStateException',
        message: `arn:aws:kms:${REPLICA}:999900001111:key/${id} is creating.`,
      });
      slow.clock.advance(600_000);
      expect(slow.kms.keys(REPLICA)[0]?.state).toBe('Enabled');
    } finally {
      await slow.stop();
    }
  });

  test('happens once in each Region, whatever state the replica there is in', async () => {
    const { id } = await createFamily(emulator, [PRIMARY, REPLICA]);
    const again = (): Promise<unknown> =>
      kmsIn(emulator, PRIMARY).send(new ReplicateKeyCommand({ KeyId: id, ReplicaRegion: REPLICA }));
    expect(await failureOf(again())).toMatchObject({ name: 'AlreadyExistsException', status: 400 });
    await kmsIn(emulator, REPLICA).send(
      new ScheduleKeyDeletionCommand({ KeyId: id, PendingWindowInDays: 7 }),
    );
    expect(await failureOf(again())).toMatchObject({ name: 'AlreadyExistsException' });
    emulator.clock.advanceDays(7);
    await again();
  });

  test('starts from a multi-Region primary only', async () => {
    const { id } = await createFamily(emulator, [PRIMARY, REPLICA]);
    const single = await createKey(kmsIn(emulator, PRIMARY), { MultiRegion: false });
    for (const [region, KeyId] of [
      [REPLICA, id],
      [PRIMARY, single.id],
    ] as const) {
      const call = kmsIn(emulator, region).send(new ReplicateKeyCommand({ KeyId, ReplicaRegion: OTHER }));
      expect(await failureOf(call)).toMatchObject({ name: 'UnsupportedOperationException' });
    }
    expect(emulator.kms.keys(OTHER)).toEqual([]);
  });

  test('stays in its partition and in Regions that the account has enabled', async () => {
    const { id } = await createKey(kmsIn(emulator, PRIMARY));
    emulator.disabledRegions.add('me-central-1');
    for (const ReplicaRegion of ['cn-north-1', 'me-central-1', 'nowhere']) {
      const call = kmsIn(emulator, PRIMARY).send(new ReplicateKeyCommand({ KeyId: id, ReplicaRegion }));
      expect(await failureOf(call)).toMatchObject({ name: 'ValidationException' });
    }
    expect(emulator.kms.regions()).toEqual([PRIMARY]);
  });
});

describe('deletion', () => {
  test('of a primary waits for the last replica to be gone, and only then starts its own window', async () => {
    const { id } = await createFamily(emulator, [PRIMARY, REPLICA]);
    const primary = kmsIn(emulator, PRIMARY);
    const scheduled = await primary.send(
      new ScheduleKeyDeletionCommand({ KeyId: id, PendingWindowInDays: 10 }),
    );
    expect(scheduled.KeyState).toBe('PendingReplicaDeletion');
    expect(scheduled.DeletionDate).toBeUndefined();
    expect(await metadata(PRIMARY, id)).toMatchObject({
      KeyState: 'PendingReplicaDeletion',
      PendingDeletionWindowInDays: 10,
    });
    await kmsIn(emulator, REPLICA).send(
      new ScheduleKeyDeletionCommand({ KeyId: id, PendingWindowInDays: 7 }),
    );
    emulator.clock.advance(7 * DAY_MS - 60_000);
    expect((await metadata(PRIMARY, id)).KeyState).toBe('PendingReplicaDeletion');
    emulator.clock.advance(120_000);
    expect(emulator.kms.keys(REPLICA)).toEqual([]);
    expect(await metadata(PRIMARY, id)).toMatchObject({ KeyState: 'PendingDeletion' });
    emulator.clock.advanceDays(10);
    expect(await failureOf(primary.send(new DescribeKeyCommand({ KeyId: id })))).toEqual({
      name: 'NotFoundException',
      message: `Key 'arn:aws:kms:${PRIMARY}:999900001111:key/${id}' does not exist`,
      status: 400,
    });
  });

  test('when cancelled, gives the key back disabled', async () => {
    const { id, arn } = await createKey(kmsIn(emulator, PRIMARY));
    const kms = kmsIn(emulator, PRIMARY);
    await kms.send(new ScheduleKeyDeletionCommand({ KeyId: id }));
    expect(await failureOf(kms.send(new EnableKeyRotationCommand({ KeyId: id })))).toMatchObject({
      name: 'KMSInvalidStateException',
      message: `${arn} is pending deletion.`,
    });
    await kms.send(new CancelKeyDeletionCommand({ KeyId: id }));
    expect((await metadata(PRIMARY, id)).KeyState).toBe('Disabled');
  });

  test('takes the key’s aliases with it', async () => {
    const { id } = await createKey(kmsIn(emulator, PRIMARY));
    const kms = kmsIn(emulator, PRIMARY);
    await kms.send(new CreateAliasCommand({ AliasName: 'alias/gone', TargetKeyId: id }));
    await kms.send(new ScheduleKeyDeletionCommand({ KeyId: id, PendingWindowInDays: 7 }));
    emulator.clock.advanceDays(7);
    expect((await kms.send(new ListAliasesCommand({}))).Aliases).toEqual([]);
  });
});

describe('a change of the primary Region', () => {
  test('shows both ends as Updating replicas until it is done', async () => {
    const { id } = await createFamily(emulator, [PRIMARY, REPLICA]);
    emulator.kms.settings.promotionDelayMs = 60_000;
    await kmsIn(emulator, PRIMARY).send(
      new UpdatePrimaryRegionCommand({ KeyId: id, PrimaryRegion: REPLICA }),
    );
    for (const region of [PRIMARY, REPLICA])
      expect(await metadata(region, id)).toMatchObject({
        KeyState: 'Updating',
        MultiRegionConfiguration: { MultiRegionKeyType: 'REPLICA' },
      });
    emulator.clock.advance(60_000);
    expect((await metadata(REPLICA, id)).MultiRegionConfiguration?.MultiRegionKeyType).toBe('PRIMARY');
    expect(await metadata(PRIMARY, id)).toMatchObject({
      KeyState: 'Enabled',
      MultiRegionConfiguration: { MultiRegionKeyType: 'REPLICA', PrimaryKey: { Region: REPLICA } },
    });
  });

  test('goes to a Region that has a replica', async () => {
    const { id } = await createFamily(emulator, [PRIMARY, REPLICA]);
    const call = kmsIn(emulator, PRIMARY).send(
      new UpdatePrimaryRegionCommand({ KeyId: id, PrimaryRegion: OTHER }),
    );
    expect(await failureOf(call)).toMatchObject({ name: 'NotFoundException' });
  });
});
