import { createHash } from 'node:crypto';
import { headerOf } from '../../http.js';
import { AwsError } from '../error.js';
import type { ServiceResponse } from '../service.js';
import type { ObjectCall } from './calls.js';
import { refuseConditionalRead, refuseConditionalWrite } from './conditional.js';
import { refuseMarker } from './deletion.js';
import {
  headersOfObject,
  headersToEcho,
  headersToKeep,
  newVersionId,
  refuseUnknownEncryption,
  versionHeader,
} from './object-headers.js';
import { readPayload } from './payload.js';
import { currentVersion, putVersion, type ObjectVersion } from './store.js';

export async function putObject(call: ObjectCall): Promise<ServiceResponse> {
  const { request, bucket, key } = call;
  if (request.headers['x-amz-copy-source'] !== undefined)
    throw new AwsError('NotImplemented', 'The emulator does not implement s3:CopyObject.', { status: 501 });
  refuseUnknownEncryption(request);
  const { body, checksum } = await readPayload(request);
  // From here on nothing is waited for: of two requests for one lock, one is first.
  refuseConditionalWrite(request, currentVersion(bucket, key));
  const version: ObjectVersion = {
    versionId: newVersionId(bucket),
    body,
    etag: `"${createHash('md5').update(body).digest('hex')}"`,
    modifiedAt: call.now,
    deleted: false,
    headers: { ...headersToKeep(request), ...checksum },
  };
  putVersion(bucket, key, version);
  const headers = { etag: version.etag, ...versionHeader(bucket, version), ...headersToEcho(version) };
  return { status: 200, headers, body: '' };
}

/** Serves HEAD as well: the content length is that of what a GET would send. */
export function getObject(call: ObjectCall): ServiceResponse {
  const version = findVersion(call);
  refuseConditionalRead(call.request, version);
  const headers = headersOfObject(call.request, call.bucket, version);
  const range = readRange(headerOf(call.request, 'range'), version.body.length);
  if (range === undefined) return { status: 200, headers, body: version.body };
  return {
    status: 206,
    headers: { ...headers, 'content-range': `bytes ${range.start}-${range.end}/${version.body.length}` },
    body: version.body.subarray(range.start, range.end + 1),
  };
}

/** @throws AwsError NoSuchKey, NoSuchVersion, or MethodNotAllowed for a delete marker */
function findVersion({ request, bucket, key }: ObjectCall): ObjectVersion {
  const versions = bucket.objects.get(key) ?? [];
  const versionId = request.query.get('versionId');
  const found =
    versionId === null ? versions.at(-1) : versions.find((version) => version.versionId === versionId);
  if (found?.deleted === true) return refuseMarker(found, versionId !== null);
  if (found !== undefined) return found;
  if (versionId === null)
    throw new AwsError('NoSuchKey', 'The specified key does not exist.', {
      status: 404,
      details: { Key: key },
    });
  throw new AwsError('NoSuchVersion', 'The specified version does not exist.', {
    status: 404,
    details: { Key: key, VersionId: versionId },
  });
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
