import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { SignatureV4 } from '@smithy/signature-v4';
import { headerOf, splitOnce, type HttpRequest } from '../http.js';

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
  return readAuthorization(headerOf(request, 'authorization') ?? '');
}

function readAuthorization(header: string): Signature | undefined {
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
 * Whether a request was signed with a secret: it is signed again, with the same headers, at the same time, and for the same
 * scope.
 */
export async function isSignedWith(
  request: HttpRequest,
  signature: Signature,
  secret: string,
): Promise<boolean> {
  const signingDate = readDate(headerOf(request, 'x-amz-date') ?? '');
  if (signingDate === undefined) return false;
  const { accessKeyId, region, service } = signature;
  const signer = new SignatureV4({
    credentials: { accessKeyId, secretAccessKey: secret },
    region,
    service,
    sha256: NodeSha256,
    // The path of S3 is brought into its canonical form below: it is encoded once there, elsewhere twice.
    uriEscapePath: service !== 's3',
    applyChecksum: false,
  });
  const again = await signer.sign(canonicalForm(request, signature), {
    signingDate,
    signableHeaders: new Set(signature.signedHeaders),
    unsignableHeaders: new Set(UNSIGNED.filter((name) => !signature.signedHeaders.includes(name))),
  });
  return sameSignature(again.headers['authorization'] ?? '', signature);
}

/** What the signer looks at, or adds, whether or not it was signed. */
const UNSIGNED = ['x-amz-content-sha256', 'x-amz-date'];

/** `YYYYMMDD'T'HHMMSS'Z'` */
function readDate(stamp: string): Date | undefined {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(stamp);
  if (match === null) return undefined;
  const [, year = '', month = '', day = '', hour = '', minute = '', second = ''] = match;
  const date = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(date.getTime()) ? undefined : date;
}

/** The request as the signer takes it, with the signed headers alone and its payload as a hash. */
function canonicalForm(
  request: HttpRequest,
  signature: Signature,
): Parameters<SignatureV4['sign']>[0] & object {
  const headers = signature.signedHeaders.map((name) => [name, headerOf(request, name) ?? ''] as const);
  return {
    method: request.method,
    protocol: 'http:',
    hostname: '127.0.0.1',
    path: signature.service === 's3' ? encodeOnce(request.path) : request.path,
    query: readQuery(request.rawQuery),
    headers: {
      ...Object.fromEntries(headers),
      'x-amz-content-sha256': payloadHash(request, signature.service),
    },
  };
}

function encodeOnce(path: string): string {
  return path
    .split('/')
    .map((segment) => encode(decode(segment)))
    .join('/');
}

/** The pairs of a query as they were sent; in one, a plus sign is no space. */
function readQuery(rawQuery: string): Record<string, string[]> {
  const query: Record<string, string[]> = {};
  for (const pair of rawQuery === '' ? [] : rawQuery.split('&')) {
    const [name, value = ''] = splitOnce(pair, '=');
    (query[decode(name)] ??= []).push(decode(value));
  }
  return query;
}

/** S3 signs what the client says of its payload (which may be that it is unsigned); the others sign its hash. */
function payloadHash(request: HttpRequest, service: string): string {
  const declared = headerOf(request, 'x-amz-content-sha256');
  return service === 's3' && declared !== undefined ? declared : sha256(request.body);
}

function sameSignature(authorization: string, signature: Signature): boolean {
  const found = readAuthorization(authorization);
  return (
    found !== undefined &&
    found.date === signature.date &&
    timingSafeEqual(Buffer.from(found.value, 'hex'), Buffer.from(signature.value, 'hex'))
  );
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

type SourceData = string | ArrayBuffer | ArrayBufferView;

/** SHA-256, and HMAC where there is a key, in the form that the signer asks for. */
class NodeSha256 {
  readonly #hash: { update: (data: Uint8Array) => unknown; digest: () => Buffer };

  constructor(key?: SourceData) {
    this.#hash = key === undefined ? createHash('sha256') : createHmac('sha256', bytesOf(key));
  }

  update(data: Uint8Array): void {
    this.#hash.update(data);
  }

  digest(): Promise<Uint8Array> {
    return Promise.resolve(this.#hash.digest());
  }

  reset(): void {
    throw new Error('A signature is made once.');
  }
}

function bytesOf(data: SourceData): string | Uint8Array {
  if (typeof data === 'string') return data;
  return ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data);
}

/** Lower-case hexadecimal. */
export function sha256(content: Buffer | string): string {
  return createHash('sha256').update(content).digest('hex');
}
