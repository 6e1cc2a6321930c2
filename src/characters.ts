/** What people put into inputs without seeing it: copied from pages, chats and word processors. */
const NAMES: ReadonlyMap<string, string> = new Map([
  ['\t', 'tab'],
  ['\n', 'line break'],
  ['\r', 'carriage return'],
  [' ', 'space'],
  ['"', 'quotation mark'],
  ["'", 'apostrophe'],
  ['\u00a0', 'no-break space'],
  ['\u00ad', 'soft hyphen'],
  ['\u200b', 'zero width space'],
  ['\u200c', 'zero width non-joiner'],
  ['\u200d', 'zero width joiner'],
  ['\u2010', 'hyphen'],
  ['\u2011', 'non-breaking hyphen'],
  ['\u2013', 'en dash'],
  ['\u2014', 'em dash'],
  ['\u2018', 'curly apostrophe'],
  ['\u2019', 'curly apostrophe'],
  ['\u201c', 'curly quotation mark'],
  ['\u201d', 'curly quotation mark'],
  ['\u2060', 'word joiner'],
  ['\ufeff', 'byte order mark'],
]);

/** Control and format characters, unassigned ones, and every space but the ordinary one. */
const INVISIBLE = /(?! )(?:\p{C}|\p{Z}|\p{Default_Ignorable_Code_Point})/u;

function codeOf(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
}

/** One character so that a reader knows which it is, e.g. `"а" (U+0430)` or `U+200B (zero width space)`. */
function showCharacter(character: string): string {
  const name = NAMES.get(character);
  if (INVISIBLE.test(character) || character === ' ') {
    return `${codeOf(character)}${name === undefined ? '' : ` (${name})`}`;
  }
  const quoted = character === '"' ? `'"'` : `"${character}"`;
  if (name === undefined && /^[\x21-\x7e]$/.test(character)) return quoted;
  return `${quoted} (${codeOf(character)}${name === undefined ? '' : `, ${name}`})`;
}

/**
 * The characters of a text that are not allowed, for a sentence about them.
 * @param forbidden matches one character that is not allowed
 * @returns e.g. `".", U+0020 (space)`; undefined when all are allowed
 */
export function findForbidden(text: string, forbidden: RegExp): string | undefined {
  const found = [...new Set(Array.from(text).filter((character) => forbidden.test(character)))];
  if (found.length === 0) return undefined;
  const more = found.length > 3 ? ` and ${found.length - 3} more` : '';
  return `${found.slice(0, 3).map(showCharacter).join(', ')}${more}`;
}

/** Any character that is no ordinary printable one. */
export const UNUSUAL = /[^\x20-\x7e\t\r\n]/u;

/** Invisible characters as `\u200b`, so that they are seen; everything else as it is. */
export function makeVisible(text: string): string {
  return Array.from(text)
    .map((character) => (INVISIBLE.test(character) ? escapeCharacter(character) : character))
    .join('');
}

function escapeCharacter(character: string): string {
  const code = (character.codePointAt(0) ?? 0).toString(16);
  return code.length > 4 ? `\\u{${code}}` : `\\u${code.padStart(4, '0')}`;
}
