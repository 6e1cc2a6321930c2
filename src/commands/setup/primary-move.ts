import type { Log } from '../../deps.js';
import { ActionError } from '../../errors.js';
import type { Inputs } from '../../inputs/inputs.js';
import type { PrimaryMove } from '../../plan/move.js';
import { findPrimaryPlace, type PrimaryPlace } from '../../terraform/state-file.js';

/** A move that the inputs ask for and the state does not have yet. */
export interface PendingMove extends PrimaryMove {
  readonly keyId: string;
  /** The Regions of its other replicas, as the state has them. */
  readonly others: readonly string[];
  /** The inputs as the state has them: with the primary where it was. */
  readonly before: Inputs;
  /** The inputs as the state has them once it has followed: with its own Regions, whatever others the run asks for. */
  readonly after: Inputs;
}

type Request = Readonly<{ inputs: Inputs; log: Log; pullState: () => Promise<string> }>;

/**
 * The move that `move-primary` asks for, by what the state has. Commands other than `plan` and `apply` look at the keys as
 * they are, so for them a move that cannot be is none.
 * @returns undefined where there is none to make
 * @throws ActionError when the inputs would give up the old primary
 */
export async function findPendingMove({ inputs, log, pullState }: Request): Promise<PendingMove | undefined> {
  if (!inputs.movePrimary || inputs.backend === undefined) return undefined;
  const place = findPrimaryPlace(await pullState());
  const moves = !inputs.destroys && (inputs.command === 'plan' || inputs.command === 'apply');
  if (place === undefined || place.region === inputs.primaryRegion) {
    if (moves) log.notice(sayNothingToMove(place), { title: 'move-primary' });
    return undefined;
  }
  const keepsOld = inputs.replicaRegions.includes(place.region);
  // Where the state has no replica, AWS may have one that was made by hand, and even the primary: `planMove` asks.
  if (keepsOld && (moves || place.replicas.includes(inputs.primaryRegion))) return pendingMove(place, inputs);
  if (!moves) return undefined;
  throw explainGivenUp(place.region, inputs.primaryRegion);
}

function sayNothingToMove(place: PrimaryPlace | undefined): string {
  return place === undefined
    ? 'The state knows no key yet, so there is no primary to move.'
    : `The primary is in ${place.region} already, so there is nothing to move; \`move-primary: true\` may stay or go.`;
}

function explainGivenUp(from: string, to: string): ActionError {
  return new ActionError({
    what: `The primary is in ${from}, which is not among \`replica-regions\`: after the move the key there is a replica, and these inputs would give it up.`,
    done: 'Nothing was planned or changed.',
    next: `Put ${from} among \`replica-regions\`, in the place of ${to}. A replica can be given up in a plan of its own after the move.`,
  });
}

function pendingMove({ region: from, arn, keyId, replicas }: PrimaryPlace, inputs: Inputs): PendingMove {
  const { primaryRegion: to, replicaRegions, description, replicaDescription, deletionWindowInDays } = inputs;
  const turned = replicaRegions.map((region) => (region === from ? to : region));
  const others = replicas.filter((region) => region !== to);
  return {
    arn,
    keyId,
    from,
    to,
    others,
    description,
    replicaDescription,
    deletionWindowInDays,
    before: { ...inputs, primaryRegion: from, replicaRegions: turned },
    after: { ...inputs, primaryRegion: to, replicaRegions: [from, ...others] },
  };
}
