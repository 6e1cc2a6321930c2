import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { runPhase, seconds } from '../../../src/runner/phases.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

interface Said {
  readonly at: number;
  readonly line: string;
}

function watch(): { said: Said[]; groups: string[]; options: Parameters<typeof runPhase>[0] } {
  const said: Said[] = [];
  const groups: string[] = [];
  const started = Date.now();
  const log = {
    info: (line: string) => said.push({ at: Date.now() - started, line }),
    untrustedGroup: (title: string, text: string) => groups.push(`${title}\n${text}`),
  } as unknown as Parameters<typeof runPhase>[0]['log'];
  const clock = { now: () => Date.now(), sleep: () => Promise.resolve() };
  return { said, groups, options: { log, clock, name: 'Plan' } };
}

describe('a phase', () => {
  test('is never silent for more than 15 seconds, however long it waits', async () => {
    const { said, options } = watch();
    const phase = runPhase(options, async ({ say }) => {
      say('begin');
      await new Promise((resolve) => setTimeout(resolve, 120_000));
      say('end');
    });
    await vi.advanceTimersByTimeAsync(120_000);
    await phase;
    const gaps = said.slice(1).map(({ at }, index) => at - (said[index]?.at ?? 0));
    expect(Math.max(...gaps)).toBeLessThanOrEqual(15_000);
    expect(said[1]?.line).toBe('Plan: still running after 12 s');
    expect(said.at(-1)).toEqual({ at: 120_000, line: 'end' });
  });

  test('that fails still ends with the group of what was kept', async () => {
    const { groups, options } = watch();
    const phase = runPhase(options, ({ keep }) => {
      keep('of Terraform');
      return Promise.reject(new Error('broken'));
    });
    await expect(phase).rejects.toThrow('broken');
    expect(groups).toEqual(['Plan (0.0 s)\nof Terraform']);
  });
});

test.each([
  [420, '0.4 s'],
  [12_400, '12 s'],
  [125_000, '2 min 5 s'],
])('%d ms is %s', (milliseconds, text) => {
  expect(seconds(milliseconds)).toBe(text);
});
