/** The built action, Terraform and the provider in surroundings that others have made: `support/surroundings.ts`. */

import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { ActionRun } from '../../demo/action.js';
import { describeTools, startMainJob, type MainJob } from '../support/main-job.js';
import { AWS_CONFIGURATIONS, STARTERS, type Surrounding } from '../support/surroundings.js';
import { tempFolder } from '../support/temp-folder.js';

jest.setTimeout(900_000);

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
