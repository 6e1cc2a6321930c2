import type { HttpRequest } from '../../http.js';
import { AwsError } from '../error.js';
import type { ServiceResponse } from '../service.js';
import { xmlDocument, type XmlValue } from '../xml.js';
import { compareKeys, liveKeys, type Bucket } from './store.js';

export const S3_NAMESPACE = 'http://s3.amazonaws.com/doc/2006-03-01/';

/** The most keys in one answer. */
const MAX_KEYS = 1000;

interface Listing {
  readonly keys: readonly string[];
  readonly prefixes: readonly string[];
  /** The last key or common prefix of this answer, when there is more. */
  readonly next: string | undefined;
}

export function listObjectsV2(request: HttpRequest, bucket: Bucket): ServiceResponse {
  const { query } = request;
  const token = query.get('continuation-token');
  const after = token === null ? (query.get('start-after') ?? '') : decodeToken(token);
  const listing = list(request, bucket, after);
  return xmlResponse('ListBucketResult', {
    ...listingHead(request, bucket),
    KeyCount: listing.keys.length + listing.prefixes.length,
    ContinuationToken: token ?? undefined,
    StartAfter: query.get('start-after') ?? undefined,
    IsTruncated: listing.next !== undefined,
    NextContinuationToken:
      listing.next === undefined ? undefined : Buffer.from(listing.next).toString('base64url'),
    ...entries(request, bucket, listing),
  });
}

export function listObjects(request: HttpRequest, bucket: Bucket): ServiceResponse {
  const listing = list(request, bucket, request.query.get('marker') ?? '');
  return xmlResponse('ListBucketResult', {
    ...listingHead(request, bucket),
    Marker: request.query.get('marker') ?? '',
    IsTruncated: listing.next !== undefined,
    NextMarker: listing.next === undefined ? undefined : shownKey(request, listing.next),
    ...entries(request, bucket, listing),
  });
}

function list(request: HttpRequest, bucket: Bucket, after: string): Listing {
  const prefix = request.query.get('prefix') ?? '';
  const delimiter = request.query.get('delimiter') ?? '';
  const limit = maxKeys(request);
  const names = new Map<string, 'key' | 'prefix'>();
  for (const key of liveKeys(bucket)) {
    if (!key.startsWith(prefix)) continue;
    const cut = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
    if (cut < 0) names.set(key, 'key');
    else names.set(key.slice(0, cut + delimiter.length), 'prefix');
  }
  const left = [...names].filter(([name]) => compareKeys(name, after) > 0);
  const given = left.slice(0, limit);
  const ofKind = (kind: 'key' | 'prefix'): string[] =>
    given.filter(([, one]) => one === kind).map(([name]) => name);
  return {
    keys: ofKind('key'),
    prefixes: ofKind('prefix'),
    next: left.length > limit ? given.at(-1)?.[0] : undefined,
  };
}

/** How many entries a page may have: at most 1,000. @throws AwsError InvalidArgument */
export function maxKeys(request: HttpRequest): number {
  const given = request.query.get('max-keys');
  if (given === null) return MAX_KEYS;
  if (!/^\d{1,9}$/.test(given))
    throw new AwsError('InvalidArgument', 'Provided max-keys not an integer or within integer range');
  return Math.min(MAX_KEYS, Number(given));
}

function decodeToken(token: string): string {
  const text = Buffer.from(token, 'base64url').toString();
  if (text === '') throw new AwsError('InvalidArgument', 'The continuation token provided is incorrect');
  return text;
}

/** What every listing repeats of its request. */
export function listingHead(request: HttpRequest, bucket: Bucket): Readonly<Record<string, XmlValue>> {
  const { query } = request;
  return {
    Name: bucket.name,
    Prefix: shownKey(request, query.get('prefix') ?? ''),
    Delimiter: query.get('delimiter') ?? undefined,
    MaxKeys: maxKeys(request),
    EncodingType: query.get('encoding-type') ?? undefined,
  };
}

function entries(request: HttpRequest, bucket: Bucket, listing: Listing): Readonly<Record<string, XmlValue>> {
  return {
    Contents: listing.keys.map((key) => {
      const version = bucket.objects.get(key)?.at(-1);
      return {
        Key: shownKey(request, key),
        LastModified: new Date(version?.modifiedAt ?? 0).toISOString(),
        ETag: version?.etag,
        Size: version?.body.length,
        StorageClass: 'STANDARD',
      };
    }),
    CommonPrefixes: listing.prefixes.map((prefix) => ({ Prefix: shownKey(request, prefix) })),
  };
}

/** Keys may hold characters that XML has not; clients ask for percent-encoding. */
export function shownKey(request: HttpRequest, key: string): string {
  if (request.query.get('encoding-type') !== 'url') return key;
  return encodeURIComponent(key).replace(/%2F/g, '/');
}

export function xmlResponse(root: string, content: XmlValue): ServiceResponse {
  return {
    status: 200,
    headers: { 'content-type': 'application/xml' },
    body: xmlDocument(root, S3_NAMESPACE, content),
  };
}
