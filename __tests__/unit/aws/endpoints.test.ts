import { KMSClient } from '@aws-sdk/client-kms';
import { STSClient } from '@aws-sdk/client-sts';
import { expect, test } from 'vitest';
import { dnsSuffixOf, PARTITIONS, partitionOf, regionsOfPartition } from '../../../src/facts/regions.js';

interface Resolver {
  readonly config: {
    readonly endpointProvider: (of: object) => { readonly url: URL };
  };
}

const hostOf = (client: object, region: string): string =>
  (client as Resolver).config.endpointProvider({
    Region: region,
    UseFIPS: false,
    UseDualStack: false,
    UseGlobalEndpoint: false,
  }).url.hostname;

const REGIONS = PARTITIONS.flatMap(({ id }) => regionsOfPartition(id));

test.each(REGIONS)("%s: AWS's own endpoint rules agree with the table", (region) => {
  const suffix = dnsSuffixOf(region) ?? '';
  expect(hostOf(new KMSClient({ region }), region)).toBe(`kms.${region}.${suffix}`);
  expect(hostOf(new STSClient({ region }), region)).toBe(`sts.${region}.${suffix}`);
  expect(partitionOf(region)).toBeDefined();
});
