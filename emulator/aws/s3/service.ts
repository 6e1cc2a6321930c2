import { XMLParser } from 'fast-xml-parser';
import type { EmulatorClock } from '../../clock.js';
import type { HttpRequest } from '../../http.js';
import { AwsError } from '../error.js';
import { notImplementedError } from '../not-implemented.js';
import { isObject } from '../../json.js';
import type { AwsService, CallContext, ServiceResponse, Subject } from '../service.js';
import { actionOf, readAddress } from './address.js';
import { listObjects, listObjectsV2, listObjectVersions, xmlResponse } from './listing.js';
import { deleteObject, deleteVersion, getObject, headObject, putObject, type ObjectCall } from './objects.js';
import { readPayload } from './payload.js';
import type { Bucket, BucketStore } from './store.js';

/** One call about one bucket. */
interface BucketCall {
  readonly request: HttpRequest;
  readonly bucket: Bucket;
  readonly now: number;
}

const OBJECT_ACTIONS: ReadonlyMap<string, (call: ObjectCall) => ServiceResponse> = new Map([
  ['GetObject', getObject],
  ['HeadObject', headObject],
  ['PutObject', putObject],
  ['DeleteObject', deleteObject],
]);

const NO_CONTENT: ServiceResponse = { status: 200, headers: {}, body: '' };

/** S3: REST and XML, as much as Terraform's backend and a person looking into it need. */
export class S3Service implements AwsService {
  readonly protocol = 'rest-xml';
  readonly #buckets: BucketStore;
  readonly #clock: EmulatorClock;

  constructor(buckets: BucketStore, clock: EmulatorClock) {
    this.#buckets = buckets;
    this.#clock = clock;
  }

  subject(request: HttpRequest): Subject {
    const address = readAddress(request);
    const resource = address.key === undefined ? address.bucket : `${address.bucket ?? ''}/${address.key}`;
    return { action: actionOf(request, address), resource };
  }

  handle(request: HttpRequest, context: CallContext): Promise<ServiceResponse> {
    // Async at the interface only: a Promise's executor turns what is thrown into a rejection.
    return new Promise((resolve) => {
      resolve(this.#answer(request, context));
    });
  }

  #answer(request: HttpRequest, context: CallContext): ServiceResponse {
    const address = readAddress(request);
    const action = actionOf(request, address);
    if (action === 'ListBuckets') return this.#listBuckets(context);
    if (address.bucket === undefined) throw notImplementedError('s3', action);
    if (action === 'CreateBucket') return this.#createBucket(request, context, address.bucket);
    const bucket = this.#findBucket(address.bucket, context, action);
    const now = this.#clock.now();
    const onObject = OBJECT_ACTIONS.get(action);
    if (onObject !== undefined && address.key !== undefined)
      return onObject({ request, bucket, key: address.key, now });
    if (action === 'DeleteBucket') return this.#deleteBucket(bucket);
    return bucketAction(action, { request, bucket, now });
  }

  #listBuckets(context: CallContext): ServiceResponse {
    const mine = this.#buckets.all().filter(({ account }) => account === context.principal.account);
    const buckets = mine.map(({ name, createdAt, region }) => {
      return { Name: name, CreationDate: new Date(createdAt).toISOString(), BucketRegion: region };
    });
    const Owner = { ID: context.principal.account };
    return xmlResponse('ListAllMyBucketsResult', { Buckets: { Bucket: buckets }, Owner });
  }

  #createBucket(request: HttpRequest, context: CallContext, name: string): ServiceResponse {
    refuseBucketName(name);
    const region = locationConstraint(request) ?? 'us-east-1';
    if (region !== context.region && context.region !== 'us-east-1')
      throw new AwsError(
        'IllegalLocationConstraintException',
        `The ${region === 'us-east-1' ? 'unspecified' : region} location constraint is incompatible for the region specific endpoint this request was sent to.`,
      );
    const { account } = context.principal;
    const existing = this.#buckets.find(name);
    // us-east-1 alone answers the owner's second creation with success.
    if (existing !== undefined && !(existing.account === account && region === 'us-east-1'))
      throw existing.account === account
        ? new AwsError(
            'BucketAlreadyOwnedByYou',
            'Your previous request to create the named bucket succeeded and you already own it.',
            { status: 409 },
          )
        : new AwsError('BucketAlreadyExists', 'The requested bucket name is not available.', { status: 409 });
    if (existing === undefined) this.#buckets.add({ name, region, account, createdAt: this.#clock.now() });
    return { ...NO_CONTENT, headers: { location: `/${name}` } };
  }

  #deleteBucket(bucket: Bucket): ServiceResponse {
    if (bucket.objects.size > 0)
      throw new AwsError('BucketNotEmpty', 'The bucket you tried to delete is not empty.', { status: 409 });
    this.#buckets.remove(bucket.name);
    return { ...NO_CONTENT, status: 204 };
  }

  /** The bucket, if it is the caller's and the request was signed for its Region. */
  #findBucket(name: string, context: CallContext, action: string): Bucket {
    const bucket = this.#buckets.find(name);
    if (bucket === undefined)
      throw new AwsError('NoSuchBucket', 'The specified bucket does not exist', {
        status: 404,
        details: { BucketName: name },
      });
    if (bucket.account !== context.principal.account)
      throw new AwsError('AccessDenied', 'Access Denied', { status: 403 });
    if (bucket.region !== context.region && action !== 'GetBucketLocation')
      throw otherRegion(bucket, context.region);
    return bucket;
  }
}

/**
 * Signed for us-east-1, the global endpoint's Region, S3 redirects; signed for any other wrong one, it says which is
 * expected. Both name the Region in a header, which is what clients follow.
 */
function otherRegion(bucket: Bucket, signedFor: string): AwsError {
  const headers = { 'x-amz-bucket-region': bucket.region };
  if (signedFor === 'us-east-1')
    return new AwsError(
      'PermanentRedirect',
      'The bucket you are attempting to access must be addressed using the specified endpoint. Please send all future requests to this endpoint.',
      {
        status: 301,
        headers,
        details: { Bucket: bucket.name, Endpoint: `s3.${bucket.region}.amazonaws.com` },
      },
    );
  return new AwsError(
    'AuthorizationHeaderMalformed',
    `The authorization header is malformed; the region '${signedFor}' is wrong; expecting '${bucket.region}'`,
    { headers, details: { Region: bucket.region } },
  );
}

function bucketAction(action: string, call: BucketCall): ServiceResponse {
  const { request, bucket } = call;
  switch (action) {
    case 'HeadBucket':
      return { ...NO_CONTENT, headers: { 'x-amz-bucket-region': bucket.region } };
    case 'GetBucketLocation':
      return xmlResponse('LocationConstraint', bucket.region === 'us-east-1' ? '' : bucket.region);
    case 'GetBucketVersioning':
      return xmlResponse('VersioningConfiguration', { Status: bucket.versioning });
    case 'PutBucketVersioning':
      return putVersioning(call);
    case 'ListObjects':
      return listObjects(request, bucket);
    case 'ListObjectsV2':
      return listObjectsV2(request, bucket);
    case 'ListObjectVersions':
      return listObjectVersions(request, bucket);
    case 'DeleteObjects':
      return deleteObjects(call);
    default:
      throw notImplementedError('s3', action);
  }
}

function putVersioning({ request, bucket }: BucketCall): ServiceResponse {
  const configuration = readXml(request, 'VersioningConfiguration');
  const status = configuration['Status'];
  if (status !== 'Enabled' && status !== 'Suspended') throw malformedXml();
  bucket.versioning = status;
  return NO_CONTENT;
}

function deleteObjects({ request, bucket, now }: BucketCall): ServiceResponse {
  const given = readXml(request, 'Delete')['Object'];
  const list: unknown[] = Array.isArray(given) ? given : [given];
  const deleted = list.map((item) => {
    const key = isObject(item) ? item['Key'] : undefined;
    const versionId = isObject(item) && typeof item['VersionId'] === 'string' ? item['VersionId'] : null;
    if (typeof key !== 'string') throw malformedXml();
    deleteVersion(bucket, key, { versionId, now });
    return { Key: key };
  });
  return xmlResponse('DeleteResult', { Deleted: deleted });
}

function locationConstraint(request: HttpRequest): string | undefined {
  if (request.body.length === 0) return undefined;
  const constraint = readXml(request, 'CreateBucketConfiguration')['LocationConstraint'];
  return typeof constraint === 'string' && constraint !== '' ? constraint : undefined;
}

function readXml(request: HttpRequest, root: string): Readonly<Record<string, unknown>> {
  const parser = new XMLParser({ parseTagValue: false, ignoreAttributes: true, processEntities: true });
  let document: unknown;
  try {
    document = parser.parse(readPayload(request).body.toString());
  } catch (thrown: unknown) {
    if (thrown instanceof AwsError) throw thrown;
    throw malformedXml();
  }
  const content = isObject(document) ? document[root] : undefined;
  // An element without content is read as an empty text.
  if (content === '') return {};
  if (!isObject(content)) throw malformedXml();
  return content;
}

function malformedXml(): AwsError {
  return new AwsError(
    'MalformedXML',
    'The XML you provided was not well-formed or did not validate against our published schema',
  );
}

function refuseBucketName(name: string): void {
  if (
    !/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name) ||
    name.includes('..') ||
    /^\d+\.\d+\.\d+\.\d+$/.test(name)
  )
    throw new AwsError('InvalidBucketName', 'The specified bucket is not valid.', {
      details: { BucketName: name },
    });
}
