/**
 * Terraform's own plan as the lines of a diff, so that GitHub colours what comes, goes and changes; in a collapsed section,
 * and cut at a line end where it does not fit.
 */

import { fenceFor, formatCount, showInvisibleInLines } from '../escape.js';
import { details, fenced, mark, NOTHING, type Markdown } from '../markdown.js';

/** Where the lines of a multi-line value stand: found by its opening line. */
interface Heredoc {
  /** The column in which a line of the value carries its own marker, if it has one. */
  readonly markerColumn: number;
  /** How the closing line begins. */
  readonly end: string;
}

const MARKED = /^( *)(-\/\+|\+\/-|<=|[+~-])(?= )/;

function openHeredoc(line: string): Heredoc | undefined {
  const opening = /(?:^|[ (])<<-?([A-Z]+)$/.exec(line);
  if (opening === null) return undefined;
  const marked = MARKED.exec(line);
  const column = marked === null ? line.search(/\S/) : (marked[1]?.length ?? 0) + 2;
  return { markerColumn: column + 2, end: `${' '.repeat(column)}${opening[1] ?? ''}` };
}

function closes(line: string, heredoc: Heredoc): boolean {
  return line.startsWith(heredoc.end) && /^(?:$|[,) ])/.test(line.slice(heredoc.end.length));
}

/** A replacement destroys the key it replaces, in either order: both are shown as what goes. */
function colourOf(marker: string): string {
  if (marker === '~') return '!';
  return marker.includes('/') ? '-' : marker;
}

function moveMarker(line: string): string {
  const marked = MARKED.exec(line);
  if (marked === null) return line;
  const [whole, indent = '', marker = ''] = marked;
  const rest = line.slice(whole.length);
  if (marker.includes('/')) return `${colourOf(marker)}${indent} ${marker}${rest}`;
  if (marker === '<=') return line;
  return `${colourOf(marker)}${indent}${rest}`;
}

/**
 * The plan's lines with each marker in the first column, where a diff has it: `+` and `-` as they are, `~` as `!`, a
 * replacement (`-/+` or `+/-`) as `-`. Lines of a multi-line value are taken for marked only where Terraform puts the
 * markers of such a value, so that a list inside a description is not mistaken for a change.
 * @param text what `terraform show -no-color` prints
 */
export function toDiffLines(text: string): string[] {
  let heredoc: Heredoc | undefined;
  return text.split('\n').map((line) => {
    if (heredoc === undefined) {
      heredoc = openHeredoc(line);
      return moveMarker(line);
    }
    if (closes(line, heredoc)) {
      heredoc = undefined;
      return line;
    }
    const marked = MARKED.exec(line);
    return marked?.[1]?.length === heredoc.markerColumn ? moveMarker(line) : neutral(line);
  });
}

/** A line of a value that begins in the first column must not be taken for a line of the diff. */
function neutral(line: string): string {
  return /^[^ ]/.test(line) ? ` ${line}` : line;
}

export interface PlanTextOptions {
  readonly text: string;
  /** In whatever `measure` counts. */
  readonly room: number;
  readonly measure: (text: string) => number;
  /** Where the whole plan is. */
  readonly whole: Markdown;
}

interface Cut {
  readonly lines: readonly string[];
  readonly shown: number;
  readonly whole: Markdown;
}

function renderCut({ lines, shown, whole }: Cut): { title: string; note: Markdown } {
  if (shown === lines.length) return { title: 'The full plan', note: NOTHING };
  const left = lines.slice(shown);
  const size = mark`${left.length} of ${lines.length} lines (${left.join('\n').length + 1} characters)`;
  return {
    title: `The plan, its first ${formatCount(shown)} of ${formatCount(lines.length)} lines`,
    note: mark`**Cut here for length: ${size} are left out.** The whole plan is in ${whole}.`,
  };
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
 * The collapsed section; empty when there is no room even for the note that the plan was left out.
 * @returns no longer than `room`, its last line complete
 */
export function renderPlanText({ text, room, measure, whole }: PlanTextOptions): Markdown {
  const lines = toDiffLines(showInvisibleInLines(text).replace(/^\n+/, '').trimEnd());
  const fence = fenceFor(lines.join('\n'), 'diff');
  const written = lines.map(fence.line);
  const build = (shown: number): Markdown => {
    const { title, note } = renderCut({ lines, shown, whole });
    return details(title, [shown === 0 ? NOTHING : fenced(fence, lines.slice(0, shown)), note]);
  };
  const sizeOf = (shown: number): number => measure(String(build(shown)));
  // The frame is longest when nearly everything is left out, and grows with the digits of the count that is shown.
  const frame =
    sizeOf(Math.min(1, lines.length)) - measure(written[0] ?? '') + 2 * String(lines.length).length;
  const fitting = countFitting(written, room, measure);
  if (fitting === lines.length && sizeOf(fitting) <= room) return build(fitting);
  const cut = Math.min(countFitting(written, room - frame, measure), lines.length - 1);
  return sizeOf(cut) <= room ? build(cut) : NOTHING;
}
