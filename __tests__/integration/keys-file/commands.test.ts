/** `keys` and `report` as a step runs them: real files, real calls, on an emulated GitHub. */

import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DEFAULT_GITHUB_TOKEN } from '../../../emulator/github/index.js';
import type { Deps } from '../../../src/deps.js';
import { parseApprovalRecordAmong, renderApprovalRecord } from '../../../src/github/approval-record.js';
import { renderCommentMarker } from '../../../src/github/comments.js';
import { createLog } from '../../../src/runner/log.js';
import { run } from '../../../src/main.js';
import type { ReportInput } from '../../../src/report/types.js';
import { renderReportFile } from '../../../src/report-files/file.js';
import { makeClock, startGitHub, type GitHubWorld } from '../../support/github-world.js';
import { withBlock } from '../../support/inputs.js';
import { KEYS, manyKeys } from '../../support/keys-file.js';
import { access, plan, report, rootOf, row } from '../../support/plan-builder.js';

const NAME = 'octo-org/octo-repo';
const [HEAD, BASE, MERGE] = ['a', 'c', 'b'].map((letter) => letter.repeat(40)) as [string, string, string];

let world: GitHubWorld;
let workspace: string;
let lines: string[];

beforeEach(async () => {
  world = await startGitHub({ repository: { fullName: NAME } });
  world.github.addPullRequest({ repository: NAME, number: 7, headSha: HEAD });
  workspace = await mkdtemp(path.join(os.tmpdir(), 'keys-'));
  lines = [];
});

afterEach(() => world.stop());

interface Step {
  readonly outputs: Record<string, string>;
  readonly summary: string;
}

const EVENTS = {
  pull_request: {
    ref: 'refs/pull/7/merge',
    payload: {
      number: 7,
      pull_request: {
        number: 7,
        head: { sha: HEAD, repo: { full_name: NAME } },
        base: { ref: 'main', sha: BASE, repo: { full_name: NAME } },
      },
    },
  },
  push: { ref: 'refs/heads/main', payload: { before: BASE, after: MERGE } },
  schedule: { ref: 'refs/heads/main', payload: {} },
};

async function step(
  inputs: Readonly<Record<string, string>>,
  event: keyof typeof EVENTS = 'pull_request',
): Promise<Step> {
  const { ref, payload } = EVENTS[event];
  const eventPath = path.join(workspace, 'event.json');
  await writeFile(eventPath, JSON.stringify(payload));
  const { GITHUB_API_URL, GITHUB_GRAPHQL_URL } = world.github.env();
  const outputs: Record<string, string> = {};
  let summary = '';
  const env = {
    ...withBlock({ 'github-token': DEFAULT_GITHUB_TOKEN, ...inputs }),
    ...{ GITHUB_API_URL, GITHUB_GRAPHQL_URL },
    GITHUB_ACTIONS: 'true',
    GITHUB_WORKSPACE: workspace,
    RUNNER_TEMP: workspace,
    GITHUB_REPOSITORY: NAME,
    GITHUB_EVENT_NAME: event,
    GITHUB_EVENT_PATH: eventPath,
    GITHUB_REF: ref,
    GITHUB_SHA: event === 'push' ? MERGE : HEAD,
    GITHUB_RUN_ID: '99',
  };
  const say =
    (level: string) =>
    (message: string | Error, { title = '' }: { readonly title?: string } = {}): void => {
      lines.push(`${level} ${title}: ${String(message)}\n`);
    };
  const toolkit = {
    ...{ debug: say('debug'), notice: say('notice'), warning: say('warning'), error: say('error') },
    ...{ setSecret: () => undefined, startGroup: () => undefined, endGroup: () => undefined },
  };
  const deps = {
    env,
    loadEvent: () =>
      Promise.resolve({
        payload,
        eventName: event,
        ...{ sha: env.GITHUB_SHA, ref, actor: 'octocat', job: 'keys', runId: 99, runAttempt: 1 },
        ...{ serverUrl: 'https://github.com', apiUrl: GITHUB_API_URL, graphqlUrl: GITHUB_GRAPHQL_URL },
      }),
    clock: makeClock(),
    cancelled: new AbortController().signal,
    log: createLog({ write: (text) => lines.push(text), toolkit, colour: false, newToken: () => 't' }),
    runner: {
      setOutput: (name: string, text: string) => {
        outputs[name] = text;
      },
      addSummary: (text: string) => {
        summary += text;
        return Promise.resolve();
      },
    },
  } as unknown as Deps;
  await run(deps);
  return { outputs, summary };
}

const put = (name: string, text: string): Promise<void> => writeFile(path.join(workspace, name), text);
const atBase = (text: string, name = 'kms-keys.yml'): void => {
  world.github.putFile({ repository: NAME, ref: BASE, path: name, text });
};
const list = (text: string | undefined): unknown => JSON.parse(text ?? 'null');

describe('keys', () => {
  const keys = (event?: keyof typeof EVENTS): Promise<Step> =>
    step({ command: 'keys', 'keys-file': 'kms-keys.yml' }, event);

  test.each(['pull_request', 'push'] as const)(
    'tells on a %s which keys there are and which are concerned',
    async (event) => {
      atBase(KEYS);
      await put('kms-keys.yml', `${KEYS.replace('[eu-west-1]', '[eu-west-3]')}  billing: {}\n`);
      const { outputs, summary } = await keys(event);
      expect(list(outputs['keys'])).toEqual(['payments', 'orders', 'billing']);
      expect(list(outputs['changed-keys'])).toEqual(['orders', 'billing']);
      expect(list(outputs['changed-key-groups'])).toEqual([['orders', 'billing']]);
      expect(summary).toContain('1 added, 1 changed, 1 unchanged, 0 removed');
    },
  );

  test('names a key that was removed, and says that it stays', async () => {
    atBase(`${KEYS}  billing: {}\n`);
    await put('kms-keys.yml', KEYS);
    const { outputs, summary } = await keys();
    expect(list(outputs['changed-keys'])).toEqual([]);
    expect(lines.join('')).toContain(
      'warning billing: removed from kms-keys.yml: billing is no longer in the file. Its keys stay in AWS',
    );
    expect(summary).toContain('`billing`. Their keys stay in AWS');
  });

  test('says how a key is renamed', async () => {
    atBase(KEYS);
    await put('kms-keys.yml', KEYS.replace('orders:\n', 'invoices:\n'));
    await keys();
    expect(lines.join('')).toContain('give the new entry `rename-alias-from: orders`');
  });

  test('counts a key as changed whose policy is another one', async () => {
    const text = KEYS.replace("account-ids: ['111122223333']", 'policy: policy.json');
    const policy = (action: string): string =>
      JSON.stringify({
        Version: '2012-10-17',
        Statement: [
          { Effect: 'Allow', Principal: { AWS: rootOf('111122223333') }, Action: action, Resource: '*' },
        ],
      });
    atBase(text);
    atBase(policy('kms:*'), 'policy.json');
    await put('kms-keys.yml', text);
    await put('policy.json', policy('kms:*'));
    expect(list((await keys()).outputs['changed-keys'])).toEqual([]);
    await put('policy.json', policy('kms:Decrypt'));
    expect(list((await keys()).outputs['changed-keys'])).toEqual(['payments']);
  });

  test.each([
    ['there was no file', undefined, 'there was no `kms-keys.yml`'],
    ['the file was not valid', 'keys: 3', 'was not valid'],
  ])('counts every key as concerned where %s', async (_, before, says) => {
    if (before !== undefined) atBase(before);
    await put('kms-keys.yml', KEYS);
    const { outputs, summary } = await keys();
    expect(list(outputs['changed-keys'])).toEqual(['payments', 'orders']);
    expect(summary).toContain(says);
  });

  test('counts every key as concerned where there is nothing to compare with', async () => {
    await put('kms-keys.yml', KEYS);
    expect(list((await keys('schedule')).outputs['changed-keys'])).toEqual(['payments', 'orders']);
  });

  test('cuts 500 keys into what a matrix takes', async () => {
    atBase(manyKeys(500));
    await put('kms-keys.yml', manyKeys(500).replace('eu-central-1', 'eu-central-2'));
    const { outputs } = await keys();
    expect((list(outputs['changed-key-groups']) as string[][]).map(({ length }) => length)).toEqual([
      256, 244,
    ]);
    expect(lines.join('')).toContain('More keys than a matrix takes');
  });

  test.each([
    ['no file', {}, 'keys-file: it is missing'],
    [
      'a file that is not there',
      { 'keys-file': 'nowhere.yml' },
      'keys-file: the file "nowhere.yml" cannot be read',
    ],
    ['a key', { 'keys-file': 'kms-keys.yml', key: 'orders' }, 'key: the command keys is about all keys'],
    [
      'an unknown input',
      { 'keys-file': 'kms-keys.yml', kees: 'x' },
      'there is no input of this name. Did you mean key',
    ],
    [
      'a wrong input of the step',
      { 'keys-file': 'kms-keys.yml', comment: 'often' },
      'comment: "often" is not a valid value',
    ],
    [
      'a wrong input for all keys',
      { 'keys-file': 'kms-keys.yml', grants: 'all' },
      'An input is wrong:\n- grants: "all" is not a valid value',
    ],
  ])('refuses %s', async (_, inputs, says) => {
    await put('kms-keys.yml', KEYS);
    await expect(step({ command: 'keys', ...inputs })).rejects.toThrow(says);
  });

  test('refuses a file with its places, and sets no names', async () => {
    await put('kms-keys.yml', KEYS.replace("['111122223333']", '[111122223333]'));
    await expect(keys()).rejects.toThrow(
      'kms-keys.yml:7:18: payments.account-ids: entry 1, 111122223333, is a number to YAML',
    );
  });
});

const PLANNED = plan([
  row({ region: 'eu-west-1', key: { action: 'create' } }),
  row({ region: 'eu-north-1', key: { action: 'create' } }),
]);
const REMOVED = plan([
  row({ region: 'eu-west-1' }),
  row({ region: 'eu-north-1', key: { action: 'delete' } }),
]);
const SAME = plan([row({ region: 'eu-west-1' })]);

/** What the job of one key leaves. */
async function leave(
  key: string,
  more: Partial<ReportInput> & {
    readonly attempt?: number;
    readonly commit?: string;
    readonly runId?: string;
  },
): Promise<void> {
  const { attempt = 1, commit = HEAD, runId = '99', ...told } = more;
  const made = report(told.plan?.model ?? PLANNED, told);
  const input = { ...made, alias: `alias/${key}`, commentKey: key };
  const record =
    input.outcome === 'planned' && input.plan !== undefined
      ? renderApprovalRecord({
          repository: NAME,
          pullRequest: 7,
          commentKey: key,
          commit,
          digest: input.plan.digest,
        })
      : undefined;
  const folder = path.join(workspace, 'reports', `${key.replaceAll('/', '_')}-${attempt}`);
  await mkdir(folder, { recursive: true });
  const text = renderReportFile({
    key,
    origin: { repository: NAME, runId, attempt, commit },
    hasWork: input.plan?.model.hasChanges === true,
    report: { ...input, hidden: { marker: renderCommentMarker(key), approvalRecord: record } },
  });
  await writeFile(path.join(folder, 'x.kms-report.json'), text);
}

describe('report', () => {
  const one = (event?: keyof typeof EVENTS, more: Readonly<Record<string, string>> = {}): Promise<Step> =>
    step({ command: 'report', reports: 'reports', ...more }, event);
  const bodies = (): string[] =>
    world.github.comments({ repository: NAME, number: 7 }).map(({ body }) => body);

  test('writes one comment with a row per key, deletions first, unchanged ones as a count', async () => {
    await leave('orders', {});
    await leave('payments', {
      plan: { ...report(REMOVED).plan, model: REMOVED } as never,
      outcome: 'planned',
    });
    await leave('quiet', { plan: { ...report(SAME).plan, model: SAME } as never, outcome: 'no-changes' });
    await leave('broken', {
      plan: undefined,
      outcome: 'failed',
      failure: { what: 'AWS said no.', done: 'Nothing was changed.', next: 'Ask.' },
    });
    const { outputs, summary } = await one();
    const [body = ''] = bodies();
    expect(bodies()).toHaveLength(1);
    expect(body).toContain(
      '### 🗑️ 4 keys: 1 would have keys scheduled for deletion, 1 failed, 1 would change, 1 unchanged',
    );
    const rows = body.split('\n').filter((line) => /^\| \S+ `/.test(line));
    expect(rows.map((each) => /`(\w+)`/.exec(each)?.[1])).toEqual(['payments', 'broken', 'orders']);
    expect(body).toContain('<details><summary>1 key unchanged</summary>');
    expect(summary).toContain('AWS said no');
    expect(list(outputs['changed-keys'])).toEqual(['orders', 'payments']);
    expect(Object.keys(list(outputs['digests']) as object)).toEqual(['orders', 'payments']);
    expect(outputs).toMatchObject({
      result: 'failed',
      'has-changes': 'true',
      'comment-url': expect.stringContaining('#'),
    });
    expect(await readFile(outputs['report-path'] ?? '', 'utf8')).toContain('4 keys');
    for (const key of ['orders', 'payments'])
      expect(parseApprovalRecordAmong(body, key)).toMatchObject({
        found: 'one',
        record: { commentKey: key, commit: HEAD },
      });
    expect(parseApprovalRecordAmong(body, 'broken').found).toBe('none');
    await leave('orders', {});
    await one();
    expect(bodies()).toHaveLength(1);
  });

  test('tells of keys that should have a report and have none, of removed ones, and counts the others', async () => {
    atBase(`${KEYS}  gone: {}\n  still: {}\n`);
    await put('kms-keys.yml', `${KEYS.replace('[eu-west-1]', '[eu-west-3]')}  billing: {}\n  still: {}\n`);
    await leave('orders', {});
    await one('pull_request', { 'keys-file': 'kms-keys.yml' });
    const [body = ''] = bodies();
    expect(body).toContain('2 keys: 1 failed, 1 would change; 2 other keys not in this run');
    expect(body).toContain('`billing` has no report');
    expect(body).toContain('gone is no longer in the file');
  });

  test('takes the last attempt of a key, and nothing of another run or commit', async () => {
    await leave('orders', { outcome: 'failed', attempt: 1 });
    await leave('orders', { attempt: 2 });
    await leave('other', { runId: '98' });
    await leave('older', { commit: BASE });
    await mkdir(path.join(workspace, 'reports', 'more'), { recursive: true });
    await put('reports/more/plan.json', '{}');
    await put('reports/more/cut.kms-report.json', '{"kind":"aws-kms-multi-region-key report"');
    const { outputs } = await one();
    expect(list(outputs['changed-keys'])).toEqual(['orders']);
    expect(bodies()[0]).toContain('of run');
    expect(bodies()[0]).toContain('is not whole');
  });

  test('leaves out a report that cannot be shown, and tells of the others', async () => {
    await leave('orders', {});
    await leave('payments', {});
    const file = path.join(workspace, 'reports', 'payments-1', 'x.kms-report.json');
    const changed = JSON.parse(await readFile(file, 'utf8')) as { report: { plan: { findings: unknown[] } } };
    changed.report.plan.findings = [{ severity: 'stop', rule: 'x' }];
    await writeFile(file, JSON.stringify(changed));
    const { outputs } = await one();
    expect(list(outputs['changed-keys'])).toEqual(['orders']);
    expect(lines.join('')).toContain("x.kms-report.json can't be shown");
  });

  test('shows no record that was made for another plan than the one it stands beside', async () => {
    await leave('orders', {});
    const file = path.join(workspace, 'reports', 'orders-1', 'x.kms-report.json');
    const forged = JSON.parse(await readFile(file, 'utf8')) as {
      report: { hidden: { approvalRecord: string } };
    };
    forged.report.hidden.approvalRecord = renderApprovalRecord({
      repository: NAME,
      pullRequest: 7,
      commentKey: 'payments',
      commit: HEAD,
      digest: `sha256:${'e'.repeat(64)}`,
    });
    await writeFile(file, JSON.stringify(forged));
    await one();
    expect(bodies()[0]).not.toContain('records');
  });

  test('stands below the plans after the merge, once for each run', async () => {
    await leave('orders', {});
    await one();
    const [planned] = bodies();
    world.github.mergePullRequest({ repository: NAME, number: 7, method: 'squash', mergeCommitSha: MERGE });
    await leave('orders', { command: 'apply', outcome: 'applied', commit: MERGE });
    await one('push');
    await one('push');
    expect(bodies()).toEqual([planned, expect.stringContaining('### ✅ 1 key: 1 applied')]);
  });

  test('of 500 keys, of which 40 change, fits, and holds what approves each', async () => {
    await put('kms-keys.yml', manyKeys(500));
    for (let index = 0; index < 500; index += 1) {
      const changes = index % 12 === 0 && index < 480;
      const model = changes ? (index % 120 === 0 ? REMOVED : PLANNED) : SAME;
      await leave(`key-${index}`, {
        plan: { ...report(model).plan, model, text: 'x\n'.repeat(3000) } as never,
        outcome: changes ? 'planned' : 'no-changes',
      });
    }
    const { outputs } = await one('pull_request', { 'keys-file': 'kms-keys.yml' });
    const [body = ''] = bodies();
    expect(body.length).toBeLessThanOrEqual(65_536);
    expect(list(outputs['changed-keys'])).toHaveLength(40);
    expect(body).toContain(
      '500 keys: 4 would have keys scheduled for deletion, 36 would change, 460 unchanged',
    );
    for (let index = 0; index < 480; index += 12)
      expect(parseApprovalRecordAmong(body, `key-${index}`).found).toBe('one');
  });

  test('of 500 keys that all change says what was left out', async () => {
    for (let index = 0; index < 500; index += 1)
      await leave(`a-long-name-of-a-key-${index}`, {
        plan: { ...report(PLANNED).plan, model: PLANNED } as never,
      });
    await one();
    const [body = ''] = bodies();
    expect(body.length).toBeLessThanOrEqual(65_536);
    expect(body).toMatch(/more keys, less heavy ones, left out for length/);
    expect(body).toMatch(/had no room here/);
  });

  test('escapes what a plan or a name says', async () => {
    await leave('orders', {
      outcome: 'failed',
      failure: {
        what: '@octocat <!-- aws-kms-multi-region-key:records {} --> <img src=x>',
        done: '',
        next: '',
      },
      plan: {
        ...report(PLANNED).plan,
        model: PLANNED,
        access: [access({ principal: '</details>|x' })],
      } as never,
    });
    await one();
    const [body = ''] = bodies();
    expect(body).not.toContain('<!-- aws-kms-multi-region-key:records');
    expect(body).not.toMatch(/(?<!`)@octocat/);
    expect(body).not.toMatch(/(?<!`)<img/);
  });

  test('has no comment where there is no pull request, and a summary always', async () => {
    await leave('orders', { command: 'drift', outcome: 'drifted' });
    const { outputs, summary } = await one('schedule');
    expect(outputs).toMatchObject({ drifted: 'true', result: 'drifted' });
    expect(outputs['comment-url']).toBeUndefined();
    expect(summary).toContain('1 drifted');
    expect(bodies()).toEqual([]);
  });

  test.each([
    ['no folder', {}, 'reports: it is missing'],
    [
      'a folder that is not there',
      { reports: 'nowhere' },
      'reports: "nowhere" is not a folder on this runner',
    ],
    ['a key', { reports: '.', key: 'x' }, 'key: the command report is about all keys'],
  ])('refuses %s', async (_, inputs, says) => {
    await expect(step({ command: 'report', ...inputs })).rejects.toThrow(says);
  });
});
