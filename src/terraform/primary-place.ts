import { z } from 'zod';
import { isWellFormedRegion } from '../facts/regions.js';
import { parseStateFile, replicaPlaceOf } from './state-keys.js';

/** Where a state has the keys of its multi-Region key. */
export interface PrimaryPlace {
  readonly region: string;
  readonly arn: string;
  readonly keyId: string;
  /** Regions, sorted. */
  readonly replicas: readonly string[];
}

/**
 * Where the primary and its replicas are by the state.
 * @param text what `terraform state pull` printed; empty where there is no state yet
 * @returns undefined where the state knows no primary
 * @throws Error when it is not a state
 */
export function findPrimaryPlace(text: string): PrimaryPlace | undefined {
  const keys = parseStateFile(text).resources.flatMap(({ module, mode, type, instances }) =>
    mode === 'managed' && /^module\.(primary|replica)/.test(module ?? '')
      ? instances.flatMap(({ attributes }) => ({ type, arn: textOf(attributes?.['arn']) }))
      : [],
  );
  const arn = keys.find(({ type }) => type === 'aws_kms_key')?.arn;
  const region = regionOf(arn);
  if (arn === undefined || region === undefined) return undefined;
  const replicas = keys.flatMap(({ type, arn: own }) =>
    type === 'aws_kms_replica_key' ? (regionOf(own) ?? []) : [],
  );
  return { region, arn, keyId: arn.replace(/^.*:key\//, ''), replicas: replicas.sort() };
}

/**
 * The state without the keys and aliases at both ends of a move, which get other addresses: they are imported there. Nothing
 * else is different.
 * @param text what `terraform state pull` printed
 */
export function withoutEnds(text: string, ends: readonly string[]): string {
  const state = parseStateFile(text);
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

function regionOf(arn: string | undefined): string | undefined {
  const region = arn?.split(':')[3];
  return region !== undefined && isWellFormedRegion(region) ? region : undefined;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
