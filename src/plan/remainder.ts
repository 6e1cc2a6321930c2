/** What an apply that stopped half-way has left of the plan that was approved: for the run that goes on, and for the next. */

import { hashChange, hashSide, unknownAttributes, type Fingerprint } from './difference.js';
import { changesAnything, isKey } from './model.js';
import type { PlanModel, ResourceChange } from './types.js';

/** Whether a later plan does nothing but what is left of an approved one. */
export interface Remainder {
  readonly isPart: boolean;
  /** Addresses, sorted, of the changes that were not approved. */
  readonly extra: readonly string[];
}

/** Root outputs and access follow from the resources; what the plan has and the action does not know is never a part. */
function remainderOf(remaining: PlanModel, isLeft: (change: ResourceChange) => boolean): Remainder {
  const extra = remaining.resources
    .filter((change) => changesAnything(change) && !isLeft(change))
    .map(({ address }) => address);
  const all = [...extra, ...remaining.unsupported].sort();
  return { isPart: all.length === 0, extra: all };
}

/**
 * Whether a plan does nothing but what an earlier run, which was stopped, left undone of an approved one. Between two runs
 * anything may have happened, so this is stricter than what one run asks of itself: a change has to be as it was
 * approved, values before it and all, but for an import that is done; or create, to the approved values, what the approved
 * plan creates. Only what that run left tainted, because its creation did not come to its end, may be changed to those values.
 * @param tainted addresses of what Terraform's state has tainted
 */
export function remainderOfEarlierRun(
  approved: readonly Pick<Fingerprint, 'hash' | 'creates'>[],
  remaining: PlanModel,
  tainted: readonly string[],
): Remainder {
  const exactly = new Set(approved.map(({ hash }) => hash));
  const created = new Map(approved.map(({ creates }) => [creates?.address, creates]));
  return remainderOf(remaining, (change) => {
    if ([change, ...asImports(change)].some((each) => exactly.has(hashChange(each)))) return true;
    const creates = created.get(change.address);
    const goesOn =
      change.action === 'create' || (change.action === 'update' && tainted.includes(change.address));
    if (creates === undefined || !goesOn) return false;
    if (change.importing !== undefined || change.movedFrom !== undefined) return false;
    return hashSide(change, 'after', creates.unknown) === creates.after;
  });
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

/**
 * Whether what remains after an apply of this run is a part of what was approved, so that it may go on.
 * Each remaining change must have been approved at its address and lead to the same values; what was unknown then may
 * be known now. What was to be created may be half there (then it is an update), and of a replacement one half may be
 * done. A key that is tainted is never a part: the plan would delete it.
 * @param remaining the plan made after the apply stopped
 * @param made addresses of what the apply is known to have created without Terraform's knowing it: imported, it is
 *   what was approved as created
 */
export function remainderOfThisRun(
  approved: PlanModel,
  remaining: PlanModel,
  made: ReadonlySet<string> = new Set(),
): Remainder {
  const changes = approved.resources.filter(changesAnything);
  const byAddress = new Map(changes.map((change) => [change.address, change]));
  return remainderOf(remaining, (change) => {
    const before = byAddress.get(withoutDeposed(change.address));
    if (before === undefined) return false;
    return isPart(change, before) || (made.has(change.address) && isMade(change, before));
  });
}

/** The object that a replacement left over is deleted under the address of its successor. */
function withoutDeposed(address: string): string {
  return address.replace(/ \(deposed [^)]*\)$/, '');
}

function isPart(change: ResourceChange, approved: ResourceChange): boolean {
  if (change.reason === 'replace_because_tainted') return false;
  // What is imported or moved is so still as it was approved, or not at all.
  if (change.importing !== undefined || change.movedFrom !== undefined) {
    return hashChange(change) === hashChange(approved);
  }
  const { approvedAs, leadsThere, startsThere } = PARTS[change.action];
  return (
    approvedAs.includes(approved.action) &&
    (!leadsThere || isSameSide('after', change, approved)) &&
    (!startsThere || isSameSide('before', change, approved)) &&
    isLess(change, approved)
  );
}

/** An import of what was to be created, which leads to the values approved. */
function isMade(change: ResourceChange, approved: ResourceChange): boolean {
  return (
    approved.action === 'create' &&
    change.importing !== undefined &&
    change.movedFrom === undefined &&
    (change.action === 'no-op' || change.action === 'update') &&
    isSameSide('after', change, approved)
  );
}

/** Whether the values are those approved; those that were unknown then may be any. */
function isSameSide(side: 'before' | 'after', change: ResourceChange, approved: ResourceChange): boolean {
  const unknown = side === 'after' ? unknownAttributes(approved) : [];
  return approved[side] !== null && hashSide(change, side, unknown) === hashSide(approved, side, unknown);
}

interface Part {
  /** What the change may be what is left of. */
  readonly approvedAs: readonly ResourceChange['action'][];
  /** Whether the values after it have to be those approved. */
  readonly leadsThere: boolean;
  /** Whether the values before it have to be those approved. */
  readonly startsThere: boolean;
}

const PARTS: Readonly<Record<ResourceChange['action'], Part>> = {
  'no-op': { approvedAs: [], leadsThere: false, startsThere: false },
  read: { approvedAs: ['read'], leadsThere: false, startsThere: false },
  create: { approvedAs: ['create', 'replace'], leadsThere: true, startsThere: false },
  update: { approvedAs: ['create', 'replace', 'update'], leadsThere: true, startsThere: false },
  replace: { approvedAs: ['replace'], leadsThere: true, startsThere: true },
  delete: { approvedAs: ['delete', 'replace'], leadsThere: false, startsThere: true },
  forget: { approvedAs: ['forget'], leadsThere: false, startsThere: true },
};

/** Of an update, only what it was to change may be left; of a replacement, only the old object may be left to delete. */
function isLess({ action, address, attributes }: ResourceChange, approved: ResourceChange): boolean {
  if (approved.action === 'update')
    return attributes.every(({ name }) => approved.attributes.some((each) => each.name === name));
  const isDeposed = address !== withoutDeposed(address);
  return !(action === 'delete' && approved.action === 'replace') || isDeposed;
}
