/** One version of an object, or the mark that it was deleted. */
export interface ObjectVersion {
  readonly versionId: string;
  readonly body: Buffer;
  /** In quotes, as it is sent. */
  readonly etag: string;
  readonly modifiedAt: number;
  readonly deleted: boolean;
  /** Header fields that come back with the object: content type, user metadata, encryption, checksums. */
  readonly headers: Readonly<Record<string, string>>;
}

/** A part of an upload that is not complete yet. */
export interface Part {
  readonly number: number;
  readonly body: Buffer;
  /** In quotes, as it is sent. */
  readonly etag: string;
  readonly modifiedAt: number;
  /** `x-amz-checksum-…` and its value, where the part came with one. */
  readonly checksum: Readonly<Record<string, string>>;
}

/** A multipart upload that was begun. */
export interface Upload {
  readonly id: string;
  readonly key: string;
  readonly startedAt: number;
  /** Those of the object to be. */
  readonly headers: Readonly<Record<string, string>>;
  /** By number. */
  readonly parts: Map<number, Part>;
}

export interface Bucket {
  readonly name: string;
  readonly region: string;
  readonly account: string;
  readonly createdAt: number;
  versioning: 'Enabled' | 'Suspended' | undefined;
  /** Key → its versions, oldest first. */
  readonly objects: Map<string, ObjectVersion[]>;
  /** By id. */
  readonly uploads: Map<string, Upload>;
}

/** Every bucket: their names are shared by all Regions. */
export class BucketStore {
  readonly #buckets = new Map<string, Bucket>();

  find(name: string): Bucket | undefined {
    return this.#buckets.get(name);
  }

  all(): Bucket[] {
    return [...this.#buckets.values()].sort((one, other) => (one.name < other.name ? -1 : 1));
  }

  add(bucket: Pick<Bucket, 'name' | 'region' | 'account' | 'createdAt'>): Bucket {
    const created: Bucket = { ...bucket, versioning: undefined, objects: new Map(), uploads: new Map() };
    this.#buckets.set(created.name, created);
    return created;
  }

  remove(name: string): void {
    this.#buckets.delete(name);
  }
}

/** The version that a plain GET gives; undefined when there is none or it is marked as deleted. */
export function currentVersion(bucket: Bucket, key: string): ObjectVersion | undefined {
  const latest = bucket.objects.get(key)?.at(-1);
  return latest?.deleted === true ? undefined : latest;
}

/** The keys that a listing shows, in the order of their UTF-8 bytes. */
export function liveKeys(bucket: Bucket): string[] {
  return [...bucket.objects.keys()]
    .filter((key) => currentVersion(bucket, key) !== undefined)
    .sort(compareKeys);
}

/** By their UTF-8 bytes, as S3 sorts them. */
export function compareKeys(one: string, other: string): number {
  return Buffer.compare(Buffer.from(one), Buffer.from(other));
}

/** Stores a version: beside the others where the bucket keeps versions, in their place where it does not. */
export function putVersion(bucket: Bucket, key: string, version: ObjectVersion): void {
  const others = bucket.objects.get(key) ?? [];
  const kept = others.filter((other) => bucket.versioning === 'Enabled' || other.versionId !== 'null');
  bucket.objects.set(key, [...kept, version]);
}
