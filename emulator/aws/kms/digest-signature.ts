import type { ECDSA } from '@noble/curves/abstract/weierstrass.js';
import { p256, p384, p521 } from '@noble/curves/nist.js';
import { secp256k1 } from '@noble/curves/secp256k1.js';
import {
  constants,
  createHash,
  privateEncrypt,
  publicDecrypt,
  randomBytes,
  timingSafeEqual,
  type JsonWebKey,
  type KeyObject,
} from 'node:crypto';
import type { KeyPair } from './material.js';

/*
 * Node signs messages, not digests, and KMS takes either. So messages are hashed first, and signatures are made over
 * digests: for ECDSA by @noble/curves, for RSA here, by RFC 8017 with Node's RSA underneath.
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

/** By the names of curves in a JSON Web Key (RFC 7518 and RFC 8812). */
const CURVES: Readonly<Record<string, ECDSA>> = {
  'P-256': p256,
  'P-384': p384,
  'P-521': p521,
  secp256k1,
};

/** KMS signs digests, writes DER, and does not choose the smaller s. */
const ECDSA_FORM = { prehash: false, format: 'der', lowS: false } as const;

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
        return verifyEcdsa(pair.publicKey, digest, value);
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

function signEcdsa(key: KeyObject, digest: Buffer): Buffer {
  const jwk = key.export({ format: 'jwk' });
  const scalar = Buffer.from(jwk.d ?? '', 'base64url');
  return Buffer.from(curveOf(jwk).sign(digest, scalar, { ...ECDSA_FORM, extraEntropy: true }));
}

function verifyEcdsa(key: KeyObject, digest: Buffer, signature: Buffer): boolean {
  const jwk = key.export({ format: 'jwk' });
  const coordinates = [jwk.x, jwk.y].map((each) => Buffer.from(each ?? '', 'base64url'));
  // SEC 1, 2.3.3: an uncompressed point.
  const point = Buffer.concat([Buffer.from([4]), ...coordinates]);
  return curveOf(jwk).verify(signature, digest, point, ECDSA_FORM);
}

function curveOf({ crv = '' }: JsonWebKey): ECDSA {
  const curve = CURVES[crv];
  if (curve === undefined) throw new Error(`There is no curve ${crv}.`);
  return curve;
}
