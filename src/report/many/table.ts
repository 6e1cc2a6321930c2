/** What happens to each of many keys, and what everybody sees of it: a headline, and a row for each to which something happens. */

import { isGain } from '../../plan/access.js';
import type { ReportFile } from '../../report-files/file.js';
import type { ShownReport } from '../../report-files/gather.js';
import { clip } from '../escape.js';
import {
  alert,
  blocks,
  details,
  firstOf,
  FULL,
  inSize,
  join,
  mark,
  NOTHING,
  sign,
  table,
  words,
  type Markdown,
} from '../markdown.js';
import type { ReportInput } from '../types.js';
import { deletesKeys, stopsOf, verdictWithoutAlias } from '../verdict.js';
import { counted, countOf, leftOut, principalInWords, SYMBOLS } from '../vocabulary.js';

export interface ManyReports {
  readonly files: readonly ShownReport[];
  /** Keys that should have a report and have none. */
  readonly missing: readonly string[];
  /** Keys of the file that this run is not about. */
  readonly untouched: number;
  /** Keys that the change takes out of the file; one whole sentence each. */
  readonly removed: readonly string[];
  /** What was found and left out; one whole sentence each. */
  readonly leftOut: readonly string[];
  readonly source: { readonly commit: string; readonly runUrl: string | undefined };
}

/** What happens to a key, by its weight; the words stand after the count of such keys. */
const KINDS = {
  deletes: { symbol: SYMBOLS.deletes, said: 'would have keys scheduled for deletion' },
  stopped: { symbol: SYMBOLS.stopped, said: 'refused' },
  failed: { symbol: SYMBOLS.failed, said: 'failed' },
  drifted: { symbol: SYMBOLS.warns, said: 'drifted' },
  changes: { symbol: SYMBOLS.changes, said: 'would change' },
  applied: { symbol: SYMBOLS.well, said: 'applied' },
  nothing: { symbol: SYMBOLS.well, said: 'unchanged' },
} as const;

type Kind = keyof typeof KINDS;

/** @returns what happens to the key, as far as its row is concerned */
export function kindOf({ report }: ReportFile): Kind {
  const { outcome, plan } = report;
  if (outcome === 'failed' || outcome === 'cancelled') return 'failed';
  if (outcome === 'drifted') return 'drifted';
  // Whatever a plan would delete, one that is refused deletes nothing.
  if (outcome === 'refused' || stopsOf(plan?.findings).length > 0) return 'stopped';
  if (plan !== undefined && deletesKeys(plan.model)) return 'deletes';
  if (outcome === 'planned') return 'changes';
  return outcome === 'applied' ? 'applied' : 'nothing';
}

/** A key of the table. */
export interface Row {
  readonly file: ShownReport;
  readonly kind: Kind;
  readonly symbol: string;
}

/** What happens to how many keys; for the log, too. */
export function renderHeadline(reports: ManyReports): Markdown {
  const rows = rowsOf(reports);
  const { missing, untouched } = reports;
  const isOver = rows.some(({ file }) => file.report.outcome === 'applied');
  const counts = Object.entries(KINDS).flatMap(([kind, { symbol, said }]) => {
    const count = rows.filter((row) => row.kind === kind).length + (kind === 'failed' ? missing.length : 0);
    const happens = isOver ? said.replace('would have', 'had') : said;
    return count === 0 ? [] : [{ symbol, told: mark`${count} ${words(happens)}` }];
  });
  const told =
    counts.length === 0
      ? mark`nothing to tell`
      : join(
          counts.map((each) => each.told),
          ', ',
        );
  const rest = untouched === 0 ? NOTHING : mark`; ${counted(untouched, 'other key')} not in this run`;
  const symbol = sign(counts[0]?.symbol ?? SYMBOLS.well);
  return mark`${symbol} ${counted(rows.length + missing.length, 'key')}: ${told}${rest}`;
}

/** @returns the heaviest first */
export function rowsOf({ files }: Pick<ManyReports, 'files'>): Row[] {
  const kinds = Object.keys(KINDS);
  return files
    .map((file): Row => {
      const kind = kindOf(file);
      return { file, kind, symbol: KINDS[kind].symbol };
    })
    .sort((a, b) => kinds.indexOf(a.kind) - kinds.indexOf(b.kind) || strangersOf(b) - strangersOf(a));
}

/** Among equals, those that let somebody new in come first. */
function strangersOf({ file }: Row): number {
  return (file.report.plan?.access ?? []).filter((change) => change.stranger && isGain(change)).length;
}

/** Headline, call-outs, the table, and the keys without changes. */
export function renderHead(reports: ManyReports, rows: readonly Row[], most: number): Markdown {
  const told = rows.filter(({ kind }) => kind !== 'nothing');
  const quiet = rows.filter(({ kind }) => kind === 'nothing').map(({ file }) => file.key);
  const missing = reports.missing.map(
    (key) =>
      `\`${key.replaceAll('`', "'")}\` has no report: its job failed before it could write one, or was cancelled.`,
  );
  return blocks([
    mark`### ${renderHeadline(reports)}`,
    alertOf('WARNING', reports.removed, most),
    alertOf('CAUTION', missing, most),
    alertOf('WARNING', reports.leftOut, most),
    renderTable(told, most),
    quiet.length === 0
      ? NOTHING
      : details(`${countOf(quiet.length, 'key')} unchanged`, [join(firstOf(quiet, most), ', ')]),
  ]);
}

function alertOf(kind: 'WARNING' | 'CAUTION', sentences: readonly string[], most: number): Markdown {
  if (sentences.length === 0) return NOTHING;
  const shown = firstOf(
    sentences.map((each) => words(clip(each, 400))),
    Math.min(most, 50),
  );
  return alert(kind, shown);
}

function renderTable(rows: readonly Row[], most: number): Markdown {
  if (rows.length === 0) return NOTHING;
  const hidden = rows.length - most;
  return blocks([
    table(
      [mark`Key`, mark`What happens, and who gains access`],
      rows.slice(0, most).map((row) => renderRow(row, most)),
    ),
    leftOut(hidden, 'more key', mark`, less heavy ones`),
  ]);
}

function renderRow({ file, symbol }: Row, most: number): Markdown[] {
  const { report } = file;
  const isLong = most > 100;
  const regions = report.plan?.model.regions.map(({ region }) => region) ?? [];
  // Two columns, as a third would be off a telephone's screen.
  const lines = [
    words(clip(sayWhat(report), isLong ? 120 : 240)),
    join(firstOf(regions, 4), ' '),
    ...gainsOf(report, isLong ? 2 : 4).map((gain) => mark`➕ ${gain}`),
  ];
  return [mark`${sign(symbol)} ${clip(file.key, 80)}`, join(lines, '<br>')];
}

/** The verdict without the alias, which the row has already; of a failure, what was wrong. */
function sayWhat(report: ReportInput): string {
  const { title } = verdictWithoutAlias(report);
  const { failure, plan } = report;
  const why =
    failure === undefined
      ? stopsOf(plan?.findings)[0]?.reason
      : [failure.what, ...(failure.each ?? [])].join(' ');
  return report.outcome === 'planned' || why === undefined ? title : `${title}: ${why}`;
}

/** Who gains access, whoever is new first. */
function gainsOf({ plan, accountId }: ReportInput, most: number): Markdown[] {
  const names = (plan?.access ?? [])
    .filter(isGain)
    .sort((a, b) => Number(b.stranger) - Number(a.stranger))
    .map(({ principal, stranger }) => {
      const name = inSize({ ...FULL, text: 80 }, principalInWords(principal, accountId));
      return stranger ? mark`**new:** ${name}` : name;
    });
  return firstOf([...new Map(names.map((name) => [String(name), name])).values()], most);
}
