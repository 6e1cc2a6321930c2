/** A state as `terraform state pull` prints it: a text, empty where there is no state yet. */

import { z } from 'zod';
import { isWellFormedRegion } from '../facts/regions.js';
import { kindOfType } from '../plan/model.js';
import type { ResourceKind } from '../plan/types.js';
import type { ProviderMode } from './provider-mode.js';
import { textOf } from './state.js';

/** A replica Region as the state has it. */
export interface StateReplica {
  readonly region: string;
  /** A module call of its own by aliases; an instance of one call for all where the resource names its `region`. */
  readonly layout: ProviderMode;
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

function parseState(text: string): z.infer<typeof stateFile> {
  return stateFile.parse(text.trim() === '' ? {} : JSON.parse(text));
}

function managedIn(text: string): z.infer<typeof stateFile>['resources'] {
  return parseState(text).resources.filter(({ mode }) => mode === 'managed');
}

/** The replicas that a state knows, by Region. @throws Error when it is not a state */
export function readStateReplicas(text: string): StateReplica[] {
  const replicas = new Map<string, StateReplica>();
  for (const { module = '', instances } of managedIn(text)) {
    const place = replicaPlaceOf(module);
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
function replicaPlaceOf(module: string): Pick<StateReplica, 'region' | 'layout'> | undefined {
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
 * @param primaryRegion where the primary is
 * @throws Error when it is not a state
 */
export function readHeldKeys(text: string, primaryRegion: string): HeldKeys {
  const held = managedIn(text).flatMap(({ module = '', type, instances: [first] }) => {
    const region = module === 'module.primary' ? primaryRegion : replicaPlaceOf(module)?.region;
    if (region === undefined || first === undefined) return [];
    return [{ kind: kindOfType(type), region, id: first.attributes?.['id'] }];
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

/** Where a state has the keys of its multi-Region key. */
export interface PrimaryPlace {
  readonly region: string;
  readonly arn: string;
  readonly keyId: string;
  /** Regions, sorted. */
  readonly replicas: readonly string[];
}

/**
 * Where the primary and its replicas are by the ARNs in the state.
 * @returns undefined where the state knows no primary
 * @throws Error when it is not a state
 */
export function findPrimaryPlace(text: string): PrimaryPlace | undefined {
  const ours = managedIn(text).filter(({ module = '' }) => /^module\.(primary|replica)/.test(module));
  const arnsOf = (wanted: string): string[] =>
    ours.flatMap(({ type, instances }) =>
      type === wanted ? instances.flatMap(({ attributes }) => textOf(attributes?.['arn']) ?? []) : [],
    );
  const [arn = ''] = arnsOf('aws_kms_key');
  const [region] = regionsOf([arn]);
  if (region === undefined) return undefined;
  const replicas = regionsOf(arnsOf('aws_kms_replica_key')).sort();
  return { region, arn, keyId: arn.replace(/^.*:key\//, ''), replicas };
}

function regionsOf(arns: readonly string[]): string[] {
  return arns.map((arn) => arn.split(':')[3] ?? '').filter(isWellFormedRegion);
}

/**
 * The state without the keys and aliases at both ends of a move, which get other addresses: they are imported there. Nothing
 * else is different.
 */
export function withoutEnds(text: string, ends: readonly string[]): string {
  const state = parseState(text);
  const isEnd = (module: string): boolean =>
    module === 'module.primary' || ends.includes(replicaPlaceOf(module)?.region ?? '');
  const resources = state.resources.filter(
    ({ mode, module }) => mode !== 'managed' || module === undefined || !isEnd(module),
  );
  return JSON.stringify({ ...state, resources });
}

/**
 * A state that came about in a copy, as the next one of what it was copied from: where that has become a later one meanwhile,
 * the backend refuses it.
 */
export function asNextOf(made: string, before: string): string {
  const { serial } = numbered.parse(JSON.parse(before));
  return JSON.stringify({ ...numbered.parse(JSON.parse(made)), serial: serial + 1 });
}

/** A state by its number in a row of them. */
const numbered = z.looseObject({ serial: z.number().int() });
