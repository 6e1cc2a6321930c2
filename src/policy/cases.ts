import type { Lookup, Value } from './condition.js';
import { findConditionKey } from './condition-keys.js';
import type { Condition, Policy } from './document.js';
import { readOperator } from './operators.js';

/** So many cases are told apart at most: what is beyond them stays unknown. */
const MOST_CASES = 64;

/**
 * Splits what is not known of a request into cases, so that conditions on one key are seen together: of `Null true` and
 * `Null false` exactly one holds, whichever it is. Only for keys of one value that the policy compares exactly, as these
 * have no other cases than: missing, each of the values that are named, any other.
 * @returns what is looked up in each case; the one given where there is nothing to split
 */
export function casesOf(policy: Policy, look: Lookup): Lookup[] {
  const byKey = new Map<string, Condition[]>();
  for (const condition of policy.statements.flatMap(({ conditions }) => conditions)) {
    const name = condition.key.toLowerCase();
    byKey.set(name, [...(byKey.get(name) ?? []), condition]);
  }
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

/** Every case of a key; empty where it is known, or where its cases can't be told apart. */
function valuesOf(name: string, conditions: readonly Condition[], actual: Value): Value[] {
  const isMultivalued = findConditionKey(name)?.multivalued === true;
  if (actual.is !== 'unknown' || (actual.beginning ?? '') !== '' || isMultivalued) return [];
  if (!conditions.every(isExact)) return [];
  const compared = conditions.filter(({ operator }) => operator !== 'Null');
  const isBoolean = compared.length > 0 && compared.every(({ operator }) => operator.startsWith('Bool'));
  // No value of IAM holds this character.
  const named = isBoolean ? ['true', 'false'] : [...compared.flatMap(({ values }) => values), '\u0000'];
  const texts = [...new Set(named)].map((text): Value => ({ is: 'values', values: [text] }));
  return actual.present === 'always' ? texts : [{ is: 'absent' }, ...texts];
}

function isExact({ operator, values }: Condition): boolean {
  const { base, quantifier } = readOperator(operator);
  const isCompared = ['StringEquals', 'Bool', 'Null'].includes(base) && quantifier === undefined;
  return isCompared && !values.some((value) => value.includes('${'));
}
