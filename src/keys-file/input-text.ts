import { mayBeSecret } from '../inputs/backend-secrets.js';
import { Invalid, quote } from '../inputs/parsers.js';
import type { InputName } from '../inputs/table.js';

/** A value of the file, as far as it matters here: what YAML took it for, and how it was written. */
export type Plain =
  | { readonly is: 'nothing' }
  | { readonly is: 'text'; readonly text: string }
  /** A number or a boolean; `source` is how it was written. */
  | { readonly is: 'number' | 'boolean'; readonly source: string; readonly value: number | bigint | boolean }
  | { readonly is: 'list'; readonly entries: readonly Plain[] }
  | { readonly is: 'map'; readonly members: readonly (readonly [string, Plain])[] };

/**
 * A value of the keys file as the text that the step's own input would have, so that one reader checks both.
 * @param form in which form of YAML the input may be given beside text
 * @throws Invalid with the reason
 */
export function inputText(name: InputName, form: 'value' | 'list' | 'map', value: Plain): string {
  if (value.is === 'nothing') throw new Invalid(`it has no value: leave it out${NOTHING[form]}`);
  if (value.is === 'list' && form === 'list') return listText(name, value.entries);
  if (value.is === 'map' && form === 'map') return MAPS[name]?.(value.members) ?? jsonOf(value);
  if (value.is === 'list' || value.is === 'map')
    throw new Invalid(`it is a ${value.is}, and must be ${WANTED[form]}`);
  if (value.is !== 'text') return scalarOf(name, value);
  if (name === 'backend-config') refuseSecretLines(value.text);
  return value.text;
}

const WANTED = { value: 'one value', list: 'a list, or text', map: 'a map, or text' };

/** How an entry says that it wants none of what `defaults` gives. */
const NOTHING = { value: '', list: ', or write [] for none', map: ', or write {} for none' };

const ACCOUNTS: readonly InputName[] = ['account-ids', 'allowed-account-ids'];

type Scalar = Extract<Plain, { is: 'number' | 'boolean' }>;

/** What was written counts, and not what YAML made of it; but leading zeros may be gone before anybody wrote it here. */
function scalarOf(name: InputName, { is, source }: Scalar): string {
  if (ACCOUNTS.includes(name)) throw new Invalid(`${source} is a ${is} to YAML: ${QUOTES}`);
  return source;
}

const QUOTES = 'put the id in quotes, which keep leading zeros';

/** As JSON, which keeps every entry as it is. */
function listText(name: InputName, entries: readonly Plain[]): string {
  const texts = entries.map((entry, index) => {
    if (entry.is === 'text') return entry.text;
    const place = `entry ${index + 1}`;
    if (entry.is === 'number' || entry.is === 'boolean') {
      const why = ACCOUNTS.includes(name) ? QUOTES : 'put it in quotes';
      throw new Invalid(`${place}, ${entry.source}, is a ${entry.is} to YAML: ${why}`);
    }
    throw new Invalid(`${place} is ${entry.is === 'nothing' ? 'empty' : `a ${entry.is}`}, and must be text`);
  });
  return texts.length === 0 ? '' : JSON.stringify(texts);
}

type Members = Extract<Plain, { is: 'map' }>['members'];

const MAPS: Partial<Record<InputName, (members: Members) => string>> = {
  tags: tagsText,
  'backend-config': settingsText,
};

function tagsText(members: Members): string {
  if (members.length === 0) return '';
  const tags = members.map(([name, value]): [string, string] => {
    if (value.is === 'text') return [name, value.text];
    if (value.is === 'number' || value.is === 'boolean') return [name, value.source];
    throw new Invalid(
      `the value of ${quote(name)} is ${value.is === 'nothing' ? "empty: write '' for an empty one" : `a ${value.is}`}`,
    );
  });
  return JSON.stringify(Object.fromEntries(tags));
}

/** `name=value` lines; what is secret has no place in a file of the repository. */
function settingsText(members: Members): string {
  refuseSecrets(members);
  return members
    .map(([name, value]) => {
      if (!/^[\w-]+$/.test(name)) throw new Invalid(`${quote(name)} is no name of a setting`);
      if (value.is === 'text' && /[\r\n]/.test(value.text)) {
        throw new Invalid(`the value of ${quote(name)} has more than one line`);
      }
      return `${name}=${settingText(name, value)}`;
    })
    .join('\n');
}

function settingText(name: string, value: Plain): string {
  if (value.is === 'text') return value.text;
  if (value.is === 'number' || value.is === 'boolean') return value.source;
  if (value.is === 'nothing') throw new Invalid(`the value of ${quote(name)} is empty`);
  return jsonOf(value);
}

function refuseSecrets(members: Members): void {
  for (const [name, value] of members) {
    refuseSecret(name);
    if (value.is === 'map') refuseSecrets(value.members);
  }
}

function refuseSecretLines(text: string): void {
  for (const line of text.split(/\r?\n/)) {
    const [path = ''] = line.split('=');
    for (const name of path.split('.')) refuseSecret(name.trim());
  }
}

function refuseSecret(name: string): void {
  if (!mayBeSecret(name)) return;
  throw new Invalid(
    `${quote(name)} is a secret, and everybody can read this file: give backend-config in the step, from \`secrets\``,
  );
}

function jsonOf(value: Plain): string {
  return JSON.stringify(toJson(value));
}

function toJson(value: Plain): unknown {
  switch (value.is) {
    case 'nothing':
      return null;
    case 'text':
      return value.text;
    case 'number':
      return typeof value.value === 'bigint' ? value.source : value.value;
    case 'boolean':
      return value.value;
    case 'list':
      return value.entries.map(toJson);
    case 'map':
      return Object.fromEntries(value.members.map(([name, member]) => [name, toJson(member)]));
  }
}
