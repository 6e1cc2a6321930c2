import process from 'node:process';

/**
 * The stories with the real Terraform that `npm test` keeps; `.ci/run` has more. A path in e2e runs whatever it names: `npm run test:e2e` all
 * of them, `npm test -- __tests__/e2e/guard.test.ts` that one.
 */
const STORIES = ['review'];
const E2E = process.argv.some((argument) => argument.includes('e2e')) ? ['*'] : STORIES;

/** What needs nektos/act, which `npm run test:act` alone asks for. */
const ACT = process.argv.some((argument) => argument.includes('__tests__/act'))
  ? ['<rootDir>/__tests__/act/*.test.ts']
  : [];

/** @type {import('jest').Config} */
export default {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  restoreMocks: true,
  // The end-to-end tests wait for a provider that waits for AWS half of their time, so three at a time pay even on two cores.
  maxWorkers: 3,
  maxConcurrency: 3,
  // On a machine with other work a child process alone may take seconds to start.
  testTimeout: 60_000,
  testSequencer: '<rootDir>/jest.sequencer.js',
  testMatch: [
    '<rootDir>/__tests__/{unit,integration}/**/*.test.ts',
    '<rootDir>/emulator/__tests__/*.test.ts',
    ...E2E.map((name) => `<rootDir>/__tests__/e2e/${name}.test.ts`),
    ...ACT,
  ],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: { '^.+\\.ts$': ['ts-jest', { useESM: true }] },
};
