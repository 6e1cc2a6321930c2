/** What was changed outside Terraform, in the same words as a plan. */

import type { ResourceChange } from '../../plan/types.js';
import { attributesInWords } from '../changes.js';
import { blocks, mark, NOTHING, sized, some, table, words, type Markdown } from '../markdown.js';
import { CHANGES, counted, foldRegions, groupAlike, leftOut, regionCell } from '../vocabulary.js';

function happened(change: ResourceChange): Markdown {
  switch (change.action) {
    case 'delete':
      return change.kind === 'alias'
        ? mark`❌ alias **deleted**`
        : mark`🚨 key **gone, or scheduled for deletion**`;
    case 'create':
      return mark`➕ appeared`;
    case 'no-op':
    case 'read':
    case 'update':
    case 'replace':
    case 'forget': {
      const phrases = attributesInWords(change);
      return phrases.length === 0
        ? mark`changed`
        : mark`${CHANGES.changed.sign} ${some(phrases, 'values', '<br>')}`;
    }
  }
}

function whatOf({ kind, address }: ResourceChange): Markdown {
  return kind === 'other' ? mark`${address}` : words(kind);
}

function whereCell([first, ...more]: readonly ResourceChange[]): Markdown {
  if (more.length > 0) return mark`**${counted(more.length + 1, 'Region')}**`;
  return first?.region === undefined ? mark`–` : regionCell(first.region);
}

function renderGroup(group: readonly ResourceChange[]): Markdown[] {
  const [first] = group;
  return first === undefined ? [] : [whereCell(group), whatOf(first), happened(first)];
}

/** The table of drift; empty when there is none. */
export function renderDrift(drift: readonly ResourceChange[]): Markdown {
  if (drift.length === 0) return NOTHING;
  // Changes that say the same in other Regions.
  const groups = groupAlike(drift, (change) =>
    JSON.stringify([String(whatOf(change)), String(happened(change))]),
  );
  const rows = sized((size) => {
    const shown = groups.slice(0, size.rows);
    const folded = shown.filter(({ length }) => length > 1);
    const hidden = groups.slice(size.rows).flat().length;
    return blocks([
      table([mark`Region`, mark`What`, mark`Recorded → found`], shown.map(renderGroup)),
      ...folded.map((group) => {
        const regions = group.map(({ region = '–' }) => region);
        return foldRegions(group.length, some(regions, 'rows', ' '));
      }),
      leftOut(hidden, 'more change'),
    ]);
  });
  return blocks([mark`#### Changed outside Terraform`, rows]);
}
