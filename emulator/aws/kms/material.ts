import { createHash, generateKeyPair, randomBytes, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';

/** What a key computes with: one secret for symmetric and HMAC keys, a pair for the asymmetric ones. */
export type Material =
  | { readonly kind: 'secret'; readonly id: string; readonly secret: Buffer }
  | {
      readonly kind: 'pair';
      readonly id: string;
      readonly privateKey: KeyObject;
      readonly publicKey: KeyObject;
    };

export interface KeyPair {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

/** OpenSSL's names of KMS's curves. */
const CURVES: Readonly<Record<string, string>> = {
  ECC_NIST_P256: 'prime256v1',
  ECC_NIST_P384: 'secp384r1',
  ECC_NIST_P521: 'secp521r1',
  ECC_SECG_P256K1: 'secp256k1',
};

const generatePair = promisify(generateKeyPair);

/** Makes the material for a new key of a spec; an RSA pair takes a moment. */
export async function generateMaterial(spec: string): Promise<Material> {
  if (spec === 'SYMMETRIC_DEFAULT') return generateSymmetricMaterial();
  if (spec.startsWith('HMAC_')) return secretMaterial(randomBytes(Number(spec.slice('HMAC_'.length)) / 8));
  const pair = await generatePairOf(spec);
  const publicBytes = pair.publicKey.export({ type: 'spki', format: 'der' });
  return { kind: 'pair', id: materialId(publicBytes), ...pair };
}

/** New 256-bit AES material, as creation and every rotation make it. */
export function generateSymmetricMaterial(): Material {
  return secretMaterial(randomBytes(32));
}

/** Makes a pair of an RSA or ECC spec. @throws Error for any other spec */
export async function generatePairOf(spec: string): Promise<KeyPair> {
  if (spec.startsWith('RSA_'))
    return generatePair('rsa', { modulusLength: Number(spec.slice('RSA_'.length)) });
  const namedCurve = CURVES[spec];
  if (namedCurve === undefined) throw new Error(`There is no pair of spec ${spec}.`);
  return generatePair('ec', { namedCurve });
}

function secretMaterial(secret: Buffer): Material {
  // Of random bytes, not of the secret: the id is shown by DescribeKey.
  return { kind: 'secret', id: materialId(randomBytes(32)), secret };
}

/** 64 hexadecimal digits, the form of KMS's key material ids. */
function materialId(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
