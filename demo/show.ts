/** What a reader of the demo sees: of each job its verdict, its tables and some of its outputs; or all of it. */

import { Lexer, type Token, type Tokens } from 'marked';
import type { ActionRun } from './action.js';

/** Outputs that every chapter shows, where they are set. */
const ALWAYS = ['result', 'plan-summary', 'verified', 'drifted'];

/** A job's report: its first line and the sentence below it, what it warns of, and its tables, as plain text. */
export function showReport(markdown: string): string {
  const tokens = new Lexer({ gfm: true }).lex(markdown);
  const [verdict, detail] = tokens.filter(({ type }) => type === 'heading' || type === 'paragraph');
  const callOuts = tokens.filter(({ type }) => type === 'blockquote').map(showCallOut);
  const tables = tokens.filter((token): token is Tokens.Table => token.type === 'table').map(showTable);
  return [...[verdict, detail].map((token) => plain(textOf(token))), ...callOuts, ...tables]
    .filter((block) => block !== '')
    .join('\n');
}

function textOf(token: Token | undefined): string {
  return token !== undefined && 'text' in token ? String(token.text) : '';
}

/** The first sentences of a call-out; what follows is for those who have to act. */
function showCallOut(token: Token): string {
  const [, first = ''] = plain(textOf(token)).split(/\[!\w+\]\n/);
  const [paragraph = ''] = first.split('\n\n');
  return `  ! ${paragraph.split('\n').slice(0, 2).join(': ')}`;
}

function showTable({ header, rows }: Tokens.Table): string {
  // What a row is about takes one line, however many the rest takes.
  const cells = [header, ...rows].map((row) =>
    row.map(({ text }, column) =>
      column === 0 ? [plain(text).replaceAll('\n', ' ')] : plain(text).split('\n'),
    ),
  );
  const widths = header.map((_, column) =>
    Math.max(...cells.flatMap((row) => (row[column] ?? []).map((line) => line.length))),
  );
  const lines = cells.flatMap((row) => {
    const height = Math.max(...row.map(({ length }) => length));
    return Array.from({ length: height }, (_, line) =>
      row.map((cell, column) => (cell[line] ?? '').padEnd(widths[column] ?? 0)).join(' │ '),
    );
  });
  return ['', ...lines.map((line) => `  │ ${line}`.trimEnd())].join('\n');
}

/** Markdown of the report as plain text: its lines, without signs. */
function plain(text: string): string {
  return text
    .replaceAll('<br>', '\n')
    .replaceAll(/<sub>[\s\S]*?<\/sub>/g, '')
    .replaceAll(/<[^>]*>|\*\*|`/g, '')
    .replaceAll(/\\([^\w\s])/g, '$1')
    .replaceAll(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)))
    .replaceAll('\u00A0', ' ')
    .trim();
}

/** @param names which outputs beside the usual ones; all of them, but for paths, where it is `all` */
export function showOutputs(outputs: ActionRun['outputs'], names: readonly string[] | 'all'): string {
  const shown = Object.entries(outputs).filter(([name]) =>
    names === 'all' ? !name.endsWith('-path') : [...ALWAYS, ...names].includes(name),
  );
  return ['  outputs:', ...shown.map(([name, value]) => `    ${name}: ${value}`)].join('\n');
}
