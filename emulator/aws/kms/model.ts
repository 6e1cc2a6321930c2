import type { Policy } from '../../../src/policy/document.js';
import type { Material } from './material.js';
import type { KeyUsage } from './specs.js';

export type KeyState =
  'Creating' | 'Enabled' | 'Disabled' | 'PendingDeletion' | 'PendingReplicaDeletion' | 'Updating';

export interface RotationEntry {
  readonly materialId: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly type: 'AUTOMATIC' | 'ON_DEMAND';
}

export interface Rotation {
  enabled: boolean;
  periodInDays: number;
  /** When automatic rotation comes next; only meaningful while it is enabled. */
  nextAt: number;
  readonly history: RotationEntry[];
}

/**
 * What KMS shares among a multi-Region primary and its replicas: id, material, spec, usage, origin and rotation. A
 * single-Region key is a family of one.
 */
export interface KeyFamily {
  readonly id: string;
  readonly account: string;
  readonly spec: string;
  readonly usage: KeyUsage;
  readonly multiRegion: boolean;
  /** Oldest first; the last is the one that encrypts. */
  readonly materials: Material[];
  readonly rotation: Rotation;
  /** Region → key; the primary is among them. */
  readonly members: Map<string, Key>;
  primaryRegion: string;
  /** The change of the primary Region that is under way until a moment. */
  promotion: { readonly from: string; readonly until: number } | undefined;
}

export interface Grant {
  readonly id: string;
  readonly token: string;
  readonly name: string | undefined;
  readonly grantee: string;
  readonly retiring: string | undefined;
  readonly issuer: string;
  readonly operations: readonly string[];
  readonly constraints: Readonly<Record<string, unknown>> | undefined;
  readonly createdAt: number;
}

/** A deletion that has been scheduled. */
export interface Deletion {
  readonly windowInDays: number;
  /** When the key goes; undefined while a primary waits for its replicas to be gone. */
  readonly at: number | undefined;
}

/** One key in one Region: what KMS keeps apart for each of a family's members. */
export interface Key {
  readonly family: KeyFamily;
  readonly region: string;
  readonly arn: string;
  readonly createdAt: number;
  description: string;
  /** The policy as it is given back, and as it is evaluated. */
  policy: { readonly text: string; readonly document: Policy };
  readonly tags: Map<string, string>;
  readonly grants: Map<string, Grant>;
  enabled: boolean;
  /** A replica is in state Creating until this moment. */
  readonly creatingUntil: number;
  deletion: Deletion | undefined;
  lastUse: KeyUse | undefined;
}

/** The last cryptographic operation with a key that succeeded. */
export interface KeyUse {
  readonly operation: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** CloudTrail's id of the event. */
  readonly eventId: string;
  readonly requestId: string;
}

export interface Alias {
  readonly name: string;
  readonly arn: string;
  targetId: string;
  readonly createdAt: number;
  updatedAt: number;
}

export function isPrimary(key: Key): boolean {
  return key.family.primaryRegion === key.region;
}

/** The members other than the primary, by Region. */
export function replicasOf(family: KeyFamily): Key[] {
  return [...family.members.values()]
    .filter((key) => !isPrimary(key))
    .sort((one, other) => one.region.localeCompare(other.region, 'en'));
}

/** Whether a change of primary Region is under way that this key takes part in, as the old or the new primary. */
export function isBeingPromoted(key: Key, now: number): boolean {
  const { promotion, primaryRegion } = key.family;
  if (promotion === undefined || promotion.until <= now) return false;
  return key.region === primaryRegion || key.region === promotion.from;
}

export function stateOf(key: Key, now: number): KeyState {
  if (key.deletion !== undefined)
    return key.deletion.at === undefined ? 'PendingReplicaDeletion' : 'PendingDeletion';
  if (key.creatingUntil > now) return 'Creating';
  if (isBeingPromoted(key, now)) return 'Updating';
  return key.enabled ? 'Enabled' : 'Disabled';
}
