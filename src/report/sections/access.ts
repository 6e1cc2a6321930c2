/** Who gains and who loses access, as a difference of policies rather than of JSON text. */

import type { AccessChange, PlanModel } from '../../plan/types.js';
import { table } from '../markdown.js';
import {
  actionsInWords,
  codeOf,
  countOf,
  limitItems,
  principalInWords,
  regionsInWords,
  type Detail,
} from '../words.js';

/** With no-break spaces: the column is narrow, and a sign alone on its line says nothing. */
const DIRECTIONS = {
  'gains Allow': '➕\u00A0gains',
  'loses Allow': '➖\u00A0loses',
  'gains Deny': '⛔\u00A0is\u00A0denied',
  'loses Deny': '➕\u00A0no\u00A0longer\u00A0denied',
} as const;

/** What widens access comes first: that is what a reviewer has to agree to. */
const ORDER = ['gains Allow', 'loses Deny', 'loses Allow', 'gains Deny'] as const;

function kindOf(change: AccessChange): keyof typeof DIRECTIONS {
  return `${change.direction} ${change.effect}`;
}

/** Changes that differ in nothing but the principal share a row. */
interface AccessRow {
  readonly change: AccessChange;
  readonly principals: readonly string[];
}

function groupByPrincipal(changes: readonly AccessChange[]): AccessRow[] {
  const rows = new Map<string, AccessRow>();
  for (const change of changes) {
    const { actions, condition, regions } = change;
    const same = JSON.stringify([kindOf(change), actions, condition ?? null, regions]);
    const principals = rows.get(same)?.principals ?? [];
    rows.set(same, { change, principals: [...principals, change.principal] });
  }
  return [...rows.values()];
}

function renderRow(
  { change, principals }: AccessRow,
  accountId: string | undefined,
  detail: Detail,
): string[] {
  const who = principals.map((principal) => principalInWords(principal, accountId, detail));
  const condition = change.condition === undefined ? '' : `<br>only if ${codeOf(change.condition, detail)}`;
  const actions = actionsInWords(change.actions, detail);
  return [
    DIRECTIONS[kindOf(change)],
    limitItems(who, detail.values).join('<br>'),
    `${actions === '' ? '–' : actions}${condition}`,
    regionsInWords(change.regions, detail),
  ];
}

/** Keys whose policy the plan can't tell yet: the reader must not take silence for "nobody". */
function unknownPolicies(model: PlanModel): string[] {
  const unknown = model.resources.filter(
    ({ kind, attributes }) =>
      (kind === 'primary' || kind === 'replica') &&
      attributes.some(({ name, after }) => name === 'policy' && after.is === 'unknown'),
  );
  return unknown.length === 0
    ? []
    : [
        `The policy of ${countOf(unknown.length, 'key')} is known only after apply: who gets access there can't be said yet.`,
      ];
}

export interface AccessSection {
  readonly model: PlanModel;
  readonly access: readonly AccessChange[];
  readonly accountId: string | undefined;
}

/** The table of who gains and who loses access as Markdown blocks. */
export function renderAccess({ model, access, accountId }: AccessSection, detail: Detail): string[] {
  const sorted = groupByPrincipal(
    ORDER.flatMap((kind) => access.filter((change) => kindOf(change) === kind)),
  );
  const shown = sorted.slice(0, detail.rows).map((row) => renderRow(row, accountId, detail));
  const hidden = sorted.length - shown.length;
  const unknown = unknownPolicies(model);
  const nobody = shown.length === 0 && unknown.length === 0 ? ['Nobody gains or loses access.'] : [];
  return [
    '#### Who gains and who loses access',
    ...(shown.length === 0 ? nobody : [table(['', 'Who', 'What they may do', 'Where'], shown)]),
    ...(hidden > 0 ? [`…and ${countOf(hidden, 'more change')} of access, left out for length.`] : []),
    ...unknown,
  ];
}
