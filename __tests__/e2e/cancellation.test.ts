import { beforeAll, expect, test, vi } from 'vitest';
import { seededRandom } from '../../emulator/faults.js';
import type { Fault } from '../../emulator/index.js';
import { readLedger, type Ledger } from '../support/ledger.js';
import { describeTools, startMainJob, type CancelledRun, type Moment } from '../support/main-job.js';
import { pooled } from '../support/pooled.js';

vi.setConfig({ testTimeout: 1_800_000, hookTimeout: 1_800_000 });

const CANCELLATIONS = 20;
const SEED = Number(process.env['CANCELLATION_SEED'] ?? 20_261_124);
/** More than two, since a run mostly waits for AWS. */
const AT_ONCE = 4;
/** In `npm test` one in so many is taken further, to its end; in `npm run test:faults` each. */
const TAKEN_FURTHER = process.env['ALL_FAULTS'] === '1' ? 1 : 4;

/** KMS as slow as it gets: each answer takes its time, and a replica is Creating for 10 seconds. */
const SLOW: readonly Fault[] = [
  { match: { service: 'kms', action: 'CreateKey' }, effect: { type: 'latency', milliseconds: 900 } },
  { match: { service: 'kms', action: 'ReplicateKey' }, effect: { type: 'latency', milliseconds: 1500 } },
  { match: { service: 'kms' }, effect: { type: 'latency', milliseconds: 150 } },
  { match: { region: 'ap-southeast-2' }, effect: { type: 'slow-replica', seconds: 10 } },
];

/** The stretches of a run, how long each lasts at least, and how many of the 20 fall into it. */
const STRETCHES: readonly (readonly [name: string, after: RegExp, milliseconds: number, times: number])[] = [
  ['while it initialises', /AWS account/, 800, 1],
  ['while it plans', /Initialise Terraform/, 3_000, 2],
  ['while the primary is created', /primary key in \S+: creating/, 9_000, 7],
  ['between primary and replica', /primary key in \S+: done creating/, 700, 2],
  ['while the replica is created', /replica key in \S+: creating/, 14_000, 8],
];

interface Cancellation extends Moment {
  readonly name: string;
}

function drawMoments(): Cancellation[] {
  const random = seededRandom(SEED);
  return STRETCHES.flatMap(([name, after, milliseconds, times]) =>
    Array.from({ length: times }, () => ({
      name,
      after,
      milliseconds: Math.round(random() * milliseconds),
      // On GitHub after 7.5 seconds, when the step has long ended. Here at once, so that it falls into its work.
      sigtermAfterMs: 100,
    })),
  );
}

interface Outcome {
  readonly moment: Cancellation;
  readonly run: CancelledRun;
  readonly ledger: Ledger;
  readonly further: { readonly exitCode: number; readonly log: string; readonly ledger: Ledger } | undefined;
  readonly deletions: number;
}

/** Each has an AWS of its own, so that nothing but its own state can know its keys. */
async function cancelOnce(moment: Cancellation, index: number): Promise<Outcome> {
  const job = await startMainJob({ faults: [...SLOW] });
  const replicas = { 'replica-regions': 'ap-southeast-2' };
  try {
    const run = await job.cancel(moment, replicas);
    const ledger = readLedger(job.emulator);
    let further: Outcome['further'];
    if (index % TAKEN_FURTHER === 0) {
      const next = await job.apply(replicas);
      further = { exitCode: next.exitCode, log: next.stdout, ledger: readLedger(job.emulator) };
    }
    return {
      moment,
      run,
      ledger,
      further,
      deletions: job.emulator.calls.find({ action: 'ScheduleKeyDeletion' }).length,
    };
  } finally {
    await job.stop();
  }
}

beforeAll(() => {
  process.stderr.write(
    `Cancellations: ${CANCELLATIONS} at random moments of seed ${SEED} (CANCELLATION_SEED), ${CANCELLATIONS / TAKEN_FURTHER} of them taken to their end afterwards; with ${describeTools()}.\n`,
  );
});

test('a run that is cancelled at any moment leaves no lock and no key that its state does not know, says so, and the next run replaces nothing', async () => {
  const moments = drawMoments();
  expect(moments).toHaveLength(CANCELLATIONS);
  const outcomes = await pooled([...moments.entries()], AT_ONCE, ([index, moment]) =>
    cancelOnce(moment, index),
  );
  const ends = outcomes.flatMap(({ run }) => run.tookMs ?? []).sort((a, b) => a - b);
  process.stderr.write(
    `${outcomes.map(describeOutcome).join('\n')}\nSIGINT to the end: median ${ends[ends.length >> 1] ?? 0} ms, longest ${ends.at(-1) ?? 0} ms on this machine.\n`,
  );
  for (const { moment, run, ledger, further, deletions } of outcomes) {
    const where = `${moment.name}, ${moment.milliseconds} ms\n${run.stdout}`;
    expect({ where, unknown: ledger.unknown, missing: ledger.missing, locks: ledger.locks }).toEqual({
      where,
      unknown: [],
      missing: [],
      locks: [],
    });
    expect({ where, ended: run.tookMs !== undefined, exitCode: run.exitCode }).toEqual({
      where,
      ended: true,
      exitCode: 1,
    });
    expect(run.summary).toContain('apply was cancelled');
    expect(run.stdout).toMatch(/^::error title=[^:]*::The step was cancelled \(SIGINT\)\. /m);
    expect(run.stdout).not.toMatch(/Two interrupts received/);
    expect(deletions).toBe(0);
    if (further === undefined) continue;
    expect({ log: further.log, exitCode: further.exitCode }).toEqual({ log: further.log, exitCode: 0 });
    expect(further.ledger).toEqual({ unknown: [], missing: [], locks: [], tainted: [] });
  }
});

function describeOutcome({ moment, run, ledger, further }: Outcome): string {
  const then = further === undefined ? '' : `; the next run ended with ${further.exitCode}`;
  const marked = ledger.tainted.length === 0 ? '' : `, marked: ${ledger.tainted.join(' ')}`;
  return `  ${moment.name} (+${moment.milliseconds} ms): ended after ${run.tookMs ?? 0} ms with ${run.exitCode}; keys unknown to the state: ${ledger.unknown.length}, locks: ${ledger.locks.length}${marked}${then}`;
}
