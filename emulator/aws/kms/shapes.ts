import { blob, integer, text, texts } from './input.js';
import { KEY_SPECS, KEY_USAGES } from './specs.js';

/** The named shapes of KMS's API model (`service-2.json`, 2014-11-01): lengths, patterns, ranges and enumerations. */
export const keyId = text({ min: 1, max: 2048 });
export const aliasName = text({ min: 1, max: 256, pattern: /^[a-zA-Z0-9:/_-]+$/ });
export const region = text({ min: 1, max: 32, pattern: /^([a-z]+-){2,3}\d+$/ });
export const policy = text({
  min: 1,
  max: 131072,
  // eslint-disable-next-line no-control-regex -- the model's own pattern: tab, line feed and carriage return are meant
  pattern: /^[\u0009\u000A\u000D\u0020-\u00FF]+$/,
});
export const policyName = text({ min: 1, max: 128, pattern: /^[\w]+$/ });
export const description = text({ max: 8192 });
export const keySpec = text({ values: Object.keys(KEY_SPECS) });
export const keyUsage = text({ values: KEY_USAGES });
export const origin = text({ values: ['AWS_KMS', 'EXTERNAL', 'AWS_CLOUDHSM', 'EXTERNAL_KEY_STORE'] });
export const limit = integer(1, 1000);
export const marker = text({ min: 1, max: 1024, pattern: /^[\u0020-\u00FF]*$/ });
/** The model's own range is wider; the API refuses what is outside 7 to 30. */
export const pendingWindow = integer(7, 30);
export const rotationPeriod = integer(90, 2560);
export const tagKeys = texts({ min: 1, max: 128 });
export const plaintext = blob(1, 4096);
export const ciphertext = blob(1, 6144);
export const publicKey = blob(1, 8192);
export const numberOfBytes = integer(1, 1024);
export const principalId = text({ min: 1, max: 256, pattern: /^[\w+=,.@:/-]+$/ });
export const grantId = text({ min: 1, max: 128 });
export const grantToken = text({ min: 1, max: 8192 });
export const grantTokens = texts({ min: 1, max: 8192 });
export const grantName = text({ min: 1, max: 256, pattern: /^[a-zA-Z0-9:/_-]+$/ });
export const grantOperations = texts({
  values: [
    'Decrypt',
    'Encrypt',
    'GenerateDataKey',
    'GenerateDataKeyWithoutPlaintext',
    'ReEncryptFrom',
    'ReEncryptTo',
    'Sign',
    'Verify',
    'GetPublicKey',
    'CreateGrant',
    'RetireGrant',
    'DescribeKey',
    'GenerateDataKeyPair',
    'GenerateDataKeyPairWithoutPlaintext',
    'GenerateMac',
    'VerifyMac',
    'DeriveSharedSecret',
    'Encapsulate',
    'Decapsulate',
  ],
});
export const encryptionAlgorithm = text({
  values: ['SYMMETRIC_DEFAULT', 'RSAES_OAEP_SHA_1', 'RSAES_OAEP_SHA_256', 'SM2PKE'],
});
export const signingAlgorithm = text({
  values: [
    'RSASSA_PSS_SHA_256',
    'RSASSA_PSS_SHA_384',
    'RSASSA_PSS_SHA_512',
    'RSASSA_PKCS1_V1_5_SHA_256',
    'RSASSA_PKCS1_V1_5_SHA_384',
    'RSASSA_PKCS1_V1_5_SHA_512',
    'ECDSA_SHA_256',
    'ECDSA_SHA_384',
    'ECDSA_SHA_512',
    'SM2DSA',
    'ML_DSA_SHAKE_256',
    'ED25519_SHA_512',
    'ED25519_PH_SHA_512',
  ],
});
export const messageType = text({ values: ['RAW', 'DIGEST', 'EXTERNAL_MU'] });
export const macAlgorithm = text({
  values: ['HMAC_SHA_224', 'HMAC_SHA_256', 'HMAC_SHA_384', 'HMAC_SHA_512'],
});
export const agreementAlgorithm = text({ values: ['ECDH'] });
export const dataKeySpec = text({ values: ['AES_256', 'AES_128'] });
export const dataKeyPairSpec = text({
  values: [
    'RSA_2048',
    'RSA_3072',
    'RSA_4096',
    'ECC_NIST_P256',
    'ECC_NIST_P384',
    'ECC_NIST_P521',
    'ECC_SECG_P256K1',
    'SM2',
    'ECC_NIST_EDWARDS25519',
    'ML_KEM_512',
    'ML_KEM_768',
    'ML_KEM_1024',
  ],
});
