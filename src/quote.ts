/**
 * A value from outside as it may stand in a message: in quotes, on one line, invisible characters made visible, at
 * most 100 characters.
 */
export function quote(text: string): string {
  const oneLine = JSON.stringify(text).replace(
    /[\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return oneLine.length <= 102 ? oneLine : `${oneLine.slice(0, 98)}…"`;
}
