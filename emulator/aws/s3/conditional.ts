import { headerOf, type HttpRequest } from '../../http.js';
import { AwsError } from '../error.js';
import type { ObjectVersion } from './store.js';

/**
 * Conditional requests. For a write, `If-None-Match: *` asks that there be no object and `If-Match` that it be the one
 * of that ETag; this is what Terraform's native state lock stands on.
 * @throws AwsError NoSuchKey or PreconditionFailed
 */
export function refuseConditionalWrite(request: HttpRequest, current: ObjectVersion | undefined): void {
  const expected = headerOf(request, 'if-match');
  const unexpected = headerOf(request, 'if-none-match');
  if (expected !== undefined && current === undefined)
    throw new AwsError('NoSuchKey', 'The specified key does not exist.', { status: 404 });
  if (expected !== undefined && !hasETag(current, expected)) throw preconditionFailed('If-Match');
  if (unexpected !== undefined && hasETag(current, unexpected)) throw preconditionFailed('If-None-Match');
}

/**
 * Conditional reads, in the order of RFC 9110, section 13.2.2: a date counts only where there is no ETag to go by.
 * @throws AwsError PreconditionFailed (412) or NotModified (304)
 */
export function refuseConditionalRead(request: HttpRequest, version: ObjectVersion): void {
  const expected = headerOf(request, 'if-match');
  const unexpected = headerOf(request, 'if-none-match');
  if (expected !== undefined) {
    if (!hasETag(version, expected)) throw preconditionFailed('If-Match');
  } else if (isModifiedSince(version, headerOf(request, 'if-unmodified-since')) === true) {
    throw preconditionFailed('If-Unmodified-Since');
  }
  const isFresh =
    unexpected === undefined
      ? isModifiedSince(version, headerOf(request, 'if-modified-since')) === false
      : hasETag(version, unexpected);
  if (isFresh) throw new AwsError('NotModified', '', { status: 304, headers: { etag: version.etag } });
}

function hasETag(version: ObjectVersion | undefined, wanted: string): boolean {
  if (version === undefined) return false;
  return wanted.split(',').some((one) => one.trim() === '*' || unquote(one.trim()) === unquote(version.etag));
}

/** Undefined without a date that can be read. HTTP's dates have whole seconds. */
function isModifiedSince(version: ObjectVersion, date: string | undefined): boolean | undefined {
  const since = Date.parse(date ?? '');
  return Number.isNaN(since) ? undefined : Math.floor(version.modifiedAt / 1000) * 1000 > since;
}

function preconditionFailed(condition: string): AwsError {
  return new AwsError('PreconditionFailed', 'At least one of the pre-conditions you specified did not hold', {
    status: 412,
    details: { Condition: condition },
  });
}

function unquote(etag: string): string {
  return etag.replace(/^W\//, '').replace(/^"(.*)"$/, '$1');
}
