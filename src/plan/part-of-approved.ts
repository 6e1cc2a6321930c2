import { hashChange, hashSide, type ChangeFingerprint, type Fingerprint } from './difference.js';
import { changesAnything } from './model.js';
import type { PlanModel, ResourceChange } from './types.js';

/** Whether a later plan does nothing but what is left of an approved one. */
export interface PartOfApproved {
  readonly isPart: boolean;
  /** Addresses, sorted, of the changes that were not approved. */
  readonly extra: readonly string[];
}

/**
 * Whether what remains after an apply that stopped half-way is a part of what was approved, so that it may go on.
 * Each remaining change must have been approved at its address and lead to the same values; what was unknown then may
 * be known now. What was to be created may be half there (then it is an update), and of a replacement one half may be
 * done. A key that is tainted is never a part: the plan would delete it. Root outputs follow from the resources.
 * @param approved `fingerprintChanges` of the plan that was approved
 * @param remaining the plan made after the apply stopped
 * @param made addresses of what the apply is known to have created without Terraform's knowing it: imported, it is
 *   what was approved as created
 */
export function isPartOfApproved(
  approved: readonly Fingerprint[],
  remaining: PlanModel,
  made: ReadonlySet<string> = new Set(),
): PartOfApproved {
  const known = new Map(
    approved.flatMap((fingerprint) =>
      fingerprint.change === undefined ? [] : [[fingerprint.change.address, fingerprint] as const],
    ),
  );
  const extra = remaining.resources
    .filter(changesAnything)
    .filter((change) => {
      const fingerprint = known.get(withoutDeposed(change.address));
      return !(isPart(change, fingerprint) || (made.has(change.address) && isMade(change, fingerprint)));
    })
    .map(({ address }) => address);
  const strange = remaining.unsupported;
  return { isPart: extra.length === 0 && strange.length === 0, extra: [...extra, ...strange].sort() };
}

/** The object that a replacement left over is deleted under the address of its successor. */
function withoutDeposed(address: string): string {
  return address.replace(/ \(deposed [^)]*\)$/, '');
}

function isPart(change: ResourceChange, fingerprint: Fingerprint | undefined): boolean {
  const approved = fingerprint?.change;
  if (approved === undefined || change.reason === 'replace_because_tainted') return false;
  // What is imported or moved is so still as it was approved, or not at all.
  if (change.importing !== undefined || change.movedFrom !== undefined) {
    return hashChange(change) === fingerprint?.hash;
  }
  const { approvedAs, leadsThere, startsThere } = PARTS[change.action];
  return (
    approvedAs.includes(approved.action) &&
    (!leadsThere || hashSide(change, 'after', approved.unknown) === approved.after) &&
    (!startsThere || hashSide(change, 'before') === approved.before) &&
    isLess(change, approved)
  );
}

/** An import of what was to be created, which leads to the values approved. */
function isMade(change: ResourceChange, fingerprint: Fingerprint | undefined): boolean {
  const approved = fingerprint?.change;
  return (
    approved?.action === 'create' &&
    change.importing !== undefined &&
    change.movedFrom === undefined &&
    (change.action === 'no-op' || change.action === 'update') &&
    hashSide(change, 'after', approved.unknown) === approved.after
  );
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
function isLess({ action, address, attributes }: ResourceChange, approved: ChangeFingerprint): boolean {
  if (approved.action === 'update')
    return attributes.every(({ name }) => approved.changes?.includes(name) === true);
  const isDeposed = address !== withoutDeposed(address);
  return !(action === 'delete' && approved.action === 'replace') || isDeposed;
}
