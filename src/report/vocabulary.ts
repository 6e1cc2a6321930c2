/** The words of the report: lists, numbers, principals and actions, as a reader without Terraform knows them. */

import { clip, codeSpan, formatCount } from './markdown.js';
import { placeOf } from './region-names.js';

/** How much of everything is shown; made smaller, step by step, until the report fits. */
export interface Detail {
  /** Rows of a table or items of a list. */
  readonly rows: number;
  /** Values inside one cell, e.g. KMS actions. */
  readonly values: number;
  /** Characters of one text from outside. */
  readonly text: number;
}

/** `1 key`, `3 keys`, `1,200 lines`. */
export function countOf(count: number, noun: string, plural = `${noun}s`): string {
  return `${formatCount(count)} ${count === 1 ? noun : plural}`;
}

/** `a`, `a and b`, `a, b and c`. */
export function listOf(items: readonly string[]): string {
  return items.length < 2 ? items.join('') : `${items.slice(0, -1).join(', ')} and ${items.at(-1) ?? ''}`;
}

/** The first items and, where there are more, how many. */
export function limitItems(items: readonly string[], max: number): string[] {
  return items.length <= max
    ? [...items]
    : [...items.slice(0, max), `and ${formatCount(items.length - max)} more`];
}

/** A value from outside as code, no longer than the detail allows. */
export function codeOf(text: string, detail: Detail): string {
  return codeSpan(clip(text, detail.text));
}

/** A Region as a cell: its place where it is known, and its id. */
export function regionCell(region: string | undefined, detail: Detail): string {
  if (region === undefined) return '–';
  const place = placeOf(region);
  return place === undefined ? codeOf(region, detail) : `${place}<br>${codeOf(region, detail)}`;
}

/** The id in a key's ARN, e.g. `mrk-…`; the ARN itself when it has another form. */
export function keyIdOf(keyArn: string): string {
  return /:key\/(.+)$/s.exec(keyArn)?.[1] ?? keyArn;
}

const TYPES: Readonly<Record<string, string>> = {
  Service: 'AWS service',
  Federated: 'Identity provider',
  CanonicalUser: 'Canonical user',
};

const IAM_ARN = /^arn:aws[a-z-]*:iam::(\d{12}):(root|(?:role|user)\/(.+))$/s;

/**
 * A principal in words, as Markdown.
 * @param principal in the canonical form of the access difference
 * @param accountId the account of the key, if known
 */
export function principalInWords(principal: string, accountId: string | undefined, detail: Detail): string {
  if (principal === '*') return '**Everyone** (`*`)';
  const named = /^(Service|Federated|CanonicalUser): (.+)$/s.exec(principal);
  if (named !== null) return `**${TYPES[named[1] ?? '']}** ${codeOf(named[2] ?? '', detail)}`;
  const arn = IAM_ARN.exec(principal);
  if (arn === null) return codeOf(principal, detail);
  const own = arn[1] === accountId ? ' (this\u00A0account)' : '';
  const account = `${codeSpan(arn[1] ?? '')}${own}`;
  if (arn[3] === undefined) return `**Account** ${account}`;
  const kind = arn[2]?.startsWith('role/') === true ? 'Role' : 'User';
  return `**${kind}** ${codeOf(arn[3], detail)}<br>of account ${account}`;
}

/** What KMS actions are for, by how their names begin (KMS's list of API operations). */
const PURPOSES: readonly (readonly [string, RegExp])[] = [
  ['Everything', /^\*$/],
  [
    'Use',
    /^(?:Encrypt|Decrypt|ReEncrypt|GenerateDataKey|GenerateMac|VerifyMac|GenerateRandom|Sign|Verify|DeriveSharedSecret)/i,
  ],
  ['Grant', /^(?:CreateGrant|RetireGrant|RevokeGrant)/i],
  ['Look up', /^(?:Describe|Get|List)/i],
  ['Manage', /^/],
];

/** KMS actions by what they are for, as Markdown; one line each, the strongest first. */
export function actionsInWords(actions: readonly string[], detail: Detail): string {
  const groups = new Map<string, string[]>(PURPOSES.map(([purpose]) => [purpose, []]));
  for (const action of actions) {
    const name = action.replace(/^kms:/i, '');
    const purpose = PURPOSES.find(([, pattern]) => pattern.test(name))?.[0] ?? 'Manage';
    groups.get(purpose)?.push(codeOf(purpose === 'Everything' ? action : name, detail));
  }
  const order = ['Everything', 'Manage', 'Grant', 'Use', 'Look up'];
  return order
    .map((purpose) => ({ purpose, names: groups.get(purpose) ?? [] }))
    .filter(({ names }) => names.length > 0)
    .map(({ purpose, names }) => `**${purpose}** ${limitItems(names, detail.values).join(' ')}`)
    .join('<br>');
}

/**
 * Up to so many Regions have a row or a name each. Of more, those of which the same is said share a row or are counted, with
 * a folded list below the table.
 */
export const OPEN_REGIONS = 6;

/** Regions as a cell: `all Regions`, their ids, or how many they are. */
export function regionsInWords(regions: readonly string[] | 'all', detail: Detail): string {
  if (regions === 'all') return 'all\u00A0Regions';
  if (regions.length > OPEN_REGIONS) return countOf(regions.length, 'Region').replace(' ', '\u00A0');
  return regions.map((region) => codeOf(region, detail)).join(' ');
}
