/** What happens to one key or alias, in words. Each phrase is escaped Markdown without line ends. */

import type { AttributeChange, ChangeAction, RegionPlan, ResourceChange, Shown } from '../plan/types.js';
import { codeOf, keyIdOf, limitItems, type Detail } from './vocabulary.js';

/** What happens to a whole row of the table; the strongest of what happens to its key and aliases. */
export type RowChange =
  'none' | 'created' | 'imported' | 'changed' | 'moved' | 'replaced' | 'deleted' | 'forgotten';

/** A value as it may be shown. */
function shownInWords(shown: Shown, detail: Detail): string {
  switch (shown.is) {
    case 'absent':
      return 'none';
    case 'unknown':
      return 'known after apply';
    case 'sensitive':
      return 'sensitive, not shown';
    case 'value':
      return typeof shown.value === 'string'
        ? codeOf(shown.value, detail)
        : codeOf(JSON.stringify(shown.value), detail);
  }
}

function isValue(shown: Shown, value: unknown): boolean {
  return shown.is === 'value' && shown.value === value;
}

function fromTo(attribute: AttributeChange, detail: Detail): string {
  return `${shownInWords(attribute.before, detail)} → ${shownInWords(attribute.after, detail)}`;
}

/** A switch in words: on, off, or what else is known of it. */
function switchInWords(name: string, attribute: AttributeChange, detail: Detail): string {
  if (isValue(attribute.after, true)) return `${name} **on**`;
  if (isValue(attribute.after, false)) return `${name} **off**`;
  return `${name} ${fromTo(attribute, detail)}`;
}

function tagEntries(shown: Shown): Map<string, unknown> | undefined {
  if (shown.is === 'absent' || isValue(shown, null)) return new Map();
  if (shown.is !== 'value' || typeof shown.value !== 'object') return undefined;
  return new Map(Object.entries(shown.value as Record<string, unknown>));
}

function tagsInWords(attribute: AttributeChange, detail: Detail): string {
  const before = tagEntries(attribute.before);
  const after = tagEntries(attribute.after);
  if (before === undefined || after === undefined) return `tags ${fromTo(attribute, detail)}`;
  const value = (tag: unknown): string => codeOf(typeof tag === 'string' ? tag : JSON.stringify(tag), detail);
  const names = [...new Set([...before.keys(), ...after.keys()])].sort();
  const phrases = names
    .filter((name) => JSON.stringify(before.get(name)) !== JSON.stringify(after.get(name)))
    .map((name) => {
      const tag = codeOf(name, detail);
      if (!after.has(name)) return `${tag} removed`;
      if (!before.has(name)) return `${tag} = ${value(after.get(name))}`;
      return `${tag} ${value(before.get(name))} → ${value(after.get(name))}`;
    });
  return `tags: ${limitItems(phrases, detail.values).join(', ')}`;
}

type Describe = (attribute: AttributeChange, detail: Detail) => string;

const named =
  (words: string): Describe =>
  (attribute, detail) =>
    `${words} ${fromTo(attribute, detail)}`;

const ATTRIBUTES: Readonly<Record<string, Describe>> = {
  // The policy's difference has a table of its own; its JSON helps nobody here.
  policy: (attribute) =>
    attribute.after.is === 'unknown' ? 'key policy (known after apply)' : '**key policy**',
  enable_key_rotation: (attribute, detail) => switchInWords('automatic rotation', attribute, detail),
  is_enabled: (attribute, detail) => switchInWords('key', attribute, detail),
  enabled: (attribute, detail) => switchInWords('key', attribute, detail),
  bypass_policy_lockout_safety_check: (attribute, detail) =>
    switchInWords('bypass of the policy lockout check', attribute, detail),
  tags: tagsInWords,
  tags_all: tagsInWords,
  description: named('description'),
  deletion_window_in_days: windowInWords,
  rotation_period_in_days: named('rotation period, in days,'),
  customer_master_key_spec: named('key spec'),
  key_usage: named('key usage'),
  multi_region: named('multi-Region'),
  name: named('name'),
  target_key_id: named('points to'),
  target_key_arn: named('points to'),
};

/** The attributes worth a reader's time: `tags_all` repeats `tags`, and an alias's target is named twice. */
function relevantAttributes(change: ResourceChange): AttributeChange[] {
  const names = new Set(change.attributes.map((attribute) => attribute.name));
  return change.attributes.filter(
    (attribute) =>
      !(attribute.name === 'tags_all' && names.has('tags')) &&
      !(attribute.name === 'target_key_arn' && names.has('target_key_id')) &&
      !isDefaultOfImport(attribute, change),
  );
}

/** What no key has and only a state keeps: an import writes the default down. */
function isDefaultOfImport({ name, after }: AttributeChange, { importing }: ResourceChange): boolean {
  return importing !== undefined && name === 'bypass_policy_lockout_safety_check' && isValue(after, false);
}

/** An import does not know the days: KMS has them only once a deletion is scheduled. */
function windowInWords(attribute: AttributeChange, detail: Detail): string {
  const { before, after } = attribute;
  if (before.is !== 'absent' && !isValue(before, 0))
    return `deletion window, in days, ${fromTo(attribute, detail)}`;
  return `deletion window, in days, ${shownInWords(after, detail)}`;
}

/** The attributes of an update or of drift, one phrase each. */
export function attributesInWords(change: ResourceChange, detail: Detail): string[] {
  const phrases = relevantAttributes(change).map((attribute) => {
    const describe = Object.hasOwn(ATTRIBUTES, attribute.name) ? ATTRIBUTES[attribute.name] : undefined;
    return describe?.(attribute, detail) ?? `${codeOf(attribute.name, detail)} ${fromTo(attribute, detail)}`;
  });
  return limitItems(phrases, detail.values);
}

/** The days that a key being deleted can still be saved in, as far as the plan knows. */
function deletionWindow(change: ResourceChange): number | undefined {
  const before = change.attributes.find(({ name }) => name === 'deletion_window_in_days')?.before;
  return before?.is === 'value' && typeof before.value === 'number' ? before.value : undefined;
}

/** @param row whose key id and alias stand above the table: an import of just these needs no name of its own */
function originInWords(change: ResourceChange, row: RegionPlan, detail: Detail): string[] {
  const { importing } = change;
  const known = [row.alias, row.keyArn, row.keyArn === undefined ? undefined : keyIdOf(row.keyArn)];
  const name = importing === undefined || known.includes(importing) ? '' : ` (${codeOf(importing, detail)})`;
  return [
    ...(importing === undefined ? [] : [`**imported**${name}`]),
    ...(change.movedFrom === undefined
      ? []
      : ['new address in the state, the resource itself stays as it is']),
  ];
}

function keyInWords(change: ResourceChange, row: RegionPlan, detail: Detail): string[] {
  const origin = originInWords(change, row, detail);
  switch (change.action) {
    case 'no-op':
    case 'read':
      return origin;
    case 'create':
      return [...origin, 'key **created**'];
    case 'update':
      return [...origin, ...attributesInWords(change, detail)];
    case 'replace': {
      const forcing = change.attributes.filter(({ forcesReplacement }) => forcesReplacement);
      const because =
        forcing.length === 0 ? [] : attributesInWords({ ...change, attributes: forcing }, detail);
      return [
        ...origin,
        `key **deleted and created anew**${because.length > 0 ? `: ${because.join(', ')}` : ''}`,
      ];
    }
    case 'delete': {
      const days = deletionWindow(change);
      return [`key **scheduled for deletion**${days === undefined ? '' : `, waiting period ${days} days`}`];
    }
    case 'forget':
      return ['key **forgotten**: it lives on, Terraform no longer knows it'];
  }
}

function aliasInWords(change: ResourceChange, row: RegionPlan, detail: Detail): string[] {
  const origin = originInWords(change, row, detail).map((phrase) => `alias ${phrase}`);
  const name = change.attributes.find((attribute) => attribute.name === 'name');
  switch (change.action) {
    case 'no-op':
    case 'read':
      return origin;
    case 'create':
      return [...origin, 'alias created'];
    case 'update':
      return [...origin, 'alias points to another key'];
    case 'replace':
      return [...origin, name === undefined ? 'alias replaced' : `alias **renamed** ${fromTo(name, detail)}`];
    case 'delete':
      return ['alias deleted'];
    case 'forget':
      return ['alias forgotten: it lives on, Terraform no longer knows it'];
  }
}

/** Everything that happens in one Region: its key first, then its aliases; empty when nothing does. */
export function regionInWords(row: RegionPlan, detail: Detail): string[] {
  const key = row.key === undefined ? [] : keyInWords(row.key, row, detail);
  const aliases = row.aliases.flatMap((alias) => aliasInWords(alias, row, detail));
  if (key[0] === 'key **created**' && aliases.length === 1 && aliases[0] === 'alias created') {
    return ['key and alias **created**'];
  }
  return [...key, ...limitItems(aliases, detail.values)];
}

const KEY_ACTIONS: Readonly<Record<ChangeAction, RowChange>> = {
  'no-op': 'none',
  read: 'none',
  create: 'created',
  update: 'changed',
  replace: 'replaced',
  delete: 'deleted',
  forget: 'forgotten',
};

function rowChangeOf(change: ResourceChange): RowChange {
  const happens = KEY_ACTIONS[change.action];
  if (happens === 'none' && change.movedFrom !== undefined) return 'moved';
  // An import may bring changes with it; it is the import that a reader wants to know of.
  if (change.importing !== undefined && ['none', 'created', 'changed'].includes(happens)) return 'imported';
  return happens;
}

/** What happens in a Region, in one word: that of its key, or else of its aliases, whose end is no key's end. */
export function rowChange(row: RegionPlan): RowChange {
  const key = row.key === undefined ? 'none' : rowChangeOf(row.key);
  if (key !== 'none') return key;
  const aliases = row.aliases.map(rowChangeOf).filter((change) => change !== 'none');
  const first = aliases[0] ?? 'none';
  return aliases.every((change) => change === 'moved' || change === 'imported') ? first : 'changed';
}
