import { conditionsHold, matchesWildcard, type ConditionValues } from './conditions.js';
import type { PolicyDocument, PrincipalMap, Statement } from './document.js';

/** A request as a policy sees it. */
export interface PolicyRequest {
  /** Every id by which a statement may name the caller, with the kind of principal (`AWS`, `Federated`, …). */
  readonly principals: PrincipalMap;
  /** e.g. `kms:PutKeyPolicy` */
  readonly action: string;
  /** The resource's ARN; undefined where the policy has no Resource element (a role's trust policy). */
  readonly resource: string | undefined;
  readonly conditions: ConditionValues;
}

/** `Deny` beats `Allow`; `none` when no statement speaks of the request. */
export type Decision = 'Allow' | 'Deny' | 'none';

/** Evaluates one resource-based policy. Service and action names are compared without regard to case, as IAM does. */
export function evaluatePolicy(policy: PolicyDocument, request: PolicyRequest): Decision {
  const effects = new Set(
    policy.statements.filter((statement) => applies(statement, request)).map(({ effect }) => effect),
  );
  if (effects.has('Deny')) return 'Deny';
  return effects.has('Allow') ? 'Allow' : 'none';
}

function applies(statement: Statement, request: PolicyRequest): boolean {
  return (
    principalApplies(statement, request.principals) &&
    listApplies(statement.actions, statement.notActions, request.action.toLowerCase(), true) &&
    resourceApplies(statement, request.resource) &&
    conditionsHold(statement.conditions, request.conditions)
  );
}

function principalApplies(statement: Statement, principals: PrincipalMap): boolean {
  if (statement.principals !== undefined) return names(statement.principals, principals);
  if (statement.notPrincipals !== undefined) return !names(statement.notPrincipals, principals);
  return false;
}

/** A bare account id means that account's root. */
function names(wanted: PrincipalMap, actual: PrincipalMap): boolean {
  return Object.entries(wanted).some(([kind, ids]) =>
    ids.some((id) => (actual[kind] ?? []).some((one) => id === '*' || id === one || isRootOf(one, id))),
  );
}

function isRootOf(arn: string, account: string): boolean {
  return /^\d{12}$/.test(account) && arn.endsWith(`:iam::${account}:root`);
}

function resourceApplies(statement: Statement, resource: string | undefined): boolean {
  return resource === undefined || listApplies(statement.resources, statement.notResources, resource, false);
}

function listApplies(
  wanted: readonly string[] | undefined,
  unwanted: readonly string[] | undefined,
  actual: string,
  lowerCase: boolean,
): boolean {
  const matches = (pattern: string): boolean =>
    matchesWildcard(actual, lowerCase ? pattern.toLowerCase() : pattern);
  if (wanted !== undefined) return wanted.some(matches);
  return unwanted !== undefined && !unwanted.some(matches);
}
