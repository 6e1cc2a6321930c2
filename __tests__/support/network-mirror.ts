import { createHash } from 'node:crypto';
import { createReadStream, readdirSync, statSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { ServerResponse } from 'node:http';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { crc32 } from 'node:zlib';
import { makeCertificate } from './certificate.js';
import { close, listen } from './loopback.js';
import { tempFolder } from './temp-folder.js';

const PROVIDER = 'registry.terraform.io/hashicorp/aws';

/** A network mirror of Terraform's on loopback, by https with a certificate of its own. */
export interface NetworkMirror {
  readonly url: string;
  /** What the job needs in its environment to trust the certificate. */
  readonly env: Readonly<Record<string, string>>;
  /** The methods and names of what was asked for, in order: `GET index.json`. */
  readonly requests: string[];
  /** From here on gives this in place of the archive, under the checksum of the right one. */
  swapArchive(content: Buffer): void;
  stop(): Promise<void>;
}

export interface NetworkMirrorOptions {
  /** A filesystem mirror with the unpacked provider. */
  readonly dir: string;
  readonly version: string;
  /** As Terraform names it, e.g. `linux_amd64`. */
  readonly platform: string;
}

/**
 * Starts a server with the protocol of Terraform's documentation, "Provider Network Mirror Protocol". The archive holds
 * the real provider; it is not compressed and made as it is sent, since it has hundreds of megabytes.
 */
export async function startNetworkMirror(options: NetworkMirrorOptions): Promise<NetworkMirror> {
  const archive = await readArchive(path.join(options.dir, PROVIDER, options.version, options.platform));
  const hashes = [`zh:${await sumOf(archive)}`];
  const zipName = `terraform-provider-aws_${options.version}_${options.platform}.zip`;
  const documents: Readonly<Record<string, unknown>> = {
    'index.json': { versions: { [options.version]: {} } },
    [`${options.version}.json`]: { archives: { [options.platform]: { url: zipName, hashes } } },
  };
  const requests: string[] = [];
  let swapped: Buffer | undefined;
  const { cert, key } = makeCertificate();
  const server = createServer({ cert, key }, (request, response) => {
    const file = (request.url ?? '').replace(`/mirror/${PROVIDER}/`, '');
    requests.push(`${request.method ?? ''} ${file}`);
    const document = documents[file];
    if (document !== undefined) {
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(document));
    } else if (file === zipName) {
      if (request.method === 'HEAD') response.end();
      else if (swapped === undefined) void sendArchive(archive, response);
      else response.end(swapped);
    } else response.writeHead(404).end();
  });
  const port = await listen(server);
  const certFile = path.join(tempFolder('mirror'), 'ca.pem');
  await writeFile(certFile, cert);
  return {
    url: `https://localhost:${port}/mirror`,
    env: { SSL_CERT_FILE: certFile },
    requests,
    swapArchive: (content) => (swapped = content),
    stop: () => close(server),
  };
}

/** One file as a zip, but for the file's own content, which stays on disk. */
interface Archive {
  readonly file: string;
  readonly size: number;
  readonly before: Buffer;
  readonly after: Buffer;
}

async function readArchive(folder: string): Promise<Archive> {
  const name = readdirSync(folder).find((entry) => entry.startsWith('terraform-provider-aws_')) ?? '';
  const file = path.join(folder, name);
  const { size } = statSync(file);
  let sum = 0;
  for await (const chunk of read(file)) sum = crc32(chunk, sum);
  const header = Buffer.alloc(26);
  header.writeUInt16LE(20, 0);
  header.writeUInt32LE(sum, 10);
  header.writeUInt32LE(size, 14);
  header.writeUInt32LE(size, 18);
  header.writeUInt16LE(Buffer.byteLength(name), 22);
  const before = Buffer.concat([Buffer.from('PK\x03\x04'), header, Buffer.from(name)]);
  const tail = Buffer.alloc(14);
  tail.writeUInt32LE((0o100755 << 16) >>> 0, 6); // a program, in the high half as Unix has it
  const directory = Buffer.concat([Buffer.from('PK\x01\x02\x14\x03'), header, tail, Buffer.from(name)]);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(1, 8);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(before.length + size, 16);
  return { file, size, before, after: Buffer.concat([directory, end]) };
}

async function sumOf(archive: Archive): Promise<string> {
  const hash = createHash('sha256').update(archive.before);
  for await (const chunk of read(archive.file)) hash.update(chunk);
  return hash.update(archive.after).digest('hex');
}

async function sendArchive({ file, size, before, after }: Archive, response: ServerResponse): Promise<void> {
  response.writeHead(200, { 'content-length': before.length + size + after.length });
  response.write(before);
  try {
    await pipeline(read(file), response, { end: false });
    response.end(after);
  } catch {
    response.destroy(); // The client went away: what it makes of that is its affair.
  }
}

function read(file: string): AsyncIterable<Buffer> {
  return createReadStream(file, { highWaterMark: 1 << 20 });
}
