/** What is asked of AWS about a plan before it is judged, and the answers, as values. */

import type { KeyLookup, KeyPlace, LastUse } from './kms-answers.js';

export interface KeyQuestions {
  /** Where there may be a key already that the plan would make. */
  readonly existing: readonly KeyPlace[];
  /** With `alias/`: what may point to them. */
  readonly alias: string;
  /** Where the plan makes something: the alias that has to be free, with `alias/`; undefined where only the Region matters. */
  readonly creations: readonly { readonly region: string; readonly alias: string | undefined }[];
  /** The keys that the plan deletes. */
  readonly deletions: readonly KeyPlace[];
}

export interface KeyFacts {
  /** Those that there are, in the order of the places; or why KMS does not say. */
  readonly existing: readonly ExistingKey[] | { readonly unknown: string };
  /** An answer for each of `creations`, in their order. */
  readonly creations: readonly KeyLookup[];
  /** An answer for each of `deletions`, in their order. */
  readonly lastUse: readonly LastUse[];
}

/** A key as KMS describes it. */
export interface ExistingKey extends KeyPlace {
  readonly isPending: boolean;
  /** ISO 8601; undefined where it is not pending, or waits for its replicas first. */
  readonly deletionDate: string | undefined;
  /** The ARN of the primary that it is a replica of; undefined for anything but a replica. */
  readonly replicaOf: string | undefined;
  /** Whether the alias that was asked about points to this key in its Region. */
  readonly hasAlias: boolean;
}
