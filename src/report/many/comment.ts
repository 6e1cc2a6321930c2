/** One comment for many keys: a row for each that something happens to, the heaviest first, its own report folded. */

import { renderWithin } from '../layout.js';
import { clip, codeSpan, details, link } from '../markdown.js';
import { ROOM_OF_REPORT } from '../types.js';
import { countOf, listOf } from '../vocabulary.js';
import { rowsOf, SYMBOLS, type ManyReports, type Row } from './kinds.js';
import { renderHead } from './table.js';

export interface ManyOptions {
  readonly reports: ManyReports;
  /** Hidden lines that go first and last; of the last, from the fullest to the least. */
  readonly top: string;
  readonly bottoms: readonly string[];
  readonly limit: number;
  readonly measure: (text: string) => number;
}

/** The rows of the table, from all that may be shown to the least; then how much of each cell. */
const ROWS = [1000, 300, 150, 80, 40, 20, 5] as const;

/** The folded reports, from whole ones to none. */
const ROOMS = [ROOM_OF_REPORT, 20_000, 10_000, 6_000, 4_000, 2_500, 1_500] as const;

/** What the table must not take from the folded reports while a smaller one would do. */
const LEAST_FOR_REPORTS = 2_000;

/**
 * The whole comment or summary. The hidden last line goes before details, the table before the folded reports, and of
 * each the heaviest first; what is left out is said.
 * @throws RangeError when the hidden lines alone are too long
 */
export function renderMany(options: ManyOptions): string {
  const { reports, top, bottoms, limit, measure } = options;
  const rows = rowsOf(reports);
  for (const bottom of bottoms) {
    for (const most of ROWS) {
      const head = [top, ...renderHead(reports, rows, most)];
      const tail = [renderOrigin(reports), bottom];
      const room = limit - measure(join([...head, ...tail])) - 2;
      if (room < 0 || (room < LEAST_FOR_REPORTS && most !== ROWS.at(-1) && rows.length > most)) continue;
      return join([...head, ...foldReports(rows, room, measure), ...tail]);
    }
  }
  throw new RangeError('The hidden lines of the comment leave no room for the comment.');
}

/** As much of each key's own report as has room; of the heaviest, where not all have. */
function foldReports(rows: readonly Row[], room: number, measure: ManyOptions['measure']): string[] {
  const told = rows.filter(({ kind }) => kind !== 'nothing');
  const fold = (some: readonly Row[], each: number): string[] =>
    some.map((row) => foldReport(row, each, measure));
  for (const each of ROOMS) {
    const folded = fold(told, each);
    if (measure(join(folded)) + 2 <= room) return folded;
  }
  return foldHeaviest(told, room, measure);
}

function foldHeaviest(rows: readonly Row[], room: number, measure: ManyOptions['measure']): string[] {
  const least = ROOMS.at(-1) ?? 0;
  const note = (left: number): string =>
    `The reports of ${countOf(left, 'more key')} had no room here: the summary of the run has them.`;
  const folded: string[] = [];
  for (const row of rows) {
    const next = [...folded, foldReport(row, least, measure)];
    if (measure(join([...next, note(rows.length)])) + 2 > room) break;
    folded.splice(0, folded.length, ...next);
  }
  const left = rows.length - folded.length;
  const whole = left === 0 ? folded : [...folded, note(left)];
  return measure(join(whole)) + 2 <= room ? whole : [];
}

function foldReport({ file, kind }: Row, limit: number, measure: ManyOptions['measure']): string {
  const { report, body: whole } = file;
  const body =
    measure(whole) <= limit ? whole : renderWithin({ input: report, top: '', bottom: '', limit, measure });
  const title = `${SYMBOLS[kind]} <code>${escapeTitle(file.key)}</code>`;
  const run = report.source.runUrl === undefined ? [] : [link('The run', report.source.runUrl)];
  return details(title, body === undefined ? ['It had no room here.', ...run] : [body]);
}

/** A key's name has letters, digits and a few signs; anything else in a report is not shown as it is. */
function escapeTitle(key: string): string {
  return clip(key, 80).replace(/[^\w/. -]/gu, '?');
}

function renderOrigin({ source, files }: ManyReports): string {
  const commit = `commit ${codeSpan(source.commit.slice(0, 12))}`;
  const versions = [...new Set(files.map(({ report }) => report.versions.action))].map(codeSpan);
  const action = `aws-kms-multi-region-key ${listOf(versions)}`;
  const run = source.runUrl === undefined ? [] : [link('run', source.runUrl)];
  return `<sub>${[commit, ...(versions.length === 0 ? [] : [action]), ...run].join(' · ')}</sub>`;
}

const join = (blocks: readonly string[]): string => blocks.filter((block) => block !== '').join('\n\n');
