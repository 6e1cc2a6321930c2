import type { KMSClient, KeyMetadata } from '@aws-sdk/client-kms';
import { messageOf } from '../errors.js';
import type { KeyUsage } from './key-specs.js';
import type { AwsSession } from './credentials.js';

/** The key in one Region as it should be. */
export interface ExpectedKey {
  readonly region: string;
  readonly role: 'primary' | 'replica';
  readonly arn: string;
  /** With `alias/`. */
  readonly alias: string;
  /** The planned key policy as JSON; undefined where the plan did not know it. */
  readonly policy: string | undefined;
}

export interface KeyCheck {
  readonly name: string;
  readonly ok: boolean;
  /** What was found instead, or why the check could not be made. */
  readonly detail: string | undefined;
}

export interface VerifiedKey extends Pick<ExpectedKey, 'region' | 'role'> {
  readonly checks: readonly KeyCheck[];
}

export interface VerifyOptions {
  /** All keys of one multi-Region key, the primary among them. */
  readonly keys: readonly ExpectedKey[];
  readonly keyUsage: KeyUsage;
  /** `crypto` also proves that all of them are one key: what one Region makes the others accept. */
  readonly mode: 'describe' | 'crypto';
  readonly session: Pick<AwsSession, 'provider'>;
  /** Whether two policies mean the same. */
  readonly samePolicy: (a: string, b: string) => boolean;
}

/**
 * Asks KMS in every Region, all at once, whether each key is as planned.
 * @returns a row per key, in the order given; a check that could not be made is one that failed
 */
export async function verifyKeys(options: VerifyOptions): Promise<VerifiedKey[]> {
  const kms = await import('@aws-sdk/client-kms');
  const clients = new Map(
    options.keys.map(({ region }) => [
      region,
      new kms.KMSClient({ region, credentials: options.session.provider }),
    ]),
  );
  try {
    const rows = await Promise.all(
      options.keys.map((key) => describe(key, clientOf(clients, key), options, kms)),
    );
    if (options.mode === 'describe') return rows;
    const proofs = await proveOneKey(options, clients, kms);
    return rows.map((row) => ({ ...row, checks: [...row.checks, ...(proofs.get(row.region) ?? [])] }));
  } finally {
    clients.forEach((client) => {
      client.destroy();
    });
  }
}

type Kms = typeof import('@aws-sdk/client-kms');
type Clients = ReadonlyMap<string, KMSClient>;

function clientOf(clients: Clients, { region }: Pick<ExpectedKey, 'region'>): KMSClient {
  const client = clients.get(region);
  if (client === undefined) throw new Error(`no client for ${region}`);
  return client;
}

async function describe(
  key: ExpectedKey,
  client: KMSClient,
  options: VerifyOptions,
  kms: Kms,
): Promise<VerifiedKey> {
  const found = client
    .send(new kms.DescribeKeyCommand({ KeyId: key.arn }))
    .then(({ KeyMetadata }) => KeyMetadata);
  const checks = await Promise.all([
    check('enabled', async () => {
      const state = (await found)?.KeyState;
      return state === 'Enabled' ? undefined : `it is ${state ?? 'not there'}`;
    }),
    check(key.role, async () => roleProblem(key, await found)),
    check('alias', async () => {
      const { KeyMetadata } = await client.send(new kms.DescribeKeyCommand({ KeyId: key.alias }));
      return KeyMetadata?.Arn === key.arn
        ? undefined
        : `${key.alias} points to ${KeyMetadata?.Arn ?? 'nothing'}`;
    }),
    check('policy', async () => {
      if (key.policy === undefined) return 'the planned policy is not known';
      const { Policy } = await client.send(
        new kms.GetKeyPolicyCommand({ KeyId: key.arn, PolicyName: 'default' }),
      );
      return Policy !== undefined && options.samePolicy(Policy, key.policy)
        ? undefined
        : 'it is not the planned one';
    }),
  ]);
  return { region: key.region, role: key.role, checks };
}

function roleProblem({ role, arn }: ExpectedKey, metadata: KeyMetadata | undefined): string | undefined {
  const type = metadata?.MultiRegionConfiguration?.MultiRegionKeyType;
  if (metadata?.Arn !== arn) return `it is ${metadata?.Arn ?? 'not there'}`;
  return type === role.toUpperCase() ? undefined : `it is ${type ?? 'no multi-Region key'}`;
}

/** @param ask resolves to what is wrong, or to undefined when all is well */
async function check(name: string, ask: () => Promise<string | undefined>): Promise<KeyCheck> {
  const detail = await ask().catch(explainError);
  return { name, ok: detail === undefined, detail };
}

function explainError(thrown: unknown): string {
  const name = thrown instanceof Error ? thrown.name : '';
  const missing = /perform: ?([\w:]+)/.exec(messageOf(thrown))?.[1];
  if (name === 'AccessDeniedException') return `not checked: ${missing ?? 'a permission'} is missing`;
  return `not checked: ${name === '' ? messageOf(thrown) : name}`;
}

/** What one Region makes, and how another accepts it; each resolves to whether it does. */
interface Proof {
  make(client: KMSClient, keyId: string): Promise<Uint8Array | undefined>;
  accepts(client: KMSClient, keyId: string, made: Uint8Array): Promise<boolean>;
}

async function proveOneKey(
  { keys, keyUsage }: VerifyOptions,
  clients: Clients,
  kms: Kms,
): Promise<Map<string, KeyCheck[]>> {
  const primary = keys.find(({ role }) => role === 'primary');
  if (primary === undefined) return new Map();
  const between = (from: ExpectedKey, to: ExpectedKey) => async (): Promise<string | undefined> => {
    const proof = await chooseProof(keyUsage, clientOf(clients, from), from.arn, kms);
    const made = await proof.make(clientOf(clients, from), from.arn);
    if (made === undefined) return `${from.region} made nothing`;
    return (await proof.accepts(clientOf(clients, to), to.arn, made))
      ? undefined
      : `what ${from.region} made is not accepted`;
  };
  const rows = keys.map(async (key): Promise<[string, KeyCheck[]]> => [
    key.region,
    key === primary
      ? [await check('works', between(primary, primary))]
      : await Promise.all([
          check('accepts what the primary makes', between(primary, key)),
          check('makes what the primary accepts', between(key, primary)),
        ]),
  ]);
  return new Map(await Promise.all(rows));
}

const MESSAGE = new TextEncoder().encode('aws-kms-multi-region-key: one key in every Region');

async function chooseProof(usage: KeyUsage, client: KMSClient, keyId: string, kms: Kms): Promise<Proof> {
  const { KeyMetadata: key } = await client.send(new kms.DescribeKeyCommand({ KeyId: keyId }));
  switch (usage) {
    case 'ENCRYPT_DECRYPT':
      return encryptionProof(kms, key?.EncryptionAlgorithms?.at(-1));
    case 'SIGN_VERIFY':
      return signatureProof(kms, key?.SigningAlgorithms?.[0]);
    case 'GENERATE_VERIFY_MAC':
      return macProof(kms, key?.MacAlgorithms?.[0]);
    case 'KEY_AGREEMENT':
    case 'ENCAPSULATE_DECAPSULATE':
      return publicKeyProof(kms);
  }
}

function encryptionProof(
  kms: Kms,
  EncryptionAlgorithm: NonNullable<KeyMetadata['EncryptionAlgorithms']>[number] | undefined,
): Proof {
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

function signatureProof(
  kms: Kms,
  SigningAlgorithm: NonNullable<KeyMetadata['SigningAlgorithms']>[number] | undefined,
): Proof {
  return {
    make: async (client, KeyId) =>
      (await client.send(new kms.SignCommand({ KeyId, Message: MESSAGE, SigningAlgorithm }))).Signature,
    accepts: async (client, KeyId, Signature) =>
      (await client.send(new kms.VerifyCommand({ KeyId, Message: MESSAGE, Signature, SigningAlgorithm })))
        .SignatureValid === true,
  };
}

function macProof(
  kms: Kms,
  MacAlgorithm: NonNullable<KeyMetadata['MacAlgorithms']>[number] | undefined,
): Proof {
  return {
    make: async (client, KeyId) =>
      (await client.send(new kms.GenerateMacCommand({ KeyId, Message: MESSAGE, MacAlgorithm }))).Mac,
    accepts: async (client, KeyId, Mac) =>
      (await client.send(new kms.VerifyMacCommand({ KeyId, Message: MESSAGE, Mac, MacAlgorithm })))
        .MacValid === true,
  };
}

/** Two key pairs with one public key have one private key, too. */
function publicKeyProof(kms: Kms): Proof {
  const publicKey = async (client: KMSClient, KeyId: string): Promise<Uint8Array | undefined> =>
    (await client.send(new kms.GetPublicKeyCommand({ KeyId }))).PublicKey;
  return {
    make: publicKey,
    accepts: async (client, KeyId, made) =>
      Buffer.from((await publicKey(client, KeyId)) ?? []).equals(Buffer.from(made)),
  };
}
