import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Emulator } from '../../../emulator/index.js';
import { ActionError } from '../../../src/errors.js';
import type { Setup } from '../../../src/commands/setup/set-up.js';
import type { Course } from '../../../src/commands/apply/course.js';
import { untaintAndWait } from '../../../src/commands/apply/resume.js';
import type { Run } from '../../../src/run.js';
import type { WaitedKey } from '../../../src/aws/key-wait.js';
import { kmsIn } from '../../../emulator/__tests__/support.js';
import { settle } from '../../support/collect.js';
import { clientsOf, startForAction, stopForAction } from '../../support/emulated-session.js';

const REGION = 'ap-southeast-2';
const ADDRESS = `module.replica_${REGION}.aws_kms_replica_key.this`;

let emulator: Emulator;
let key: WaitedKey;
beforeEach(async () => {
  emulator = await startForAction({
    faults: [{ match: { region: REGION }, effect: { type: 'slow-replica', seconds: 3600 } }],
  });
  key = { region: REGION, id: await replicate(), name: `replica key in ${REGION}` };
});
afterEach(async () => {
  await stopForAction(emulator);
});

async function replicate(): Promise<string> {
  const { CreateKeyCommand, ReplicateKeyCommand } = await import('@aws-sdk/client-kms');
  const client = kmsIn(emulator, 'ap-southeast-1');
  const { KeyMetadata } = await client.send(new CreateKeyCommand({ MultiRegion: true }));
  const KeyId = KeyMetadata?.KeyId ?? '';
  await client.send(new ReplicateKeyCommand({ KeyId, ReplicaRegion: REGION }));
  client.destroy();
  return KeyId;
}

/** Terraform's part is played: what is shown is the order, and what is said. */
async function settleWith(onSleep: (cancelled: AbortController) => void) {
  const events: string[] = [];
  const cancelled = new AbortController();
  let now = 0;
  const run = {
    deps: {
      cancelled: cancelled.signal,
      log: { debug: () => undefined },
      clock: {
        now: () => now,
        sleep: (milliseconds: number, signal?: AbortSignal) => {
          now += milliseconds;
          onSleep(cancelled);
          signal?.throwIfAborted();
          return Promise.resolve();
        },
      },
    },
    inputs: { primaryRegion: 'ap-southeast-1', replicaTimeoutMinutes: 2 },
  } as unknown as Run;
  const setup = {
    session: { refreshIfShort: () => Promise.resolve(false) },
    clients: await clientsOf(emulator),
    terraform: {
      phase: (_: string, work: (phase: { say: (line: string) => void }) => Promise<void>) =>
        work({ say: (line) => events.push(line) }),
      untaint: (address: string) => {
        events.push(`untaint ${address}`);
        return Promise.resolve();
      },
    },
  } as unknown as Setup;
  const course: Course = {
    done: ['primary key in ap-southeast-1'],
    inProgress: new Set([key.name]),
    imported: new Set(),
    since: 0,
  };
  const part = untaintAndWait(run, setup, { untaint: [ADDRESS], waitFor: [key] }, course);
  const { ended, results } = await settle(part);
  const failure = ended.status === 'rejected' ? (ended.reason as unknown) : undefined;
  return { failure, results, events };
}

describe('a replica that an apply has left unfinished', () => {
  test('loses its mark first, is waited for, and the report says so', async () => {
    const { failure, events, results } = await settleWith(() => {
      emulator.clock.advance(3_600_000);
    });
    expect(failure).toBeUndefined();
    expect(events).toEqual([
      `untaint ${ADDRESS}`,
      `replica key in ${REGION}: kept, Terraform will not replace it`,
      `Waiting for AWS, 0 s: replica key in ${REGION} (Creating)`,
      `replica key in ${REGION}: Enabled`,
    ]);
    expect(results.notes).toEqual([
      expect.stringContaining(`waits for the replica key in ${REGION}. The run waited 5.0 s`),
    ]);
  });

  test('that takes longer than replica-timeout-minutes ends the run in plain words; its mark is gone', async () => {
    const { failure, events } = await settleWith(() => undefined);
    expect(events).toContain(`untaint ${ADDRESS}`);
    expect(failure).toBeInstanceOf(ActionError);
    expect((failure as ActionError).message).toBe(
      `AWS is still creating the replica key in ${REGION} after 2 more minutes. Done before it: primary key in ap-southeast-1; begun, and not seen to its end: replica key in ${REGION}; the state knows what is there, and running the job again goes on from it. Nothing is wrong with the key, and nothing has to be repaired: run the job again. Where \`approved-plan\` is a digest and there is no comment on a merged pull request, run the plan job again, too, and approve what is left. \`replica-timeout-minutes\` sets how long a run waits.`,
    );
  });

  test('is left alone when the step is cancelled meanwhile', async () => {
    const { failure, events } = await settleWith((cancelled) => {
      cancelled.abort(new Error('the step was cancelled (SIGINT)'));
    });
    expect((failure as ActionError).message).toContain(
      'The wait for AWS was given up. Done before it: primary key',
    );
    expect(events.at(-1)).toBe(`Waiting for AWS, 0 s: replica key in ${REGION} (Creating)`);
  });
});
