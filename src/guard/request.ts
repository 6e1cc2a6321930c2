import type { PlanModel } from '../plan/types.js';
import type { Owner } from './ownership.js';

/** A key that KMS holds in `PendingDeletion` or `PendingReplicaDeletion`. */
export interface PendingDeletion {
  readonly keyId: string;
  /** ISO 8601, when it is known. */
  readonly deletionDate?: string | undefined;
}

export interface GuardRequest {
  readonly model: PlanModel;
  /** Whose state the plan has to be made on. */
  readonly owner: Owner;
  /** The primary Region that was asked for. */
  readonly primaryRegion: string;
  /** By Region: keys that the preflight found pending deletion. Left out when it was not looked for. */
  readonly pendingDeletion?: Readonly<Record<string, PendingDeletion>>;
  /** By Region: replicas of this very key that exist, ready for use, without being in the state. */
  readonly existingReplicas?: Readonly<Record<string, string>>;
  /** Milliseconds since the epoch, for the day on which a key would be gone; left out: only the days are told. */
  readonly now?: number;
  readonly options: {
    /** `allow-recovery`: apply brings such keys back before it goes on, so that they are no reason to stop. */
    readonly recovery?: boolean;
    /** The user confirmed, with the alias written out, that keys may be deleted. */
    readonly deletionConfirmed: boolean;
    /** The plan is that of `destroy`, or of its preview. */
    readonly destroys: boolean;
    /** `apply` goes on by `auto-approve`, without anybody's having seen the plan. */
    readonly unreviewed?: boolean;
  };
}
