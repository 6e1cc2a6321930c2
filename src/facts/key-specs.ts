import semver from 'semver';

/** KMS's names for what a key can do (KMS API reference, CreateKey, KeyUsage). */
export type KeyUsage =
  'ENCRYPT_DECRYPT' | 'SIGN_VERIFY' | 'GENERATE_VERIFY_MAC' | 'KEY_AGREEMENT' | 'ENCAPSULATE_DECAPSULATE';

interface SpecFacts {
  /** The usages that go with the spec, the usual one first. */
  readonly usages: readonly [KeyUsage, ...KeyUsage[]];
  /**
   * The versions of hashicorp/aws before which it is not accepted, where that is known and later than 3.64.0: the last one,
   * and the first of an older major version to which it came as well.
   */
  readonly since?: readonly string[];
}

const RSA: SpecFacts = { usages: ['ENCRYPT_DECRYPT', 'SIGN_VERIFY'] };
const NIST_CURVE: SpecFacts = { usages: ['SIGN_VERIFY', 'KEY_AGREEMENT'] };
/** The changelog of 4.12.1; 3.70.0 refuses them and 3.76.1 accepts them (`npm run test:providers`). */
const HMAC: SpecFacts = { usages: ['GENERATE_VERIFY_MAC'], since: ['3.76.1', '4.12.1'] };
/** terraform-provider-aws#43128, in the changelog of 6.2.0. */
const ML_DSA: SpecFacts = { usages: ['SIGN_VERIFY'], since: ['6.2.0'] };
/** 6.63.0, the newest version seen when this was written, is older than ML-KEM in KMS: not before the one after it. */
const ML_KEM: SpecFacts = { usages: ['ENCAPSULATE_DECAPSULATE'], since: ['6.64.0'] };

/**
 * The key specs of KMS's API model and their usages (API reference, CreateKey, KeySpec and KeyUsage). KMS allows all of
 * them for multi-Region keys. SM2 exists in the China Regions alone.
 */
const SPECS = {
  SYMMETRIC_DEFAULT: { usages: ['ENCRYPT_DECRYPT'] },
  RSA_2048: RSA,
  RSA_3072: RSA,
  RSA_4096: RSA,
  ECC_NIST_P256: NIST_CURVE,
  ECC_NIST_P384: NIST_CURVE,
  ECC_NIST_P521: NIST_CURVE,
  ECC_SECG_P256K1: { usages: ['SIGN_VERIFY'] },
  /** terraform-provider-aws#45015: with the AWS SDK of 2025-11-07, which 6.21.0 has. */
  ECC_NIST_EDWARDS25519: { usages: ['SIGN_VERIFY'], since: ['6.21.0'] },
  HMAC_224: HMAC,
  HMAC_256: HMAC,
  HMAC_384: HMAC,
  HMAC_512: HMAC,
  ML_DSA_44: ML_DSA,
  ML_DSA_65: ML_DSA,
  ML_DSA_87: ML_DSA,
  ML_KEM_512: ML_KEM,
  ML_KEM_768: ML_KEM,
  ML_KEM_1024: ML_KEM,
  /** 3.70.0 refuses it, 3.76.1 and 4.67.0 accept it (`npm run test:providers`). */
  SM2: { usages: ['ENCRYPT_DECRYPT', 'SIGN_VERIFY', 'KEY_AGREEMENT'], since: ['3.76.1'] },
} as const satisfies Record<string, SpecFacts>;

export type KeySpec = keyof typeof SPECS;

export const MULTI_REGION_KEY_SPECS = Object.keys(SPECS) as readonly KeySpec[];

export function isKeySpec(text: string): text is KeySpec {
  return Object.hasOwn(SPECS, text);
}

function factsOf(spec: KeySpec): SpecFacts {
  return SPECS[spec];
}

/** The usages that go with a key spec, the usual one first. */
export function usagesFor(spec: KeySpec): readonly KeyUsage[] {
  return factsOf(spec).usages;
}

/** The usage of a key whose usage nobody asked for: the only one of its spec, or the usual one. */
export function defaultUsage(spec: KeySpec): KeyUsage {
  return factsOf(spec).usages[0];
}

/** Automatic rotation is for symmetric encryption keys whose material KMS made (KMS developer guide, rotating keys). */
export function specAllowsRotation(spec: KeySpec): boolean {
  return spec === 'SYMMETRIC_DEFAULT';
}

/**
 * The version of the provider that the spec needs at least, when `providerVersion` is an exact version before it;
 * undefined when it accepts it, when nobody knows, or when `providerVersion` is a constraint and so does not say.
 */
export function specNeedsProvider(spec: KeySpec, providerVersion: string): string | undefined {
  const { since = [] } = factsOf(spec);
  if (semver.valid(providerVersion) === null) return undefined;
  const accepts = since.some(
    (first, index) =>
      semver.gte(providerVersion, first) &&
      (index === since.length - 1 || semver.major(providerVersion) === semver.major(first)),
  );
  return accepts ? undefined : since.find((first) => semver.gt(first, providerVersion));
}
