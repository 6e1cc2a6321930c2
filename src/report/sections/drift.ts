/** What was changed outside Terraform, in the same words as a plan. */

import type { ResourceChange } from '../../plan/types.js';
import { attributesInWords } from '../changes.js';
import { blocks, mark, NOTHING, some, table, words, type Markdown } from '../markdown.js';
import { CHANGES, foldRegions, groupAlike, regionsCell, withinRows } from '../vocabulary.js';

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

function renderGroup(group: readonly ResourceChange[]): Markdown[] {
  const [first] = group;
  return first === undefined ? [] : [regionsCell(group), whatOf(first), happened(first)];
}

/** The table of drift, in which changes that say the same in several Regions share a row; empty when there is none. */
export function renderDrift(drift: readonly ResourceChange[]): Markdown {
  if (drift.length === 0) return NOTHING;
  const groups = groupAlike(drift, (change) =>
    JSON.stringify([String(whatOf(change)), String(happened(change))]),
  );
  const rows = withinRows(groups, 'more change', (shown) => [
    table([mark`Region`, mark`What`, mark`Recorded → found`], shown.map(renderGroup)),
    ...shown
      .filter(({ length }) => length > 1)
      .map((group) => {
        const regions = group.map(({ region = '–' }) => region);
        return foldRegions(group.length, some(regions, 'rows', ' '));
      }),
  ]);
  return blocks([mark`#### Changed outside Terraform`, rows]);
}
