import { ScheduleKeyDeletionCommand, UpdatePrimaryRegionCommand } from '@aws-sdk/client-kms';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Emulator, Fault } from '../../../emulator/index.js';
import { awaitPromotion, promote, type Promotion } from '../../../src/aws/primary-region.js';
import { createFamily, kmsIn } from '../../../emulator/__tests__/support.js';
import { clientsOf, startForAction, stopForAction } from '../../support/emulated-session.js';

const [A, B, C, D] = ['ap-southeast-1', 'ap-southeast-2', 'ap-southeast-3', 'eu-west-1'] as const;
const TIMEOUT_MS = 600_000;

let emulator: Emulator;
let move: Promotion;
beforeEach(async () => {
  emulator = await startForAction();
  const { id } = await createFamily(emulator, [A, B, C]);
  move = { keyId: id, from: A, to: B, others: [C] };
});
afterEach(() => stopForAction(emulator));

interface Ended {
  readonly end: unknown;
  readonly said: readonly string[];
  readonly sleptMs: number;
}

/** Sleeping moves the emulator's clock on; `duringSleep` is what happens elsewhere meanwhile. */
async function play(
  work: typeof awaitPromotion | typeof promote,
  {
    of = move,
    duringSleep,
    signal,
  }: { of?: Promotion; duringSleep?: (sleptMs: number) => unknown; signal?: AbortSignal } = {},
): Promise<Ended> {
  const said: string[] = [];
  let sleptMs = 0;
  const options = {
    clock: {
      now: () => emulator.clock.now(),
      sleep: async (milliseconds: number) => {
        sleptMs += milliseconds;
        emulator.clock.advance(milliseconds);
        await duringSleep?.(sleptMs);
      },
    },
    signal: signal ?? new AbortController().signal,
    timeoutMs: TIMEOUT_MS,
    say: (line: string) => said.push(line),
  };
  const end = await work(of, await clientsOf(emulator), options).catch((thrown: unknown) => thrown);
  return { end, said, sleptMs };
}

const moves = (): number => emulator.calls.find({ action: 'UpdatePrimaryRegion' }).length;

/** As somebody else does it: under way for so long. */
async function moveByHand(from: string, to: string, delayMs = 0): Promise<void> {
  emulator.kms.settings.promotionDelayMs = delayMs;
  await kmsIn(emulator, from).send(new UpdatePrimaryRegionCommand({ KeyId: move.keyId, PrimaryRegion: to }));
  emulator.clock.advance(1);
}

const fault = (action: string, effect: Fault['effect'], more: Partial<Fault['match']> = {}): (() => void) =>
  emulator.faults.add({ match: { action, ...more }, effect });

describe('waiting for a move, without ever making one', () => {
  test('says at once that none was begun, or that it is done', async () => {
    expect(await play(awaitPromotion)).toMatchObject({ end: 'before', sleptMs: 0 });
    await moveByHand(A, B);
    expect(await play(awaitPromotion)).toMatchObject({ end: 'done', sleptMs: 0 });
    expect(moves()).toBe(1);
  });

  test('waits for one that is under way, and says so now and then', async () => {
    await moveByHand(A, B, 45_000);
    const { end, said } = await play(awaitPromotion);
    expect(end).toBe('done');
    // How often depends on how long the machine takes for each question, too.
    expect(said.length).toBeGreaterThanOrEqual(2);
    expect(said.filter((line) => !/^Waiting for AWS to move the primary, \d+ s$/.test(line))).toEqual([]);
    expect(moves()).toBe(1);
  });

  test('of one in the other direction says, when that has stood for a minute, that none was begun', async () => {
    await moveByHand(A, B);
    await moveByHand(B, A, 20_000);
    const { end, sleptMs } = await play(awaitPromotion);
    expect(end).toBe('before');
    expect(sleptMs).toBeGreaterThan(30_000);
    expect(sleptMs).toBeLessThan(90_000);
    expect(moves()).toBe(2);
  });

  test('asks again where a Region gives no answer for a while, and not where it refuses', async () => {
    await moveByHand(A, B, 10_000);
    let mend: (() => void) | undefined;
    const passing = await play(awaitPromotion, {
      duringSleep: (sleptMs) => {
        if (sleptMs === 2_000) mend = fault('DescribeKey', { type: 'throttle' }, { region: A });
        if (sleptMs === 4_000) mend?.();
      },
    });
    expect(passing.end).toBe('done');
    await moveByHand(B, A, 10_000);
    const refused = await play(awaitPromotion, {
      duringSleep: (sleptMs) => {
        if (sleptMs === 2_000) fault('DescribeKey', { type: 'access-denied' }, { region: A });
      },
    });
    expect(refused.sleptMs).toBe(2_000);
    expect(String(refused.end)).toContain('kms:DescribeKey');
  });

  test.each([
    ['a refusal', { type: 'access-denied' } as const, 'kms:DescribeKey'],
    ['a Region that is closed', { type: 'disabled-region' } as const, 'does not take these credentials'],
  ])('ends at once with %s at one end, told by name', async (_, effect, words) => {
    fault('DescribeKey', effect, { region: B });
    const { end, sleptMs } = await play(awaitPromotion);
    expect(sleptMs).toBe(0);
    expect(String(end)).toContain(words);
    expect(String(end)).toContain(B);
  });

  test('ends with how to save a key at one end that is going to be deleted', async () => {
    await kmsIn(emulator, B).send(new ScheduleKeyDeletionCommand({ KeyId: move.keyId }));
    const { end } = await play(awaitPromotion);
    expect(String(end)).toContain(`in ${B} is going to be deleted`);
    expect(String(end)).toContain('aws kms cancel-key-deletion');
  });

  test('names the Region where there is no key, and how there is to be one', async () => {
    const nowhere = await play(awaitPromotion, { of: { ...move, to: D } });
    expect(String(nowhere.end)).toContain(`There is no key ${move.keyId} in ${D}. `);
    expect(String(nowhere.end)).toContain(`with ${D} among \`replica-regions\``);
    const gone = await play(awaitPromotion, { of: { ...move, from: D, to: A } });
    expect(String(gone.end)).toContain(
      `aws kms replicate-key --region ${A} --key-id ${move.keyId} --replica-region ${D}`,
    );
  });

  test('names the third Region that has the primary', async () => {
    await moveByHand(A, C);
    const { end } = await play(awaitPromotion);
    expect(String(end)).toContain(`AWS has it at arn:aws:kms:${C}:`);
  });

  test('ends when the time is up', async () => {
    await moveByHand(A, B, 10 * TIMEOUT_MS);
    const { end, sleptMs } = await play(awaitPromotion);
    expect(String(end)).toContain('still moving the primary');
    expect(sleptMs).toBeGreaterThan(TIMEOUT_MS / 2);
  });

  test('ends when the step is cancelled', async () => {
    await moveByHand(A, B, 20_000);
    const cancelled = new AbortController();
    const { end } = await play(awaitPromotion, {
      signal: cancelled.signal,
      duringSleep: () => {
        cancelled.abort(new Error('cancelled'));
      },
    });
    expect(String(end)).toContain('cancelled');
  });
});

describe('moving a primary', () => {
  beforeEach(() => {
    emulator.kms.settings.promotionDelayMs = 5_000;
  });

  test('calls once, and waits until every key shows it', async () => {
    const { end, said } = await play(promote);
    expect(end).toBeUndefined();
    expect(said).toEqual([
      `primary key: moving from ${A} to ${B}`,
      `primary key: in ${B}, and both keys are ready`,
    ]);
    expect(moves()).toBe(1);
    expect(emulator.kms.keys(B)).toMatchObject([{ role: 'primary', state: 'Enabled' }]);
    expect(await play(promote)).toMatchObject({ said: [`AWS has the primary in ${B} already`] });
    expect(moves()).toBe(1);
  });

  test('goes on with the call where a move in the other direction was under way', async () => {
    await moveByHand(A, B);
    await moveByHand(B, A, 20_000);
    emulator.kms.settings.promotionDelayMs = 5_000;
    expect((await play(promote)).end).toBeUndefined();
    expect(moves()).toBe(3);
    expect(emulator.kms.keys(B)).toMatchObject([{ role: 'primary' }]);
  });

  test('ends with what AWS has where something moves it back at once', async () => {
    let isBack = false;
    const { end } = await play(promote, {
      duringSleep: async () => {
        if (isBack || emulator.kms.keys(B)[0]?.state !== 'Enabled') return;
        isBack = true;
        await moveByHand(B, A);
      },
    });
    expect(String(end)).toContain(`a minute later it has the primary in ${A}`);
    expect(moves()).toBe(2);
  });

  test.each([
    ['an answer that is lost', { type: 'reset', when: 'after' } as const],
    ['a server\u2019s error after the call was taken', { type: 'internal-error', when: 'after' } as const],
  ])('finds out from AWS what became of %s', async (_, effect) => {
    fault('UpdatePrimaryRegion', effect, { count: 1 });
    expect((await play(promote)).end).toBeUndefined();
    expect(emulator.kms.keys(B)).toMatchObject([{ role: 'primary', state: 'Enabled' }]);
  });

  test('ends a minute after a call that has had no effect, with the reason', async () => {
    fault('UpdatePrimaryRegion', { type: 'internal-error' });
    const { end, sleptMs } = await play(promote);
    expect(String(end)).toContain('AWS did not move the primary');
    expect(sleptMs).toBeGreaterThan(20_000);
    expect(sleptMs).toBeLessThanOrEqual(60_000);
  });

  test('ends at once where a policy refuses it, with both policies that are asked', async () => {
    fault('UpdatePrimaryRegion', { type: 'access-denied', policy: 'resource-based policy', explicit: false });
    const { end, sleptMs } = await play(promote);
    expect(String(end)).toContain('on the key in both Regions, and by both key policies');
    expect(sleptMs).toBe(0);
    expect(emulator.kms.keys(A)).toMatchObject([{ role: 'primary' }]);
  });

  test('that is given up by a cancellation says that it was begun, and who ends it', async () => {
    const cancelled = new AbortController();
    const { end } = await play(promote, {
      signal: cancelled.signal,
      duringSleep: () => {
        cancelled.abort(new Error('cancelled'));
      },
    });
    expect(end).toMatchObject({ done: expect.stringContaining(`AWS was asked to move the primary to ${B}`) });
    expect(moves()).toBe(1);
  });

  test('is not begun by a step that was cancelled', async () => {
    const { end } = await play(promote, { signal: AbortSignal.abort(new Error('cancelled')) });
    expect(String(end)).toContain('cancelled');
    expect(moves()).toBe(0);
  });
});
