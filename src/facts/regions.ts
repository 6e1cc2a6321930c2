import semver from 'semver';
import partitions from './partitions.json' with { type: 'json' };

/** An AWS partition: a group of Regions with accounts, endpoints and ARNs of its own. */
export interface Partition {
  /** As it stands in ARNs. */
  readonly id: string;
  readonly dnsSuffix: string;
  /** The ids of its Regions, those that are not there yet included. */
  readonly pattern: string;
  /** Every Region that the SDK names, with AWS's description of it. */
  readonly regions: Readonly<Record<string, string>>;
}

/**
 * AWS's own table, from the SDK (scripts/aws-partitions.ts; a test holds the two together). What a provider version makes of
 * a name does not count here: the inputs are checked against this list, and the provider is told to leave its own check
 * out (`skip_region_validation`).
 */
export const PARTITIONS: readonly Partition[] = partitions;

const DESCRIPTIONS: ReadonlyMap<string, string> = new Map(
  PARTITIONS.flatMap(({ regions }) => Object.entries(regions)),
);

/** Before it the provider takes a primary key's ARN in aws-eusc for malformed (tried with 5.100.0). */
const SOVEREIGN_REPLICAS_SINCE = '6.16.0';

/** Whether this has the form of a Region id of a partition that exists; it may still be one that nobody knows. */
export function isWellFormedRegion(text: string): boolean {
  return findPartition(text) !== undefined;
}

/** The id of the partition that a Region is in, by the form of its id; undefined where no partition has such Regions. */
export function partitionOf(region: string): string | undefined {
  return findPartition(region)?.id;
}

/** The domain of a Region's endpoints, e.g. `amazonaws.com.cn`; undefined where the Region is not well-formed. */
export function dnsSuffixOf(region: string): string | undefined {
  return findPartition(region)?.dnsSuffix;
}

function findPartition(region: string): Partition | undefined {
  if (!/^[a-z-]+-[1-9]\d?$/.test(region)) return undefined;
  return PARTITIONS.find(({ pattern }) => new RegExp(pattern).test(region));
}

export function isKnownRegion(region: string): boolean {
  return DESCRIPTIONS.has(region);
}

/** AWS's description of a Region, e.g. `Asia Pacific (Singapore)`; undefined for one that is not known here. */
export function descriptionOf(region: string): string | undefined {
  return DESCRIPTIONS.get(region);
}

/** The known Regions of a partition, in alphabetical order. */
export function regionsOfPartition(partition: string): string[] {
  return Object.keys(PARTITIONS.find(({ id }) => id === partition)?.regions ?? {}).sort();
}

/**
 * Why a version of the provider cannot make a replica in a Region, as a whole sentence; undefined where it can, or where
 * `providerVersion` is a constraint and so does not say.
 */
export function unsupportedReason(region: string, providerVersion: string): string | undefined {
  const sovereign = partitionOf(region) === 'aws-eusc';
  if (!sovereign || semver.valid(providerVersion) === null) return undefined;
  if (semver.gte(providerVersion, SOVEREIGN_REPLICAS_SINCE)) return undefined;
  return `A replica in ${region} needs version ${SOVEREIGN_REPLICAS_SINCE} of the AWS provider: ${providerVersion} takes the ARNs of the European Sovereign Cloud for malformed.`;
}
