import { all, answerOf, any, not, type Answer } from './answer.js';
import type { Condition, Policy } from './document.js';
import { compileGlob, matchesBeginning, matchesGlob, type Glob } from './glob.js';
import { compareValues, readOperator, type Operator } from './operators.js';

/** What is known of one condition key in a request. */
export type Value =
  | { readonly is: 'absent' }
  | { readonly is: 'values'; readonly values: readonly string[] }
  | {
      readonly is: 'unknown';
      readonly present: 'always' | 'maybe';
      /** What every value that it may have begins with. */
      readonly beginning?: string;
      /** By `nameComparison`: whether the value agrees, where a case was made of that. */
      readonly agrees?: ReadonlyMap<string, boolean>;
    };

/** Looks a condition key up, whatever its case. */
export type Lookup = (key: string) => Value;

/** A text of which perhaps only the beginning is known. */
export type Text = { readonly text: string } | { readonly beginning: string };

/** One comparison, whether it is negated or not: of two conditions with one name exactly one holds, if they differ in that. */
export function nameComparison({ base }: Operator, values: readonly string[]): string {
  return JSON.stringify([base, [...values].sort()]);
}

/** Whether a condition holds, as far as the request is known. */
export function answerCondition(
  { operator, key, values }: Condition,
  look: Lookup,
  version: Policy['version'],
): Answer {
  const read = readOperator(operator);
  const actual = look(key);
  if (read.comparison === 'null') return answerNull(values, actual);
  const missing = answerOf(read.ifExists || read.negated || read.quantifier === 'ForAllValues');
  if (actual.is === 'absent') return missing;
  const one = (text: Text): Answer => {
    const agrees = any(values.map((value) => agree(read, text, { value, key, look, version })));
    const either = 'beginning' in text && meansBoth(read, values) ? 'always' : agrees;
    return read.negated ? not(either) : either;
  };
  if (actual.is === 'values')
    return answerValues(
      read,
      actual.values.map((text) => one({ text })),
      missing,
    );
  const agrees = read.quantifier === undefined ? actual.agrees?.get(nameComparison(read, values)) : undefined;
  const present =
    agrees === undefined ? one({ beginning: actual.beginning ?? '' }) : answerOf(agrees !== read.negated);
  return actual.present === 'always' || present === missing ? present : 'maybe';
}

/** An empty set of values is as good as none. A negated operator has to hold for every value, unless it says otherwise. */
function answerValues(
  { quantifier, negated }: Operator,
  answers: readonly Answer[],
  missing: Answer,
): Answer {
  if (answers.length === 0) return missing;
  const every = quantifier === 'ForAllValues' || (negated && quantifier === undefined);
  return every ? all(answers) : any(answers);
}

function answerNull(values: readonly string[], actual: Value): Answer {
  const isMissing =
    actual.is !== 'unknown'
      ? answerOf(actual.is === 'absent' || actual.values.length === 0)
      : actual.present === 'always'
        ? 'never'
        : 'maybe';
  return any(values.map((value) => (value.toLowerCase() === 'true' ? isMissing : not(isMissing))));
}

/** A boolean that is both, an address that is in all of either family: whatever the value is, it agrees. */
function meansBoth({ comparison }: Operator, values: readonly string[]): boolean {
  const lower = values.map((value) => value.toLowerCase());
  if (comparison === 'bool') return lower.includes('true') && lower.includes('false');
  if (comparison === 'ip')
    return lower.includes('0.0.0.0/0') && lower.some((each) => /^[0:]+\/0$/.test(each));
  return false;
}

interface Wanted {
  readonly value: string;
  /** The condition's own key. */
  readonly key: string;
  readonly look: Lookup;
  readonly version: Policy['version'];
}

function agree(operator: Operator, actual: Text, wanted: Wanted): Answer {
  const { comparison, base, wildcards } = operator;
  if (comparison === 'string' || comparison === 'arn') {
    const spell = (text: string): string => (base === 'StringEqualsIgnoreCase' ? text.toLowerCase() : text);
    const glob = readValue(wanted, (text) => (wildcards ? compileGlob : literally)(spell(text)), spell);
    if (typeof glob === 'string') return glob;
    const text = 'text' in actual ? { text: spell(actual.text) } : { beginning: spell(actual.beginning) };
    return comparison === 'arn' ? matchArn(glob, text) : matchText(glob, text);
  }
  if ('beginning' in actual) return 'maybe';
  return answerOf(compareValues(operator, actual.text, wanted.value));
}

/** A text that is compared as it is. */
function literally(text: string): Glob {
  return Array.from(text);
}

export function matchText(glob: Glob, text: Text): Answer {
  return 'text' in text ? answerOf(matchesGlob(glob, text.text)) : matchesBeginning(glob, text.beginning);
}

/**
 * A value as a pattern, with its policy variables filled in (IAM reference, "Variables and tags"): only in policies of
 * version 2012-10-17; `${*}`, `${?}` and `${$}` are these characters themselves; a default may follow the key. Where a
 * key is missing and has no default, nothing agrees.
 * @param read reads what stands beside the variables
 * @param spell spells what is filled in
 */
function readValue(
  { value, key, look, version }: Wanted,
  read: (text: string) => Glob,
  spell: (text: string) => string,
): Glob | Answer {
  if (version !== '2012-10-17') return read(value);
  const parts: Glob[] = [];
  // What stands beside the variables and what is in them, by turns.
  for (const [at, piece] of value.split(/\$\{([^}]*)\}/).entries()) {
    const filled = at % 2 === 0 ? piece : fillIn(piece, look);
    if (filled === null) return 'never';
    // A key compared with itself always agrees.
    if (filled === undefined) return value.toLowerCase() === `\${${key.toLowerCase()}}` ? 'always' : 'maybe';
    parts.push(at % 2 === 0 ? read(filled) : literally(spell(filled)));
  }
  return parts.flat();
}

/** What stands for a variable: null where its key is missing, undefined where that is not known. */
function fillIn(variable: string, look: Lookup): string | null | undefined {
  if (['*', '?', '$'].includes(variable)) return variable;
  const [, name = '', fallback] = /^\s*([^,]*?)\s*(?:,\s*'([^']*)'\s*)?$/.exec(variable) ?? [];
  const actual = look(name);
  if (actual.is === 'unknown') return undefined;
  const [only, ...more] = actual.is === 'values' ? actual.values : [];
  return only !== undefined && more.length === 0 ? only : (fallback ?? null);
}

/**
 * In ARN operators each of the six parts is compared by itself, so no wildcard reaches across the first five colons (IAM
 * reference, "ARN condition operators"). A mere `*` means any ARN.
 */
function matchArn(glob: Glob, text: Text): Answer {
  const patterns = splitAtColons(glob);
  if (patterns.length === 1) return matchText(glob, text);
  const isKnown = 'text' in text;
  const parts = splitAtColons(Array.from(isKnown ? text.text : text.beginning)).map((part) => part.join(''));
  if (isKnown && parts.length !== patterns.length) return 'never';
  return all(
    patterns.map((pattern, at) => {
      const part = parts[at] ?? '';
      const isWhole = isKnown || at < parts.length - 1;
      return matchText(pattern, isWhole ? { text: part } : { beginning: part });
    }),
  );
}

function splitAtColons<T extends Glob[number]>(characters: readonly T[]): T[][] {
  const parts: T[][] = [[]];
  for (const character of characters) {
    if (character === ':' && parts.length < 6) parts.push([]);
    else parts.at(-1)?.push(character);
  }
  return parts;
}
