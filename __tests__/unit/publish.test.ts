/** Where the report of a run ends up: the real rendering and the real calls, on an emulated GitHub. */

import { mkdtempSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ACTIONS_BOT, type Comment } from '../../emulator/github/index.js';
import type { RunContext } from '../../src/runner/context.js';
import type { Deps } from '../../src/deps.js';
import { findMergedPullRequest } from '../../src/github/merged-pull-request.js';
import type { Inputs } from '../../src/inputs/inputs.js';
import { publishReport, type RunReport } from '../../src/publish.js';
import { parseApprovalRecord } from '../../src/github/approval-record.js';
import type { Outputs } from '../../src/outputs.js';
import { createRedactor, type Redactor } from '../../src/runner/redaction.js';
import { startGitHub, type GitHubWorld } from '../support/github-world.js';
import { read as readInputs } from '../support/inputs.js';
import { finding, plan, report, row } from '../support/plan-builder.js';

const NAME = 'octo-org/octo-repo';
const REPOSITORY = { owner: 'octo-org', name: 'octo-repo' };
const PLACE = { repository: NAME, number: 7 };
const HEAD = 'a'.repeat(40);
const MERGE = 'b'.repeat(40);
const MALLORY = { login: 'mallory', type: 'User' } as const;

const temporary = mkdtempSync(path.join(os.tmpdir(), 'publish-'));
let redactor: Redactor;
let world: GitHubWorld;
let annotations: string[];
let summaries: string[];

beforeEach(async () => {
  await open();
});

afterEach(() => world.stop());

async function open(visibility: { readonly private?: boolean } = {}): Promise<void> {
  world = await startGitHub({ repository: { fullName: NAME, ...visibility } });
  world.github.addPullRequest({ ...PLACE, headSha: HEAD });
  [annotations, summaries] = [[], []];
  redactor = createRedactor();
}

const created = report(plan([row({ region: 'ap-southeast-1', key: { action: 'create' } })]));

/** What publishing uses of the outside world. */
function deps(): Deps {
  const annotate = (kind: string) => (text: string) => annotations.push(`${kind}: ${text}`);
  return {
    env: { RUNNER_TEMP: temporary },
    log: {
      ...redactor,
      info: () => undefined,
      debug: annotate('debug'),
      notice: annotate('notice'),
      warning: annotate('warning'),
    },
    clock: { now: () => Date.UTC(2026, 10, 26) },
    runner: {
      addSummary: (text: string) => {
        summaries.push(text);
        return Promise.resolve();
      },
    },
  } as unknown as Deps;
}

interface Published extends Partial<RunReport> {
  readonly inputs?: Readonly<Record<string, string>>;
  readonly token?: string;
}

const onPullRequest = { ref: 'refs/pull/7/merge', sha: HEAD, pullRequest: { number: 7, headSha: HEAD } };
const onMain = { ref: 'refs/heads/main', sha: MERGE, pullRequest: undefined };

async function publish(
  where: Pick<RunContext, 'ref' | 'sha'> & { readonly pullRequest: object | undefined },
  more: Published,
): Promise<Outputs> {
  const { inputs: changed = {}, token, ...told } = more;
  const inputs: Inputs = readInputs({ 'state-bucket': 'acme-state', ...changed });
  const client = await world.client(token === undefined ? {} : { token });
  const merged = { client, repository: REPOSITORY, commit: MERGE, ref: where.ref ?? '' };
  const mergedPullRequest = where === onMain ? findMergedPullRequest(merged) : undefined;
  mergedPullRequest?.catch(() => undefined);
  const { 'report-path': file = '', ...outputs } = await publishReport({
    deps: deps(),
    inputs,
    context: { ...where, repository: REPOSITORY, runUrl: undefined } as unknown as RunContext,
    client,
    mergedPullRequest,
    report: { outcome: 'planned', plan: created.plan, ...told },
    outputs: {},
  });
  // Whatever becomes of the comment.
  expect(await readFile(file, 'utf8')).toContain('alias/');
  return outputs;
}

const planOnPullRequest = (): Promise<Outputs> => publish(onPullRequest, {});
const apply = (more: Published): Promise<Outputs> =>
  publish(onMain, { ...more, inputs: { command: 'apply', ...more.inputs } });
const merge = (): unknown =>
  world.github.mergePullRequest({ ...PLACE, method: 'squash', mergeCommitSha: MERGE });
const comments = (): readonly Comment[] => world.github.comments(PLACE);
const recordNow = (): string => parseApprovalRecord(comments()[0]?.body ?? '').found;

describe('the comment of a merged pull request', () => {
  test('tells what was applied in the place of the plan, and is no approval any more', async () => {
    const planned = await planOnPullRequest();
    expect(recordNow()).toBe('one');
    merge();
    expect(await apply({ outcome: 'applied' })).toEqual(planned);
    expect(comments()).toHaveLength(1);
    expect(comments()[0]?.body).toContain('applied');
    expect(recordNow()).toBe('none');
  });

  test.each(['refused', 'failed', 'cancelled'] as const)(
    'stays as the plan was at the merge where apply %s, which stands below it, once',
    async (outcome) => {
      await planOnPullRequest();
      const [shown] = comments();
      merge();
      const told = await apply({ outcome });
      expect(await apply({ outcome })).toEqual(told);
      expect(comments()).toHaveLength(2);
      expect(comments()[0]).toEqual(shown);
      expect(comments()[1]?.body).toContain(outcome);
      expect(parseApprovalRecord(comments()[1]?.body ?? '').found).toBe('none');
      // Once it is applied, what stands below must not look like the last word.
      await apply({ outcome: 'applied' });
      expect(comments()).toHaveLength(2);
      expect(comments()[0]?.body).toContain('applied');
      expect(comments()[1]?.body).toContain(`see [what was applied](http`);
      expect(comments()[1]?.body).not.toContain(outcome);
    },
  );

  test.each(['no-changes', 'refused', 'applied'] as const)(
    'that tells of an apply is written over by no later run: one that ends with %s stands below',
    async (outcome) => {
      await planOnPullRequest();
      merge();
      await apply({ outcome: 'applied' });
      const [applied] = comments();
      await apply({ outcome });
      expect(comments()[0]).toEqual(applied);
      expect(comments()).toHaveLength(2);
    },
  );

  test.each(['destroy', 'drift', 'verify', 'plan'] as const)(
    'is nothing to a %s on the branch',
    async (command) => {
      await planOnPullRequest();
      merge();
      const [shown] = comments();
      const confirmed = command === 'destroy' ? { 'confirm-destroy': 'aws_cb_cmk' } : {};
      expect(await publish(onMain, { outcome: 'failed', inputs: { command, ...confirmed } })).toEqual({});
      expect(comments()).toEqual([shown]);
    },
  );

  test('keeps no approval when the plan was applied and only its proof failed', async () => {
    await planOnPullRequest();
    merge();
    const checks = [{ name: 'enabled', ok: false, detail: 'Disabled' }];
    await apply({
      outcome: 'failed',
      verification: [{ region: 'ap-southeast-1', role: 'primary', checks }],
    });
    expect(recordNow()).toBe('none');
  });

  test("never makes somebody else's edit of the approval this token's word", async () => {
    await planOnPullRequest();
    merge();
    const [comment] = comments();
    world.github.editComment({ id: comment?.id ?? 0, editor: MALLORY, body: comment?.body ?? '' });
    await apply({ outcome: 'failed' });
    expect(comments()[0]?.editor).toEqual(MALLORY);
    expect(comments().map(({ body }) => parseApprovalRecord(body).found)).toEqual(['one', 'none']);
  });

  test('is never made where there is none: not every pull request is about keys', async () => {
    merge();
    expect(await apply({ outcome: 'applied' })).toEqual({});
    expect(comments()).toEqual([]);
    expect(annotations).toEqual([]);
  });

  test("of somebody else with our marker is left alone, and the other keys' too", async () => {
    await publish(onPullRequest, { inputs: { 'comment-key': 'other' } });
    await planOnPullRequest();
    const [other, own] = comments();
    const foreign = world.github.addComment({ ...PLACE, author: MALLORY, body: own?.body ?? '' });
    merge();
    await apply({ outcome: 'applied' });
    const [otherNow, ownNow, foreignNow] = comments();
    expect([otherNow, foreignNow]).toEqual([other, foreign]);
    expect(ownNow?.body).not.toBe(own?.body);
  });
});

describe('a comment that cannot be written', () => {
  test('for a commit that no pull request was merged as is nobody’s business', async () => {
    world.github.associateCommit({ ...PLACE, sha: MERGE });
    expect(await apply({ outcome: 'applied' })).toEqual({});
    expect(annotations).toEqual([expect.stringMatching(/^debug: No comment: No pull request was merged/)]);
    expect(summaries).toHaveLength(1);
  });

  test.each([
    ['may not see which pull request was merged', 'none', /permissions: \{ pull-requests: write \}/],
    ['may read and not write', 'read', /does not let this token comment on pull request #7/],
  ] as const)('because the token %s is a notice, and the summary has it all', async (_, access, says) => {
    await world.stop();
    await open({ private: true });
    await planOnPullRequest();
    merge();
    world.github.addToken({ token: 'ghs_weak', ...ACTIONS_BOT, access });
    expect(await apply({ outcome: 'applied', token: 'ghs_weak' })).toEqual({});
    expect(annotations).toEqual([expect.stringMatching(/^notice: .*See the job summary\.$/)]);
    expect(annotations[0]).toMatch(says);
    expect(summaries.at(-1)).toContain('applied');
  });

  test('because GitHub is not well is a warning', async () => {
    await planOnPullRequest();
    merge();
    const effect = { kind: 'status', status: 502, message: 'Bad Gateway' } as const;
    world.github.addFault({ action: 'issues/update-comment', times: 20, effect });
    expect(await apply({ outcome: 'applied' })).toEqual({});
    expect(annotations).toEqual([expect.stringMatching(/^warning: The comment could not be written/)]);
  });
});

describe('a plan', () => {
  test('that the guard would stop leaves no approval', async () => {
    const stopped = { ...created.plan, findings: [finding({ severity: 'stop' })] };
    await publish(onPullRequest, { outcome: 'refused', plan: stopped as RunReport['plan'] });
    expect(recordNow()).toBe('none');
  });

  test.each([
    ['merged', merge],
    ['closed', () => world.github.closePullRequest(PLACE)],
  ])('made again once its pull request is %s is shown nowhere but in the summary', async (state, end) => {
    await planOnPullRequest();
    const [shown] = comments();
    end();
    const other = report(plan([row({ region: 'ap-southeast-1', key: { action: 'delete' } })]));
    expect(await publish(onPullRequest, { plan: other.plan })).toEqual({});
    expect(comments()).toEqual([shown]);
    expect(annotations).toEqual([expect.stringContaining(`Pull request #7 is ${state}`)]);
    expect(summaries).toHaveLength(2);
  });

  test('of an older commit does not take the place of the newest one', async () => {
    world.github.pushToPullRequest({ ...PLACE, headSha: MERGE });
    expect(await planOnPullRequest()).toEqual({});
    expect(comments()).toEqual([]);
    expect(annotations).toEqual([expect.stringContaining('#7 has a newer commit than this run (bbbbbbb)')]);
  });

  test('is shown where GitHub takes a moment to know of its commit', async () => {
    world.github.pushToPullRequest({ ...PLACE, headSha: MERGE });
    const sleep = world.clock.sleep.bind(world.clock);
    Object.assign(world.clock, {
      sleep: (milliseconds: number) => {
        world.github.pushToPullRequest({ ...PLACE, headSha: HEAD });
        return sleep(milliseconds);
      },
    });
    await planOnPullRequest();
    expect(recordNow()).toBe('one');
  });

  test('made by the base branch (pull_request_target) leaves no approval, and takes none away', async () => {
    const target = { ...onPullRequest, ref: 'refs/heads/main' };
    await publish(target, {});
    expect(recordNow()).toBe('none');
    await planOnPullRequest();
    const shown = comments();
    expect(shown).toHaveLength(1);
    await publish(target, {});
    expect(comments()).toEqual(shown);
    expect(recordNow()).toBe('one');
  });

  test('after an apply on the open pull request stands below it, and can be approved', async () => {
    await planOnPullRequest();
    await publish(onPullRequest, { outcome: 'applied', inputs: { command: 'apply' } });
    await planOnPullRequest();
    const [applied, planned] = comments();
    expect(applied?.body).toContain('applied');
    expect(parseApprovalRecord(planned?.body ?? '').found).toBe('one');
  });
});

describe('a secret is neither in the comment nor in the summary', () => {
  const SECRET = 'Pa_ss*w"ord<&>IQoJb3JpZ2luX2VjEJr//////////wEaCXVz';
  const told = (): string => [comments()[0]?.body ?? '', ...summaries].join('\n');

  test.each<[string, (text: string) => Partial<RunReport>]>([
    ['from a failure', (text) => ({ outcome: 'failed', failure: { what: text, done: '', next: '' } })],
    ['from a note', (text) => ({ notes: [text] })],
    ['from the plan’s text', (text) => ({ plan: { ...created.plan, text } as RunReport['plan'] })],
  ])('%s', async (_, make) => {
    redactor.add(SECRET);
    await publish(onPullRequest, make(`the password is ${SECRET}, it is`));
    expect(told()).toMatch(/the password is `?\*{3}`?, it is/);
    for (const piece of [SECRET.slice(0, 12), SECRET.slice(-12)]) expect(told()).not.toContain(piece);
  });

  test('not even its beginning, where the plan was cut to fit', async () => {
    redactor.add(SECRET);
    const lines = Array.from({ length: 4_000 }, (_, index) => `${index} ${SECRET.replace('"', '\\"')}`);
    await publish(onPullRequest, { plan: { ...created.plan, text: lines.join('\n') } as RunReport['plan'] });
    expect(told()).toContain('1 ***');
    expect(told()).not.toContain(SECRET.slice(0, 6));
    expect(recordNow()).toBe('one');
  });
});
