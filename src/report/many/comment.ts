/** One comment for many keys: a row for each that something happens to, the heaviest first, its own report folded. */

import { clip } from '../escape.js';
import { renderWithin, type LayoutOptions } from '../layout.js';
import { asItIs, blocks, details, join, link, mark, NOTHING, type Markdown } from '../markdown.js';
import { ROOM_OF_REPORT } from '../types.js';
import { counted } from '../vocabulary.js';
import { renderHead, rowsOf, type ManyReports, type Row } from './table.js';

export interface ManyOptions extends Pick<LayoutOptions, 'limit' | 'measure'> {
  readonly reports: ManyReports;
  /** Hidden lines that go first and last; of the last, from the fullest to the least. */
  readonly top: string;
  readonly bottoms: readonly string[];
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
export function renderMany({ reports, top, bottoms, limit, measure }: ManyOptions): string {
  const rows = rowsOf(reports);
  for (const bottom of bottoms) {
    for (const most of ROWS) {
      const head = blocks([asItIs(top), renderHead(reports, rows, most)]);
      const tail = blocks([renderOrigin(reports), asItIs(bottom)]);
      const room = limit - measure(String(blocks([head, tail]))) - 2;
      if (room < 0 || (room < LEAST_FOR_REPORTS && most !== ROWS.at(-1) && rows.length > most)) continue;
      return String(blocks([head, foldReports(rows, room, measure), tail]));
    }
  }
  throw new RangeError('The hidden lines of the comment leave no room for the comment.');
}

type Measure = ManyOptions['measure'];

/** As much of each key's own report as has room; of the heaviest, where not all have. */
function foldReports(rows: readonly Row[], room: number, measure: Measure): Markdown {
  const told = rows.filter(({ kind }) => kind !== 'nothing');
  for (const each of ROOMS) {
    const folded = blocks(told.map((row) => foldReport(row, each, measure)));
    if (measure(String(folded)) + 2 <= room) return folded;
  }
  return foldHeaviest(told, room, measure);
}

function foldHeaviest(rows: readonly Row[], room: number, measure: Measure): Markdown {
  const least = ROOMS.at(-1) ?? 0;
  const withNote = (folded: readonly Markdown[]): Markdown => {
    const left = counted(rows.length - folded.length, 'more key');
    return blocks([
      ...folded,
      mark`The reports of ${left} had no room here: the summary of the run has them.`,
    ]);
  };
  let fitting = NOTHING;
  for (let folded: Markdown[] = [], next = withNote(folded); measure(String(next)) + 2 <= room;) {
    fitting = next;
    const row = rows[folded.length];
    if (row === undefined) break;
    folded = [...folded, foldReport(row, least, measure)];
    next = folded.length === rows.length ? blocks(folded) : withNote(folded);
  }
  return fitting;
}

function foldReport({ file, symbol }: Row, limit: number, measure: Measure): Markdown {
  const { report, body: whole } = file;
  const body = measure(String(whole)) <= limit ? whole : renderWithin({ input: report, limit, measure });
  const run = report.source.runUrl === undefined ? NOTHING : link('The run', report.source.runUrl);
  return details(clip(file.key, 80), body === undefined ? [mark`It had no room here.`, run] : [body], symbol);
}

function renderOrigin({ source, files }: ManyReports): Markdown {
  const versions = [...new Set(files.map(({ report }) => report.versions.action))];
  const last = versions.pop() ?? '';
  const named = versions.length === 0 ? mark`${last}` : mark`${join(versions, ', ')} and ${last}`;
  const parts = [
    mark`commit ${source.commit.slice(0, 12)}`,
    files.length === 0 ? NOTHING : mark`aws-kms-multi-region-key ${named}`,
    source.runUrl === undefined ? NOTHING : link('run', source.runUrl),
  ];
  return mark`<sub>${join(parts, ' · ')}</sub>`;
}
