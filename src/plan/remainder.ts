import { fingerprintChanges, hashChange, hashSide } from './difference.js';
import { changesAnything, isKey } from './model.js';
import type { PartOfApproved } from './part-of-approved.js';
import type { PlanModel, ResourceChange } from './types.js';

/** A change of a plan, as far as it takes to know the remainder that an interrupted apply leaves of it. */
export interface PlannedChange {
  /** Over all of it. */
  readonly hash: string;
  /** Only of a creation: it may be half there. */
  readonly creates?:
    | {
        readonly address: string;
        /** Over the values, without those that were unknown. */
        readonly after: string;
        /** Attributes, sorted, that were known only after apply. */
        readonly unknown: readonly string[];
      }
    | undefined;
}

/** What to keep of a plan, so that its remainder is known: in the plan's order, changes of access and outputs, too. */
export function plannedChanges(model: PlanModel): (PlannedChange & { readonly line: string })[] {
  return fingerprintChanges(model).map(({ line, hash, change }) => {
    if (change?.action !== 'create' || change.after === undefined) return { line, hash };
    const { address, after, unknown = [] } = change;
    return { line, hash, creates: { address, after, unknown } };
  });
}

/**
 * Whether a plan does nothing but what an earlier run, which was stopped, left undone of an approved one. Between two runs
 * anything may have happened, so this is stricter than what one run asks of itself: a change has to be as it was
 * approved, values before it and all, but for an import that is done; or create, to the approved values, what the approved
 * plan creates. Only what that run left tainted, because its creation did not come to its end, may be changed to those values.
 * @param tainted addresses of what Terraform's state has tainted
 */
export function isRemainder(
  approved: readonly PlannedChange[],
  remaining: PlanModel,
  tainted: readonly string[],
): PartOfApproved {
  const exactly = new Set(approved.map(({ hash }) => hash));
  const created = new Map(
    approved.flatMap(({ creates }) => (creates === undefined ? [] : [[creates.address, creates]])),
  );
  const isLeft = (change: ResourceChange): boolean => {
    if (exactly.has(hashChange(change)) || asImports(change).some((each) => exactly.has(hashChange(each)))) {
      return true;
    }
    const creates = created.get(change.address);
    const goesOn =
      change.action === 'create' || (change.action === 'update' && tainted.includes(change.address));
    if (creates === undefined || !goesOn) return false;
    if (change.importing !== undefined || change.movedFrom !== undefined) return false;
    return hashSide(change, 'after', creates.unknown) === creates.after;
  };
  const extra = remaining.resources.filter((change) => changesAnything(change) && !isLeft(change));
  const strange = remaining.unsupported;
  return {
    isPart: extra.length === 0 && strange.length === 0,
    extra: [...extra.map(({ address }) => address), ...strange].sort(),
  };
}

/**
 * A change of a key as it was approved if that was together with the key's import. Terraform saves all that a plan imports
 * with the first change that it saves, so an apply that was stopped leaves the changes alone. Which key it is, the values
 * before it tell.
 */
function asImports(change: ResourceChange): ResourceChange[] {
  const id = change.before?.['key_id'];
  if (!isKey(change) || change.importing !== undefined || typeof id !== 'string') return [];
  return [id, `${id}@${change.region ?? ''}`].map((importing) => ({ ...change, importing }));
}
