/** Readers of values and of lists: text in, value out. Each throws `Invalid` with the reason, as the end of a sentence. */

import { findForbidden } from '../characters.js';
import { quote } from '../quote.js';

export { quote };

/** Says what is wrong with one value, e.g. `"yes" is not a boolean`. */
export class Invalid extends Error {}

export type Parser<T> = (text: string) => T;

/** `True`, ` true ` and `TRUE` are booleans; anything but true and false is an error that says so. */
export function parseBoolean(text: string): boolean {
  const word = text.trim().toLowerCase();
  if (word !== 'true' && word !== 'false') throw new Invalid(`${quote(text)} is not a boolean`);
  return word === 'true';
}

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

interface Assignment {
  /** From 1 on. Messages name the line alone, since a value may be a secret. */
  readonly line: number;
  readonly name: string;
  /** May contain `=`. */
  readonly value: string;
}

/** The `name=value` lines of a text, without blank lines and the white space around names and values. */
export function* assignmentsIn(text: string): Iterable<Assignment> {
  for (const [index, content] of text.split(/\r?\n/).entries()) {
    if (content.trim() === '') continue;
    const at = content.indexOf('=');
    const name = content.slice(0, at).trim();
    if (at < 0 || name === '') throw new Invalid(`line ${index + 1} is not key=value`);
    yield { line: index + 1, name, value: content.slice(at + 1).trim() };
  }
}

/** `key=value` lines to an object. */
export function parseAssignments(text: string): Record<string, string> {
  const found = new Map<string, string>();
  for (const { name, value } of assignmentsIn(text)) {
    if (found.has(name)) throw new Invalid(`${quote(name)} is set twice`);
    found.set(name, value);
  }
  return Object.fromEntries(found);
}

/** An https URL (http on loopback, for tests and local mirrors) that carries no secrets; without a trailing slash. */
export function parseUrl(text: string): string {
  if (!URL.canParse(text.trim())) throw new Invalid(`${quote(text)} is not a URL`);
  const url = new URL(text.trim());
  if (url.username !== '' || url.password !== '')
    throw new Invalid('the URL carries a user name or password');
  const isLoopback = ['127.0.0.1', 'localhost', '[::1]'].includes(url.hostname);
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback))
    throw new Invalid(`${quote(text)} does not begin with https://`);
  if (url.search !== '' || url.hash !== '') throw new Invalid(`${quote(text)} has a query or a fragment`);
  return url.href.replace(/\/+$/, '');
}

/** Outside a runner nothing fills in the expression of the default; it then stands for no token. */
export function parseToken(text: string): string | undefined {
  return text.trim().startsWith('${{') ? undefined : text.trim();
}

/** By comma, space or newline. */
const SEPARATORS = /[\s,]+/;

/**
 * The entries of a list in order; empty ones are dropped. Lists are written with separators, as JSON (what `toJSON`
 * gives), or with a dash before each entry, as YAML does.
 * @throws Invalid when a list in JSON or with dashes is not whole
 */
export function splitList(text: string, separators = SEPARATORS): string[] {
  const trimmed = text.trim();
  const entries = trimmed.startsWith('[')
    ? readJsonList(trimmed)
    : /^-(?:\s|$)/.test(trimmed)
      ? readDashes(trimmed)
      : text.split(separators).map((entry) => entry.trim());
  return entries.filter((entry) => entry !== '');
}

function readJsonList(text: string): string[] {
  let list: unknown;
  try {
    list = JSON.parse(text);
  } catch {
    throw new Invalid('it begins as a JSON list does and is none: put each entry in double quotes');
  }
  return (list as unknown[]).map((entry) => {
    if (typeof entry === 'string') return entry.trim();
    const lost = typeof entry === 'number' ? ', which loses leading zeros' : '';
    const kind = entry === null ? 'null' : Array.isArray(entry) ? 'a list' : `a JSON ${typeof entry}`;
    throw new Invalid(
      `${quote(JSON.stringify(entry))} in the list is ${kind}${lost}: put it in double quotes`,
    );
  });
}

function readDashes(text: string): string[] {
  return text.split(/\r?\n/).flatMap((line, index) => {
    if (/^\s*(?:#.*)?$/.test(line)) return [];
    const entry = /^\s*-(?:\s+(.*))?$/.exec(line);
    if (entry === null) throw new Invalid(`line ${index + 1} does not begin with a dash, as the first does`);
    return unquote((entry[1] ?? '').replace(/\s+#.*$/, '').trim());
  });
}

/** YAML's two quotes, where they are around the whole. */
function unquote(text: string): string {
  return /^"([^"\\]*)"$/.exec(text)?.[1] ?? /^'([^']*)'$/.exec(text)?.[1] ?? text;
}

/** A list whose entries all pass `check`, none twice. All that is wrong is told at once. */
export function parseList<Rest extends readonly unknown[]>(
  check: (entry: string, ...rest: Rest) => string,
  separators?: RegExp,
): (text: string, ...rest: Rest) => readonly string[] {
  return (text, ...rest) => {
    const problems: string[] = [];
    const entries = splitList(text, separators).flatMap((entry) => {
      try {
        return [check(entry, ...rest)];
      } catch (thrown) {
        if (!(thrown instanceof Invalid)) throw thrown;
        problems.push(thrown.message);
        return [];
      }
    });
    const twice = entries.filter((entry, index) => entries.indexOf(entry) !== index);
    problems.push(...twice.map((entry) => `${quote(entry)} is named twice`));
    if (problems.length > 0) throw new Invalid(sayProblems(problems));
    return entries;
  };
}

/** The first ten, and how many more: a list of hundreds of wrong entries has one cause. */
function sayProblems(problems: readonly string[]): string {
  const distinct = [...new Set(problems)];
  const more = distinct.length - 10;
  return [...distinct.slice(0, 10), ...(more > 0 ? [`and ${more} more are wrong`] : [])].join('; ');
}
