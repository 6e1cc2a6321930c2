import type { AccessChange, PlanModel } from '../types.js';

/** A key that KMS holds in `PendingDeletion` or `PendingReplicaDeletion`. */
export interface PendingDeletion {
  readonly keyId: string;
  /** ISO 8601, when it is known. */
  readonly deletionDate?: string | undefined;
}

export interface GuardRequest {
  readonly model: PlanModel;
  /** The primary Region that was asked for. */
  readonly primaryRegion: string;
  /** The plan's access difference, when it has been made already. */
  readonly access?: readonly AccessChange[];
  /** By Region: keys that the preflight found pending deletion. Left out when it was not looked for. */
  readonly pendingDeletion?: Readonly<Record<string, PendingDeletion>>;
  readonly options: {
    /** The user confirmed, with the alias written out, that keys may be deleted. */
    readonly deletionConfirmed: boolean;
    readonly command: string;
  };
}
