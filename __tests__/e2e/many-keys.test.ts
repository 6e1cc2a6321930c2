/** Twelve keys of one file, each in a job of its own, as a matrix runs them: own folders, own state, artifacts as folders. */

import { copyFile, mkdir, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { ActionRun } from '../../demo/action.js';
import { runAction } from '../../demo/action.js';
import { parseApprovalRecordAmong } from '../../src/github/approval-record.js';
import { startEmulator, type Emulator } from '../../emulator/index.js';
import { describeTools } from '../support/main-job.js';
import { pooled } from '../support/pooled.js';
import { tempFolder } from '../support/temp-folder.js';
import { findProviderMirror } from '../support/terraform.js';

vi.setConfig({ testTimeout: 1_800_000, hookTimeout: 1_800_000 });

const REPOSITORY = 'octo-org/octo-repo';
const place = { repository: REPOSITORY, number: 7 };
const [BASE, HEAD, MERGED] = ['a', 'b', 'c'].map((letter) => letter.repeat(40)) as [string, string, string];
const NAMES = Array.from({ length: 12 }, (_, index) => `key-${String(index + 1).padStart(2, '0')}`);
const [DENIED, LOCKED] = ['key-04', 'key-09'];
const HEALTHY = NAMES.filter((name) => name !== DENIED && name !== LOCKED);

let emulator: Emulator;
let workspace: string;

beforeAll(async () => {
  console.log(`The story of many keys runs with ${describeTools()}.`);
  emulator = await startEmulator({ github: { repository: { fullName: REPOSITORY } } });
  emulator.github.addPullRequest({ ...place, headSha: HEAD, baseRef: 'main' });
  workspace = tempFolder('workspace');
  await writeFile(path.join(workspace, 'kms-keys.yml'), fileOf(NAMES));
  emulator.github.putFile({
    repository: REPOSITORY,
    ref: BASE,
    path: 'kms-keys.yml',
    text: fileOf(['gone']),
  });
});
afterAll(() => emulator.stop());

/** Each key has a Region of its own for its replica, or none; every third lets another account in. */
function fileOf(names: readonly string[]): string {
  const entries = names.map((name, index) =>
    [
      `  ${name}:`,
      `    tags: { owner: "team ${index}" }`,
      ...(index % 3 === 0 ? [`    account-ids: ['111122223333']`] : []),
    ].join('\n'),
  );
  return `defaults:\n  primary-region: eu-central-1\n  state-bucket: ${emulator.bucket}\n  state-region: ap-southeast-1\nkeys:\n${entries.join('\n')}\n`;
}

const onPullRequest = {
  env: {
    GITHUB_EVENT_NAME: 'pull_request',
    GITHUB_REF: 'refs/pull/7/merge',
    GITHUB_SHA: MERGED,
    GITHUB_RUN_ID: '70',
  },
  event: {
    pull_request: {
      number: 7,
      head: { sha: HEAD, repo: { full_name: REPOSITORY } },
      base: { ref: 'main', sha: BASE, repo: { full_name: REPOSITORY } },
    },
  },
};
const onMain = {
  env: { GITHUB_EVENT_NAME: 'push', GITHUB_REF: 'refs/heads/main', GITHUB_SHA: MERGED, GITHUB_RUN_ID: '71' },
  event: { before: BASE, after: MERGED },
};

type Event = typeof onPullRequest | typeof onMain;

function step(inputs: Readonly<Record<string, string>>, { env, event }: Event): Promise<ActionRun> {
  return runAction({
    node: process.execPath,
    temp: tempFolder('runner temp'),
    with: { 'github-token': emulator.env['GITHUB_TOKEN'] ?? '', ...inputs },
    env: {
      ...emulator.env,
      GITHUB_REPOSITORY: REPOSITORY,
      GITHUB_WORKSPACE: workspace,
      ...env,
    },
    event,
  });
}

/** The jobs of a matrix, two at a time, and what each leaves as an artifact. */
async function matrix(
  command: string,
  names: readonly string[],
  event: Event,
  inputs: (name: string) => Record<string, string>,
): Promise<Map<string, ActionRun>> {
  const mirror = findProviderMirror((version) => version.startsWith('5.'));
  const runs = new Map<string, ActionRun>();
  await pooled(names, 2, async (key) => {
    const run = await step(
      {
        ...{ command, 'keys-file': 'kms-keys.yml', key, comment: 'never', 'role-to-assume': emulator.role },
        ...(mirror === undefined ? {} : { 'provider-mirror': mirror.dir }),
        ...inputs(key),
      },
      event,
    );
    runs.set(key, run);
    await upload(run, path.join(workspace, `${command}-reports`, `${command}-${names.indexOf(key)}-1`));
  });
  return runs;
}

async function upload({ outputs }: ActionRun, artifact: string): Promise<void> {
  const report = outputs['report-path'];
  if (report === undefined) return;
  await mkdir(artifact, { recursive: true });
  const folder = path.dirname(report);
  for (const name of await readdir(folder))
    await copyFile(path.join(folder, name), path.join(artifact, name));
}

const list = (text: string | undefined): string[] => JSON.parse(text ?? 'null') as string[];
const bodies = (): string[] => emulator.github.comments(place).map(({ body }) => body);
const exits = (runs: ReadonlyMap<string, ActionRun>): Record<string, number> =>
  Object.fromEntries(
    NAMES.flatMap((name) => (runs.has(name) ? [[name, runs.get(name)?.exitCode ?? -1]] : [])),
  );

test('the keys that the pull request adds are told, and the one that it takes out is named', async () => {
  const { exitCode, outputs, stdout } = await step(
    { command: 'keys', 'keys-file': 'kms-keys.yml' },
    onPullRequest,
  );
  expect(exitCode).toBe(0);
  expect(list(outputs['changed-keys'])).toEqual(NAMES);
  expect(stdout).toContain('gone is no longer in the file. Its keys stay in AWS');
});

test('each is planned, two of them fail, and one comment tells of all', async () => {
  const runs = await matrix('plan', NAMES, onPullRequest, (name): Record<string, string> =>
    name === DENIED
      ? { 'role-to-assume': emulator.role.replace(/role\/.*$/, 'role/nobody') }
      : name === LOCKED
        ? { 'lock-file': 'nowhere.hcl' }
        : {},
  );
  expect(exits(runs)).toEqual(
    Object.fromEntries(NAMES.map((name) => [name, HEALTHY.includes(name) ? 0 : 1])),
  );
  const { exitCode, outputs } = await step(
    { command: 'report', 'keys-file': 'kms-keys.yml', reports: 'plan-reports' },
    onPullRequest,
  );
  expect(exitCode).toBe(0);
  expect(list(outputs['changed-keys'])).toEqual(HEALTHY);
  const [body = ''] = bodies();
  expect(bodies()).toHaveLength(1);
  expect(body).toContain('12 keys: 2 failed, 10 would change');
  expect(body).toContain('gone is no longer in the file');
  for (const name of NAMES)
    expect([name, parseApprovalRecordAmong(body, name).found]).toEqual([
      name,
      HEALTHY.includes(name) ? 'one' : 'none',
    ]);
  expect(emulator.kms.regions()).toEqual([]);
});

test('after the merge each that was shown is applied, by the comment or by its digest, and no other', async () => {
  emulator.github.mergePullRequest({ ...place, method: 'squash', mergeCommitSha: MERGED });
  const [shown = ''] = bodies();
  const planned = await matrix('plan', NAMES, onMain, () => ({}));
  expect(Object.values(exits(planned))).toEqual(NAMES.map(() => 0));
  const report = await step(
    { command: 'report', 'keys-file': 'kms-keys.yml', reports: 'plan-reports' },
    onMain,
  );
  const digests = JSON.parse(report.outputs['digests'] ?? '{}') as Record<string, string>;
  expect(Object.keys(digests)).toEqual(NAMES);
  const byComment = (name: string): boolean =>
    name === DENIED || (name !== LOCKED && NAMES.indexOf(name) % 2 === 0);
  const applied = await matrix('apply', NAMES, onMain, (name) => ({
    'approved-plan': byComment(name) ? 'pull-request' : (digests[name] ?? ''),
  }));
  // key-04 had no plan on the pull request that could be approved there; key-09 was approved by its digest.
  expect(exits(applied)).toEqual(Object.fromEntries(NAMES.map((name) => [name, name === DENIED ? 1 : 0])));
  expect(applied.get(DENIED)?.stdout).toContain('has no comment with the key');
  expect(applied.get(DENIED)?.outputs['result']).toBe('not-approved');
  const told = await step({ command: 'report', reports: 'apply-reports' }, onMain);
  expect(told.exitCode).toBe(0);
  expect(bodies()).toEqual([shown, expect.stringContaining('12 keys: 1 refused, 11 applied')]);
});

test('a second plan of all has nothing to do, and so nothing is asked for', async () => {
  const rest = NAMES.filter((name) => name !== DENIED).slice(0, 3);
  const again = await matrix('drift', rest, onMain, () => ({}));
  expect(Object.values(exits(again))).toEqual([0, 0, 0]);
  const report = await step({ command: 'report', reports: 'drift-reports' }, onMain);
  expect(report.outputs).toMatchObject({ drifted: 'false', 'has-changes': 'false', 'changed-keys': '[]' });
});
