import { createPublicKey, diffieHellman, generateKeyPairSync, type KeyObject } from 'node:crypto';
import type { KMSClient, KeyMetadata } from '@aws-sdk/client-kms';
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

/**
 * Uses the keys, to prove that they are one key: each replica decrypts (or verifies) what the primary
 * encrypted (or signed), and the other way round. Where the primary's Region does not answer, the first replica takes its part.
 * @param request with the keys of the Regions that answer
 * @returns checks by Region
 */
export async function proveOneKey(request: ProofRequest): Promise<Map<string, KeyCheck[]>> {
  const { keys, clients, check } = request;
  const reference = keys.find(({ role }) => role === 'primary') ?? keys[0];
  if (reference === undefined) return new Map();
  const between = (from: ExpectedKey, to: ExpectedKey) => async (): Promise<string | undefined> => {
    const proof = await chooseProof(clients, from);
    const made = await proof.make(clients.in(from.region), from.arn);
    if (made === undefined) return `KMS gave no result in ${from.region}`;
    return (await proof.accepts(clients.in(to.region), to.arn, made))
      ? undefined
      : `the result of ${from.region} does not fit the key in ${to.region}`;
  };
  const names = nameChecks(await usageOf(clients, reference), nameOf(reference));
  const prove = async (name: string, from: ExpectedKey, to: ExpectedKey): Promise<KeyCheck> => ({
    ...(await check(name, between(from, to))),
    usesKey: true,
  });
  const rows = keys.map(async (key): Promise<[string, KeyCheck[]]> => [
    key.region,
    key === reference
      ? [await prove(names.alone, key, key)]
      : await Promise.all([prove(names.from, reference, key), prove(names.to, key, reference)]),
  ]);
  return new Map(await Promise.all(rows));
}

/** What a check proves, in KMS's words: of the primary alone, of a replica with what the primary made, and the other way. */
interface CheckNames {
  readonly alone: string;
  readonly from: string;
  readonly to: string;
}

const ENCRYPTION: CheckNames = {
  alone: 'encrypts and decrypts',
  from: 'decrypts what the primary encrypted',
  to: 'the primary decrypts what it encrypted',
};

const NAMES: Readonly<Record<string, CheckNames>> = {
  ENCRYPT_DECRYPT: ENCRYPTION,
  SIGN_VERIFY: {
    alone: 'signs and verifies',
    from: 'verifies what the primary signed',
    to: 'the primary verifies what it signed',
  },
  GENERATE_VERIFY_MAC: {
    alone: 'generates and verifies a MAC',
    from: 'verifies the MAC of the primary',
    to: 'the primary verifies its MAC',
  },
  KEY_AGREEMENT: {
    alone: 'derives a shared secret',
    from: 'derives the shared secret of the primary',
    to: 'the primary derives its shared secret',
  },
  ENCAPSULATE_DECAPSULATE: {
    alone: 'gives its public key',
    from: 'has the public key of the primary',
    to: 'the primary has its public key',
  },
};

function nameOf({ role, region }: ExpectedKey): string {
  return role === 'primary' ? 'the primary' : region;
}

/** @param reference what the other keys are held against */
function nameChecks(usage: string | undefined, reference: string): CheckNames {
  const names =
    (usage === undefined || !Object.hasOwn(NAMES, usage) ? undefined : NAMES[usage]) ?? ENCRYPTION;
  const named = (name: string): string => name.replace('the primary', reference);
  return { alone: names.alone, from: named(names.from), to: named(names.to) };
}

/** Undefined where KMS does not say; the checks then tell why they could not be made. */
async function usageOf(clients: KmsClients, { region, arn }: ExpectedKey): Promise<string | undefined> {
  try {
    const { KeyMetadata } = await clients.in(region).send(new clients.kms.DescribeKeyCommand({ KeyId: arn }));
    return KeyMetadata?.KeyUsage;
  } catch {
    return undefined;
  }
}

const MESSAGE = new TextEncoder().encode('aws-kms-multi-region-key: one key in every Region');

async function chooseProof(clients: KmsClients, { region, arn }: ExpectedKey): Promise<Proof> {
  const { kms } = clients;
  const { KeyMetadata: key } = await clients.in(region).send(new kms.DescribeKeyCommand({ KeyId: arn }));
  switch (key?.KeyUsage) {
    case 'ENCRYPT_DECRYPT':
      return encryptionProof(kms, key);
    case 'SIGN_VERIFY':
      return signatureProof(kms, key);
    case 'GENERATE_VERIFY_MAC':
      return macProof(kms, key);
    case 'KEY_AGREEMENT':
      return agreementProof(kms, key);
    case 'ENCAPSULATE_DECAPSULATE':
      return publicKeyProof(kms);
    case undefined:
      throw new ActionError({
        what: 'KMS does not say what the key is for',
        done: 'The key was not used.',
        next: 'Run the job again.',
      });
  }
}

function encryptionProof(kms: Kms, key: KeyMetadata | undefined): Proof {
  const EncryptionAlgorithm = key?.EncryptionAlgorithms?.at(-1);
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

function signatureProof(kms: Kms, key: KeyMetadata | undefined): Proof {
  const SigningAlgorithm = key?.SigningAlgorithms?.[0];
  return {
    make: async (client, KeyId) =>
      (await client.send(new kms.SignCommand({ KeyId, Message: MESSAGE, SigningAlgorithm }))).Signature,
    accepts: async (client, KeyId, Signature) =>
      (await client.send(new kms.VerifyCommand({ KeyId, Message: MESSAGE, Signature, SigningAlgorithm })))
        .SignatureValid === true,
  };
}

function macProof(kms: Kms, key: KeyMetadata | undefined): Proof {
  const MacAlgorithm = key?.MacAlgorithms?.[0];
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
function agreementProof(kms: Kms, key: KeyMetadata | undefined): Proof {
  const namedCurve = CURVES[key?.KeySpec ?? ''];
  if (namedCurve === undefined) return publicKeyProof(kms);
  const own = generateKeyPairSync('ec', { namedCurve });
  const PublicKey = own.publicKey.export({ type: 'spki', format: 'der' });
  return {
    make: async (client, KeyId) => {
      const publicKey = await readPublicKey(kms, client, KeyId);
      return (
        publicKey && diffieHellman({ privateKey: own.privateKey, publicKey: importPublicKey(publicKey) })
      );
    },
    accepts: async (client, KeyId, made) => {
      const { SharedSecret } = await client.send(
        new kms.DeriveSharedSecretCommand({ KeyId, KeyAgreementAlgorithm: 'ECDH', PublicKey }),
      );
      return SharedSecret !== undefined && Buffer.from(SharedSecret).equals(made);
    },
  };
}

function importPublicKey(der: Uint8Array): KeyObject {
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
