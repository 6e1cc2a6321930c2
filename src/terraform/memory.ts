import type { Memory } from '../deps.js';
import type { Way } from './way.js';

const GIBIBYTE = 2 ** 30;

/** The peak of a plan by aliases for one Region, and so for each further one (`npm run bench -- regions`). */
export const BYTES_PER_ALIAS = 0.55 * GIBIBYTE;

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
  const needed = regions * BYTES_PER_ALIAS;
  if (way === 'region' || needed <= availableBytes) return undefined;
  return `${regions} Regions have a process of the provider each, and need about ${gibibytes(needed)} of memory together; ${gibibytes(availableBytes)} of the ${gibibytes(totalBytes)} of this runner are available. If the run is killed or slow, take a larger runner, or a 6.x \`aws-provider-version\`: one process then serves all Regions.`;
}

function gibibytes(bytes: number): string {
  return `${(bytes / GIBIBYTE).toFixed(1)} GiB`;
}
