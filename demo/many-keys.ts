import { cp, mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { pooled } from '../__tests__/support/pooled.js';
import type { ActionRun } from './action.js';
import { showOutputs, showReport } from './show.js';
import { baseOf, commentOn, openPullRequest, runJob, type Job, type Stage } from './stage.js';

export const MANY_KEYS =
  'Five keys in one file: a pull request changes two and takes a Region from a third; one comment for all';

const PULL_REQUEST = 11;
const NAMES = ['billing', 'orders', 'payments', 'search', 'sessions'] as const;

const BEFORE = `defaults:
  primary-region: eu-central-1
  replica-regions: [eu-west-1]
  state-region: ap-southeast-1
keys:
  billing: {}
  orders: {}
  payments: {}
  search: {}
  sessions: {}
`;

const AFTER = BEFORE.replace('orders: {}', "orders: { account-ids: ['111122223333'] }")
  .replace('payments: {}', 'payments: { tags: { team: payments } }')
  .replace('search: {}', 'search: { replica-regions: [] }');

/**
 * Makes the five keys, and then plays the pull request as a matrix of jobs would: which keys change, a plan of each, and
 * one comment out of what the jobs have left.
 * @param print one line, for the reader
 * @returns what went wrong, or undefined
 */
export async function tellOfManyKeys(
  stage: Stage,
  print: (text: string) => void,
): Promise<string | undefined> {
  const workspace = await mkdtemp(path.join(os.tmpdir(), 'keys-'));
  const file = path.join(workspace, 'kms-keys.yml');
  await writeFile(file, BEFORE);
  const job = (inputs: Job['with'], on: Job['on'], runId?: number): Promise<ActionRun> =>
    runJob(stage, {
      with: { 'keys-file': 'kms-keys.yml', ...inputs },
      ...{ on, workspace, quiet: true },
      ...(runId === undefined ? {} : { runId }),
    });
  const made = await pooled(NAMES, 2, (key) =>
    job({ command: 'apply', key, 'auto-approve': 'true' }, { mergeOf: PULL_REQUEST - 1 }),
  );
  if (made.some(({ exitCode }) => exitCode !== 0)) return failure('the five keys could not be made', made);

  stage.emulator.github.putFile({ ...baseOf(PULL_REQUEST), path: 'kms-keys.yml', text: BEFORE });
  await writeFile(file, AFTER);
  openPullRequest(stage, PULL_REQUEST);
  const runId = (stage.runs += 1);
  const inRun = (inputs: Job['with']): Promise<ActionRun> =>
    job(inputs, { pullRequest: PULL_REQUEST }, runId);
  const keys = await inRun({ command: 'keys' });
  print(`  changed-keys: ${keys.outputs['changed-keys'] ?? ''}`);
  const changed = JSON.parse(keys.outputs['changed-keys'] ?? '[]') as string[];
  const plans = await pooled(changed, 2, (key) => inRun({ command: 'plan', key, comment: 'never' }));
  for (const [index, plan] of plans.entries())
    await upload(plan, path.join(workspace, 'reports', `plan-${index}`));
  const report = await inRun({ command: 'report', reports: 'reports' });
  const body = commentOn(stage, PULL_REQUEST);
  const [shown = ''] = body.split('<details>');
  print(`  the one comment on pull request #${PULL_REQUEST}:\n`);
  print(showReport(body).replace(/^(?=.)/gm, '  '));
  print(showOutputs(report.outputs, ['changed-keys', 'digests']));
  return findProblem(changed, report, shown, plans);
}

function findProblem(
  changed: readonly string[],
  report: ActionRun,
  shown: string,
  plans: readonly ActionRun[],
): string | undefined {
  if (changed.join() !== 'orders,payments,search') return `changed-keys is ${changed.join()}`;
  if (report.exitCode !== 0) return failure('the report failed', [report]);
  // The plan that takes a Region away is refused by the guard, and told first.
  const first = shown.split('\n').find((line) => /^\| \S+ `/.test(line)) ?? '';
  if (!first.includes('search')) return failure('the key that loses a Region is not told first', plans);
  const digests = Object.keys(JSON.parse(report.outputs['digests'] ?? '{}') as object);
  return digests.join() === 'orders,payments' ? undefined : `there are digests of ${digests.join()}`;
}

function failure(what: string, runs: readonly ActionRun[]): string {
  return [what, ...runs.filter(({ exitCode }) => exitCode !== 0).map(({ stdout }) => stdout)].join('\n');
}

/** As actions/upload-artifact would: the folder of the report. */
async function upload({ outputs }: ActionRun, artifact: string): Promise<void> {
  const report = outputs['report-path'];
  if (report === undefined) return;
  await mkdir(artifact, { recursive: true });
  await cp(path.dirname(report), artifact, { recursive: true });
}
