/**
 * Untrusted text, escaped for GitHub's Markdown. Two rules carry everything:
 * - Inside code GitHub makes no mentions, references, links, HTML or mathematics, so whatever is not a plain word goes
 *   into a code span (one line) or a fence (many lines), closed by a delimiter that the text does not contain.
 *   Entities would not do: mentions are looked for after they are decoded, in text outside `pre`, `code` and `a`.
 * - A character that can't be seen, or that moves others about, is written as an escape such as `\u202E`.
 */

/** Controls, formats (bidirectional marks among them), lone surrogates, separators, and what fonts draw as nothing. */
const INVISIBLE =
  /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}]|(?! )\p{Zs}/gu;

/** A run of backticks longer than this would need a delimiter longer than the text is worth. */
const LONGEST_DELIMITER = 16;

const ESCAPES: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

function escapeCharacter(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  return code > 0xffff
    ? `\\u{${code.toString(16).toUpperCase()}}`
    : `\\u${code.toString(16).toUpperCase().padStart(4, '0')}`;
}

/**
 * An HTML comment is found by its opening wherever that stands, code or not: by this the report's own hidden lines stay
 * the only ones in it, and no text from outside can be taken for a marker or an approval record.
 */
function defuseComments(text: string): string {
  return text.replaceAll('<!', '<\\u0021');
}

/** One line: every character that can't be seen becomes an escape, line ends and tabs too. */
export function showInvisible(text: string): string {
  return defuseComments(
    text.replace(INVISIBLE, (character) => ESCAPES[character] ?? escapeCharacter(character)),
  );
}

/** Many lines: as `showInvisible`, but line feeds and tabs stay, and CRLF counts as one line end. */
export function showInvisibleInLines(text: string): string {
  const shown = text
    .replaceAll('\r\n', '\n')
    .replace(INVISIBLE, (character) => (/[\n\t]/.test(character) ? character : escapeCharacter(character)));
  return defuseComments(shown);
}

/**
 * Shortens a text to `max` characters and says by how much; never splits a surrogate pair.
 * @param max in UTF-16 code units, the note that is added not counted
 */
export function clip(text: string, max: number): string {
  if (text.length <= max) return text;
  const end = /[\uD800-\uDBFF]/.test(text.charAt(max - 1)) ? max - 1 : max;
  return `${text.slice(0, end)}… (${formatCount(text.length - end)} more characters)`;
}

/** A number with thousands separators, the same on every machine. */
export function formatCount(count: number): string {
  return count.toLocaleString('en-US');
}

function longestRun(text: string, character: '`' | '~'): number {
  const runs = text.match(character === '`' ? /`+/g : /~+/g) ?? [];
  return runs.reduce((longest, run) => Math.max(longest, run.length), 0);
}

/** Any text as one code span; safe in a paragraph, in a heading, and through `table` in a cell. */
export function escapeAsCode(text: string): string {
  let content = showInvisible(text);
  if (longestRun(content, '`') > LONGEST_DELIMITER) content = content.replaceAll('`', '\\u0060');
  if (content.trim() === '') return '<em>empty</em>';
  const delimiter = '`'.repeat(longestRun(content, '`') + 1);
  // A span loses one space at each end when it has both; and its delimiter must not touch a backtick.
  const padding = /^[` ]|[` ]$/.test(content) ? ' ' : '';
  return `${delimiter}${padding}${content}${padding}${delimiter}`;
}

const OPENING = /^["'“‘(]*/u;
const CLOSING: ReadonlySet<string> = new Set(`"'”’).,;:!?…`);
const PLAIN_WORD =
  /^(?:[\p{L}\p{N}][\p{L}\p{M}\p{N}]*(?:[-'’–—][\p{L}\p{N}][\p{L}\p{M}\p{N}]*)*|e\.g|i\.e|–|—)$/u;
/**
 * Plain in letters, yet GitHub would link it (commits, also between letters that are not ASCII; GH-1; the references that
 * a repository configures) or it reads better as code (Regions, accounts).
 */
const NOT_PLAIN = /[0-9a-f]{7}|gh-[0-9]|^(?:[a-z]+-[0-9]+|[a-z]{2,5}(?:-[a-z]+)+-[0-9]+)$/i;

/** Some letters and marks can't be seen, either. */
function isPlain(word: string): boolean {
  return PLAIN_WORD.test(word) && !NOT_PLAIN.test(word) && showInvisible(word) === word;
}

/** Where the signs at its end begin; read backwards, as an expression would look for them from every place anew. */
function startOfClosing(token: string): number {
  let start = token.length;
  while (CLOSING.has(token.charAt(start - 1))) start -= 1;
  return start;
}

function renderWord(token: string): string {
  const quoted = /^(["'“‘(]*)`([^`]+)`(["'”’).,;:!?…]*)$/u.exec(token);
  if (quoted !== null) return `${quoted[1] ?? ''}${escapeAsCode(quoted[2] ?? '')}${quoted[3] ?? ''}`;
  const opening = OPENING.exec(token)?.[0] ?? '';
  const rest = token.slice(opening.length);
  const end = startOfClosing(rest);
  const core = rest.slice(0, end);
  if (core === '') return escapeAsCode(token);
  return `${opening}${isPlain(core) ? core : escapeAsCode(core)}${rest.slice(end)}`;
}

/**
 * A sentence that may hold names and values from outside: plain words stay, every other token (and what already is
 * between backticks) becomes a code span. The result is one line and never begins a Markdown block by itself as long as
 * something stands before it on its line.
 */
export function escapeAsProse(text: string): string {
  const line = text.replace(/\s+/gu, ' ').trim();
  const tokens = line.match(/[^\s`]*`[^`]+`[^\s`]*|\S+/gu) ?? [];
  return tokens.map(renderWord).join(' ');
}

/** Text as HTML in which nothing is a tag or an entity. */
function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** How a block of code is opened and closed, and how each of its lines has to be written. */
export interface Fence {
  readonly open: string;
  readonly close: string;
  readonly line: (line: string) => string;
}

/**
 * The fence for a text: longer than any run of backticks in it, or of tildes where that is shorter; where both would be
 * absurdly long, a `<pre>` with escaped text (mentions and references are not looked for there either).
 * @param text the whole text, its invisible characters already shown
 * @param language the info string, e.g. `diff`
 */
export function fenceFor(text: string, language: string): Fence {
  const same = (line: string): string => line;
  for (const character of ['`', '~'] as const) {
    const length = Math.max(3, longestRun(text, character) + 1);
    if (length <= LONGEST_DELIMITER) {
      const delimiter = character.repeat(length);
      return { open: `${delimiter}${language}`, close: delimiter, line: same };
    }
  }
  return { open: '<pre>', close: '</pre>', line: escapeHtml };
}
