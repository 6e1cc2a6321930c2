import { headerOf, type HttpRequest } from '../../http.js';

/** What a request is about: nothing (the service), a bucket, or an object in it. */
export interface Address {
  readonly bucket: string | undefined;
  readonly key: string | undefined;
}

/** Reads bucket and key from the host (`BUCKET.localhost`, `BUCKET.s3.REGION.…`) or else from the path. */
export function readAddress(request: HttpRequest): Address {
  const path = decodePath(request.path.replace(/^\//, ''));
  const hosted = bucketOfHost(headerOf(request, 'host') ?? '');
  if (hosted !== undefined) return { bucket: hosted, key: path === '' ? undefined : path };
  const slash = path.indexOf('/');
  const bucket = slash < 0 ? path : path.slice(0, slash);
  const key = slash < 0 ? '' : path.slice(slash + 1);
  return { bucket: bucket === '' ? undefined : bucket, key: key === '' ? undefined : key };
}

function bucketOfHost(host: string): string | undefined {
  const name = host.replace(/:\d+$/, '').toLowerCase();
  return /^(.+?)\.(?:localhost|s3[.-].+)$/.exec(name)?.[1];
}

function decodePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

/**
 * The API's name of what a request asks for.
 * @returns `Unknown` where the emulator knows no such action
 */
export function actionOf(request: HttpRequest, address: Address): string {
  const { method, query } = request;
  const where = address.key === undefined ? (address.bucket === undefined ? 'service' : 'bucket') : 'object';
  const found = ACTIONS.find((row) => row.where === where && row.method === method && query.has(row.query));
  const plain = ACTIONS.find((row) => row.where === where && row.method === method && row.query === '');
  if (found !== undefined) return found.action;
  // A sub-resource that is not in the table must not be taken for the bucket or the object itself.
  const subresource = [...query.keys()].find((name) => SUBRESOURCES.includes(name));
  return subresource === undefined ? (plain?.action ?? 'Unknown') : `Unknown ${method} ?${subresource}`;
}

interface ActionRow {
  readonly where: 'service' | 'bucket' | 'object';
  readonly method: string;
  readonly query: string;
  readonly action: string;
}

const row = (where: ActionRow['where'], method: string, query: string, action: string): ActionRow => ({
  where,
  method,
  query,
  action,
});

const ACTIONS: readonly ActionRow[] = [
  row('service', 'GET', '', 'ListBuckets'),
  row('bucket', 'PUT', 'versioning', 'PutBucketVersioning'),
  row('bucket', 'GET', 'versioning', 'GetBucketVersioning'),
  row('bucket', 'GET', 'location', 'GetBucketLocation'),
  row('bucket', 'GET', 'versions', 'ListObjectVersions'),
  row('bucket', 'GET', 'list-type', 'ListObjectsV2'),
  row('bucket', 'POST', 'delete', 'DeleteObjects'),
  row('bucket', 'PUT', '', 'CreateBucket'),
  row('bucket', 'HEAD', '', 'HeadBucket'),
  row('bucket', 'DELETE', '', 'DeleteBucket'),
  row('bucket', 'GET', '', 'ListObjects'),
  row('bucket', 'GET', 'uploads', 'ListMultipartUploads'),
  row('object', 'POST', 'uploads', 'CreateMultipartUpload'),
  row('object', 'PUT', 'uploadId', 'UploadPart'),
  row('object', 'POST', 'uploadId', 'CompleteMultipartUpload'),
  row('object', 'DELETE', 'uploadId', 'AbortMultipartUpload'),
  row('object', 'GET', 'uploadId', 'ListParts'),
  row('object', 'GET', '', 'GetObject'),
  row('object', 'HEAD', '', 'HeadObject'),
  row('object', 'PUT', '', 'PutObject'),
  row('object', 'DELETE', '', 'DeleteObject'),
];

const SUBRESOURCES = [
  'accelerate',
  'acl',
  'cors',
  'encryption',
  'legal-hold',
  'lifecycle',
  'logging',
  'notification',
  'object-lock',
  'ownershipControls',
  'partNumber',
  'policy',
  'publicAccessBlock',
  'replication',
  'requestPayment',
  'retention',
  'tagging',
  'torrent',
  'uploadId',
  'uploads',
  'website',
];
