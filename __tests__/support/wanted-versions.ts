/** The versions that somebody's workflow may name, each the first or the last of something. */
export const WANTED_VERSIONS: readonly string[] = [
  // The article's, and both sides of its note on Jakarta
  '3.64.2',
  '3.69.0',
  '3.70.0',
  // The last 3.x, the first and the last 4.x, early 5.x and the last one, and 6.x
  '3.76.1',
  '4.0.0',
  '4.67.0',
  '5.14.0',
  '5.31.0',
  '5.100.0',
  '6.63.0',
];
