import { describe, expect, test } from 'vitest';
import { clientsOf } from '../../support/emulated-session.js';
import { askKms, waitForKeys, type WaitedKey } from '../../../src/aws/key-wait.js';
import type { Clock } from '../../../src/deps.js';
import { startEmulator } from '../../../emulator/index.js';

const key = (region: string): WaitedKey => ({ region, id: 'mrk-1', name: `replica key in ${region}` });
const [A, B] = [key('ap-southeast-2'), key('ap-southeast-3')];

/** A clock that only sleeping moves on. */
function fakeClock(): Clock & { readonly slept: () => number } {
  let now = 0;
  return {
    now: () => now,
    slept: () => now,
    sleep: (milliseconds, signal) => {
      signal?.throwIfAborted();
      now += milliseconds;
      return Promise.resolve();
    },
  };
}

interface Waiting {
  readonly keys?: readonly WaitedKey[];
  /** The state of each key by the second; the last one stays. */
  readonly states: (key: WaitedKey, second: number) => string;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

async function wait({ keys = [A, B], states, timeoutMs = 600_000, signal }: Waiting) {
  const clock = fakeClock();
  const said: string[] = [];
  const asked: string[] = [];
  const result = await waitForKeys({
    keys,
    timeoutMs,
    clock,
    signal: signal ?? new AbortController().signal,
    say: (line) => said.push(line),
    askState: (each) => {
      asked.push(each.region);
      return Promise.resolve(states(each, clock.slept() / 1000));
    },
  });
  return { ...result, said, asked };
}

describe('waiting for keys that AWS is still creating', () => {
  test('ends when the last is ready, and asks no more of one that is', async () => {
    const { unready, waitedMs, asked } = await wait({
      states: ({ region }, second) => (second >= (region === A.region ? 10 : 30) ? 'Enabled' : 'Creating'),
    });
    expect({ unready, waitedMs }).toEqual({ unready: [], waitedMs: 30_000 });
    expect(asked.filter((region) => region === A.region)).toHaveLength(3);
  });

  test('says who is waited for, every ten seconds, and when one is ready', async () => {
    const { said } = await wait({
      states: ({ region }, second) => (second >= (region === A.region ? 10 : 20) ? 'Enabled' : 'Creating'),
    });
    expect(said).toEqual([
      'Waiting for AWS, 0 s: replica key in ap-southeast-2 (Creating), replica key in ap-southeast-3 (Creating)',
      'replica key in ap-southeast-2: Enabled',
      'Waiting for AWS, 10 s: replica key in ap-southeast-3 (Creating)',
      'replica key in ap-southeast-3: Enabled',
    ]);
  });

  test('says nothing, and does not wait, when all are ready', async () => {
    const result = await wait({ states: () => 'Enabled' });
    expect(result).toMatchObject({ unready: [], waitedMs: 0, said: [] });
  });

  test('ends when the time is up, and names who is late', async () => {
    const { unready, waitedMs } = await wait({
      timeoutMs: 62_000,
      states: ({ region }) => (region === A.region ? 'Enabled' : 'Creating'),
    });
    expect({ unready, waitedMs }).toEqual({ unready: [B], waitedMs: 62_000 });
  });

  test('a key that is not seen at first is asked for again, but not for ever', async () => {
    const seen = await wait({ keys: [A], states: (_, second) => (second < 15 ? 'NotFound' : 'Enabled') });
    expect(seen).toMatchObject({ unready: [], waitedMs: 15_000 });
    const gone = await wait({ keys: [A], states: () => 'NotFound' });
    expect(gone).toMatchObject({ unready: [], waitedMs: 60_000 });
  });

  test.each(['Disabled', 'PendingDeletion', 'PendingReplicaDeletion'])(
    '%s is not waited for',
    async (state) => {
      expect(await wait({ states: () => state })).toMatchObject({ unready: [], waitedMs: 0 });
    },
  );

  test('ends at once when the step is cancelled', async () => {
    const signal = AbortSignal.abort(new Error('the step was cancelled'));
    await expect(wait({ states: () => 'Creating', signal })).rejects.toThrow('the step was cancelled');
  });
});

describe('asking KMS', () => {
  test('a refusal is told with the permission; what may pass is asked again', async () => {
    const emulator = await startEmulator({
      faults: [
        { match: { action: 'DescribeKey', region: A.region }, effect: { type: 'access-denied' } },
        { match: { action: 'DescribeKey', region: B.region }, effect: { type: 'internal-error' } },
        { match: { action: 'DescribeKey', region: 'us-east-2' }, effect: { type: 'expired-token' } },
      ],
    });
    process.env['AWS_ENDPOINT_URL'] = emulator.url;
    try {
      const ask = askKms(await clientsOf(emulator), { debug: () => undefined });
      await expect(ask(A)).rejects.toThrow(
        /how the replica key in ap-southeast-2 is getting on.*kms:DescribeKey is missing.*Let the role/,
      );
      expect(await ask(B)).toBe('Creating');
      expect(await ask(key('us-east-1'))).toBe('NotFound');
      await expect(ask(key('us-east-2'))).rejects.toThrow(/ExpiredToken.*with credentials that are good/);
    } finally {
      delete process.env['AWS_ENDPOINT_URL'];
      await emulator.stop();
    }
  });
});
