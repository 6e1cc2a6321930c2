import { findForbidden } from '../characters.js';

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
    if (chosen === undefined) throw new Invalid(`${quote(text)} is not a valid value`);
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

/** `: it has "." in it`, where a character that is not allowed tells why. */
export function because(text: string, forbidden: RegExp): string {
  const found = findForbidden(text, forbidden);
  return found === undefined ? '' : `: it has ${found}`;
}

/**
 * Text that matches as a whole after trimming; `reason` ends the sentence that begins with the value.
 * @param forbidden matches one character that is not allowed, for the message
 */
export function parseMatching(pattern: RegExp, reason: string, forbidden?: RegExp): Parser<string> {
  return (text) => {
    const value = text.trim();
    if (pattern.test(value)) return value;
    throw new Invalid(`${quote(text)} ${reason}${forbidden === undefined ? '' : because(value, forbidden)}`);
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

/** Outside a runner nothing fills in the expression of the default; it then stands for no token. */
export const parseToken: Parser<string | undefined> = (text) =>
  text.trim().startsWith('${{') ? undefined : text.trim();
