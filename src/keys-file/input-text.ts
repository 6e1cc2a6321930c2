import { mayBeSecret } from '../inputs/backend-secrets.js';
import { Invalid, quote } from '../inputs/parsers.js';
import { specOf, type InputName } from '../inputs/table.js';

/** A value of the file, as far as it matters here: what YAML took it for, and how it was written. */
export type Plain =
  | { readonly is: 'nothing' }
  | {
      readonly is: 'text' | 'number' | 'boolean';
      /** Of a text its content, of the others how they were written. */
      readonly source: string;
      readonly value: string | number | boolean;
    }
  | { readonly is: 'list'; readonly entries: readonly Plain[] }
  | { readonly is: 'map'; readonly members: readonly (readonly [string, Plain])[] };

/** A value of the keys file as the text that the step's own input would have, so that one reader checks both. */
export function inputText(name: InputName, value: Plain): string {
  const form = specOf(name).ofKey ?? 'value';
  if (value.is === 'nothing') throw new Invalid(`it has no value: leave it out${NOTHING[form]}`);
  if ('source' in value) return scalarText(name, value);
  if (value.is !== form) throw new Invalid(`it is a ${value.is}, and must be ${WANTED[form]}`);
  if (value.is === 'list') return listText(name, value.entries);
  if (name === 'tags') return tagsText(value.members);
  return name === 'backend-config' ? settingsText(value.members) : jsonOf(value);
}

const WANTED = { value: 'one value', list: 'a list, or text', map: 'a map, or text' };

/** How an entry says that it wants none of what `defaults` gives. */
const NOTHING = { value: '', list: ', or write [] for none', map: ', or write {} for none' };

const ACCOUNTS: readonly InputName[] = ['account-ids', 'allowed-account-ids'];
const QUOTES = 'put the id in quotes, which keep leading zeros';

/** What was written counts, and not what YAML made of it; but leading zeros may be gone before anybody wrote it here. */
function scalarText(name: InputName, { is, source }: Extract<Plain, { readonly source: string }>): string {
  if (is !== 'text' && ACCOUNTS.includes(name)) throw new Invalid(`${source} is a ${is} to YAML: ${QUOTES}`);
  if (name === 'backend-config') {
    const paths = source.split(/\r?\n/).map((line) => line.split('=')[0] ?? '');
    for (const part of paths.flatMap((path) => path.split('.'))) refuseSecret(part.trim());
  }
  return source;
}

/** As JSON, which keeps every entry as it is. */
function listText(name: InputName, entries: readonly Plain[]): string {
  const texts = entries.map((entry, index) => {
    if (entry.is === 'text') return entry.source;
    const place = `entry ${index + 1}`;
    if ('source' in entry) {
      const why = ACCOUNTS.includes(name) ? QUOTES : 'put it in quotes';
      throw new Invalid(`${place}, ${entry.source}, is a ${entry.is} to YAML: ${why}`);
    }
    throw new Invalid(`${place} is ${entry.is === 'nothing' ? 'empty' : `a ${entry.is}`}, and must be text`);
  });
  return texts.length === 0 ? '' : JSON.stringify(texts);
}

type Members = Extract<Plain, { readonly is: 'map' }>['members'];

function tagsText(members: Members): string {
  const tags = members.map(([name, value]) => {
    if ('source' in value) return [name, value.source] as const;
    const what = value.is === 'nothing' ? "empty: write '' for an empty one" : `a ${value.is}`;
    throw new Invalid(`the value of ${quote(name)} is ${what}`);
  });
  return tags.length === 0 ? '' : JSON.stringify(Object.fromEntries(tags));
}

/** `name=value` lines; what is secret has no place in a file of the repository. */
function settingsText(members: Members): string {
  refuseSecrets(members);
  const lines = members.map(([name, value]) => {
    if (!/^[\w-]+$/.test(name)) throw new Invalid(`${quote(name)} is no name of a setting`);
    if (value.is === 'nothing') throw new Invalid(`the value of ${quote(name)} is empty`);
    const text = 'source' in value ? value.source : jsonOf(value);
    if (/[\r\n]/.test(text)) throw new Invalid(`the value of ${quote(name)} has more than one line`);
    return `${name}=${text}`;
  });
  return lines.join('\n');
}

function refuseSecrets(members: Members): void {
  for (const [name, value] of members) {
    refuseSecret(name);
    if (value.is === 'map') refuseSecrets(value.members);
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
  if (value.is === 'nothing') return null;
  if (value.is === 'list') return value.entries.map(toJson);
  if (value.is === 'map')
    return Object.fromEntries(value.members.map(([name, member]) => [name, toJson(member)]));
  return value.value;
}
