import { BlockList, isIP } from 'node:net';
import type { ConditionBlock } from './document.js';

/** What is known of a request, by condition key in lower case; several values for multivalued keys. */
export type ConditionValues = Readonly<Record<string, readonly string[]>>;

type Test = (actual: string, wanted: string) => boolean;

const TESTS: Readonly<Record<string, Test>> = {
  StringEquals: (actual, wanted) => actual === wanted,
  StringEqualsIgnoreCase: (actual, wanted) => actual.toLowerCase() === wanted.toLowerCase(),
  StringLike: (actual, wanted) => matchesWildcard(actual, wanted),
  ArnEquals: (actual, wanted) => matchesArn(actual, wanted),
  ArnLike: (actual, wanted) => matchesArn(actual, wanted),
  Bool: (actual, wanted) => actual.toLowerCase() === wanted.toLowerCase(),
  NumericEquals: (actual, wanted) => Number(actual) === Number(wanted),
  NumericLessThan: (actual, wanted) => Number(actual) < Number(wanted),
  NumericLessThanEquals: (actual, wanted) => Number(actual) <= Number(wanted),
  NumericGreaterThan: (actual, wanted) => Number(actual) > Number(wanted),
  NumericGreaterThanEquals: (actual, wanted) => Number(actual) >= Number(wanted),
  DateEquals: (actual, wanted) => Date.parse(actual) === Date.parse(wanted),
  DateLessThan: (actual, wanted) => Date.parse(actual) < Date.parse(wanted),
  DateLessThanEquals: (actual, wanted) => Date.parse(actual) <= Date.parse(wanted),
  DateGreaterThan: (actual, wanted) => Date.parse(actual) > Date.parse(wanted),
  DateGreaterThanEquals: (actual, wanted) => Date.parse(actual) >= Date.parse(wanted),
  IpAddress: (actual, wanted) => inRange(actual, wanted),
};

/** The operators that are another one's opposite: they hold too when the key is not there. */
const NEGATIONS: Readonly<Record<string, string>> = {
  StringNotEquals: 'StringEquals',
  StringNotEqualsIgnoreCase: 'StringEqualsIgnoreCase',
  StringNotLike: 'StringLike',
  ArnNotEquals: 'ArnEquals',
  ArnNotLike: 'ArnLike',
  NumericNotEquals: 'NumericEquals',
  DateNotEquals: 'DateEquals',
  NotIpAddress: 'IpAddress',
};

interface Operator {
  readonly name: string;
  readonly quantifier: 'ForAllValues' | 'ForAnyValue' | undefined;
  readonly ifExists: boolean;
}

/** Whether IAM has such a condition operator, quantifier and `IfExists` included. */
export function isConditionOperator(text: string): boolean {
  const { name } = readOperator(text);
  return name === 'Null' || name in TESTS || name in NEGATIONS;
}

/** Whether every condition holds. An operator that IAM has not never holds. */
export function conditionsHold(block: ConditionBlock, values: ConditionValues): boolean {
  return Object.entries(block).every(([operator, tests]) =>
    Object.entries(tests).every(([key, wanted]) => {
      return holds(readOperator(operator), values[key.toLowerCase()], wanted);
    }),
  );
}

function readOperator(text: string): Operator {
  const match = /^(?:(ForAllValues|ForAnyValue):)?(\w+?)(IfExists)?$/.exec(text);
  const quantifier = match?.[1];
  return {
    name: match?.[2] ?? '',
    quantifier: quantifier === 'ForAllValues' || quantifier === 'ForAnyValue' ? quantifier : undefined,
    ifExists: match?.[3] !== undefined,
  };
}

function holds(
  operator: Operator,
  actual: readonly string[] | undefined,
  wanted: readonly string[],
): boolean {
  if (operator.name === 'Null') return wanted.some((value) => (value === 'true') === (actual === undefined));
  const negated = NEGATIONS[operator.name];
  const test = TESTS[negated ?? operator.name];
  if (test === undefined) return false;
  if (actual === undefined) {
    return operator.ifExists || negated !== undefined || operator.quantifier === 'ForAllValues';
  }
  const agrees = (value: string): boolean => {
    const found = wanted.some((one) => test(value, one));
    return negated === undefined ? found : !found;
  };
  // A negated operator without a quantifier must hold for every value of the key.
  const all =
    operator.quantifier === 'ForAllValues' || (negated !== undefined && operator.quantifier === undefined);
  return all ? actual.every(agrees) : actual.some(agrees);
}

/** IAM's wildcards: `*` for any run of characters, `?` for one. */
export function matchesWildcard(text: string, pattern: string): boolean {
  const expression = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replace(/\*/g, '.*')
    .replace(/\?/g, '.');
  return new RegExp(`^${expression}$`, 's').test(text);
}

/** In ARN operators a wildcard does not reach across the first five colons. */
function matchesArn(text: string, pattern: string): boolean {
  const actual = splitArn(text);
  const wanted = splitArn(pattern);
  return (
    actual.length === wanted.length && wanted.every((part, at) => matchesWildcard(actual[at] ?? '', part))
  );
}

function splitArn(text: string): string[] {
  const parts = text.split(':');
  return [...parts.slice(0, 5), parts.slice(5).join(':')];
}

function inRange(address: string, range: string): boolean {
  const [network = '', bits] = range.split('/');
  const family = isIP(network);
  if (family === 0 || isIP(address) !== family) return false;
  const list = new BlockList();
  list.addSubnet(
    network,
    bits === undefined ? (family === 4 ? 32 : 128) : Number(bits),
    family === 4 ? 'ipv4' : 'ipv6',
  );
  return list.check(address, family === 4 ? 'ipv4' : 'ipv6');
}
