import { z } from 'zod';
import { isWellFormedRegion } from '../facts/regions.js';
import { kindOfType } from '../plan/model.js';
import type { ResourceKind } from '../plan/types.js';

/** A replica Region as the state has it. */
export interface StateReplica {
  readonly region: string;
  /** A module call of its own (providers by aliases), or an instance of one call for all (`region` on the resource). */
  readonly layout: 'aliases' | 'region';
  /** Whether each of its resources says in which Region it is, as only providers from 6.0.0 on write it. */
  readonly saysRegion: boolean;
}

/** Terraform's state, format version 4, as far as it tells where keys are; the rest is kept as it is. Its values are untrusted. */
const stateFile = z.looseObject({
  resources: z
    .array(
      z.looseObject({
        module: z.string().optional(),
        mode: z.string(),
        type: z.string().default(''),
        instances: z.array(z.looseObject({ attributes: z.record(z.string(), z.unknown()).nullish() })),
      }),
    )
    .default([]),
});

/**
 * @param text what `terraform state pull` printed; empty where there is no state yet
 * @throws Error when it is not a state
 */
export function parseStateFile(text: string): z.infer<typeof stateFile> {
  return stateFile.parse(text.trim() === '' ? {} : JSON.parse(text));
}

/**
 * The replicas that a state knows, by Region.
 * @param text what `terraform state pull` printed; empty where there is no state yet
 * @throws Error when it is not a state
 */
export function readStateReplicas(text: string): StateReplica[] {
  const replicas = new Map<string, StateReplica>();
  for (const { module, mode, instances } of parseStateFile(text).resources) {
    const place = mode === 'managed' ? replicaPlaceOf(module ?? '') : undefined;
    if (place === undefined) continue;
    const says = instances.every(({ attributes }) => attributes?.['region'] === place.region);
    const known = replicas.get(`${place.layout} ${place.region}`);
    replicas.set(`${place.layout} ${place.region}`, {
      ...place,
      saysRegion: says && known?.saysRegion !== false,
    });
  }
  return [...replicas.values()].sort((a, b) => (a.region < b.region ? -1 : 1));
}

/** By a module call's address: where the replica of it is, and by which provider mode. */
export function replicaPlaceOf(module: string): Pick<StateReplica, 'region' | 'layout'> | undefined {
  const [, mark, region = ''] = /^module\.replica(_|\[")([a-z0-9-]+)(?:"\])?$/.exec(module) ?? [];
  if (!isWellFormedRegion(region)) return undefined;
  return { region, layout: mark === '_' ? 'aliases' : 'region' };
}

/** What a state has of one multi-Region key, at the addresses of the bundled module. */
export interface HeldKeys {
  /** The primary's `mrk-…`; undefined where the state knows no primary. */
  readonly primaryId: string | undefined;
  /** Where it has the key, and where the alias, whatever their role. */
  readonly keyRegions: ReadonlySet<string>;
  readonly aliasRegions: ReadonlySet<string>;
}

/**
 * The keys and aliases that a state knows, by Region.
 * @param text what `terraform state pull` printed; empty where there is no state yet
 * @param primaryRegion where the primary is
 * @throws Error when it is not a state
 */
export function readHeldKeys(text: string, primaryRegion: string): HeldKeys {
  const held = parseStateFile(text).resources.flatMap(({ module = '', mode, type, instances }) => {
    const region = module === 'module.primary' ? primaryRegion : replicaPlaceOf(module)?.region;
    const isThere = mode === 'managed' && region !== undefined && instances.length > 0;
    return isThere ? [{ kind: kindOfType(type), region, id: instances[0]?.attributes?.['id'] }] : [];
  });
  const regionsWith = (...kinds: readonly ResourceKind[]): Set<string> =>
    new Set(held.filter(({ kind }) => kinds.includes(kind)).map(({ region }) => region));
  const id = held.find(({ kind }) => kind === 'primary')?.id;
  return {
    primaryId: typeof id === 'string' ? id : undefined,
    keyRegions: regionsWith('primary', 'replica'),
    aliasRegions: regionsWith('alias'),
  };
}
