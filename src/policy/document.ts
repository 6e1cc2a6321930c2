export type PrincipalType = 'AWS' | 'CanonicalUser' | 'Federated' | 'Service';

/**
 * One principal by its type and its value, never the two in one text: `{"AWS": "Service: a"}` is not
 * `{"Service": "a"}`. Everybody is `{type: 'AWS', value: '*'}`, a whole account its root ARN.
 */
export interface Principal {
  readonly type: PrincipalType;
  readonly value: string;
}

/** Whom a statement names; with `not`, everybody else. */
export interface Principals {
  readonly not: boolean;
  /** Sorted by type and value, each once. */
  readonly members: readonly Principal[];
}

/** The actions or resources that a statement names; with `not`, all others. */
export interface Clause {
  readonly not: boolean;
  /** Sorted, each once. */
  readonly names: readonly string[];
}

/** One operator on one condition key. */
export interface Condition {
  /** In IAM's spelling, e.g. `StringEquals`, `ForAnyValue:StringLike`, `BoolIfExists`. */
  readonly operator: string;
  /** As it is written; its case has no meaning. */
  readonly key: string;
  /** Sorted, each once. */
  readonly values: readonly string[];
}

export interface Statement {
  /** Its place in the document, counted from 1. */
  readonly position: number;
  readonly sid: string | undefined;
  readonly effect: 'Allow' | 'Deny';
  readonly principals: Principals;
  readonly actions: Clause;
  /** Undefined in a role's trust policy, which has no Resource element. */
  readonly resources: Clause | undefined;
  /** Sorted by operator and key. All have to hold. */
  readonly conditions: readonly Condition[];
}

export interface Policy {
  /** Undefined counts as 2008-10-17, in which `${…}` is no variable. */
  readonly version: '2008-10-17' | '2012-10-17' | undefined;
  readonly id: string | undefined;
  /** In the order of the text, which has no meaning. */
  readonly statements: readonly Statement[];
}

/** By code points, the same on every machine; `localeCompare` is not. */
export function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** A condition in one line, e.g. `Bool kms:GrantIsForAWSResource = "true"`. */
export function describeCondition({ operator, key, values }: Condition): string {
  return `${operator} ${key} = ${values.map((value) => JSON.stringify(value)).join(' or ')}`;
}
