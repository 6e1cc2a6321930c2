import type { EmulatorClock } from '../../clock.js';
import type { CallContext } from '../service.js';
import type { KeyStore } from './store.js';

/** What can be set about KMS, also while it runs. */
export interface KmsSettings {
  /** How long a new replica stays in state Creating, in milliseconds; a Region's own number goes first. */
  replicaDelayMs: number;
  readonly replicaDelayMsByRegion: Map<string, number>;
  /** How long a change of the primary Region takes, in milliseconds. */
  promotionDelayMs: number;
  /** Ids for the next multi-Region keys, the first one first; any that follow get an id by chance, as in AWS. */
  readonly nextKeyIds: string[];
  /** How many keys an account may have in a Region. */
  maxKeysPerRegion: number;
  /** Principals that a policy may not name, because they don't exist (any more). */
  readonly missingPrincipals: Set<string>;
  /** When KMS began to record the use of keys, in milliseconds since the epoch; 0: before any key. */
  usageTrackedSince: number;
  /** Whether policies that are put come back in KMS's own form; otherwise as they were given, but for account ids. */
  canonicalPolicies: boolean;
  /** What an auto-tagger of the organisation puts on every new key as soon as it is there. */
  readonly autoTags: Map<string, string>;
  /** Whether key policies decide over calls of the key's own account too; other accounts always need one. */
  enforceKeyPolicies: boolean;
}

/** What every operation of KMS works on. */
export interface KmsWorld {
  readonly store: KeyStore;
  readonly clock: EmulatorClock;
  readonly settings: KmsSettings;
  /** Whether the account may use a Region at all. */
  readonly isRegionEnabled: (region: string) => boolean;
  /** How long replication to a Region takes where a fault says so, in milliseconds. */
  readonly slowReplicaMs: (region: string) => number | undefined;
}

/** One call as an operation sees it. */
export interface KmsCall extends CallContext {
  readonly action: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** What an operation answers with: the JSON of its output, empty for those without one. */
export type KmsOutput = Readonly<Record<string, unknown>>;

export type Operation = (world: KmsWorld, call: KmsCall) => KmsOutput | Promise<KmsOutput>;

/** Milliseconds as KMS writes a moment: seconds with three decimals at most. */
export function seconds(milliseconds: number): number {
  return Math.round(milliseconds) / 1000;
}
