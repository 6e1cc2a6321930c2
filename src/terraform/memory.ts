import type { Memory } from '../deps.js';
import type { ProviderMode } from './provider-mode.js';

const GIBIBYTE = 2 ** 30;

/**
 * The peak of a run by aliases (`npm run bench -- regions`): Terraform, this action and the provider's program text, which
 * all of its processes share, and what each Region's process has for itself.
 */
const SHARED_BYTES = 0.7 * GIBIBYTE;
const BYTES_PER_REGION = 0.12 * GIBIBYTE;

/** How many times what a run needs has to be free for its heaps to grow before they are cleaned: then it takes up to 2.3 times as much. */
const AMPLE = 4;

/**
 * The setting of Go's garbage collector for Terraform and its providers: processes that live for seconds, and spend a fifth
 * of them on collecting (docs/performance.md). GOGC is by how many percent a heap grows before the next collection, 100
 * unless told (documentation of Go's package runtime, "Environment Variables").
 * @param regions how many Regions have a key, the primary's among them
 * @returns nothing where memory may be short, or where the user has a setting of their own
 */
export function collectorSetting(
  regions: number,
  { availableBytes }: Memory,
  env: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string>> {
  const isSet = env['GOGC'] !== undefined || env['GOMEMLIMIT'] !== undefined;
  return isSet || availableBytes < AMPLE * memoryByAliases(regions) ? {} : { GOGC: '400' };
}

/** @param regions how many Regions have a key, the primary's among them */
export function memoryByAliases(regions: number): number {
  return SHARED_BYTES + regions * BYTES_PER_REGION;
}

/**
 * What to say before a run that this machine may not have the memory for.
 * @param regions how many Regions have a key, the primary's among them
 * @returns undefined where it will do: always, where one process of the provider serves all Regions
 */
export function memoryNotice(
  providerMode: ProviderMode,
  regions: number,
  { totalBytes, availableBytes }: Memory,
): string | undefined {
  const needed = memoryByAliases(regions);
  if (providerMode === 'region' || needed <= availableBytes) return undefined;
  return `Terraform needs about ${gibibytes(needed)} of memory for ${regions} Regions; ${gibibytes(availableBytes)} of the ${gibibytes(totalBytes)} of this runner are available. If the run is killed or slow, take a larger runner.`;
}

function gibibytes(bytes: number): string {
  return `${(bytes / GIBIBYTE).toFixed(1)} GiB`;
}
