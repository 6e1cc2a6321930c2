import semver from 'semver';

/** An AWS partition: a group of Regions with accounts, endpoints and ARNs of its own. */
export interface Partition {
  /** As it stands in ARNs. */
  readonly id: string;
  /** What its Region ids are made of before the direction and the number. */
  readonly areas: RegExp;
  readonly dnsSuffix: string;
}

/**
 * From the partitions that AWS's SDKs share (ids, Region patterns, DNS suffixes). The one difference: a further country
 * of the European Sovereign Cloud is expected to be named as Germany is.
 */
export const PARTITIONS: readonly Partition[] = [
  { id: 'aws', areas: /^(us|eu|ap|sa|ca|me|af|il|mx)$/, dnsSuffix: 'amazonaws.com' },
  { id: 'aws-cn', areas: /^cn$/, dnsSuffix: 'amazonaws.com.cn' },
  { id: 'aws-us-gov', areas: /^us-gov$/, dnsSuffix: 'amazonaws.com' },
  { id: 'aws-eusc', areas: /^eusc-[a-z]{2}$/, dnsSuffix: 'amazonaws.eu' },
  { id: 'aws-iso', areas: /^us-iso$/, dnsSuffix: 'c2s.ic.gov' },
  { id: 'aws-iso-b', areas: /^us-isob$/, dnsSuffix: 'sc2s.sgov.gov' },
  { id: 'aws-iso-e', areas: /^eu-isoe$/, dnsSuffix: 'cloud.adc-e.uk' },
  { id: 'aws-iso-f', areas: /^us-isof$/, dnsSuffix: 'csp.hci.ic.gov' },
];

/**
 * Every Region that AWS's SDKs name. What a provider version makes of a name does not count here: the inputs are checked
 * against this list, and the provider is told to leave its own check out (`skip_region_validation`).
 */
const REGIONS: readonly string[] = [
  'af-south-1',
  'ap-east-1',
  'ap-east-2',
  'ap-northeast-1',
  'ap-northeast-2',
  'ap-northeast-3',
  'ap-south-1',
  'ap-south-2',
  'ap-southeast-1',
  'ap-southeast-2',
  'ap-southeast-3',
  'ap-southeast-4',
  'ap-southeast-5',
  'ap-southeast-6',
  'ap-southeast-7',
  'ca-central-1',
  'ca-west-1',
  'cn-north-1',
  'cn-northwest-1',
  'eu-central-1',
  'eu-central-2',
  'eu-isoe-west-1',
  'eu-north-1',
  'eu-south-1',
  'eu-south-2',
  'eu-west-1',
  'eu-west-2',
  'eu-west-3',
  'eusc-de-east-1',
  'il-central-1',
  'me-central-1',
  'me-south-1',
  'me-west-1',
  'mx-central-1',
  'sa-east-1',
  'sa-west-1',
  'us-east-1',
  'us-east-2',
  'us-gov-east-1',
  'us-gov-west-1',
  'us-iso-east-1',
  'us-iso-west-1',
  'us-isob-east-1',
  'us-isob-west-1',
  'us-isof-east-1',
  'us-isof-south-1',
  'us-west-1',
  'us-west-2',
];

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
  const area = /^([a-z-]+)-[a-z]+-[1-9]\d?$/.exec(region)?.[1];
  return area === undefined ? undefined : PARTITIONS.find(({ areas }) => areas.test(area));
}

export function isKnownRegion(region: string): boolean {
  return REGIONS.includes(region);
}

/** The known Regions of a partition, in alphabetical order. */
export function regionsOfPartition(partition: string): string[] {
  return REGIONS.filter((region) => partitionOf(region) === partition);
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

/**
 * The oldest version that a Terraform constraint may choose, as far as its parts say; an exact version is itself.
 * Upper bounds and exclusions say nothing about it.
 */
export function oldestVersion(constraint: string): string {
  const lower = constraint
    .split(',')
    .filter((part) => !/^\s*(<|!=)/.test(part))
    .map((part) => semver.coerce(part)?.version ?? '0.0.0');
  return lower.sort(semver.rcompare)[0] ?? '0.0.0';
}
