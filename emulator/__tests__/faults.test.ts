import { readFileSync } from 'node:fs';
import {
  CreateAliasCommand,
  CreateKeyCommand,
  DescribeKeyCommand,
  KMSClient,
  ListKeysCommand,
  ReplicateKeyCommand,
} from '@aws-sdk/client-kms';
import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FaultList, parseFaults, type FaultSubject } from '../faults.js';
import { startEmulator, type Emulator, type Fault } from '../index.js';
import { createKey, failureOf, kmsIn, s3In, settingsOf, stsIn } from './support.js';

const REGION = 'eu-west-1';

let emulator: Emulator;
let kms: KMSClient;
beforeEach(async () => {
  emulator = await startEmulator({ region: REGION });
  kms = kmsIn(emulator, REGION);
});
afterEach(() => emulator.stop());

const listKeys = (client: KMSClient = kms): Promise<unknown> => client.send(new ListKeysCommand({}));

describe('a fault that answers for the service', () => {
  test.each<[Fault['effect'], string, string, string]>([
    [{ type: 'throttle' }, 'ThrottlingException 400', 'Throttling 400', 'SlowDown 503'],
    [{ type: 'internal-error' }, 'KMSInternalException 500', 'InternalFailure 500', 'InternalError 500'],
    [
      { type: 'unavailable' },
      'ServiceUnavailableException 503',
      'ServiceUnavailable 503',
      'ServiceUnavailable 503',
    ],
    [{ type: 'expired-token' }, 'ExpiredTokenException 400', 'ExpiredToken 403', 'ExpiredToken 400'],
    [{ type: 'access-denied' }, 'AccessDeniedException 400', 'AccessDenied 403', 'AccessDenied 403'],
    [
      { type: 'disabled-region' },
      'UnrecognizedClientException 400',
      'InvalidClientTokenId 403',
      'InvalidAccessKeyId 403',
    ],
    [
      { type: 'error', code: 'OddException', message: 'Odd.', status: 418 },
      'OddException 418',
      'OddException 418',
      'OddException 418',
    ],
  ])('%j has the words of KMS, of STS and of S3', async (effect, ofKms, ofSts, ofS3) => {
    emulator.faults.add({ effect });
    const get = new GetObjectCommand({ Bucket: emulator.bucket, Key: 'k' });
    const failures = [
      await failureOf(listKeys()),
      await failureOf(stsIn(emulator, REGION).send(new GetCallerIdentityCommand({}))),
      await failureOf(s3In(emulator, REGION).send(get)),
    ];
    expect(failures.map(({ name, status }) => `${name} ${status ?? ''}`)).toEqual([ofKms, ofSts, ofS3]);
    expect(emulator.calls.all.map(({ errorCode, status }) => `${errorCode ?? ''} ${status}`)).toEqual([
      ofKms,
      ofSts,
      ofS3,
    ]);
  });

  test('keeps the call from being carried out, unless it comes after it', async () => {
    emulator.faults.add({ match: { action: 'CreateKey', nth: 1 }, effect: { type: 'internal-error' } });
    emulator.faults.add({
      match: { action: 'CreateKey', nth: 2 },
      effect: { type: 'internal-error', when: 'after' },
    });
    await failureOf(kms.send(new CreateKeyCommand({})));
    expect(emulator.kms.keys(REGION)).toHaveLength(0);
    await failureOf(kms.send(new CreateKeyCommand({})));
    expect(emulator.kms.keys(REGION)).toHaveLength(1);
  });

  test('is met by the SDK’s retries, and they succeed', async () => {
    emulator.faults.add({ match: { count: 2 }, effect: { type: 'throttle' } });
    await listKeys(new KMSClient({ ...settingsOf(emulator, REGION), maxAttempts: 3 }));
    expect(emulator.calls.all.map(({ status }) => status)).toEqual([400, 400, 200]);
  });
});

describe('a fault of the connection', () => {
  test('resets it before or after the call is carried out', async () => {
    emulator.faults.add({ match: { action: 'CreateKey', nth: 1 }, effect: { type: 'reset' } });
    emulator.faults.add({
      match: { action: 'CreateKey', nth: 2 },
      effect: { type: 'reset', when: 'after' },
    });
    expect((await failureOf(kms.send(new CreateKeyCommand({})))).message).toMatch(
      /ECONNRESET|socket hang up/,
    );
    expect(emulator.kms.keys(REGION)).toHaveLength(0);
    expect((await failureOf(kms.send(new CreateKeyCommand({})))).message).toMatch(
      /ECONNRESET|socket hang up/,
    );
    expect(emulator.kms.keys(REGION)).toHaveLength(1);
    expect(emulator.calls.find({ status: 0 })).toHaveLength(2);
  });

  test('never answers until the client gives up, and does not keep the emulator from stopping', async () => {
    emulator.faults.add({ match: { action: 'ListKeys' }, effect: { type: 'timeout' } });
    const call = kms.send(new ListKeysCommand({}), { abortSignal: AbortSignal.timeout(200) });
    expect((await failureOf(call)).name).toBe('AbortError');
    expect(emulator.calls.find({ errorCode: 'NoAnswer' })).toHaveLength(1);
  });

  test('closes a connection that it has not answered after the seconds that it was given', async () => {
    const fault = emulator.faults.watch({
      match: { action: 'CreateKey' },
      effect: { type: 'timeout', seconds: 0.2, when: 'after' },
    });
    expect(fault.happened()).toBe(0);
    const started = performance.now();
    expect((await failureOf(createKey(kms))).message).toMatch(/ECONNRESET|socket hang up/);
    expect(performance.now() - started).toBeGreaterThanOrEqual(195);
    expect(emulator.kms.keys(REGION)).toHaveLength(1);
    expect(fault.happened()).toBe(1);
    fault.remove();
    await createKey(kms);
  });

  test('adds latency to whatever else happens', async () => {
    emulator.faults.add({ effect: { type: 'latency', milliseconds: 120 } });
    emulator.faults.add({ effect: { type: 'latency', milliseconds: 80 } });
    const started = performance.now();
    await listKeys();
    expect(performance.now() - started).toBeGreaterThanOrEqual(195);
  });
});

describe('a fault of KMS', () => {
  test('keeps a replica in state Creating in the Region that it names', async () => {
    emulator.faults.add({
      match: { region: 'eu-west-2' },
      effect: { type: 'slow-replica', seconds: 600 },
    });
    const key = await createKey(kms);
    for (const ReplicaRegion of ['eu-west-2', 'eu-west-3'])
      await kms.send(new ReplicateKeyCommand({ KeyId: key.id, ReplicaRegion }));
    const states = (): unknown[] => ['eu-west-2', 'eu-west-3'].map((one) => emulator.kms.keys(one)[0]?.state);
    emulator.clock.advance(599_000);
    expect(states()).toEqual(['Creating', 'Enabled']);
    emulator.clock.advance(1000);
    expect(states()).toEqual(['Enabled', 'Enabled']);
  });

  test('makes a Region look like one that is not enabled, from inside and from outside', async () => {
    emulator.faults.add({ match: { region: 'eu-west-2' }, effect: { type: 'disabled-region' } });
    const key = await createKey(kms);
    expect(await failureOf(listKeys(kmsIn(emulator, 'eu-west-2')))).toMatchObject({
      name: 'UnrecognizedClientException',
      message: 'The security token included in the request is invalid.',
    });
    await failureOf(kms.send(new ReplicateKeyCommand({ KeyId: key.id, ReplicaRegion: 'eu-west-2' })));
    expect(emulator.kms.regions()).toEqual([REGION]);
  });
});

describe('what a fault is held against', () => {
  test('is the key’s id or alias, however the request names it', async () => {
    const [one, other] = [await createKey(kms), await createKey(kms)];
    emulator.faults.add({ match: { resource: one.id }, effect: { type: 'throttle' } });
    emulator.faults.add({ match: { resource: 'alias/no-*' }, effect: { type: 'throttle' } });
    const throttled = { name: 'ThrottlingException' };
    for (const KeyId of [one.id, one.arn])
      expect(await failureOf(kms.send(new DescribeKeyCommand({ KeyId })))).toMatchObject(throttled);
    await kms.send(new DescribeKeyCommand({ KeyId: other.arn }));
    const alias = new CreateAliasCommand({ AliasName: 'alias/no-way', TargetKeyId: other.id });
    expect(await failureOf(kms.send(alias))).toMatchObject(throttled);
  });

  test('is bucket and key, so that a state can fail to be written and its lock not', async () => {
    emulator.faults.add({
      match: { action: 'PutObject', resource: '*/*.tfstate' },
      effect: { type: 'internal-error' },
    });
    const s3 = s3In(emulator, REGION);
    const put = (Key: string): Promise<unknown> =>
      s3.send(new PutObjectCommand({ Bucket: emulator.bucket, Key, Body: '{}' }));
    await put('kms.tfstate.tflock');
    expect(await failureOf(put('kms.tfstate'))).toMatchObject({ name: 'InternalError', status: 500 });
  });

  test('can be taken away, one or all', async () => {
    const remove = emulator.faults.add({ effect: { type: 'throttle' } });
    await failureOf(listKeys());
    remove();
    await listKeys();
    emulator.faults.add({ effect: { type: 'throttle' } });
    emulator.faults.clear();
    await listKeys();
    expect(emulator.calls.all.map(({ status }) => status)).toEqual([400, 200, 200]);
  });
});

describe('a probability', () => {
  const call: FaultSubject = { service: 'kms', action: 'ListKeys', region: REGION, resource: undefined };
  const hits = (seed: number): boolean[] => {
    const faults = new FaultList(seed);
    faults.add({ match: { probability: 0.3 }, effect: { type: 'throttle' } });
    return Array.from({ length: 1000 }, () => faults.next(call).interruption !== undefined);
  };

  test('gives the same faults for the same seed, and others for another', () => {
    expect(hits(7)).toEqual(hits(7));
    expect(hits(7)).not.toEqual(hits(8));
  });

  test('is the share of the calls that it happens to', () => {
    const share = hits(7).filter(Boolean).length / 1000;
    expect(share).toBeGreaterThan(0.25);
    expect(share).toBeLessThan(0.35);
  });
});

describe('a faults file', () => {
  test('may hold every example of the README', () => {
    const readme = readFileSync('emulator/README.md', 'utf8');
    const examples = [...readme.matchAll(/^```json\n(.*?)^```/gms)].map(
      ([, text = '']) => JSON.parse(text) as object,
    );
    const types = examples.flatMap((example) =>
      'effect' in example ? (example.effect as Fault['effect']).type : [],
    );
    expect(new Set(types).size).toBe(11);
    for (const example of examples)
      parseFaults(JSON.stringify('faults' in example ? example : { faults: [example] }));
  });

  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const examples = [...readme.matchAll(/```json\n([\s\S]*?)```/g)].map((match) => match[1] ?? '');

  test('can hold every example of the README, and they show every effect', () => {
    const [whole = '', ...single] = examples;
    expect(parseFaults(whole)).toMatchObject({ seed: 7 });
    const effects = single.map((text) => {
      const { faults } = parseFaults(`{ "faults": [${text}] }`);
      return faults[0]?.effect.type;
    });
    expect(new Set(effects)).toEqual(
      new Set([
        'throttle',
        'internal-error',
        'unavailable',
        'latency',
        'reset',
        'timeout',
        'disabled-region',
        'slow-replica',
        'expired-token',
        'access-denied',
        'error',
      ]),
    );
  });

  test.each([
    ['not JSON', /JSON/],
    ['{"faults": [{"effect": {"type": "explode"}}]}', /faults\.0\.effect/],
    [
      '{"faults": [{"match": {"acton": "CreateKey"}, "effect": {"type": "reset"}}]}',
      /faults\.0\.match.*acton/,
    ],
    ['{"faults": [{"effect": {"type": "latency"}}]}', /faults\.0\.effect\.milliseconds/],
    ['{"faults": [{"match": {"nth": 0}, "effect": {"type": "reset"}}]}', /faults\.0\.match\.nth/],
    ['{}', /faults/],
  ])('that is %s is refused with the place of what is wrong', (text, message) => {
    expect(() => parseFaults(text)).toThrow(message);
  });
});
