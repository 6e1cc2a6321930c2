import { addResults, follow, type Reporting, type Results } from '../../src/run.js';

/** Runs a part of a run to its end. @returns what it returned, and all that it found out; throws what it threw */
export async function collect<T>(
  part: Reporting<T>,
): Promise<{ readonly value: T; readonly results: Results }> {
  const { ended, results } = await settle(part);
  if (ended.status === 'rejected') throw ended.reason;
  return { value: ended.value, results };
}

/** The same, however it ends: what was found out until then is told, too. */
export async function settle<T>(
  part: Reporting<T>,
): Promise<{ readonly ended: PromiseSettledResult<T>; readonly results: Results }> {
  let results: Results = {};
  const following = follow(part, (more) => {
    results = addResults(results, more);
  });
  const [ended] = await Promise.allSettled([following]);
  return { ended, results };
}
