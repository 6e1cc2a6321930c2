import { chmod, mkdir, readdir } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { jsonOutput, startMainJob, type MainJob } from '../support/main-job.js';
import { tempFolder } from '../support/temp-folder.js';

vi.setConfig({ testTimeout: 900_000, hookTimeout: 900_000 });

let job: MainJob;
let base: string;
beforeEach(async () => {
  job = await startMainJob();
  base = tempFolder("Läufer's $HOME 走者 ");
});
afterEach(() => job.stop());

async function makeFolder(name: string, mode = 0o755): Promise<string> {
  const folder = path.join(base, name);
  await mkdir(folder);
  await chmod(folder, mode);
  return folder;
}

test('a runner with odd paths, a home that is read-only, no summary and inputs with CRLF is a runner like any other', async () => {
  const home = await makeFolder('home', 0o555);
  const checkout = await makeFolder('checkout');
  const temp = await makeFolder('temp');
  const applied = await job.apply(
    {
      'primary-region': 'ap-southeast-1\r\n',
      'replica-regions': '\r\n',
      alias: 'aws_cb_cmk\r\n',
      'account-ids': '111122223333\r\n044455556666\r\n',
      tags: 'team=data\r\nowner=ops\r\n',
      'auto-approve': ' True\r\n',
    },
    {
      HOME: home,
      USERPROFILE: home,
      GITHUB_WORKSPACE: checkout,
      RUNNER_TEMP: temp,
      RUNNER_TOOL_CACHE: path.join(temp, 'tools'),
      GITHUB_STEP_SUMMARY: '',
    },
  );
  expect(applied).toMatchObject({ exitCode: 0, outputs: { 'to-add': '2', verified: 'true' } });
  const said = [...applied.stdout.matchAll(/^::(?:notice|warning|error) title=([^:]*)::/gm)].map(
    ([, title]) => title,
  );
  expect(said).toEqual(['alias/aws_cb_cmk%3A account let in']);
  expect(Object.keys(jsonOutput(applied, 'key-arns'))).toEqual(['ap-southeast-1']);
  expect(job.emulator.kms.keys('ap-southeast-1')[0]).toMatchObject({
    state: 'Enabled',
    tags: { team: 'data', owner: 'ops' },
    policy: expect.stringMatching(/044455556666.*111122223333/),
  });
  expect(applied.outputs['plan-json-path']).toContain(path.join(temp, 'aws-kms-multi-region-key'));
  // As root, a folder that is read-only can be written all the same: nothing may have been.
  expect([await readdir(home), await readdir(checkout)]).toEqual([[], []]);
});
