import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { ActionRun } from '../../demo/action.js';
import { startMainJob, type MainJob } from '../support/main-job.js';

vi.setConfig({ testTimeout: 900_000, hookTimeout: 900_000 });

const REPOSITORY = 'octo-org/octo-repo';
const HEAD = '1a'.repeat(20);
const MERGED = '2b'.repeat(20);
const ONE_REGION = { 'replica-regions': '' };

/** The story of one pull request, with credentials by OIDC alone. */
describe('from the pull request to the apply', () => {
  let job: MainJob;
  let planned: ActionRun;
  const number = 7;
  const place = { repository: REPOSITORY, number };

  beforeAll(async () => {
    job = await startMainJob({ github: { repository: { fullName: REPOSITORY } } });
    job.emulator.github.addPullRequest({ ...place, headSha: HEAD, baseRef: 'main' });
  });
  afterAll(() => job.stop());

  const withRole = (): Record<string, string> => ({
    'role-to-assume': job.emulator.role,
    'github-token': job.emulator.env['GITHUB_TOKEN'] ?? '',
  });
  const noKeys = { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' };
  const onPullRequest = (changed: Record<string, string>): Promise<ActionRun> =>
    job.run(
      { ...withRole(), ...ONE_REGION, ...changed },
      {
        ...noKeys,
        GITHUB_REPOSITORY: REPOSITORY,
        GITHUB_EVENT_NAME: 'pull_request',
        GITHUB_REF: `refs/pull/${number}/merge`,
        GITHUB_SHA: MERGED,
      },
      {
        pull_request: {
          number,
          head: { sha: HEAD, repo: { full_name: REPOSITORY } },
          base: { ref: 'main', repo: { full_name: REPOSITORY } },
        },
      },
    );
  const onMain = (changed: Record<string, string>): Promise<ActionRun> =>
    job.run(
      { ...withRole(), ...ONE_REGION, command: 'apply', ...changed },
      {
        ...noKeys,
        GITHUB_REPOSITORY: REPOSITORY,
        GITHUB_EVENT_NAME: 'push',
        GITHUB_REF: 'refs/heads/main',
        GITHUB_SHA: MERGED,
      },
    );
  const comments = (): readonly { id: number; body: string }[] => job.emulator.github.comments(place);

  test('the plan is commented once, however often it is made', async () => {
    planned = await onPullRequest({});
    expect(planned).toMatchObject({ exitCode: 0, outputs: { 'to-add': '2' } });
    expect((await onPullRequest({})).outputs['comment-url']).toBe(planned.outputs['comment-url']);
    expect(comments()).toHaveLength(1);
    expect(comments()[0]?.body).toContain('Singapore');
    expect(planned.summary).toContain('Singapore');
  });

  test('nothing that the run wrote holds a secret, but for the words that tell the runner to mask it', async () => {
    const secrets = [...planned.stdout.matchAll(/^::add-mask::(.+)$/gm)].map(([, secret]) => secret ?? '');
    expect(secrets.length).toBeGreaterThanOrEqual(4); // the OIDC token, the key id, the secret key, the session token
    const written = [
      planned.stdout.replace(/^::add-mask::.+$/gm, ''),
      planned.summary,
      comments()[0]?.body ?? '',
      ...(await readAll(planned.temp)),
    ];
    for (const secret of secrets) expect(written.filter((text) => text.includes(secret))).toEqual([]);
    // Later steps of the job get nothing at all.
    for (const name of ['environment', 'state'])
      expect(await readFile(path.join(planned.temp, name), 'utf8')).toBe('');
  });

  test('before it is merged, its comment approves nothing', async () => {
    const refused = await onMain({ 'approved-plan': 'pull-request' });
    expect(refused.exitCode).toBe(1);
    expect(job.emulator.kms.regions()).toEqual([]);
  });

  test('the approval of another plan is refused, and what differs is said', async () => {
    const refused = await onMain({
      'approved-plan': planned.outputs['plan-digest'] ?? '',
      'deletion-window-in-days': '7',
    });
    expect(refused.exitCode).toBe(1);
    expect(refused.stdout).toContain('The plan is not the approved one');
    expect(refused.stdout).toContain('planned, and not approved:');
    expect(job.emulator.kms.regions()).toEqual([]);
  });

  test('what was approved on the merged pull request is applied, and where that fails the plan that was approved stays', async () => {
    const [shown] = comments();
    job.emulator.github.mergePullRequest({ ...place, method: 'squash', mergeCommitSha: MERGED });
    const mend = job.emulator.faults.add({
      match: { action: 'CreateAlias' },
      effect: { type: 'access-denied' },
    });
    const stopped = await onMain({ 'approved-plan': 'pull-request' });
    mend();
    expect(stopped.exitCode).toBe(1);
    expect(stopped.outputs['plan-digest']).toBe(planned.outputs['plan-digest']);
    expect(job.emulator.kms.regions()).toEqual(['ap-southeast-1']);
    expect(comments()).toHaveLength(2);
    expect(comments()[0]).toEqual(shown);
    expect(comments()[1]?.body).toContain('### ❌ `alias/aws_cb_cmk`: apply failed');
  });

  test('the run after it goes on with what is left of that plan, and with nothing else', async () => {
    const approved = planned.outputs['plan-digest'] ?? '';
    const other = await onMain({ 'approved-plan': approved, description: 'Another key' });
    expect(other.exitCode).toBe(1);
    expect(other.stdout).toContain('The plan is not the approved one');
    const applied = await onMain({ 'approved-plan': approved, verify: 'crypto' });
    expect(applied).toMatchObject({ exitCode: 0, outputs: { verified: 'true', 'to-add': '1' } });
    expect(applied.stdout).toContain('what is left of the plan that was approved on pull request #7');
    expect(job.emulator.kms.regions()).toEqual(['ap-southeast-1']);
    expect(applied.outputs['comment-url']).toBe(planned.outputs['comment-url']);
    expect(comments()).toHaveLength(2);
    expect(comments()[0]?.body).toContain('### ✅ `alias/aws_cb_cmk`: applied and verified');
    // The ARN may break after its account and in its id, for a narrow screen.
    expect(comments()[0]?.body.replaceAll('<wbr>', '')).toContain(applied.outputs['primary-key-arn']);
    expect(comments()[1]?.body).toContain('see [what was applied]');
  });

  test('the job that is run again has nothing to approve, and what was applied and verified stands', async () => {
    const [applied] = comments();
    const again = await onMain({ 'approved-plan': 'pull-request' });
    expect(again).toMatchObject({ exitCode: 0, outputs: { 'has-changes': 'false' } });
    const refused = await onMain({ description: 'Another key' });
    expect(refused.exitCode).toBe(1);
    const destroy = await onMain({ command: 'destroy', 'confirm-destroy': 'aws_cb_cmk' });
    expect(destroy.exitCode).toBe(1);
    expect(destroy.outputs['comment-url']).toBeUndefined();
    expect(comments()[0]).toEqual(applied);
    expect(comments()).toHaveLength(2);
  });
});

/** Every text file below a folder, but for the provider's own. */
async function readAll(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  const files = entries.filter((entry) => entry.isFile() && !entry.parentPath.includes('providers'));
  return Promise.all(files.map((entry) => readFile(path.join(entry.parentPath, entry.name), 'latin1')));
}
