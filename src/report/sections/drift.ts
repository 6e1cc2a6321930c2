/** What was changed outside Terraform, in the same words as a plan. */

import type { ResourceChange } from '../../plan/types.js';
import { attributesInWords } from '../changes.js';
import { details, table } from '../markdown.js';
import { codeOf, countOf, limitItems, OPEN_REGIONS, regionCell, type Detail } from '../vocabulary.js';

function happened(change: ResourceChange, detail: Detail): string {
  switch (change.action) {
    case 'delete':
      return change.kind === 'alias' ? '❌ alias **deleted**' : '🚨 key **gone, or scheduled for deletion**';
    case 'create':
      return '➕ appeared';
    case 'no-op':
    case 'read':
    case 'update':
    case 'replace':
    case 'forget': {
      const words = attributesInWords(change, detail);
      return words.length === 0 ? 'changed' : `✏️ ${words.join('<br>')}`;
    }
  }
}

function whatOf(change: ResourceChange, detail: Detail): string {
  return change.kind === 'other' ? codeOf(change.address, detail) : change.kind;
}

/** Changes that say the same in other Regions. */
function groupChanges(drift: readonly ResourceChange[], detail: Detail): ResourceChange[][] {
  if (drift.length <= OPEN_REGIONS) return drift.map((change) => [change]);
  const groups = new Map<string, ResourceChange[]>();
  for (const change of drift) {
    const same = JSON.stringify([whatOf(change, detail), happened(change, detail)]);
    groups.set(same, [...(groups.get(same) ?? []), change]);
  }
  return [...groups.values()];
}

function whereCell(group: readonly ResourceChange[], detail: Detail): string {
  return group.length === 1 ? regionCell(group[0]?.region, detail) : `**${countOf(group.length, 'Region')}**`;
}

/** The Regions of the rows that stand for several. */
function renderFolded(groups: readonly ResourceChange[][], detail: Detail): string[] {
  return groups
    .filter((group) => group.length > 1)
    .map((group) => {
      const regions = group.map(({ region = '–' }) => codeOf(region, detail));
      const title = `The ${countOf(group.length, 'Region')} of that row`;
      return details(title, [limitItems(regions, detail.rows).join(' ')]);
    });
}

/** The table of drift as Markdown blocks; empty when there is none. */
export function renderDrift(drift: readonly ResourceChange[], detail: Detail): string[] {
  if (drift.length === 0) return [];
  const groups = groupChanges(drift, detail);
  const shown = groups.slice(0, detail.rows);
  const rows = shown.flatMap((group) => {
    const [first] = group;
    return first === undefined
      ? []
      : [[whereCell(group, detail), whatOf(first, detail), happened(first, detail)]];
  });
  const hidden = groups.slice(detail.rows).flat().length;
  return [
    '#### Changed outside Terraform',
    table(['Region', 'What', 'Recorded → found'], rows),
    ...renderFolded(shown, detail),
    ...(hidden > 0 ? [`…and ${countOf(hidden, 'more change')}, left out for length.`] : []),
  ];
}
