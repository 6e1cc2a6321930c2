import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetBucketVersioningCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  PutBucketVersioningCommand,
  PutObjectCommand,
  S3Client,
  type S3ClientConfig,
} from '@aws-sdk/client-s3';
import { createHash } from 'node:crypto';
import { Agent } from 'node:http';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startEmulator, type Emulator } from '../index.js';
import { failureOf, s3In, settingsOf } from './support.js';

const REGION = 'ap-southeast-1';
const KEY = 'team/terraform.tfstate';

let emulator: Emulator;
let s3: S3Client;
let Bucket: string;
beforeEach(async () => {
  emulator = await startEmulator({ region: REGION });
  s3 = s3In(emulator, REGION);
  Bucket = emulator.bucket;
});
afterEach(() => emulator.stop());

async function read(key: string): Promise<string | undefined> {
  return (await s3.send(new GetObjectCommand({ Bucket, Key: key }))).Body?.transformToString();
}

describe('an object', () => {
  test('comes back as it was put, with its MD5 as ETag', async () => {
    const { ETag } = await s3.send(
      new PutObjectCommand({ Bucket, Key: KEY, Body: '{"é": 1}', ContentType: 'application/json' }),
    );
    expect(ETag).toBe(`"${createHash('md5').update('{"é": 1}').digest('hex')}"`);
    expect(await read(KEY)).toBe('{"é": 1}');
    const head = await s3.send(new HeadObjectCommand({ Bucket, Key: KEY }));
    expect(head).toMatchObject({
      ETag,
      ContentType: 'application/json',
      ContentLength: 9,
      ServerSideEncryption: 'AES256',
    });
  });

  test.each(['a b/c+d.txt', 'ümlaut/日本', "o'brien(1)*!", 'double//slash'])(
    'may have the key %s',
    async (Key) => {
      await s3.send(new PutObjectCommand({ Bucket, Key, Body: 'x' }));
      expect(await read(Key)).toBe('x');
      const { Contents } = await s3.send(new ListObjectsV2Command({ Bucket }));
      expect(Contents?.map((object) => object.Key)).toEqual([Key]);
    },
  );

  test('that is streamed in chunks with a trailing checksum is put together again', async () => {
    const body = Buffer.alloc(200_000, 'chunk ');
    await s3.send(
      new PutObjectCommand({
        Bucket,
        Key: KEY,
        Body: Readable.from([body.subarray(0, 70_000), body.subarray(70_000)]),
        ContentLength: body.length,
        ChecksumAlgorithm: 'SHA256',
      }),
    );
    expect(await read(KEY)).toBe(body.toString());
  });

  test('keeps the encryption that it was put with', async () => {
    const key = `arn:aws:kms:${REGION}:999900001111:key/mrk-${'a'.repeat(32)}`;
    const put = await s3.send(
      new PutObjectCommand({
        Bucket,
        Key: KEY,
        Body: 'x',
        ServerSideEncryption: 'aws:kms',
        SSEKMSKeyId: key,
      }),
    );
    expect(put).toMatchObject({ ServerSideEncryption: 'aws:kms', SSEKMSKeyId: key });
    expect(await s3.send(new HeadObjectCommand({ Bucket, Key: KEY }))).toMatchObject({
      ServerSideEncryption: 'aws:kms',
      SSEKMSKeyId: key,
    });
  });

  test('that is not there has AWS’s own error', async () => {
    const missing = { Bucket, Key: 'missing' };
    expect(await failureOf(s3.send(new GetObjectCommand(missing)))).toMatchObject({
      name: 'NoSuchKey',
      status: 404,
    });
    expect(await failureOf(s3.send(new HeadObjectCommand(missing)))).toMatchObject({
      name: 'NotFound',
      status: 404,
    });
    await s3.send(new DeleteObjectCommand(missing));
  });

  test('is refused when it is not what its MD5 says', async () => {
    const md5 = createHash('md5').update('other').digest('base64');
    const call = s3.send(new PutObjectCommand({ Bucket, Key: KEY, Body: 'x', ContentMD5: md5 }));
    expect(await failureOf(call)).toMatchObject({ name: 'BadDigest' });
  });
});

describe('a conditional write', () => {
  test('with If-None-Match creates an object once, even of two at the same moment', async () => {
    const lock = (who: string): Promise<unknown> =>
      s3.send(new PutObjectCommand({ Bucket, Key: `${KEY}.tflock`, Body: who, IfNoneMatch: '*' }));
    const results = await Promise.allSettled([lock('one'), lock('two')]);
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(await failureOf(lock('three'))).toMatchObject({ name: 'PreconditionFailed', status: 412 });
    await s3.send(new DeleteObjectCommand({ Bucket, Key: `${KEY}.tflock` }));
    await lock('four');
  });

  test('with If-Match replaces only the version that is named', async () => {
    const { ETag } = await s3.send(new PutObjectCommand({ Bucket, Key: KEY, Body: 'one' }));
    await s3.send(new PutObjectCommand({ Bucket, Key: KEY, Body: 'two', IfMatch: ETag }));
    const stale = s3.send(new PutObjectCommand({ Bucket, Key: KEY, Body: 'three', IfMatch: ETag }));
    expect(await failureOf(stale)).toMatchObject({ name: 'PreconditionFailed', status: 412 });
    expect(await read(KEY)).toBe('two');
  });
});

describe('a bucket', () => {
  test('is found in its own Region only, and others are told which that is', async () => {
    const call = s3In(emulator, 'eu-west-1').send(new HeadBucketCommand({ Bucket }));
    expect((await failureOf(call)).status).toBe(400);
    const list = s3In(emulator, 'eu-west-1').send(new ListObjectsV2Command({ Bucket }));
    expect(await failureOf(list)).toMatchObject({
      name: 'AuthorizationHeaderMalformed',
      message: `The authorization header is malformed; the region 'eu-west-1' is wrong; expecting '${REGION}'`,
    });
    const redirected = s3In(emulator, 'us-east-1').send(new ListObjectsV2Command({ Bucket }));
    expect(await failureOf(redirected)).toMatchObject({ name: 'PermanentRedirect', status: 301 });
    const following = {
      ...settingsOf(emulator, 'eu-west-1'),
      forcePathStyle: true,
      followRegionRedirects: true,
    };
    await new S3Client(following satisfies S3ClientConfig).send(new HeadBucketCommand({ Bucket }));
  });

  test('may be named by the host too', async () => {
    const port = new URL(emulator.url).port;
    // Not every system resolves names below localhost, so the name is resolved here.
    const httpAgent = new Agent({
      lookup: (_host, _options, done) => {
        done(null, [{ address: '127.0.0.1', family: 4 }]);
      },
    });
    const hosted = new S3Client({
      ...settingsOf(emulator, REGION),
      endpoint: `http://localhost:${port}`,
      requestHandler: { httpAgent },
    });
    await hosted.send(new PutObjectCommand({ Bucket, Key: KEY, Body: 'hosted' }));
    expect(await read(KEY)).toBe('hosted');
  });

  test('can be created, listed and given versions', async () => {
    const other = 'another-bucket';
    await s3.send(
      new CreateBucketCommand({ Bucket: other, CreateBucketConfiguration: { LocationConstraint: REGION } }),
    );
    const { Buckets } = await s3.send(new ListBucketsCommand({}));
    expect(Buckets?.map(({ Name }) => Name)).toEqual([other, Bucket]);
    await s3.send(
      new PutBucketVersioningCommand({ Bucket: other, VersioningConfiguration: { Status: 'Enabled' } }),
    );
    expect(await s3.send(new GetBucketVersioningCommand({ Bucket: other }))).toMatchObject({
      Status: 'Enabled',
    });
    const first = await s3.send(new PutObjectCommand({ Bucket: other, Key: KEY, Body: 'one' }));
    await s3.send(new PutObjectCommand({ Bucket: other, Key: KEY, Body: 'two' }));
    await s3.send(new DeleteObjectCommand({ Bucket: other, Key: KEY }));
    const old = new GetObjectCommand({ Bucket: other, Key: KEY, VersionId: first.VersionId });
    expect(await (await s3.send(old)).Body?.transformToString()).toBe('one');
    expect(await failureOf(s3.send(new GetObjectCommand({ Bucket: other, Key: KEY })))).toMatchObject({
      name: 'NoSuchKey',
    });
  });

  test('that is not there has AWS’s own error', async () => {
    const call = s3.send(new ListObjectsV2Command({ Bucket: 'no-such-bucket' }));
    expect(await failureOf(call)).toMatchObject({ name: 'NoSuchBucket', status: 404 });
  });

  test('lists its objects in pages and by folders', async () => {
    for (const Key of ['a/1', 'a/2', 'b/1', 'c'])
      await s3.send(new PutObjectCommand({ Bucket, Key, Body: 'x' }));
    const folders = await s3.send(new ListObjectsV2Command({ Bucket, Delimiter: '/' }));
    expect(folders.CommonPrefixes?.map(({ Prefix }) => Prefix)).toEqual(['a/', 'b/']);
    expect(folders.Contents?.map(({ Key }) => Key)).toEqual(['c']);
    const first = await s3.send(new ListObjectsV2Command({ Bucket, MaxKeys: 3 }));
    const token = first.NextContinuationToken;
    const rest = await s3.send(new ListObjectsV2Command({ Bucket, MaxKeys: 3, ContinuationToken: token }));
    expect([...(first.Contents ?? []), ...(rest.Contents ?? [])].map(({ Key }) => Key)).toEqual([
      'a/1',
      'a/2',
      'b/1',
      'c',
    ]);
  });
});

test('another account’s credentials do not open the bucket, nor do wrong ones', async () => {
  const wrong = s3In(emulator, REGION, { accessKeyId: 'AKIANOBODYNOBODYNOBO', secretAccessKey: 'x' });
  expect(await failureOf(wrong.send(new ListObjectsV2Command({ Bucket })))).toMatchObject({
    name: 'InvalidAccessKeyId',
    status: 403,
  });
  const accessKeyId = emulator.env['AWS_ACCESS_KEY_ID'] ?? '';
  const forged = s3In(emulator, REGION, { accessKeyId, secretAccessKey: 'x' });
  expect(await failureOf(forged.send(new ListObjectsV2Command({ Bucket })))).toMatchObject({
    name: 'SignatureDoesNotMatch',
    status: 403,
  });
});
