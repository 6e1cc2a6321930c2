/** Who gains and who loses access, as a difference of policies rather than of JSON text. */

import type { AccessChange, PlanModel } from '../../plan/types.js';
import { details, table } from '../markdown.js';
import {
  actionsInWords,
  codeOf,
  countOf,
  limitItems,
  OPEN_REGIONS,
  principalInWords,
  regionsInWords,
  type Detail,
} from '../vocabulary.js';

const DIRECTIONS = {
  'gains Allow': '➕ gains access',
  'loses Allow': '➖ loses access',
  'gains Deny': '⛔ is denied',
  'loses Deny': '➕ is no longer denied',
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

/** The lists of Regions that are too long for a cell, each once. */
function longLists(rows: readonly AccessRow[]): string[][] {
  const lists = rows.flatMap(({ change: { regions } }) =>
    regions !== 'all' && regions.length > OPEN_REGIONS ? [regions] : [],
  );
  return [...new Map(lists.map((regions) => [regions.join(), [...regions]])).values()];
}

/** Where there is more than one such list, a number tells them apart. */
function numberOf(regions: AccessChange['regions'], lists: readonly (readonly string[])[]): string {
  if (regions === 'all' || lists.length < 2) return '';
  const index = lists.findIndex((list) => list.join() === regions.join());
  return index < 0 ? '' : ` (list\u00A0${index + 1})`;
}

function renderLists(lists: readonly (readonly string[])[], detail: Detail): string[] {
  return lists.map((regions) =>
    details(`The ${countOf(regions.length, 'Region')}${numberOf(regions, lists)} of that row`, [
      limitItems(
        regions.map((region) => codeOf(region, detail)),
        detail.rows,
      ).join(' '),
    ]),
  );
}

interface RowOptions {
  readonly accountId: string | undefined;
  readonly lists: readonly (readonly string[])[];
}

function renderRow(
  { change, principals }: AccessRow,
  { accountId, lists }: RowOptions,
  detail: Detail,
): string[] {
  const who = principals.map((principal) => principalInWords(principal, accountId, detail));
  const named = limitItems(who, letsStrangerIn(change) ? MOST_STRANGERS : detail.values);
  const where = `in ${regionsInWords(change.regions, detail)}${numberOf(change.regions, lists)}`;
  const what = [
    actionsInWords(change.actions, detail),
    ...(change.condition === undefined ? [] : [`only if ${codeOf(change.condition, detail)}`]),
    where,
  ];
  return [
    // Two principals, of two lines each, must not read as one.
    [DIRECTIONS[kindOf(change)], ...named.map((name) => (named.length > 1 ? `• ${name}` : name))].join(
      '<br>',
    ),
    what.filter((line) => line !== '').join('<br>'),
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
  const lists = longLists(chosen);
  const shown = chosen.map((row) => renderRow(row, { accountId, lists }, detail));
  const hidden = sorted.length - shown.length;
  const unknown = unknownPolicies(model);
  const nobody = shown.length === 0 && unknown.length === 0 ? ['Nobody gains or loses access.'] : [];
  return [
    '#### Who gains and who loses access',
    ...(shown.length === 0 ? nobody : [table(['Who', 'What they may do'], shown)]),
    ...renderLists(lists, detail),
    ...(hidden > 0 ? [`…and ${countOf(hidden, 'more change')} of access, left out for length.`] : []),
    ...unknown,
  ];
}
