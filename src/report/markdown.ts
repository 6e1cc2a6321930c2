/**
 * Markdown that is escaped already, by its type: only the functions of this file make it, and they escape every text that
 * is put in. It is written once and rendered in the size that has room.
 */

import {
  clip,
  escapeAsCode,
  escapeAsProse,
  fenceFor,
  formatCount,
  showInvisibleInLines,
  type Fence,
} from './escape.js';

/** How much of everything is shown. */
export interface Size {
  /** Rows of a table or items of a list. */
  readonly rows: number;
  /** Values inside one cell, e.g. KMS actions. */
  readonly values: number;
  /** Characters of one name or value from outside; sentences may have four times as many. */
  readonly text: number;
  /** Principals that had no access before: named whatever else is left out, as one more may be the one that matters. */
  readonly strangers: number;
}

/** All that anybody would read. */
export const FULL: Size = { rows: 200, values: 60, text: 1000, strangers: 300 };

/** Where there is no room for that: so many rows, and the less of each the fewer there can be. */
export function short(rows: number): Size {
  return { rows, values: Math.ceil(0.3 * rows), text: 20 + 4 * rows, strangers: FULL.strangers };
}

class EscapedMarkdown {
  readonly #render: (size: Size) => string;

  constructor(render: (size: Size) => string) {
    this.#render = render;
  }

  /** The text as it is written, in a size. */
  at(size: Size): string {
    return this.#render(size);
  }

  toString(): string {
    return this.at(FULL);
  }
}

export type Markdown = EscapedMarkdown;

/** What may be put into Markdown: a text from outside becomes a code span, a number has its separators. */
type Insertable = string | number | Markdown;

function insert(value: Insertable, size: Size): string {
  if (typeof value === 'number') return formatCount(value);
  return typeof value === 'string' ? escapeAsCode(clip(value, size.text)) : value.at(size);
}

/** Markdown with texts in it: what stands in the template is ours, and every string that is put in is escaped. */
export function mark(literals: TemplateStringsArray, ...values: readonly Insertable[]): Markdown {
  return new EscapedMarkdown((size) =>
    literals.slice(1).reduce((text, literal, index) => {
      const value = values[index];
      return `${text}${value === undefined ? '' : insert(value, size)}${literal}`;
    }, literals[0] ?? ''),
  );
}

export const NOTHING = mark``;

/** Sentences from outside: plain words stay words, everything else in them becomes code. */
export function prose(text: string): Markdown {
  return new EscapedMarkdown((size) => escapeAsProse(clip(text, size.text * 4)));
}

/** As `prose`, for sentences of our own, which are shown whole. */
export function words(text: string): Markdown {
  return asItIs(escapeAsProse(text));
}

/** A sign of ours, e.g. `✅`. */
export function sign(text: string): Markdown {
  return /^\p{Extended_Pictographic}\uFE0F?$/u.test(text) ? asItIs(text) : mark`${text}`;
}

/** Our own hidden lines. The one way in without escaping. */
export function asItIs(text: string): Markdown {
  return new EscapedMarkdown(() => text);
}

/** The same in one size, whatever is around it. */
export function inSize(size: Size, markdown: Markdown): Markdown {
  return asItIs(markdown.at(size));
}

/** What is made anew for each size. */
export function sized(make: (size: Size) => Markdown): Markdown {
  return new EscapedMarkdown((size) => make(size).at(size));
}

/** The parts that are not empty. */
export function join(
  parts: readonly Insertable[],
  separator: ' ' | ', ' | ' · ' | '<br>' | '\n' | '\n\n',
): Markdown {
  return new EscapedMarkdown((size) =>
    parts
      .map((part) => insert(part, size))
      .filter((text) => text !== '')
      .join(separator),
  );
}

/** Blocks with a blank line between them. */
export function blocks(parts: readonly Markdown[]): Markdown {
  return join(parts, '\n\n');
}

/** The first items and, where there are more, how many. */
export function firstOf<T extends Insertable>(items: readonly T[], most: number): (T | Markdown)[] {
  if (items.length <= most) return [...items];
  return [...items.slice(0, most), mark`and ${items.length - most} more`];
}

/** As many of the items as the size has values or rows for. */
export function some(
  items: readonly Insertable[],
  limit: 'rows' | 'values',
  separator: Parameters<typeof join>[1],
): Markdown {
  return sized((size) => join(firstOf(items, size[limit]), separator));
}

const KEY_ARN = /^(arn:aws[a-z-]*:kms:[a-z0-9-]+:)(\d{12}:key\/(?:mrk-)?[0-9a-f]{8,16})([0-9a-f-]*)$/;

/**
 * A key's ARN as code that a narrow screen can break: the table would be wider than a telephone otherwise. GitHub lets <wbr>
 * through, and what is copied has no break in it.
 */
export function keyArn(arn: string): Markdown {
  const parts = arn.length > 120 ? null : KEY_ARN.exec(arn);
  return parts === null ? mark`${arn}` : asItIs(`<code>${parts.slice(1).join('<wbr>')}</code>`);
}

/** Lines that are not escaped yet, in a fence that none of them closes. */
export function fenced(fence: Fence, lines: readonly string[]): Markdown {
  return asItIs([fence.open, ...lines.map(fence.line), fence.close].join('\n'));
}

/** A block of code with any text in it. */
export function codeBlock(text: string, language: string): Markdown {
  const shown = showInvisibleInLines(text);
  return fenced(fenceFor(shown, language), shown.split('\n'));
}

/** Tables are split at pipes before code is looked for; after a backslash an escape would be ambiguous. */
function cellOf(markdown: string): string {
  return markdown.replace(/(?<=\\)\|/g, '\\u007C').replaceAll('|', '\\|');
}

/** A table; its cells have no line ends. */
export function table(header: readonly Markdown[], rows: readonly (readonly Insertable[])[]): Markdown {
  return new EscapedMarkdown((size) => {
    const line = (cells: readonly string[]): string => `| ${cells.map(cellOf).join(' | ')} |`;
    const [head, ...body] = [header, ...rows].map((cells) => line(cells.map((cell) => insert(cell, size))));
    return [head, line(header.map(() => '---')), ...body].join('\n');
  });
}

export type AlertKind = 'NOTE' | 'WARNING' | 'CAUTION';

/** GitHub's coloured call-out. */
export function alert(kind: AlertKind, parts: readonly Markdown[]): Markdown {
  return new EscapedMarkdown((size) => {
    const lines = blocks(parts).at(size).split('\n');
    return [`> [!${kind}]`, ...lines.map((line) => (line === '' ? '>' : `> ${line}`))].join('\n');
  });
}

/** A folded section; GitHub reads its title as HTML, so it has letters, digits and a few signs of a text. */
export function details(title: string, parts: readonly Markdown[], symbol = ''): Markdown {
  const plain = asItIs(title.replace(/[^\p{L}\p{N}_/., ()\u00A0-]/gu, '?'));
  const summary = symbol === '' ? plain : mark`${sign(symbol)} <code>${plain}</code>`;
  return blocks([mark`<details><summary>${summary}</summary>`, ...parts, mark`</details>`]);
}

/** A link; a target that is no plain http(s) address is shown as code instead. */
export function link(text: string, url: string): Markdown {
  return /^https?:\/\/[\w.:/%?=&#~+,-]+$/.test(url)
    ? mark`[${words(text)}](${asItIs(url)})`
    : mark`${words(text)} ${clip(url, 300)}`;
}
