import {
  CreateAliasCommand,
  CreateKeyCommand,
  ListKeysCommand,
  TagResourceCommand,
} from '@aws-sdk/client-kms';
import { DeleteObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startEmulator, type Emulator, type Fault } from '../index.js';
import { createKey, failureOf, kmsIn, s3In } from './support.js';

const REGION = 'eu-west-1';
const USER = 'arn:aws:iam::999900001111:user/emulator';

let emulator: Emulator;
beforeEach(async () => {
  emulator = await startEmulator({ region: REGION });
});
afterEach(() => emulator.stop());

type Denied = Extract<Fault['effect'], { type: 'access-denied' }>;

describe('access denied', () => {
  test.each<[Omit<Denied, 'type'>, string]>([
    [{}, 'because no identity-based policy allows the kms:ListKeys action'],
    [{ policy: 'resource-based policy' }, 'because no resource-based policy allows the kms:ListKeys action'],
    [
      { policy: 'service control policy' },
      'because no service control policy allows the kms:ListKeys action',
    ],
    [{ policy: 'permissions boundary' }, 'because no permissions boundary allows the kms:ListKeys action'],
    [{ policy: 'session policy' }, 'because no session policy allows the kms:ListKeys action'],
    [{ policy: 'VPC endpoint policy' }, 'because no VPC endpoint policy allows the kms:ListKeys action'],
    [{ explicit: true }, 'with an explicit deny in an identity-based policy'],
    [{ policy: 'resource-based policy', explicit: true }, 'with an explicit deny in a resource-based policy'],
    [
      { policy: 'service control policy', explicit: true },
      'with an explicit deny in a service control policy',
    ],
    [
      { policy: 'resource control policy', explicit: true },
      'with an explicit deny in a resource control policy',
    ],
    [{ policy: 'permissions boundary', explicit: true }, 'with an explicit deny in a permissions boundary'],
    [{ policy: 'session policy', explicit: true }, 'with an explicit deny in a session policy'],
    [{ policy: 'VPC endpoint policy', explicit: true }, 'with an explicit deny in a VPC endpoint policy'],
    [
      { policy: 'service control policy', explicit: true, policyArn: 'arn:aws:organizations::1:policy/o/p' },
      'with an explicit deny in a service control policy: arn:aws:organizations::1:policy/o/p',
    ],
  ])('by %j says which policy refused', async (effect, ending) => {
    emulator.faults.add({ match: { action: 'ListKeys' }, effect: { type: 'access-denied', ...effect } });
    const failure = await failureOf(kmsIn(emulator, REGION).send(new ListKeysCommand({})));
    expect(failure).toEqual({
      name: 'AccessDeniedException',
      message: `User: ${USER} is not authorized to perform: kms:ListKeys on resource: * ${ending}`,
      status: 400,
    });
  });

  test('names the key, the alias or the object that it is about, and the permission where it has another name', async () => {
    const key = await createKey(kmsIn(emulator, REGION));
    emulator.faults.add({ effect: { type: 'access-denied' } });
    const tag = new TagResourceCommand({ KeyId: key.id, Tags: [] });
    expect((await failureOf(kmsIn(emulator, REGION).send(tag))).message).toContain(
      `resource: ${key.arn} because`,
    );
    const alias = new CreateAliasCommand({ AliasName: 'alias/a/b', TargetKeyId: key.id });
    expect((await failureOf(kmsIn(emulator, REGION).send(alias))).message).toContain(
      'resource: arn:aws:kms:eu-west-1:999900001111:alias/a/b because',
    );
    const remove = new DeleteObjectCommand({ Bucket: emulator.bucket, Key: 'a/b.tflock' });
    expect(await failureOf(s3In(emulator, REGION).send(remove))).toMatchObject({
      name: 'AccessDenied',
      status: 403,
      message:
        `User: ${USER} is not authorized to perform: s3:DeleteObject on resource: ` +
        `"arn:aws:s3:::${emulator.bucket}/a/b.tflock" because no identity-based policy allows the s3:DeleteObject action`,
    });
  });

  test('comes after the check of who is calling', async () => {
    emulator.faults.add({ effect: { type: 'access-denied' } });
    const stranger = kmsIn(emulator, REGION, { accessKeyId: 'AKIASTRANGER', secretAccessKey: 's' });
    expect((await failureOf(stranger.send(new ListKeysCommand({})))).name).toBe(
      'UnrecognizedClientException',
    );
  });

  test('of deletions in the state bucket leaves reading and writing alone, and other callers', async () => {
    const other = { account: '999900001111', name: 'admin', accessKeyId: 'AKIAADMIN', secretAccessKey: 'a' };
    await emulator.stop();
    emulator = await startEmulator({ region: REGION, users: [other] });
    emulator.faults.add({
      match: { action: 'DeleteObject', resource: '*.tflock', principal: '*:user/emulator' },
      effect: { type: 'access-denied' },
    });
    const s3 = s3In(emulator, REGION);
    const place = { Bucket: emulator.bucket, Key: 'key.tfstate.tflock' };
    await s3.send(new PutObjectCommand({ ...place, Body: 'lock' }));
    expect((await failureOf(s3.send(new DeleteObjectCommand(place)))).status).toBe(403);
    expect(emulator.s3.find(emulator.bucket)?.objects.has(place.Key)).toBe(true);
    await s3In(emulator, REGION, other).send(new DeleteObjectCommand(place));
    expect(emulator.s3.find(emulator.bucket)?.objects.has(place.Key)).toBe(false);
  });

  test('for lack of a tag is for keys that are created without it', async () => {
    emulator.faults.add({
      match: { action: 'CreateKey', withoutTag: 'cost-center' },
      effect: { type: 'access-denied', policy: 'service control policy', explicit: true },
    });
    const kms = kmsIn(emulator, REGION);
    for (const Tags of [undefined, [], [{ TagKey: 'team', TagValue: 'x' }]])
      expect((await failureOf(kms.send(new CreateKeyCommand({ Tags })))).message).toContain(
        'with an explicit deny in a service control policy',
      );
    await createKey(kms, { Tags: [{ TagKey: 'cost-center', TagValue: '7' }] });
    await kms.send(new ListKeysCommand({}));
  });
});
