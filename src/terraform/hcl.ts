/**
 * Terraform's CLI configuration as data: HCL in its first version, or JSON (hashicorp/hcl v1, which Terraform reads these
 * files with). What is written from it again says what was understood, and nothing that only Terraform would have seen.
 */

export type HclValue =
  | { readonly is: 'text'; readonly text: string }
  /** A number or a boolean, as it is written. */
  | { readonly is: 'word'; readonly word: string }
  | { readonly is: 'list'; readonly values: readonly HclValue[] }
  | { readonly is: 'body'; readonly items: readonly HclItem[] };

/** A block with its labels, or an attribute, which has one key. */
export interface HclItem {
  readonly keys: readonly string[];
  readonly value: HclValue;
}

/** A text that is neither. */
export class HclError extends Error {}

/** @throws HclError that names the line and repeats nothing of it, as it may be a secret */
export function parseHcl(text: string): HclItem[] {
  if (text.trimStart().startsWith('{')) return itemsOfJson(parseJson(text));
  const reader = new TokenReader(text);
  const items = reader.items();
  reader.expectEnd();
  return items;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new HclError('it begins as JSON does, and is none');
  }
}

/** An array of objects is that object, several times. */
function itemsOfJson(json: unknown): HclItem[] {
  if (Array.isArray(json)) return json.flatMap(itemsOfJson);
  if (typeof json !== 'object' || json === null) throw new HclError('it has a value where an object belongs');
  return Object.entries(json).map(([key, value]) => ({ keys: [key], value: valueOfJson(value) }));
}

function valueOfJson(json: unknown): HclValue {
  if (typeof json === 'string') return { is: 'text', text: json };
  if (typeof json !== 'object' || json === null) return { is: 'word', word: String(json) };
  const isObjects = Array.isArray(json) && json.length > 0 && json.every((one) => typeof one === 'object');
  if (Array.isArray(json) && !isObjects) return { is: 'list', values: json.map(valueOfJson) };
  return { is: 'body', items: itemsOfJson(json) };
}

/** White space and comments; heredocs; strings; words; signs. A string may have a variable in it, and no other expression. */
const TOKEN =
  /(?<skip>(?:\s|#[^\n]*|\/\/[^\n]*|\/\*[^]*?\*\/)+)|<<(?<indent>-?)(?<mark>\w+)\r?\n(?<lines>[^]*?)^[^\S\n]*\k<mark>[^\S\n]*$|"(?<text>(?:\\.|\$\{\w*\}|\$(?!\{)|[^"\\\n$])*)"|(?<word>[\p{L}\d_][\p{L}\p{N}_.+-]*|-\d[\d.eE+-]*)|(?<sign>[{}[\]=,])/muy;

interface Token {
  readonly kind: 'text' | 'word' | 'sign' | 'end';
  readonly text: string;
}

class TokenReader {
  readonly #text: string;
  #at = 0;
  #next: Token;

  constructor(text: string) {
    this.#text = text;
    this.#next = this.#read();
  }

  expectEnd(): void {
    if (this.#next.kind !== 'end') throw this.#error();
  }

  items(): HclItem[] {
    const items: HclItem[] = [];
    while (this.#next.kind === 'text' || this.#next.kind === 'word') {
      items.push(this.#item());
      this.#skip(',');
    }
    return items;
  }

  #item(): HclItem {
    const keys: string[] = [];
    while (this.#next.kind === 'text' || this.#next.kind === 'word') keys.push(this.#take().text);
    if (this.#skip('=')) return { keys, value: this.#value() };
    if (this.#next.text !== '{') throw this.#error();
    return { keys, value: this.#value() };
  }

  #value(): HclValue {
    const { kind, text } = this.#take();
    if (kind === 'text') return { is: 'text', text };
    if (kind === 'word') return { is: 'word', word: text };
    if (kind === 'sign' && text === '{') return { is: 'body', items: this.#until('}', () => this.items()) };
    if (kind === 'sign' && text === '[')
      return { is: 'list', values: this.#until(']', () => this.#values()) };
    throw this.#error();
  }

  #values(): HclValue[] {
    const values: HclValue[] = [];
    while (this.#next.text !== ']' || this.#next.kind !== 'sign') {
      values.push(this.#value());
      if (!this.#skip(',')) break;
    }
    return values;
  }

  #until<T>(sign: string, read: () => T): T {
    const value = read();
    if (!this.#skip(sign)) throw this.#error();
    return value;
  }

  #skip(sign: string): boolean {
    const isThere = this.#next.kind === 'sign' && this.#next.text === sign;
    if (isThere) this.#take();
    return isThere;
  }

  #take(): Token {
    const token = this.#next;
    if (token.kind === 'end') throw this.#error();
    this.#next = this.#read();
    return token;
  }

  #read(): Token {
    if (this.#at >= this.#text.length) return { kind: 'end', text: '' };
    TOKEN.lastIndex = this.#at;
    const found = TOKEN.exec(this.#text);
    if (found?.groups === undefined) throw this.#error();
    this.#at = TOKEN.lastIndex;
    const { skip, indent, lines, text, word, sign } = found.groups;
    if (skip !== undefined) return this.#read();
    if (lines !== undefined) return { kind: 'text', text: indent === '-' ? unindent(lines) : lines };
    if (text !== undefined) return { kind: 'text', text: unescape(text) };
    return word === undefined ? { kind: 'sign', text: sign ?? '' } : { kind: 'word', text: word };
  }

  #error(): HclError {
    const line = this.#text.slice(0, this.#at).split('\n').length;
    return new HclError(`line ${line} is not in a form that this action can read`);
  }
}

function unindent(lines: string): string {
  const depths = lines
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => /^\s*/.exec(line)?.[0].length ?? 0);
  return lines.replace(new RegExp(`^[^\\S\\n]{${Math.min(...depths, 80)}}`, 'gm'), '');
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };

function unescape(text: string): string {
  return text.replace(
    /\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|x([0-9a-fA-F]{2})|([^]))/g,
    (_, ...groups: string[]) => {
      const [short, long, byte, one = ''] = groups;
      const code = short ?? long ?? byte;
      return code === undefined ? (ESCAPES[one] ?? one) : String.fromCodePoint(Number.parseInt(code, 16));
    },
  );
}

/** @returns the items as a file in the native form, one below the other */
export function writeHcl(items: readonly HclItem[]): string {
  return items.map((item) => `${writeItem(item)}\n`).join('');
}

function writeItem({ keys, value }: HclItem): string {
  const [name = '', ...labels] = keys;
  const head = [/^[A-Za-z_]\w*$/.test(name) ? name : writeText(name), ...labels.map(writeText)].join(' ');
  return value.is === 'body' ? `${head} ${writeValue(value)}` : `${head} = ${writeValue(value)}`;
}

function writeValue(value: HclValue): string {
  switch (value.is) {
    case 'text':
      return writeText(value.text);
    case 'word':
      return value.word;
    case 'list':
      return `[${value.values.map(writeValue).join(', ')}]`;
    case 'body':
      return `{\n${writeHcl(value.items).replace(/^(?=.)/gm, '  ')}}`;
  }
}

/** @throws HclError for what HCL would take for an expression */
function writeText(text: string): string {
  if (/\$\{(?!\w*\})/.test(text)) throw new HclError('it has an expression in a text');
  return JSON.stringify(text).replace(/[\u2028\u2029]/g, (end) => (end === '\u2028' ? '\\u2028' : '\\u2029'));
}
