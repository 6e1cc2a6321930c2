import type { KeyMetadata } from '@aws-sdk/client-kms';
import { ActionError } from '../errors.js';
import type { ExpectedKey, KeyCheck } from './key-check.js';
import { isDenied, sayKmsError, type KmsClients } from './kms-clients.js';
import { describeKey, proveOneKey } from './one-key-proof.js';
import type { SilentRegion } from './silent-regions.js';

export interface VerifiedKey extends Pick<ExpectedKey, 'region' | 'role'> {
  readonly checks: readonly KeyCheck[];
}

export interface VerifyOptions {
  /** All keys of one multi-Region key, the primary among them. */
  readonly keys: readonly ExpectedKey[];
  /** `crypto` also proves that all of them are one key: it encrypts (or signs) in one Region, and decrypts (or verifies) in the others. */
  readonly mode: 'describe' | 'crypto';
  readonly clients: KmsClients;
  /** Regions that are known not to answer: they are not asked. */
  readonly silent?: readonly SilentRegion[];
  /** Whether two policies mean the same. */
  readonly samePolicy: (a: string, b: string) => boolean;
}

/**
 * Asks KMS in every Region, all at once, whether each key is as it should be.
 * @returns a row per key, in the order given; a check that could not be made is one that failed
 */
export async function verifyKeys(options: VerifyOptions): Promise<VerifiedKey[]> {
  const { clients, mode, silent = [] } = options;
  const silence = new Map(silent.map(({ region, because }) => [region, because]));
  const keys = options.keys.filter(({ region }) => !silence.has(region));
  const rows = await Promise.all(
    options.keys.map(async (key) => {
      const { region, role } = key;
      if (!silence.has(region)) return checkKey(key, options);
      return { region, role, checks: [{ name: 'KMS answers', ok: false, detail: silence.get(region) }] };
    }),
  );
  if (mode === 'describe') return rows;
  const proofs = await proveOneKey({ keys, clients, check });
  return rows.map((row) => ({ ...row, checks: [...row.checks, ...(proofs.get(row.region) ?? [])] }));
}

async function checkKey(key: ExpectedKey, { clients, samePolicy }: VerifyOptions): Promise<VerifiedKey> {
  const { region, role, arn, alias, policy } = key;
  const found = describeKey(clients, region, arn);
  const checks = await Promise.all([
    check('enabled', async () => {
      const state = (await found)?.KeyState;
      return state === 'Enabled' ? undefined : `it is ${state ?? 'not there'}`;
    }),
    check(role, async () => roleProblem(key, await found)),
    check('alias', async () => {
      if (alias === undefined) return 'the state knows none';
      const target = await describeKey(clients, region, alias);
      return target?.Arn === arn ? undefined : `${alias} points to ${target?.Arn ?? 'nothing'}`;
    }),
    check('policy', async () => {
      if (policy === undefined) return 'nobody knows which one it should have';
      const command = new clients.kms.GetKeyPolicyCommand({ KeyId: arn, PolicyName: 'default' });
      const { Policy } = await clients.in(region).send(command);
      return Policy !== undefined && samePolicy(Policy, policy) ? undefined : 'it is not the one on record';
    }),
  ]);
  return { region, role, checks };
}

function roleProblem({ role, arn }: ExpectedKey, metadata: KeyMetadata | undefined): string | undefined {
  const type = metadata?.MultiRegionConfiguration?.MultiRegionKeyType;
  if (metadata?.Arn !== arn) return `it is ${metadata?.Arn ?? 'not there'}`;
  return type === role.toUpperCase() ? undefined : `it is ${type ?? 'no multi-Region key'}`;
}

/** @param ask resolves to what is wrong, or to undefined when all is well */
async function check(name: string, ask: () => Promise<string | undefined>): Promise<KeyCheck> {
  try {
    const detail = await ask();
    return { name, ok: detail === undefined, detail };
  } catch (thrown) {
    const refused = isDenied(thrown) ? { refused: thrown.refused } : {};
    return { name, ok: false, detail: explainError(thrown), ...refused };
  }
}

/** KMS's errors that are themselves the answer to a check. */
const ANSWERS: ReadonlyMap<string, string> = new Map([
  ['NotFoundException', 'it is not there'],
  ['DisabledException', 'the key is disabled'],
  ['KMSInvalidSignatureException', 'the signature is not valid there'],
  ['KMSInvalidMacException', 'the MAC is not valid there'],
  ['InvalidCiphertextException', 'the ciphertext cannot be decrypted there'],
  ['IncorrectKeyException', 'the ciphertext is of another key'],
]);

function explainError(thrown: unknown): string {
  const answer = thrown instanceof Error ? ANSWERS.get(thrown.name) : undefined;
  return answer ?? `not checked: ${thrown instanceof ActionError ? thrown.what : sayKmsError(thrown)}`;
}
