/** One comment for many keys: a row for each that something happens to, the heaviest first, its own report folded. */

import type { ReportFile } from '../report-files/file.js';
import type { AccessChange } from '../plan/types.js';
import { rowChange } from './changes.js';
import { renderWithin } from './layout.js';
import { alert, clip, codeSpan, details, link, prose, table } from './markdown.js';
import type { ReportInput } from './types.js';
import { describeVerdict } from './verdict.js';
import { countOf, limitItems, listOf, principalInWords } from './words.js';

export interface ManyReports {
  readonly files: readonly ReportFile[];
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

/** What happens to a key, by its weight. */
const KINDS = ['deletes', 'stopped', 'failed', 'drifted', 'changes', 'applied', 'nothing'] as const;
export type Kind = (typeof KINDS)[number];

const COUNTED: Readonly<Record<Kind, (count: number, tense: Tense) => string>> = {
  deletes: (count, tense) =>
    `${count} ${tense === 'done' ? 'had' : 'would have'} keys scheduled for deletion`,
  stopped: (count) => `${count} refused`,
  failed: (count) => `${count} failed`,
  drifted: (count) => `${count} drifted`,
  changes: (count) => `${count} would change`,
  applied: (count) => `${count} applied`,
  nothing: (count) => `${count} unchanged`,
};

type Tense = 'planned' | 'done';

const SYMBOLS: Readonly<Record<Kind, string>> = {
  deletes: '🗑️',
  stopped: '⛔',
  failed: '❌',
  drifted: '⚠️',
  changes: '🔑',
  applied: '✅',
  nothing: '✅',
};

/** @returns what happens to the key, as far as its row is concerned */
export function kindOf({ report }: ReportFile): Kind {
  const { outcome, plan } = report;
  if (outcome === 'failed' || outcome === 'cancelled') return 'failed';
  const deletes =
    plan?.model.regions.some((row) => ['deleted', 'replaced'].includes(rowChange(row))) === true;
  if (deletes && outcome !== 'drifted') return 'deletes';
  if (outcome === 'refused' || plan?.findings.some(({ severity }) => severity === 'stop') === true)
    return 'stopped';
  if (outcome === 'drifted') return 'drifted';
  if (outcome === 'planned') return 'changes';
  return outcome === 'applied' ? 'applied' : 'nothing';
}

interface Row {
  readonly file: ReportFile;
  readonly kind: Kind;
}

/** @returns the headline, without its sign of Markdown */
export function headlineOf(reports: ManyReports): string {
  const rows = rowsOf(reports);
  const { missing, untouched } = reports;
  const total = rows.length + missing.length;
  const tense: Tense = rows.some(({ file }) => file.report.outcome === 'applied') ? 'done' : 'planned';
  const counts = KINDS.flatMap((kind) => {
    const count = rows.filter((row) => row.kind === kind).length + (kind === 'failed' ? missing.length : 0);
    return count === 0 ? [] : [{ kind, words: COUNTED[kind](count, tense) }];
  });
  const symbol = SYMBOLS[counts[0]?.kind ?? 'nothing'];
  const rest = untouched === 0 ? '' : `; ${countOf(untouched, 'other key')} not in this run`;
  return `${symbol} ${countOf(total, 'key')}: ${counts.map(({ words }) => words).join(', ') || 'nothing to tell'}${rest}`;
}

function rowsOf({ files }: Pick<ManyReports, 'files'>): Row[] {
  return files
    .map((file): Row => ({ file, kind: kindOf(file) }))
    .sort((a, b) => KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind) || strangersOf(b) - strangersOf(a));
}

/** Among equals, those that let somebody new in come first. */
function strangersOf({ file }: Row): number {
  return (file.report.plan?.access ?? []).filter((change) => change.stranger && isGain(change)).length;
}

function isGain({ direction, effect }: AccessChange): boolean {
  return direction === 'gains' ? effect === 'Allow' : effect === 'Deny';
}

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
const ROOMS = [60_000, 20_000, 10_000, 6_000, 4_000, 2_500, 1_500] as const;

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

function renderHead(reports: ManyReports, rows: readonly Row[], most: number): string[] {
  const { missing, removed, leftOut } = reports;
  const told = rows.filter(({ kind }) => kind !== 'nothing');
  const quiet = rows.filter(({ kind }) => kind === 'nothing').map(({ file }) => codeSpan(file.key));
  const limits = { items: Math.min(most, 50) };
  return [
    `### ${headlineOf(reports)}`,
    ...alertOf('WARNING', removed, limits.items),
    ...alertOf(
      'CAUTION',
      missing.map(
        (key) =>
          `${quoteName(key)} has no report: its job failed before it could write one, or was cancelled.`,
      ),
      limits.items,
    ),
    ...alertOf('WARNING', leftOut, limits.items),
    ...renderTable(told, most),
    ...(quiet.length === 0
      ? []
      : [details(`${countOf(quiet.length, 'key')} unchanged`, [limitItems(quiet, most).join(', ')])]),
  ];
}

function quoteName(key: string): string {
  return `\`${key.replaceAll('`', "'")}\``;
}

function alertOf(kind: 'WARNING' | 'CAUTION', sentences: readonly string[], most: number): string[] {
  if (sentences.length === 0) return [];
  const shown = limitItems(
    sentences.map((each) => prose(clip(each, 400))),
    most,
  );
  return [alert(kind, shown)];
}

function renderTable(rows: readonly Row[], most: number): string[] {
  if (rows.length === 0) return [];
  const shown = rows.slice(0, most).map((row) => renderRow(row, most));
  const hidden = rows.length - shown.length;
  return [
    table(['Key', 'What happens', 'Who gains access'], shown),
    ...(hidden > 0 ? [`…and ${countOf(hidden, 'more key')}, less heavy ones, left out for length.`] : []),
  ];
}

function renderRow({ file, kind }: Row, most: number): string[] {
  const { report } = file;
  const long = most > 100 ? 120 : 240;
  const regions = report.plan?.model.regions.map(({ region }) => codeSpan(region)) ?? [];
  const where = regions.length === 0 ? '' : `<br>${limitItems(regions, 4).join(' ')}`;
  return [
    `${SYMBOLS[kind]} ${codeSpan(clip(file.key, 80))}`,
    `${prose(clip(sayWhat(report), long))}${where}`,
    gainsOf(report, most > 100 ? 2 : 4),
  ];
}

/** The verdict without the alias, which the row has already; of a failure, what was wrong. */
function sayWhat(report: ReportInput): string {
  const { title } = describeVerdict(report);
  const words = title.startsWith(`${report.alias}: `) ? title.slice(report.alias.length + 2) : title;
  const { failure, plan } = report;
  const why =
    failure === undefined
      ? plan?.findings.find(({ severity }) => severity === 'stop')?.reason
      : [failure.what, ...(failure.each ?? [])].join(' ');
  return report.outcome === 'planned' || why === undefined ? words : `${words}: ${why}`;
}

function gainsOf({ plan, accountId }: ReportInput, most: number): string {
  const gains = (plan?.access ?? []).filter(isGain);
  const strangersFirst = [...gains].sort((a, b) => Number(b.stranger) - Number(a.stranger));
  const names = strangersFirst.map(({ principal, stranger }) => {
    const name = principalInWords(principal, accountId, { rows: 1, values: 1, text: 80 });
    return stranger ? `**new:** ${name}` : name;
  });
  const distinct = [...new Set(names)];
  return distinct.length === 0 ? '–' : limitItems(distinct, most).join('<br>');
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
  const { report } = file;
  const body = renderWithin({ input: report, top: '', bottom: '', limit, measure });
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
