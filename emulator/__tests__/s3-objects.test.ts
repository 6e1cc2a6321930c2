import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectVersionsCommand,
  ListPartsCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  UploadPartCommand,
  type BucketVersioningStatus,
  type CompletedPart,
  type ListObjectVersionsCommandOutput,
  type PutObjectCommandOutput,
  type S3Client,
} from '@aws-sdk/client-s3';
import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startEmulator, type Emulator } from '../index.js';
import { failureOf, s3In } from './support.js';

const REGION = 'ap-southeast-1';
const KEY = 'team/terraform.tfstate';
const MIB = 1024 * 1024;

let emulator: Emulator;
let s3: S3Client;
let Bucket: string;
beforeEach(async () => {
  emulator = await startEmulator({ region: REGION });
  s3 = s3In(emulator, REGION);
  Bucket = emulator.bucket;
});
afterEach(() => emulator.stop());

const setVersioning = (Status: BucketVersioningStatus): Promise<unknown> =>
  s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status } }));
const put = (Body: string | Buffer, Key = KEY): Promise<PutObjectCommandOutput> =>
  s3.send(new PutObjectCommand({ Bucket, Key, Body }));
async function read(VersionId?: string): Promise<string> {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key: KEY, VersionId }));
  return (await Body?.transformToString()) ?? '';
}

describe('a deletion', () => {
  test('where versioning is suspended leaves a null delete marker, and brings no old version back', async () => {
    await setVersioning('Enabled');
    const { VersionId } = await put('one');
    await setVersioning('Suspended');
    await put('two');
    const deleted = await s3.send(new DeleteObjectCommand({ Bucket, Key: KEY }));
    expect(deleted).toMatchObject({ DeleteMarker: true, VersionId: 'null' });
    expect(await failureOf(read())).toMatchObject({ name: 'NoSuchKey', status: 404 });
    expect(await read(VersionId)).toBe('one');
    const { Versions, DeleteMarkers } = await s3.send(new ListObjectVersionsCommand({ Bucket }));
    expect(Versions?.map((each) => each.VersionId)).toEqual([VersionId]);
    expect(DeleteMarkers?.map((each) => each.VersionId)).toEqual(['null']);
    // The marker is the null version: another deletion takes its place, and its own deletion takes it away.
    await s3.send(new DeleteObjectCommand({ Bucket, Key: KEY }));
    const gone = await s3.send(new DeleteObjectCommand({ Bucket, Key: KEY, VersionId: 'null' }));
    expect(gone).toMatchObject({ DeleteMarker: true, VersionId: 'null' });
    expect(await read()).toBe('one');
  });

  test('where versions are kept adds a marker, whose own version can’t be read', async () => {
    await setVersioning('Enabled');
    await put('one');
    const { VersionId } = await s3.send(new DeleteObjectCommand({ Bucket, Key: KEY }));
    const marker = { Bucket, Key: KEY, VersionId };
    expect(await failureOf(s3.send(new HeadObjectCommand(marker)))).toMatchObject({ status: 405 });
    expect(await failureOf(s3.send(new GetObjectCommand(marker)))).toMatchObject({
      name: 'MethodNotAllowed',
      status: 405,
    });
    expect(await failureOf(s3.send(new HeadObjectCommand({ Bucket, Key: KEY })))).toMatchObject({
      status: 404,
    });
    await s3.send(new DeleteObjectCommand(marker));
    expect(await read()).toBe('one');
  });

  test('where no versions were ever kept is for good', async () => {
    await put('one');
    const deleted = await s3.send(new DeleteObjectCommand({ Bucket, Key: KEY }));
    expect([deleted.DeleteMarker, deleted.VersionId]).toEqual([undefined, undefined]);
    expect(emulator.s3.find(Bucket)?.objects.size).toBe(0);
  });

  test('of several says of each what it did', async () => {
    await setVersioning('Enabled');
    const { VersionId } = await put('one', 'a');
    await put('two', ' b');
    const Objects = [{ Key: 'a', VersionId }, { Key: ' b' }, { Key: 'c' }];
    const { Deleted } = await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }));
    expect(Deleted).toEqual([
      { Key: 'a', VersionId },
      { Key: ' b', DeleteMarker: true, DeleteMarkerVersionId: expect.stringMatching(/.{20}/) },
      { Key: 'c', DeleteMarker: true, DeleteMarkerVersionId: expect.stringMatching(/.{20}/) },
    ]);
    const marker = { Key: ' b', VersionId: Deleted?.[1]?.DeleteMarkerVersionId };
    const again = await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects: [marker] } }));
    expect(again.Deleted).toEqual([
      { ...marker, DeleteMarker: true, DeleteMarkerVersionId: marker.VersionId },
    ]);
    const quiet = await s3.send(
      new DeleteObjectsCommand({ Bucket, Delete: { Objects: [{ Key: 'd' }], Quiet: true } }),
    );
    expect(quiet.Deleted).toBeUndefined();
  });
});

test('versions are listed in pages, newest first, and by folders', async () => {
  await setVersioning('Enabled');
  for (const key of ['a', 'b/1', 'b/2', 'c']) for (const body of ['1', '2']) await put(body, key);
  await s3.send(new DeleteObjectCommand({ Bucket, Key: 'a' }));
  const seen: string[] = [];
  let markers: { KeyMarker?: string | undefined; VersionIdMarker?: string | undefined } | undefined = {};
  while (markers !== undefined) {
    const page: ListObjectVersionsCommandOutput = await s3.send(
      new ListObjectVersionsCommand({ Bucket, MaxKeys: 2, ...markers }),
    );
    const entries = [...(page.DeleteMarkers ?? []), ...(page.Versions ?? [])];
    expect(entries.length).toBeLessThanOrEqual(2);
    seen.push(...entries.map(({ Key = '', IsLatest }) => `${Key}${IsLatest === true ? '*' : ''}`));
    const { NextKeyMarker: KeyMarker, NextVersionIdMarker: VersionIdMarker } = page;
    markers = page.IsTruncated === true ? { KeyMarker, VersionIdMarker } : undefined;
  }
  expect(seen).toEqual(['a*', 'a', 'a', 'b/1*', 'b/1', 'b/2*', 'b/2', 'c*', 'c']);
  const folders = await s3.send(new ListObjectVersionsCommand({ Bucket, Delimiter: '/', KeyMarker: 'a' }));
  expect(folders.CommonPrefixes).toEqual([{ Prefix: 'b/' }]);
  expect(folders.Versions?.map(({ Key }) => Key)).toEqual(['c', 'c']);
});

describe('a read', () => {
  test('of a part carries no checksum, which would be that of the whole', async () => {
    await s3.send(
      new PutObjectCommand({ Bucket, Key: KEY, Body: '0123456789', ChecksumAlgorithm: 'SHA256' }),
    );
    const part = { Bucket, Key: KEY, Range: 'bytes=2-4', ChecksumMode: 'ENABLED' } as const;
    const answer = await s3.send(new GetObjectCommand(part));
    expect(await answer.Body?.transformToString()).toBe('234');
    expect(answer).toMatchObject({ ContentRange: 'bytes 2-4/10', ContentLength: 3 });
    expect(answer.ChecksumSHA256).toBeUndefined();
    const head = await s3.send(new HeadObjectCommand({ ...part, Range: undefined }));
    expect(head.ChecksumSHA256).toBe(createHash('sha256').update('0123456789').digest('base64'));
  });

  test('can depend on dates, unless there are ETags to go by', async () => {
    emulator.clock.advanceDays(10);
    const { ETag } = await put('x');
    const before = new Date(emulator.clock.now() - 86_400_000);
    const after = new Date(emulator.clock.now() + 86_400_000);
    const status = async (condition: object): Promise<number | undefined> => {
      const call = s3.send(new GetObjectCommand({ Bucket, Key: KEY, ...condition }));
      return call.then(
        ({ $metadata }) => $metadata.httpStatusCode,
        (thrown: unknown) => (thrown as { $metadata: { httpStatusCode: number } }).$metadata.httpStatusCode,
      );
    };
    expect(await status({ IfModifiedSince: before })).toBe(200);
    expect(await status({ IfModifiedSince: after })).toBe(304);
    expect(await status({ IfUnmodifiedSince: before })).toBe(412);
    expect(await status({ IfUnmodifiedSince: after })).toBe(200);
    expect(await status({ IfMatch: ETag, IfUnmodifiedSince: before })).toBe(200);
    expect(await status({ IfNoneMatch: '"other"', IfModifiedSince: after })).toBe(200);
    expect(await status({ IfNoneMatch: ETag, IfModifiedSince: before })).toBe(304);
    expect(await status({ IfMatch: '"other"' })).toBe(412);
  });

  test('with a date in whole seconds finds what was put within that second unmodified', async () => {
    const { LastModified } = await put('x').then(() => s3.send(new HeadObjectCommand({ Bucket, Key: KEY })));
    const call = s3.send(new HeadObjectCommand({ Bucket, Key: KEY, IfModifiedSince: LastModified }));
    expect((await failureOf(call)).status).toBe(304);
  });
});

describe('a multipart upload', () => {
  const begin = async (): Promise<{ Bucket: string; Key: string; UploadId: string }> => {
    const { UploadId = '' } = await s3.send(
      new CreateMultipartUploadCommand({ Bucket, Key: KEY, ContentType: 'text/x-state' }),
    );
    return { Bucket, Key: KEY, UploadId };
  };
  const send = async (
    upload: Awaited<ReturnType<typeof begin>>,
    PartNumber: number,
    Body: Buffer,
  ): Promise<CompletedPart> => {
    const { ETag } = await s3.send(new UploadPartCommand({ ...upload, PartNumber, Body }));
    return { PartNumber, ETag };
  };
  const complete = (
    upload: Awaited<ReturnType<typeof begin>>,
    Parts: CompletedPart[],
    more: object = {},
  ): Promise<{ ETag?: string | undefined }> =>
    s3.send(new CompleteMultipartUploadCommand({ ...upload, ...more, MultipartUpload: { Parts } }));
  const big = Buffer.alloc(5 * MIB, 'a');
  const md5 = (bytes: Buffer): Buffer => createHash('md5').update(bytes).digest();

  test('puts the parts together in their order, whatever order they came in', async () => {
    const upload = await begin();
    const two = await send(upload, 2, Buffer.from('end'));
    await send(upload, 1, Buffer.alloc(5 * MIB, 'old'));
    const one = await send(upload, 1, big);
    expect((await s3.send(new ListPartsCommand(upload))).Parts).toMatchObject([one, two]);
    expect((await s3.send(new ListMultipartUploadsCommand({ Bucket }))).Uploads).toMatchObject([
      { Key: KEY, UploadId: upload.UploadId },
    ]);
    expect(await failureOf(read())).toMatchObject({ name: 'NoSuchKey' });
    const { ETag } = await complete(upload, [one, two]);
    expect(ETag).toBe(`"${md5(Buffer.concat([md5(big), md5(Buffer.from('end'))])).toString('hex')}-2"`);
    const head = await s3.send(new HeadObjectCommand({ Bucket, Key: KEY }));
    expect(head).toMatchObject({ ContentLength: 5 * MIB + 3, ContentType: 'text/x-state', ETag });
    expect((await read()).slice(-5)).toBe('aaend');
    expect((await s3.send(new ListMultipartUploadsCommand({ Bucket }))).Uploads).toBeUndefined();
  });

  test('is refused when its parts are not what was uploaded, too small, or out of order', async () => {
    const upload = await begin();
    const one = await send(upload, 1, Buffer.from('small'));
    const two = await send(upload, 2, big);
    const failures = [
      complete(upload, [one, two]),
      complete(upload, [two, one]),
      complete(upload, [{ ...one, ETag: '"other"' }]),
      complete(upload, [{ ...one, PartNumber: 3 }]),
      complete({ ...upload, UploadId: 'gone' }, [one]),
    ];
    const names = await Promise.all(failures.map(async (call) => (await failureOf(call)).name));
    expect(names).toEqual([
      'EntityTooSmall',
      'InvalidPartOrder',
      'InvalidPart',
      'InvalidPart',
      'NoSuchUpload',
    ]);
  });

  test('can be conditional', async () => {
    await put('there');
    const upload = await begin();
    const one = await send(upload, 1, Buffer.from('x'));
    expect(await failureOf(complete(upload, [one], { IfNoneMatch: '*' }))).toMatchObject({
      name: 'PreconditionFailed',
      status: 412,
    });
    expect(await read()).toBe('there');
    await complete(upload, [one]);
    expect(await read()).toBe('x');
  });

  test('can be given up', async () => {
    const upload = await begin();
    await send(upload, 1, Buffer.from('x'));
    await s3.send(new AbortMultipartUploadCommand(upload));
    expect(await failureOf(s3.send(new ListPartsCommand(upload)))).toMatchObject({
      name: 'NoSuchUpload',
      status: 404,
    });
  });
});

test.each(['CRC32', 'CRC32C', 'CRC64NVME', 'SHA1', 'SHA256'] as const)(
  'a %s is checked, kept and given back',
  async (ChecksumAlgorithm) => {
    const name = `Checksum${ChecksumAlgorithm}` as const;
    const put = await s3.send(new PutObjectCommand({ Bucket, Key: KEY, Body: 'text', ChecksumAlgorithm }));
    const get = await s3.send(new GetObjectCommand({ Bucket, Key: KEY, ChecksumMode: 'ENABLED' }));
    expect(await get.Body?.transformToString()).toBe('text');
    expect(get[name]).toMatch(/^[\w+/]+=*$/);
    expect(get[name]).toBe(put[name]);
    const forged = new PutObjectCommand({ Bucket, Key: KEY, Body: 'other', [name]: put[name] });
    expect(await failureOf(s3.send(forged))).toMatchObject({ name: 'BadDigest' });
  },
);
