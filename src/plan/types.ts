/**
 * The words in which a plan is spoken about from here on: the model (from `terraform show -json`), the access
 * difference, the guard's findings. Pure data: the report renders it, the digest hashes it, the guard judges it.
 */

import type { LastApply } from './last-apply.js';

/** What Terraform means to do with one resource; `replace` covers both orders of delete and create. */
export type ChangeAction = 'no-op' | 'create' | 'read' | 'update' | 'replace' | 'delete' | 'forget';

/** What a resource is to a multi-Region key. */
export type ResourceKind = 'primary' | 'replica' | 'alias' | 'other';

/** One side of an attribute, as it may be shown: unknown until apply, sensitive, not there, or a value. */
export type Shown =
  | { readonly is: 'value'; readonly value: unknown }
  | { readonly is: 'unknown' }
  | { readonly is: 'sensitive' }
  | { readonly is: 'absent' };

/** One top-level attribute that differs between the two sides. `changed` is always true for sensitive ones too. */
export interface AttributeChange {
  readonly name: string;
  readonly before: Shown;
  readonly after: Shown;
  /** True when this attribute is one of those that force the replacement. */
  readonly forcesReplacement: boolean;
}

/** One managed resource of the plan, or of the drift that the refresh found. */
export interface ResourceChange {
  readonly address: string;
  readonly type: string;
  readonly kind: ResourceKind;
  /** The Region the resource lives in (or will), e.g. `ap-southeast-2`; undefined only for kind `other`. */
  readonly region: string | undefined;
  readonly action: ChangeAction;
  /** Terraform's own reason for a replacement or deletion, e.g. `replace_because_tainted`. */
  readonly reason: string | undefined;
  /** The id being imported, when the plan imports it. */
  readonly importing: string | undefined;
  /** The address it had, when the plan moves it. */
  readonly movedFrom: string | undefined;
  /** The raw sides, null where there is none. For the digest and the guard; never to be shown as they are. */
  readonly before: Readonly<Record<string, unknown>> | null;
  readonly after: Readonly<Record<string, unknown>> | null;
  readonly afterUnknown: Readonly<Record<string, unknown>>;
  readonly beforeSensitive: unknown;
  readonly afterSensitive: unknown;
  /** What differs, by attribute name in alphabetical order; empty for `no-op`. */
  readonly attributes: readonly AttributeChange[];
}

/** The key in one Region, as the plan leaves it: a row of the table in the comment. */
export interface RegionPlan {
  readonly region: string;
  readonly role: 'primary' | 'replica';
  /** The key's ARN when it is known before apply. */
  readonly keyArn: string | undefined;
  /** `alias/…` as planned (or as it was, when it goes). */
  readonly alias: string | undefined;
  readonly key: ResourceChange | undefined;
  readonly aliases: readonly ResourceChange[];
}

/** How many resources each action touches; a replacement counts as one to add and one to destroy, as in Terraform. */
export interface ChangeCounts {
  readonly add: number;
  readonly change: number;
  readonly destroy: number;
  readonly import: number;
  readonly forget: number;
  readonly move: number;
}

export interface PlanModel {
  /** Which run applied to the state last. */
  readonly lastApply?: LastApply | undefined;
  /** Whose key the state says that it has, with `alias/`; undefined where an older version wrote it. */
  readonly notedAlias?: string | undefined;
  readonly formatVersion: string;
  readonly terraformVersion: string;
  /** True for a destroy plan. */
  readonly destroys: boolean;
  /** True when applying would change anything: resources, imports, forgets, moves or root outputs. */
  readonly hasChanges: boolean;
  readonly counts: ChangeCounts;
  /** Every managed resource, including those that stay as they are, by address. */
  readonly resources: readonly ResourceChange[];
  /** What the refresh found changed outside Terraform, by address. */
  readonly drift: readonly ResourceChange[];
  /** The primary first, then the replicas by Region id; Regions that go are still there. */
  readonly regions: readonly RegionPlan[];
  /** Names of root outputs that change. */
  readonly changedOutputs: readonly string[];
  /** Root outputs as the plan knows them; those known only after apply are missing. */
  readonly outputs: Readonly<Record<string, unknown>>;
  /** What the plan says that this model does not understand, in words; never ignored in silence. */
  readonly unsupported: readonly string[];
  /** Members of the plan that are new to this model, which the format promises may be ignored; worth a warning. */
  readonly unknownFields?: readonly string[];
}

/** A principal that gains or loses something, in words that need no JSON. */
export interface AccessChange {
  readonly direction: 'gains' | 'loses';
  /** `Allow` statements give access; a `Deny` that appears is shown as its own kind of line. */
  readonly effect: 'Allow' | 'Deny';
  /** A principal in one canonical form: a root ARN, a user or role ARN, `*`, `Service: x`, `Federated: x`. */
  readonly principal: string;
  /** Not known to have had access before: everybody, services, identity providers, and accounts that are new. */
  readonly stranger: boolean;
  /** KMS actions, sorted, e.g. `kms:Decrypt`. */
  readonly actions: readonly string[];
  /** The condition in a canonical one-line form; undefined where there is none. */
  readonly condition: string | undefined;
  /** The Regions it holds in, sorted; `all` when that is every Region that has the key after apply, or had it where none is left. */
  readonly regions: readonly string[] | 'all';
}
