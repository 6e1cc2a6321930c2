import { Invalid, quote, type Parser } from './parsers.js';

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
  if (!Array.isArray(list)) throw new Invalid('it is not a JSON list');
  return list.map((entry: unknown) => {
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

/** A list whose entries all pass `check` (which throws `Invalid`), none twice. All that is wrong is told at once. */
export function parseList(check: (entry: string) => string, separators?: RegExp): Parser<readonly string[]> {
  return (text) => {
    const problems: string[] = [];
    const entries = splitList(text, separators).flatMap((entry) => {
      try {
        return [check(entry)];
      } catch (thrown) {
        if (!(thrown instanceof Invalid)) throw thrown;
        problems.push(thrown.message);
        return [];
      }
    });
    const twice = entries.filter((entry, index) => entries.indexOf(entry) !== index);
    problems.push(...[...new Set(twice)].map((entry) => `${quote(entry)} is named twice`));
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
