import { describe, expect, test } from 'vitest';
import * as openpgp from 'openpgp';
import { HASHICORP_KEY } from '../../../../src/terraform/install/hashicorp-key.js';
import { openReleaseKey, verifySignature } from '../../../../src/terraform/install/signature.js';
import { createSigningKey } from '../../../support/release-server.js';

const content = Buffer.from('0123  terraform.zip\n');
const YEAR = 365 * 24 * 3600;

async function verify(
  key: Awaited<ReturnType<typeof createSigningKey>>,
  signature: Uint8Array,
  now = Date.now(),
): Promise<void> {
  await verifySignature(await openReleaseKey(key.releaseKey, now), { name: 'SUMS', content, signature });
}

describe("HashiCorp's key", () => {
  test('has the fingerprint that HashiCorp publishes, and is valid until 2030-03-01', async () => {
    const key = await openpgp.readKey({ armoredKey: HASHICORP_KEY.armored });
    expect(HASHICORP_KEY.fingerprint).toBe('C874011F0AB405110D02105534365D9472D7468F');
    expect(key.getFingerprint().toUpperCase()).toBe(HASHICORP_KEY.fingerprint);
    const expiry = await key.getExpirationTime();
    expect(expiry instanceof Date ? expiry.toISOString().slice(0, 10) : expiry).toBe('2030-03-01');
    await expect(openReleaseKey(HASHICORP_KEY, Date.parse('2030-02-28T00:00:00Z'))).resolves.toBeDefined();
  });

  test('is refused by its date after that', async () => {
    await expect(openReleaseKey(HASHICORP_KEY, Date.parse('2030-03-02T00:00:00Z'))).rejects.toThrow(
      /checks HashiCorp's releases with .* expired on 2030-03-01\./,
    );
  });

  test('is refused under another fingerprint', async () => {
    const other = await createSigningKey();
    const swapped = { ...HASHICORP_KEY, armored: other.releaseKey.armored };
    await expect(openReleaseKey(swapped, Date.now())).rejects.toThrow(other.releaseKey.fingerprint);
  });
});

describe('a signature', () => {
  test('by the signing subkey is accepted', async () => {
    const key = await createSigningKey();
    await expect(verify(key, await key.sign(content))).resolves.toBeUndefined();
  });

  test('older than the renewal of the key, but younger than the key, is accepted', async () => {
    const now = Date.now();
    const key = await createSigningKey({
      createdAt: new Date(now - 3 * YEAR * 1000),
      renewedAt: new Date(now - YEAR * 1000),
    });
    const signature = await key.sign(content, new Date(now - 2 * YEAR * 1000));
    await expect(verify(key, signature)).resolves.toBeUndefined();
  });

  test('by another key is refused, and that key is named', async () => {
    const [key, other] = await Promise.all([createSigningKey(), createSigningKey()]);
    await expect(verify(key, await other.sign(content))).rejects.toThrow(
      /no valid signature by Example's key .*found: one by the key [0-9A-F]{16}/,
    );
  });

  test('of other content is refused', async () => {
    const key = await createSigningKey();
    await expect(verify(key, await key.sign(Buffer.from('other')))).rejects.toThrow('no valid signature');
  });

  test.each([
    ['nothing', Buffer.alloc(0)],
    ['a web page', Buffer.from('<!doctype html>')],
  ])('that is %s is refused', async (_, bytes) => {
    const key = await createSigningKey();
    await expect(verify(key, bytes)).rejects.toThrow(/no valid signature|not an OpenPGP signature/);
  });

  test('by a weak hash is refused', async () => {
    const { privateKey, publicKey } = await openpgp.generateKey({
      type: 'rsa',
      rsaBits: 2048,
      userIDs: [{ name: 'Weak' }],
      date: new Date(Date.now() - 1000),
      format: 'object',
    });
    // openpgp makes no such signature by itself, so the packet is put together here.
    const packet = new openpgp.SignaturePacket();
    packet.signatureType = openpgp.enums.signature.binary;
    packet.publicKeyAlgorithm = privateKey.keyPacket.algorithm;
    packet.hashAlgorithm = openpgp.enums.hash.sha1;
    const message = await openpgp.createMessage({ binary: new Uint8Array(content) });
    const config = { ...openpgp.config, nonDeterministicSignaturesViaNotation: false };
    const args = [privateKey.keyPacket, message.packets[0], new Date(), true, config];
    await Reflect.apply((...all: Parameters<typeof packet.sign>) => packet.sign(...all), undefined, args);
    const packets = new openpgp.PacketList<openpgp.SignaturePacket>();
    packets.push(packet);
    const signature = new openpgp.Signature(packets).write() as Uint8Array;
    const releaseKey = {
      owner: 'Weak',
      fingerprint: publicKey.getFingerprint().toUpperCase(),
      armored: publicKey.armor(),
    };
    const key = await openReleaseKey(releaseKey, Date.now());
    const attempt = verifySignature(key, { name: 'SUMS', content, signature });
    await expect(attempt).rejects.toThrow(/no valid signature .*(SHA1|sha1)/);
  });

  test('by a key that has expired since is refused with the date', async () => {
    const now = Date.now();
    const key = await createSigningKey({
      createdAt: new Date(now - 2 * YEAR * 1000),
      validForSeconds: YEAR,
    });
    const signature = await key.sign(content, new Date(now - 1.5 * YEAR * 1000));
    const date = new Date(now - YEAR * 1000).toISOString().slice(0, 10);
    await expect(verify(key, signature, now)).rejects.toThrow(`expired on ${date}`);
  });
});
