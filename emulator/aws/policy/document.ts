/** Whom a statement names: `AWS`, `Federated`, `Service` or `CanonicalUser` → ids; `*` is everyone. */
export type PrincipalMap = Readonly<Record<string, readonly string[]>>;

/** operator → condition key → values, as in `{"StringEquals": {"kms:ViaService": ["…"]}}`. */
export type ConditionBlock = Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;

/** One statement with every `string or list` made a list. */
export interface Statement {
  readonly effect: 'Allow' | 'Deny';
  readonly principals: PrincipalMap | undefined;
  readonly notPrincipals: PrincipalMap | undefined;
  readonly actions: readonly string[] | undefined;
  readonly notActions: readonly string[] | undefined;
  readonly resources: readonly string[] | undefined;
  readonly notResources: readonly string[] | undefined;
  readonly conditions: ConditionBlock;
}

export interface PolicyDocument {
  readonly version: string;
  readonly statements: readonly Statement[];
}

/** A policy that can't be read; the message is IAM's own where IAM is known to have one. */
export class PolicySyntaxError extends Error {
  override readonly name = 'PolicySyntaxError';
}

type JsonObject = Readonly<Record<string, unknown>>;

const STATEMENT_ELEMENTS = new Set([
  'Sid',
  'Effect',
  'Principal',
  'NotPrincipal',
  'Action',
  'NotAction',
  'Resource',
  'NotResource',
  'Condition',
]);

/**
 * Reads a policy document.
 * @param text the JSON
 * @throws PolicySyntaxError when it is not a policy
 */
export function parsePolicy(text: string): PolicyDocument {
  const document = parseJson(text);
  const version = document['Version'] ?? '2008-10-17';
  if (version !== '2012-10-17' && version !== '2008-10-17')
    throw new PolicySyntaxError('Syntax errors in policy.');
  const unknown = Object.keys(document).filter((name) => !['Version', 'Id', 'Statement'].includes(name));
  if (unknown.length > 0) throw new PolicySyntaxError('Syntax errors in policy.');
  const given = document['Statement'];
  const list: unknown[] = Array.isArray(given) ? given : [given];
  if (given === undefined || list.length === 0) throw new PolicySyntaxError('Syntax errors in policy.');
  return { version, statements: list.map(readStatement) };
}

function parseJson(text: string): JsonObject {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    throw new PolicySyntaxError('This policy contains invalid Json');
  }
  if (!isObject(document)) throw new PolicySyntaxError('This policy contains invalid Json');
  return document;
}

function readStatement(given: unknown): Statement {
  if (!isObject(given)) throw new PolicySyntaxError('Syntax errors in policy.');
  if (Object.keys(given).some((name) => !STATEMENT_ELEMENTS.has(name)))
    throw new PolicySyntaxError('Syntax errors in policy.');
  const effect = given['Effect'];
  if (effect !== 'Allow' && effect !== 'Deny') throw new PolicySyntaxError('Syntax errors in policy.');
  const statement: Statement = {
    effect,
    principals: readPrincipals(given['Principal']),
    notPrincipals: readPrincipals(given['NotPrincipal']),
    actions: readStrings(given['Action']),
    notActions: readStrings(given['NotAction']),
    resources: readStrings(given['Resource']),
    notResources: readStrings(given['NotResource']),
    conditions: readConditions(given['Condition']),
  };
  refusePairs(statement);
  return statement;
}

/** An element and its negation exclude each other (IAM's policy grammar). */
function refusePairs(statement: Statement): void {
  const pairs = [
    [statement.principals, statement.notPrincipals],
    [statement.actions, statement.notActions],
    [statement.resources, statement.notResources],
  ];
  if (pairs.some(([one, other]) => one !== undefined && other !== undefined))
    throw new PolicySyntaxError('Syntax errors in policy.');
}

function readPrincipals(given: unknown): PrincipalMap | undefined {
  if (given === undefined) return undefined;
  if (given === '*') return { AWS: ['*'] };
  if (!isObject(given) || Object.keys(given).length === 0)
    throw new PolicySyntaxError('Syntax errors in policy.');
  const kinds = Object.entries(given).map(([kind, ids]) => [kind, readStrings(ids) ?? []] as const);
  if (kinds.some(([, ids]) => ids.length === 0)) throw new PolicySyntaxError('Syntax errors in policy.');
  return Object.fromEntries(kinds);
}

function readStrings(given: unknown): readonly string[] | undefined {
  if (given === undefined) return undefined;
  const list: unknown[] = Array.isArray(given) ? given : [given];
  if (!list.every((item) => typeof item === 'string'))
    throw new PolicySyntaxError('Syntax errors in policy.');
  return list;
}

function readConditions(given: unknown): ConditionBlock {
  if (given === undefined) return {};
  if (!isObject(given)) throw new PolicySyntaxError('Syntax errors in policy.');
  const operators = Object.entries(given).map(([operator, keys]) => {
    if (!isObject(keys)) throw new PolicySyntaxError('Syntax errors in policy.');
    const tests = Object.entries(keys).map(([key, values]) => [key, readScalars(values)] as const);
    return [operator, Object.fromEntries(tests)] as const;
  });
  return Object.fromEntries(operators);
}

/** Condition values may be written as numbers and booleans too. */
function readScalars(given: unknown): readonly string[] {
  const list: unknown[] = Array.isArray(given) ? given : [given];
  return list.map((item) => {
    if (typeof item === 'string' || typeof item === 'number' || typeof item === 'boolean')
      return String(item);
    throw new PolicySyntaxError('Syntax errors in policy.');
  });
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
