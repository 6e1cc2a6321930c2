import { KMS_ACTIONS, matchesAction } from './actions.js';
import { describeCondition, type Clause, type Policy, type Principal, type Statement } from './document.js';
import { deletedKind, describePrincipal, EVERYBODY } from './principals.js';

/** Whom something is allowed or denied, under which condition. */
interface Scope {
  readonly effect: 'Allow' | 'Deny';
  /** Undefined for everybody except those of a NotPrincipal. */
  readonly principal: Principal | undefined;
  /** In one line; different principals are different lines. */
  readonly name: string;
  /** The conditions, and the resources where they are not simply this key, in one line. */
  readonly condition: string | undefined;
}

/** What one principal gains or loses under one condition. */
export interface PolicyDifference extends Scope {
  readonly direction: 'gains' | 'loses';
  /** KMS actions as the policy writes them, sorted. */
  readonly actions: readonly string[];
}

/**
 * Who gains and who loses what between two policies, as principals × actions × conditions; how they are written and in
 * which order has no part in it. A principal that was deleted since (AWS gives its unique id back) gains and loses
 * nothing: nobody has that id any more.
 * @param before undefined for none
 */
export function diffPolicies(before: Policy | undefined, after: Policy | undefined): PolicyDifference[] {
  const statementsOf = (policy: Policy | undefined): readonly Statement[] => policy?.statements ?? [];
  const universe = actionsOf([...statementsOf(before), ...statementsOf(after)]);
  const [old, now] = [grantsOf(statementsOf(before), universe), grantsOf(statementsOf(after), universe)];
  const local = (direction: PolicyDifference['direction'], grants: Grant[]): PolicyDifference[] =>
    grants.map(({ actions, patterns, ...scope }) => ({
      direction,
      ...scope,
      actions: nameActions(actions, patterns, universe),
    }));
  return [...local('gains', subtract(now, old)), ...local('loses', subtract(old, now))];
}

/** What one principal may do, or may not, under one condition: all statements of that kind together. */
interface Grant extends Scope {
  readonly actions: ReadonlySet<string>;
  /** How the policy writes these actions. */
  readonly patterns: readonly Clause[];
}

/** Stands for the actions that nobody has heard of yet: only `*` and `kms:*` mean them too. */
const FUTURE = 'kms:\u0000';

function actionsOf(statements: readonly Statement[]): string[] {
  const named = statements.flatMap(({ actions }) => actions.names).filter((name) => !/[*?]/.test(name));
  return [...new Set([...KMS_ACTIONS, ...named, FUTURE])].sort();
}

function matchesClause({ not, names }: Clause, action: string): boolean {
  return names.some((name) => name === action || matchesName(name, action)) !== not;
}

function matchesName(pattern: string, action: string): boolean {
  return action === FUTURE ? pattern === 'kms:*' || pattern === '*' : matchesAction(pattern, action);
}

function grantsOf(statements: readonly Statement[], universe: readonly string[]): Grant[] {
  const grants = new Map<string, Grant>();
  for (const statement of statements) {
    const actions = universe.filter((action) => matchesClause(statement.actions, action));
    for (const scope of scopesOf(statement)) {
      const { effect, name, condition } = scope;
      const key = JSON.stringify([effect, name, condition]);
      const known = grants.get(key);
      grants.set(key, {
        ...scope,
        actions: new Set([...(known?.actions ?? []), ...actions]),
        patterns: [...(known?.patterns ?? []), statement.actions],
      });
    }
  }
  return [...grants.values()];
}

function scopesOf(statement: Statement): Scope[] {
  const { effect, principals } = statement;
  const condition = conditionOf(statement);
  if (principals.not) {
    const name = `everyone except ${principals.members.map(describePrincipal).join(', ')}`;
    return [{ effect, principal: undefined, name, condition }];
  }
  return principals.members
    .filter((principal) => deletedKind(principal) === undefined)
    .map((principal) => ({ effect, principal, name: describePrincipal(principal), condition }));
}

function conditionOf({ conditions, resources }: Statement): string | undefined {
  const parts = conditions.map(describeCondition);
  const isThisKey = resources === undefined || (!resources.not && resources.names.includes('*'));
  if (!isThisKey) parts.push(`Resource is ${resources.not ? 'not ' : ''}${resources.names.join(' or ')}`);
  return parts.length === 0 ? undefined : parts.join(' and ');
}

/** The grants with what the others do not already cover; those of which nothing is left are gone. */
function subtract(grants: readonly Grant[], others: readonly Grant[]): Grant[] {
  return grants
    .map((grant) => {
      const covering = others.filter((other) => covers(other, grant));
      const left = [...grant.actions].filter(
        (action) => !covering.some(({ actions }) => actions.has(action)),
      );
      return { ...grant, actions: new Set(left) };
    })
    .filter(({ actions }) => actions.size > 0);
}

/** What holds without a condition holds with one; what everyone may, each may, services too. */
function covers(wide: Grant, narrow: Grant): boolean {
  const sameEffect = wide.effect === narrow.effect;
  const condition = wide.condition === undefined || wide.condition === narrow.condition;
  return sameEffect && condition && [narrow.name, describePrincipal(EVERYBODY)].includes(wide.name);
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
