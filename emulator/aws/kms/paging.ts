import { AwsError } from '../error.js';

export interface PageRequest<Item> {
  readonly Limit?: number | undefined;
  readonly Marker?: string | undefined;
  /** What tells an item from the others; the marker names the last one that was given. */
  readonly idOf: (item: Item) => string;
  /** How many items a page has when the request does not say. */
  readonly defaultLimit: number;
}

export interface Page<Item> {
  readonly items: readonly Item[];
  readonly Truncated: boolean;
  readonly NextMarker?: string;
}

/**
 * Cuts a page out of a list.
 * @throws AwsError InvalidMarkerException for a marker that this API did not make
 */
export function page<Item>(all: readonly Item[], request: PageRequest<Item>): Page<Item> {
  const start = request.Marker === undefined ? 0 : startAfter(all, request, request.Marker);
  const items = all.slice(start, start + (request.Limit ?? request.defaultLimit));
  const last = items.at(-1);
  const truncated = start + items.length < all.length;
  if (!truncated || last === undefined) return { items, Truncated: false };
  return { items, Truncated: true, NextMarker: Buffer.from(request.idOf(last)).toString('base64url') };
}

function startAfter<Item>(all: readonly Item[], request: PageRequest<Item>, marker: string): number {
  const last = Buffer.from(marker, 'base64url').toString();
  const at = all.findIndex((item) => request.idOf(item) === last);
  if (at < 0) throw new AwsError('InvalidMarkerException', 'Could not deserialize marker');
  return at + 1;
}
