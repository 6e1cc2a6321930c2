/** The scripts in the examples, run by Bash as the runner does, with stand-ins for `gh` and `terraform` that note how they were called. */

import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { makeStandIns } from '../support/stand-ins.js';

interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  /** What the step gave as outputs. */
  readonly output: string;
  /** Each call of a stand-in, with its arguments. */
  readonly calls: readonly string[];
}

/** The script of the only `run:` step of a job. */
function scriptOf(example: string, job: string): string {
  const { jobs } = parse(readFileSync(`examples/${example}.yml`, 'utf8')) as {
    jobs: Readonly<Record<string, { steps: readonly { run?: string }[] }>>;
  };
  const [script, ...more] = (jobs[job]?.steps ?? []).flatMap(({ run }) => run ?? []);
  expect(more).toEqual([]);
  return script ?? '';
}

/** @param answers what a stand-in prints, by the beginning of its arguments */
function runScript(script: string, env: Record<string, string>, answers: Record<string, string> = {}): Ran {
  const { folder, calls } = makeStandIns(['gh', 'terraform'], answers);
  writeFileSync(path.join(folder, 'output'), '');
  const { status, stdout } = spawnSync('bash', ['--noprofile', '--norc', '-eo', 'pipefail', '-c', script], {
    cwd: folder,
    encoding: 'utf8',
    env: {
      PATH: `${folder}${path.delimiter}${process.env['PATH'] ?? ''}`,
      GITHUB_OUTPUT: path.join(folder, 'output'),
      ...env,
    },
  });
  return {
    status,
    stdout,
    output: readFileSync(path.join(folder, 'output'), 'utf8'),
    calls: calls(),
  };
}

describe('drift opens an issue', () => {
  const script = scriptOf('drift', 'drift');
  test('with the run that says what differs', () => {
    const { status, calls } = runScript(
      script,
      { RUN: 'https://github.com/a/b/actions/runs/1' },
      { 'issue list': '0' },
    );
    expect(status).toBe(0);
    expect(calls.at(-1)).toMatch(
      /^gh issue create --label kms-drift .*https:\/\/github.com\/a\/b\/actions\/runs\/1/,
    );
  });

  test('unless one is open', () => {
    const { status, calls } = runScript(script, { RUN: 'x' }, { 'issue list': '1' });
    expect([status, calls.some((call) => call.startsWith('gh issue create'))]).toEqual([0, false]);
  });
});

describe('required-check', () => {
  test.each([
    ['.github/workflows/kms-key.yml', 'true'],
    ['kms/policy.json', 'true'],
    ['README.md', 'false'],
    ['docs/kms/other.md', 'false'],
  ])('%s concerns the key: %s', (file, key) => {
    const script = scriptOf('required-check', 'changes');
    const ran = runScript(
      script,
      { FILES: 'repos/a/b/pulls/1/files' },
      { 'api --paginate repos/a/b/pulls/1/files': file },
    );
    expect([ran.status, ran.output]).toEqual([0, `key=${key}\n`]);
  });

  test.each([
    ['false', 'skipped', 0],
    ['true', 'success', 0],
    ['true', 'failure', 1],
    ['true', 'skipped', 1],
    ['', 'skipped', 1],
  ])('the check with "%s" and a plan that ended with %s ends with %d', (CONCERNED, PLAN, status) => {
    expect(runScript(scriptOf('required-check', 'required'), { CONCERNED, PLAN }).status).toBe(status);
  });
});

describe('use-outputs', () => {
  const KEY_ARNS = '{"eu-west-1":"arn:aws:kms:eu-west-1:999900001111:key/mrk-1","eu-west-2":"arn:2"}';

  test('names the key of one Region', () => {
    expect(runScript(scriptOf('use-outputs', 'deploy'), { KEY_ARN: 'arn:2' }).stdout).toContain('arn:2');
  });

  test('makes the other account\u2019s policy of exactly these keys', () => {
    const { status, stdout } = runScript(scriptOf('use-outputs', 'other-account'), { KEY_ARNS });
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Resource: ['arn:aws:kms:eu-west-1:999900001111:key/mrk-1', 'arn:2'] }],
    });
  });

  test('plans with Terraform', () => {
    const { status, calls } = runScript(scriptOf('use-outputs', 'terraform'), {});
    expect([status, calls]).toEqual([0, ['terraform init -input=false', 'terraform plan -input=false']]);
  });
});
