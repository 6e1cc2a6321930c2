import { nameComparison, type Lookup, type Value } from './condition.js';
import { findConditionKey } from './condition-keys.js';
import type { Condition, Policy } from './document.js';
import { readOperator } from './operators.js';

/** So many cases are told apart at most: what is beyond them stays unknown. */
const MOST_CASES = 64;

/**
 * Splits what is not known of a request into cases, so that conditions on one key are seen together: of `Null true` and
 * `Null false` exactly one holds, whichever it is. Only for keys of one value. Where the policy compares exactly, the
 * cases are: missing, each of the values that are named, any other; elsewhere, that a comparison agrees or does not.
 * @returns what is looked up in each case; the one given where there is nothing to split
 */
export function casesOf(policy: Policy, look: Lookup): Lookup[] {
  const all = policy.statements.flatMap(({ conditions }) => conditions);
  const byKey = Map.groupBy(all, ({ key }) => key.toLowerCase());
  let cases: ReadonlyMap<string, Value>[] = [new Map()];
  for (const [name, conditions] of byKey) {
    const values = conditions.length > 1 ? valuesOf(name, conditions, look(name)) : [];
    if (values.length === 0 || values.length * cases.length > MOST_CASES) continue;
    cases = cases.flatMap((each) => values.map((value) => new Map([...each, [name, value]])));
  }
  return cases.map(
    (each): Lookup =>
      (key) =>
        each.get(key.toLowerCase()) ?? look(key),
  );
}

/** Twice as many cases with each: so many fit. */
const MOST_AGREEMENTS = 5;

/** Every case of a key; empty where it is known, or where its cases can't be told apart. */
function valuesOf(name: string, conditions: readonly Condition[], actual: Value): Value[] {
  const isMultivalued = findConditionKey(name)?.multivalued === true;
  if (actual.is !== 'unknown' || isMultivalued) return [];
  const isFree = (actual.beginning ?? '') === '';
  const present =
    isFree && conditions.every(isExact) ? textsOf(conditions) : agreementsOf(conditions, actual);
  return actual.present === 'always' || present.length === 0 ? present : [{ is: 'absent' }, ...present];
}

/** The texts that the conditions name, and one that they don't. */
function textsOf(conditions: readonly Condition[]): Value[] {
  const compared = conditions.filter(({ operator }) => operator !== 'Null');
  const isBoolean = compared.length > 0 && compared.every(({ operator }) => operator.startsWith('Bool'));
  // No value of IAM holds this character.
  const named = isBoolean ? ['true', 'false'] : [...compared.flatMap(({ values }) => values), '\u0000'];
  return [...new Set(named)].map((text): Value => ({ is: 'values', values: [text] }));
}

/**
 * Whatever the value is, a comparison that several conditions make either agrees with it or does not: of `StringLike a*` and
 * `StringNotLike a*` one holds. That not all of these cases need be possible only makes an answer less certain.
 */
function agreementsOf(conditions: readonly Condition[], actual: Value & { readonly is: 'unknown' }): Value[] {
  const names = conditions.flatMap(({ operator, values }) => {
    const read = readOperator(operator);
    const isOne = read.comparison !== 'null' && read.quantifier === undefined;
    return isOne ? [nameComparison(read, values)] : [];
  });
  const shared = [...new Set(names.filter((name, at) => names.indexOf(name) !== at))];
  // Whether the key is there at all is a case of its own.
  if (shared.length === 0 && actual.present === 'always') return [];
  let cases: ReadonlyMap<string, boolean>[] = [new Map()];
  for (const name of shared.slice(0, MOST_AGREEMENTS))
    cases = cases.flatMap((each) => [true, false].map((agrees) => new Map([...each, [name, agrees]])));
  return cases.map((agrees) => ({ ...actual, present: 'always', agrees }));
}

function isExact({ operator, values }: Condition): boolean {
  const { base, quantifier } = readOperator(operator);
  const isCompared = ['StringEquals', 'Bool', 'Null'].includes(base) && quantifier === undefined;
  return isCompared && !values.some((value) => value.includes('${'));
}
