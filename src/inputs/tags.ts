import { findForbidden } from '../characters.js';
import { readJson } from '../policy/json.js';
import { Invalid, parseAssignments, parseList, quote } from './parsers.js';

/** The API reference's pattern of tags, turned round; a character that is not seen is no letter. */
const NO_TAG_TEXT = /[^\p{L}\p{Z}\p{N}_.:/=+\-@]/u;

/** Tags as lines or as a JSON object, within the limits of KMS (API reference, Tag; 50 tags a key). */
export function parseTags(text: string): Readonly<Record<string, string>> {
  if (text.trim().startsWith('[')) throw new Invalid('it is a JSON list, not a JSON object');
  const tags = text.trim().startsWith('{') ? parseJsonTags(text) : parseAssignments(text);
  const entries = Object.entries(tags);
  if (entries.length > 50) throw new Invalid(`there are ${entries.length} tags`);
  for (const [key, value] of entries) checkTag(key, value);
  return tags;
}

function parseJsonTags(text: string): Record<string, string> {
  const reading = readJson(text);
  if ('problem' in reading) throw new Invalid(reading.problem);
  if (reading.json.is !== 'object') throw new Invalid('it is not a JSON object');
  const tags = [...reading.json.members].map(([key, value]): [string, string] => {
    if (value.is !== 'text') throw new Invalid(`the value of ${quote(key)} is not a string`);
    return [key, value.text];
  });
  return Object.fromEntries(tags);
}

function checkTag(key: string, value: string): void {
  if (key === '' || key.length > 128) throw new Invalid(`the key ${quote(key)} has ${key.length} characters`);
  if (value.length > 256) throw new Invalid(`the value of ${quote(key)} has ${value.length} characters`);
  if (/^aws:/i.test(key)) throw new Invalid(`the key ${quote(key)} begins with "aws:"`);
  refuseCharacters(key, `the key ${quote(key)}`);
  refuseCharacters(value, `the value of ${quote(key)}`, `, in ${quote(value)}`);
}

function refuseCharacters(text: string, what: string, where = ''): void {
  const found = findForbidden(text, NO_TAG_TEXT);
  if (found !== undefined)
    throw new Invalid(`${what} has a character that AWS does not allow: ${found}${where}`);
}

/**
 * Tags that are left to others: tag keys, and with `*` at the end the beginnings of tag keys. A key may have spaces, so
 * commas and newlines alone separate.
 */
export const parseIgnoredTags = parseList((entry) => {
  const start = startOf(entry) ?? entry;
  if (start === '')
    throw new Invalid(`${quote(entry)} would leave every tag to others, those of \`tags\` too`);
  if (start.includes('*')) throw new Invalid(`${quote(entry)} has a "*" elsewhere than at its end`);
  if (start.length > 128)
    throw new Invalid(`${quote(entry)} has ${start.length} characters, more than a tag key may`);
  refuseCharacters(start, `the key ${quote(start)}`);
  return entry;
}, /[,\r\n]+/);

/** What the keys begin with that an entry with `*` at its end means; undefined for one that means a single key. */
function startOf(entry: string): string | undefined {
  return entry.endsWith('*') ? entry.slice(0, -1) : undefined;
}

/** The two lists that the provider's `ignore_tags` has, in an order that does not depend on that of the input. */
export function splitIgnoredTags(entries: readonly string[]): { keys: string[]; prefixes: string[] } {
  return {
    keys: entries.filter((entry) => startOf(entry) === undefined).sort(),
    prefixes: entries.flatMap((entry) => startOf(entry) ?? []).sort(),
  };
}

/** The entry that leaves a tag to others, if there is one. */
export function findIgnoring(entries: readonly string[], key: string): string | undefined {
  return entries.find((entry) => {
    const start = startOf(entry);
    return start === undefined ? entry === key : key.startsWith(start);
  });
}
