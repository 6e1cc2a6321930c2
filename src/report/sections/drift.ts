/** What was changed outside Terraform, in the same words as a plan. */

import type { ResourceChange } from '../../plan/types.js';
import { attributesInWords } from '../changes.js';
import { table } from '../markdown.js';
import { codeOf, countOf, regionCell, type Detail } from '../words.js';

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

/** The table of drift as Markdown blocks; empty when there is none. */
export function renderDrift(drift: readonly ResourceChange[], detail: Detail): string[] {
  if (drift.length === 0) return [];
  const rows = drift
    .slice(0, detail.rows)
    .map((change) => [regionCell(change.region, detail), whatOf(change, detail), happened(change, detail)]);
  const hidden = drift.length - rows.length;
  return [
    '#### Changed outside Terraform',
    table(['Region', 'What', 'Recorded → found'], rows),
    ...(hidden > 0 ? [`…and ${countOf(hidden, 'more change')}, left out for length.`] : []),
  ];
}
