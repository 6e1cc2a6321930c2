import { replicasOf, isPrimary, stateOf, type KeyState } from './model.js';
import type { KmsWorld } from './world.js';

/** A key as a test looks at it: what is in the store, without the API in between and without its material. */
export interface KeyView {
  readonly id: string;
  readonly arn: string;
  readonly region: string;
  readonly account: string;
  readonly state: KeyState;
  readonly multiRegion: boolean;
  readonly role: 'primary' | 'replica';
  /** Regions of the replicas, whoever of the family is asked. */
  readonly replicaRegions: readonly string[];
  readonly spec: string;
  readonly usage: string;
  readonly description: string;
  readonly policy: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly aliases: readonly string[];
  readonly rotationEnabled: boolean;
  readonly rotationPeriodInDays: number;
  /** How many times new material was made. */
  readonly rotations: number;
  /** Milliseconds since the epoch; undefined when no deletion has a date. */
  readonly deletionDate: number | undefined;
}

/** The keys of a Region as they are at this moment. */
export function inspectKeys(world: KmsWorld, region: string): KeyView[] {
  const now = world.clock.now();
  world.store.settle(now);
  return world.store.keysIn(region).map((key) => {
    const { family } = key;
    const aliases = world.store
      .aliasesIn(family.account, region)
      .filter(({ targetId }) => targetId === family.id);
    return {
      id: family.id,
      arn: key.arn,
      region,
      account: family.account,
      state: stateOf(key, now),
      multiRegion: family.multiRegion,
      role: isPrimary(key) ? 'primary' : 'replica',
      replicaRegions: replicasOf(family).map((replica) => replica.region),
      spec: family.spec,
      usage: family.usage,
      description: key.description,
      policy: key.policy.text,
      tags: Object.fromEntries(key.tags),
      aliases: aliases.map(({ name }) => name),
      rotationEnabled: family.rotation.enabled,
      rotationPeriodInDays: family.rotation.periodInDays,
      rotations: family.rotation.history.length,
      deletionDate: key.deletion?.at,
    };
  });
}
