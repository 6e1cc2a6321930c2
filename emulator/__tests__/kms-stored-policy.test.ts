import {
  CreateKeyCommand,
  GetKeyPolicyCommand,
  ListResourceTagsCommand,
  PutKeyPolicyCommand,
  type KMSClient,
} from '@aws-sdk/client-kms';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startEmulator, type Emulator } from '../index.js';
import { createKey, failureOf, kmsIn, rootPolicy } from './support.js';

const REGION = 'eu-west-1';
const ACCOUNT = '999900001111';
const ROOT = `arn:aws:iam::${ACCOUNT}:root`;
const FRIEND = '111122223333';
const FRIEND_ROOT = `arn:aws:iam::${FRIEND}:root`;
const ROLE = `arn:aws:iam::${ACCOUNT}:role/team/reader`;
const USER = `arn:aws:iam::${ACCOUNT}:user/alice`;

let emulator: Emulator;
let kms: KMSClient;
beforeEach(async () => {
  emulator = await startEmulator({ region: REGION });
  kms = kmsIn(emulator, REGION);
});
afterEach(() => emulator.stop());

const own = { Effect: 'Allow', Principal: { AWS: ROOT }, Action: 'kms:*', Resource: '*' };
const read = (Principal: unknown): object => ({
  Effect: 'Allow',
  Principal,
  Action: 'kms:Decrypt',
  Resource: '*',
});

async function policyOf(KeyId: string): Promise<{ Statement: Record<string, unknown>[] }> {
  const { Policy } = await kms.send(new GetKeyPolicyCommand({ KeyId }));
  return JSON.parse(Policy ?? '') as { Statement: Record<string, unknown>[] };
}

/** What comes back of the statements that are put beside the account's own. */
async function returned(...more: object[]): Promise<unknown[]> {
  const { id } = await createKey(kms, { Policy: rootPolicy(ACCOUNT, more) });
  return (await policyOf(id)).Statement.slice(1);
}

describe('the policy that GetKeyPolicy answers', () => {
  test.each<[string, object, object]>([
    ['an account as its root', read({ AWS: FRIEND }), read({ AWS: FRIEND_ROOT })],
    ['an account named twice once', read({ AWS: [FRIEND, FRIEND_ROOT] }), read({ AWS: FRIEND_ROOT })],
    ['everyone as everyone in AWS', read('*'), read({ AWS: '*' })],
    ['one principal without brackets', read({ AWS: [ROLE] }), read({ AWS: ROLE })],
    [
      'a service without brackets',
      read({ Service: ['s3.amazonaws.com'] }),
      read({ Service: 's3.amazonaws.com' }),
    ],
    ['several in their order', read({ AWS: [USER, ROLE, USER] }), read({ AWS: [USER, ROLE] })],
    [
      'each action and resource once',
      { ...read({ AWS: ROLE }), Action: ['kms:Decrypt', 'kms:Decrypt', 'kms:Sign'], Resource: ['*', '*'] },
      { ...read({ AWS: ROLE }), Action: ['kms:Decrypt', 'kms:Sign'], Resource: ['*'] },
    ],
    [
      'the exceptions of a denial so too',
      { Effect: 'Deny', NotPrincipal: { AWS: [ACCOUNT, ROOT, USER] }, Action: 'kms:Sign', Resource: '*' },
      { Effect: 'Deny', NotPrincipal: { AWS: [ROOT, USER] }, Action: 'kms:Sign', Resource: '*' },
    ],
  ])('has %s', async (_what, given, expected) => {
    expect(await returned(given)).toEqual([expected]);
  });

  test('has equal statements once, also those that only become equal', async () => {
    expect(await returned(read({ AWS: FRIEND }), own, read({ AWS: [FRIEND_ROOT] }))).toEqual([
      read({ AWS: FRIEND_ROOT }),
    ]);
    const conditional = { ...read({ AWS: ROLE }), Condition: { Bool: { 'aws:SecureTransport': ['true'] } } };
    expect(await returned(conditional, read({ AWS: ROLE }))).toEqual([conditional, read({ AWS: ROLE })]);
  });

  test('can be had as it was given', async () => {
    emulator.kms.settings.canonicalPolicies = false;
    const given = [read({ AWS: [ROLE] }), read('*'), read('*')];
    expect(await returned(...given)).toEqual(given);
    expect(await returned(read({ AWS: FRIEND }))).toEqual([read({ AWS: FRIEND_ROOT })]);
  });
});

describe('a principal that is deleted', () => {
  test.each([
    [ROLE, /^AROA[A-Z0-9]{17}$/],
    [USER, /^AIDA[A-Z0-9]{17}$/],
  ])('%s stands in policies by its unique id', async (arn, form) => {
    const named = await createKey(kms, { Policy: rootPolicy(ACCOUNT, [read({ AWS: [arn, FRIEND] })]) });
    const other = await createKey(kms, { Policy: rootPolicy(ACCOUNT) });
    const before = await policyOf(other.id);
    const id = emulator.kms.deletePrincipal(arn);
    expect(id).toMatch(form);
    expect((await policyOf(named.id)).Statement[1]).toEqual(read({ AWS: [id, FRIEND_ROOT] }));
    expect(await policyOf(other.id)).toEqual(before);
  });

  test('can’t be named any more, by its ARN or its id, until another one of that name is made', async () => {
    const { id } = await createKey(kms, { Policy: rootPolicy(ACCOUNT, [read({ AWS: ROLE })]) });
    const unique = emulator.kms.deletePrincipal(ROLE);
    const put = (principal: string): Promise<unknown> =>
      kms.send(
        new PutKeyPolicyCommand({ KeyId: id, Policy: rootPolicy(ACCOUNT, [read({ AWS: principal })]) }),
      );
    for (const principal of [ROLE, unique])
      expect(await failureOf(put(principal))).toMatchObject({
        name: 'MalformedPolicyDocumentException',
        message: 'Policy contains a statement with one or more invalid principals.',
      });
    emulator.kms.createPrincipal(ROLE);
    expect((await policyOf(id)).Statement[1]).toEqual(read({ AWS: unique }));
    await put(ROLE);
    expect((await policyOf(id)).Statement[1]).toEqual(read({ AWS: ROLE }));
  });
});

describe('tags from outside', () => {
  test('are put on past the API, those of AWS’s own too', async () => {
    const { KeyMetadata } = await kms.send(
      new CreateKeyCommand({ Tags: [{ TagKey: 'team', TagValue: 'a' }] }),
    );
    const id = KeyMetadata?.KeyId ?? '';
    emulator.kms.tag(REGION, id, { team: 'b', 'aws:backup:source': 'plan' });
    expect((await kms.send(new ListResourceTagsCommand({ KeyId: id }))).Tags).toEqual([
      { TagKey: 'team', TagValue: 'b' },
      { TagKey: 'aws:backup:source', TagValue: 'plan' },
    ]);
    expect(() => {
      emulator.kms.tag('us-east-1', id, {});
    }).toThrow('There is no key');
  });
});
