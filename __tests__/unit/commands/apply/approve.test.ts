/** Which plan is approved, by whom, and for what: by the inputs, the state and an emulated GitHub. */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { RunContext } from '../../../../src/runner/context.js';
import { ActionError } from '../../../../src/errors.js';
import { renderApprovalRecord, type ApprovalRecord } from '../../../../src/github/approval-record.js';
import { renderCommentMarker, upsertComment } from '../../../../src/github/comments.js';
import type { MergedPullRequest } from '../../../../src/github/merged-pull-request.js';
import type { Inputs } from '../../../../src/inputs/inputs.js';
import { hashAttributes } from '../../../../src/plan/attribute-hashes.js';
import { fingerprintChanges } from '../../../../src/plan/difference.js';
import { digestPlan, digestRecovery } from '../../../../src/plan/digest.js';
import type { LastApply } from '../../../../src/plan/last-apply.js';
import { digestMove, type PrimaryMove } from '../../../../src/plan/move.js';
import type { PlanModel } from '../../../../src/plan/types.js';
import type { ApprovalResult } from '../../../../src/report/types.js';
import {
  assertApproved,
  checkApproval,
  type ApproveRequest,
} from '../../../../src/commands/apply/approve.js';
import { startGitHub, type GitHubWorld } from '../../../support/github-world.js';
import {
  modelOf,
  PRIMARY,
  primaryChange,
  primaryValues,
  replicaChange,
  replicaValues,
  type Json,
} from '../../plan/raw-plan.js';

const NAME = 'octo-org/octo-repo';
const HEAD = 'a'.repeat(40);
const BEFORE = '0'.repeat(40);
const MERGE = 'b'.repeat(40);
const PLACE = { repository: NAME, number: 7 };

const by = (commit: string, runId: string): NonNullable<LastApply['begun']> => ({
  repository: NAME,
  commit,
  runId,
  attempt: 1,
});
const OLDER: LastApply = { begun: by(BEFORE, '50'), done: by(BEFORE, '50') };
const STOPPED: LastApply = { begun: by(MERGE, '100'), done: by(BEFORE, '50') };
const DONE: LastApply = { begun: by(MERGE, '100'), done: by(MERGE, '100') };

const replica = replicaChange({ actions: ['create'], after: replicaValues(), unknown: { arn: true } });
const describedAs = (description: string): Json =>
  primaryChange({
    actions: ['update'],
    before: primaryValues(),
    after: primaryValues({ description }),
  });

/** Another description, and a replica. */
const APPROVED = modelOf([describedAs('New'), replica]);
/** The replica is what is left of it. */
const LEFT = modelOf([replica]);
const OTHER = modelOf([describedAs('Quite another')]);

const MOVE: PrimaryMove = {
  arn: 'arn:aws:kms:ap-southeast-1:999900001111:key/mrk-1',
  from: 'ap-southeast-1',
  to: 'ap-southeast-2',
  description: 'primary',
  replicaDescription: 'replica',
  deletionWindowInDays: 30,
};
/** In which nothing else is to change. */
const MOVED: PlanModel = { ...modelOf([]), hasChanges: true };
const MOVE_DIGEST = digestMove(MOVE, OLDER.done);

let world: GitHubWorld;
beforeAll(async () => {
  world = await startGitHub({ repository: { fullName: NAME } });
  world.github.pushToBranch({ repository: NAME, branch: 'main', sha: BEFORE });
  world.github.addPullRequest({ ...PLACE, headSha: HEAD, files: [{ filename: 'key.yml', patch: '' }] });
  await record('alias/a', APPROVED, digestPlan(APPROVED));
  await record('alias/moved', MOVED, MOVE_DIGEST);
  await record('alias/bare', APPROVED, digestPlan(APPROVED), {});
  world.github.mergePullRequest({ ...PLACE, method: 'squash', mergeCommitSha: MERGE });
});
afterAll(() => world.stop());

/** A comment on the pull request that shows a plan. */
async function record(
  commentKey: string,
  model: PlanModel,
  digest: string,
  more: Partial<ApprovalRecord> = { changes: fingerprintChanges(model), values: hashAttributes(model) },
): Promise<void> {
  const text = renderApprovalRecord({
    repository: NAME,
    pullRequest: 7,
    commentKey,
    commit: HEAD,
    digest,
    ...more,
  });
  const written = await upsertComment({
    client: await world.client(),
    repository: { owner: 'octo-org', name: 'octo-repo' },
    pullRequest: 7,
    key: commentKey,
    body: [renderCommentMarker(commentKey), text, ''].join('\n'),
  });
  if (!('id' in written)) throw new Error(written.status);
}

interface Asked {
  readonly approval: Inputs['approval'];
  readonly model?: PlanModel;
  readonly digest?: string;
  readonly last?: LastApply;
  readonly commentKey?: string;
  readonly token?: string;
  readonly move?: PrimaryMove;
  readonly request?: Partial<ApproveRequest>;
}

async function ask({ model = APPROVED, last = OLDER, token, ...asked }: Asked): Promise<ApprovalResult> {
  const merged: MergedPullRequest = { number: 7, headSha: HEAD, branch: 'main', mergedAt: world.clock.now() };
  return checkApproval({
    inputs: { approval: asked.approval, commentKey: asked.commentKey ?? 'alias/a' } as Inputs,
    context: {
      repository: { owner: 'octo-org', name: 'octo-repo' },
      sha: MERGE,
      ref: 'refs/heads/main',
      runId: '100',
      runAttempt: 2,
    } as RunContext,
    client: await world.client(token === undefined ? {} : { token }),
    mergedPullRequest: Promise.resolve(merged),
    plan: {
      model: { ...model, lastApply: last },
      access: [],
      findings: [],
      digest: asked.digest ?? digestPlan(model),
      text: '',
      move: asked.move,
    },
    pullState: () => Promise.resolve(''),
    tainted: [],
    ...asked.request,
  });
}

const DIGEST = { by: 'digest', digest: digestPlan(APPROVED) } as const;
const PULL_REQUEST = { by: 'pull-request' } as const;
const refused = { approved: false };

describe('without a reviewed plan', () => {
  test('nobody approves, and the ways to do so are said', async () => {
    const { says, ...rest } = await ask({ approval: { by: 'nobody' } });
    expect(rest).toEqual({ approved: false, gone: [], added: [] });
    expect(says).toContain('`approved-plan`');
    expect(says).toContain('`auto-approve: true`');
  });

  test('auto-approve does, whatever came after', async () => {
    expect(await ask({ approval: { by: 'auto' }, last: DONE })).toMatchObject({ approved: true });
  });
});

describe.each([
  ['a digest', DIGEST],
  ['a pull request', PULL_REQUEST],
])('%s approves', (_, approval) => {
  test('the very plan', async () => {
    expect(await ask({ approval })).toMatchObject({ approved: true, gone: [], added: [] });
  });

  test('no other plan, and what differs is told', async () => {
    const { approved, says, added } = await ask({ approval, model: OTHER });
    expect(approved).toBe(false);
    expect(says).toContain('Other than approved: `description` (now "Quite another")');
    expect(added.join()).toContain(PRIMARY);
  });

  test('nothing once it was applied', async () => {
    expect(await ask({ approval, last: DONE })).toMatchObject(refused);
    expect(await ask({ approval, last: DONE, model: LEFT })).toMatchObject(refused);
  });

  test('what a stopped apply has left of it, and only then', async () => {
    expect(await ask({ approval, model: LEFT, last: STOPPED })).toMatchObject({ approved: true });
    expect(await ask({ approval, model: LEFT, last: OLDER })).toMatchObject(refused);
    const other = { ...STOPPED, begun: by(BEFORE, '100') };
    expect(await ask({ approval, model: LEFT, last: other })).toMatchObject(refused);
    expect(await ask({ approval, model: OTHER, last: STOPPED })).toMatchObject(refused);
  });

  test('no deletion that is cancelled, if the plan did not have that in it', async () => {
    const keys = [{ region: 'ap-southeast-2', keyId: 'mrk-1' }];
    for (const [model, last] of [
      [APPROVED, OLDER],
      [APPROVED, STOPPED],
      [LEFT, STOPPED],
    ] as const) {
      const digest = digestRecovery(digestPlan(model), keys);
      expect(await ask({ approval, model, last, digest, request: { recovers: true } })).toMatchObject(
        refused,
      );
    }
  });
});

describe.each([
  ['a digest', (digest: string) => ({ approval: { by: 'digest', digest } as const })],
  ['a pull request', () => ({ approval: PULL_REQUEST, commentKey: 'alias/moved' })],
])('%s, of a move of the primary,', (_, approvalOf) => {
  const approval = (): ReturnType<typeof approvalOf> => approvalOf(MOVE_DIGEST);
  const asked = { model: MOVED, digest: MOVE_DIGEST, request: {} };

  test('approves the move, and its remainder where it was stopped before it could note anything', async () => {
    expect(await ask({ ...approval(), ...asked })).toMatchObject({ approved: true });
    expect(await ask({ ...approval(), ...asked, last: STOPPED })).toMatchObject({ approved: true });
  });

  test('approves no second one once it was applied, nor after what was applied since', async () => {
    expect(await ask({ ...approval(), ...asked, last: DONE })).toMatchObject(refused);
    const since: LastApply = { begun: by(BEFORE, '101'), done: by(BEFORE, '101') };
    expect(await ask({ ...approval(), ...asked, last: since })).toMatchObject(refused);
  });

  test('approves neither another move, nor any plan without one', async () => {
    const other = digestMove({ ...MOVE, to: 'ap-southeast-3' }, OLDER.done);
    expect(await ask({ ...approval(), ...asked, digest: other })).toMatchObject(refused);
    expect(await ask({ ...approval(), model: OTHER, last: STOPPED })).toMatchObject(refused);
  });

  test('is not taken for what a stopped apply has left, whatever the plan of the move changes', async () => {
    const move = { ...asked, digest: digestMove({ ...MOVE, to: 'ap-southeast-3' }, OLDER.done), model: LEFT };
    expect(await ask({ approval: PULL_REQUEST, ...move, last: STOPPED, move: MOVE })).toMatchObject(refused);
  });
});

describe('a digest', () => {
  test('needs no pull request, no client and no record', async () => {
    const alone = { mergedPullRequest: undefined, client: undefined };
    expect(await ask({ approval: DIGEST, request: alone })).toMatchObject({ approved: true });
    const left = { approval: DIGEST, model: LEFT, last: STOPPED };
    expect(await ask({ ...left, request: alone })).toMatchObject(refused);
  });

  test('holds where the pull request could not be found', async () => {
    const thrown = new ActionError({ what: 'No.', done: '', next: '' });
    const mergedPullRequest = Promise.reject<MergedPullRequest>(thrown);
    expect(await ask({ approval: DIGEST, request: { mergedPullRequest } })).toMatchObject({ approved: true });
  });

  test('does not hide what is a fault of its own', async () => {
    const mergedPullRequest = Promise.reject<MergedPullRequest>(new TypeError('a fault'));
    await expect(ask({ approval: DIGEST, request: { mergedPullRequest } })).rejects.toThrow('a fault');
  });

  test('of another plan than the record has says nothing of the record', async () => {
    const approval = { by: 'digest', digest: `sha256:${'1'.repeat(64)}` } as const;
    const { approved, says } = await ask({ approval, model: LEFT, last: STOPPED });
    expect(approved).toBe(false);
    expect(says).not.toContain('Other than approved');
    expect(says).toContain('sha256:1111');
    expect(says).toContain(digestPlan(LEFT));
  });
});

describe('a pull request', () => {
  test.each<[string, Partial<ApproveRequest>]>([
    ['a token', { client: undefined }],
    ['a repository', { context: { sha: MERGE, ref: 'refs/heads/main' } as RunContext }],
    [
      'a commit',
      {
        context: {
          repository: { owner: 'octo-org', name: 'octo-repo' },
          ref: 'refs/heads/main',
        } as RunContext,
      },
    ],
    [
      'a ref',
      { context: { repository: { owner: 'octo-org', name: 'octo-repo' }, sha: MERGE } as RunContext },
    ],
  ])('approves nothing without %s', async (_, request) => {
    const { approved, says } = await ask({ approval: PULL_REQUEST, request });
    expect(approved).toBe(false);
    expect(says).toContain('needs a GitHub token and a run on a branch');
  });

  test('whose record had no room for what the plan does approves that plan, and no remainder of it', async () => {
    const asked = { approval: PULL_REQUEST, commentKey: 'alias/bare' };
    expect(await ask(asked)).toMatchObject({ approved: true });
    expect(await ask({ ...asked, model: LEFT, last: STOPPED })).toMatchObject(refused);
    const { approved, says, gone, added } = await ask({ ...asked, model: OTHER });
    expect(approved).toBe(false);
    expect(says).not.toContain('Other than approved');
    expect(gone).toEqual([]);
    expect(added.join()).toContain(PRIMARY);
  });

  test('approves nothing by a comment with another key, or where GitHub refuses to say', async () => {
    expect(await ask({ approval: PULL_REQUEST, commentKey: 'alias/b' })).toMatchObject(refused);
    const { approved, says } = await ask({ approval: PULL_REQUEST, token: 'ghs_unknown' });
    expect(approved).toBe(false);
    expect(says).toContain('could not be read from the pull request');
  });

  test('does not hide what is a fault of its own', async () => {
    const mergedPullRequest = Promise.reject<MergedPullRequest>(new TypeError('a fault'));
    await expect(ask({ approval: PULL_REQUEST, request: { mergedPullRequest } })).rejects.toThrow('a fault');
  });
});

test('what is not approved ends the run, with what differs in the log', () => {
  const lines: string[] = [];
  const log = { info: (line: string) => lines.push(line) };
  const says = 'Because.';
  assertApproved({ approved: true, says, gone: ['a'], added: ['b'] }, log, 'Done.');
  expect(lines).toEqual(['Because.']);
  const act = (): void => {
    assertApproved({ approved: false, says, gone: ['a'], added: ['b'] }, log, 'Done.');
  };
  expect(act).toThrow(new ActionError({ what: says, done: 'Done.', next: '' }));
  expect(lines.slice(1)).toEqual(['approved, and no longer planned: a', 'planned, and not approved: b']);
});
