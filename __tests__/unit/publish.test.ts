/** Where the report of a run ends up: the real rendering and the real calls, on an emulated GitHub. */

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { ACTIONS_BOT, type Comment } from '../../emulator/github/index.js';
import type { RunContext } from '../../src/context.js';
import type { Deps } from '../../src/deps.js';
import { findMergedPullRequest } from '../../src/github/merged-pull-request.js';
import type { Inputs } from '../../src/inputs/inputs.js';
import { publishReport, type RunReport } from '../../src/publish.js';
import { parseApprovalRecord, type ApprovalRecord } from '../../src/report/approval-record.js';
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

const onPullRequest = { ref: 'refs/pull/7/merge', sha: HEAD, pullRequest: { number: 7 } };
const onMain = { ref: 'refs/heads/main', sha: MERGE, pullRequest: undefined };

async function publish(where: typeof onPullRequest | typeof onMain, more: Published): Promise<Outputs> {
  const { inputs: changed = {}, token, ...told } = more;
  const inputs: Inputs = readInputs({ 'state-bucket': 'acme-state', ...changed });
  const client = await world.client(token === undefined ? {} : { token });
  const merged = { client, repository: REPOSITORY, commit: MERGE, ref: where.ref };
  const mergedPullRequest = where === onMain ? findMergedPullRequest(merged) : undefined;
  mergedPullRequest?.catch(() => undefined);
  return publishReport({
    deps: deps(),
    inputs,
    context: { ...where, repository: REPOSITORY, runUrl: undefined } as unknown as RunContext,
    client,
    mergedPullRequest,
    report: { outcome: 'planned', plan: created.plan, ...told },
    known: {},
  });
}

const planOnPullRequest = (): Promise<Outputs> => publish(onPullRequest, {});
const apply = (more: Published): Promise<Outputs> =>
  publish(onMain, { ...more, inputs: { command: 'apply', ...more.inputs } });
const merge = (): unknown =>
  world.github.mergePullRequest({ ...PLACE, method: 'squash', mergeCommitSha: MERGE });
const comments = (): readonly Comment[] => world.github.comments(PLACE);
function recordOf([comment]: readonly Comment[]): ApprovalRecord {
  const parsed = parseApprovalRecord(comment?.body ?? '');
  if (parsed.found !== 'one') throw new Error('no record');
  return parsed.record;
}
const recordNow = (): string => parseApprovalRecord(comments()[0]?.body ?? '').found;

describe('the comment of a merged pull request', () => {
  test('tells what was applied, and is no approval any more', async () => {
    const planned = await planOnPullRequest();
    expect(recordNow()).toBe('one');
    merge();
    expect(await apply({ outcome: 'applied' })).toEqual(planned);
    expect(comments()).toHaveLength(1);
    expect(comments()[0]?.body).toContain('applied');
    expect(recordNow()).toBe('none');
  });

  test.each(['refused', 'failed', 'cancelled'] as const)(
    'says that apply %s, and keeps the approval for the run that repeats it',
    async (outcome) => {
      await planOnPullRequest();
      const record = parseApprovalRecord(comments()[0]?.body ?? '');
      merge();
      await apply({ outcome });
      expect(comments()[0]?.body).toContain(outcome);
      expect(parseApprovalRecord(comments()[0]?.body ?? '')).toEqual(record);
    },
  );

  test.each(['failed', 'cancelled'] as const)(
    'says that an apply which was let to go on %s, so that another run can go on from there',
    async (outcome) => {
      await planOnPullRequest();
      merge();
      const approval = { approved: true, says: 'Approved.', gone: [], added: [] };
      await apply({ outcome, approval });
      const begun = recordOf(comments()).begun;
      expect(begun?.map(({ creates }) => creates?.address)).toEqual(
        created.plan?.model.resources.map(({ address }) => address),
      );
      // The next run has another plan, and what the first began with stays.
      const rest = report(plan([row({ region: 'ap-southeast-1', alias: 'create' })]));
      await apply({ outcome: 'failed', approval, plan: rest.plan });
      expect(recordOf(comments()).begun).toEqual(begun);
    },
  );

  test('says nothing of that when another plan than the recorded one was applied', async () => {
    await planOnPullRequest();
    merge();
    const approval = { approved: true, says: 'Approved.', gone: [], added: [] };
    const other = report(created.plan?.model ?? plan([])).plan;
    const digest = `sha256:${'9'.repeat(64)}`;
    await apply({ outcome: 'failed', approval, plan: other && { ...other, digest } });
    expect(recordOf(comments()).begun).toBeUndefined();
  });

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
    expect(comments()[0]?.editor).toEqual(ACTIONS_BOT);
    expect(recordNow()).toBe('none');
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
    expect(annotations).toEqual([expect.stringMatching(/^notice: .*The job summary has it all\.$/)]);
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

test('a plan that the guard would stop leaves no approval', async () => {
  const stopped = { ...created.plan, findings: [finding({ severity: 'stop' })] };
  await publish(onPullRequest, { outcome: 'refused', plan: stopped as RunReport['plan'] });
  expect(recordNow()).toBe('none');
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
