import type { HttpRequest } from '../../http.js';
import { AwsError } from '../error.js';
import type { ServiceResponse } from '../service.js';
import type { XmlValue } from '../xml.js';
import { listingHead, maxKeys, shownKey, xmlResponse } from './listing.js';
import { compareKeys, type Bucket, type ObjectVersion } from './store.js';

/** What a listing shows: a version of a key, or what several keys have in common up to the delimiter. */
type Entry =
  | {
      readonly kind: 'version';
      readonly key: string;
      readonly version: ObjectVersion;
      readonly latest: boolean;
    }
  | { readonly kind: 'prefix'; readonly key: string };

/** Versions and delete markers by key, each key's newest first, in pages. */
export function listObjectVersions(request: HttpRequest, bucket: Bucket): ServiceResponse {
  const { query } = request;
  const all = entriesOf(request, bucket);
  const left = all.slice(startOf(request, all));
  const page = left.slice(0, maxKeys(request));
  const last = page.at(-1);
  const isTruncated = left.length > page.length && last !== undefined;
  return xmlResponse('ListVersionsResult', {
    ...listingHead(request, bucket),
    KeyMarker: query.get('key-marker') ?? '',
    VersionIdMarker: query.get('version-id-marker') ?? '',
    IsTruncated: isTruncated,
    NextKeyMarker: isTruncated ? shownKey(request, last.key) : undefined,
    NextVersionIdMarker: isTruncated && last.kind === 'version' ? last.version.versionId : undefined,
    Version: page.flatMap((entry) => describeVersion(request, entry, false)),
    DeleteMarker: page.flatMap((entry) => describeVersion(request, entry, true)),
    CommonPrefixes: page.flatMap((entry) =>
      entry.kind === 'prefix' ? [{ Prefix: shownKey(request, entry.key) }] : [],
    ),
  });
}

function entriesOf(request: HttpRequest, bucket: Bucket): Entry[] {
  const prefix = request.query.get('prefix') ?? '';
  const delimiter = request.query.get('delimiter') ?? '';
  const keys = [...bucket.objects.keys()].filter((key) => key.startsWith(prefix)).sort(compareKeys);
  const prefixes = new Set<string>();
  return keys.flatMap((key): Entry[] => {
    const cut = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
    if (cut < 0) return versionsOf(key, bucket.objects.get(key) ?? []);
    const common = key.slice(0, cut + delimiter.length);
    if (prefixes.has(common)) return [];
    prefixes.add(common);
    return [{ kind: 'prefix', key: common }];
  });
}

function versionsOf(key: string, versions: readonly ObjectVersion[]): Entry[] {
  const latest = versions.at(-1);
  return [...versions]
    .reverse()
    .map((version) => ({ kind: 'version', key, version, latest: version === latest }));
}

/** Where the page begins: behind the version that the markers name, or behind all of the key's. */
function startOf({ query }: HttpRequest, all: readonly Entry[]): number {
  const key = query.get('key-marker') ?? '';
  const versionId = query.get('version-id-marker') ?? '';
  if (key === '' && versionId !== '')
    throw new AwsError('InvalidArgument', 'A version-id marker cannot be specified without a key marker.');
  if (key === '') return 0;
  const named = all.findIndex(
    (entry) => entry.kind === 'version' && entry.key === key && entry.version.versionId === versionId,
  );
  if (named >= 0) return named + 1;
  const next = all.findIndex((entry) => compareKeys(entry.key, key) > 0);
  return next < 0 ? all.length : next;
}

function describeVersion(request: HttpRequest, entry: Entry, deleted: boolean): XmlValue[] {
  if (entry.kind !== 'version' || entry.version.deleted !== deleted) return [];
  const { version, key, latest } = entry;
  const common = {
    Key: shownKey(request, key),
    VersionId: version.versionId,
    IsLatest: latest,
    LastModified: new Date(version.modifiedAt).toISOString(),
  };
  if (deleted) return [common];
  return [{ ...common, ETag: version.etag, Size: version.body.length, StorageClass: 'STANDARD' }];
}
