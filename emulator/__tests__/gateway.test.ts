import {
  CreateKeyCommand,
  DescribeKeyCommand,
  EncryptCommand,
  PutKeyPolicyCommand,
} from '@aws-sdk/client-kms';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startEmulator, type Emulator } from '../index.js';
import { createKey, failureOf, kmsIn, rootPolicy } from './support.js';

const REGION = 'eu-west-1';
const READER = {
  account: '999900001111',
  name: 'reader',
  accessKeyId: 'AKIAREADERREADERREAD',
  secretAccessKey: 'reader/reader/reader/reader/reader/reade',
};
const ROOT = 'arn:aws:iam::999900001111:root';

let emulator: Emulator;
beforeEach(async () => {
  emulator = await startEmulator({ region: REGION, users: [READER] });
});
afterEach(() => emulator.stop());

/** A request as somebody would type it, without an SDK. */
function post(headers: Readonly<Record<string, string>>, body = '{}'): Promise<Response> {
  return fetch(emulator.url, { method: 'POST', headers, body });
}

const scope = (service: string): string =>
  `AWS4-HMAC-SHA256 Credential=AKIAEMULATOREMULATOR/20261124/${REGION}/${service}/aws4_request, ` +
  `SignedHeaders=host, Signature=${'0'.repeat(64)}`;

describe('a call', () => {
  test('without a signature is refused, and told apart from one with a wrong signature', async () => {
    const unsigned = await post({});
    expect(await unsigned.text()).toContain('<Code>MissingAuthenticationToken</Code>');
    expect(unsigned.status).toBe(403);
    const forged = await post({ authorization: scope('kms'), 'x-amz-target': 'TrentService.ListKeys' });
    expect(forged.headers.get('x-amzn-errortype')).toBe('InvalidSignatureException');
    expect(emulator.calls.all.map(({ service, action, errorCode }) => [service, action, errorCode])).toEqual([
      ['sts', 'Unknown', 'MissingAuthenticationToken'],
      ['kms', 'ListKeys', 'InvalidSignatureException'],
    ]);
  });

  test('of an action that is not here fails with its name, in a form that its clients read', async () => {
    const kms = kmsIn(emulator, REGION);
    kms.middlewareStack.add(
      (next) => (args) => {
        const { headers } = args.request as { headers: Record<string, string> };
        headers['x-amz-target'] = 'TrentService.CreateCustomKeyStore';
        return next(args);
      },
      { step: 'build' },
    );
    expect(await failureOf(kms.send(new CreateKeyCommand({})))).toMatchObject({
      name: 'NotImplemented',
      message: 'The emulator does not implement kms:CreateCustomKeyStore.',
      status: 501,
    });
  });

  test('leaves a trace that names the caller and what it was about', async () => {
    const kms = kmsIn(emulator, REGION, READER);
    const key = await createKey(kms);
    await failureOf(kms.send(new DescribeKeyCommand({ KeyId: 'alias/none' })));
    expect(emulator.calls.all).toMatchObject([
      {
        action: 'CreateKey',
        resource: key.id,
        principal: 'arn:aws:iam::999900001111:user/reader',
        status: 200,
      },
      { action: 'DescribeKey', resource: 'alias/none', errorCode: 'NotFoundException', status: 400 },
    ]);
    expect(emulator.calls.actions()).toEqual(['kms:CreateKey', 'kms:DescribeKey']);
    emulator.calls.clear();
    expect(emulator.calls.all).toEqual([]);
  });
});

describe('key policies that are enforced', () => {
  const only = (who: string, Action: unknown): object => ({
    Effect: 'Allow',
    Principal: { AWS: who },
    Action,
    Resource: '*',
  });

  test('let in whom they name, for what they name', async () => {
    emulator.kms.settings.enforceKeyPolicies = true;
    const owner = kmsIn(emulator, REGION);
    const reader = kmsIn(emulator, REGION, READER);
    const Policy = JSON.stringify({
      Version: '2012-10-17',
      Statement: [
        only('arn:aws:iam::999900001111:user/emulator', 'kms:*'),
        only('arn:aws:iam::999900001111:user/reader', 'kms:DescribeKey'),
      ],
    });
    const key = await createKey(owner, { Policy });
    await reader.send(new DescribeKeyCommand({ KeyId: key.id }));
    const encrypt = new EncryptCommand({ KeyId: key.id, Plaintext: Buffer.from('p') });
    expect(await failureOf(reader.send(encrypt))).toEqual({
      name: 'AccessDeniedException',
      message:
        'User: arn:aws:iam::999900001111:user/reader is not authorized to perform: kms:Encrypt on resource: ' +
        `${key.arn} because no resource-based policy allows the kms:Encrypt action`,
      status: 400,
    });
    await owner.send(encrypt);
  });

  test('leave to the account’s root what they leave to it, and a denial stands above', async () => {
    emulator.kms.settings.enforceKeyPolicies = true;
    const owner = kmsIn(emulator, REGION);
    const reader = kmsIn(emulator, REGION, READER);
    const key = await createKey(owner, { Policy: rootPolicy(READER.account) });
    const encrypt = new EncryptCommand({ KeyId: key.id, Plaintext: Buffer.from('p') });
    await reader.send(encrypt);
    const deny = { ...only('arn:aws:iam::999900001111:user/reader', 'kms:Encrypt'), Effect: 'Deny' };
    const Policy = rootPolicy(READER.account, [deny, only(ROOT, 'kms:Encrypt')]);
    await owner.send(new PutKeyPolicyCommand({ KeyId: key.id, Policy }));
    expect(await failureOf(reader.send(encrypt))).toMatchObject({ name: 'AccessDeniedException' });
  });

  test('decide over nothing in the key’s own account until they are switched on', async () => {
    const Policy = JSON.stringify({
      Version: '2012-10-17',
      Statement: [only('arn:aws:iam::999900001111:user/emulator', 'kms:*')],
    });
    const key = await createKey(kmsIn(emulator, REGION), { Policy });
    const encrypt = new EncryptCommand({ KeyId: key.id, Plaintext: Buffer.from('p') });
    await kmsIn(emulator, REGION, READER).send(encrypt);
    expect(emulator.calls.find({ action: 'Encrypt', status: 200 })).toHaveLength(1);
  });
});
