import { randomBytes } from 'node:crypto';
import { headerOf } from '../../http.js';
import { AwsError } from '../error.js';
import { isObject } from '../../json.js';
import type { ServiceResponse } from '../service.js';
import type { XmlValue } from '../xml.js';
import { refuseConditionalWrite } from './conditional.js';
import { xmlResponse } from './listing.js';
import type { BucketCall, ObjectCall } from './calls.js';
import { currentVersion, putVersion, type Bucket, type ObjectVersion } from './store.js';
import { malformedXml, readXml } from './xml-body.js';

/** What a deletion did: the version that it took away, or the delete marker that it put in its place. */
interface Deleted {
  readonly versionId: string | undefined;
  readonly isMarker: boolean;
}

/** The most keys in one DeleteObjects request. */
const MAX_DELETIONS = 1000;

/** Deleting what is not there succeeds too. */
export function deleteObject(call: ObjectCall): ServiceResponse {
  const { request, bucket, key, now } = call;
  if (headerOf(request, 'if-match') !== undefined)
    refuseConditionalWrite(request, currentVersion(bucket, key));
  const { versionId, isMarker } = deleteVersion(bucket, key, {
    versionId: request.query.get('versionId'),
    now,
  });
  const headers = {
    ...(isMarker ? { 'x-amz-delete-marker': 'true' } : {}),
    ...(versionId === undefined ? {} : { 'x-amz-version-id': versionId }),
  };
  return { status: 204, headers, body: '' };
}

/**
 * Deletes one version; without one, the object: for good where the bucket never kept versions, else by a delete marker. Where
 * versioning is suspended the marker is the null version (S3 User Guide, "Deleting objects from versioning-suspended
 * buckets").
 */
function deleteVersion(
  bucket: Bucket,
  key: string,
  request: { readonly versionId: string | null; readonly now: number },
): Deleted {
  const { versionId, now } = request;
  if (versionId === null && bucket.versioning !== undefined) {
    const marker = deleteMarker(bucket, now);
    putVersion(bucket, key, marker);
    return { versionId: marker.versionId, isMarker: true };
  }
  const versions = bucket.objects.get(key) ?? [];
  const gone = versions.find((one) => one.versionId === (versionId ?? 'null'));
  const kept = versions.filter((one) => one !== gone);
  if (kept.length === 0) bucket.objects.delete(key);
  else bucket.objects.set(key, kept);
  return { versionId: versionId ?? undefined, isMarker: gone?.deleted === true };
}

function deleteMarker(bucket: Bucket, now: number): ObjectVersion {
  const versionId = bucket.versioning === 'Enabled' ? randomBytes(24).toString('base64url') : 'null';
  return { versionId, body: Buffer.alloc(0), etag: '', modifiedAt: now, deleted: true, headers: {} };
}

/** DeleteObjects; in quiet mode only failures are told, and there are none here. */
export async function deleteObjects({ request, bucket, now }: BucketCall): Promise<ServiceResponse> {
  const body = await readXml(request, 'Delete');
  const given = body['Object'];
  const list: unknown[] = Array.isArray(given) ? given : [given];
  if (list.length > MAX_DELETIONS) throw malformedXml();
  const wanted = list.map(readObjectId);
  const deleted = wanted.map(({ key, versionId }) =>
    describe(key, versionId, deleteVersion(bucket, key, { versionId, now })),
  );
  return xmlResponse('DeleteResult', body['Quiet'] === 'true' ? {} : { Deleted: deleted });
}

function readObjectId(item: unknown): { key: string; versionId: string | null } {
  const key = isObject(item) ? item['Key'] : undefined;
  const versionId = isObject(item) ? item['VersionId'] : undefined;
  if (typeof key !== 'string' || key === '') throw malformedXml();
  return { key, versionId: typeof versionId === 'string' && versionId !== '' ? versionId : null };
}

function describe(key: string, versionId: string | null, deleted: Deleted): XmlValue {
  return {
    Key: key,
    VersionId: versionId ?? undefined,
    ...(deleted.isMarker ? { DeleteMarker: true, DeleteMarkerVersionId: deleted.versionId } : {}),
  };
}

/** What a read gets of a delete marker: 404 as the newest version, 405 when it is named. */
export function refuseMarker(marker: ObjectVersion, named: boolean): never {
  const headers = {
    'x-amz-delete-marker': 'true',
    'x-amz-version-id': marker.versionId,
    ...(named ? { allow: 'DELETE', 'last-modified': new Date(marker.modifiedAt).toUTCString() } : {}),
  };
  if (!named) throw new AwsError('NoSuchKey', 'The specified key does not exist.', { status: 404, headers });
  throw new AwsError('MethodNotAllowed', 'The specified method is not allowed against this resource.', {
    status: 405,
    headers,
    details: { ResourceType: 'DeleteMarker' },
  });
}
