import { afterEach, beforeAll, expect, test, vi } from 'vitest';
import {
  DecryptCommand,
  EncryptCommand,
  PutKeyPolicyCommand,
  UpdateKeyDescriptionCommand,
  UpdatePrimaryRegionCommand,
  type KMSClient,
} from '@aws-sdk/client-kms';
import { seededRandom } from '../../emulator/faults.js';
import type { Fault } from '../../emulator/index.js';
import type { ActionRun } from '../../demo/action.js';
import { kmsIn, rootPolicy } from '../../emulator/__tests__/support.js';
import { readLedger } from '../support/ledger.js';
import { describeTools, startMainJob, type MainJob, type Moment } from '../support/main-job.js';
import { pooled } from '../support/pooled.js';

vi.setConfig({ testTimeout: 1_800_000, hookTimeout: 1_800_000 });

const A = 'ap-southeast-1';
const B = 'ap-southeast-2';
const C = 'ap-southeast-3';
const AT_A = {};
const AT_B = {
  'primary-region': B,
  'replica-regions': `${A}, ${C}`,
  'move-primary': 'true',
  // The bucket stays where it is; its Region is the primary's unless told.
  'state-region': A,
};
const BACK_AT_A = { 'move-primary': 'true' };
const ALL = process.env['ALL_FAULTS'] === '1';
const SEED = Number(process.env['MOVE_SEED'] ?? 20_261_126);
const BALANCED = { unknown: [], missing: [], locks: [], tainted: [] };

beforeAll(() => {
  process.stderr.write(`The moves of a primary run with ${describeTools()}, seed ${SEED} (MOVE_SEED).\n`);
});

const stops: (() => Promise<unknown>)[] = [];
afterEach(() => Promise.all(stops.splice(0).map((stop) => stop())));

async function withKey(work: (job: MainJob) => Promise<void>): Promise<void> {
  const job = await startMainJob();
  try {
    expect(await job.apply(AT_A)).toMatchObject({ exitCode: 0 });
    await work(job);
    // Whatever else a test shows: no key is given up, and none is made.
    expect(job.emulator.calls.find({ action: 'ScheduleKeyDeletion' })).toEqual([]);
    expect(job.emulator.calls.find({ action: 'CreateKey' })).toHaveLength(1);
    expect(job.emulator.calls.find({ action: 'ReplicateKey' })).toHaveLength(2);
  } finally {
    await job.stop();
  }
}

function roles({ emulator }: MainJob): Record<string, string> {
  return Object.fromEntries(
    emulator.kms.regions().map((region) => [
      region,
      emulator.kms
        .keys(region)
        .map(({ role, state }) => `${role} ${state}`)
        .join(),
    ]),
  );
}

const PRIMARY_IN = (primary: string): Record<string, string> =>
  Object.fromEntries(
    [A, B, C].map((region) => [region, `${region === primary ? 'primary' : 'replica'} Enabled`]),
  );

const moves = ({ emulator }: MainJob): unknown[] => emulator.calls.find({ action: 'UpdatePrimaryRegion' });

/** Encrypts and decrypts in both Regions, without a pause, until it is stopped. @returns how often, and what failed */
function putUnderLoad(
  { emulator }: MainJob,
  regions: readonly string[],
): () => Promise<{ calls: number; failed: string[] }> {
  let [isOver, calls] = [false, 0];
  const failed: string[] = [];
  const clients = regions.map((region) => kmsIn(emulator, region));
  const work = async (client: KMSClient, other: KMSClient | undefined): Promise<void> => {
    while (!isOver) {
      try {
        const KeyId = 'alias/aws_cb_cmk';
        const { CiphertextBlob } = await client.send(
          new EncryptCommand({ KeyId, Plaintext: Buffer.from('data') }),
        );
        await (other ?? client).send(new DecryptCommand({ KeyId, CiphertextBlob }));
        calls += 2;
      } catch (thrown) {
        failed.push(String(thrown));
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  const working = clients.map((client, index) => work(client, clients[(index + 1) % clients.length]));
  return async () => {
    isOver = true;
    await Promise.all(working);
    clients.forEach((client) => {
      client.destroy();
    });
    return { calls, failed };
  };
}

test('the primary moves and moves back under load, by an approval of its own, and each second plan has no changes', async () => {
  await withKey(async (job) => {
    const stop = putUnderLoad(job, [A, B]);
    stops.push(stop);
    const planned = await job.run({ ...AT_B, command: 'plan' });
    expect(planned).toMatchObject({
      exitCode: 0,
      outputs: {
        result: 'planned',
        'has-changes': 'true',
        'to-add': '0',
        'to-change': '0',
        'to-destroy': '0',
      },
    });
    expect(planned.summary).toContain(`primary would be moved from \`${A}\` to \`${B}\``);
    expect(moves(job)).toEqual([]);
    const digest = planned.outputs['plan-digest'] ?? '';
    const unapproved = await job.run({
      ...AT_B,
      command: 'apply',
      'approved-plan': `sha256:${'0'.repeat(64)}`,
    });
    expect(unapproved).toMatchObject({ exitCode: 1, outputs: { result: 'not-approved' } });
    expect(moves(job)).toEqual([]);
    const moved = await job.run({ ...AT_B, command: 'apply', 'approved-plan': digest, verify: 'crypto' });
    expect({ log: moved.stdout, code: moved.exitCode }).toEqual({ log: moved.stdout, code: 0 });
    expect(moved.outputs).toMatchObject({ result: 'applied', verified: 'true' });
    expect(moved.outputs['primary-key-arn']).toContain(`:${B}:`);
    expect(roles(job)).toEqual(PRIMARY_IN(B));
    expect(readLedger(job.emulator)).toEqual(BALANCED);
    const second = await job.run({ ...AT_B, command: 'plan' });
    expect({ log: second.stdout, result: second.outputs['result'] }).toEqual({
      log: second.stdout,
      result: 'no-changes',
    });
    expect(second.stdout).toContain('there is nothing to move');
    const back = await job.run({ ...BACK_AT_A, command: 'plan' });
    expect(back.outputs['plan-digest']).not.toBe(digest);
    const wrong = await job.run({ ...BACK_AT_A, command: 'apply', 'approved-plan': digest });
    expect(wrong).toMatchObject({ exitCode: 1, outputs: { result: 'not-approved' } });
    expect(await job.apply(BACK_AT_A)).toMatchObject({ exitCode: 0 });
    expect(roles(job)).toEqual(PRIMARY_IN(A));
    expect((await job.run({ command: 'plan' })).outputs['result']).toBe('no-changes');
    expect(readLedger(job.emulator)).toEqual(BALANCED);
    const { calls, failed } = await stop();
    process.stderr.write(`Under load: ${calls} calls, ${failed.length} failed.\n`);
    expect(failed).toEqual([]);
    expect(calls).toBeGreaterThan(100);
  });
});

test('a move comes alone, needs a replica, and follows what was moved by hand', async () => {
  await withKey(async (job) => {
    const beside = await job.run({ ...AT_B, command: 'plan', tags: '{"team":"a"}' });
    expect(beside).toMatchObject({ exitCode: 1, outputs: { result: 'refused' } });
    expect(beside.stdout).toMatch(
      /comes alone, and this plan has other changes: .*update of the primary key/,
    );
    const nowhere = await job.run({
      ...AT_B,
      'primary-region': 'eu-west-1',
      'replica-regions': `${A}, ${B}`,
    });
    expect(nowhere.stdout).toMatch(
      /There is no key mrk-\w+ in eu-west-1\. .*First have a replica made there/,
    );
    const without = await job.run({ ...AT_B, 'move-primary': '' });
    expect(without.exitCode).toBe(1);
    expect(without.stdout).toContain('move-primary: true');
    expect(moves(job)).toEqual([]);
    await moveByHand(job, A, B);
    const planned = await job.run({ ...AT_B, command: 'plan' });
    expect(planned.stdout).toContain('or it was moved by hand');
    expect(planned).toMatchObject({ exitCode: 0, outputs: { result: 'planned' } });
    const approved = { ...AT_B, 'approved-plan': planned.outputs['plan-digest'] ?? '' };
    // Whatever somebody has changed meanwhile, at both ends and beside them, by hand and in the inputs: the state can follow.
    await changeByHand(job);
    const followed = await job.run({
      ...approved,
      command: 'apply',
      tags: '{"team":"a"}',
      'replica-regions': `${A}, eu-west-1`,
    });
    expect({ log: followed.stdout, code: followed.exitCode }).toEqual({ log: followed.stdout, code: 0 });
    expect(followed.outputs['primary-key-arn']).toContain(`:${B}:`);
    expect(job.emulator.kms.keys(B)[0]?.tags).toEqual({ byHand: '1' });
    // The next plan has the rest.
    const rest = await job.run({ ...AT_B, command: 'plan' });
    expect(rest.outputs).toMatchObject({
      result: 'planned',
      'to-add': '0',
      'to-change': '2',
      'to-destroy': '0',
    });
    expect(await job.apply(AT_B)).toMatchObject({ exitCode: 0 });
    expect(job.emulator.kms.keys(B)[0]?.tags).toEqual({});
    expect((await job.run({ ...AT_B, command: 'plan' })).outputs['result']).toBe('no-changes');
    expect(moves(job)).toHaveLength(1);
    expect(readLedger(job.emulator)).toEqual(BALANCED);
  });
});

const REPOSITORY = 'octo-org/octo-repo';
const headOf = (number: number): string => `a${number}`.repeat(20);
const mergeOf = (number: number): string => `b${number}`.repeat(20);

/** The runs of a pull request: its plan, and what GitHub starts, and starts again, once it is merged. */
function pullRequestIn(job: MainJob, number: number, inputs: Readonly<Record<string, string>>) {
  const { emulator } = job;
  const withToken = { ...inputs, 'github-token': emulator.env['GITHUB_TOKEN'] ?? '' };
  const files = [
    { filename: '.github/workflows/kms-key.yml', patch: `@@ -1 +1 @@\n-${number - 1}\n+${number}` },
  ];
  emulator.github.addPullRequest({ repository: REPOSITORY, number, headSha: headOf(number), files });
  const repo = { full_name: REPOSITORY };
  const env = { GITHUB_REPOSITORY: REPOSITORY, GITHUB_SHA: mergeOf(number) };
  return {
    plan: () =>
      job.run(
        { ...withToken, command: 'plan' },
        {
          ...env,
          GITHUB_EVENT_NAME: 'pull_request',
          GITHUB_REF: `refs/pull/${number}/merge`,
          GITHUB_RUN_ID: '1',
        },
        { pull_request: { number, head: { sha: headOf(number), repo }, base: { ref: 'main', repo } } },
      ),
    merge: () => {
      const merge = {
        repository: REPOSITORY,
        number,
        method: 'squash',
        mergeCommitSha: mergeOf(number),
      } as const;
      emulator.github.mergePullRequest(merge);
    },
    apply: (runId: number, attempt: number, changed: Readonly<Record<string, string>> = {}) =>
      job.run(
        { ...withToken, command: 'apply', 'approved-plan': 'pull-request', ...changed },
        {
          ...env,
          GITHUB_EVENT_NAME: 'push',
          GITHUB_REF: 'refs/heads/main',
          GITHUB_RUN_ID: String(runId),
          GITHUB_RUN_ATTEMPT: String(attempt),
        },
      ),
  };
}

test('an approval of a move on the pull request holds for its remainder, and neither for an old run nor for the same move later', async () => {
  const job = await startMainJob({ github: { repository: { fullName: REPOSITORY } } });
  try {
    const first = pullRequestIn(job, 1, AT_A);
    first.merge();
    expect(await first.apply(10, 1, { 'approved-plan': '', 'auto-approve': 'true' })).toMatchObject({
      exitCode: 0,
    });

    const there = pullRequestIn(job, 2, AT_B);
    const planned = await there.plan();
    expect(planned).toMatchObject({ exitCode: 0, outputs: { result: 'planned' } });
    there.merge();
    // Stopped after the call: the state cannot be written.
    const mend = job.emulator.faults.add({
      match: { service: 's3', action: 'PutObject', resource: '*.tfstate' },
      effect: { type: 'access-denied' },
    });
    expect(await there.apply(11, 1)).toMatchObject({ exitCode: 1, outputs: { result: 'failed' } });
    mend();
    const rest = await there.apply(11, 2);
    expect({ log: rest.stdout, result: rest.outputs['result'] }).toEqual({
      log: rest.stdout,
      result: 'applied',
    });
    expect(rest.stdout).toContain('Approved on pull request #2.');
    expect(moves(job)).toHaveLength(1);
    // Run again, it has nothing to do.
    expect(await there.apply(11, 3)).toMatchObject({ exitCode: 0, outputs: { result: 'no-changes' } });

    const back = pullRequestIn(job, 3, BACK_AT_A);
    await back.plan();
    back.merge();
    expect(await back.apply(13, 1)).toMatchObject({ exitCode: 0, outputs: { result: 'applied' } });
    expect(moves(job)).toHaveLength(2);

    const old = await there.apply(11, 4);
    expect(old).toMatchObject({ exitCode: 1, outputs: { result: 'not-approved' } });
    expect(old.stdout).toContain('was applied');
    expect(old.stdout).toContain('an approval is used once');
    // A new run, with the digest in so many words.
    const digest = planned.outputs['plan-digest'] ?? '';
    const again = await back.apply(14, 1, { ...AT_B, 'approved-plan': digest });
    expect(again).toMatchObject({ exitCode: 1, outputs: { result: 'not-approved' } });
    expect(again.stdout).toContain('The plan is not the approved one');
    expect(moves(job)).toHaveLength(2);
    expect(roles(job)).toEqual(PRIMARY_IN(A));
  } finally {
    await job.stop();
  }
});

/** A tag at one end, the key policy at the other, and the description of a third. */
async function changeByHand({ emulator }: MainJob): Promise<void> {
  const id = emulator.kms.keys(A)[0]?.id ?? '';
  emulator.kms.tag(B, id, { byHand: '1' });
  const Policy = rootPolicy(emulator.account);
  await kmsIn(emulator, A).send(new PutKeyPolicyCommand({ KeyId: id, Policy }));
  await kmsIn(emulator, C).send(new UpdateKeyDescriptionCommand({ KeyId: id, Description: 'by hand' }));
}

async function moveByHand({ emulator }: MainJob, from: string, to: string): Promise<void> {
  const [key] = emulator.kms.keys(from);
  await kmsIn(emulator, from).send(
    new UpdatePrimaryRegionCommand({ KeyId: key?.id ?? '', PrimaryRegion: to }),
  );
  await new Promise((resolve) => setTimeout(resolve, 500));
}

/** What goes wrong in a first apply; `ends`: whether that apply comes to its end in spite of it. */
const FAULTS: readonly (readonly [name: string, fault: Fault, ends: boolean])[] = [
  ['throttled', { match: { action: 'UpdatePrimaryRegion', count: 2 }, effect: { type: 'throttle' } }, true],
  [
    'answer lost',
    { match: { action: 'UpdatePrimaryRegion', count: 1 }, effect: { type: 'reset', when: 'after' } },
    true,
  ],
  [
    'refused',
    {
      match: { action: 'UpdatePrimaryRegion', count: 1 },
      effect: { type: 'access-denied', policy: 'resource-based policy' },
    },
    false,
  ],
  [
    'the state not written',
    {
      match: { service: 's3', action: 'PutObject', resource: '*.tfstate', count: 20 },
      effect: { type: 'access-denied' },
    },
    false,
  ],
];

test('whatever goes wrong at a step of a move, the apply or the next one ends it', async () => {
  await pooled(FAULTS, 2, ([name, fault, ends]) =>
    withKey(async (job) => {
      job.emulator.faults.add(fault);
      const first = await job.apply(AT_B);
      expect({ name, log: first.stdout, code: first.exitCode }).toEqual({
        name,
        log: first.stdout,
        code: ends ? 0 : 1,
      });
      job.emulator.faults.clear();
      if (!ends) expect(await job.apply(AT_B)).toMatchObject({ exitCode: 0 });
      expect({ name, roles: roles(job), ledger: readLedger(job.emulator) }).toEqual({
        name,
        roles: PRIMARY_IN(B),
        ledger: BALANCED,
      });
      expect((await job.run({ ...AT_B, command: 'plan' })).outputs['result']).toBe('no-changes');
    }),
  );
});

/** The stretches of a move, how long each lasts at least, and how many interruptions fall into it. */
const STRETCHES: readonly (readonly [name: string, after: RegExp, milliseconds: number, times: number])[] = [
  ['before the call', /Initialise Terraform/, 3_000, 3],
  ['around the call', /primary key: moving from/, 800, 6],
  ['while AWS moves it', /primary key: moving from/, 3_000, 5],
  ['while the state follows', /both keys are ready/, 5_000, 6],
];

function drawMoments(): (Moment & { readonly name: string })[] {
  const random = seededRandom(SEED);
  const all = STRETCHES.flatMap(([name, after, milliseconds, times], stretch) =>
    Array.from({ length: times }, (_, index) => ({
      name,
      isChosen: index === stretch % 2,
      after,
      milliseconds: Math.round(random() * milliseconds),
      sigtermAfterMs: 100,
      signal: index % 2 === 0 ? ('SIGKILL' as const) : ('SIGINT' as const),
    })),
  );
  return all.filter(({ isChosen }) => ALL || isChosen);
}

/**
 * The next run. One that is killed outright may have taken its Terraform along, which leaves its lock behind: then the next
 * run says so, a person frees the lock, and the run after that is the next one.
 */
async function runNext(
  job: MainJob,
  approved: Readonly<Record<string, string>>,
): Promise<[ActionRun, boolean]> {
  const next = await job.run({ ...approved, command: 'apply' });
  if (next.outputs['result'] !== 'locked') return [next, false];
  expect(next.stdout).toContain('free the lock: `aws s3 rm s3://');
  const bucket = job.emulator.s3.find(job.emulator.bucket);
  readLedger(job.emulator).locks.forEach((key) => bucket?.objects.delete(key));
  return [await job.run({ ...approved, command: 'apply' }), true];
}

test.each(STRETCHES.map(([name]) => name))(
  'a move that is interrupted %s is ended by the next run, by the same approval',
  async (stretch) => {
    const moments = drawMoments().filter(({ name }) => name === stretch);
    await pooled(moments, 3, (moment) =>
      withKey(async (job) => {
        const where = `${moment.name}, ${moment.signal ?? ''} after ${moment.milliseconds} ms`;
        job.emulator.kms.settings.promotionDelayMs = 2_000;
        const planned = await job.run({ ...AT_B, command: 'plan' });
        const approved = {
          ...AT_B,
          'auto-approve': '',
          'approved-plan': planned.outputs['plan-digest'] ?? '',
        };
        const run = await job.cancel(moment, approved);
        const [next, wasFreed] = await runNext(job, approved);
        expect({ where, log: next.stdout, code: next.exitCode }).toEqual({
          where,
          log: next.stdout,
          code: 0,
        });
        expect({ where, roles: roles(job), ledger: readLedger(job.emulator) }).toEqual({
          where,
          roles: PRIMARY_IN(B),
          ledger: BALANCED,
        });
        expect((await job.run({ ...AT_B, command: 'plan' })).outputs['result']).toBe('no-changes');
        process.stderr.write(
          `  ${where}: ended with ${run.exitCode}, ${moves(job).length} calls of UpdatePrimaryRegion${wasFreed ? ', its lock freed by hand' : ''}\n`,
        );
      }),
    );
  },
);
