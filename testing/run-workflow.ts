/**
 * `npm run workflow`: runs a workflow file on this machine against a running emulator, with the built action and the real Terraform.
 */

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { parse } from 'yaml';
import { findProviderMirror } from '../__tests__/support/terraform.js';
import { runAction } from '../demo/action.js';
import { messageOf } from '../src/errors.js';
import { runWorkflow, type Outside, type Start, type StepCall, type StepResult } from './workflow.js';

const USAGE = `Usage: npm run workflow -- FILE --emulator URL --event NAME [--pull-request N] [--input NAME=VALUE]… [--reject]
  FILE            a workflow, e.g. examples/plan-and-apply.yml
  --emulator      what \`npm run emulator\` printed as "aws", e.g. http://127.0.0.1:4566
  --event         pull_request, push, workflow_dispatch, schedule, …
  --pull-request  the pull request that the event is about, or whose merge was pushed
  --input         what workflow_dispatch is given
  --reject        the reviewers of an environment refuse; without it they let every job through`;

interface Arguments extends Start {
  readonly file: string;
  readonly emulator: string;
  readonly approves: boolean;
}

/** @throws Error in plain words when the command line can't be understood */
export function readArguments(args: readonly string[]): Arguments {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      emulator: { type: 'string' },
      event: { type: 'string' },
      'pull-request': { type: 'string' },
      input: { type: 'string', multiple: true, default: [] },
      reject: { type: 'boolean', default: false },
    },
  });
  const [file, ...more] = positionals;
  const { emulator, event, 'pull-request': pullRequest } = values;
  if (file === undefined || more.length > 0) throw new Error('Name one workflow file.');
  if (emulator === undefined || event === undefined) throw new Error('--emulator and --event are needed.');
  if (pullRequest !== undefined && !/^[1-9]\d*$/.test(pullRequest))
    throw new Error(`--pull-request takes a number, not "${pullRequest}".`);
  return {
    file,
    emulator: emulator.replace(/\/+$/, ''),
    event,
    approves: !values.reject,
    inputs: Object.fromEntries(values.input.map(splitInput)),
    ...(pullRequest === undefined ? {} : { pullRequest: Number(pullRequest) }),
  };
}

function splitInput(text: string): [string, string] {
  const at = text.indexOf('=');
  if (at < 1) throw new Error(`--input takes NAME=VALUE, not "${text}".`);
  return [text.slice(0, at), text.slice(at + 1)];
}

/** What the emulator's control answers. @throws Error with its own words when it refuses, or is not there */
async function control<T>(emulator: string, route: string, body: unknown): Promise<T> {
  let response: Response;
  try {
    response = await fetch(`${emulator}/_emulator/${route}`, { method: 'POST', body: JSON.stringify(body) });
  } catch (thrown: unknown) {
    throw new Error(`No emulator answers at ${emulator}. Start one: npm run emulator.`, { cause: thrown });
  }
  const answer = (await response.json()) as T & { message?: string };
  if (!response.ok) throw new Error(answer.message ?? `The emulator answered ${response.status}.`);
  return answer;
}

/** What a self-hosted runner's owner would set up: the provider from the mirror on this machine, if there is one. */
async function writeCliConfig(temp: string): Promise<Record<string, string>> {
  const mirror = findProviderMirror((version) => version.startsWith('5.'));
  if (mirror === undefined) return {};
  const file = path.join(temp, 'terraform.rc');
  await writeFile(
    file,
    `provider_installation {\n  filesystem_mirror {\n    path = ${JSON.stringify(mirror.dir)}\n  }\n}\n`,
  );
  return { TF_CLI_CONFIG_FILE: file };
}

/** The `default:` of each input, with the one expression that action.yml has. */
async function readDefaults(token: string): Promise<Record<string, string>> {
  const file = path.resolve(import.meta.dirname, '..', 'action.yml');
  const { inputs } = parse(await readFile(file, 'utf8')) as {
    inputs: Readonly<Record<string, { default?: string }>>;
  };
  return Object.fromEntries(
    Object.entries(inputs).flatMap(([name, { default: value }]) =>
      value === undefined ? [] : [[name, value.replace('${{ github.token }}', token)]],
    ),
  );
}

/** A called workflow: where this repository has it, or beside the one that calls it. */
function readCalled(called: string, caller: string): Promise<string> {
  const beside = path.join(path.dirname(caller), path.basename(called));
  return readFile(existsSync(called) ? called : beside, 'utf8');
}

/** @param temp a folder for all that the steps write */
export async function makeOutside(
  { emulator, approves, file }: Pick<Arguments, 'emulator' | 'approves' | 'file'>,
  temp: string,
): Promise<Outside> {
  const terraform = await writeCliConfig(temp);
  let token = '';
  let steps = 0;
  return {
    startJob: async (job) => {
      const started = await control<Awaited<ReturnType<Outside['startJob']>>>(emulator, 'jobs', job);
      token = started.env['GITHUB_TOKEN'] ?? '';
      return started;
    },
    runStep: async (call) => {
      const folder = path.join(temp, `step-${(steps += 1)}`);
      await mkdir(folder);
      print(`\n━━ ${call.job}: ${call.uses ?? call.run?.split('\n')[0] ?? ''}`);
      if (call.uses === undefined) return runScript(call, folder);
      if (/^actions\/checkout@/.test(call.uses)) return { exitCode: 0, outputs: {} };
      if (!/\/aws-kms-multi-region-key@/.test(call.uses))
        throw new Error(`${call.uses} can't be run here: only this action, actions/checkout and run: can.`);
      const tools = { RUNNER_TOOL_CACHE: path.join(temp, 'tools'), GITHUB_WORKSPACE: process.cwd() };
      return runAction({
        node: process.execPath,
        temp: folder,
        with: { ...(await readDefaults(token)), ...call.with },
        env: { ...terraform, ...call.env, ...tools, AWS_ENDPOINT_URL: emulator },
        event: call.payload,
        commands: false,
        onOutput: (text) => process.stdout.write(text),
      });
    },
    readFile: (called) => readCalled(called, file),
    approve: (environment) => {
      print(
        `\n━━ The environment ${environment}: its reviewers ${approves ? 'let the job through' : 'refuse'}.`,
      );
      return approves;
    },
  };
}

/** A `run:` step, by Bash as the runner starts it. */
async function runScript({ run, env }: StepCall, folder: string): Promise<StepResult> {
  const output = path.join(folder, 'output');
  await writeFile(output, '');
  const { status } = spawnSync('bash', ['--noprofile', '--norc', '-eo', 'pipefail', '-c', run ?? ''], {
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...env, GITHUB_OUTPUT: output },
    stdio: 'inherit',
  });
  const lines = (await readFile(output, 'utf8')).matchAll(/^([\w-]+)=(.*)$/gm);
  return {
    exitCode: status ?? 1,
    outputs: Object.fromEntries([...lines].map(([, name = '', value = '']) => [name, value])),
  };
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

async function main(): Promise<number> {
  let args: Arguments;
  try {
    args = readArguments(process.argv.slice(2));
  } catch (thrown: unknown) {
    process.stderr.write(`${messageOf(thrown)}\n${USAGE}\n`);
    return 2;
  }
  const temp = await mkdtemp(path.join(os.tmpdir(), 'workflow-'));
  try {
    const { started, jobs } = await runWorkflow(
      await readFile(args.file, 'utf8'),
      { ...args, runId: Math.floor(Date.now() / 1000) },
      await makeOutside(args, temp),
    );
    if (!started) print(`${args.file} does not run on ${args.event}.`);
    for (const [id, { result, outputs }] of Object.entries(jobs))
      print(`${id}: ${result} ${JSON.stringify(outputs)}`);
    return Object.values(jobs).some(({ result }) => result === 'failure') ? 1 : 0;
  } catch (thrown: unknown) {
    process.stderr.write(`${messageOf(thrown)}\n`);
    return 1;
  } finally {
    await rm(temp, { recursive: true, force: true });
  }
}

if (process.argv[1] !== undefined && path.resolve(process.argv[1]) === import.meta.filename)
  process.exitCode = await main();
