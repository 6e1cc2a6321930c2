import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { Material } from './material.js';
import type { KeyFamily } from './model.js';

/** What stands in front of a ciphertext: which key and which of its materials made it. */
export interface Envelope {
  readonly keyId: string;
  readonly materialId: string;
  readonly iv: Buffer;
  readonly tag: Buffer;
  readonly content: Buffer;
}

/** First byte of every blob, so that a later form can be told from this one. */
const FORM = 1;
const MATERIAL_ID_BYTES = 32;
const IV_BYTES = 12;
const TAG_BYTES = 16;

/**
 * Encrypts with a key's newest material: AES-256-GCM, the encryption context as additional authenticated data. The
 * blob names the key by its id without a Region, as KMS's do for multi-Region keys: any member of the family opens it.
 */
export function seal(
  family: KeyFamily,
  plaintext: Buffer,
  context: Readonly<Record<string, string>>,
): Buffer {
  const material = family.materials.at(-1);
  if (material?.kind !== 'secret') throw new Error(`Key ${family.id} has no symmetric material.`);
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv('aes-256-gcm', material.secret, iv).setAAD(canonicalContext(context));
  const content = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  const id = Buffer.from(family.id);
  const header = Buffer.concat([Buffer.from([FORM, id.length]), id, Buffer.from(material.id, 'hex')]);
  return Buffer.concat([header, iv, cipher.getAuthTag(), content]);
}

/** Reads a blob that `seal` made; undefined for any other bytes. */
export function readEnvelope(blob: Buffer): Envelope | undefined {
  const idEnd = 2 + (blob[1] ?? 0);
  const contentStart = idEnd + MATERIAL_ID_BYTES + IV_BYTES + TAG_BYTES;
  if (blob[0] !== FORM || blob.length < contentStart) return undefined;
  const ivStart = idEnd + MATERIAL_ID_BYTES;
  return {
    keyId: blob.toString('utf8', 2, idEnd),
    materialId: blob.toString('hex', idEnd, ivStart),
    iv: blob.subarray(ivStart, ivStart + IV_BYTES),
    tag: blob.subarray(ivStart + IV_BYTES, contentStart),
    content: blob.subarray(contentStart),
  };
}

/** Decrypts with whichever of the key's materials it was made with; undefined when anything does not fit. */
export function open(
  family: KeyFamily,
  envelope: Envelope,
  context: Readonly<Record<string, string>>,
): Buffer | undefined {
  const material = family.materials.find((one): one is Extract<Material, { kind: 'secret' }> => {
    return one.kind === 'secret' && one.id === envelope.materialId;
  });
  if (material === undefined) return undefined;
  try {
    const decipher = createDecipheriv('aes-256-gcm', material.secret, envelope.iv);
    decipher.setAAD(canonicalContext(context)).setAuthTag(envelope.tag);
    return Buffer.concat([decipher.update(envelope.content), decipher.final()]);
  } catch {
    return undefined;
  }
}

/** The order of a context's pairs does not count. */
function canonicalContext(context: Readonly<Record<string, string>>): Buffer {
  const pairs = Object.entries(context).sort(([one], [other]) => (one < other ? -1 : 1));
  return Buffer.from(JSON.stringify(pairs));
}
