import { createPublicKey, diffieHellman, generateKeyPairSync, type KeyObject } from 'node:crypto';
import type { KMSClient, KeyMetadata, KeyUsageType } from '@aws-sdk/client-kms';
import { ActionError } from '../errors.js';
import type { ExpectedKey, KeyCheck } from './key-check.js';
import type { Kms, KmsClients } from './kms-clients.js';

export interface ProofRequest {
  readonly keys: readonly ExpectedKey[];
  readonly clients: KmsClients;
  /** Makes one check of a question that resolves to what is wrong. */
  readonly check: (name: string, ask: () => Promise<string | undefined>) => Promise<KeyCheck>;
}

/** What one Region makes, and whether another accepts it. */
interface Proof {
  make(client: KMSClient, keyId: string): Promise<Uint8Array | undefined>;
  accepts(client: KMSClient, keyId: string, made: Uint8Array): Promise<boolean>;
}

/** How a key is used, and what that proves: of the primary alone, of a replica with what the primary made, and the other way. */
interface Use {
  readonly alone: string;
  readonly from: string;
  readonly to: string;
  readonly proof: (kms: Kms, key: KeyMetadata) => Proof;
}

const ENCRYPTION: Use = {
  alone: 'encrypts and decrypts',
  from: 'decrypts what the primary encrypted',
  to: 'the primary decrypts what it encrypted',
  proof: encryptionProof,
};

/** By what the key is for, in KMS's words. */
const USES: Readonly<Partial<Record<string, Use>>> = {
  ENCRYPT_DECRYPT: ENCRYPTION,
  SIGN_VERIFY: {
    alone: 'signs and verifies',
    from: 'verifies what the primary signed',
    to: 'the primary verifies what it signed',
    proof: signatureProof,
  },
  GENERATE_VERIFY_MAC: {
    alone: 'generates and verifies a MAC',
    from: 'verifies the MAC of the primary',
    to: 'the primary verifies its MAC',
    proof: macProof,
  },
  KEY_AGREEMENT: {
    alone: 'derives a shared secret',
    from: 'derives the shared secret of the primary',
    to: 'the primary derives its shared secret',
    proof: agreementProof,
  },
  ENCAPSULATE_DECAPSULATE: {
    alone: 'gives its public key',
    from: 'has the public key of the primary',
    to: 'the primary has its public key',
    proof: publicKeyProof,
  },
} satisfies Record<KeyUsageType, Use>;

/**
 * Uses the keys, to prove that they are one key: each replica decrypts (or verifies) what the primary
 * encrypted (or signed), and the other way round. Where the primary's Region does not answer, the first replica takes its part.
 * @param request with the keys of the Regions that answer
 * @returns checks by Region
 */
export async function proveOneKey({ keys, clients, check }: ProofRequest): Promise<Map<string, KeyCheck[]>> {
  const reference = keys.find(({ role }) => role === 'primary') ?? keys[0];
  if (reference === undefined) return new Map();
  // Where KMS does not say, the checks tell why they could not be made.
  const described = await describeKey(clients, reference.region, reference.arn).catch(() => undefined);
  const use = USES[described?.KeyUsage ?? ''] ?? ENCRYPTION;
  const prove = async (name: string, from: ExpectedKey, to: ExpectedKey): Promise<KeyCheck> => {
    const said = name.replace('the primary', reference.role === 'primary' ? 'the primary' : reference.region);
    return { ...(await check(said, () => findProblem(clients, from, to))), usesKey: true };
  };
  const rows = keys.map(async (key): Promise<[string, KeyCheck[]]> => [
    key.region,
    key === reference
      ? [await prove(use.alone, key, key)]
      : await Promise.all([prove(use.from, reference, key), prove(use.to, key, reference)]),
  ]);
  return new Map(await Promise.all(rows));
}

/** @returns why what one key makes is not accepted by the other */
async function findProblem(
  clients: KmsClients,
  from: ExpectedKey,
  to: ExpectedKey,
): Promise<string | undefined> {
  const key = await describeKey(clients, from.region, from.arn);
  const use = USES[key?.KeyUsage ?? ''];
  if (key === undefined || use === undefined) {
    throw new ActionError({
      what: 'KMS does not say what the key is for',
      done: 'The key was not used.',
      next: 'Run the job again.',
    });
  }
  const proof = use.proof(clients.kms, key);
  const made = await proof.make(clients.in(from.region), from.arn);
  if (made === undefined) return `KMS gave no result in ${from.region}`;
  const isAccepted = await proof.accepts(clients.in(to.region), to.arn, made);
  return isAccepted ? undefined : `the result of ${from.region} does not fit the key in ${to.region}`;
}

/** @param KeyId an id, an ARN or an alias with `alias/` */
export async function describeKey(
  clients: KmsClients,
  region: string,
  KeyId: string,
): Promise<KeyMetadata | undefined> {
  return (await clients.in(region).send(new clients.kms.DescribeKeyCommand({ KeyId }))).KeyMetadata;
}

const MESSAGE = new TextEncoder().encode('aws-kms-multi-region-key: one key in every Region');

function encryptionProof(kms: Kms, key: KeyMetadata): Proof {
  const EncryptionAlgorithm = key.EncryptionAlgorithms?.at(-1);
  return {
    make: async (client, KeyId) =>
      (await client.send(new kms.EncryptCommand({ KeyId, Plaintext: MESSAGE, EncryptionAlgorithm })))
        .CiphertextBlob,
    accepts: async (client, KeyId, CiphertextBlob) => {
      const { Plaintext } = await client.send(
        new kms.DecryptCommand({ KeyId, CiphertextBlob, EncryptionAlgorithm }),
      );
      return Plaintext !== undefined && Buffer.from(Plaintext).equals(MESSAGE);
    },
  };
}

function signatureProof(kms: Kms, key: KeyMetadata): Proof {
  const SigningAlgorithm = key.SigningAlgorithms?.[0];
  return {
    make: async (client, KeyId) =>
      (await client.send(new kms.SignCommand({ KeyId, Message: MESSAGE, SigningAlgorithm }))).Signature,
    accepts: async (client, KeyId, Signature) =>
      (await client.send(new kms.VerifyCommand({ KeyId, Message: MESSAGE, Signature, SigningAlgorithm })))
        .SignatureValid === true,
  };
}

function macProof(kms: Kms, key: KeyMetadata): Proof {
  const MacAlgorithm = key.MacAlgorithms?.[0];
  return {
    make: async (client, KeyId) =>
      (await client.send(new kms.GenerateMacCommand({ KeyId, Message: MESSAGE, MacAlgorithm }))).Mac,
    accepts: async (client, KeyId, Mac) =>
      (await client.send(new kms.VerifyMacCommand({ KeyId, Message: MESSAGE, Mac, MacAlgorithm })))
        .MacValid === true,
  };
}

/** OpenSSL's names of the curves that KMS agrees on keys with; it has none for SM2 that Node could derive with. */
const CURVES: Readonly<Record<string, string>> = {
  ECC_NIST_P256: 'prime256v1',
  ECC_NIST_P384: 'secp384r1',
  ECC_NIST_P521: 'secp521r1',
};

/**
 * A key pair that lives only here agrees on a secret: made with the public key of one Region, without KMS, and accepted
 * when the private key of another Region gives the same.
 */
function agreementProof(kms: Kms, key: KeyMetadata): Proof {
  const namedCurve = CURVES[key.KeySpec ?? ''];
  if (namedCurve === undefined) return publicKeyProof(kms);
  const own = generateKeyPairSync('ec', { namedCurve });
  const PublicKey = own.publicKey.export({ type: 'spki', format: 'der' });
  return {
    make: async (client, KeyId) => {
      const publicKey = await readPublicKey(kms, client, KeyId);
      return publicKey && diffieHellman({ privateKey: own.privateKey, publicKey: importKey(publicKey) });
    },
    accepts: async (client, KeyId, made) => {
      const { SharedSecret } = await client.send(
        new kms.DeriveSharedSecretCommand({ KeyId, KeyAgreementAlgorithm: 'ECDH', PublicKey }),
      );
      return SharedSecret !== undefined && Buffer.from(SharedSecret).equals(made);
    },
  };
}

function importKey(der: Uint8Array): KeyObject {
  return createPublicKey({ key: Buffer.from(der), type: 'spki', format: 'der' });
}

/** For what cannot be done outside KMS: two key pairs with one public key have one private key, too. */
function publicKeyProof(kms: Kms): Proof {
  return {
    make: (client, KeyId) => readPublicKey(kms, client, KeyId),
    accepts: async (client, KeyId, made) =>
      Buffer.from((await readPublicKey(kms, client, KeyId)) ?? []).equals(made),
  };
}

async function readPublicKey(kms: Kms, client: KMSClient, KeyId: string): Promise<Uint8Array | undefined> {
  return (await client.send(new kms.GetPublicKeyCommand({ KeyId }))).PublicKey;
}
