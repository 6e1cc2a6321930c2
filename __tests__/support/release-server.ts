/** A server on loopback that publishes Terraform releases, signed with keys that the tests make. */

import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { crc32, deflateRawSync } from 'node:zlib';
import * as openpgp from 'openpgp';
import type { ReleaseKey } from '../../src/terraform/install/hashicorp-key.js';
import { close, listen } from './loopback.js';

export interface SigningKey {
  readonly releaseKey: ReleaseKey;
  /** @returns a detached binary signature, made at `date` */
  sign(content: Uint8Array, date?: Date): Promise<Buffer>;
}

export interface SigningKeyOptions {
  readonly createdAt?: Date;
  readonly validForSeconds?: number;
  /** When the key was renewed: its self-signatures are then of that time, as in HashiCorp's key of 2026. */
  readonly renewedAt?: Date;
}

/** Makes a key with a signing subkey. */
export async function createSigningKey(options: SigningKeyOptions = {}): Promise<SigningKey> {
  const userIDs = [{ name: 'Test Releases', email: 'releases@example.com' }];
  const expiry = options.validForSeconds === undefined ? {} : { keyExpirationTime: options.validForSeconds };
  const made = await openpgp.generateKey({
    type: 'ecc',
    curve: 'ed25519Legacy',
    userIDs,
    subkeys: [{ sign: true }],
    date: options.createdAt ?? new Date(Date.now() - 1000),
    ...expiry,
    format: 'object',
  });
  const renewed =
    options.renewedAt === undefined
      ? made
      : await openpgp.reformatKey({
          privateKey: made.privateKey,
          userIDs,
          date: options.renewedAt,
          format: 'object',
        });
  const publicKey = renewed.privateKey.toPublic();
  return {
    releaseKey: {
      owner: 'Example',
      fingerprint: publicKey.getFingerprint().toUpperCase(),
      armored: publicKey.armor(),
    },
    sign: async (content, date) => {
      const message = await openpgp.createMessage({ binary: content });
      const signature = (await openpgp.sign({
        message,
        signingKeys: made.privateKey,
        detached: true,
        format: 'binary',
        date: date ?? new Date(),
      })) as Uint8Array;
      return Buffer.from(signature);
    },
  };
}

export interface ZipEntry {
  readonly name: string;
  readonly content: Buffer;
}

/** Packs files as releases are packed: deflated, sizes in the directory. */
export function makeZip(entries: readonly ZipEntry[], level = 1): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { name, content } of entries) {
    const packed = deflateRawSync(content, { level });
    const header = Buffer.alloc(26);
    header.writeUInt16LE(20, 0);
    header.writeUInt16LE(8, 4);
    header.writeUInt32LE(crc32(content), 10);
    header.writeUInt32LE(packed.length, 14);
    header.writeUInt32LE(content.length, 18);
    header.writeUInt16LE(Buffer.byteLength(name), 22);
    parts.push(Buffer.from('PK\x03\x04'), header, Buffer.from(name), packed);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(offset, 10);
    directory.push(Buffer.from('PK\x01\x02\x14\x00'), header, tail, Buffer.from(name));
    offset += 30 + Buffer.byteLength(name) + packed.length;
  }
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(Buffer.concat(directory).length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, ...directory, end]);
}

export function sumLine(content: Buffer, name: string): string {
  return `${createHash('sha256').update(content).digest('hex')}  ${name}\n`;
}

/** One answer that is not the file; the handler ends the response. */
export type Answer = (response: ServerResponse, request: IncomingMessage) => void;

export class ReleaseServer {
  readonly files = new Map<string, Buffer>();
  /** Answers to give instead of a file, by path; each is used once, in order. */
  readonly answers = new Map<string, Answer[]>();
  readonly requests: { readonly path: string; readonly authorization: string | undefined }[] = [];
  #port = 0;
  readonly #server = createServer((request, response) => {
    this.#answer(request, response);
  });

  static async start(): Promise<ReleaseServer> {
    const server = new ReleaseServer();
    server.#port = await listen(server.#server);
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  stop(): Promise<void> {
    return close(this.#server);
  }

  /** Publishes a version whose zip is for one platform, e.g. `linux_amd64`. */
  async publish(release: {
    readonly version: string;
    readonly platform: string;
    readonly zip: Buffer;
    readonly key: SigningKey;
    readonly signedAt?: Date;
  }): Promise<void> {
    const { version, platform, zip, key } = release;
    const zipName = `terraform_${version}_${platform}.zip`;
    const sums = Buffer.from(sumLine(zip, zipName));
    this.put(version, zipName, zip);
    this.put(version, `terraform_${version}_SHA256SUMS`, sums);
    this.put(version, `terraform_${version}_SHA256SUMS.sig`, await key.sign(sums, release.signedAt));
  }

  put(version: string, name: string, content: Buffer): void {
    this.files.set(`/terraform/${version}/${name}`, content);
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const path = (request.url ?? '').split('?')[0] ?? '';
    this.requests.push({ path, authorization: request.headers.authorization });
    const special = this.answers.get(path)?.shift();
    const file = this.files.get(path);
    if (special !== undefined) special(response, request);
    else if (file !== undefined) response.end(file);
    else response.writeHead(404).end('not here');
  }
}
