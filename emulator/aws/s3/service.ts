import type { EmulatorClock } from '../../clock.js';
import type { HttpRequest } from '../../http.js';
import { AwsError } from '../error.js';
import { notImplementedError } from '../not-implemented.js';
import type { AwsService, CallContext, ServiceResponse, Subject } from '../service.js';
import { actionOf, readAddress } from './address.js';
import type { BucketCall, ObjectCall } from './calls.js';
import { deleteObject, deleteObjects } from './deletion.js';
import { listObjects, listObjectsV2, xmlResponse } from './listing.js';
import {
  abortMultipartUpload,
  completeMultipartUpload,
  createMultipartUpload,
  listMultipartUploads,
  listParts,
  uploadPart,
} from './multipart.js';
import { getObject, putObject } from './objects.js';
import type { Bucket, BucketStore } from './store.js';
import { listObjectVersions } from './versions.js';
import { malformedXml, readXml } from './xml-body.js';

type ObjectAction = (call: ObjectCall) => ServiceResponse | Promise<ServiceResponse>;
type BucketAction = (call: BucketCall) => ServiceResponse | Promise<ServiceResponse>;

const OBJECT_ACTIONS: ReadonlyMap<string, ObjectAction> = new Map<string, ObjectAction>([
  ['GetObject', getObject],
  ['HeadObject', getObject],
  ['PutObject', putObject],
  ['DeleteObject', deleteObject],
  ['CreateMultipartUpload', createMultipartUpload],
  ['UploadPart', uploadPart],
  ['CompleteMultipartUpload', completeMultipartUpload],
  ['AbortMultipartUpload', abortMultipartUpload],
  ['ListParts', listParts],
]);

const BUCKET_ACTIONS: ReadonlyMap<string, BucketAction> = new Map<string, BucketAction>([
  ['HeadBucket', ({ bucket }) => ({ ...NO_CONTENT, headers: { 'x-amz-bucket-region': bucket.region } })],
  ['GetBucketLocation', getLocation],
  [
    'GetBucketVersioning',
    ({ bucket }) => xmlResponse('VersioningConfiguration', { Status: bucket.versioning }),
  ],
  ['PutBucketVersioning', putVersioning],
  ['ListObjects', ({ request, bucket }) => listObjects(request, bucket)],
  ['ListObjectsV2', ({ request, bucket }) => listObjectsV2(request, bucket)],
  ['ListObjectVersions', ({ request, bucket }) => listObjectVersions(request, bucket)],
  ['ListMultipartUploads', listMultipartUploads],
  ['DeleteObjects', deleteObjects],
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

  async handle(request: HttpRequest, context: CallContext): Promise<ServiceResponse> {
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
    const onBucket = BUCKET_ACTIONS.get(action);
    if (onBucket === undefined) throw notImplementedError('s3', action);
    return onBucket({ request, bucket, now });
  }

  #listBuckets(context: CallContext): ServiceResponse {
    const mine = this.#buckets.all().filter(({ account }) => account === context.principal.account);
    const buckets = mine.map(({ name, createdAt, region }) => {
      return { Name: name, CreationDate: new Date(createdAt).toISOString(), BucketRegion: region };
    });
    const Owner = { ID: context.principal.account };
    return xmlResponse('ListAllMyBucketsResult', { Buckets: { Bucket: buckets }, Owner });
  }

  async #createBucket(request: HttpRequest, context: CallContext, name: string): Promise<ServiceResponse> {
    refuseBucketName(name);
    const region = (await locationConstraint(request)) ?? 'us-east-1';
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

function getLocation({ bucket }: BucketCall): ServiceResponse {
  return xmlResponse('LocationConstraint', bucket.region === 'us-east-1' ? '' : bucket.region);
}

async function putVersioning({ request, bucket }: BucketCall): Promise<ServiceResponse> {
  const configuration = await readXml(request, 'VersioningConfiguration');
  const status = configuration['Status'];
  if (status !== 'Enabled' && status !== 'Suspended') throw malformedXml();
  bucket.versioning = status;
  return NO_CONTENT;
}

async function locationConstraint(request: HttpRequest): Promise<string | undefined> {
  if (request.body.length === 0) return undefined;
  const { LocationConstraint: constraint } = await readXml(request, 'CreateBucketConfiguration');
  return typeof constraint === 'string' && constraint !== '' ? constraint : undefined;
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
