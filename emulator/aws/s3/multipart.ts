import { createHash, randomBytes } from 'node:crypto';
import { isObject } from '../../json.js';
import { headerOf, type HttpRequest } from '../../http.js';
import { AwsError } from '../error.js';
import type { ServiceResponse } from '../service.js';
import type { XmlValue } from '../xml.js';
import type { BucketCall, ObjectCall } from './calls.js';
import { refuseConditionalWrite } from './conditional.js';
import { xmlResponse } from './listing.js';
import { headersToKeep, newVersionId, refuseUnknownEncryption, versionHeader } from './object-headers.js';
import { DIGESTS, readPayload } from './payload.js';
import { compareKeys, currentVersion, putVersion, type Part, type Upload } from './store.js';
import { malformedXml, readXml } from './xml-body.js';

/** Every part but the last has at least 5 MiB; there are at most 10,000 (S3 User Guide, "multipart upload limits"). */
const MIN_PART_BYTES = 5 * 1024 * 1024;
const MAX_PARTS = 10_000;

export function createMultipartUpload({ request, bucket, key, now }: ObjectCall): ServiceResponse {
  refuseUnknownEncryption(request);
  const upload: Upload = {
    id: randomBytes(48).toString('base64url'),
    key,
    startedAt: now,
    headers: headersToKeep(request),
    parts: new Map(),
  };
  bucket.uploads.set(upload.id, upload);
  return xmlResponse('InitiateMultipartUploadResult', { Bucket: bucket.name, Key: key, UploadId: upload.id });
}

/** A part of the same number takes the place of the one before. */
export async function uploadPart(call: ObjectCall): Promise<ServiceResponse> {
  const { request, now } = call;
  const number = Number(request.query.get('partNumber'));
  if (!Number.isInteger(number) || number < 1 || number > MAX_PARTS)
    throw new AwsError(
      'InvalidArgument',
      `Part number must be an integer between 1 and ${MAX_PARTS}, inclusive`,
    );
  if (request.headers['x-amz-copy-source'] !== undefined)
    throw new AwsError('NotImplemented', 'The emulator does not implement s3:UploadPartCopy.', {
      status: 501,
    });
  const { body, checksum } = await readPayload(request);
  const etag = `"${md5(body).toString('hex')}"`;
  findUpload(call).parts.set(number, { number, body, etag, modifiedAt: now, checksum });
  return { status: 200, headers: { etag, ...checksum }, body: '' };
}

export async function completeMultipartUpload(call: ObjectCall): Promise<ServiceResponse> {
  const { request, bucket, key, now } = call;
  const upload = findUpload(call);
  const parts = chooseParts(upload, await readXml(request, 'CompleteMultipartUpload'));
  refuseConditionalWrite(request, currentVersion(bucket, key));
  const checksum = await checksumOf(request, parts);
  const version = {
    versionId: newVersionId(bucket),
    body: Buffer.concat(parts.map(({ body }) => body)),
    // The MD5 of the parts' MD5s, with their number.
    etag: `"${md5(Buffer.concat(parts.map(({ body }) => md5(body)))).toString('hex')}-${parts.length}"`,
    modifiedAt: now,
    deleted: false,
    headers: { ...upload.headers, ...checksum },
  };
  putVersion(bucket, key, version);
  bucket.uploads.delete(upload.id);
  const response = xmlResponse('CompleteMultipartUploadResult', {
    Location: `http://${headerOf(request, 'host') ?? ''}${request.path}`,
    Bucket: bucket.name,
    Key: key,
    ETag: version.etag,
    ...checksumElements(checksum),
  });
  return { ...response, headers: { ...response.headers, ...versionHeader(bucket, version) } };
}

export function abortMultipartUpload(call: ObjectCall): ServiceResponse {
  call.bucket.uploads.delete(findUpload(call).id);
  return { status: 204, headers: {}, body: '' };
}

export function listParts(call: ObjectCall): ServiceResponse {
  const upload = findUpload(call);
  const { query } = call.request;
  const after = Number(query.get('part-number-marker') ?? 0);
  const most = Number(query.get('max-parts') ?? 1000);
  const left = [...upload.parts.values()]
    .sort((one, other) => one.number - other.number)
    .filter(({ number }) => number > after);
  const parts = left.slice(0, most);
  return xmlResponse('ListPartsResult', {
    Bucket: call.bucket.name,
    Key: upload.key,
    UploadId: upload.id,
    PartNumberMarker: after,
    NextPartNumberMarker: parts.at(-1)?.number ?? after,
    MaxParts: most,
    IsTruncated: left.length > parts.length,
    Part: parts.map(({ number, etag, modifiedAt, body, checksum }) => ({
      PartNumber: number,
      LastModified: new Date(modifiedAt).toISOString(),
      ETag: etag,
      Size: body.length,
      ...checksumElements(checksum),
    })),
    StorageClass: 'STANDARD',
  });
}

/** All uploads that are under way, in one page. */
export function listMultipartUploads({ request, bucket }: BucketCall): ServiceResponse {
  const prefix = request.query.get('prefix') ?? '';
  const uploads = [...bucket.uploads.values()]
    .filter(({ key }) => key.startsWith(prefix))
    .sort((one, other) => compareKeys(one.key, other.key) || one.startedAt - other.startedAt);
  return xmlResponse('ListMultipartUploadsResult', {
    Bucket: bucket.name,
    Prefix: prefix,
    MaxUploads: 1000,
    IsTruncated: false,
    Upload: uploads.map(({ id, key, startedAt }) => ({
      Key: key,
      UploadId: id,
      StorageClass: 'STANDARD',
      Initiated: new Date(startedAt).toISOString(),
    })),
  });
}

function findUpload({ request, bucket, key }: ObjectCall): Upload {
  const upload = bucket.uploads.get(request.query.get('uploadId') ?? '');
  if (upload?.key === key) return upload;
  throw new AwsError(
    'NoSuchUpload',
    'The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.',
    { status: 404 },
  );
}

/** The parts that the request lists, which may be fewer than were uploaded. */
function chooseParts(upload: Upload, body: Readonly<Record<string, unknown>>): Part[] {
  const given = body['Part'];
  const list: unknown[] = Array.isArray(given) ? given : given === undefined ? [] : [given];
  if (list.length === 0) throw malformedXml();
  const parts = list.map((item) => findPart(upload, item));
  if (parts.some((part, at) => part.number <= (parts[at - 1]?.number ?? 0)))
    throw new AwsError(
      'InvalidPartOrder',
      'The list of parts was not in ascending order. Parts must be ordered by part number.',
    );
  if (parts.slice(0, -1).some((part) => part.body.length < MIN_PART_BYTES))
    throw new AwsError('EntityTooSmall', 'Your proposed upload is smaller than the minimum allowed size');
  return parts;
}

function findPart(upload: Upload, item: unknown): Part {
  const number = isObject(item) ? Number(item['PartNumber']) : NaN;
  const etag = isObject(item) ? item['ETag'] : undefined;
  if (!Number.isInteger(number) || typeof etag !== 'string') throw malformedXml();
  const part = upload.parts.get(number);
  if (part !== undefined && unquote(part.etag) === unquote(etag)) return part;
  throw new AwsError(
    'InvalidPart',
    "One or more of the specified parts could not be found. The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.",
    { details: { PartNumber: String(number), UploadId: upload.id } },
  );
}

/** Of the whole object where the request names one, else that of the parts' checksums, with their number. */
async function checksumOf(
  request: HttpRequest,
  parts: readonly Part[],
): Promise<Readonly<Record<string, string>>> {
  for (const [name, digest] of Object.entries(DIGESTS)) {
    const whole = headerOf(request, name);
    if (whole !== undefined) {
      const actual = await digest(Buffer.concat(parts.map(({ body }) => body)));
      if (Buffer.from(actual).toString('base64') !== whole)
        throw new AwsError('BadDigest', 'The checksum you specified did not match the calculated checksum.');
      return { [name]: whole, 'x-amz-checksum-type': 'FULL_OBJECT' };
    }
    const ofParts = parts.map(({ checksum }) => checksum[name]);
    if (!ofParts.every((each) => each !== undefined)) continue;
    const bytes = Buffer.concat(ofParts.map((each) => Buffer.from(each, 'base64')));
    const composite = Buffer.from(await digest(bytes)).toString('base64');
    return { [name]: `${composite}-${parts.length}`, 'x-amz-checksum-type': 'COMPOSITE' };
  }
  return {};
}

/** `x-amz-checksum-sha256` → `ChecksumSHA256` */
function checksumElements(checksum: Readonly<Record<string, string>>): Readonly<Record<string, XmlValue>> {
  return Object.fromEntries(
    Object.entries(checksum).map(([name, value]) => {
      const short = name.slice('x-amz-checksum-'.length);
      return [short === 'type' ? 'ChecksumType' : `Checksum${short.toUpperCase()}`, value];
    }),
  );
}

function md5(bytes: Buffer): Buffer {
  return createHash('md5').update(bytes).digest();
}

function unquote(etag: string): string {
  return etag.replace(/^"(.*)"$/, '$1');
}
