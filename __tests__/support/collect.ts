import { addResults, follow, type Reporting, type Results } from '../../src/run.js';

/** Runs a part of a run to its end. @returns what it returned, and all that it found out */
export async function collect<T>(
  part: Reporting<T>,
): Promise<{ readonly value: T; readonly results: Results }> {
  let results: Results = {};
  const value = await follow(part, (more) => {
    results = addResults(results, more);
  });
  return { value, results };
}
