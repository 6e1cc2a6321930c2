import { createHash, randomBytes } from 'node:crypto';
import { headerOf, type HttpRequest } from '../../http.js';
import { AwsError } from '../error.js';
import type { ServiceResponse } from '../service.js';
import { readPayload } from './payload.js';
import { currentVersion, putVersion, type Bucket, type ObjectVersion } from './store.js';

/** One call about one object. */
export interface ObjectCall {
  readonly request: HttpRequest;
  readonly bucket: Bucket;
  readonly key: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** Header fields of a PUT that come back with every GET. */
const KEPT =
  /^(content-(type|encoding|language|disposition)|cache-control|expires|x-amz-meta-.+|x-amz-server-side-encryption.*|x-amz-storage-class)$/;
/** Those of them that the answer to a PUT repeats. */
const ECHOED = /^(x-amz-server-side-encryption(?!-customer-key$).*|x-amz-checksum-.+)$/;

export function putObject(call: ObjectCall): ServiceResponse {
  const { request, bucket, key } = call;
  if (request.headers['x-amz-copy-source'] !== undefined)
    throw new AwsError('NotImplemented', 'The emulator does not implement s3:CopyObject.', { status: 501 });
  refuseUnmetConditions(request, currentVersion(bucket, key));
  refuseUnknownEncryption(request);
  const { body, checksum } = readPayload(request);
  const version: ObjectVersion = {
    versionId: bucket.versioning === 'Enabled' ? randomBytes(24).toString('base64url') : 'null',
    body,
    etag: `"${createHash('md5').update(body).digest('hex')}"`,
    modifiedAt: call.now,
    deleted: false,
    headers: { ...pick(request, KEPT), ...defaultEncryption(request), ...checksum },
  };
  putVersion(bucket, key, version);
  return empty(200, {
    etag: version.etag,
    ...versionHeader(bucket, version),
    ...matching(version.headers, ECHOED),
  });
}

export function getObject(call: ObjectCall): ServiceResponse {
  const version = findVersion(call);
  const headers = objectHeaders(call, version);
  const range = readRange(headerOf(call.request, 'range'), version.body.length);
  if (range === undefined) return { status: 200, headers, body: version.body };
  return {
    status: 206,
    headers: { ...headers, 'content-range': `bytes ${range.start}-${range.end}/${version.body.length}` },
    body: version.body.subarray(range.start, range.end + 1),
  };
}

/** The content length is that of the object, though nothing of it is sent. */
export function headObject(call: ObjectCall): ServiceResponse {
  const version = findVersion(call);
  return { status: 200, headers: objectHeaders(call, version), body: version.body };
}

/** Deleting what is not there succeeds too. */
export function deleteObject(call: ObjectCall): ServiceResponse {
  const { request, bucket, key } = call;
  const versionId = request.query.get('versionId');
  const expected = headerOf(request, 'if-match');
  if (expected !== undefined) refuseUnmetConditions(request, currentVersion(bucket, key));
  const deleted = deleteVersion(bucket, key, { versionId, now: call.now });
  return empty(204, deleted);
}

/** Deletes a version, or marks the object as deleted where the bucket keeps versions. */
export function deleteVersion(
  bucket: Bucket,
  key: string,
  request: { versionId: string | null; now: number },
): Readonly<Record<string, string>> {
  const { versionId, now } = request;
  if (versionId === null && bucket.versioning === 'Enabled') {
    const marker = deleteMarker(now);
    putVersion(bucket, key, marker);
    return { 'x-amz-delete-marker': 'true', 'x-amz-version-id': marker.versionId };
  }
  const kept = (bucket.objects.get(key) ?? []).filter((one) => one.versionId !== (versionId ?? 'null'));
  if (kept.length === 0) bucket.objects.delete(key);
  else bucket.objects.set(key, kept);
  return versionId === null ? {} : { 'x-amz-version-id': versionId };
}

function deleteMarker(now: number): ObjectVersion {
  const versionId = randomBytes(24).toString('base64url');
  return { versionId, body: Buffer.alloc(0), etag: '', modifiedAt: now, deleted: true, headers: {} };
}

function findVersion(call: ObjectCall): ObjectVersion {
  const { request, bucket, key } = call;
  const versionId = request.query.get('versionId');
  if (versionId === null) {
    const current = currentVersion(bucket, key);
    if (current === undefined) throw noSuchKey(key);
    refuseUnmetConditions(request, current);
    return current;
  }
  const found = bucket.objects
    .get(key)
    ?.find((version) => version.versionId === versionId && !version.deleted);
  if (found !== undefined) return found;
  throw new AwsError('NoSuchVersion', 'The specified version does not exist.', { status: 404 });
}

function noSuchKey(key: string): AwsError {
  return new AwsError('NoSuchKey', 'The specified key does not exist.', {
    status: 404,
    details: { Key: key },
  });
}

/**
 * Conditional requests. For a write, `If-None-Match: *` asks that there be no object and `If-Match` that it be the one
 * of that ETag; this is what Terraform's native state lock stands on.
 */
function refuseUnmetConditions(request: HttpRequest, current: ObjectVersion | undefined): void {
  const expected = headerOf(request, 'if-match');
  const unexpected = headerOf(request, 'if-none-match');
  if (expected !== undefined && current === undefined)
    throw new AwsError('NoSuchKey', 'The specified key does not exist.', { status: 404 });
  const fits = (etag: string): boolean =>
    current !== undefined && (etag === '*' || unquote(etag) === unquote(current.etag));
  if (expected !== undefined && !fits(expected)) throw preconditionFailed('If-Match');
  if (unexpected === undefined || !fits(unexpected)) return;
  if (request.method === 'GET' || request.method === 'HEAD')
    throw new AwsError('NotModified', '', { status: 304 });
  throw preconditionFailed('If-None-Match');
}

function preconditionFailed(condition: string): AwsError {
  return new AwsError('PreconditionFailed', 'At least one of the pre-conditions you specified did not hold', {
    status: 412,
    details: { Condition: condition },
  });
}

function refuseUnknownEncryption(request: HttpRequest): void {
  const algorithm = headerOf(request, 'x-amz-server-side-encryption');
  if (algorithm !== undefined && !['AES256', 'aws:kms', 'aws:kms:dsse'].includes(algorithm))
    throw new AwsError(
      'InvalidEncryptionAlgorithmError',
      'The encryption request that you specified is not valid.',
    );
}

/** Since 2023 S3 encrypts with its own keys what is not told otherwise. */
function defaultEncryption(request: HttpRequest): Readonly<Record<string, string>> {
  const named = Object.keys(request.headers).some((name) => name.startsWith('x-amz-server-side-encryption'));
  return named ? {} : { 'x-amz-server-side-encryption': 'AES256' };
}

function objectHeaders(call: ObjectCall, version: ObjectVersion): Readonly<Record<string, string>> {
  const withChecksum = headerOf(call.request, 'x-amz-checksum-mode')?.toUpperCase() === 'ENABLED';
  const kept = Object.entries(version.headers).filter(([name]) => {
    if (name === 'x-amz-server-side-encryption-customer-key') return false;
    return withChecksum || !name.startsWith('x-amz-checksum-');
  });
  return {
    'content-type': 'binary/octet-stream',
    ...Object.fromEntries(kept),
    etag: version.etag,
    'last-modified': new Date(version.modifiedAt).toUTCString(),
    'accept-ranges': 'bytes',
    ...versionHeader(call.bucket, version),
  };
}

function versionHeader(bucket: Bucket, version: ObjectVersion): Readonly<Record<string, string>> {
  return bucket.versioning === undefined ? {} : { 'x-amz-version-id': version.versionId };
}

/** One range of bytes, both ends included. @throws AwsError InvalidRange when it begins after the end */
function readRange(header: string | undefined, size: number): { start: number; end: number } | undefined {
  const fromStart = /^bytes=(\d+)-(\d*)$/.exec(header ?? '');
  const fromEnd = /^bytes=-(\d+)$/.exec(header ?? '');
  if (fromStart === null && fromEnd === null) return undefined;
  const start = fromStart === null ? Math.max(0, size - Number(fromEnd?.[1])) : Number(fromStart[1]);
  const last = fromStart?.[2];
  const end = last === undefined || last === '' ? size - 1 : Math.min(Number(last), size - 1);
  if (start <= end) return { start, end };
  throw new AwsError('InvalidRange', 'The requested range is not satisfiable', { status: 416 });
}

function pick(request: HttpRequest, names: RegExp): Readonly<Record<string, string>> {
  const found = Object.keys(request.headers).filter((name) => names.test(name));
  const headers = found.map((name) => [name, headerOf(request, name) ?? ''] as const);
  // aws-chunked is how the object was sent, not what it is.
  const meant = headers.map(
    ([name, value]) => [name, name === 'content-encoding' ? unchunked(value) : value] as const,
  );
  return Object.fromEntries(meant.filter(([, value]) => value !== ''));
}

function unchunked(encoding: string): string {
  return encoding
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== 'aws-chunked')
    .join(',');
}

function matching(
  headers: Readonly<Record<string, string>>,
  names: RegExp,
): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => names.test(name)));
}

function unquote(etag: string): string {
  return etag.replace(/^W\//, '').replace(/^"(.*)"$/, '$1');
}

function empty(status: number, headers: Readonly<Record<string, string>>): ServiceResponse {
  return { status, headers, body: '' };
}
