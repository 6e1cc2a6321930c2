import { AwsError } from '../error.js';

/** What KMS lets a key of a spec be used for, and the algorithms that come with each use. */
export interface SpecFacts {
  readonly family: 'symmetric' | 'rsa' | 'ecc' | 'hmac' | 'unsupported';
  readonly usages: readonly KeyUsage[];
  readonly encryption: readonly string[];
  readonly signing: readonly string[];
  readonly mac: readonly string[];
  readonly agreement: readonly string[];
}

export const KEY_USAGES = [
  'SIGN_VERIFY',
  'ENCRYPT_DECRYPT',
  'GENERATE_VERIFY_MAC',
  'KEY_AGREEMENT',
  'ENCAPSULATE_DECAPSULATE',
] as const;
export type KeyUsage = (typeof KEY_USAGES)[number];

const NO_ALGORITHMS = { encryption: [], signing: [], mac: [], agreement: [] };
const SYMMETRIC: SpecFacts = {
  ...NO_ALGORITHMS,
  family: 'symmetric',
  usages: ['ENCRYPT_DECRYPT'],
  encryption: ['SYMMETRIC_DEFAULT'],
};
const RSA: SpecFacts = {
  ...NO_ALGORITHMS,
  family: 'rsa',
  usages: ['ENCRYPT_DECRYPT', 'SIGN_VERIFY'],
  encryption: ['RSAES_OAEP_SHA_1', 'RSAES_OAEP_SHA_256'],
  signing: [
    'RSASSA_PKCS1_V1_5_SHA_256',
    'RSASSA_PKCS1_V1_5_SHA_384',
    'RSASSA_PKCS1_V1_5_SHA_512',
    'RSASSA_PSS_SHA_256',
    'RSASSA_PSS_SHA_384',
    'RSASSA_PSS_SHA_512',
  ],
};
const ecc = (digest: number, usages: readonly KeyUsage[] = ['SIGN_VERIFY', 'KEY_AGREEMENT']): SpecFacts => ({
  ...NO_ALGORITHMS,
  family: 'ecc',
  usages,
  signing: [`ECDSA_SHA_${digest}`],
  agreement: ['ECDH'],
});
const hmac = (digest: number): SpecFacts => ({
  ...NO_ALGORITHMS,
  family: 'hmac',
  usages: ['GENERATE_VERIFY_MAC'],
  mac: [`HMAC_SHA_${digest}`],
});
const UNSUPPORTED: SpecFacts = { ...NO_ALGORITHMS, family: 'unsupported', usages: KEY_USAGES };

/** Every key spec of KMS's API model; those whose algorithms Node's crypto has not are marked as unsupported. */
export const KEY_SPECS: Readonly<Record<string, SpecFacts>> = {
  SYMMETRIC_DEFAULT: SYMMETRIC,
  RSA_2048: RSA,
  RSA_3072: RSA,
  RSA_4096: RSA,
  ECC_NIST_P256: ecc(256),
  ECC_NIST_P384: ecc(384),
  ECC_NIST_P521: ecc(512),
  // The secp256k1 curve signs only: KMS offers no key agreement with it.
  ECC_SECG_P256K1: ecc(256, ['SIGN_VERIFY']),
  HMAC_224: hmac(224),
  HMAC_256: hmac(256),
  HMAC_384: hmac(384),
  HMAC_512: hmac(512),
  SM2: UNSUPPORTED,
  ML_DSA_44: UNSUPPORTED,
  ML_DSA_65: UNSUPPORTED,
  ML_DSA_87: UNSUPPORTED,
  ML_KEM_512: UNSUPPORTED,
  ML_KEM_768: UNSUPPORTED,
  ML_KEM_1024: UNSUPPORTED,
  ECC_NIST_EDWARDS25519: UNSUPPORTED,
};

/** The facts of a spec that is known to be one of KMS's. */
export function factsOf(spec: string): SpecFacts {
  return KEY_SPECS[spec] ?? UNSUPPORTED;
}

/**
 * Checks a pair of spec and usage as CreateKey does; a symmetric key's usage need not be said.
 * @throws AwsError ValidationException for a pair that KMS has not, UnsupportedOperationException for a spec that
 *   this emulator has no cryptography for
 */
export function resolveUsage(spec: string, usage: string | undefined): KeyUsage {
  const facts = factsOf(spec);
  if (facts.family === 'unsupported')
    throw new AwsError(
      'UnsupportedOperationException',
      `The emulator does not implement KeySpec ${spec}: it has no cryptography for it.`,
    );
  const only = usage ?? 'ENCRYPT_DECRYPT';
  if (usage === undefined && facts.family !== 'symmetric')
    throw new AwsError(
      'ValidationException',
      `You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys.`,
    );
  const found = facts.usages.find((one) => one === only);
  if (found === undefined)
    throw new AwsError(
      'ValidationException',
      `The KeyUsage value ${only} is not compatible with KeySpec ${spec}`,
    );
  return found;
}
