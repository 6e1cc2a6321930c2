import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { headerOf, type HttpRequest } from '../http.js';

/** A Signature Version 4 as it stands in a request's Authorization header. */
export interface Signature {
  readonly accessKeyId: string;
  /** `YYYYMMDD` */
  readonly date: string;
  readonly region: string;
  readonly service: string;
  readonly signedHeaders: readonly string[];
  /** 64 hexadecimal digits. */
  readonly value: string;
}

const ALGORITHM = 'AWS4-HMAC-SHA256';

/** Reads the Authorization header; undefined when it is not there or not a Signature Version 4. */
export function readSignature(request: HttpRequest): Signature | undefined {
  const header = headerOf(request, 'authorization') ?? '';
  if (!header.startsWith(`${ALGORITHM} `)) return undefined;
  const fields = new Map(
    header
      .slice(ALGORITHM.length)
      .split(',')
      .map((part) => part.trim().split('='))
      .map(([name = '', ...value]) => [name, value.join('=')]),
  );
  const [accessKeyId, date, region, service, terminator] = (fields.get('Credential') ?? '').split('/');
  const value = fields.get('Signature') ?? '';
  if (accessKeyId === undefined || date === undefined || region === undefined || service === undefined)
    return undefined;
  if (terminator !== 'aws4_request' || !/^[0-9a-f]{64}$/.test(value)) return undefined;
  const signedHeaders = (fields.get('SignedHeaders') ?? '').split(';').filter((name) => name !== '');
  return { accessKeyId, date, region, service, signedHeaders, value };
}

/**
 * Whether a request was signed with a secret (AWS General Reference, "Create a signed AWS API request").
 * @param payloadHash what stands for the body in the canonical request
 */
export function isSignedWith(request: HttpRequest, signature: Signature, secret: string): boolean {
  const stamp = headerOf(request, 'x-amz-date') ?? '';
  const scope = `${signature.date}/${signature.region}/${signature.service}/aws4_request`;
  const canonical = sha256(canonicalRequest(request, signature));
  const expected = sign(signingKey(secret, signature), [ALGORITHM, stamp, scope, canonical].join('\n'));
  return timingSafeEqual(expected, Buffer.from(signature.value, 'hex'));
}

/** The key that a day's requests to one service in one Region are signed with. */
export function signingKey(secret: string, scope: Pick<Signature, 'date' | 'region' | 'service'>): Buffer {
  return [scope.date, scope.region, scope.service, 'aws4_request'].reduce<Buffer>(
    (key, part) => sign(key, part),
    Buffer.from(`AWS4${secret}`),
  );
}

function canonicalRequest(request: HttpRequest, signature: Signature): string {
  const headers = signature.signedHeaders.map((name) => {
    return `${name}:${(headerOf(request, name) ?? '').trim().replace(/ +/g, ' ')}\n`;
  });
  return [
    request.method,
    canonicalPath(request.path, signature.service),
    canonicalQuery(request.rawQuery),
    headers.join(''),
    signature.signedHeaders.join(';'),
    payloadHash(request, signature.service),
  ].join('\n');
}

/** S3 encodes each segment once; every other service encodes the path as it was sent once more. */
function canonicalPath(path: string, service: string): string {
  const segments = path.split('/');
  return segments.map((part) => encode(service === 's3' ? decode(part) : part)).join('/');
}

function canonicalQuery(rawQuery: string): string {
  if (rawQuery === '') return '';
  const pairs = rawQuery.split('&').map((pair) => {
    const [name = '', ...value] = pair.split('=');
    return [encode(decode(name)), encode(decode(value.join('=')))] as const;
  });
  pairs.sort(([a, x], [b, y]) => compare(a, b) || compare(x, y));
  return pairs.map(([name, value]) => `${name}=${value}`).join('&');
}

/** S3 signs what the client says of its payload (which may be that it is unsigned); the others sign its hash. */
function payloadHash(request: HttpRequest, service: string): string {
  const declared = headerOf(request, 'x-amz-content-sha256');
  return service === 's3' && declared !== undefined ? declared : sha256(request.body);
}

function compare(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** RFC 3986's unreserved characters stay, all others are written as bytes. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** Lower-case hexadecimal. */
export function sha256(content: Buffer | string): string {
  return createHash('sha256').update(content).digest('hex');
}

/** HMAC-SHA-256. */
export function sign(key: Buffer, content: string): Buffer {
  return createHmac('sha256', key).update(content).digest();
}
