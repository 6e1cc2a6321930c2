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
  testMatch: ['<rootDir>/__tests__/**/*.test.ts'],
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': '$1' },
  transform: { '^.+\\.ts$': ['ts-jest', { useESM: true }] },
};
