/** The picture: the primary and its replicas, as a Mermaid flowchart. GitHub draws it in comments and job summaries. */

import type { RegionPlan } from '../plan/types.js';
import { rowChange, type RowChange } from './changes.js';
import { showInvisible } from './markdown.js';
import { areaOf, placeOf } from './region-names.js';

/** With more replicas than this the picture shows one box per part of the world and kind of change. */
const REPLICAS_ONE_BY_ONE = 8;

/** Regions named in one box, and boxes in the picture, at the most. */
const NAMES_IN_A_BOX = 12;
const BOXES = 24;

type Style = 'stays' | 'comes' | 'changes' | 'goes';

const STYLES: Readonly<Record<RowChange, Style>> = {
  none: 'stays',
  moved: 'stays',
  created: 'comes',
  imported: 'comes',
  changed: 'changes',
  replaced: 'goes',
  deleted: 'goes',
  forgotten: 'goes',
};

const WORDS: Readonly<Record<RowChange, string>> = {
  none: '',
  moved: '',
  created: 'new',
  imported: 'imported',
  changed: 'changed',
  replaced: 'replaced',
  deleted: 'deleted',
  forgotten: 'forgotten',
};

/** Outlines only: they stand out on GitHub's light and dark ground alike, and leave Mermaid's own colours alone. */
const CLASSES = [
  'classDef stays stroke-width:1px',
  'classDef comes stroke:#2da44e,stroke-width:3px',
  'classDef changes stroke:#bf8700,stroke-width:3px',
  'classDef goes stroke:#cf222e,stroke-width:3px,stroke-dasharray:6 4',
];

interface Box {
  readonly lines: readonly string[];
  readonly change: RowChange;
}

/** Letters and digits of any script, and little else: no quote, bracket, `#`, `;` or `<` that Mermaid could read. */
function label(text: string): string {
  const plain = showInvisible(text.normalize('NFC'))
    .replace(/[^\p{L}\p{N} .,:()-]/gu, '_')
    .trim();
  return plain.length > 48 ? `${plain.slice(0, 47)}…` : plain;
}

function boxOf(row: RegionPlan): Box {
  const change = rowChange(row);
  const place = placeOf(row.region);
  const status = WORDS[change] === '' ? row.role : `${row.role}, ${WORDS[change]}`;
  return { lines: [...(place === undefined ? [] : [place]), row.region, status], change };
}

function groupByArea(replicas: readonly RegionPlan[]): Box[] {
  const groups = new Map<string, RegionPlan[]>();
  for (const row of replicas) {
    const group = `${areaOf(row.region)}/${rowChange(row)}`;
    groups.set(group, [...(groups.get(group) ?? []), row]);
  }
  return [...groups.values()].map((rows) => {
    const [first] = rows;
    const change = first === undefined ? 'none' : rowChange(first);
    const names = rows.slice(0, NAMES_IN_A_BOX).map(({ region }) => region);
    const more = rows.length > NAMES_IN_A_BOX ? [`and ${rows.length - NAMES_IN_A_BOX} more`] : [];
    const count = rows.length === 1 ? '1 replica' : `${rows.length} replicas`;
    const status = WORDS[change] === '' ? count : `${count}, ${WORDS[change]}`;
    return { lines: [areaOf(first?.region ?? ''), ...names, ...more, status], change };
  });
}

function drawBox(id: string, box: Box): string {
  return `  ${id}["${box.lines.map(label).join('<br>')}"]:::${STYLES[box.change]}`;
}

/**
 * The Mermaid source, without its fence; undefined when there is no primary to draw.
 * @param rows the Regions of the plan
 */
export function drawKeys(rows: readonly RegionPlan[]): string | undefined {
  const primary = rows.find(({ role }) => role === 'primary');
  if (primary === undefined) return undefined;
  const replicas = rows.filter(({ role }) => role === 'replica');
  const boxes = replicas.length > REPLICAS_ONE_BY_ONE ? groupByArea(replicas) : replicas.map(boxOf);
  const drawn = boxes.slice(0, BOXES);
  const used = new Set<string>([boxOf(primary), ...drawn].map(({ change }) => STYLES[change]));
  return [
    'flowchart LR',
    drawBox('primary', boxOf(primary)),
    ...drawn.flatMap((box, index) => [
      drawBox(`replica${index + 1}`, box),
      `  primary ${STYLES[box.change] === 'goes' ? '-.-' : '---'} replica${index + 1}`,
    ]),
    ...CLASSES.filter((line) => used.has(line.split(' ')[1] ?? '')).map((line) => `  ${line}`),
  ].join('\n');
}

/** The picture as Markdown; undefined when there is nothing to draw. */
export function renderPicture(rows: readonly RegionPlan[]): string | undefined {
  const source = drawKeys(rows);
  // Labels hold no backtick, so three are enough.
  return source === undefined ? undefined : ['```mermaid', source, '```'].join('\n');
}
