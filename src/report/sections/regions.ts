/** A row per Region: which key is there, under which alias, and what happens to it. */

import type { PlanModel, RegionPlan } from '../../plan/types.js';
import { regionInWords, rowChange, type RowChange } from '../changes.js';
import { table } from '../markdown.js';
import { codeOf, countOf, shortKeyId, regionCell, type Detail } from '../words.js';

const SIGNS: Readonly<Record<RowChange, string>> = {
  none: '',
  moved: '',
  created: '➕ ',
  imported: '📥 ',
  changed: '✏️ ',
  replaced: '❌ ',
  deleted: '❌ ',
  forgotten: '👋 ',
};

function keyCell(row: RegionPlan, detail: Detail): string {
  if (row.keyArn !== undefined) return codeOf(shortKeyId(row.keyArn), detail);
  return row.key?.action === 'create' ? '<em>known after apply</em>' : '–';
}

function changeCell(row: RegionPlan, detail: Detail): string {
  const words = regionInWords(row, detail);
  return words.length === 0 ? 'stays as it is' : `${SIGNS[rowChange(row)]}${words.join('<br>')}`;
}

function renderRow(row: RegionPlan, detail: Detail): string[] {
  return [
    regionCell(row.region, detail),
    row.role === 'primary' ? '**primary**' : 'replica',
    keyCell(row, detail),
    row.alias === undefined ? '–' : codeOf(row.alias, detail),
    changeCell(row, detail),
  ];
}

/** Changes to resources that belong to no key's Region; the table alone would hide them. */
function renderOthers(model: PlanModel, detail: Detail): string[] {
  const others = model.resources.filter(
    ({ kind, action }) => kind === 'other' && action !== 'no-op' && action !== 'read',
  );
  if (others.length === 0) return [];
  const named = others
    .slice(0, detail.rows)
    .map((change) => `${codeOf(change.address, detail)} (${change.action})`);
  const more = others.length > detail.rows ? `, and ${others.length - detail.rows} more` : '';
  return [`Besides the keys: ${named.join(', ')}${more}.`];
}

/** The table of Regions as Markdown blocks. */
export function renderRegions(model: PlanModel, detail: Detail): string[] {
  const shown = model.regions.slice(0, detail.rows).map((row) => renderRow(row, detail));
  const hidden = model.regions.length - shown.length;
  return [
    ...(shown.length === 0 ? [] : [table(['Region', 'Role', 'Key', 'Alias', 'What changes'], shown)]),
    ...(hidden > 0 ? [`…and ${countOf(hidden, 'more Region', 'more Regions')}, left out for length.`] : []),
    ...renderOthers(model, detail),
  ];
}
