/** Terraform's own plan, coloured, in a collapsed section, and cut at a line end where it does not fit. */

import { toDiffLines } from '../diff.js';
import { clip, codeSpan, fenceFor, formatCount, link, showInvisibleInLines } from '../markdown.js';
import type { ReportSource } from '../types.js';

export interface PlanTextOptions {
  readonly text: string;
  /** In whatever `measure` counts. */
  readonly room: number;
  readonly measure: (text: string) => number;
  readonly source: ReportSource;
}

function whereTheWholeIs(source: ReportSource): string {
  if (source.wholePlan !== undefined) return codeSpanless(source.wholePlan);
  return source.runUrl === undefined
    ? 'the job summary of the run'
    : link('the job summary of the run', source.runUrl);
}

/** The caller's own words; anything that is not one is shown as code. */
function codeSpanless(words: string): string {
  return /^[\p{L}\p{N} ,.'’-]+$/u.test(words) ? clip(words, 300) : codeSpan(clip(words, 300));
}

interface Cut {
  readonly lines: readonly string[];
  readonly shown: number;
  readonly source: ReportSource;
}

function charactersIn(lines: readonly string[]): number {
  return lines.reduce((sum, line) => sum + line.length + 1, 0);
}

function renderCut({ lines, shown, source }: Cut): { title: string; note: string } {
  if (shown === lines.length) return { title: 'The full plan', note: '' };
  const left = lines.slice(shown);
  const size = `${formatCount(left.length)} of ${formatCount(lines.length)} lines (${formatCount(charactersIn(left))} characters)`;
  const note = `**Cut here for length: ${size} are left out.** The whole plan is in ${whereTheWholeIs(source)}.`;
  return { title: `The plan, its first ${formatCount(shown)} of ${formatCount(lines.length)} lines`, note };
}

/** How many of the first lines fit into the room. */
function countFitting(lines: readonly string[], room: number, measure: (text: string) => number): number {
  let used = 0;
  for (const [index, line] of lines.entries()) {
    used += measure(line) + 1;
    if (used > room) return index;
  }
  return lines.length;
}

/**
 * The collapsed section; an empty string when there is no room even for the note that the plan was left out.
 * @returns Markdown no longer than `room`, its last line complete
 */
export function renderPlanText({ text, room, measure, source }: PlanTextOptions): string {
  const lines = toDiffLines(showInvisibleInLines(text).replace(/^\n+/, '').trimEnd());
  const fence = fenceFor(lines.join('\n'), 'diff');
  const written = lines.map(fence.line);
  const build = (shown: number): string => {
    const { title, note } = renderCut({ lines, shown, source });
    const block = shown === 0 ? [] : [[fence.open, ...written.slice(0, shown), fence.close].join('\n')];
    const body = [...block, ...(note === '' ? [] : [note])];
    return [`<details><summary>${title}</summary>`, ...body, '</details>'].join('\n\n');
  };
  // The frame is longest when nearly everything is left out, and grows with the digits of the count that is shown.
  const frame =
    measure(build(Math.min(1, lines.length))) - measure(written[0] ?? '') + 2 * String(lines.length).length;
  const fitting = countFitting(written, room, measure);
  if (fitting === lines.length && measure(build(fitting)) <= room) return build(fitting);
  const cut = build(Math.min(countFitting(written, room - frame, measure), lines.length - 1));
  return measure(cut) <= room ? cut : '';
}
