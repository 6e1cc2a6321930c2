import { diffPolicies, type PolicyDifference } from '../policy/access.js';
import { compareTexts, type Policy, type Principal } from '../policy/document.js';
import { describeProblems, parsePolicy } from '../policy/parse.js';
import { accountOfPrincipal } from '../policy/principals.js';
import { changesPolicy, isKept, isKey } from './model.js';
import { accountOfArn, partitionOfKey } from './region.js';
import type { AccessChange, PlanModel, ResourceChange } from './types.js';

/**
 * Who gains and who loses what by the plan: the key policies before and after as principals × actions × conditions. How
 * they are written and in which order has no part in it. A `Deny` that "gains" appears, one that "loses" goes.
 * A policy that is not known before apply, or that can't be read, gives nothing here; `findUndecidedPolicies` names it.
 * @returns what is the same in several Regions once; strangers first, then gains
 */
export function diffAccess(model: PlanModel): AccessChange[] {
  const keys = model.resources.filter(isKey);
  const kept = keys.filter(isKept);
  const after = new Set((kept.length > 0 ? kept : keys).map(placeOf));
  const changes = keys.filter(({ action }) => action !== 'forget').flatMap(diffKey);
  return mergeRegions(changes, after, knownAccounts(model));
}

/** The same for what was changed outside Terraform: the policies on record against those found. */
export function diffDriftAccess(model: PlanModel): AccessChange[] {
  const keys = new Set(model.resources.filter(isKey).filter(isKept).map(placeOf));
  const changed = model.drift.filter((change) => isKey(change) && change.action === 'update');
  return mergeRegions(changed.flatMap(diffKey), keys, knownAccounts({ ...model, resources: changed }));
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
      const isPutInPlace = change.action === 'create' || changesPolicy(change);
      if (typeof text !== 'string') return isPutInPlace ? [{ change, problem: 'it is not in the plan' }] : [];
      // What AWS has already can name principals that were deleted since; what is to be put in place can't.
      const from = changesPolicy(change) && text !== change.before?.['policy'] ? 'author' : 'aws';
      const reading = parsePolicy(text, { partition: partitionOfKey(change), from });
      return 'problems' in reading ? [{ change, problem: describeProblems(reading.problems) }] : [];
    });
}

/** The policy of one side; undefined where there is none, or none that can be read. */
export function policyOfSide(change: ResourceChange, side: 'before' | 'after'): Policy | undefined {
  const text = change[side]?.['policy'];
  if (typeof text !== 'string') return undefined;
  const reading = parsePolicy(text, { partition: partitionOfKey(change), from: 'aws' });
  return 'policy' in reading ? reading.policy : undefined;
}

type Judged = Pick<PlanModel, 'outputs' | 'resources'>;

/** The key's own account; undefined where the plan does not know it. */
export function findAccount({ outputs, resources }: Judged): string | undefined {
  const output = outputs['account_id'];
  if (typeof output === 'string') return output;
  const arns = resources.filter(isKey).map(({ before, after }) => after?.['arn'] ?? before?.['arn']);
  return arns.map(accountOfArn).find((account) => account !== undefined);
}

/** The accounts that have access before the plan, as a whole or by a role or user, in any Region whose key stays. */
function knownAccounts(model: Judged): Set<string> {
  const before = model.resources
    .filter((change) => isKey(change) && isKept(change))
    .flatMap((change) => policyOfSide(change, 'before')?.statements ?? [])
    .filter(({ effect, principals }) => effect === 'Allow' && !principals.not)
    .flatMap(({ principals }) => principals.members.flatMap((each) => accountOfPrincipal(each) ?? []));
  const own = findAccount(model);
  return new Set(own === undefined ? before : [...before, own]);
}

/** One change in one Region. */
type LocalChange = PolicyDifference & { readonly place: string };

function placeOf({ region, address }: ResourceChange): string {
  return region ?? address;
}

function diffKey(change: ResourceChange): LocalChange[] {
  if (change.afterUnknown['policy'] === true) return [];
  const after = policyOfSide(change, 'after');
  if (after === undefined && typeof change.after?.['policy'] === 'string') return [];
  // What can't be read is not known to let anybody in: then all that comes after is a gain.
  const differences = diffPolicies(policyOfSide(change, 'before'), after);
  return differences.map((difference) => ({ ...difference, place: placeOf(change) }));
}

/** Whether a reviewer has to see it first: everybody, what is no account, and accounts that had no access before. */
function isStranger(principal: Principal | undefined, known: ReadonlySet<string>): boolean {
  if (principal?.type !== 'AWS') return true;
  const account = accountOfPrincipal(principal);
  return account === undefined || !known.has(account);
}

function mergeRegions(
  changes: readonly LocalChange[],
  present: ReadonlySet<string>,
  known: ReadonlySet<string>,
): AccessChange[] {
  const merged = new Map<string, { change: LocalChange; places: Set<string> }>();
  for (const change of changes) {
    const { direction, effect, name, condition, actions, place } = change;
    const key = JSON.stringify([direction, effect, name, condition, actions]);
    const found = merged.get(key) ?? { change, places: new Set() };
    merged.set(key, { ...found, places: found.places.add(place) });
  }
  const all = [...merged]
    .sort(([a], [b]) => compareTexts(a, b))
    .map(([, { change, places }]): AccessChange => ({
      direction: change.direction,
      effect: change.effect,
      principal: change.name,
      stranger: isStranger(change.principal, known),
      actions: change.actions,
      condition: change.condition,
      regions: isSame(places, present) ? 'all' : [...places].sort(),
    }));
  return [...all.filter(({ stranger }) => stranger), ...all.filter(({ stranger }) => !stranger)];
}

function isSame(some: ReadonlySet<string>, all: ReadonlySet<string>): boolean {
  return some.size === all.size && [...some].every((place) => all.has(place));
}

/** Whether somebody may do more by the change: what is allowed is gained, or what is denied is lost. Any other takes away. */
export function isGain({ direction, effect }: Pick<AccessChange, 'direction' | 'effect'>): boolean {
  return direction === 'gains' ? effect === 'Allow' : effect === 'Deny';
}
