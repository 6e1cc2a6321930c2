import { describe, expect, test } from '@jest/globals';
import { retry, waitAfter, type Attempt } from '../../src/back-off.js';

const world = (waits: number[]): Parameters<typeof retry>[0] => ({
  clock: {
    sleep: (milliseconds) => {
      waits.push(milliseconds);
      return Promise.resolve();
    },
  },
  random: () => 0,
});

const answers = (...list: Attempt<string, string>[]): (() => Promise<Attempt<string, string>>) => {
  const left = [...list];
  return () => Promise.resolve(left.shift() ?? { failure: 'no more', transient: true });
};
const busy = { failure: 'busy', transient: true };

describe('a call that fails', () => {
  test('is made again until it succeeds, further apart each time', async () => {
    const waits: number[] = [];
    const told: unknown[] = [];
    const outcome = await retry(world(waits), answers(busy, busy, { value: 'done' }), (...one) =>
      told.push(one),
    );
    expect(outcome).toEqual({ value: 'done' });
    expect(waits).toEqual([250, 500]);
    expect(told).toEqual([
      ['busy', 1, 5],
      ['busy', 2, 5],
    ]);
  });

  test('is given up after five attempts, without a wait after the last', async () => {
    const waits: number[] = [];
    expect(await retry(world(waits), answers(busy, busy, busy, busy, busy), () => undefined)).toEqual({
      ...busy,
      attempts: 5,
    });
    expect(waits).toHaveLength(4);
  });

  test('for good is not made again', async () => {
    const waits: number[] = [];
    const denied = { failure: 'denied', transient: false };
    expect(await retry(world(waits), answers(denied), () => undefined)).toEqual({ ...denied, attempts: 1 });
    expect(waits).toEqual([]);
  });

  test('is not made at all once the run is cancelled', async () => {
    const signal = AbortSignal.abort(new Error('cancelled'));
    await expect(retry({ ...world([]), signal }, answers(busy), () => undefined)).rejects.toThrow(
      'cancelled',
    );
  });
});

test('waits double up to the longest, half of each being random', () => {
  const backOff = { attempts: 9, firstMs: 500, longestMs: 8_000 };
  expect([1, 2, 5, 6].map((attempt) => waitAfter(attempt, backOff, 0))).toEqual([250, 500, 4_000, 4_000]);
  expect(waitAfter(1, backOff, 0.5)).toBe(375);
  expect(waitAfter(1, backOff, 0.999)).toBeLessThanOrEqual(500);
});
