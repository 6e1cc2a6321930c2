import { partitionOf } from '../aws/regions.js';
import { spellAction } from './kms-actions.js';

/** What one element of a statement names; with `not`, everything else. */
export interface Clause {
  readonly not: boolean;
  /** Sorted, each once. */
  readonly names: readonly string[];
}

export interface Condition {
  /** E.g. `StringEquals`, `ForAnyValue:StringLike`, `BoolIfExists`. */
  readonly operator: string;
  readonly key: string;
  /** Sorted, each once. */
  readonly values: readonly string[];
}

export interface Statement {
  readonly sid: string | undefined;
  readonly effect: 'Allow' | 'Deny';
  /** Each in the form of `AccessChange.principal`. */
  readonly principals: Clause;
  readonly actions: Clause;
  readonly resources: Clause;
  /** Sorted by operator and key. All have to hold. */
  readonly conditions: readonly Condition[];
}

export interface KeyPolicy {
  readonly version: string | undefined;
  readonly id: string | undefined;
  /** In the order of the text, which has no meaning. */
  readonly statements: readonly Statement[];
}

/** A policy, or why the text is none, as the end of a sentence. */
export type PolicyReading = { readonly policy: KeyPolicy } | { readonly problem: string };

/**
 * Reads a key policy into one form for every way of writing it: single values are lists, lists are sets, an account id
 * is its root ARN, `{"AWS": "*"}` is `*`, actions have KMS's spelling (IAM reference, "Grammar of the IAM JSON policy
 * language" and "AWS JSON policy elements: Principal").
 * @param region the key's, for the partition of the root ARN that a bare account id stands for
 */
export function readKeyPolicy(text: string, region?: string): PolicyReading {
  const partition = (region === undefined ? undefined : partitionOf(region)) ?? 'aws';
  try {
    return { policy: readDocument(JSON.parse(text), partition) };
  } catch (thrown) {
    if (thrown instanceof PolicyProblem) return { problem: thrown.message };
    if (thrown instanceof SyntaxError) return { problem: 'it is not valid JSON' };
    throw thrown;
  }
}

/** Ends the reading; never leaves this file. Messages hold names of elements, never values. */
class PolicyProblem extends Error {}

type JsonObject = Readonly<Record<string, unknown>>;

function asObject(value: unknown, what: string): JsonObject {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject;
  throw new PolicyProblem(`${what} is not an object`);
}

function assertMembers(object: JsonObject, known: readonly string[], what: string): void {
  const strange = Object.keys(object).filter((name) => !known.includes(name));
  if (strange.length > 0) throw new PolicyProblem(`${what} has an unknown element`);
}

function readDocument(value: unknown, partition: string): KeyPolicy {
  const document = asObject(value, 'it');
  assertMembers(document, ['Version', 'Id', 'Statement'], 'it');
  const statements = document['Statement'];
  if (statements === undefined) throw new PolicyProblem('it has no Statement');
  return {
    version: optionalText(document['Version'], 'Version'),
    id: optionalText(document['Id'], 'Id'),
    statements: (Array.isArray(statements) ? statements : [statements]).map((statement, index) =>
      readStatement(statement, `statement ${index + 1}`, partition),
    ),
  };
}

const ELEMENTS = [
  'Sid',
  'Effect',
  'Principal',
  'NotPrincipal',
  'Action',
  'NotAction',
  'Resource',
  'NotResource',
];

function readStatement(value: unknown, what: string, partition: string): Statement {
  const statement = asObject(value, what);
  assertMembers(statement, [...ELEMENTS, 'Condition'], what);
  const effect = statement['Effect'];
  if (effect !== 'Allow' && effect !== 'Deny') throw new PolicyProblem(`${what} has no Effect Allow or Deny`);
  const clause = (name: string, read: (element: unknown, whose: string) => string[]): Clause =>
    readClause({ statement, name, what, read });
  return {
    sid: optionalText(statement['Sid'], `the Sid of ${what}`),
    effect,
    principals: clause('Principal', (element, whose) => readPrincipals(element, whose, partition)),
    actions: clause('Action', (element, whose) => readTexts(element, whose).map(spellAction)),
    resources: clause('Resource', readTexts),
    conditions: readConditions(statement['Condition'], what),
  };
}

interface ClauseRequest {
  readonly statement: JsonObject;
  readonly name: string;
  readonly what: string;
  readonly read: (element: unknown, whose: string) => string[];
}

/** A statement names each of principals, actions and resources in exactly one of the two ways. */
function readClause({ statement, name, what, read }: ClauseRequest): Clause {
  const [positive, negative] = [statement[name], statement[`Not${name}`]];
  if ((positive === undefined) === (negative === undefined)) {
    throw new PolicyProblem(`${what} needs ${name} or Not${name}, and not both`);
  }
  const names = read(positive ?? negative, `the ${name} of ${what}`);
  return { not: negative !== undefined, names: asSet(names) };
}

function readPrincipals(element: unknown, what: string, partition: string): string[] {
  if (element === '*') return ['*'];
  return Object.entries(asObject(element, what)).flatMap(([type, given]) => {
    const names = readTexts(given, what);
    if (type === 'AWS') return names.map((name) => nameAwsPrincipal(name, partition));
    if (!['Service', 'Federated', 'CanonicalUser'].includes(type)) {
      throw new PolicyProblem(`${what} has an unknown type`);
    }
    return names.map((name) => `${type}: ${name}`);
  });
}

function nameAwsPrincipal(name: string, partition: string): string {
  return /^\d{12}$/.test(name) ? `arn:${partition}:iam::${name}:root` : name;
}

function readConditions(block: unknown, what: string): Condition[] {
  if (block === undefined) return [];
  const operators = Object.entries(asObject(block, `the Condition of ${what}`));
  return operators
    .flatMap(([operator, keys]) =>
      Object.entries(asObject(keys, `a Condition operator of ${what}`)).map(([key, values]) => ({
        operator,
        key,
        values: asSet(readConditionValues(values, `a Condition value of ${what}`)),
      })),
    )
    .sort((a, b) => compareTexts(`${a.operator} ${a.key}`, `${b.operator} ${b.key}`));
}

/** Booleans and numbers may be written with and without quotes; IAM compares texts (IAM reference, "Condition"). */
function readConditionValues(given: unknown, what: string): string[] {
  const values: unknown[] = Array.isArray(given) ? given : [given];
  return values.map((value) => {
    if (typeof value === 'string') return value;
    if (typeof value === 'boolean' || typeof value === 'number') return String(value);
    throw new PolicyProblem(`${what} is no text`);
  });
}

function readTexts(given: unknown, what: string): string[] {
  const values: unknown[] = Array.isArray(given) ? given : [given];
  return values.map((value) => {
    if (typeof value === 'string') return value;
    throw new PolicyProblem(`${what} is no text or list of texts`);
  });
}

function optionalText(value: unknown, what: string): string | undefined {
  if (value === undefined || typeof value === 'string') return value;
  throw new PolicyProblem(`${what} is no text`);
}

function asSet(names: readonly string[]): string[] {
  return [...new Set(names)].sort();
}

/** By code points, the same on every machine; `localeCompare` is not. */
export function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** A condition in one line, e.g. `Bool kms:GrantIsForAWSResource = "true"`. */
export function describeCondition({ operator, key, values }: Condition): string {
  return `${operator} ${key} = ${values.map((value) => JSON.stringify(value)).join(' or ')}`;
}
