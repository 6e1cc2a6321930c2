import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { Crc32cJs, Crc64NvmeJs } from '@aws-sdk/checksums/crc';
import { headerOf, type HttpRequest } from '../../http.js';
import { AwsError } from '../error.js';

/** An object's content as it was meant, with the checksum that came with it. */
export interface Payload {
  readonly body: Buffer;
  /** `x-amz-checksum-…` and its value, to be kept with the object. */
  readonly checksum: Readonly<Record<string, string>>;
}

type Digest = (body: Buffer) => Buffer | Promise<Uint8Array>;

/** By the header field that carries the checksum (S3 User Guide, "Checking object integrity"). */
export const DIGESTS: Readonly<Record<string, Digest>> = {
  'x-amz-checksum-crc32': (body) => uint32(crc32(body)),
  'x-amz-checksum-crc32c': (body) => crcOf(new Crc32cJs(), body),
  'x-amz-checksum-crc64nvme': (body) => crcOf(new Crc64NvmeJs(), body),
  'x-amz-checksum-sha1': (body) => createHash('sha1').update(body).digest(),
  'x-amz-checksum-sha256': (body) => createHash('sha256').update(body).digest(),
};

/**
 * Takes a request's payload out of its transfer form and checks it against what it came with.
 * @throws AwsError IncompleteBody, InvalidDigest, BadDigest or InvalidRequest
 */
export async function readPayload(request: HttpRequest): Promise<Payload> {
  const { body, trailers } = isChunked(request)
    ? readChunks(request.body)
    : { body: request.body, trailers: new Map<string, string>() };
  const length = headerOf(request, 'x-amz-decoded-content-length');
  if (length !== undefined && Number(length) !== body.length)
    throw new AwsError(
      'IncompleteBody',
      'You did not provide the number of bytes specified by the HTTP header.',
    );
  checkMd5(headerOf(request, 'content-md5'), body);
  const valueOf = (name: string): string | undefined => trailers.get(name) ?? headerOf(request, name);
  return { body, checksum: await checkChecksums(valueOf, body) };
}

function isChunked(request: HttpRequest): boolean {
  return (headerOf(request, 'x-amz-content-sha256') ?? '').startsWith('STREAMING-');
}

function checkMd5(given: string | undefined, body: Buffer): void {
  if (given === undefined) return;
  if (Buffer.from(given, 'base64').length !== 16)
    throw new AwsError('InvalidDigest', 'The Content-MD5 you specified is not valid.');
  if (createHash('md5').update(body).digest('base64') !== given)
    throw new AwsError('BadDigest', 'The Content-MD5 you specified did not match what we received.');
}

async function checkChecksums(
  valueOf: (name: string) => string | undefined,
  body: Buffer,
): Promise<Readonly<Record<string, string>>> {
  const given: Record<string, string> = {};
  for (const [name, digest] of Object.entries(DIGESTS)) {
    const value = valueOf(name);
    if (value === undefined) continue;
    if (Buffer.from(await digest(body)).toString('base64') !== value)
      throw new AwsError(
        'BadDigest',
        `The ${name.slice('x-amz-checksum-'.length).toUpperCase()} you specified did not match the calculated checksum.`,
      );
    given[name] = value;
  }
  return given;
}

/**
 * Decodes the `aws-chunked` content encoding: chunks with their length in hexadecimal, an empty one at the end, then
 * trailing header fields ("Signature calculations: transferring payload in multiple chunks").
 */
function readChunks(raw: Buffer): { body: Buffer; trailers: Map<string, string> } {
  const chunks: Buffer[] = [];
  let at = 0;
  for (;;) {
    const end = raw.indexOf('\r\n', at);
    const size = end < 0 ? NaN : parseInt(raw.toString('latin1', at, end), 16);
    if (!Number.isInteger(size) || end + 2 + size > raw.length)
      throw new AwsError('IncompleteBody', 'The request body terminated unexpectedly.');
    const start = end + 2;
    if (size === 0)
      return { body: Buffer.concat(chunks), trailers: readTrailers(raw.toString('latin1', start)) };
    chunks.push(raw.subarray(start, start + size));
    at = start + size + 2;
  }
}

function readTrailers(text: string): Map<string, string> {
  const lines = text.split('\r\n').filter((line) => line.includes(':'));
  return new Map(
    lines.map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes;
}

function crcOf(checksum: Crc32cJs | Crc64NvmeJs, body: Buffer): Promise<Uint8Array> {
  checksum.update(body);
  return checksum.digest();
}
