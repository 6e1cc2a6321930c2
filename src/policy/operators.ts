import { BlockList, isIP } from 'node:net';

/** What an operator compares. */
export type Comparison = 'string' | 'arn' | 'bool' | 'numeric' | 'date' | 'ip' | 'binary' | 'null';

/** A condition operator taken apart (IAM reference, "Condition operators" and "Multivalued context keys"). */
export interface Operator {
  readonly quantifier: 'ForAllValues' | 'ForAnyValue' | undefined;
  /** The positive operator: `StringEquals` for `StringNotEquals`. */
  readonly base: string;
  readonly comparison: Comparison;
  /** Holds where the positive operator does not. */
  readonly negated: boolean;
  /** Whether `*` and `?` in a value are wildcards. */
  readonly wildcards: boolean;
  readonly ifExists: boolean;
}

const ROWS: readonly (readonly [Comparison, string])[] = [
  ['string', 'StringEquals StringNotEquals StringEqualsIgnoreCase StringNotEqualsIgnoreCase'],
  ['string', 'StringLike StringNotLike'],
  ['arn', 'ArnEquals ArnNotEquals ArnLike ArnNotLike'],
  ['bool', 'Bool'],
  ['numeric', 'NumericEquals NumericNotEquals NumericLessThan NumericLessThanEquals'],
  ['numeric', 'NumericGreaterThan NumericGreaterThanEquals'],
  ['date', 'DateEquals DateNotEquals DateLessThan DateLessThanEquals'],
  ['date', 'DateGreaterThan DateGreaterThanEquals'],
  ['ip', 'IpAddress NotIpAddress'],
  ['binary', 'BinaryEquals'],
  ['null', 'Null'],
];

const COMPARISONS: ReadonlyMap<string, Comparison> = new Map(
  ROWS.flatMap(([comparison, names]) => names.split(' ').map((name) => [name, comparison] as const)),
);

const SPELLING: ReadonlyMap<string, string> = new Map(
  [...COMPARISONS.keys()].flatMap(formsOf).map((form) => [form.toLowerCase(), form]),
);

/** Null asks whether the key is there: neither a quantifier nor IfExists has a meaning with it. */
function formsOf(name: string): string[] {
  if (name === 'Null') return [name];
  const quantified = [name, `ForAllValues:${name}`, `ForAnyValue:${name}`];
  return quantified.flatMap((form) => [form, `${form}IfExists`]);
}

/** An operator in IAM's own spelling, quantifier and `IfExists` included; undefined for what IAM does not have. */
export function spellOperator(text: string): string | undefined {
  return SPELLING.get(text.toLowerCase());
}

/** @param spelled as `spellOperator` gives it */
export function readOperator(spelled: string): Operator {
  const [, quantifier, name = '', ifExists] =
    /^(?:(ForAllValues|ForAnyValue):)?(\w+?)(IfExists)?$/.exec(spelled) ?? [];
  const base = name.replace('Not', '');
  const comparison = COMPARISONS.get(name) ?? 'string';
  return {
    quantifier: quantifier as Operator['quantifier'],
    base,
    comparison,
    negated: base !== name,
    // ArnEquals and ArnLike do the same (IAM reference, "ARN condition operators").
    wildcards: base === 'StringLike' || comparison === 'arn',
    ifExists: ifExists !== undefined,
  };
}

/** Whether a value is one that the operator can compare with; a policy variable is told apart before. */
export function isComparable(comparison: Comparison, value: string): boolean {
  switch (comparison) {
    case 'bool':
    case 'null':
      return /^(true|false)$/i.test(value);
    case 'numeric':
      return value.trim() !== '' && Number.isFinite(Number(value));
    case 'date':
      return readDate(value) !== undefined;
    case 'ip':
      return readRange(value) !== undefined;
    case 'string':
    case 'arn':
    case 'binary':
      return true;
  }
}

/** The comparison of a positive operator other than those of texts and ARNs; what can't be compared never agrees. */
export function compareValues({ base, comparison }: Operator, actual: string, wanted: string): boolean {
  switch (comparison) {
    case 'bool':
      return actual.toLowerCase() === wanted.toLowerCase();
    case 'numeric':
      return compareOrder(base, Number(actual), Number(wanted));
    case 'date':
      return compareOrder(base, readDate(actual), readDate(wanted));
    case 'ip':
      return isInRange(actual, wanted);
    case 'string':
    case 'arn':
    case 'binary':
    case 'null':
      return actual === wanted;
  }
}

/** NaN, and a date that is none, agree with nothing. */
function compareOrder(operator: string, actual = Number.NaN, wanted = Number.NaN): boolean {
  if (operator.endsWith('LessThan')) return actual < wanted;
  if (operator.endsWith('LessThanEquals')) return actual <= wanted;
  if (operator.endsWith('GreaterThan')) return actual > wanted;
  if (operator.endsWith('GreaterThanEquals')) return actual >= wanted;
  return actual === wanted;
}

/** Milliseconds since 1970: of a W3C date (its time zone is UTC unless said), or of seconds since 1970. */
export function readDate(text: string): number | undefined {
  if (/^\d{5,}(\.\d+)?$/.test(text)) return Number(text) * 1000;
  const form = /^\d{4}(-\d{2}(-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?)?)?$/.exec(text);
  if (form === null) return undefined;
  const zoned = form[3] !== undefined && form[6] === undefined ? `${text}Z` : text;
  const time = Date.parse(zoned);
  return Number.isNaN(time) ? undefined : time;
}

interface AddressRange {
  readonly network: string;
  readonly bits: number;
  readonly family: 4 | 6;
}

/** An address or a range in CIDR notation. */
export function readRange(text: string): AddressRange | undefined {
  const [, network = '', given] = /^([0-9a-fA-F.:]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const family = isIP(network);
  if (family !== 4 && family !== 6) return undefined;
  const most = family === 4 ? 32 : 128;
  const bits = given === undefined ? most : Number(given);
  return bits <= most ? { network, bits, family } : undefined;
}

/** @param texts ranges of one family, as a BlockList takes IPv4 for mapped IPv6 */
export function listOfRanges(texts: readonly string[]): BlockList {
  const list = new BlockList();
  for (const text of texts) {
    const range = readRange(text);
    if (range !== undefined) list.addSubnet(range.network, range.bits, `ipv${range.family}`);
  }
  return list;
}

function isInRange(address: string, text: string): boolean {
  const family = readRange(text)?.family;
  return (
    family !== undefined && isIP(address) === family && listOfRanges([text]).check(address, `ipv${family}`)
  );
}
