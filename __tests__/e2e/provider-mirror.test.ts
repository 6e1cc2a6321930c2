import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { releaseTarget } from '../../src/terraform/install/release.js';
import { describeTools, startMainJob, type MainJob } from '../support/main-job.js';
import { startNetworkMirror, type NetworkMirror } from '../support/network-mirror.js';
import { findProviderMirror } from '../support/terraform.js';
import { tempFolder } from '../support/temp-folder.js';

vi.setConfig({ testTimeout: 900_000, hookTimeout: 900_000 });

const found = findProviderMirror((version) => version.startsWith('5.'));
const here = { os: process.platform, arch: process.arch };
const platform = releaseTarget(here);
const version = found?.versions.at(-1) ?? '';

if (found === undefined)
  process.stderr.write(
    'SKIPPED: the tests of a network mirror serve a provider from a mirror on disk, and there is none here.\n',
  );

(found === undefined ? describe.skip : describe)('a network mirror with the real provider', () => {
  const started: { stop(): Promise<void> }[] = [];
  let job: MainJob;
  let mirror: NetworkMirror;
  let home: string;
  beforeAll(async () => {
    process.stderr.write(`The network mirror's tests run with ${describeTools()}.\n`);
    started.push((job = await startMainJob()));
    started.push((mirror = await startNetworkMirror({ dir: found?.dir ?? '', version, platform })));
    home = tempFolder('home');
  });
  afterAll(async () => {
    // Whatever did start: what stays open would keep the tests from ending.
    for (const one of started) await one.stop();
  });

  const plan = (toolCache: string): ReturnType<MainJob['run']> =>
    job.run(
      { 'replica-regions': '', 'provider-mirror': mirror.url, 'aws-provider-version': version },
      { ...mirror.env, HOME: home, TF_CLI_CONFIG_FILE: '', RUNNER_TOOL_CACHE: toolCache },
    );
  const archive = `terraform-provider-aws_${version}_${platform}.zip`;

  test('gives the provider once: a second run on the same runner downloads nothing', async () => {
    const toolCache = tempFolder('tools');
    const first = await plan(toolCache);
    expect(first).toMatchObject({
      exitCode: 0,
      outputs: { 'to-add': '2', 'aws-provider-version': version },
    });
    expect(mirror.requests.filter((request) => request === `GET ${archive}`)).toHaveLength(1);
    const before = mirror.requests.length;
    const second = await plan(toolCache);
    expect(second).toMatchObject({ exitCode: 0, outputs: { 'plan-digest': first.outputs['plan-digest'] } });
    // Whether the version is still there is all that Terraform asks.
    expect(mirror.requests.slice(before)).toEqual(['GET index.json']);
    expect(await readdir(home)).toEqual([]);
    for (const { temp } of [first, second])
      expect(await readdir(temp, { recursive: true })).not.toContainEqual(expect.stringContaining('.tfrc'));
  });

  test('with an archive that is not of its checksum is refused, and nothing of it is kept', async () => {
    const toolCache = tempFolder('tools');
    mirror.swapArchive(Buffer.from('not the provider'));
    const refused = await plan(toolCache);
    expect(refused.exitCode).toBe(1);
    expect(refused.stdout).toMatch(
      /::error title=[^:]*::The AWS provider that was downloaded does not have the checksum/,
    );
    expect(await readdir(path.join(toolCache, 'aws-kms-multi-region-key', 'providers'))).toEqual([]);
  });
});
