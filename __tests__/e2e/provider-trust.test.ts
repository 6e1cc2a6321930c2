/** A program in the place of the AWS provider, brought in by settings of the machine: it must never run. */

import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { ActionRun } from '../../demo/action.js';
import { releaseTarget } from '../../src/terraform/install/release.js';
import { describeTools, startMainJob, type MainJob } from '../support/main-job.js';
import { tempFolder } from '../support/temp-folder.js';

vi.setConfig({ testTimeout: 900_000, hookTimeout: 900_000 });

const here = { os: process.platform, arch: process.arch };
const PLATFORM = releaseTarget(here);
const VERSION = '5.100.0';

let job: MainJob;
let home: string;
/** What the fake writes down when it is started: its environment. */
let stolen: string;

beforeAll(async () => {
  process.stderr.write(`The tests of the provider's origin run with ${describeTools()}.\n`);
  job = await startMainJob();
});
afterAll(() => job.stop());
beforeEach(() => {
  home = tempFolder('home');
  stolen = path.join(home, 'stolen');
});

async function writeFake(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const file = path.join(folder, `terraform-provider-aws_v${VERSION}`);
  await writeFile(file, `#!/bin/sh\nenv > '${stolen}'\nexit 1\n`);
  await chmod(file, 0o755);
}

const plan = (env: Record<string, string>, inputs: Record<string, string> = {}): Promise<ActionRun> =>
  job.run({ 'replica-regions': '', ...inputs }, { HOME: home, TF_CLI_CONFIG_FILE: '', ...env });

describe('dev_overrides in', () => {
  const overrides = (folder: string): string =>
    `provider_installation {\n  dev_overrides {\n    "hashicorp/aws" = "${folder}"\n  }\n  direct {}\n}\n`;

  test.each<[string, (text: string) => Promise<Record<string, string>>]>([
    [
      '~/.terraformrc',
      async (text) => {
        await writeFile(path.join(home, '.terraformrc'), text);
        return {};
      },
    ],
    [
      'a file of ~/.terraform.d',
      async (text) => {
        await mkdir(path.join(home, '.terraform.d'));
        await writeFile(path.join(home, '.terraform.d', 'x.tfrc'), text);
        return {};
      },
    ],
    [
      'the file of TF_CLI_CONFIG_FILE',
      async (text) => {
        await writeFile(path.join(home, 'rc'), text);
        return { TF_CLI_CONFIG_FILE: path.join(home, 'rc') };
      },
    ],
    [
      'the file of TERRAFORM_CONFIG',
      async (text) => {
        await writeFile(path.join(home, 'rc'), text);
        return { TERRAFORM_CONFIG: path.join(home, 'rc') };
      },
    ],
  ])('%s stop the run before anything is started', async (_, put) => {
    await writeFake(path.join(home, 'fake'));
    const run = await plan(await put(overrides(path.join(home, 'fake'))));
    expect(run.exitCode).toBe(1);
    expect(run.stdout).toMatch(/::error title=[^:]*::Terraform's CLI configuration \S+ has dev_overrides/);
    expect(existsSync(stolen)).toBe(false);
  });
});

test('a provider that TF_REATTACH_PROVIDERS names is not asked', async () => {
  const reattach = {
    'registry.terraform.io/hashicorp/aws': {
      Protocol: 'grpc',
      ProtocolVersion: 5,
      Pid: 1,
      Test: true,
      Addr: { Network: 'unix', String: '/nowhere' },
    },
  };
  const run = await plan({ TF_REATTACH_PROVIDERS: JSON.stringify(reattach) });
  expect(run).toMatchObject({ exitCode: 0, outputs: { 'to-add': '2' } });
});

test('a mirror in the home folder that nobody named is left out, and said to be', async () => {
  await writeFake(
    path.join(
      home,
      '.terraform.d',
      'plugins',
      'registry.terraform.io',
      'hashicorp',
      'aws',
      VERSION,
      PLATFORM,
    ),
  );
  // Without provider-mirror there may be no registry within reach: what counts is that the fake is not taken instead.
  const run = await plan({ HTTPS_PROXY: 'http://127.0.0.1:9' }, { 'provider-mirror': '' });
  expect(run.stdout).toContain(`${home}/.terraform.d/plugins has an AWS provider. It is not used`);
  expect(existsSync(stolen)).toBe(false);
  expect(run.exitCode).toBe(1);
});
