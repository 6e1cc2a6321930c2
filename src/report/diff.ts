/** Terraform's plan as the lines of a diff, so that GitHub colours what comes, goes and changes. */

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
