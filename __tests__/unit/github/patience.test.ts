import { expect, test } from '@jest/globals';
import { waitAfter } from '../../../src/github/patience.js';

test('waits double up to the longest, half of each being random', () => {
  const backOff = { attempts: 9, firstMs: 500, longestMs: 8_000 };
  expect([1, 2, 5, 6].map((attempt) => waitAfter(attempt, backOff, 0))).toEqual([250, 500, 4_000, 4_000]);
  expect(waitAfter(1, backOff, 0.5)).toBe(375);
  expect(waitAfter(1, backOff, 0.999)).toBeLessThanOrEqual(500);
});
