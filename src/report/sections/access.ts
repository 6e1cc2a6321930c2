/** Who gains and who loses access, as a difference of policies rather than of JSON text. */

import { isGain } from '../../plan/access.js';
import { isKey } from '../../plan/model.js';
import type { AccessChange } from '../../plan/types.js';
import {
  blocks,
  firstOf,
  join,
  mark,
  NOTHING,
  sized,
  some,
  table,
  type Markdown,
  type Size,
} from '../markdown.js';
import type { ReportedPlan } from '../types.js';
import {
  actionsInWords,
  counted,
  foldRegions,
  leftOut,
  OPEN_REGIONS,
  principalInWords,
  regionsInWords,
} from '../vocabulary.js';

/** What widens access comes first: that is what a reviewer has to agree to. */
const DIRECTIONS = {
  'gains Allow': mark`➕ gains access`,
  'loses Deny': mark`➕ is no longer denied`,
  'loses Allow': mark`➖ loses access`,
  'gains Deny': mark`⛔ is denied`,
} as const;

type Direction = keyof typeof DIRECTIONS;

const ORDER = Object.keys(DIRECTIONS);

function directionOf({ direction, effect }: AccessChange): Direction {
  return `${direction} ${effect}`;
}

/** Changes that differ in nothing but the principal share a row; strangers have rows of their own. */
interface AccessRow {
  readonly change: AccessChange;
  readonly principals: readonly string[];
  /** Whether somebody gets in who had no access before. */
  readonly letsStrangerIn: boolean;
}

/** Strangers first, then by direction. */
function rowsOf(access: readonly AccessChange[]): AccessRow[] {
  const same = (change: AccessChange): string => {
    const { stranger, actions, condition, regions } = change;
    const kind = [stranger && isGain(change), directionOf(change)];
    return JSON.stringify([kind, actions, condition ?? null, regions]);
  };
  return [...Map.groupBy(access, same).values()]
    .flatMap((changes) => {
      const [change] = changes;
      if (change === undefined) return [];
      const principals = changes.map(({ principal }) => principal);
      return [{ change, principals, letsStrangerIn: change.stranger && isGain(change) }];
    })
    .sort(
      (a, b) =>
        Number(b.letsStrangerIn) - Number(a.letsStrangerIn) ||
        ORDER.indexOf(directionOf(a.change)) - ORDER.indexOf(directionOf(b.change)),
    );
}

type Regions = AccessChange['regions'];

/** The lists of Regions that are too long for a cell, each once. */
function longLists(rows: readonly AccessRow[]): (readonly string[])[] {
  const lists = rows.flatMap(({ change: { regions } }) =>
    regions !== 'all' && regions.length > OPEN_REGIONS ? [regions] : [],
  );
  return [...new Map(lists.map((regions) => [regions.join(), regions])).values()];
}

/** Where there is more than one such list, a number tells them apart. */
function numberOf(regions: Regions, lists: readonly Regions[]): Markdown {
  const index = lists.findIndex((list) => String(list) === String(regions));
  return index < 0 || lists.length < 2 ? NOTHING : mark` (list\u00A0${index + 1})`;
}

function renderRow(
  { change, principals, letsStrangerIn }: AccessRow,
  accountId: string | undefined,
  lists: readonly Regions[],
): Markdown[] {
  const who = principals.map((principal) => principalInWords(principal, accountId));
  const names = sized(({ strangers, values }) => {
    const named = firstOf(who, letsStrangerIn ? strangers : values);
    // Two principals, of two lines each, must not read as one.
    return join(who.length > 1 ? named.map((name) => mark`• ${name}`) : named, '<br>');
  });
  const what = [
    actionsInWords(change.actions),
    change.condition === undefined ? NOTHING : mark`only if ${change.condition}`,
    mark`in ${regionsInWords(change.regions)}${numberOf(change.regions, lists)}`,
  ];
  return [join([DIRECTIONS[directionOf(change)], names], '<br>'), join(what, '<br>')];
}

/** Keys whose policy the plan can't tell yet: the reader must not take silence for "nobody". */
function renderUnknown({ model }: ReportedPlan): Markdown {
  const unknown = model.resources.filter(
    (change) =>
      isKey(change) &&
      change.attributes.some(({ name, after }) => name === 'policy' && after.is === 'unknown'),
  );
  if (unknown.length === 0) return NOTHING;
  const keys = counted(unknown.length, 'key');
  return mark`The policy of ${keys} is known only after apply: who gets access there can't be said yet.`;
}

/** The rows that are shown: all of strangers, as far as there is room at all, then as many others as there are rows. */
function chooseRows(rows: readonly AccessRow[], size: Size): AccessRow[] {
  let room = size.strangers;
  const strangers = rows.filter(({ letsStrangerIn, principals }) => {
    if (!letsStrangerIn || room <= 0) return false;
    room -= principals.length;
    return true;
  });
  const others = rows.filter(({ letsStrangerIn }) => !letsStrangerIn);
  return [...strangers, ...others.slice(0, Math.max(size.rows - strangers.length, 0))];
}

/**
 * The table of who gains and who loses access. Whoever had no access before comes first: everybody, services, identity
 * providers, principals of accounts that are new.
 */
export function renderAccess(plan: ReportedPlan, accountId: string | undefined): Markdown {
  const rows = rowsOf(plan.access);
  const unknown = renderUnknown(plan);
  const nobody = unknown === NOTHING ? mark`Nobody gains or loses access.` : NOTHING;
  const found = sized((size) => {
    const chosen = chooseRows(rows, size);
    const lists = longLists(chosen);
    const cells = chosen.map((row) => renderRow(row, accountId, lists));
    const hidden = rows.length - chosen.length;
    return blocks([
      chosen.length === 0 ? nobody : table([mark`Who`, mark`What they may do`], cells),
      ...lists.map((regions) =>
        foldRegions(regions.length, some(regions, 'rows', ' '), String(numberOf(regions, lists))),
      ),
      leftOut(hidden, 'more change', mark` of access`),
    ]);
  });
  return blocks([mark`#### Who gains and who loses access`, found, unknown]);
}
