/** What everybody sees of many keys: a row for each to which something happens. */

import { isGain } from '../../plan/access.js';
import { alert, clip, codeSpan, details, prose, table } from '../markdown.js';
import type { ReportInput } from '../types.js';
import { describeVerdict } from '../verdict.js';
import { countOf, limitItems, principalInWords } from '../vocabulary.js';
import { headlineOf, SYMBOLS, type ManyReports, type Row } from './kinds.js';

/** Headline, call-outs, the table, and the keys without changes. */
export function renderHead(reports: ManyReports, rows: readonly Row[], most: number): string[] {
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
    table(['Key', 'What happens, and who gains access'], shown),
    ...(hidden > 0 ? [`…and ${countOf(hidden, 'more key')}, less heavy ones, left out for length.`] : []),
  ];
}

function renderRow({ file, kind }: Row, most: number): string[] {
  const { report } = file;
  const long = most > 100 ? 120 : 240;
  const regions = report.plan?.model.regions.map(({ region }) => codeSpan(region)) ?? [];
  // Two columns, as a third would be off a telephone's screen.
  const lines = [
    prose(clip(sayWhat(report), long)),
    limitItems(regions, 4).join(' '),
    ...gainsOf(report, most > 100 ? 2 : 4).map((gain) => `➕ ${gain}`),
  ];
  return [
    `${SYMBOLS[kind]} ${codeSpan(clip(file.key, 80))}`,
    lines.filter((line) => line !== '').join('<br>'),
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

/** Who gains access, whoever is new first. */
function gainsOf({ plan, accountId }: ReportInput, most: number): string[] {
  const gains = (plan?.access ?? []).filter(isGain);
  const strangersFirst = [...gains].sort((a, b) => Number(b.stranger) - Number(a.stranger));
  const names = strangersFirst.map(({ principal, stranger }) => {
    const name = principalInWords(principal, accountId, { rows: 1, values: 1, text: 80 });
    return stranger ? `**new:** ${name}` : name;
  });
  return limitItems([...new Set(names)], most);
}
