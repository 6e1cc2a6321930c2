/** The words of the report: what happens, counts, settings, principals and actions, as a reader without Terraform knows them. */

import { descriptionOf } from '../facts/regions.js';
import { capitalise } from '../phrases.js';
import type { ChangeCounts } from '../plan/types.js';
import { clip, formatCount } from './escape.js';
import { blocks, details, join, mark, NOTHING, sized, some, words, type Markdown } from './markdown.js';

/** The first sign of a report, by what it tells. */
export const SYMBOLS = {
  deletes: '🗑️',
  stopped: '⛔',
  failed: '❌',
  cancelled: '🚫',
  warns: '⚠️',
  changes: '🔑',
  well: '✅',
} as const;

/** What happens to a whole row of the table; the strongest of what happens to its key and aliases. */
export type RowChange =
  'deleted' | 'replaced' | 'forgotten' | 'created' | 'imported' | 'changed' | 'moved' | 'none';

interface Happening {
  /** What costs most to overlook comes first. */
  readonly weight: number;
  /** How it is drawn. */
  readonly style: 'stays' | 'comes' | 'changes' | 'goes';
  readonly sign: Markdown;
  /** What happens to a key, after "would be". */
  readonly keys?: string;
}

export const CHANGES: Readonly<Record<RowChange, Happening>> = {
  deleted: { weight: 1, style: 'goes', sign: mark`❌`, keys: 'scheduled for deletion' },
  replaced: { weight: 1, style: 'goes', sign: mark`❌`, keys: 'deleted and created anew' },
  forgotten: { weight: 1, style: 'goes', sign: mark`👋`, keys: 'forgotten' },
  created: { weight: 2, style: 'comes', sign: mark`➕`, keys: 'created' },
  imported: { weight: 2, style: 'comes', sign: mark`📥`, keys: 'imported' },
  changed: { weight: 3, style: 'changes', sign: mark`✏️` },
  moved: { weight: 4, style: 'stays', sign: NOTHING },
  none: { weight: 5, style: 'stays', sign: NOTHING },
};

/** A setting of a key or an alias, by its attribute. */
export const SETTINGS: ReadonlyMap<string, string> = new Map([
  ['policy', 'key policy'],
  ['description', 'description'],
  ['tags', 'tags'],
  ['tags_all', 'tags'],
  ['deletion_window_in_days', 'deletion window'],
  ['rotation_period_in_days', 'rotation period'],
  ['customer_master_key_spec', 'key spec'],
  ['key_usage', 'key usage'],
  ['multi_region', 'multi-Region'],
  ['name', 'name'],
  ['target_key_id', 'points to'],
  ['target_key_arn', 'points to'],
]);

/** `1 key`, `3 keys`, `1,200 lines`. */
export function countOf(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/** Terraform's own counts, in its words: those that every plan has, and those that few have. */
export function countsInWords(counts: ChangeCounts): { usual: string[]; rare: string[] } {
  return {
    usual: [`${counts.add} to add`, `${counts.change} to change`, `${counts.destroy} to destroy`],
    rare: (['import', 'move', 'forget'] as const).flatMap((name) =>
      counts[name] > 0 ? [`${counts[name]} to ${name}`] : [],
    ),
  };
}

/** As `countOf`, in Markdown. */
export function counted(count: number, noun: string): Markdown {
  return mark`${count} ${words(count === 1 ? noun : `${noun}s`)}`;
}

/** What has no room; empty where nothing is left out. */
export function leftOut(count: number, noun: string, rest = NOTHING): Markdown {
  return count > 0 ? mark`…and ${counted(count, noun)}${rest}, left out for length.` : NOTHING;
}

/** What is made of as many items as there are rows for, and how many more there are; an item may stand for several. */
export function withinRows<T>(
  items: readonly T[],
  noun: string,
  make: (shown: readonly T[]) => readonly Markdown[],
  rest = NOTHING,
): Markdown {
  return sized(({ rows }) =>
    blocks([...make(items.slice(0, rows)), leftOut(items.slice(rows).flat().length, noun, rest)]),
  );
}

type Role = 'primary' | 'replica';

/**
 * The place of a Region, e.g. `Singapore` of AWS's `Asia Pacific (Singapore)`; undefined for one that is not known here. Where
 * AWS names no place beside the area (`Canada (Central)`), it is both.
 */
export function placeOf(region: string): string | undefined {
  const description = descriptionOf(region);
  const place = /\((.+)\)$/.exec(description ?? '')?.[1];
  if (place !== undefined && !/^(Central|US-East|US-West)$/.test(place)) return place;
  return description?.replaceAll(/[()]/g, '');
}

/** A Region in a sentence: its place, or else its id. */
export function placeInWords(region: string): string {
  return placeOf(region) ?? clip(region, 40);
}

/**
 * Up to so many Regions have a row or a name each. Of more, those of which the same is said share a row or are counted, with
 * a folded list below the table.
 */
export const OPEN_REGIONS = 6;

/** The items that a row stands for, by what may be said of all of them. */
export function groupAlike<T>(items: readonly T[], likeness: (item: T) => string): T[][] {
  if (items.length <= OPEN_REGIONS) return items.map((item) => [item]);
  return [...Map.groupBy(items, likeness).values()];
}

/**
 * The Region of a row, or how many share it. One has its place, where that is known, and its id: two short lines, so that what
 * changes has room on a narrow screen.
 */
export function regionsCell(group: readonly { region: string | undefined }[], role?: Role): Markdown {
  const as =
    role === undefined ? NOTHING : mark` · ${role === 'primary' ? mark`**primary**` : mark`replica`}`;
  const [first] = group;
  if (group.length > 1) return mark`**${counted(group.length, 'Region')}**${as}`;
  if (first?.region === undefined) return mark`–`;
  const place = placeOf(first.region);
  return place === undefined ? mark`${first.region}${as}` : mark`${words(place)}${as}<br>${first.region}`;
}

/** The Regions behind a row that stands for several, folded. */
export function foldRegions(count: number, list: Markdown, number = ''): Markdown {
  return details(`The ${countOf(count, 'Region')}${number} of that row`, [list]);
}

/** Regions as a cell: `all Regions`, their ids, or how many they are. */
export function regionsInWords(regions: readonly string[] | 'all'): Markdown {
  if (regions === 'all') return mark`all\u00A0Regions`;
  return regions.length > OPEN_REGIONS ? mark`${regions.length}\u00A0Regions` : join(regions, ' ');
}

/** The id in a key's ARN, e.g. `mrk-…`; the ARN itself when it has another form. */
export function keyIdOf(keyArn: string): string {
  return /:key\/(.+)$/s.exec(keyArn)?.[1] ?? keyArn;
}

const TYPES: ReadonlyMap<string, Markdown> = new Map([
  ['Service', mark`**AWS service**`],
  ['Federated', mark`**Identity provider**`],
  ['CanonicalUser', mark`**Canonical user**`],
]);

const IAM_ARN = /^arn:aws[a-z-]*:iam::(\d{12}):(?:root|(role|user)\/(.+))$/s;

/**
 * A principal in words.
 * @param principal in the canonical form of the access difference
 * @param accountId the account of the key, if known
 */
export function principalInWords(principal: string, accountId: string | undefined): Markdown {
  if (principal === '*') return mark`**Everyone** (${'*'})`;
  const [, typed = '', value = ''] = /^(\w+): (.+)$/s.exec(principal) ?? [];
  const type = TYPES.get(typed);
  if (type !== undefined) return mark`${type} ${value}`;
  const [, account, kind, path = ''] = IAM_ARN.exec(principal) ?? [];
  if (account === undefined) return mark`${principal}`;
  const whose = account === accountId ? mark`${account} (this\u00A0account)` : mark`${account}`;
  if (kind === undefined) return mark`**Account** ${whose}`;
  return mark`**${words(capitalise(kind))}** ${path}<br>of account ${whose}`;
}

/** What KMS actions are for, the strongest first, by how their names begin (KMS's list of API operations). */
const PURPOSES: readonly (readonly [purpose: string, beginning: RegExp | undefined])[] = [
  ['Everything', /^(?:kms:)?\*$/i],
  ['Manage', undefined],
  ['Grant', /^(?:CreateGrant|RetireGrant|RevokeGrant)/i],
  [
    'Use',
    /^(?:Encrypt|Decrypt|ReEncrypt|GenerateDataKey|GenerateMac|VerifyMac|GenerateRandom|Sign|Verify|DeriveSharedSecret)/i,
  ],
  ['Look up', /^(?:Describe|Get|List)/i],
];

function purposeOf(name: string): string {
  return PURPOSES.find(([, beginning]) => beginning?.test(name))?.[0] ?? 'Manage';
}

/** KMS actions by what they are for; one line each, the strongest first. */
export function actionsInWords(actions: readonly string[]): Markdown {
  const named = actions.map((action) => action.replace(/^kms:(?!\*$)/i, ''));
  const groups = Map.groupBy(named, purposeOf);
  const lines = PURPOSES.flatMap(([purpose]) => {
    const names = groups.get(purpose);
    return names === undefined ? [] : [mark`**${words(purpose)}** ${some(names, 'values', ' ')}`];
  });
  return join(lines, '<br>');
}
