import { expect, test } from 'vitest';
import { median, renderPairs } from '../../../bench/overhead.js';

test.each([
  [[3], 3],
  [[3, 1, 2], 2],
  [[4, 1, 3, 2], 2.5],
])('the median of %j is %d', (values, expected) => {
  expect(median(values)).toBe(expected);
});

test('what is added and the ratio are taken pair by pair, not from the two medians', () => {
  const pair = { name: 'plan', action: [1.5, 10, 3], hand: [1, 10, 2] };
  const row = renderPairs([pair], 'by hand').split('\n').at(-1) ?? '';
  expect(row.split('|').map((cell) => cell.trim())).toEqual([
    '',
    'plan',
    '3.00 (1.50–10.00)',
    '2.00 (1.00–10.00)',
    '0.50 (0.00–1.00)',
    '1.50 (1.00–1.50)',
    '',
  ]);
});
