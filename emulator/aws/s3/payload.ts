import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { headerOf, type HttpRequest } from '../../http.js';
import { AwsError } from '../error.js';

/** An object's content as it was meant, with the checksum that came with it. */
export interface Payload {
  readonly body: Buffer;
  /** `x-amz-checksum-…` and its value, to be kept with the object. */
  readonly checksum: Readonly<Record<string, string>>;
}

type Digest = (body: Buffer) => Buffer;

const DIGESTS: Readonly<Record<string, Digest>> = {
  'x-amz-checksum-crc32': (body) => uint32(crc32(body)),
  'x-amz-checksum-crc32c': (body) => uint32(crc32c(body)),
  'x-amz-checksum-sha1': (body) => createHash('sha1').update(body).digest(),
  'x-amz-checksum-sha256': (body) => createHash('sha256').update(body).digest(),
};

/**
 * Takes a request's payload out of its transfer form and checks it against what it came with.
 * @throws AwsError IncompleteBody, InvalidDigest, BadDigest or InvalidRequest
 */
export function readPayload(request: HttpRequest): Payload {
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
  return { body, checksum: checkChecksums(valueOf, body) };
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

function checkChecksums(
  valueOf: (name: string) => string | undefined,
  body: Buffer,
): Readonly<Record<string, string>> {
  const given: Record<string, string> = {};
  for (const [name, digest] of Object.entries(DIGESTS)) {
    const value = valueOf(name);
    if (value === undefined) continue;
    if (digest(body).toString('base64') !== value)
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

/** Castagnoli's polynomial, reflected; Node has CRC-32 only. */
function crc32c(body: Buffer): number {
  let crc = 0xffffffff;
  for (const byte of body) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}
