import { KMS_ACTIONS, matchesPattern } from './kms-actions.js';
import { isKept, isKey } from './model.js';
import {
  compareTexts,
  describeCondition,
  readKeyPolicy,
  type Clause,
  type KeyPolicy,
  type Statement,
} from './policy.js';
import type { AccessChange, PlanModel, ResourceChange } from './types.js';

/**
 * Who gains and who loses what by the plan: the key policies before and after as principals × actions × conditions. How
 * they are written and in which order has no part in it. A `Deny` that "gains" appears, one that "loses" goes.
 * A policy that is not known before apply, or that can't be read, gives nothing here; `findUndecidedPolicies` names it.
 * @returns what is the same in several Regions once; gains first
 */
export function diffAccess(model: PlanModel): AccessChange[] {
  const keys = model.resources.filter(isKey);
  const after = new Set(keys.filter(isKept).map(placeOf));
  return mergeRegions(keys.filter(({ action }) => action !== 'forget').flatMap(diffKey), after);
}

/** The same for what was changed outside Terraform: the policies on record against those found. */
export function diffDriftAccess(model: PlanModel): AccessChange[] {
  const keys = new Set(model.resources.filter(isKey).filter(isKept).map(placeOf));
  const changed = model.drift.filter((change) => isKey(change) && change.action === 'update');
  return mergeRegions(changed.flatMap(diffKey), keys);
}

/** A planned policy that can't be compared or judged. */
export interface UndecidedPolicy {
  readonly change: ResourceChange;
  /** As the end of a sentence about the policy, e.g. `it is not valid JSON`. */
  readonly problem: string;
}

/** The planned key policies that are known only after apply, or that can't be read. */
export function findUndecidedPolicies(model: PlanModel): UndecidedPolicy[] {
  return model.resources
    .filter((change) => isKey(change) && isKept(change))
    .flatMap((change): UndecidedPolicy[] => {
      if (change.afterUnknown['policy'] === true)
        return [{ change, problem: 'it is known only after apply' }];
      const text = change.after?.['policy'];
      if (typeof text !== 'string') return [];
      const reading = readKeyPolicy(text, change.region);
      return 'problem' in reading ? [{ change, problem: reading.problem }] : [];
    });
}

/** One change in one Region. */
type LocalChange = Omit<AccessChange, 'regions'> & { readonly place: string };

function placeOf({ region, address }: ResourceChange): string {
  return region ?? address;
}

function diffKey(change: ResourceChange): LocalChange[] {
  if (change.afterUnknown['policy'] === true) return [];
  const after = policyOf(change.after, change);
  if (after === undefined) return [];
  // What can't be read is not known to let anybody in: then all that comes after is a gain.
  const before = policyOf(change.before, change) ?? NO_POLICY;
  const universe = actionsOf([before, after]);
  const [old, now] = [grantsOf(before, universe), grantsOf(after, universe)];
  const place = placeOf(change);
  const local = (direction: AccessChange['direction'], grants: Grant[]): LocalChange[] =>
    grants.map(({ effect, principal, condition, actions, patterns }) => ({
      direction,
      effect,
      principal,
      condition,
      actions: nameActions(actions, patterns, universe),
      place,
    }));
  return [...local('gains', subtract(now, old)), ...local('loses', subtract(old, now))];
}

const NO_POLICY: KeyPolicy = { version: undefined, id: undefined, statements: [] };

/** Undefined for a policy that can't be read; no key, no policy. */
function policyOf(side: ResourceChange['after'], { region }: ResourceChange): KeyPolicy | undefined {
  const text = side?.['policy'];
  if (typeof text !== 'string') return NO_POLICY;
  const reading = readKeyPolicy(text, region);
  return 'policy' in reading ? reading.policy : undefined;
}

/** What one principal may do, or may not, under one condition: all statements of that kind together. */
interface Grant {
  readonly effect: 'Allow' | 'Deny';
  readonly principal: string;
  readonly condition: string | undefined;
  readonly actions: ReadonlySet<string>;
  /** How the policy writes these actions. */
  readonly patterns: readonly Clause[];
}

/** Stands for the actions that nobody has heard of yet: only `*` and `kms:*` mean them too. */
const FUTURE = 'kms:\u0000';

function actionsOf(policies: readonly KeyPolicy[]): string[] {
  const named = policies.flatMap(({ statements }) => statements.flatMap(({ actions }) => actions.names));
  return [...new Set([...KMS_ACTIONS, ...named.filter((name) => !/[*?]/.test(name)), FUTURE])].sort();
}

function matchesClause({ not, names }: Clause, action: string): boolean {
  return names.some((name) => (name === action ? true : matchesAction(name, action))) !== not;
}

function matchesAction(pattern: string, action: string): boolean {
  return action === FUTURE ? pattern === 'kms:*' : matchesPattern(pattern, action);
}

function grantsOf({ statements }: KeyPolicy, universe: readonly string[]): Grant[] {
  const grants = new Map<string, Grant>();
  for (const statement of statements) {
    const actions = universe.filter((action) => matchesClause(statement.actions, action));
    const condition = conditionOf(statement);
    for (const principal of principalsOf(statement.principals)) {
      const { effect } = statement;
      const key = JSON.stringify([effect, principal, condition]);
      const known = grants.get(key);
      grants.set(key, {
        effect,
        principal,
        condition,
        actions: new Set([...(known?.actions ?? []), ...actions]),
        patterns: [...(known?.patterns ?? []), statement.actions],
      });
    }
  }
  return [...grants.values()];
}

function principalsOf({ not, names }: Clause): readonly string[] {
  return not ? [`everyone except ${names.join(', ')}`] : names;
}

/** The conditions, and the resources where they are not simply this key (`*`), in one line. */
function conditionOf({ conditions, resources }: Statement): string | undefined {
  const everything = !resources.not && resources.names.includes('*');
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

/** What holds without a condition holds with one; what everyone may, each may. Services are not in `*`. */
function covers(wide: Grant, narrow: Grant): boolean {
  const sameEffect = wide.effect === narrow.effect;
  const condition = wide.condition === undefined || wide.condition === narrow.condition;
  const isAws = !/^(Service|Federated|CanonicalUser): /.test(narrow.principal);
  const principal = wide.principal === narrow.principal || (wide.principal === '*' && isAws);
  return sameEffect && condition && principal;
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
    whole.some((pattern) => pattern !== name && matchesPattern(pattern, name));
  return [...all].filter((name) => !isCovered(name)).sort();
}

interface NamedActions {
  readonly pattern?: string;
  readonly rest: readonly string[];
}

function nameClause(clause: Clause, actions: ReadonlySet<string>, universe: readonly string[]): NamedActions {
  const meant = universe.filter((action) => matchesClause(clause, action));
  const left = meant.filter((action) => actions.has(action));
  if (left.length === meant.length && !clause.not) return { pattern: clause.names.join(), rest: [] };
  if (!left.includes(FUTURE)) return { rest: left };
  const except = universe.filter((action) => !actions.has(action));
  const exceptions = left.length === meant.length ? clause.names : except;
  return { rest: [`kms:* except ${exceptions.join(', ')}`] };
}

function mergeRegions(changes: readonly LocalChange[], present: ReadonlySet<string>): AccessChange[] {
  const merged = new Map<string, { change: LocalChange; places: Set<string> }>();
  for (const change of changes) {
    const { place, ...rest } = change;
    const key = JSON.stringify([rest.direction, rest.effect, rest.principal, rest.condition, rest.actions]);
    const known = merged.get(key) ?? { change, places: new Set() };
    merged.set(key, { ...known, places: known.places.add(place) });
  }
  return [...merged.entries()]
    .sort(([a], [b]) => compareTexts(a, b))
    .map(([, { change, places }]) => ({
      direction: change.direction,
      effect: change.effect,
      principal: change.principal,
      actions: change.actions,
      condition: change.condition,
      regions: isSame(places, present) ? 'all' : [...places].sort(),
    }));
}

function isSame(some: ReadonlySet<string>, all: ReadonlySet<string>): boolean {
  return some.size === all.size && [...some].every((place) => all.has(place));
}
