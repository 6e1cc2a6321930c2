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

const POSITIVE: Readonly<Record<string, Comparison>> = {
  StringEquals: 'string',
  StringEqualsIgnoreCase: 'string',
  StringLike: 'string',
  ArnEquals: 'arn',
  ArnLike: 'arn',
  Bool: 'bool',
  NumericEquals: 'numeric',
  NumericLessThan: 'numeric',
  NumericLessThanEquals: 'numeric',
  NumericGreaterThan: 'numeric',
  NumericGreaterThanEquals: 'numeric',
  DateEquals: 'date',
  DateLessThan: 'date',
  DateLessThanEquals: 'date',
  DateGreaterThan: 'date',
  DateGreaterThanEquals: 'date',
  IpAddress: 'ip',
  BinaryEquals: 'binary',
  Null: 'null',
};

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

const SPELLING = new Map(
  [...Object.keys(POSITIVE), ...Object.keys(NEGATIONS)].map((name) => [name.toLowerCase(), name]),
);

const QUANTIFIERS = new Map<string | undefined, string>([
  ['forallvalues', 'ForAllValues:'],
  ['foranyvalue', 'ForAnyValue:'],
]);

/** An operator in IAM's own spelling, quantifier and `IfExists` included; undefined for what IAM does not have. */
export function spellOperator(text: string): string | undefined {
  const match = /^(?:(forallvalues|foranyvalue):)?([a-z]+?)(ifexists)?$/i.exec(text);
  const name = SPELLING.get(match?.[2]?.toLowerCase() ?? '');
  if (match === null || name === undefined) return undefined;
  const before = QUANTIFIERS.get(match[1]?.toLowerCase()) ?? '';
  const after = match[3] === undefined ? '' : 'IfExists';
  // Null asks whether the key is there: neither a quantifier nor IfExists has a meaning with it.
  return name === 'Null' && before + after !== '' ? undefined : before + name + after;
}

/** @param spelled as `spellOperator` gives it */
export function readOperator(spelled: string): Operator {
  const match = /^(?:(ForAllValues|ForAnyValue):)?(\w+?)(IfExists)?$/.exec(spelled);
  const name = match?.[2] ?? '';
  const base = NEGATIONS[name] ?? name;
  const quantifier = match?.[1];
  return {
    quantifier: quantifier === 'ForAllValues' || quantifier === 'ForAnyValue' ? quantifier : undefined,
    base,
    comparison: POSITIVE[base] ?? 'string',
    negated: base !== name,
    // ArnEquals and ArnLike do the same (IAM reference, "ARN condition operators").
    wildcards: base === 'StringLike' || POSITIVE[base] === 'arn',
    ifExists: match?.[3] !== undefined,
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

/** NaN, and a date that is none, agree with nothing. */
function compareOrder(order: string, actual = Number.NaN, wanted = Number.NaN): boolean {
  return ORDERS[order]?.(actual, wanted) ?? false;
}

type Ordered = (actual: number, wanted: number) => boolean;

const ORDERS: Readonly<Record<string, Ordered>> = {
  Equals: (actual, wanted) => actual === wanted,
  LessThan: (actual, wanted) => actual < wanted,
  LessThanEquals: (actual, wanted) => actual <= wanted,
  GreaterThan: (actual, wanted) => actual > wanted,
  GreaterThanEquals: (actual, wanted) => actual >= wanted,
};

/** The comparison of a positive operator other than those of texts and ARNs; what can't be compared never agrees. */
export function compareValues({ base, comparison }: Operator, actual: string, wanted: string): boolean {
  switch (comparison) {
    case 'bool':
      return actual.toLowerCase() === wanted.toLowerCase();
    case 'numeric':
      return compareOrder(base.slice('Numeric'.length), Number(actual), Number(wanted));
    case 'date':
      return compareOrder(base.slice('Date'.length), readDate(actual), readDate(wanted));
    case 'ip':
      return isInRange(actual, wanted);
    case 'string':
    case 'arn':
    case 'binary':
    case 'null':
      return actual === wanted;
  }
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

export interface AddressRange {
  readonly network: string;
  readonly bits: number;
  readonly family: 4 | 6;
}

/** An address or a range in CIDR notation. */
export function readRange(text: string): AddressRange | undefined {
  const match = /^([0-9a-fA-F.:]+)(?:\/(\d{1,3}))?$/.exec(text);
  const network = match?.[1] ?? '';
  const family = isIP(network);
  if (family !== 4 && family !== 6) return undefined;
  const most = family === 4 ? 32 : 128;
  const bits = match?.[2] === undefined ? most : Number(match[2]);
  return bits <= most ? { network, bits, family } : undefined;
}

function isInRange(address: string, text: string): boolean {
  const range = readRange(text);
  const family = isIP(address);
  if (range === undefined || family !== range.family) return false;
  const type = family === 4 ? 'ipv4' : 'ipv6';
  const list = new BlockList();
  list.addSubnet(range.network, range.bits, type);
  return list.check(address, type);
}
