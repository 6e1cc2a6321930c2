/** The picture: the primary and its replicas, as a Mermaid flowchart. GitHub draws it in comments and job summaries. */

import type { RegionPlan } from '../plan/types.js';
import { rowChange } from './changes.js';
import { showInvisible } from './escape.js';
import { codeBlock, details, NOTHING, type Markdown } from './markdown.js';
import { CHANGES, countOf, OPEN_REGIONS, placeOf, type RowChange } from './vocabulary.js';

/** With more replicas than this the picture shows one box per part of the world and kind of change. */
const REPLICAS_ONE_BY_ONE = 8;

/** Regions named in one box, and boxes in the picture, at the most. */
const NAMES_IN_A_BOX = 12;
const BOXES = 24;

/** By the first part of a Region's id: the areas that a picture with many Regions groups them into. */
const AREAS: ReadonlyMap<string, string> = new Map([
  ['af', 'Africa'],
  ['ap', 'Asia Pacific'],
  ['ca', 'Canada'],
  ['cn', 'China'],
  ['eu', 'Europe'],
  ['eusc', 'European Sovereign Cloud'],
  ['il', 'Israel'],
  ['me', 'Middle East'],
  ['mx', 'Mexico'],
  ['sa', 'South America'],
  ['us', 'United States'],
]);

function areaOf(region: string): string {
  return AREAS.get(region.split('-')[0] ?? '') ?? 'Elsewhere';
}

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

function statusOf(what: string, change: RowChange): string {
  if (CHANGES[change].style === 'stays') return what;
  return `${what}, ${change === 'created' ? 'new' : change}`;
}

function boxOf(row: RegionPlan): Box {
  const change = rowChange(row);
  const place = placeOf(row.region);
  const lines = [...(place === undefined ? [] : [place]), row.region, statusOf(row.role, change)];
  return { lines, change };
}

function groupByArea(replicas: readonly RegionPlan[]): Box[] {
  const groups = Map.groupBy(replicas, (row) => `${areaOf(row.region)}/${rowChange(row)}`);
  return [...groups.values()].flatMap((rows) => {
    const [first] = rows;
    if (first === undefined) return [];
    const change = rowChange(first);
    const names = rows.slice(0, NAMES_IN_A_BOX).map(({ region }) => region);
    const more = rows.length > NAMES_IN_A_BOX ? [`and ${rows.length - NAMES_IN_A_BOX} more`] : [];
    const status = statusOf(countOf(rows.length, 'replica'), change);
    return [{ lines: [areaOf(first.region), ...names, ...more, status], change }];
  });
}

function drawBox(id: string, box: Box): string {
  return `  ${id}["${box.lines.map(label).join('<br>')}"]:::${CHANGES[box.change].style}`;
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
  const used = new Set<string>([boxOf(primary), ...drawn].map(({ change }) => CHANGES[change].style));
  return [
    'flowchart LR',
    drawBox('primary', boxOf(primary)),
    ...drawn.flatMap((box, index) => [
      drawBox(`replica${index + 1}`, box),
      `  primary ${CHANGES[box.change].style === 'goes' ? '-.-' : '---'} replica${index + 1}`,
    ]),
    ...CLASSES.filter((line) => used.has(line.split(' ')[1] ?? '')).map((line) => `  ${line}`),
  ].join('\n');
}

/** The picture, folded where the table says the same in less room, or where nothing is left to be weighed. */
export function renderPicture(rows: readonly RegionPlan[], isToBeWeighed: boolean): Markdown {
  const source = drawKeys(rows);
  if (source === undefined) return NOTHING;
  const picture = codeBlock(source, 'mermaid');
  return isToBeWeighed && rows.length <= OPEN_REGIONS
    ? picture
    : details(`The picture of ${countOf(rows.length, 'Region')}`, [picture]);
}
