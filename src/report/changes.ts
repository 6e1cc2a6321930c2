/** What happens to one key or alias, in words; each phrase has no line ends. */

import type { AttributeChange, ChangeAction, RegionPlan, ResourceChange, Shown } from '../plan/types.js';
import { mark, NOTHING, some, words, type Markdown } from './markdown.js';
import { CHANGES, keyIdOf, SETTINGS, type RowChange } from './vocabulary.js';

function valueInWords(value: unknown): Markdown {
  return mark`${typeof value === 'string' ? value : JSON.stringify(value)}`;
}

/** A value as it may be shown. */
function shownInWords(shown: Shown): Markdown {
  switch (shown.is) {
    case 'absent':
      return mark`none`;
    case 'unknown':
      return mark`known after apply`;
    case 'sensitive':
      return mark`sensitive, not shown`;
    case 'value':
      return valueInWords(shown.value);
  }
}

function isValue(shown: Shown, value: unknown): boolean {
  return shown.is === 'value' && shown.value === value;
}

function fromTo({ before, after }: AttributeChange): Markdown {
  return mark`${shownInWords(before)} → ${shownInWords(after)}`;
}

/** Settings that are on or off, by their attribute. */
const SWITCHES: ReadonlyMap<string, string> = new Map([
  ['enable_key_rotation', 'automatic rotation'],
  ['is_enabled', 'key'],
  ['enabled', 'key'],
  ['bypass_policy_lockout_safety_check', 'bypass of the policy lockout check'],
]);

function tagEntries(shown: Shown): Map<string, unknown> | undefined {
  if (shown.is === 'absent' || isValue(shown, null)) return new Map();
  if (shown.is !== 'value' || typeof shown.value !== 'object') return undefined;
  return new Map(Object.entries(shown.value as Record<string, unknown>));
}

function tagsInWords(attribute: AttributeChange): Markdown {
  const before = tagEntries(attribute.before);
  const after = tagEntries(attribute.after);
  if (before === undefined || after === undefined) return mark`tags ${fromTo(attribute)}`;
  const phrases = [...new Set([...before.keys(), ...after.keys()])]
    .sort()
    .filter((name) => JSON.stringify(before.get(name)) !== JSON.stringify(after.get(name)))
    .map((name) => {
      if (!after.has(name)) return mark`${name} removed`;
      const value = valueInWords(after.get(name));
      return before.has(name)
        ? mark`${name} ${valueInWords(before.get(name))} → ${value}`
        : mark`${name} = ${value}`;
    });
  return mark`tags: ${some(phrases, 'values', ', ')}`;
}

function switchInWords(name: string, attribute: AttributeChange): Markdown {
  if (isValue(attribute.after, true)) return mark`${words(name)} **on**`;
  if (isValue(attribute.after, false)) return mark`${words(name)} **off**`;
  return mark`${words(name)} ${fromTo(attribute)}`;
}

function attributeInWords(attribute: AttributeChange): Markdown {
  const { name, before, after } = attribute;
  const switched = SWITCHES.get(name);
  if (switched !== undefined) return switchInWords(switched, attribute);
  if (name === 'tags' || name === 'tags_all') return tagsInWords(attribute);
  const setting = SETTINGS.get(name);
  if (setting === undefined) return mark`${name} ${fromTo(attribute)}`;
  const what = words(setting);
  // The policy's difference has a table of its own; its JSON helps nobody here.
  if (name === 'policy')
    return after.is === 'unknown' ? mark`${what} (known after apply)` : mark`**${what}**`;
  if (!name.endsWith('_in_days')) return mark`${what} ${fromTo(attribute)}`;
  // An import does not know the waiting period: KMS has it only once a deletion is scheduled.
  const isNews = name === 'deletion_window_in_days' && (before.is === 'absent' || isValue(before, 0));
  return mark`${what}, in days, ${isNews ? shownInWords(after) : fromTo(attribute)}`;
}

/** The attributes worth a reader's time: `tags_all` repeats `tags`, and an alias's target is named twice. */
function relevantAttributes({ attributes, importing }: ResourceChange): AttributeChange[] {
  const names = new Set(attributes.map(({ name }) => name));
  return attributes.filter(
    ({ name, after }) =>
      !(name === 'tags_all' && names.has('tags')) &&
      !(name === 'target_key_arn' && names.has('target_key_id')) &&
      // What no key has and only a state keeps: an import writes the default down.
      !(importing !== undefined && name === 'bypass_policy_lockout_safety_check' && isValue(after, false)),
  );
}

/** The attributes of an update or of drift, one phrase each. */
export function attributesInWords(change: ResourceChange): Markdown[] {
  return relevantAttributes(change).map(attributeInWords);
}

/** The days that a key being deleted can still be saved in, as far as the plan knows. */
function deletionWindow(change: ResourceChange): number | undefined {
  const before = change.attributes.find(({ name }) => name === 'deletion_window_in_days')?.before;
  return before?.is === 'value' && typeof before.value === 'number' ? before.value : undefined;
}

/** @param row whose key id and alias stand above the table: an import of just these needs no name of its own */
function originInWords({ importing, movedFrom }: ResourceChange, row: RegionPlan): Markdown[] {
  const known = [row.alias, row.keyArn, row.keyArn === undefined ? undefined : keyIdOf(row.keyArn)];
  const name = known.includes(importing) ? NOTHING : mark` (${importing ?? ''})`;
  return [
    ...(importing === undefined ? [] : [mark`**imported**${name}`]),
    ...(movedFrom === undefined ? [] : [mark`new address in the state, the resource itself stays as it is`]),
  ];
}

const LIVES_ON = mark`it lives on, Terraform no longer knows it`;

function keyInWords(change: ResourceChange, row: RegionPlan): Markdown[] {
  const origin = originInWords(change, row);
  const happens = mark`key **${words(CHANGES[ROW_CHANGES[change.action]].keys ?? '')}**`;
  switch (change.action) {
    case 'no-op':
    case 'read':
      return origin;
    case 'create':
      return [...origin, happens];
    case 'update': {
      const phrases = attributesInWords(change);
      return phrases.length === 0 ? origin : [...origin, some(phrases, 'values', '<br>')];
    }
    case 'replace': {
      const attributes = change.attributes.filter(({ forcesReplacement }) => forcesReplacement);
      const because = attributesInWords({ ...change, attributes });
      return [...origin, because.length === 0 ? happens : mark`${happens}: ${some(because, 'values', ', ')}`];
    }
    case 'delete': {
      const days = deletionWindow(change);
      return [days === undefined ? happens : mark`${happens}, waiting period ${days} days`];
    }
    case 'forget':
      return [mark`${happens}: ${LIVES_ON}`];
  }
}

function aliasInWords(change: ResourceChange, row: RegionPlan): Markdown[] {
  const origin = originInWords(change, row).map((phrase) => mark`alias ${phrase}`);
  const name = change.attributes.find((attribute) => attribute.name === 'name');
  switch (change.action) {
    case 'no-op':
    case 'read':
      return origin;
    case 'create':
      return [...origin, mark`alias created`];
    case 'update':
      return [...origin, mark`alias points to another key`];
    case 'replace':
      return [...origin, name === undefined ? mark`alias replaced` : mark`alias **renamed** ${fromTo(name)}`];
    case 'delete':
      return [mark`alias deleted`];
    case 'forget':
      return [mark`alias forgotten: ${LIVES_ON}`];
  }
}

function isNew({ action, importing, movedFrom }: ResourceChange): boolean {
  return action === 'create' && importing === undefined && movedFrom === undefined;
}

/** Everything that happens in one Region: its key first, then its aliases; empty when nothing does. */
export function regionInWords(row: RegionPlan): Markdown[] {
  const key = row.key === undefined ? [] : keyInWords(row.key, row);
  const aliases = row.aliases.flatMap((alias) => aliasInWords(alias, row));
  if (row.key !== undefined && isNew(row.key) && aliases.length === 1 && row.aliases.some(isNew)) {
    return [mark`key and alias **created**`];
  }
  return aliases.length === 0 ? key : [...key, some(aliases, 'values', '<br>')];
}

const ROW_CHANGES: Readonly<Record<ChangeAction, RowChange>> = {
  'no-op': 'none',
  read: 'none',
  create: 'created',
  update: 'changed',
  replace: 'replaced',
  delete: 'deleted',
  forget: 'forgotten',
};

function rowChangeOf(change: ResourceChange): RowChange {
  const happens = ROW_CHANGES[change.action];
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
