/** Pure readers of single values: text in, value out. Each throws `Invalid` with the reason, as the end of a sentence. */

import { quote } from '../quote.js';

export { quote };

/** Says what is wrong with one value, e.g. `"yes" is not a boolean`. */
export class Invalid extends Error {}

export type Parser<T> = (text: string) => T;

/** `True`, ` true ` and `TRUE` are booleans; anything but true and false is an error that says so. */
export const parseBoolean: Parser<boolean> = (text) => {
  const word = text.trim().toLowerCase();
  if (word === 'true') return true;
  if (word === 'false') return false;
  throw new Invalid(`${quote(text)} is not a boolean`);
};

export function parseChoice<const T extends string>(choices: readonly T[]): Parser<T> {
  return (text) => {
    const chosen = choices.find((choice) => choice === text.trim());
    if (chosen === undefined) throw new Invalid(`${quote(text)} is none of them`);
    return chosen;
  };
}

/** A whole decimal number without sign or unit; nothing is rounded or cut off. */
export function parseInteger(least: number, most: number): Parser<number> {
  return (text) => {
    if (!/^\d{1,9}$/.test(text.trim())) throw new Invalid(`${quote(text)} is not a whole number`);
    const value = Number(text.trim());
    if (value < least || value > most) throw new Invalid(`${value} is not between ${least} and ${most}`);
    return value;
  };
}

/** The entries of a list by comma, space or newline (CRLF too), in order; empty ones are dropped. */
export function splitList(text: string): string[] {
  return text.split(/[\s,]+/).filter((entry) => entry !== '');
}

/** A list whose entries all pass `check` (which throws `Invalid`), none twice. */
export function parseList(check: (entry: string) => string): Parser<string[]> {
  return (text) => {
    const entries = splitList(text).map(check);
    const twice = entries.find((entry, index) => entries.indexOf(entry) !== index);
    if (twice !== undefined) throw new Invalid(`${quote(twice)} is named twice`);
    return entries;
  };
}

/** Text that matches as a whole after trimming; `reason` ends the sentence that begins with the value. */
export function parseMatching(pattern: RegExp, reason: string): Parser<string> {
  return (text) => {
    if (!pattern.test(text.trim())) throw new Invalid(`${quote(text)} ${reason}`);
    return text.trim();
  };
}

export function parseText(most: number): Parser<string> {
  return (text) => {
    const { length } = Array.from(text); // Code points, as AWS counts them.
    if (length > most) throw new Invalid(`it has ${length} characters`);
    return text;
  };
}

/**
 * `key=value` lines to an object. Blank lines and surrounding white space are dropped; a value may contain `=`.
 * Messages name the line by number only, since a value may be a secret.
 */
export const parseAssignments: Parser<Record<string, string>> = (text) => {
  const found = new Map<string, string>();
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === '') continue;
    const at = line.indexOf('=');
    const key = line.slice(0, at).trim();
    if (at < 0 || key === '') throw new Invalid(`line ${index + 1} is not key=value`);
    if (found.has(key)) throw new Invalid(`${quote(key)} is set twice`);
    found.set(key, line.slice(at + 1).trim());
  }
  return Object.fromEntries(found);
};

const TAG_TEXT = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;

/** Tags as lines or as a JSON object, within the limits of KMS (API reference, Tag; 50 tags a key). */
export const parseTags: Parser<Record<string, string>> = (text) => {
  const tags = text.trim().startsWith('{') ? parseJsonTags(text) : parseAssignments(text);
  const entries = Object.entries(tags);
  if (entries.length > 50) throw new Invalid(`there are ${entries.length} tags`);
  for (const [key, value] of entries) checkTag(key, value);
  return tags;
};

function parseJsonTags(text: string): Record<string, string> {
  const value = parseJson(text);
  if (!isObject(value)) throw new Invalid('it is not a JSON object');
  const wrong = Object.entries(value).find(([, tag]) => typeof tag !== 'string');
  if (wrong !== undefined) throw new Invalid(`the value of ${quote(wrong[0])} is not a string`);
  return value as Record<string, string>;
}

function checkTag(key: string, value: string): void {
  if (key === '' || key.length > 128) throw new Invalid(`the key ${quote(key)} has ${key.length} characters`);
  if (value.length > 256) throw new Invalid(`the value of ${quote(key)} has ${value.length} characters`);
  if (/^aws:/i.test(key)) throw new Invalid(`the key ${quote(key)} begins with "aws:"`);
  if (!TAG_TEXT.test(key)) throw new Invalid(`the key ${quote(key)} has a character that AWS does not allow`);
  if (!TAG_TEXT.test(value)) {
    throw new Invalid(`the value of ${quote(key)} has a character that AWS does not allow: ${quote(value)}`);
  }
}

/** JSON, or `Invalid` with the parser's own words. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (thrown) {
    throw new Invalid(`it is not valid JSON: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
  }
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** An https URL (http on loopback, for tests and local mirrors) that carries no secrets; without a trailing slash. */
export const parseUrl: Parser<string> = (text) => {
  let url: URL;
  try {
    url = new URL(text.trim());
  } catch {
    throw new Invalid(`${quote(text)} is not a URL`);
  }
  const loopback = ['127.0.0.1', 'localhost', '[::1]'].includes(url.hostname);
  if (url.username !== '' || url.password !== '')
    throw new Invalid('the URL carries a user name or password');
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && loopback)) {
    throw new Invalid(`${quote(text)} does not begin with https://`);
  }
  if (url.search !== '' || url.hash !== '') throw new Invalid(`${quote(text)} has a query or a fragment`);
  return url.href.replace(/\/+$/, '');
};
