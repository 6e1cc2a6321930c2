import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';

/** What Vitest itself finds; a pattern that matches nothing is no error to it. */
function listTests(...args: readonly string[]): string[] {
  const vitest = ['node_modules/vitest/vitest.mjs', 'list', '--filesOnly', ...args];
  return execFileSync(process.execPath, vitest, { encoding: 'utf8' }).trim().split('\n');
}

test('npm test runs the story of a review, and the tests of every kind that takes seconds', () => {
  const files = listTests();
  expect(files.filter((file) => file.includes('/e2e/'))).toEqual(['__tests__/e2e/review.test.ts']);
  for (const folder of ['__tests__/unit/', '__tests__/integration/', 'emulator/__tests__/'])
    expect(files.some((file) => file.startsWith(folder))).toBe(true);
});

test('a story that npm test leaves out runs by its path', () => {
  expect(listTests('__tests__/e2e/recovery')).toEqual(['__tests__/e2e/recovery.test.ts']);
});
