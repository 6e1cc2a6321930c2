import {
  DisableKeyCommand,
  PutKeyPolicyCommand,
  UpdateAliasCommand,
  CreateAliasCommand,
} from '@aws-sdk/client-kms';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { KEY_SPECS, type KeyUsage } from '../../../emulator/aws/kms/specs.js';
import type { Emulator } from '../../../emulator/index.js';
import type { ExpectedKey, KeyCheck } from '../../../src/aws/key-check.js';
import { verifyKeys, type VerifyOptions } from '../../../src/aws/verify.js';
import { createFamily, createKey, kmsIn } from '../../../emulator/__tests__/support.js';
import { clientsOf, startForAction, stopForAction } from '../../support/emulated-session.js';

// RSA keys of 4096 bits are made here, by OpenSSL, in anything from one second to ten.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const HERE = 'eu-west-1';
const THERE = 'eu-central-1';
const ALIAS = 'alias/app';

let emulator: Emulator;
beforeAll(async () => {
  emulator = await startForAction({ region: HERE });
});
afterAll(async () => {
  await stopForAction(emulator);
});

const arnOf = (region: string, id: string): string => `arn:aws:kms:${region}:${emulator.account}:key/${id}`;

function expectKeys(primaryId: string, replicaId = primaryId): ExpectedKey[] {
  const expected = (region: string, role: ExpectedKey['role'], id: string): ExpectedKey => ({
    region,
    role,
    arn: arnOf(region, id),
    alias: ALIAS,
    policy: emulator.kms.keys(region).find((key) => key.id === id)?.policy,
  });
  return [expected(HERE, 'primary', primaryId), expected(THERE, 'replica', replicaId)];
}

/** The checks that failed, as `REGION name: detail`; and the names of all. */
async function verify(
  keys: readonly ExpectedKey[],
  mode: VerifyOptions['mode'] = 'crypto',
): Promise<{ failed: string[]; names: string[] }> {
  const rows = await verifyKeys({
    keys,
    mode,
    clients: await clientsOf(emulator),
    samePolicy: (a, b) => a === b,
  });
  const all = rows.flatMap(({ region, checks }) => checks.map((check) => ({ region, ...check })));
  const inWords = ({ region, name, detail }: KeyCheck & { region: string }): string =>
    `${region} ${name}: ${detail ?? ''}`;
  return {
    failed: all.filter(({ ok }) => !ok).map(inWords),
    names: rows[1]?.checks.map(({ name }) => name) ?? [],
  };
}

async function nameKey(id: string): Promise<void> {
  for (const region of [HERE, THERE]) {
    const kms = kmsIn(emulator, region);
    const known = emulator.kms.keys(region).some(({ aliases }) => aliases.includes(ALIAS));
    const command = known ? UpdateAliasCommand : CreateAliasCommand;
    await kms.send(new command({ AliasName: ALIAS, TargetKeyId: id }));
  }
}

async function makeFamily(
  KeySpec = 'SYMMETRIC_DEFAULT',
  KeyUsage: KeyUsage = 'ENCRYPT_DECRYPT',
): Promise<string> {
  const { id } = await createFamily(emulator, [HERE, THERE], {
    KeySpec: KeySpec as 'SYMMETRIC_DEFAULT',
    KeyUsage,
  });
  return id;
}

describe('the proof that primary and replica are one key', () => {
  const pairs = Object.entries(KEY_SPECS)
    .filter(([, { family }]) => family !== 'unsupported')
    .flatMap(([spec, { usages }]) => usages.map((usage) => [spec, usage] as const));

  test.each(pairs)('succeeds for %s, %s', async (spec, usage) => {
    const id = await makeFamily(spec, usage);
    const keys = expectKeys(id).map((key) => ({ ...key, alias: id }));
    const { failed, names } = await verify(keys);
    expect(failed).toEqual([]);
    expect(names).toEqual([...['enabled', 'replica', 'alias', 'policy'], ...(PROOFS[usage] ?? [])]);
  });

  test.each([
    ['SYMMETRIC_DEFAULT', 'ENCRYPT_DECRYPT'],
    ['RSA_2048', 'SIGN_VERIFY'],
    ['HMAC_256', 'GENERATE_VERIFY_MAC'],
    ['ECC_NIST_P256', 'KEY_AGREEMENT'],
  ] as const)('fails for two keys of %s, %s, that are not one', async (spec, usage) => {
    const [one, other] = [await makeFamily(spec, usage), await makeFamily(spec, usage)];
    const { failed } = await verify(expectKeys(one, other).map((key) => ({ ...key, alias: key.arn })));
    expect(failed).toHaveLength(2);
    expect(failed).toEqual([
      ...(PROOFS[usage] ?? []).map((name): unknown => expect.stringContaining(`${THERE} ${name}: `)),
    ]);
  });

  test('derives a shared secret in both Regions, rather than to compare public keys', async () => {
    const id = await makeFamily('ECC_NIST_P384', 'KEY_AGREEMENT');
    await verify(expectKeys(id));
    const derived = emulator.calls
      .find({ action: 'DeriveSharedSecret' })
      .filter(({ resource }) => resource === id);
    expect(new Set(derived.map(({ region }) => region))).toEqual(new Set([HERE, THERE]));
  });
});

/** The two checks that a replica gets, by what the key is for. */
const PROOFS: Readonly<Record<string, readonly string[]>> = {
  ENCRYPT_DECRYPT: ['decrypts what the primary encrypted', 'the primary decrypts what it encrypted'],
  SIGN_VERIFY: ['verifies what the primary signed', 'the primary verifies what it signed'],
  GENERATE_VERIFY_MAC: ['verifies the MAC of the primary', 'the primary verifies its MAC'],
  KEY_AGREEMENT: ['derives the shared secret of the primary', 'the primary derives its shared secret'],
};

describe('what is wrong with a key is said', () => {
  let removeFault: (() => void) | undefined;
  afterEach(() => removeFault?.());

  test('another alias target, another policy, a disabled key, a role that changed', async () => {
    const id = await makeFamily();
    await nameKey(id);
    const asItWas = expectKeys(id);
    expect((await verify(asItWas)).failed).toEqual([]);
    const other = await createKey(kmsIn(emulator, THERE));
    const there = kmsIn(emulator, THERE);
    const policy = JSON.stringify({
      Version: '2012-10-17',
      Statement: { Effect: 'Allow', Principal: { AWS: emulator.account }, Action: 'kms:*', Resource: '*' },
    });
    await there.send(new UpdateAliasCommand({ AliasName: ALIAS, TargetKeyId: other.id }));
    await there.send(new PutKeyPolicyCommand({ KeyId: id, PolicyName: 'default', Policy: policy }));
    await there.send(new DisableKeyCommand({ KeyId: id }));
    const asPrimary = asItWas.map((key): ExpectedKey => ({ ...key, role: 'primary' }));
    expect((await verify(asPrimary, 'describe')).failed).toEqual([
      `${THERE} enabled: it is Disabled`,
      `${THERE} primary: it is REPLICA`,
      `${THERE} alias: ${ALIAS} points to ${other.arn}`,
      `${THERE} policy: it is not the one on record`,
    ]);
    expect((await verify(asItWas)).failed).toContain(
      `${THERE} decrypts what the primary encrypted: the key is disabled`,
    );
  });

  test('a key that is not there, and an alias that nobody knows of', async () => {
    const gone = `mrk-${'0'.repeat(32)}`;
    const [key] = expectKeys(gone).map((each) => ({ ...each, alias: undefined, policy: '{}' }));
    expect((await verify(key === undefined ? [] : [key], 'describe')).failed).toEqual([
      `${HERE} enabled: it is not there`,
      `${HERE} primary: it is not there`,
      `${HERE} alias: the state knows none`,
      `${HERE} policy: it is not there`,
    ]);
  });

  test('the permission that is missing, by name, and in which Region', async () => {
    const id = await makeFamily();
    await nameKey(id);
    removeFault = emulator.faults.add({
      match: { service: 'kms', action: 'Decrypt', region: THERE },
      effect: { type: 'access-denied' },
    });
    expect((await verify(expectKeys(id))).failed).toEqual([
      `${THERE} decrypts what the primary encrypted: not checked: kms:Decrypt is missing`,
    ]);
  });

  test('KMS’s own word for the permission, where the key policy refuses', async () => {
    const id = await makeFamily();
    await nameKey(id);
    const policy = JSON.stringify({
      Version: '2012-10-17',
      Statement: [
        { Effect: 'Allow', Principal: { AWS: '*' }, Action: 'kms:*', Resource: '*' },
        { Effect: 'Deny', Principal: { AWS: '*' }, Action: 'kms:Encrypt', Resource: '*' },
      ],
    });
    await kmsIn(emulator, THERE).send(
      new PutKeyPolicyCommand({ KeyId: id, PolicyName: 'default', Policy: policy }),
    );
    emulator.kms.settings.enforceKeyPolicies = true;
    removeFault = () => {
      emulator.kms.settings.enforceKeyPolicies = false;
    };
    expect((await verify(expectKeys(id))).failed).toEqual([
      `${THERE} the primary decrypts what it encrypted: not checked: kms:Encrypt is refused: a resource-based policy denies it`,
    ]);
  });
});
