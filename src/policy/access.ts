import { KMS_ACTIONS, matchesAction } from './actions.js';
import { describeCondition, type Clause, type Policy, type Principal, type Statement } from './document.js';
import { deletedKind, describePrincipal, EVERYBODY, isSamePrincipal } from './principals.js';

/** What one principal gains or loses under one condition. */
export interface PolicyDifference {
  readonly direction: 'gains' | 'loses';
  readonly effect: 'Allow' | 'Deny';
  /** Undefined for everybody except those of a NotPrincipal. */
  readonly principal: Principal | undefined;
  /** In one line; different principals are different lines. */
  readonly name: string;
  /** KMS actions as the policy writes them, sorted. */
  readonly actions: readonly string[];
  /** The conditions, and the resources where they are not simply this key, in one line. */
  readonly condition: string | undefined;
}

/**
 * Who gains and who loses what between two policies, as principals × actions × conditions; how they are written and in
 * which order has no part in it. A principal that was deleted since (AWS gives its unique id back) gains and loses
 * nothing: nobody has that id any more.
 * @param before undefined for none
 */
export function diffPolicies(before: Policy | undefined, after: Policy | undefined): PolicyDifference[] {
  const policies = [before, after].filter((policy) => policy !== undefined);
  const universe = actionsOf(policies);
  const [old, now] = [before, after].map((policy) =>
    policy === undefined ? [] : grantsOf(policy, universe),
  ) as [Grant[], Grant[]];
  const local = (direction: PolicyDifference['direction'], grants: Grant[]): PolicyDifference[] =>
    grants.map(({ effect, principal, name, condition, actions, patterns }) => ({
      direction,
      effect,
      principal,
      name,
      condition,
      actions: nameActions(actions, patterns, universe),
    }));
  return [...local('gains', subtract(now, old)), ...local('loses', subtract(old, now))];
}

/** What one principal may do, or may not, under one condition: all statements of that kind together. */
interface Grant {
  readonly effect: 'Allow' | 'Deny';
  readonly principal: Principal | undefined;
  readonly name: string;
  readonly condition: string | undefined;
  readonly actions: ReadonlySet<string>;
  /** How the policy writes these actions. */
  readonly patterns: readonly Clause[];
}

/** Stands for the actions that nobody has heard of yet: only `*` and `kms:*` mean them too. */
const FUTURE = 'kms:\u0000';

function actionsOf(policies: readonly Policy[]): string[] {
  const named = policies.flatMap(({ statements }) => statements.flatMap(({ actions }) => actions.names));
  return [...new Set([...KMS_ACTIONS, ...named.filter((name) => !/[*?]/.test(name)), FUTURE])].sort();
}

function matchesClause({ not, names }: Clause, action: string): boolean {
  return names.some((name) => name === action || matchesName(name, action)) !== not;
}

function matchesName(pattern: string, action: string): boolean {
  return action === FUTURE ? pattern === 'kms:*' || pattern === '*' : matchesAction(pattern, action);
}

function grantsOf({ statements }: Policy, universe: readonly string[]): Grant[] {
  const grants = new Map<string, Grant>();
  for (const statement of statements) {
    const actions = universe.filter((action) => matchesClause(statement.actions, action));
    const condition = conditionOf(statement);
    for (const { principal, name } of principalsOf(statement)) {
      const { effect } = statement;
      const key = JSON.stringify([effect, name, condition]);
      const known = grants.get(key);
      grants.set(key, {
        effect,
        principal,
        name,
        condition,
        actions: new Set([...(known?.actions ?? []), ...actions]),
        patterns: [...(known?.patterns ?? []), statement.actions],
      });
    }
  }
  return [...grants.values()];
}

function principalsOf({ principals: { not, members } }: Statement): Pick<Grant, 'principal' | 'name'>[] {
  if (not)
    return [{ principal: undefined, name: `everyone except ${members.map(describePrincipal).join(', ')}` }];
  return members
    .filter((principal) => deletedKind(principal) === undefined)
    .map((principal) => ({ principal, name: describePrincipal(principal) }));
}

/** The conditions, and the resources where they are not simply this key (`*`), in one line. */
function conditionOf({ conditions, resources }: Statement): string | undefined {
  const everything = resources === undefined || (!resources.not && resources.names.includes('*'));
  const scope = everything
    ? []
    : [`Resource is ${resources.not ? 'not ' : ''}${resources.names.join(' or ')}`];
  const parts = [...conditions.map(describeCondition), ...scope];
  return parts.length === 0 ? undefined : parts.join(' and ');
}

/** The grants with what the others do not already cover; those of which nothing is left are gone. */
function subtract(grants: readonly Grant[], others: readonly Grant[]): Grant[] {
  return grants
    .map((grant) => {
      const covering = others.filter((other) => covers(other, grant));
      const actions = [...grant.actions].filter(
        (action) => !covering.some((other) => other.actions.has(action)),
      );
      return { ...grant, actions: new Set(actions) };
    })
    .filter(({ actions }) => actions.size > 0);
}

/** What holds without a condition holds with one; what everyone may, each may, services too. */
function covers(wide: Grant, narrow: Grant): boolean {
  const sameEffect = wide.effect === narrow.effect;
  const condition = wide.condition === undefined || wide.condition === narrow.condition;
  const isEverybody = wide.principal !== undefined && isSamePrincipal(wide.principal, EVERYBODY);
  return sameEffect && condition && (wide.name === narrow.name || isEverybody);
}

/** The actions as the policy writes them, as far as each pattern is wholly in; what is left of the others one by one. */
function nameActions(
  actions: ReadonlySet<string>,
  patterns: readonly Clause[],
  universe: readonly string[],
): string[] {
  const names = patterns
    .flatMap((clause) =>
      clause.not ? [clause] : clause.names.map((name) => ({ not: false, names: [name] })),
    )
    .map((clause) => nameClause(clause, actions, universe));
  const whole = names.flatMap(({ pattern }) => pattern ?? []);
  const all = new Set([...whole, ...names.flatMap(({ rest }) => rest)]);
  const isCovered = (name: string): boolean =>
    whole.some((pattern) => pattern !== name && matchesAction(pattern, name));
  return [...all].filter((name) => !isCovered(name)).sort();
}

interface NamedActions {
  readonly pattern?: string;
  readonly rest: readonly string[];
}

function nameClause(clause: Clause, actions: ReadonlySet<string>, universe: readonly string[]): NamedActions {
  const meant = universe.filter((action) => matchesClause(clause, action));
  const left = meant.filter((action) => actions.has(action));
  // In a key policy every action is one of KMS.
  if (left.length === meant.length && !clause.not)
    return { pattern: clause.names.join().replace(/^\*$/, 'kms:*'), rest: [] };
  if (!left.includes(FUTURE)) return { rest: left };
  const except = universe.filter((action) => !actions.has(action));
  const exceptions = left.length === meant.length ? clause.names : except;
  return { rest: [`kms:* except ${exceptions.join(', ')}`] };
}
