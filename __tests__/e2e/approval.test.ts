import {
  GetKeyPolicyCommand,
  KMSClient,
  PutKeyPolicyCommand,
  ScheduleKeyDeletionCommand,
} from '@aws-sdk/client-kms';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { ActionRun } from '../../demo/action.js';
import { ACTIONS_BOT } from '../../emulator/github/index.js';
import { startMainJob, type MainJob } from '../support/main-job.js';

vi.setConfig({ testTimeout: 900_000, hookTimeout: 900_000 });

const REPOSITORY = 'octo-org/octo-repo';
const ADDED = '444455556666';
const BASE = { 'replica-regions': '', 'account-ids': '111122223333' };
const WIDER = { 'replica-regions': '', 'account-ids': `111122223333, ${ADDED}` };

type Inputs = Readonly<Record<string, string>>;

/** A run: its id stays when it is run again, and so does its event's payload. */
interface RunOf {
  readonly id: number;
  readonly attempt?: number;
  readonly env?: Readonly<Record<string, string>>;
}

/** A pull request, with what its branch plans. */
interface Change {
  readonly number: number;
  readonly with: Inputs;
  readonly patch: string;
}

const headOf = (number: number): string => number.toString(16).padStart(2, '0').repeat(20);
const mergeOf = (number: number): string => `f${number.toString(16)}`.repeat(20);

/** What somebody who may write to the repository, and so run any run again, tries after the merge. */
describe('an approval', () => {
  let job: MainJob;
  let kms: KMSClient;
  const first: Change = { number: 1, with: BASE, patch: '@@ -0,0 +1 @@\n+account-ids: 111122223333' };
  const wider: Change = {
    number: 2,
    with: WIDER,
    patch: `@@ -1 +1 @@\n-account-ids: 111122223333\n+account-ids: 111122223333, ${ADDED}`,
  };
  const revert: Change = {
    number: 3,
    with: BASE,
    patch: `@@ -1 +1 @@\n-account-ids: 111122223333, ${ADDED}\n+account-ids: 111122223333`,
  };

  // Each test has a key of its own, which the first pull request has made.
  beforeEach(async () => {
    job = await startMainJob({ github: { repository: { fullName: REPOSITORY } } });
    kms = new KMSClient({
      region: 'ap-southeast-1',
      endpoint: job.emulator.url,
      credentials: {
        accessKeyId: job.emulator.env['AWS_ACCESS_KEY_ID'] ?? '',
        secretAccessKey: job.emulator.env['AWS_SECRET_ACCESS_KEY'] ?? '',
      },
    });
    open(first);
    await plan(first, { id: 10 });
    merge(first);
    expect(await apply(first, { id: 11 })).toMatchObject({ exitCode: 0, outputs: { verified: 'true' } });
  });
  afterEach(() => {
    kms.destroy();
    return job.stop();
  });

  function open({ number, patch }: Change): void {
    const files = [{ filename: '.github/workflows/kms-key.yml', patch }];
    job.emulator.github.addPullRequest({ repository: REPOSITORY, number, headSha: headOf(number), files });
  }

  function merge({ number }: Change): void {
    job.emulator.github.mergePullRequest({
      repository: REPOSITORY,
      number,
      method: 'squash',
      mergeCommitSha: mergeOf(number),
    });
  }

  const comments = (number: number): readonly { id: number; body: string }[] =>
    job.emulator.github.comments({ repository: REPOSITORY, number });

  function run(inputs: Inputs, { id, attempt = 1, env = {} }: RunOf, event?: unknown): Promise<ActionRun> {
    return job.run(
      {
        'role-to-assume': job.emulator.role,
        'github-token': job.emulator.env['GITHUB_TOKEN'] ?? '',
        ...inputs,
      },
      {
        AWS_ACCESS_KEY_ID: '',
        AWS_SECRET_ACCESS_KEY: '',
        GITHUB_REPOSITORY: REPOSITORY,
        GITHUB_RUN_ID: String(id),
        GITHUB_RUN_ATTEMPT: String(attempt),
        ...env,
      },
      event,
    );
  }

  function plan({ number, with: inputs }: Change, which: RunOf): Promise<ActionRun> {
    const repo = { full_name: REPOSITORY };
    const event = {
      pull_request: { number, head: { sha: headOf(number), repo }, base: { ref: 'main', repo } },
    };
    const env = {
      GITHUB_EVENT_NAME: 'pull_request',
      GITHUB_REF: `refs/pull/${number}/merge`,
      GITHUB_SHA: mergeOf(number),
      ...which.env,
    };
    return run({ ...inputs, command: 'plan' }, { ...which, env }, event);
  }

  function apply({ number, with: inputs }: Change, which: RunOf, changed: Inputs = {}): Promise<ActionRun> {
    const env = {
      GITHUB_EVENT_NAME: 'push',
      GITHUB_REF: 'refs/heads/main',
      GITHUB_SHA: mergeOf(number),
      ...which.env,
    };
    const approved = { command: 'apply', 'approved-plan': 'pull-request' };
    return run({ ...inputs, ...approved, ...changed }, { ...which, env });
  }

  async function expectRefused(refused: ActionRun, reason: string): Promise<void> {
    expect(refused.stdout).toContain(reason);
    expect(refused.exitCode).toBe(1);
    expect(await policy()).not.toContain(ADDED);
  }

  /** As KMS has it now. */
  async function policy(): Promise<string> {
    const { Policy = '' } = await kms.send(new GetKeyPolicyCommand({ KeyId: keyId() }));
    return Policy;
  }

  function keyId(): string {
    return job.emulator.kms.keys('ap-southeast-1')[0]?.arn ?? '';
  }

  test('is used up by its apply: neither its old plan run nor its old apply run brings it back', async () => {
    open(wider);
    await plan(wider, { id: 20 });
    merge(wider);
    expect((await apply(wider, { id: 21 })).exitCode).toBe(0);
    expect(await policy()).toContain(ADDED);
    open(revert);
    await plan(revert, { id: 30 });
    merge(revert);
    expect((await apply(revert, { id: 31 })).exitCode).toBe(0);
    expect(await policy()).not.toContain(ADDED);
    const told = comments(wider.number);
    const planned = await plan(wider, { id: 20, attempt: 2 });
    expect(planned).toMatchObject({ exitCode: 0, outputs: { 'has-changes': 'true' } });
    expect(planned.outputs['comment-url']).toBeUndefined();
    expect(planned.stdout).toContain(
      'Pull request #2 is merged, and no plan is shown or approved there any more',
    );
    expect(comments(wider.number)).toEqual(told);
    await expectRefused(await apply(wider, { id: 21, attempt: 2 }), 'was applied');
    // Nor by its digest, nor by a record that another workflow of the repository writes.
    const digest = planned.outputs['plan-digest'] ?? '';
    await expectRefused(
      await apply(wider, { id: 21, attempt: 3 }, { 'approved-plan': digest }),
      'older than what was applied to the key since',
    );
  });

  test('that was never used does not outlive the revert that was applied, although that had nothing to do', async () => {
    open(wider);
    await plan(wider, { id: 20 });
    const [shown] = comments(wider.number);
    merge(wider);
    // Its apply never ran. The revert finds nothing to change.
    open(revert);
    await plan(revert, { id: 30 });
    merge(revert);
    expect(await apply(revert, { id: 31 })).toMatchObject({
      exitCode: 0,
      outputs: { 'has-changes': 'false' },
    });
    expect(comments(wider.number)).toEqual([shown]);
    await expectRefused(await apply(wider, { id: 21 }), 'older than what was applied to the key since');
    await expectRefused(
      await apply(wider, { id: 21, attempt: 2 }),
      'older than what was applied to the key since',
    );
  });

  test('that was never used does not outlive a revert that nobody applied', async () => {
    open(wider);
    await plan(wider, { id: 20 });
    merge(wider);
    open(revert);
    merge(revert);
    await expectRefused(
      await apply(wider, { id: 21 }),
      'What pull request #2 changed was changed again on main',
    );
  });

  test('whose apply was stopped does not outlive what was applied since', async () => {
    const more: Change = { ...wider, with: { ...WIDER, 'replica-regions': 'ap-southeast-2' } };
    open(more);
    await plan(more, { id: 20 });
    merge(more);
    const mend = job.emulator.faults.add({
      match: { action: 'PutKeyPolicy' },
      effect: { type: 'access-denied' },
    });
    expect((await apply(more, { id: 21 })).exitCode).toBe(1);
    mend();
    const back: Change = { ...revert, with: { ...BASE, 'replica-regions': 'ap-southeast-2' } };
    open(back);
    await plan(back, { id: 30 });
    merge(back);
    expect((await apply(back, { id: 31 })).exitCode).toBe(0);
    await expectRefused(
      await apply(more, { id: 21, attempt: 2 }),
      'older than what was applied to the key since',
    );
  });

  test('is none when the plan was shown after the merge', async () => {
    open(wider);
    merge(wider);
    // Its plan job ends now, and is not told any more.
    expect((await plan(wider, { id: 20 })).outputs['comment-url']).toBeUndefined();
    expect(comments(wider.number)).toEqual([]);
    await expectRefused(await apply(wider, { id: 21 }), 'has no comment with the key');
  });

  test('is none when its comment was written after the merge, by whatever workflow has the same identity', async () => {
    open(wider);
    await plan(wider, { id: 20 });
    merge(wider);
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    const [{ id, body } = { id: 0, body: '' }] = comments(wider.number);
    job.emulator.github.editComment({ id, editor: ACTIONS_BOT, body: body.replace(/sha256:\w/, 'sha256:0') });
    await expectRefused(await apply(wider, { id: 21 }), 'after #2 was merged at');
  });

  test('is none for a plan of an older commit', async () => {
    open(wider);
    await plan(wider, { id: 20 });
    job.emulator.github.pushToPullRequest({ repository: REPOSITORY, number: 2, headSha: 'ab'.repeat(20) });
    merge(wider);
    await expectRefused(
      await apply(wider, { id: 21 }),
      'it was made at commit 0202020, and the last commit of #2 is abababa',
    );
  });

  test('still holds, in its turn, when another pull request was merged before its apply began', async () => {
    open(wider);
    await plan(wider, { id: 20 });
    merge(wider);
    const other = {
      number: 4,
      with: { ...WIDER, description: 'Another' },
      patch: '@@ -9 +9 @@\n-b: 1\n+b: 2',
    };
    open(other);
    merge(other);
    const applied = await apply(wider, { id: 21 });
    expect(applied.exitCode).toBe(0);
    expect(applied.stdout).toContain('Approved on pull request #2.');
    expect(await policy()).toContain(ADDED);
  });

  test('is not doubled by a second workflow with a comment of its own on the same key', async () => {
    open(wider);
    await plan(wider, { id: 20 });
    const second = { ...wider, with: { ...WIDER, 'comment-key': 'second' } };
    await plan(second, { id: 22 });
    expect(comments(wider.number)).toHaveLength(2);
    merge(wider);
    const before = await policy();
    expect((await apply(wider, { id: 21 })).exitCode).toBe(0);
    // Somebody takes the account out by hand, so that the plan is the approved one again.
    await kms.send(new PutKeyPolicyCommand({ KeyId: keyId(), Policy: before }));
    await expectRefused(await apply(second, { id: 23 }), 'an approval is used once');
    await expectRefused(await apply(wider, { id: 21, attempt: 2 }), 'an approval is used once');
  });

  test('that brought a key back is used: a deletion that is ordered again is not cancelled by the old run', async () => {
    const recovery: Change = { ...wider, with: { ...BASE, 'allow-recovery': 'true' } };
    const orderDeletion = (): Promise<unknown> =>
      kms.send(new ScheduleKeyDeletionCommand({ KeyId: keyId(), PendingWindowInDays: 7 }));
    const stateOfKey = (): string | undefined => job.emulator.kms.keys('ap-southeast-1')[0]?.state;
    await orderDeletion();
    open(recovery);
    await plan(recovery, { id: 20 });
    expect(stateOfKey()).toBe('PendingDeletion');
    merge(recovery);
    expect((await apply(recovery, { id: 21 })).exitCode).toBe(0);
    expect(stateOfKey()).toBe('Enabled');
    await orderDeletion();
    const again = await apply(recovery, { id: 21, attempt: 2 });
    expect(again.exitCode).toBe(1);
    expect(again.stdout).toContain('an approval is used once');
    expect(stateOfKey()).toBe('PendingDeletion');
  });

  test('names the attribute that is another one in each run', async () => {
    const tagged: Change = { ...wider, with: { ...BASE, tags: 'commit=1a1a1a1\nteam=keys' } };
    open(tagged);
    await plan(tagged, { id: 20 });
    merge(tagged);
    const refused = await apply(tagged, { id: 21 }, { tags: 'commit=2b2b2b2\nteam=keys' });
    await expectRefused(refused, 'Other than approved: `tags.commit` (now "2b2b2b2")');
  });
});
