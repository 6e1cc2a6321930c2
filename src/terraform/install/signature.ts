import type { PublicKey } from 'openpgp';
import { ActionError, messageOf } from '../../errors.js';
import type { ReleaseKey } from './hashicorp-key.js';

type OpenPgp = typeof import('openpgp');

/** A release key that was read, and found to be the right one and not expired. */
export interface OpenKey {
  readonly openpgp: OpenPgp;
  readonly publicKey: PublicKey;
  readonly key: ReleaseKey;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

interface SignedFile {
  /** What messages call it, e.g. `terraform_1.11.4_SHA256SUMS`. */
  readonly name: string;
  readonly content: Uint8Array;
  /** A binary OpenPGP signature. */
  readonly signature: Uint8Array;
}

export const NOTHING_USED = 'The download was not used: nothing of it was unpacked or run.';

/**
 * Reads a release key. openpgp is loaded here, and not before, because it takes about 0.1 seconds.
 *
 * @param now milliseconds since the epoch
 * @throws ActionError when the key has another fingerprint, or has expired
 */
export async function openReleaseKey(key: ReleaseKey, now: number): Promise<OpenKey> {
  const openpgp = await import('openpgp');
  const publicKey = (await openpgp.readKey({ armoredKey: key.armored })).toPublic();
  const fingerprint = publicKey.getFingerprint().toUpperCase();
  if (fingerprint !== key.fingerprint) {
    throw new ActionError({
      what: `The key that this action carries for ${key.owner} has the fingerprint ${fingerprint}, not ${key.fingerprint}.`,
      done: NOTHING_USED,
      next: 'Use a released version of this action: this copy was changed.',
    });
  }
  await assertNotExpired(publicKey, key, now);
  return { openpgp, publicKey, key, now };
}

async function assertNotExpired(publicKey: PublicKey, key: ReleaseKey, now: number): Promise<void> {
  const expiry = await publicKey.getExpirationTime();
  const expired = expiry instanceof Date && expiry.getTime() <= now;
  if (expired || expiry === null) {
    throw expiredKeyError(key, expired ? `expired on ${expiry.toISOString().slice(0, 10)}` : 'is not valid');
  }
}

function expiredKeyError(key: ReleaseKey, how: string): ActionError {
  return new ActionError({
    what: `The key that this version of the action checks ${key.owner}'s releases with (${key.fingerprint}) ${how}.`,
    done: NOTHING_USED,
    next: 'Use a newer version of this action, which carries the renewed key; or have the right Terraform on PATH before this step.',
  });
}

/**
 * Checks a detached signature.
 * @throws ActionError when no signature in it is a valid one by the key
 */
export async function verifySignature(openKey: OpenKey, signed: SignedFile): Promise<void> {
  const { openpgp, publicKey, key, now } = openKey;
  const signature = await readSignature(openpgp, signed);
  const { signatures } = await openpgp.verify({
    message: await openpgp.createMessage({ binary: signed.content }),
    signature,
    verificationKeys: publicKey,
    date: new Date(now),
    format: 'binary',
    config: strictConfig(openpgp),
  });
  // The result holds a promise for each signature and is never false by itself: only what is awaited is checked.
  const outcomes = await Promise.allSettled(signatures.map(({ verified }) => verified));
  const valid = signatures.filter((_, index) => outcomes[index]?.status === 'fulfilled');
  if (valid.length > 0) {
    await assertSignerCurrent(openKey, valid);
    return;
  }
  const found = signatures.map(({ keyID }, index) => {
    const outcome = outcomes[index];
    const reason = outcome?.status === 'rejected' ? messageOf(outcome.reason) : '';
    return `one by the key ${keyID.toHex().toUpperCase()} (${reason})`;
  });
  throw new ActionError({
    what: `${signed.name} has no valid signature by ${key.owner}'s key ${key.fingerprint}; found: ${found.join(', ') || 'none'}.`,
    done: NOTHING_USED,
    next: 'The files are not what was released. Check where `terraform-download-url` and any proxy take them from.',
  });
}

/** The key as a whole may outlive a signing subkey; an old signature by an expired subkey proves nothing new. */
async function assertSignerCurrent(
  { openpgp, publicKey, key, now }: OpenKey,
  valid: Awaited<ReturnType<OpenPgp['verify']>>['signatures'],
): Promise<void> {
  const problems = await Promise.all(
    valid.map(({ keyID }) =>
      publicKey.getSigningKey(keyID, new Date(now), undefined, strictConfig(openpgp)).then(
        () => undefined,
        (error: unknown) => messageOf(error),
      ),
    ),
  );
  if (problems.every((problem) => problem !== undefined)) {
    throw expiredKeyError(key, `can no longer be used to sign (${problems.join(', ')})`);
  }
}

async function readSignature(openpgp: OpenPgp, signed: SignedFile) {
  try {
    return await openpgp.readSignature({ binarySignature: signed.signature });
  } catch (cause) {
    throw new ActionError(
      {
        what: `What was found as the signature of ${signed.name} is not an OpenPGP signature (${signed.signature.length} bytes).`,
        done: NOTHING_USED,
        next: 'Check that `terraform-download-url` serves the .sig files as they are.',
      },
      { cause },
    );
  }
}

/**
 * Stricter than openpgp's defaults: no SHA-1 or older, neither for files nor within the key, no short RSA keys.
 *
 * `allowInsecureVerificationWithReformattedKeys` is needed because HashiCorp renewed its key on 2026-02-18: the renewed
 * edition says nothing of the time before, so releases of that time would be refused as signed by a key that was not
 * valid yet. With it the key must be valid now instead; revocation, expiry and the signature itself are checked all the
 * same, and a signature older than the key is still refused.
 */
function strictConfig({ enums, config }: OpenPgp) {
  const weak = new Set([enums.hash.md5, enums.hash.sha1, enums.hash.ripemd]);
  return {
    ...config,
    minRSABits: 2048,
    rejectHashAlgorithms: weak,
    rejectMessageHashAlgorithms: weak,
    allowInsecureVerificationWithReformattedKeys: true,
  };
}
