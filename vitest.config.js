import process from 'node:process';
import { defineConfig } from 'vitest/config';
import { BaseSequencer } from 'vitest/node';

/**
 * The stories with the real Terraform that `npm test` keeps; `.ci/run` has more. A path in e2e runs whatever it names: `npm run test:e2e` all
 * of them, `npm test -- __tests__/e2e/guard.test.ts` that one.
 */
const STORIES = ['review'];
const E2E = process.argv.some((argument) => argument.includes('e2e')) ? ['*'] : STORIES;

/** What needs nektos/act, which `npm run test:act` alone asks for. */
const ACT = process.argv.some((argument) => argument.includes('__tests__/act'))
  ? ['__tests__/act/*.test.ts']
  : [];

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

class LongestFirst extends BaseSequencer {
  async sort(files) {
    const rank = ({ moduleId }) => {
      const found = LONGEST.findIndex((end) => moduleId.endsWith(end));
      return found < 0 ? LONGEST.length : found;
    };
    return (await super.sort(files)).toSorted((a, b) => rank(a) - rank(b));
  }
}

export default defineConfig({
  test: {
    include: [
      '__tests__/{unit,integration}/**/*.test.ts',
      'emulator/__tests__/*.test.ts',
      ...E2E.map((name) => `__tests__/e2e/${name}.test.ts`),
      ...ACT,
    ],
    pool: 'forks',
    // No module of ours keeps anything, so it is loaded once for each worker.
    isolate: false,
    setupFiles: '__tests__/support/set-up.ts',
    restoreMocks: true,
    taskTitleValueFormatTruncate: 200,
    // The end-to-end tests wait for a provider that waits for AWS half of their time, so three at a time pay even on two cores.
    maxWorkers: 3,
    maxConcurrency: 3,
    // On a machine with other work a child process alone may take seconds to start.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    teardownTimeout: 60_000,
    sequence: { sequencer: LongestFirst },
  },
});
