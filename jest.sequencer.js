import Sequencer from '@jest/test-sequencer';

/** The test files that take longest, the longest first: begun last, one of them would be waited for alone. */
const LONGEST = [
  'recovery',
  'main-job',
  'module',
  'fault-matrix',
  'cancellation',
  'guard',
  'least-privilege',
  'review',
  'regions',
  'module-safety',
  'migrating',
  'partitions',
  'drift-and-verify',
].map((name) => `/e2e/${name}.test.ts`);

export default class LongestFirst extends Sequencer {
  sort(tests) {
    const rank = ({ path }) => {
      const found = LONGEST.findIndex((end) => path.replaceAll('\\', '/').endsWith(end));
      return found < 0 ? LONGEST.length : found;
    };
    return super.sort(tests).toSorted((a, b) => rank(a) - rank(b));
  }
}
