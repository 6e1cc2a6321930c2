import { randomBytes } from 'node:crypto';
import { headerOf, type HttpRequest } from '../../http.js';
import { AwsError } from '../error.js';
import type { Bucket, ObjectVersion } from './store.js';

type Headers = Readonly<Record<string, string>>;

/** Header fields of a PUT that come back with every GET. */
const KEPT =
  /^(content-(type|encoding|language|disposition)|cache-control|expires|x-amz-meta-.+|x-amz-server-side-encryption.*|x-amz-storage-class)$/;
/** Those of them that the answer to a PUT repeats. */
const ECHOED = /^(x-amz-server-side-encryption(?!-customer-key$).*|x-amz-checksum-.+)$/;

/** What is kept with an object of the header fields that it is put with. */
export function headersToKeep(request: HttpRequest): Headers {
  return { ...pick(request, KEPT), ...defaultEncryption(request) };
}

/** What the answer to a PUT says of the object. */
export function headersToEcho(version: ObjectVersion): Headers {
  return Object.fromEntries(Object.entries(version.headers).filter(([name]) => ECHOED.test(name)));
}

/** What the answer to a GET says of the object; its checksum, where it was asked for, is that of the whole object. */
export function headersOfObject(request: HttpRequest, bucket: Bucket, version: ObjectVersion): Headers {
  const whole = headerOf(request, 'range') === undefined;
  const withChecksum = whole && headerOf(request, 'x-amz-checksum-mode')?.toUpperCase() === 'ENABLED';
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
    ...versionHeader(bucket, version),
  };
}

export function versionHeader(bucket: Bucket, version: Pick<ObjectVersion, 'versionId'>): Headers {
  return bucket.versioning === undefined ? {} : { 'x-amz-version-id': version.versionId };
}

/** A new version's id: `null` where the bucket keeps no versions. */
export function newVersionId(bucket: Bucket): string {
  return bucket.versioning === 'Enabled' ? randomBytes(24).toString('base64url') : 'null';
}

/** @throws AwsError InvalidEncryptionAlgorithmError */
export function refuseUnknownEncryption(request: HttpRequest): void {
  const algorithm = headerOf(request, 'x-amz-server-side-encryption');
  if (algorithm !== undefined && !['AES256', 'aws:kms', 'aws:kms:dsse'].includes(algorithm))
    throw new AwsError(
      'InvalidEncryptionAlgorithmError',
      'The encryption request that you specified is not valid.',
    );
}

/** Since 2023 S3 encrypts with its own keys what is not told otherwise. */
function defaultEncryption(request: HttpRequest): Headers {
  const named = Object.keys(request.headers).some((name) => name.startsWith('x-amz-server-side-encryption'));
  return named ? {} : { 'x-amz-server-side-encryption': 'AES256' };
}

function pick(request: HttpRequest, names: RegExp): Headers {
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
