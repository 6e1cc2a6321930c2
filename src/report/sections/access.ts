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

/** Changes that differ in nothing but the principal share a row; strangers have rows of their own. */
interface AccessRow {
  readonly change: AccessChange;
  readonly principals: readonly string[];
}

/** So many strangers are named whatever else is left out, as one more among them may be the one that matters. */
const MOST_STRANGERS = 300;

/** Whether somebody gets in who had no access before. */
function letsStrangerIn(change: AccessChange): boolean {
  const kind = kindOf(change);
  return change.stranger && (kind === 'gains Allow' || kind === 'loses Deny');
}

function groupByPrincipal(changes: readonly AccessChange[]): AccessRow[] {
  const rows = new Map<string, AccessRow>();
  for (const change of changes) {
    const { actions, condition, regions } = change;
    const kind = [letsStrangerIn(change), kindOf(change)];
    const same = JSON.stringify([kind, actions, condition ?? null, regions]);
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
    limitItems(who, letsStrangerIn(change) ? MOST_STRANGERS : detail.values).join('<br>'),
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

/** The rows that are shown: all of strangers, as far as there is room at all, then as many others as the detail allows. */
function chooseRows(rows: readonly AccessRow[], detail: Detail): AccessRow[] {
  let room = MOST_STRANGERS;
  const strangers = rows.filter(({ change, principals }) => {
    if (!letsStrangerIn(change) || room <= 0) return false;
    room -= principals.length;
    return true;
  });
  const others = rows.filter(({ change }) => !letsStrangerIn(change));
  return [...strangers, ...others.slice(0, Math.max(detail.rows - strangers.length, 0))];
}

/**
 * The table of who gains and who loses access as Markdown blocks. Whoever had no access before comes first: everybody,
 * services, identity providers, principals of accounts that are new.
 */
export function renderAccess({ model, access, accountId }: AccessSection, detail: Detail): string[] {
  const sorted = groupByPrincipal(
    [true, false].flatMap((stranger) =>
      ORDER.flatMap((kind) =>
        access.filter((change) => kindOf(change) === kind && letsStrangerIn(change) === stranger),
      ),
    ),
  );
  const chosen = chooseRows(sorted, detail);
  const shown = chosen.map((row) => renderRow(row, accountId, detail));
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
