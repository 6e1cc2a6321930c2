/**
 * How often a property is tried: as often as it says, and a tenth of that in `npm run test:unit`, which is to answer in
 * seconds.
 */
export function runs(times: number): { numRuns: number } {
  return { numRuns: process.env['IN_SECONDS'] === '1' ? Math.ceil(times / 10) : times };
}
