import type { Memory } from '../deps.js';
import type { Way } from './way.js';

const GIBIBYTE = 2 ** 30;

/**
 * The peak of a run by aliases (`npm run bench -- regions`): Terraform, this action and the provider's program text, which
 * all of its processes share, and what each Region's process has for itself.
 */
const SHARED_BYTES = 0.55 * GIBIBYTE;
const BYTES_PER_REGION = 0.08 * GIBIBYTE;

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
  way: Way,
  regions: number,
  { totalBytes, availableBytes }: Memory,
): string | undefined {
  const needed = memoryByAliases(regions);
  if (way === 'region' || needed <= availableBytes) return undefined;
  return `Terraform needs about ${gibibytes(needed)} of memory for ${regions} Regions; ${gibibytes(availableBytes)} of the ${gibibytes(totalBytes)} of this runner are available. If the run is killed or slow, take a larger runner.`;
}

function gibibytes(bytes: number): string {
  return `${(bytes / GIBIBYTE).toFixed(1)} GiB`;
}
