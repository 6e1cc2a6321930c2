import { makeVisible } from './characters.js';

/**
 * A value from outside as it may stand in a message: in quotes, on one line, invisible characters made visible, at
 * most 100 characters.
 */
export function quote(text: string): string {
  const oneLine = makeVisible(JSON.stringify(text));
  return oneLine.length <= 102 ? oneLine : `${oneLine.slice(0, 98).replace(/[\uD800-\uDBFF]$/, '')}…"`;
}
