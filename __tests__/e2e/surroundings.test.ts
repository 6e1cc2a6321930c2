/** The built action, Terraform and the provider in surroundings that others have made: `support/surroundings.ts`. */

import { chmod, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { ActionRun } from '../../demo/action.js';
import { describeTools, startMainJob, type MainJob } from '../support/main-job.js';
import { AWS_CONFIGURATIONS, RESTRICTIONS, STARTERS, type Surrounding } from '../support/surroundings.js';
import { tempFolder } from '../support/temp-folder.js';

vi.setConfig({ testTimeout: 900_000, hookTimeout: 900_000 });

const REPOSITORY = 'octo-org/octo-repo';
let job: MainJob;
beforeAll(async () => {
  process.stderr.write(`The tests of surroundings run with ${describeTools()}.\n`);
  job = await startMainJob({ github: { repository: { fullName: REPOSITORY } } });
});
afterAll(() => job.stop());

async function planAmid(
  { files = {}, env = {} }: Surrounding,
  inputs: Record<string, string>,
): Promise<ActionRun> {
  const home = tempFolder('home');
  for (const [name, text] of Object.entries(files)) {
    const file = path.join(home, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, text);
  }
  const put = Object.entries(env).map(([name, value]) => [name, value.replace('HOME', home)]);
  return job.run(
    { 'replica-regions': '', ...inputs },
    { HOME: home, GITHUB_REPOSITORY: REPOSITORY, ...(Object.fromEntries(put) as Record<string, string>) },
  );
}

describe('with a role, the AWS configuration of the machine does no harm to plan and backend', () => {
  test.each(AWS_CONFIGURATIONS.map((each) => [each.name, each] as const))('%s', async (_, surrounding) => {
    const planned = await planAmid(surrounding, { 'role-to-assume': job.emulator.role });
    expect(planned).toMatchObject({ exitCode: 0, outputs: { 'to-add': '2' } });
  });
});

describe('without one, what cannot work in it is told with its place, and AWS is not called', () => {
  const bad = AWS_CONFIGURATIONS.filter(({ withoutRole }) => withoutRole !== undefined);
  test.each(bad.map((each) => [each.name, each] as const))('%s', async (_, surrounding) => {
    const before = job.emulator.calls.find({}).length;
    const failed = await planAmid(surrounding, {});
    expect(failed.exitCode).toBe(1);
    expect(failed.stdout).toMatch(surrounding.withoutRole ?? /^$/);
    expect(job.emulator.calls.find({})).toHaveLength(before);
  });
});

describe('a role that GitHub left empty is told with the likeliest cause', () => {
  test.each(STARTERS.map((each) => [each.name, each] as const))('%s', async (_, { env, event, says }) => {
    const none = { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '', AWS_EC2_METADATA_DISABLED: 'true' };
    const failed = await job.run(
      { 'role-to-assume': '' },
      { ...none, GITHUB_REPOSITORY: REPOSITORY, HOME: tempFolder('home'), ...env },
      event,
    );
    expect(failed.exitCode).toBe(1);
    expect(failed.stdout).toContain('`role-to-assume` is not set');
    expect(failed.stdout).toMatch(says);
  });
});

describe('what the organisation forbids is told with the policy that does, and the advice that fits it', () => {
  test.each(RESTRICTIONS.map((each) => [each.name, each] as const))(
    '%s',
    async (name, { faults, command, says }) => {
      const set = faults.map((fault) => job.emulator.faults.watch(fault));
      const alias = name.replace(/[^a-z]+/g, '-');
      const failed = await job.run({
        command,
        alias,
        'replica-regions': '',
        'auto-approve': String(command === 'apply'),
      });
      for (const fault of set) {
        expect(fault.happened()).toBeGreaterThan(0);
        fault.remove();
      }
      expect(failed.exitCode).toBe(1);
      for (const part of says)
        expect([failed.stdout, failed.summary.replaceAll('`', '')]).toEqual([
          expect.stringMatching(part),
          expect.stringMatching(part),
        ]);
    },
  );
});

describe('an auto-tagger that tags every new key at once', () => {
  const alias = { alias: 'tagged', 'replica-regions': 'ap-southeast-2', tags: 'team=data' };
  const left = { ...alias, 'ignore-tags': 'CostCenter, auto:*' };
  beforeAll(() => {
    job.emulator.kms.settings.autoTags.set('CostCenter', '4711').set('auto:owner', 'finance');
  });
  afterAll(() => {
    job.emulator.kms.settings.autoTags.clear();
  });
  const tagsIn = (region: string): unknown => job.emulator.kms.keys(region).at(-1)?.tags;

  test('keeps its tags where `ignore-tags` names them, and nobody waits, plans or reports because of them', async () => {
    const applied = await job.apply(left);
    expect(applied).toMatchObject({ exitCode: 0, outputs: { verified: 'true' } });
    const planned = await job.run(left);
    expect(planned).toMatchObject({ exitCode: 0, outputs: { 'has-changes': 'false' } });
    const found = await job.run({ ...left, command: 'drift' });
    expect(found).toMatchObject({ exitCode: 0, outputs: { drifted: 'false' } });
    for (const { summary } of [applied, planned, found])
      expect(summary).toContain('tags left to others: `CostCenter` `auto:*`');
    for (const region of ['ap-southeast-1', 'ap-southeast-2'])
      expect(tagsIn(region)).toEqual({ team: 'data', CostCenter: '4711', 'auto:owner': 'finance' });
  });

  test('is drift where it does not, with the advice to', async () => {
    const found = await job.run({ ...alias, command: 'drift' });
    expect(found).toMatchObject({ exitCode: 0, outputs: { drifted: 'true' } });
    expect(found.stdout).toMatch(
      /changed outside Terraform \(tags[^)]*\).*can be left to it with `ignore-tags`/,
    );
    expect(tagsIn('ap-southeast-1')).toHaveProperty('CostCenter', '4711');
  });
});

describe('Dependabot with a token that only reads', () => {
  test('plans with a role that is no secret; the summary has what the comment cannot', async () => {
    const token = 'a-token-that-only-reads';
    const { github, role } = job.emulator;
    const place = { repository: REPOSITORY, number: 41 };
    github.addToken({ token, login: 'github-actions[bot]', type: 'Bot', access: 'read' });
    github.addPullRequest({ ...place, headSha: '1a'.repeat(20), baseRef: 'main' });
    const planned = await job.run(
      { alias: 'dependabot', 'replica-regions': '', 'role-to-assume': role, 'github-token': token },
      {
        GITHUB_REPOSITORY: REPOSITORY,
        GITHUB_EVENT_NAME: 'pull_request',
        GITHUB_ACTOR: 'dependabot[bot]',
        GITHUB_REF: 'refs/pull/41/merge',
        GITHUB_SHA: '2b'.repeat(20),
      },
      {
        pull_request: {
          number: 41,
          head: { sha: '1a'.repeat(20), repo: { full_name: REPOSITORY } },
          base: { ref: 'main', repo: { full_name: REPOSITORY } },
        },
      },
    );
    expect(planned).toMatchObject({ exitCode: 0, outputs: { result: 'planned', 'to-add': '2' } });
    expect(planned.outputs['comment-url']).toBeUndefined();
    expect(planned.stdout).toMatch(/::notice title=No comment on the pull request::/);
    expect(planned.summary).toContain('alias/dependabot');
    expect(github.comments(place)).toEqual([]);
  });
});

/** A user id that no system has a name for. */
const NOBODY_KNOWS = 54_321;

describe('a container whose user its system does not know, and without HOME', () => {
  test('plans like any other', async () => {
    const folder = tempFolder('entry');
    const entry = path.join(folder, 'without-user.mjs');
    const isRoot = process.getuid?.() === 0;
    if (!isRoot)
      process.stderr.write('Not root: the user stays known to the system, and HOME alone is taken away.\n');
    await writeFile(
      entry,
      `import { chmodSync } from 'node:fs';
      delete process.env.HOME;
      if (${isRoot}) {
        for (const file of ['RUNNER_TEMP', 'GITHUB_OUTPUT', 'GITHUB_STEP_SUMMARY', 'GITHUB_ENV', 'GITHUB_STATE'])
          chmodSync(process.env[file], 0o777);
        process.setgroups([]);
        process.setgid(${NOBODY_KNOWS});
        process.setuid(${NOBODY_KNOWS});
      }
      await import(${JSON.stringify(pathToFileURL(path.resolve('dist', 'index.js')).href)});`,
    );
    await chmod(folder, 0o755);
    const userless = await startMainJob({}, entry);
    const planned = await userless.run({ 'replica-regions': '', 'role-to-assume': userless.emulator.role });
    await userless.stop();
    expect(planned).toMatchObject({ exitCode: 0, outputs: { 'to-add': '2' } });
    expect(
      userless.emulator.calls.find({ service: 'sts', action: 'AssumeRoleWithWebIdentity' }),
    ).toHaveLength(1);
  });
});
