/** What happens to each of many keys, and the headline over all of them. */

import type { ShownReport } from '../../report-files/gather.js';
import type { ReportFile } from '../../report-files/file.js';
import { isGain } from '../../plan/access.js';
import { rowChange } from '../changes.js';
import { countOf } from '../vocabulary.js';

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

export const SYMBOLS: Readonly<Record<Kind, string>> = {
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
  if (outcome === 'drifted') return 'drifted';
  // Whatever a plan would delete, one that is refused deletes nothing.
  if (outcome === 'refused' || plan?.findings.some(({ severity }) => severity === 'stop') === true)
    return 'stopped';
  const deletes =
    plan?.model.regions.some((row) => ['deleted', 'replaced'].includes(rowChange(row))) === true;
  if (deletes) return 'deletes';
  if (outcome === 'planned') return 'changes';
  return outcome === 'applied' ? 'applied' : 'nothing';
}

/** A key of the table. */
export interface Row {
  readonly file: ShownReport;
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

/** @returns the heaviest first */
export function rowsOf({ files }: Pick<ManyReports, 'files'>): Row[] {
  return files
    .map((file): Row => ({ file, kind: kindOf(file) }))
    .sort((a, b) => KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind) || strangersOf(b) - strangersOf(a));
}

/** Among equals, those that let somebody new in come first. */
function strangersOf({ file }: Row): number {
  return (file.report.plan?.access ?? []).filter((change) => change.stranger && isGain(change)).length;
}
