/** An AWS partition: its id as it stands in ARNs, and the domain of its endpoints. */
export interface Partition {
  readonly id: string;
  readonly dnsSuffix: string;
  /** Beginnings of the ids of its Regions. */
  readonly prefixes: readonly string[];
  /** The Region that unsigned and global calls belong to. */
  readonly defaultRegion: string;
}

/** From the partitions file that the AWS SDKs share (`partitions.json` of botocore). */
const PARTITIONS: readonly Partition[] = [
  { id: 'aws-cn', dnsSuffix: 'amazonaws.com.cn', prefixes: ['cn-'], defaultRegion: 'cn-northwest-1' },
  { id: 'aws-us-gov', dnsSuffix: 'amazonaws.com', prefixes: ['us-gov-'], defaultRegion: 'us-gov-west-1' },
  { id: 'aws-eusc', dnsSuffix: 'amazonaws.eu', prefixes: ['eusc-'], defaultRegion: 'eusc-de-east-1' },
  { id: 'aws-iso', dnsSuffix: 'c2s.ic.gov', prefixes: ['us-iso-'], defaultRegion: 'us-iso-east-1' },
  { id: 'aws-iso-b', dnsSuffix: 'sc2s.sgov.gov', prefixes: ['us-isob-'], defaultRegion: 'us-isob-east-1' },
  { id: 'aws-iso-e', dnsSuffix: 'cloud.adc-e.uk', prefixes: ['eu-isoe-'], defaultRegion: 'eu-isoe-west-1' },
  { id: 'aws-iso-f', dnsSuffix: 'csp.hci.ic.gov', prefixes: ['us-isof-'], defaultRegion: 'us-isof-south-1' },
];

const COMMERCIAL: Partition = {
  id: 'aws',
  dnsSuffix: 'amazonaws.com',
  prefixes: [],
  defaultRegion: 'us-east-1',
};

/** The partition that a Region belongs to; a Region of no known prefix counts as commercial. */
export function partitionOf(region: string): Partition {
  return (
    PARTITIONS.find(({ prefixes }) => prefixes.some((prefix) => region.startsWith(prefix))) ?? COMMERCIAL
  );
}

/** Whether a text has the form of a Region id, by the pattern of KMS's API model. */
export function isRegionId(text: string): boolean {
  return /^([a-z]+-){2,3}\d+$/.test(text) && text.length <= 32;
}
