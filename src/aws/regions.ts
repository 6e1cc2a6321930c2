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

/** For a Region that every provider version with replica keys (3.64.0 and later) knows. */
const ALWAYS = '3.64.0';

/** For a Region of which no provider version is known to know it; 6.63.0 was the newest when this was written. */
const NOT_YET_SEEN = undefined;

/**
 * Every Region that AWS's SDKs name, with the first version of hashicorp/aws that accepts it without
 * `skip_region_validation`. From the provider's changelog, except:
 * - ap-southeast-3: terraform-provider-aws#22252;
 * - ap-southeast-4: a user of 4.54.0 still failed (terraform-provider-aws#29231), so the version after it is taken;
 * - ap-southeast-7: from the changelog's lines on hosted zones;
 * - us-iso-west-1, eu-isoe-west-1, eusc-de-east-1: first versions not found; 5.100.0 is the oldest that was tried.
 */
const FIRST_VERSIONS: Readonly<Record<string, string | undefined>> = {
  'af-south-1': ALWAYS,
  'ap-east-1': ALWAYS,
  'ap-east-2': '5.100.0',
  'ap-northeast-1': ALWAYS,
  'ap-northeast-2': ALWAYS,
  'ap-northeast-3': ALWAYS,
  'ap-south-1': ALWAYS,
  'ap-south-2': '4.41.0',
  'ap-southeast-1': ALWAYS,
  'ap-southeast-2': ALWAYS,
  'ap-southeast-3': '3.70.0',
  'ap-southeast-4': '4.55.0',
  'ap-southeast-5': '5.65.0',
  'ap-southeast-6': '6.12.0',
  'ap-southeast-7': '5.83.0',
  'ca-central-1': ALWAYS,
  'ca-west-1': '5.32.0',
  'cn-north-1': ALWAYS,
  'cn-northwest-1': ALWAYS,
  'eu-central-1': ALWAYS,
  'eu-central-2': '4.40.0',
  'eu-isoe-west-1': '5.100.0',
  'eu-north-1': ALWAYS,
  'eu-south-1': ALWAYS,
  'eu-south-2': '4.40.0',
  'eu-west-1': ALWAYS,
  'eu-west-2': ALWAYS,
  'eu-west-3': ALWAYS,
  'eusc-de-east-1': '5.100.0',
  'il-central-1': '5.12.0',
  'me-central-1': '4.29.0',
  'me-south-1': ALWAYS,
  'me-west-1': NOT_YET_SEEN,
  'mx-central-1': '5.84.0',
  'sa-east-1': ALWAYS,
  'sa-west-1': NOT_YET_SEEN,
  'us-east-1': ALWAYS,
  'us-east-2': ALWAYS,
  'us-gov-east-1': ALWAYS,
  'us-gov-west-1': ALWAYS,
  'us-iso-east-1': ALWAYS,
  'us-iso-west-1': '5.100.0',
  'us-isob-east-1': ALWAYS,
  'us-isob-west-1': '6.20.0',
  'us-isof-east-1': '5.86.0',
  'us-isof-south-1': '5.86.0',
  'us-west-1': ALWAYS,
  'us-west-2': ALWAYS,
};

/** Version 4.0.0, and only it, rejects ap-northeast-3 (terraform-provider-aws#23116). */
const REJECTED = { region: 'ap-northeast-3', by: '4.0.0' } as const;

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
  return Object.hasOwn(FIRST_VERSIONS, region);
}

/** Whether every provider with replica keys, and so every Terraform from 1.5.0 on, knows the Region. */
export function isKnownToAll(region: string): boolean {
  return isKnownRegion(region) && FIRST_VERSIONS[region] === ALWAYS;
}

/** The known Regions of a partition, in alphabetical order. */
export function regionsOfPartition(partition: string): string[] {
  return Object.keys(FIRST_VERSIONS)
    .filter((region) => partitionOf(region) === partition)
    .sort();
}

/**
 * Whether the provider has to be told not to check the Region's name.
 * @param providerVersion an exact version, or a constraint: then whether a version that it may choose has to be told
 */
export function needsSkipRegionValidation(region: string, providerVersion: string): boolean {
  const first = isKnownRegion(region) ? FIRST_VERSIONS[region] : NOT_YET_SEEN;
  if (first === NOT_YET_SEEN) return true;
  const oldest = oldestVersion(providerVersion);
  if (region === REJECTED.region && mayChoose(REJECTED.by, providerVersion)) return true;
  return semver.lt(oldest, first);
}

function mayChoose(version: string, constraint: string): boolean {
  return semver.valid(constraint) === null
    ? semver.lte(oldestVersion(constraint), version)
    : semver.eq(constraint, version);
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
