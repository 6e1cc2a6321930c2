/**
 * The secrets of a run, and the one way to take them out of what leaves the process: log, comment, summary, outputs, files,
 * messages. Text is redacted before it is cut, since a secret that was cut no longer matches; where somebody else has cut
 * it already (AWS, Terraform), its beginning at the cut and any longer piece of it are found, too.
 */

import { base64Forms, hexPattern, patternOf } from './secret-forms.js';

/** What stands in the place of a secret, as on the runner. */
const PLACEHOLDER = '***';

/** A text shorter than this is no secret that could be kept: it is in every log. */
const SHORTEST = 3;

/** A shorter one is redacted only where it stands as a word of its own: inside others it would destroy the text. */
const SHORTEST_ANYWHERE = 8;

/** Pieces of this length are looked for, of secrets that are at least so long. */
const PIECE = 16;
const SHORTEST_IN_PIECES = 24;

/** The beginning of a secret is taken for one, right before a cut, from so many characters on. */
const SHORTEST_BEGINNING = 5;

/** The same at the end of a text, which may be no cut at all. */
const SHORTEST_BEGINNING_AT_END = 8;

/** Values that a setting has by its nature, whatever the setting is called. */
const TRIVIAL = /^(?:true|false|null|nil|none|undefined|yes|no|on|off|[+-]?\d{1,5}(?:\.\d{1,5})?)$/i;

/** The lines around a key, which are the same for every key. */
const ARMOUR = /^-----(?:BEGIN|END) [A-Z0-9 ]+-----$/;

/** A place in a text: from the first character to the one behind the last. */
type Span = readonly [start: number, end: number];

/** One set of secrets. */
export interface Redactor {
  /**
   * From here on the text is a secret, in every form that it may be written in; of several lines, each line is one.
   * @returns what the runner is to mask, too: the lines that are long enough not to blank half of a log
   */
  readonly add: (secret: string) => readonly string[];
  /** From here on no secret is added that would hide a part of this text, which everybody sees anyway. */
  readonly keepVisible: (text: string) => void;
  /** The text without secrets. */
  readonly redact: (text: string) => string;
  /** The same for every text in a value of objects, arrays, maps and sets, names of properties included. */
  readonly redactAll: <T>(value: T) => T;
  /** Whether there is a secret in the text. */
  readonly isMasked: (text: string) => boolean;
}

export function createRedactor(): Redactor {
  const known = new Set<string>();
  const visible: string[] = [];
  const finders: ((text: string) => Iterable<Span>)[] = [];
  const pieces = new Set<string>();
  const beginnings: string[] = [];
  const isVisible = (part: string): boolean => visible.some((text) => text.includes(part));
  const spansOf = (text: string): Span[] => [
    ...finders.flatMap((find) => [...find(text)]),
    ...findPieces(text, pieces),
    // A name that everybody sees may be the beginning of a password.
    ...findBeginnings(text, beginnings).filter(([start, end]) => !isVisible(text.slice(start, end))),
  ];
  const redact = (text: string): string => (finders.length === 0 ? text : replaceSpans(text, spansOf(text)));
  return {
    add: (secret) => {
      const wouldHide = (part: string): boolean =>
        visible.some((text) => findersOf(part).some((find) => [...find(text)].length > 0));
      const parts = partsOf(secret).filter((part) => !known.has(part) && !wouldHide(part));
      for (const part of parts) {
        known.add(part);
        finders.push(...findersOf(part));
        for (const piece of piecesOf(part)) if (!isVisible(piece)) pieces.add(piece);
        if (part.length >= SHORTEST_ANYWHERE) beginnings.push(part);
      }
      return parts.filter((part) => part.length >= SHORTEST_ANYWHERE && !/[\r\n]/.test(part));
    },
    keepVisible: (text) => {
      visible.push(text);
    },
    redact,
    redactAll: <T>(value: T) => mapTexts(value, redact) as T,
    isMasked: (text) => spansOf(text).length > 0,
  };
}

/** Whether a value is too short or too common for a secret: hiding it would blank what is none. */
export function isTrivial(value: string): boolean {
  const text = value.trim();
  return text.length < SHORTEST || TRIVIAL.test(text);
}

/** The whole secret, and of several lines each that is one by itself. */
function partsOf(secret: string): string[] {
  const whole = secret.trim();
  const lines = whole.split(/[\r\n]+/).map((line) => line.trim());
  const longLines = lines.filter((line) => line.length >= SHORTEST_ANYWHERE && !ARMOUR.test(line));
  return [...new Set([whole, ...longLines])].filter((part) => !isTrivial(part));
}

function findersOf(secret: string): ((text: string) => Iterable<Span>)[] {
  const pattern = patternOf(secret);
  if (secret.length < SHORTEST_ANYWHERE) {
    const word = new RegExp(`(?<![\\p{L}\\p{N}_])(?:${pattern})(?![\\p{L}\\p{N}_])`, 'gu');
    return [(text) => findPattern(text, word)];
  }
  const patterns = [pattern, hexPattern(secret), ...base64Forms(secret).map(patternOf)];
  return patterns.map((each) => {
    const expression = new RegExp(each, 'gu');
    return (text) => findPattern(text, expression);
  });
}

/** Each place, also those that overlap: two secrets may share characters, and so may two places of one. */
function* findPattern(text: string, pattern: RegExp): Iterable<Span> {
  pattern.lastIndex = 0;
  for (let found = pattern.exec(text); found !== null; found = pattern.exec(text)) {
    yield [found.index, found.index + found[0].length];
    // From the middle of a surrogate pair it would find the same place again.
    pattern.lastIndex = found.index + ((text.codePointAt(found.index) ?? 0) > 0xffff ? 2 : 1);
  }
}

/** Of the secret itself, and of its forms in base64, which mail and PEM break into lines of 64 or 76 characters. */
function piecesOf(secret: string): string[] {
  const words = secret.split(/\s+/).filter((run) => run.length >= SHORTEST_IN_PIECES);
  const encoded = secret.length < SHORTEST_ANYWHERE ? [] : base64Forms(secret);
  return [...words, ...encoded.filter((form) => form.length >= PIECE)].flatMap((run) =>
    Array.from({ length: run.length - PIECE + 1 }, (_, at) => run.slice(at, at + PIECE)),
  );
}

function* findPieces(text: string, pieces: ReadonlySet<string>): Iterable<Span> {
  if (pieces.size === 0) return;
  for (const { 0: run, index } of text.matchAll(/\S{16,}/g)) {
    for (let at = 0; at + PIECE <= run.length; at += 1)
      if (pieces.has(run.slice(at, at + PIECE))) yield [index + at, index + at + PIECE];
  }
}

/** Where a text was cut: before an ellipsis; or at its end, before quotes and brackets that close it. */
const CUT = /…|\.\.\.|["'`)\]}\s]{0,8}$/gu;

function findBeginnings(text: string, secrets: readonly string[]): Span[] {
  if (secrets.length === 0) return [];
  const cuts = [...text.matchAll(CUT)].map(({ 0: sign, index }) => ({
    at: index,
    shortest: /^[….]/u.test(sign) ? SHORTEST_BEGINNING : SHORTEST_BEGINNING_AT_END,
  }));
  return [...cuts, { at: text.length, shortest: SHORTEST_BEGINNING_AT_END }].flatMap(({ at, shortest }) =>
    secrets
      .map((secret): Span => [at - beginningBefore(text, at, secret), at])
      .filter(([start, end]) => end - start >= shortest),
  );
}

/** How many characters right before the cut are the beginning of the secret: the most, or none if fewer than looked for. */
function beginningBefore(text: string, cut: number, secret: string): number {
  const before = text.slice(Math.max(0, cut - secret.length + 1), cut);
  const first = secret.slice(0, SHORTEST_BEGINNING);
  for (let at = before.indexOf(first); at >= 0; at = before.indexOf(first, at + 1))
    if (secret.startsWith(before.slice(at))) return before.length - at;
  return 0;
}

/** Replaces the places, those that overlap as one. */
function replaceSpans(text: string, spans: readonly Span[]): string {
  let [shown, behind] = ['', 0];
  for (const [start, end] of [...spans].sort(([a], [b]) => a - b)) {
    if (start >= behind) shown += text.slice(behind, start) + PLACEHOLDER;
    behind = Math.max(behind, end);
  }
  return shown + text.slice(behind);
}

/** A copy with every text changed; what has none that changes is the same object again. */
function mapTexts(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === 'string') return change(value);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return mapMembers(value, change) ?? value;
  if (value instanceof Set) {
    const members = mapMembers([...value], change);
    return members === undefined ? value : new Set(members);
  }
  const pairs = mapMembers(value instanceof Map ? [...value] : Object.entries(value), change);
  if (pairs === undefined) return value;
  return value instanceof Map ? new Map(pairs) : Object.fromEntries(pairs);
}

/** @returns undefined where none of them changes */
function mapMembers<T>(members: readonly T[], change: (text: string) => string): T[] | undefined {
  const changed = members.map((member) => mapTexts(member, change) as T);
  return changed.some((member, index) => member !== members[index]) ? changed : undefined;
}
