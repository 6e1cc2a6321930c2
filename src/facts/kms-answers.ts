/** What KMS says of keys, as values: asked for by `aws/`, judged by `guard/`, told by `report/`. */

import type { RefusedCall } from './denial.js';

/** What KMS answers when it is asked for one key. */
export type KeyLookup =
  | { readonly is: 'found'; readonly key: FoundKey }
  | { readonly is: 'not-found' }
  /** The Region takes none of this account's credentials: it is not enabled. */
  | {
      readonly is: 'region-disabled';
      readonly because: string;
      readonly mayPass: false;
      readonly refused?: undefined;
    }
  | {
      readonly is: 'unknown';
      readonly because: string;
      readonly mayPass: boolean;
      /** The call, where a policy refused it. */
      readonly refused?: RefusedCall | undefined;
    };

export interface FoundKey {
  readonly keyId: string;
  readonly arn: string;
  /** KMS's own word, e.g. `Enabled`, `PendingDeletion`. */
  readonly state: string;
  /** Milliseconds since the epoch, by AWS's clock; undefined where it is not known. */
  readonly createdAt: number | undefined;
  /** ISO 8601; for a key that is pending deletion. */
  readonly deletionDate: string | undefined;
  readonly role: 'PRIMARY' | 'REPLICA' | undefined;
  /** The ARN of the primary of this multi-Region key; undefined for any other key, and where it is not known. */
  readonly primaryArn: string | undefined;
  /** Of the replicas of this multi-Region key, also of those that are going to be deleted; empty where not known. */
  readonly replicaRegions: readonly string[];
  /** What KMS fixes when a key is made, in its own words; undefined where it is not known. */
  readonly made:
    | {
        readonly spec: string | undefined;
        readonly usage: string | undefined;
        /** Where the key material is from: `AWS_KMS`, `EXTERNAL`, … */
        readonly origin: string | undefined;
        /** `CUSTOMER`, or `AWS` for a key that a service of AWS's made in the account. */
        readonly manager: string | undefined;
      }
    | undefined;
}

/** Whether KMS waits to delete a key in this state; a primary waits for its replicas first. */
export function isPendingDeletion(state: string): boolean {
  return state === 'PendingDeletion' || state === 'PendingReplicaDeletion';
}

/** Where a key may be. */
export interface KeyPlace {
  readonly region: string;
  /** `mrk-…`. */
  readonly keyId: string;
}

/** One Region, as far as it concerns a multi-Region key that exists. */
export interface RegionLookup {
  readonly region: string;
  readonly key: KeyLookup;
  /** What the alias of the inputs is there. */
  readonly alias: KeyLookup;
}

/** What belongs to a key in one Region beside what Terraform manages here. */
export interface Belongings {
  readonly region: string;
  /** Sorted, with `alias/`. */
  readonly aliases: readonly string[];
  /** The grantee of each grant, sorted; one that has several is there several times. */
  readonly grantees: readonly string[];
  /** The CloudFormation stack that says it owns the key. */
  readonly stack: string | undefined;
  /** What KMS did not tell, and why: `its grants (kms:ListGrants is missing)`. */
  readonly unseen: readonly string[];
}

/** What KMS says of the last use of the key in one Region (API reference, GetKeyLastUsage): each Region has its own. */
export type LastUse = KeyPlace &
  (
    | {
        readonly is: 'used';
        /** Milliseconds since the epoch. */
        readonly at: number;
        /** E.g. `Decrypt`; only successful cryptographic operations count. */
        readonly operation: string;
        readonly eventId: string | undefined;
      }
    | {
        readonly is: 'unused';
        /** Since when KMS has been recording its use, in milliseconds since the epoch. */
        readonly since: number;
        /** Whether that is all the time that the key has been there. */
        readonly sinceCreation: boolean;
      }
    | {
        readonly is: 'unknown';
        readonly because: string;
        /** What lets KMS be asked, as whole sentences, where a policy refused it. */
        readonly advice?: string | undefined;
      }
  );
