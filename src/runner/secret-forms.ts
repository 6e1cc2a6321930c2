/** The forms that a secret takes on its way into a text: escaped for JSON, an address, HTML or Markdown, in base64 or hexadecimal. Pure. */

/** White space of any kind and in any form; Terraform breaks long lines and puts a bar before each. */
const SPACE =
  '(?:[\\s│+\\u200b]|\\\\{1,8}(?:[nrtu]|u00(?:0[9aAdD]|20))|%(?:25){0,3}(?:0[9aAdD]|20)|&(?:nbsp|#(?:32|10|13|9));){1,64}';

/** A run of backslashes: each escape doubles it. */
const BACKSLASHES = '(?:\\\\u005[cC]|\\\\|%(?:25){0,3}5[cC]|&(?:amp;){0,3}#(?:92|x5[cC]);){1,64}';

const HTML_NAMES: ReadonlyMap<string, string> = new Map([
  ['&', 'amp'],
  ['<', 'lt'],
  ['>', 'gt'],
  ['"', 'quot'],
  ["'", 'apos'],
]);

/**
 * An expression (with the flag `u`) for a text as it is and as it may have been escaped, also more than once. Repetitions
 * are bounded, so that no text makes it slow.
 */
export function patternOf(secret: string): string {
  const runs = secret.match(/[\t-\r ]+|\\+|[^\t-\r \\]/gu) ?? [];
  return runs.map(patternOfRun).join('');
}

function patternOfRun(run: string): string {
  if (/^[\t-\r ]/.test(run)) return SPACE;
  if (run.startsWith('\\')) return BACKSLASHES;
  if (/^[A-Za-z0-9]$/.test(run)) return run;
  // White space of other kinds is often written as plain space.
  const itself = /\s/.test(run) ? '\\s' : run.replace(/[$()*+./?[\]^{|}]/, '\\$&');
  return `\\\\{0,8}(?:${[inHtml(run), inAddress(run), inJson(run), itself].join('|')})`;
}

function inHtml(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  const name = HTML_NAMES.get(character);
  const numbers = [`#0{0,6}${code}`, `#[xX]0{0,6}${anyCase(code.toString(16))}`];
  return `&(?:amp;){0,3}(?:${[...numbers, ...(name === undefined ? [] : [name])].join('|')});`;
}

/** Percent-encoded, by the bytes of UTF-8. */
function inAddress(character: string): string {
  return [...Buffer.from(character, 'utf8')].map((byte) => `%(?:25){0,3}${anyCase(hex(byte, 2))}`).join('');
}

/** By its UTF-16 units, or as one code point in braces; without the backslashes before the first. */
function inJson(character: string): string {
  const units = Array.from({ length: character.length }, (_, at) => character.charCodeAt(at))
    .map((unit) => `u${anyCase(hex(unit, 4))}`)
    .join('\\\\{1,8}');
  return `${units}|u\\{${anyCase(hex(character.codePointAt(0) ?? 0, 1))}\\}`;
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, '0');
}

function anyCase(digits: string): string {
  return digits.replace(/[a-f]/g, (digit) => `[${digit}${digit.toUpperCase()}]`);
}

/**
 * A text inside another one has three forms in base64, by where it begins; without the characters that its neighbours share.
 * @param secret of 8 bytes at least: its shortest form then has 10 characters, which nothing has by chance
 */
export function base64Forms(secret: string): string[] {
  const forms = [0, 1, 2].map((shift) => {
    const bytes = Buffer.concat([Buffer.alloc(shift), Buffer.from(secret, 'utf8')]);
    const encoded = bytes.toString('base64').replace(/=+$/, '');
    return encoded.slice(Math.ceil((shift * 8) / 6), Math.floor((bytes.length * 8) / 6));
  });
  const urlSafe = forms.map((form) => form.replaceAll('+', '-').replaceAll('/', '_'));
  return [...new Set([...forms, ...urlSafe])];
}

/** The bytes in hexadecimal, also with signs between them: S3 repeats a request that it refuses in that form. */
export function hexPattern(secret: string): string {
  return [...Buffer.from(secret, 'utf8')].map((byte) => anyCase(hex(byte, 2))).join('[ :]?');
}
