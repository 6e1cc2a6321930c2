import { describe, expect, test } from 'vitest';
import { readSdkPartitions } from '../../../scripts/aws-partitions.js';
import {
  dnsSuffixOf,
  isKnownRegion,
  isWellFormedRegion,
  PARTITIONS,
  partitionOf,
  regionsOfPartition,
  unsupportedReason,
} from '../../../src/facts/regions.js';

const ALL_REGIONS = PARTITIONS.flatMap(({ id }) => regionsOfPartition(id));

describe('the partition of a Region', () => {
  test.each([
    ['ap-southeast-1', 'aws', 'amazonaws.com'],
    ['mx-central-1', 'aws', 'amazonaws.com'],
    ['eu-central-1', 'aws', 'amazonaws.com'],
    ['us-east-1', 'aws', 'amazonaws.com'],
    ['cn-northwest-1', 'aws-cn', 'amazonaws.com.cn'],
    ['us-gov-west-1', 'aws-us-gov', 'amazonaws.com'],
    ['eusc-de-east-1', 'aws-eusc', 'amazonaws.eu'],
    ['us-iso-east-1', 'aws-iso', 'c2s.ic.gov'],
    ['us-isob-east-1', 'aws-iso-b', 'sc2s.sgov.gov'],
    ['eu-isoe-west-1', 'aws-iso-e', 'cloud.adc-e.uk'],
    ['us-isof-south-1', 'aws-iso-f', 'csp.hci.ic.gov'],
  ])('of %s is %s, with endpoints in %s', (region, partition, suffix) => {
    expect(partitionOf(region)).toBe(partition);
    expect(dnsSuffixOf(region)).toBe(suffix);
  });

  test('follows from the prefix where the Region is not in the table', () => {
    expect(isKnownRegion('us-gov-south-3')).toBe(false);
    expect(partitionOf('us-gov-south-3')).toBe('aws-us-gov');
    expect(partitionOf('ap-southeast-9')).toBe('aws');
  });

  test('is unknown where no partition has the prefix', () => {
    expect(partitionOf('zz-west-1')).toBeUndefined();
    expect(partitionOf('useast-1')).toBeUndefined();
  });
});

describe('the table of Regions', () => {
  test('is the one of the SDK that is installed; mend it with `npx tsx scripts/aws-partitions.ts`', async () => {
    expect(PARTITIONS).toEqual(await readSdkPartitions());
  });

  test('has Regions of every partition, sorted, each in one of them', () => {
    for (const { id } of PARTITIONS) {
      const regions = regionsOfPartition(id);
      expect(regions).toEqual([...regions].sort());
      expect(regions.length).toBeGreaterThan(0);
    }
    expect(new Set(ALL_REGIONS).size).toBe(ALL_REGIONS.length);
  });

  test('holds well-formed Regions only', () => {
    expect(ALL_REGIONS.filter((region) => !isWellFormedRegion(region) || !isKnownRegion(region))).toEqual([]);
  });

  test('knows no Region by a name that every object has', () => {
    expect(isKnownRegion('constructor')).toBe(false);
  });
});

test.each([
  ...[
    '',
    'ap-southeast-1a',
    'ap_southeast_1',
    'AP-SOUTHEAST-1',
    'ap-southeast',
    'ap-southeast-0',
    ' us-east-1',
  ],
  ...['us-east-1\n', 'us-east-1"', '${x}-east-1', 'us-east-100', 'zz-west-1', 'us-1', 'us-a-b-1'],
])('%j is not a well-formed Region id', (text) => {
  expect(isWellFormedRegion(text)).toBe(false);
});

describe('a provider version that cannot make a replica', () => {
  test('is, in the European Sovereign Cloud, one before 6.16.0', () => {
    expect(unsupportedReason('eusc-de-east-1', '6.15.0')).toContain(
      'needs version 6.16.0 of the AWS provider: 6.15.0',
    );
    expect(unsupportedReason('eusc-de-east-1', '6.16.0')).toBeUndefined();
  });

  test('is none elsewhere, and none that a constraint leaves open', () => {
    expect(unsupportedReason('ap-southeast-3', '3.64.0')).toBeUndefined();
    expect(unsupportedReason('eusc-de-east-1', '>= 5.0')).toBeUndefined();
  });
});
