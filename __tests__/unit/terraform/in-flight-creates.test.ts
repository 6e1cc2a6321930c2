import { describe, expect, test } from 'vitest';
import { watchCreates } from '../../../src/terraform/in-flight-creates.js';
import { makeClock } from '../../support/github-world.js';

const event = (type: 'start' | 'complete' | 'errored', action = 'create') =>
  ({ type, action, address: 'module.primary.aws_kms_key.this', elapsedSeconds: 0, message: '' }) as const;

/** How long an interrupt is held back when it comes so many milliseconds after the last event. */
async function heldBack(events: readonly ReturnType<typeof event>[], after: number): Promise<number> {
  const clock = makeClock();
  const { onEvent, untilIdsRecorded } = watchCreates(clock);
  events.forEach(onEvent);
  await clock.sleep(after);
  const interrupted = clock.now();
  await untilIdsRecorded();
  return clock.now() - interrupted;
}

describe('an interrupt of an apply', () => {
  test('waits until what has just been begun has its id', async () => {
    await expect(heldBack([event('start')], 100)).resolves.toBe(2_900);
  });

  test.each([
    ['nothing is being created', [], 0],
    ['the key is being waited for', [event('start')], 60_000],
    ['the key is there', [event('start'), event('complete')], 0],
    ['the key has failed', [event('start'), event('errored')], 0],
    ['something is deleted', [event('start', 'delete')], 0],
  ])('goes out at once when %s', async (_, events, after) => {
    await expect(heldBack(events, after)).resolves.toBe(250);
  });

  test('hears of what was begun a moment before it, and of what is begun while it waits, but has an end', async () => {
    const clock = makeClock();
    const watch = watchCreates(clock);
    const interrupted = clock.now();
    const waiting = watch.untilIdsRecorded();
    watch.onEvent(event('start'));
    const again = setInterval(() => {
      watch.onEvent(event('start'));
    }, 0);
    await waiting;
    clearInterval(again);
    expect(clock.now() - interrupted).toBeGreaterThan(250);
    expect(clock.now() - interrupted).toBeLessThanOrEqual(4_000);
  });
});
