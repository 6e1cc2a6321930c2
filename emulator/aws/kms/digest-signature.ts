import {
  constants,
  createECDH,
  createHash,
  privateEncrypt,
  publicDecrypt,
  randomBytes,
  timingSafeEqual,
  type KeyObject,
} from 'node:crypto';
import type { KeyPair } from './material.js';

/*
 * Node signs messages, not digests, and KMS takes either. So messages are hashed first, and signatures are made over
 * digests here: for RSA by RFC 8017, for ECDSA by FIPS 186-5, with Node's RSA and point multiplication underneath.
 */

/** A signing algorithm of KMS, taken apart. */
interface Algorithm {
  readonly scheme: 'RSASSA_PSS' | 'RSASSA_PKCS1_V1_5' | 'ECDSA';
  /** Node's name of the hash. */
  readonly hash: string;
}

/** ASN.1 DigestInfo without the digest (RFC 8017, section 9.2, note 1). */
const DIGEST_INFO: Readonly<Record<string, string>> = {
  sha256: '3031300d060960864801650304020105000420',
  sha384: '3041300d060960864801650304020205000430',
  sha512: '3051300d060960864801650304020305000440',
};

interface Curve {
  readonly openssl: 'prime256v1' | 'secp384r1' | 'secp521r1' | 'secp256k1';
  /** The order of the base point (SEC 2, version 2.0). */
  readonly order: bigint;
}

const CURVES: Readonly<Record<string, Curve>> = {
  'P-256': {
    openssl: 'prime256v1',
    order: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
  },
  'P-384': {
    openssl: 'secp384r1',
    order:
      0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
  },
  'P-521': {
    openssl: 'secp521r1',
    order:
      0x1fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409n,
  },
  secp256k1: {
    openssl: 'secp256k1',
    order: 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n,
  },
};

/** The hash that a signing algorithm is made over. */
export function hashMessage(algorithm: string, message: Buffer): Buffer {
  return createHash(readAlgorithm(algorithm).hash).update(message).digest();
}

/** How many bytes a digest for the algorithm has. */
export function digestBytes(algorithm: string): number {
  return hashMessage(algorithm, Buffer.alloc(0)).length;
}

/** Signs a digest. @returns the signature in KMS's form: raw for RSA, DER for ECDSA */
export function signDigest(pair: KeyPair, algorithm: string, digest: Buffer): Buffer {
  const { scheme, hash } = readAlgorithm(algorithm);
  switch (scheme) {
    case 'RSASSA_PKCS1_V1_5':
      return privateEncrypt(
        { key: pair.privateKey, padding: constants.RSA_PKCS1_PADDING },
        Buffer.concat([Buffer.from(DIGEST_INFO[hash] ?? '', 'hex'), digest]),
      );
    case 'RSASSA_PSS':
      return privateEncrypt(
        { key: pair.privateKey, padding: constants.RSA_NO_PADDING },
        encodePss(digest, hash, modulusBits(pair.privateKey)),
      );
    case 'ECDSA':
      return signEcdsa(pair.privateKey, digest);
  }
}

/** Whether a signature is that key's, over that digest. */
export function verifyDigest(
  pair: KeyPair,
  signature: { algorithm: string; digest: Buffer; value: Buffer },
): boolean {
  const { scheme, hash } = readAlgorithm(signature.algorithm);
  const { digest, value } = signature;
  try {
    switch (scheme) {
      case 'RSASSA_PKCS1_V1_5':
        return publicDecrypt({ key: pair.publicKey, padding: constants.RSA_PKCS1_PADDING }, value).equals(
          Buffer.concat([Buffer.from(DIGEST_INFO[hash] ?? '', 'hex'), digest]),
        );
      case 'RSASSA_PSS': {
        const encoded = publicDecrypt({ key: pair.publicKey, padding: constants.RSA_NO_PADDING }, value);
        return verifyPss(encoded, { digest, hash, bits: modulusBits(pair.privateKey) });
      }
      case 'ECDSA':
        return verifyEcdsa(pair.privateKey, digest, value);
    }
  } catch {
    // OpenSSL throws where a signature has not even the right form.
    return false;
  }
}

function readAlgorithm(text: string): Algorithm {
  const match = /^(RSASSA_PSS|RSASSA_PKCS1_V1_5|ECDSA)_SHA_(\d+)$/.exec(text);
  const scheme = match?.[1];
  if (scheme !== 'RSASSA_PSS' && scheme !== 'RSASSA_PKCS1_V1_5' && scheme !== 'ECDSA')
    throw new Error(`There is no cryptography for ${text}.`);
  return { scheme, hash: `sha${match?.[2] ?? ''}` };
}

function modulusBits(key: KeyObject): number {
  return key.asymmetricKeyDetails?.modulusLength ?? 0;
}

/** EMSA-PSS-ENCODE (RFC 8017, 9.1.1), the salt as long as the digest, led to the modulus's length by a zero. */
function encodePss(digest: Buffer, hash: string, bits: number): Buffer {
  const length = bits / 8;
  const salt = randomBytes(digest.length);
  const hashed = hashPss(digest, salt, hash);
  const block = Buffer.alloc(length - hashed.length - 1);
  block[block.length - salt.length - 1] = 1;
  salt.copy(block, block.length - salt.length);
  const masked = xor(block, mask(hashed, block.length, hash));
  masked[0] = (masked[0] ?? 0) & 0x7f;
  return Buffer.concat([masked, hashed, Buffer.from([0xbc])]);
}

/** EMSA-PSS-VERIFY (RFC 8017, 9.1.2). */
function verifyPss(encoded: Buffer, expected: { digest: Buffer; hash: string; bits: number }): boolean {
  const { digest, hash, bits } = expected;
  if (encoded.length !== bits / 8 || encoded.at(-1) !== 0xbc || ((encoded[0] ?? 0) & 0x80) !== 0)
    return false;
  const hashed = encoded.subarray(encoded.length - 1 - digest.length, -1);
  const masked = encoded.subarray(0, encoded.length - 1 - digest.length);
  const block = xor(masked, mask(hashed, masked.length, hash));
  block[0] = (block[0] ?? 0) & 0x7f;
  const saltStart = block.length - digest.length;
  if (block[saltStart - 1] !== 1 || block.subarray(0, saltStart - 1).some((byte) => byte !== 0)) return false;
  return timingSafeEqual(hashed, hashPss(digest, block.subarray(saltStart), hash));
}

function hashPss(digest: Buffer, salt: Buffer, hash: string): Buffer {
  return createHash(hash).update(Buffer.alloc(8)).update(digest).update(salt).digest();
}

/** MGF1 (RFC 8017, B.2.1). */
function mask(seed: Buffer, length: number, hash: string): Buffer {
  const blocks: Buffer[] = [];
  for (let counter = 0; Buffer.concat(blocks).length < length; counter += 1) {
    const suffix = Buffer.alloc(4);
    suffix.writeUInt32BE(counter);
    blocks.push(createHash(hash).update(seed).update(suffix).digest());
  }
  return Buffer.concat(blocks).subarray(0, length);
}

function xor(one: Buffer, other: Buffer): Buffer {
  return Buffer.from(one.map((byte, at) => byte ^ (other[at] ?? 0)));
}

/** Draws until neither r nor s is zero, which happens about never. */
function signEcdsa(key: KeyObject, digest: Buffer): Buffer {
  const { curve, scalar } = readEcKey(key);
  const { order } = curve;
  const z = leftmost(digest, order);
  for (;;) {
    const k = toBigInt(randomBytes(orderBytes(order) + 8)) % order;
    if (k === 0n) continue;
    const r = multiplyBase(curve, k) % order;
    const s = modulo(invert(k, order) * (z + r * scalar), order);
    if (r !== 0n && s !== 0n) return encodeDer(r, s);
  }
}

/**
 * The private key is at hand, so the point of the verification equation, u1·G + u2·Q, is (u1 + u2·d)·G: one
 * multiplication of the base point.
 */
function verifyEcdsa(key: KeyObject, digest: Buffer, signature: Buffer): boolean {
  const { curve, scalar } = readEcKey(key);
  const { order } = curve;
  const { r, s } = decodeDer(signature);
  if (r <= 0n || r >= order || s <= 0n || s >= order) return false;
  const k = modulo(invert(s, order) * (leftmost(digest, order) + r * scalar), order);
  return k !== 0n && multiplyBase(curve, k) % order === r;
}

function readEcKey(key: KeyObject): { curve: Curve; scalar: bigint } {
  const jwk = key.export({ format: 'jwk' });
  const curve = CURVES[jwk.crv ?? ''];
  if (curve === undefined || jwk.d === undefined) throw new Error(`There is no curve ${jwk.crv ?? ''}.`);
  return { curve, scalar: toBigInt(Buffer.from(jwk.d, 'base64url')) };
}

/** The x coordinate of k times the base point. */
function multiplyBase(curve: Curve, k: bigint): bigint {
  const ecdh = createECDH(curve.openssl);
  ecdh.setPrivateKey(toBytes(k, orderBytes(curve.order)));
  const point = ecdh.getPublicKey();
  return toBigInt(point.subarray(1, 1 + (point.length - 1) / 2));
}

/** As many bits of the digest as the order has. */
function leftmost(digest: Buffer, order: bigint): bigint {
  const excess = digest.length * 8 - order.toString(2).length;
  const value = toBigInt(digest);
  return excess > 0 ? value >> BigInt(excess) : value;
}

function orderBytes(order: bigint): number {
  return Math.ceil(order.toString(2).length / 8);
}

/** By Fermat: the order is prime. */
function invert(value: bigint, prime: bigint): bigint {
  let result = 1n;
  let base = modulo(value, prime);
  for (let exponent = prime - 2n; exponent > 0n; exponent >>= 1n) {
    if ((exponent & 1n) === 1n) result = (result * base) % prime;
    base = (base * base) % prime;
  }
  return result;
}

function modulo(value: bigint, by: bigint): bigint {
  return ((value % by) + by) % by;
}

function toBigInt(bytes: Buffer): bigint {
  return BigInt(`0x${bytes.toString('hex') || '0'}`);
}

function toBytes(value: bigint, length: number): Buffer {
  return Buffer.from(value.toString(16).padStart(length * 2, '0'), 'hex');
}

/** ECDSA-Sig-Value (RFC 3279): a SEQUENCE of two INTEGERs. */
function encodeDer(r: bigint, s: bigint): Buffer {
  const integers = Buffer.concat([r, s].map(encodeInteger));
  return Buffer.concat([Buffer.from([0x30]), encodeLength(integers.length), integers]);
}

function encodeInteger(value: bigint): Buffer {
  const hex = value.toString(16);
  const bytes = Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex');
  const signed = (bytes[0] ?? 0) & 0x80 ? Buffer.concat([Buffer.from([0]), bytes]) : bytes;
  return Buffer.concat([Buffer.from([0x02]), encodeLength(signed.length), signed]);
}

/** No signature is longer than 255 bytes. */
function encodeLength(length: number): Buffer {
  return length < 0x80 ? Buffer.from([length]) : Buffer.from([0x81, length]);
}

/** @throws Error when the bytes are not exactly such a SEQUENCE */
function decodeDer(bytes: Buffer): { r: bigint; s: bigint } {
  const sequence = readElement(bytes, 0, 0x30);
  const r = readElement(sequence.content, 0, 0x02);
  const s = readElement(sequence.content, r.end, 0x02);
  if (sequence.end !== bytes.length || s.end !== sequence.content.length)
    throw new Error('Bytes are left over.');
  return { r: toBigInt(r.content), s: toBigInt(s.content) };
}

function readElement(bytes: Buffer, at: number, tag: number): { content: Buffer; end: number } {
  if (bytes[at] !== tag) throw new Error(`There is no element of tag ${tag}.`);
  const long = bytes[at + 1] === 0x81;
  const length = bytes[at + (long ? 2 : 1)] ?? 0;
  const start = at + (long ? 3 : 2);
  if (start + length > bytes.length) throw new Error('The element is cut off.');
  return { content: bytes.subarray(start, start + length), end: start + length };
}
