/** The comment key of the one comment for many keys, by which it is found again. */
export function groupMarker(group: string): string {
  return `keys:${group}`;
}
