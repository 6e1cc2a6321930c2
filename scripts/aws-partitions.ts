/**
 * Writes src/facts/partitions.json: AWS's partitions and Regions, as AWS's SDK has them. The SDK keeps its table to itself but
 * for one look-up, and is loaded only when AWS is called, while the inputs are checked first.
 *
 *     npx tsx scripts/aws-partitions.ts
 */

import { readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';

export const PARTITIONS_FILE = path.resolve(import.meta.dirname, '..', 'src', 'facts', 'partitions.json');

interface SdkPartition {
  readonly id: string;
  readonly outputs: { readonly dnsSuffix: string };
  readonly regionRegex: string;
  readonly regions: Readonly<Record<string, { readonly description: string }>>;
}

/** What the file is to hold: the partitions of the SDK that is installed, without the Regions that stand for none. */
export async function readSdkPartitions(): Promise<object[]> {
  const kms = createRequire(import.meta.url).resolve('@aws-sdk/client-kms');
  const core = path.dirname(createRequire(kms).resolve('@aws-sdk/core/package.json'));
  const table = path.join(core, 'dist-es/submodules/client/util-endpoints/lib/aws/partitions.js');
  const text = await readFile(table, 'utf8');
  // The module is one object in JSON with a name before it.
  const json = text.slice(text.indexOf('{'), text.lastIndexOf('}') + 1);
  const { partitions } = JSON.parse(json) as { partitions: readonly SdkPartition[] };
  return partitions.map(({ id, outputs, regionRegex, regions }) => ({
    id,
    dnsSuffix: outputs.dnsSuffix,
    pattern: regionRegex,
    regions: Object.fromEntries(
      Object.entries(regions)
        .filter(([region]) => !region.endsWith('-global'))
        .map(([region, { description }]) => [region, description]),
    ),
  }));
}

if (process.argv[1] === import.meta.filename) {
  await writeFile(PARTITIONS_FILE, `${JSON.stringify(await readSdkPartitions(), undefined, 2)}\n`);
}
