import { canonicalJson, sha256 } from './canonical.js';
import { primaryFirst } from './model.js';
import { renderAppliedBy, type AppliedBy } from './last-apply.js';
import type { PlanModel, RegionPlan, ResourceChange } from './types.js';

/** The move of the primary key of a multi-Region key to a Region that has a replica of it. */
export interface PrimaryMove {
  /** The ARN of the key in the Region that it moves from. */
  readonly arn: string;
  readonly from: string;
  readonly to: string;
  /** Descriptions go with the role: of the primary, and of a replica. */
  readonly description: string;
  readonly replicaDescription: string;
  /** What the state is told of both ends, since no provider can read it. */
  readonly deletionWindowInDays: number;
}

/**
 * What a move does, as one short text. It has nothing in it of how far AWS has come, so that the approval of a move that was
 * interrupted holds for its remainder; and a move between other Regions, of another key, or a plan of any other kind has
 * another digest. So has the same move once the primary has come back: an apply that came to its end is in between.
 * @param last the run that last applied to its end, by the state, which a move writes only at its own end
 */
export function digestMove(move: PrimaryMove, last: AppliedBy | undefined): string {
  const { arn, from, to, description, replicaDescription, deletionWindowInDays } = move;
  const moves = { arn, from, to, description, replicaDescription, deletionWindowInDays };
  const after = last === undefined ? null : (renderAppliedBy(last) ?? null);
  return `sha256:${sha256(canonicalJson({ version: 1, movesPrimary: moves, after }))}`;
}

/** What the provider cannot read of a key that it imports, and what goes with the role. */
const FOLLOWS = new Set(['deletion_window_in_days', 'bypass_policy_lockout_safety_check', 'description']);

/**
 * Whether a change is the state's way to follow the move: what is in one of both Regions, under its new address; and the
 * description that every replica has, where somebody has changed one.
 */
export function follows(
  { kind, region, action, importing, attributes }: ResourceChange,
  move: PrimaryMove,
): boolean {
  const names = attributes.map(({ name }) => name);
  if (region !== move.from && region !== move.to) {
    return kind === 'replica' && action === 'update' && names.join() === 'description';
  }
  const stays = action === 'no-op' || action === 'update';
  if (kind === 'other' || importing === undefined || !stays) return false;
  return names.every((name) => kind !== 'alias' && FOLLOWS.has(name));
}

/** The plan as the move leaves it: the same keys, two of them in each other's role, and no other change. */
export function asMove(model: PlanModel, move: PrimaryMove, hasMoved: boolean): PlanModel {
  const still = (change: ResourceChange): ResourceChange =>
    follows(change, move) ? { ...change, action: 'no-op', importing: undefined, attributes: [] } : change;
  const regions = model.regions.map((row): RegionPlan => ({
    ...row,
    role: row.region === move.to ? 'primary' : row.region === move.from ? 'replica' : row.role,
    key: row.key === undefined ? undefined : still(row.key),
    aliases: row.aliases.map(still),
  }));
  return {
    ...model,
    hasChanges: true,
    counts: { ...model.counts, import: 0, change: 0 },
    resources: model.resources.map(still),
    // Once AWS has moved it, the refresh finds just that.
    drift: hasMoved ? [] : model.drift,
    changedOutputs: [],
    regions: primaryFirst(regions),
  };
}

/** E.g. `the primary moves from ap-southeast-1 to ap-southeast-2`. */
export function sayMove({ from, to }: PrimaryMove): string {
  return `the primary moves from ${from} to ${to}`;
}
