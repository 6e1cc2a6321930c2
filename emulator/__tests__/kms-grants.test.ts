import {
  CreateGrantCommand,
  DecryptCommand,
  DisableKeyCommand,
  EncryptCommand,
  ListGrantsCommand,
  ListRetirableGrantsCommand,
  RetireGrantCommand,
  RevokeGrantCommand,
  type CreateGrantCommandInput,
  type KMSClient,
} from '@aws-sdk/client-kms';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startEmulator, type Emulator } from '../index.js';
import { createFamily, createKey, failureOf, kmsIn, rootPolicy, type CreatedKey } from './support.js';

const REGION = 'eu-west-1';
const STRANGER = {
  account: '111122223333',
  name: 'stranger',
  accessKeyId: 'AKIASTRANGERSTRANGER',
  secretAccessKey: 'stranger/stranger/stranger/stranger/stra',
};
const GRANTEE = 'arn:aws:iam::111122223333:user/stranger';

let emulator: Emulator;
let kms: KMSClient;
let stranger: KMSClient;
let key: CreatedKey;
beforeAll(async () => {
  emulator = await startEmulator({ region: REGION, users: [STRANGER] });
  kms = kmsIn(emulator, REGION);
  stranger = kmsIn(emulator, REGION, STRANGER);
});
afterAll(() => emulator.stop());
beforeEach(async () => {
  key = await createKey(kms);
});

async function grant(changed: Partial<CreateGrantCommandInput> = {}): Promise<{ id: string; token: string }> {
  const input = { KeyId: key.id, GranteePrincipal: GRANTEE, Operations: ['Encrypt' as const], ...changed };
  const { GrantId, GrantToken } = await kms.send(new CreateGrantCommand(input));
  return { id: GrantId ?? '', token: GrantToken ?? '' };
}

const encrypt = (context?: Record<string, string>): Promise<unknown> =>
  stranger.send(
    new EncryptCommand({ KeyId: key.arn, Plaintext: Buffer.from('p'), EncryptionContext: context }),
  );

const denied = { name: 'AccessDeniedException', status: 400 };

describe('a grant', () => {
  test('lets its grantee do what it names, and no more, until it is revoked', async () => {
    expect(await failureOf(encrypt())).toMatchObject(denied);
    const { id } = await grant();
    await encrypt();
    const made = await kms.send(new EncryptCommand({ KeyId: key.id, Plaintext: Buffer.from('p') }));
    const decrypt = new DecryptCommand({ CiphertextBlob: made.CiphertextBlob, KeyId: key.arn });
    expect(await failureOf(stranger.send(decrypt))).toMatchObject(denied);
    await kms.send(new RevokeGrantCommand({ KeyId: key.id, GrantId: id }));
    expect(await failureOf(encrypt())).toMatchObject(denied);
  });

  test('may ask for an encryption context', async () => {
    await grant({ Constraints: { EncryptionContextSubset: { team: 'a' } } });
    await encrypt({ team: 'a', more: 'yes' });
    expect(await failureOf(encrypt({ team: 'b' }))).toMatchObject(denied);
    expect(await failureOf(encrypt())).toMatchObject(denied);
  });

  test('may ask for exactly one encryption context', async () => {
    await grant({ Constraints: { EncryptionContextEquals: { team: 'a' } } });
    await encrypt({ team: 'a' });
    expect(await failureOf(encrypt({ team: 'a', more: 'yes' }))).toMatchObject(denied);
  });

  test('loses against a policy that denies', async () => {
    const deny = { Effect: 'Deny', Principal: { AWS: GRANTEE }, Action: 'kms:Encrypt', Resource: '*' };
    key = await createKey(kms, { Policy: rootPolicy(emulator.account, [deny]) });
    await grant();
    expect(await failureOf(encrypt())).toMatchObject(denied);
  });

  test('is given in one Region only', async () => {
    key = await createFamily(emulator, [REGION, 'eu-west-2']);
    await grant();
    const { Grants } = await kmsIn(emulator, 'eu-west-2').send(new ListGrantsCommand({ KeyId: key.id }));
    expect(Grants).toEqual([]);
  });

  test('with a name is made once', async () => {
    const first = await grant({ Name: 'one' });
    expect(await grant({ Name: 'one' })).toEqual(first);
    expect(await grant({ Name: 'other' })).not.toEqual(first);
    expect(await grant({ Name: 'one', Operations: ['Decrypt'] })).not.toEqual(first);
  });

  test('is listed with what it says, in pages, by grantee and by who may retire it', async () => {
    const { id } = await grant({ RetiringPrincipal: `arn:aws:iam::${emulator.account}:user/r`, Name: 'n' });
    await grant();
    const listed = await kms.send(new ListGrantsCommand({ KeyId: key.id, Limit: 1 }));
    expect(listed).toMatchObject({
      Truncated: true,
      Grants: [
        {
          GrantId: id,
          KeyId: key.arn,
          Name: 'n',
          GranteePrincipal: GRANTEE,
          IssuingAccount: 'arn:aws:iam::999900001111:root',
          Operations: ['Encrypt'],
        },
      ],
    });
    const rest = await kms.send(new ListGrantsCommand({ KeyId: key.id, Marker: listed.NextMarker }));
    expect(rest.Grants).toHaveLength(1);
    const none = new ListGrantsCommand({ KeyId: key.id, GranteePrincipal: 'arn:aws:iam::1:root' });
    expect((await kms.send(none)).Grants).toEqual([]);
    const retirable = new ListRetirableGrantsCommand({
      RetiringPrincipal: `arn:aws:iam::${emulator.account}:user/r`,
    });
    expect((await kms.send(retirable)).Grants).toMatchObject([{ GrantId: id }]);
  });

  test('is retired by its token, or by key and id', async () => {
    const [one, other] = [await grant(), await grant({ Operations: ['Decrypt'] })];
    await kms.send(new RetireGrantCommand({ GrantToken: one.token }));
    await kms.send(new RetireGrantCommand({ KeyId: key.arn, GrantId: other.id }));
    expect((await kms.send(new ListGrantsCommand({ KeyId: key.id }))).Grants).toEqual([]);
    for (const [input, name] of [
      [{ GrantToken: one.token }, 'InvalidGrantTokenException'],
      [{ KeyId: key.arn, GrantId: other.id }, 'NotFoundException'],
      [{ KeyId: key.arn }, 'ValidationException'],
    ] as const)
      expect(await failureOf(kms.send(new RetireGrantCommand(input)))).toMatchObject({ name });
  });

  test('is not given on a key that is disabled, nor to what is no principal', async () => {
    expect(await failureOf(grant({ GranteePrincipal: 'somebody' }))).toMatchObject({
      name: 'InvalidArnException',
    });
    await kms.send(new DisableKeyCommand({ KeyId: key.id }));
    expect(await failureOf(grant())).toMatchObject({ name: 'DisabledException' });
  });

  test('can be tried without being given', async () => {
    expect(await failureOf(grant({ DryRun: true }))).toMatchObject({ name: 'DryRunOperationException' });
    expect((await kms.send(new ListGrantsCommand({ KeyId: key.id }))).Grants).toEqual([]);
  });
});
