/**
 * `npm run workflow`: runs a workflow file on this machine against a running emulator, with the built action and the real Terraform.
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { parse } from 'yaml';
import { runAction } from '../demo/action.js';
import { messageOf } from '../src/errors.js';
import { ACTION, ARTIFACT_ACTIONS, checkOut, startEmulatedJob, writeCliConfig } from './runner.js';
import { runWorkflow, type Outside, type Start, type StepCall, type StepResult } from './workflow.js';

const USAGE = `Usage: npm run workflow -- FILE --emulator URL --event NAME [--pull-request N] [--input NAME=VALUE]… [--reject] [--repository FOLDER]
  FILE            a workflow, e.g. examples/plan-and-apply.yml
  --emulator      what \`npm run emulator\` printed as "aws", e.g. http://127.0.0.1:4566
  --event         pull_request, push, workflow_dispatch, schedule, …
  --pull-request  the pull request that the event is about, or whose merge was pushed
  --input         what workflow_dispatch is given
  --reject        the reviewers of an environment refuse; without it they let every job through
  --repository    what actions/checkout gives a job; this repository unless told`;

interface Arguments extends Start {
  readonly file: string;
  readonly emulator: string;
  readonly approves: boolean;
  readonly repository?: string;
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
      repository: { type: 'string' },
    },
  });
  const [file, ...more] = positionals;
  const { emulator, event, repository, 'pull-request': pullRequest } = values;
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
    ...(repository === undefined ? {} : { repository: path.resolve(repository) }),
  };
}

function splitInput(text: string): [string, string] {
  const at = text.indexOf('=');
  if (at < 1) throw new Error(`--input takes NAME=VALUE, not "${text}".`);
  return [text.slice(0, at), text.slice(at + 1)];
}

/** The `default:` of each input, with the one expression that action.yml has. */
async function readDefaults(token: string): Promise<Record<string, string>> {
  const file = path.join(ACTION, 'action.yml');
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

/**
 * @param repository the folder that `actions/checkout` gives a job; this repository unless told
 * @param temp a folder for all that the jobs write: each has a workspace and a temporary folder of its own, as on GitHub
 */
export async function makeOutside(
  { emulator, approves, file, repository = ACTION }: OutsideOptions,
  temp: string,
): Promise<Outside> {
  const terraform = await writeCliConfig(temp);
  let token = '';
  let jobs = 0;
  const run = { emulator, repository, terraform, temp, token: () => token };
  return {
    startJob: async (job) => {
      const { env, payload } = await startEmulatedJob(emulator, job);
      token = env['GITHUB_TOKEN'] ?? '';
      const folder = path.join(temp, `job-${(jobs += 1)}`);
      const folders = {
        RUNNER_TEMP: path.join(folder, 'temp'),
        GITHUB_WORKSPACE: path.join(folder, 'workspace'),
      };
      await Promise.all(Object.values(folders).map((made) => mkdir(made, { recursive: true })));
      return { env: { ...env, ...folders }, payload };
    },
    runStep: (call) => {
      print(`\n━━ ${call.job}: ${call.uses ?? call.run?.split('\n')[0] ?? ''}`);
      return runStep(run, call);
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

interface OutsideOptions extends Pick<Arguments, 'emulator' | 'approves' | 'file'> {
  readonly repository?: string | undefined;
}

interface StepRun {
  readonly emulator: string;
  readonly repository: string;
  readonly temp: string;
  readonly terraform: Readonly<Record<string, string>>;
  readonly token: () => string;
}

async function runStep(run: StepRun, call: StepCall): Promise<StepResult> {
  const { emulator, repository, temp, terraform, token } = run;
  if (call.uses === undefined) return runScript(call.run ?? '', { ...terraform, ...call.env });
  const [name = ''] = call.uses.split('@');
  if (name === 'actions/checkout') {
    await checkOut(repository, call.env['GITHUB_WORKSPACE'] ?? '');
    return { exitCode: 0, outputs: {} };
  }
  const artifact = ARTIFACT_ACTIONS[name];
  if (artifact !== undefined)
    return runScript(artifact.script, {
      ...call.env,
      ...inputVariables(call.with),
      ARTIFACTS: path.join(temp, 'artifacts'),
    });
  if (!name.endsWith('/aws-kms-multi-region-key'))
    throw new Error(
      `${call.uses} can't be run here: only this action, actions/checkout, actions/upload-artifact, actions/download-artifact and run: can.`,
    );
  return runAction({
    node: process.execPath,
    temp: call.env['RUNNER_TEMP'] ?? temp,
    with: { ...(await readDefaults(token())), ...call.with },
    env: {
      ...terraform,
      ...call.env,
      RUNNER_TOOL_CACHE: path.join(temp, 'tools'),
      AWS_ENDPOINT_URL: emulator,
    },
    event: call.payload,
    commands: false,
    onOutput: (text) => process.stdout.write(text),
  });
}

function inputVariables(inputs: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value]),
  );
}

/** A `run:` step, by Bash as the runner starts it, in the job's workspace. */
async function runScript(script: string, env: Readonly<Record<string, string>>): Promise<StepResult> {
  const output = path.join(env['RUNNER_TEMP'] ?? os.tmpdir(), 'output');
  await writeFile(output, '');
  const child = spawn('bash', ['--noprofile', '--norc', '-eo', 'pipefail', '-c', script], {
    cwd: env['GITHUB_WORKSPACE'],
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...env, GITHUB_OUTPUT: output },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const [code] = (await once(child, 'close')) as [number | null];
  const lines = (await readFile(output, 'utf8')).matchAll(/^([\w-]+)=(.*)$/gm);
  return {
    exitCode: code ?? 1,
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
