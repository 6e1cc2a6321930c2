import { z } from 'zod';
import { isWellFormedRegion } from '../aws/regions.js';

/** Where a state has the keys of its multi-Region key. */
export interface PrimaryPlace {
  readonly region: string;
  readonly arn: string;
  readonly keyId: string;
  /** Regions, sorted. */
  readonly replicas: readonly string[];
}

/** Terraform's state, format version 4; what is not read here is kept as it is. */
const stateFile = z.looseObject({
  serial: z.number().int(),
  resources: z
    .array(
      z.looseObject({
        module: z.string().optional(),
        mode: z.string(),
        type: z.string(),
        instances: z.array(
          z.looseObject({
            attributes: z.record(z.string(), z.unknown()).nullish(),
          }),
        ),
      }),
    )
    .default([]),
});
type StateFile = z.infer<typeof stateFile>;

function parse(text: string): StateFile {
  return stateFile.parse(JSON.parse(text));
}

/**
 * Where the primary and its replicas are by the state.
 * @param text what `terraform state pull` printed; empty where there is no state yet
 * @returns undefined where the state knows no primary
 * @throws Error when it is not a state
 */
export function findPrimaryPlace(text: string): PrimaryPlace | undefined {
  if (text.trim() === '') return undefined;
  const keys = parse(text).resources.flatMap(({ module, mode, type, instances }) =>
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
export function withoutEnds(text: string, ends: readonly [from: string, to: string]): string {
  const state = parse(text);
  const modules = new Set(['module.primary', ...ends.flatMap(modulesOf)]);
  const resources = state.resources.flatMap((resource) => {
    if (resource.mode !== 'managed' || resource.module === undefined) return [resource];
    return modules.has(resource.module) ? [] : [resource];
  });
  return JSON.stringify({ ...state, resources });
}

/** By aliases, and by `region` on the resource. */
function modulesOf(region: string): string[] {
  return [`module.replica_${region}`, `module.replica["${region}"]`];
}

/**
 * A state that came about in a copy, as the next one of what it was copied from: where that has become a later one meanwhile,
 * the backend refuses it.
 */
export function asNextOf(made: string, before: string): string {
  return JSON.stringify({ ...parse(made), serial: parse(before).serial + 1 });
}

function regionOf(arn: string | undefined): string | undefined {
  const region = arn?.split(':')[3];
  return region !== undefined && isWellFormedRegion(region) ? region : undefined;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
