import {
  CreateAliasCommand,
  CreateKeyCommand,
  DeleteAliasCommand,
  DescribeKeyCommand,
  EnableKeyRotationCommand,
  EncryptCommand,
  GenerateMacCommand,
  GetKeyPolicyCommand,
  ListKeysCommand,
  PutKeyPolicyCommand,
  RotateKeyOnDemandCommand,
  ScheduleKeyDeletionCommand,
  TagResourceCommand,
  UpdateAliasCommand,
  paginateListAliases,
  type CreateKeyCommandInput,
  type KMSClient,
} from '@aws-sdk/client-kms';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startEmulator, type Emulator } from '../index.js';
import { createKey, failureOf, kmsIn, rootPolicy, stsIn, type CreatedKey } from './support.js';
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';

const REGION = 'eu-west-1';
const NO_ID = `mrk-${'0'.repeat(32)}`;

let emulator: Emulator;
let kms: KMSClient;
let key: CreatedKey;
beforeAll(async () => {
  emulator = await startEmulator({ region: REGION });
  kms = kmsIn(emulator, REGION);
  key = await createKey(kms);
});
afterAll(() => emulator.stop());

describe('a key that is not there', () => {
  test('is named by the ARN that it would have', async () => {
    expect(await failureOf(kms.send(new DescribeKeyCommand({ KeyId: NO_ID })))).toEqual({
      name: 'NotFoundException',
      message: `Key 'arn:aws:kms:eu-west-1:999900001111:key/${NO_ID}' does not exist`,
      status: 400,
    });
  });

  test('may be named in any of the ways that the API takes', async () => {
    await kms.send(new CreateAliasCommand({ AliasName: 'alias/named', TargetKeyId: key.arn }));
    const alias = 'arn:aws:kms:eu-west-1:999900001111:alias/named';
    for (const KeyId of [key.id, key.arn, 'alias/named', alias]) {
      const { KeyMetadata } = await kms.send(new DescribeKeyCommand({ KeyId }));
      expect(KeyMetadata?.Arn).toBe(key.arn);
    }
  });

  test.each([
    [
      'alias/missing',
      'NotFoundException',
      'Alias arn:aws:kms:eu-west-1:999900001111:alias/missing is not found.',
    ],
    ['no id at all', 'NotFoundException', "Invalid keyId 'no id at all'"],
    ['arn:aws:kms:eu-west-1:999900001111:thing/x', 'InvalidArnException', undefined],
    [`arn:aws:kms:us-east-1:999900001111:key/${NO_ID}`, 'NotFoundException', 'Invalid arn us-east-1'],
  ])('by the name %s is %s', async (KeyId, name, message) => {
    const failure = await failureOf(kms.send(new DescribeKeyCommand({ KeyId })));
    expect(failure).toMatchObject({ name, ...(message === undefined ? {} : { message }) });
  });

  test('in another Region is not found there', async () => {
    const elsewhere = kmsIn(emulator, 'eu-west-2').send(new DescribeKeyCommand({ KeyId: key.id }));
    expect(await failureOf(elsewhere)).toMatchObject({ name: 'NotFoundException' });
  });
});

describe('a spec and a usage', () => {
  test.each<[CreateKeyCommandInput, string]>([
    [
      { KeySpec: 'RSA_2048' },
      'You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys.',
    ],
    [
      { KeySpec: 'HMAC_256', KeyUsage: 'ENCRYPT_DECRYPT' },
      'The KeyUsage value ENCRYPT_DECRYPT is not compatible with KeySpec HMAC_256',
    ],
    [
      { KeySpec: 'SYMMETRIC_DEFAULT', KeyUsage: 'SIGN_VERIFY' },
      'The KeyUsage value SIGN_VERIFY is not compatible with KeySpec SYMMETRIC_DEFAULT',
    ],
  ])('of %j do not make a key', async (input, message) => {
    expect(await failureOf(kms.send(new CreateKeyCommand(input)))).toMatchObject({
      name: 'ValidationException',
      message,
    });
  });

  test('without cryptography here are refused, not faked', async () => {
    const call = kms.send(new CreateKeyCommand({ KeySpec: 'SM2', KeyUsage: 'SIGN_VERIFY' }));
    expect(await failureOf(call)).toMatchObject({ name: 'UnsupportedOperationException' });
  });

  test('decide what the key can be used for', async () => {
    const call = kms.send(
      new GenerateMacCommand({ KeyId: key.id, MacAlgorithm: 'HMAC_SHA_256', Message: Buffer.from('m') }),
    );
    expect(await failureOf(call)).toMatchObject({
      name: 'InvalidKeyUsageException',
      message: `${key.arn} key usage is ENCRYPT_DECRYPT which is not valid for GenerateMac.`,
    });
  });
});

describe('limits of the API model', () => {
  test('name the field, the value and the rule', async () => {
    const call = kms.send(new ScheduleKeyDeletionCommand({ KeyId: key.id, PendingWindowInDays: 3 }));
    expect(await failureOf(call)).toEqual({
      name: 'ValidationException',
      message:
        "1 validation error detected: Value '3' at 'pendingWindowInDays' failed to satisfy constraint: " +
        'Member must have value greater than or equal to 7',
      status: 400,
    });
  });

  test.each([31, 6, 0])('refuse a waiting period of %d days', async (PendingWindowInDays) => {
    const call = kms.send(new ScheduleKeyDeletionCommand({ KeyId: key.id, PendingWindowInDays }));
    expect(await failureOf(call)).toMatchObject({ name: 'ValidationException' });
    expect(emulator.kms.keys(REGION)[0]?.state).toBe('Enabled');
  });

  test.each([89, 2561])('refuse a rotation period of %d days', async (RotationPeriodInDays) => {
    const call = kms.send(new EnableKeyRotationCommand({ KeyId: key.id, RotationPeriodInDays }));
    expect(await failureOf(call)).toMatchObject({ name: 'ValidationException' });
  });

  test('refuse rotation for what is not symmetric', async () => {
    const hmac = await createKey(kms, { KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' });
    for (const call of [
      kms.send(new EnableKeyRotationCommand({ KeyId: hmac.id })),
      kms.send(new RotateKeyOnDemandCommand({ KeyId: hmac.id })),
    ])
      expect(await failureOf(call)).toMatchObject({ name: 'UnsupportedOperationException' });
  });

  test('refuse plaintext over 4096 bytes without repeating it', async () => {
    const call = kms.send(new EncryptCommand({ KeyId: key.id, Plaintext: Buffer.alloc(4097, 'A') }));
    const failure = await failureOf(call);
    expect(failure.name).toBe('ValidationException');
    expect(failure.message).not.toContain('AAAA');
  });

  test('bound the keys of a Region when a test says so', async () => {
    const small = await startEmulator({ maxKeysPerRegion: 1 });
    try {
      await createKey(kmsIn(small, REGION));
      expect(await failureOf(createKey(kmsIn(small, REGION)))).toMatchObject({
        name: 'LimitExceededException',
      });
      await createKey(kmsIn(small, 'eu-west-2'));
    } finally {
      await small.stop();
    }
  });
});

describe('an alias', () => {
  test.each([
    ['alias/aws/x', 'NotAuthorizedException'],
    ['no-prefix', 'ValidationException'],
    ['alias/with space', 'ValidationException'],
    ['alias/with:colon', 'InvalidAliasNameException'],
    [`alias/${'a'.repeat(251)}`, 'ValidationException'],
  ])('named %s is refused with %s', async (AliasName, name) => {
    const call = kms.send(new CreateAliasCommand({ AliasName, TargetKeyId: key.id }));
    expect(await failureOf(call)).toMatchObject({ name });
  });

  test('may have a name of 256 characters', async () => {
    const AliasName = `alias/${'a'.repeat(250)}`;
    await kms.send(new CreateAliasCommand({ AliasName, TargetKeyId: key.id }));
    await kms.send(new DeleteAliasCommand({ AliasName }));
  });

  test('exists once in an account and Region', async () => {
    const input = { AliasName: 'alias/once', TargetKeyId: key.id };
    await kms.send(new CreateAliasCommand(input));
    expect(await failureOf(kms.send(new CreateAliasCommand(input)))).toMatchObject({
      name: 'AlreadyExistsException',
      message: 'An alias with the name arn:aws:kms:eu-west-1:999900001111:alias/once already exists',
    });
  });

  test('that is not there is not found by UpdateAlias and DeleteAlias', async () => {
    const AliasName = 'alias/nowhere';
    for (const call of [
      kms.send(new UpdateAliasCommand({ AliasName, TargetKeyId: key.id })),
      kms.send(new DeleteAliasCommand({ AliasName })),
    ])
      expect(await failureOf(call)).toMatchObject({
        name: 'NotFoundException',
        message: 'Alias arn:aws:kms:eu-west-1:999900001111:alias/nowhere is not found.',
      });
  });

  test('is one of at most fifty of a key, and they are listed in pages', async () => {
    const crowded = await createKey(kms);
    const names = Array.from({ length: 50 }, (_, at) => `alias/crowd-${at}`);
    for (const AliasName of names)
      await kms.send(new CreateAliasCommand({ AliasName, TargetKeyId: crowded.id }));
    const oneMore = kms.send(
      new CreateAliasCommand({ AliasName: 'alias/crowd-50', TargetKeyId: crowded.id }),
    );
    expect(await failureOf(oneMore)).toMatchObject({ name: 'LimitExceededException' });
    const found: (string | undefined)[] = [];
    for await (const { Aliases = [] } of paginateListAliases(
      { client: kms, pageSize: 7 },
      { KeyId: crowded.id },
    ))
      found.push(...Aliases.map(({ AliasName }) => AliasName));
    expect(found.sort()).toEqual(names.sort());
  });
});

describe('a list of keys', () => {
  test('comes in pages and refuses a marker that it has not given', async () => {
    const first = await kms.send(new ListKeysCommand({ Limit: 1 }));
    expect(first).toMatchObject({ Truncated: true });
    const call = kms.send(new ListKeysCommand({ Marker: 'made up' }));
    expect(await failureOf(call)).toMatchObject({ name: 'InvalidMarkerException' });
  });
});

describe('tags', () => {
  test.each([
    ['TagException', [{ TagKey: 'aws:mine', TagValue: 'x' }]],
    ['ValidationException', [{ TagKey: 'k'.repeat(129), TagValue: 'x' }]],
    ['ValidationException', [{ TagKey: 'k', TagValue: 'v'.repeat(257) }]],
    ['TagException', [{ TagKey: 'what?', TagValue: 'x' }]],
    ['TagException', Array.from({ length: 51 }, (_, at) => ({ TagKey: `k${at}`, TagValue: '' }))],
  ])('outside the limits are refused with %s', async (name, Tags) => {
    expect(await failureOf(kms.send(new TagResourceCommand({ KeyId: key.id, Tags })))).toMatchObject({
      name,
    });
  });
});

describe('a key policy', () => {
  const put = (Policy: string, bypass = false): Promise<unknown> =>
    kms.send(new PutKeyPolicyCommand({ KeyId: key.id, Policy, BypassPolicyLockoutSafetyCheck: bypass }));
  const statement = (changed: object): string => {
    const whole = {
      Effect: 'Allow',
      Principal: { AWS: '999900001111' },
      Action: 'kms:*',
      Resource: '*',
      ...changed,
    };
    return JSON.stringify({ Version: '2012-10-17', Statement: [whole] });
  };

  test.each([
    ['no JSON', '{', 'invalid Json'],
    ['no action', statement({ Action: undefined }), 'Policy statement must contain actions.'],
    ['no resource', statement({ Resource: undefined }), 'Policy statement must contain resources.'],
    ['no principal', statement({ Principal: undefined }), 'Policy statement must contain principals.'],
    [
      'a principal that is none',
      statement({ Principal: { AWS: 'somebody' } }),
      'Policy contains a statement with one or more invalid principals.',
    ],
    [
      'a principal of another partition',
      statement({ Principal: { AWS: 'arn:aws-cn:iam::999900001111:root' } }),
      'Policy contains a statement with one or more invalid principals.',
    ],
    [
      'nobody who can change it again',
      statement({ Action: 'kms:Encrypt' }),
      'The new key policy will not allow you to update the key policy in the future.',
    ],
  ])('with %s is malformed', async (_what, policy, message) => {
    const failure = await failureOf(put(policy));
    expect(failure.name).toBe('MalformedPolicyDocumentException');
    expect(failure.message).toContain(message);
  });

  test('may lock its owner out when the caller says so', async () => {
    const locked = await createKey(kms);
    const Policy = statement({ Action: 'kms:Encrypt' });
    await kms.send(
      new PutKeyPolicyCommand({ KeyId: locked.id, Policy, BypassPolicyLockoutSafetyCheck: true }),
    );
  });

  test('may have 32 KiB and no more', async () => {
    const pad = (size: number): string => {
      const empty = rootPolicy('999900001111', [
        { Sid: '', Effect: 'Deny', Principal: '*', Action: 'kms:Never', Resource: '*' },
      ]);
      return empty.replace('"Sid":""', `"Sid":"${'x'.repeat(size - empty.length)}"`);
    };
    await put(pad(32_768));
    expect(await failureOf(put(pad(32_769)))).toMatchObject({ name: 'LimitExceededException' });
  });

  test('comes back with bare account ids as the account’s root', async () => {
    await put(statement({ Principal: { AWS: ['999900001111', 'arn:aws:iam::111122223333:root'] } }));
    const { Policy } = await kms.send(new GetKeyPolicyCommand({ KeyId: key.id }));
    expect(JSON.parse(Policy ?? '')).toMatchObject({
      Statement: [
        { Principal: { AWS: ['arn:aws:iam::999900001111:root', 'arn:aws:iam::111122223333:root'] } },
      ],
    });
  });

  test('may not name a principal that is gone', async () => {
    const gone = 'arn:aws:iam::999900001111:role/gone';
    emulator.kms.settings.missingPrincipals.add(gone);
    const failure = await failureOf(
      put(
        rootPolicy('999900001111', [
          { Effect: 'Allow', Principal: { AWS: gone }, Action: 'kms:Decrypt', Resource: '*' },
        ]),
      ),
    );
    expect(failure.message).toContain('invalid principals');
  });

  test('decides over calls from other accounts', async () => {
    const shared = await startEmulator({
      region: REGION,
      users: [
        {
          account: '111122223333',
          name: 'guest',
          accessKeyId: 'AKIAGUESTGUESTGUEST0',
          secretAccessKey: 's3cret',
        },
      ],
    });
    try {
      const owner = kmsIn(shared, REGION);
      const guest = kmsIn(shared, REGION, { accessKeyId: 'AKIAGUESTGUESTGUEST0', secretAccessKey: 's3cret' });
      const { id, arn } = await createKey(owner);
      expect(await failureOf(guest.send(new DescribeKeyCommand({ KeyId: arn })))).toMatchObject({
        name: 'AccessDeniedException',
      });
      const letIn = {
        Effect: 'Allow',
        Principal: { AWS: '111122223333' },
        Action: 'kms:DescribeKey',
        Resource: '*',
      };
      await owner.send(new PutKeyPolicyCommand({ KeyId: id, Policy: rootPolicy(shared.account, [letIn]) }));
      await guest.send(new DescribeKeyCommand({ KeyId: arn }));
    } finally {
      await shared.stop();
    }
  });
});

describe('a caller', () => {
  const unknown = { accessKeyId: 'AKIANOBODYNOBODYNOBO', secretAccessKey: 'x' };

  test('with unknown or wrong credentials gets each service’s own error', async () => {
    const wrong = { accessKeyId: emulator.env['AWS_ACCESS_KEY_ID'] ?? '', secretAccessKey: 'wrong' };
    const describe = (credentials: typeof wrong): Promise<unknown> =>
      kmsIn(emulator, REGION, credentials).send(new DescribeKeyCommand({ KeyId: key.id }));
    const identity = (credentials: typeof wrong): Promise<unknown> =>
      stsIn(emulator, REGION, credentials).send(new GetCallerIdentityCommand({}));
    expect((await failureOf(describe(unknown))).name).toBe('UnrecognizedClientException');
    expect((await failureOf(describe(wrong))).name).toBe('InvalidSignatureException');
    expect(await failureOf(identity(unknown))).toMatchObject({ name: 'InvalidClientTokenId', status: 403 });
    expect(await failureOf(identity(wrong))).toMatchObject({ name: 'SignatureDoesNotMatch', status: 403 });
  });

  test('in a Region that is not enabled is not known there', async () => {
    emulator.disabledRegions.add('ap-east-1');
    const message = 'The security token included in the request is invalid.';
    const list = kmsIn(emulator, 'ap-east-1').send(new ListKeysCommand({}));
    expect(await failureOf(list)).toMatchObject({ name: 'UnrecognizedClientException', message });
    const identity = stsIn(emulator, 'ap-east-1').send(new GetCallerIdentityCommand({}));
    expect(await failureOf(identity)).toMatchObject({ name: 'InvalidClientTokenId', message, status: 403 });
  });
});
