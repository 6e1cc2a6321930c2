import { spawn } from 'node:child_process';
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';

export interface ActionRun {
  readonly exitCode: number;
  readonly stdout: string;
  readonly outputs: Readonly<Record<string, string>>;
  readonly summary: string;
  /** The runner's temporary folder of this run. */
  readonly temp: string;
}

export interface ActionRunOptions {
  /** The Node that runs it. */
  readonly node: string;
  /** Its file; that of `dist/` unless told. */
  readonly entry?: string | undefined;
  /** The `with:` block. */
  readonly with: Readonly<Record<string, string>>;
  /** What the job has in its environment beside the runner's own variables: the emulator's `env`, an event. */
  readonly env: Readonly<Record<string, string>>;
  /** The event's payload, if there is one. */
  readonly event?: unknown;
  /** Gets the log as it comes. */
  readonly onOutput?: (text: string) => void;
  /** True (the default): the log speaks the runner's commands; false: as on a terminal. */
  readonly commands?: boolean;
  /** The runner's temporary folder; a new one by default. */
  readonly temp?: string;
  /** Told the process id once it runs, for sending signals. */
  readonly onStart?: (pid: number) => void;
}

/** Variables of this process that the child may have; all else, credentials above all, stays out. */
const INHERITED = [
  'PATH',
  'HOME',
  'USERPROFILE',
  'SystemRoot',
  'TEMP',
  'TMP',
  'TMPDIR',
  'LANG',
  'TF_CLI_CONFIG_FILE',
];

const ENTRY = path.resolve(import.meta.dirname, '..', 'dist', 'index.js');

/** Runs the built action as the runner would: a child process with INPUT_*, GITHUB_* and RUNNER_* in its environment. */
export async function runAction(options: ActionRunOptions): Promise<ActionRun> {
  const temp = options.temp ?? (await mkdtemp(path.join(os.tmpdir(), 'runner temp-')));
  const files = {
    output: path.join(temp, 'output'),
    summary: path.join(temp, 'summary'),
    environment: path.join(temp, 'environment'),
    state: path.join(temp, 'state'),
    event: path.join(temp, 'event.json'),
  };
  await Promise.all([
    writeFile(files.output, ''),
    writeFile(files.summary, ''),
    writeFile(files.environment, ''),
    writeFile(files.state, ''),
    writeFile(files.event, JSON.stringify(options.event ?? {})),
  ]);
  const env = {
    ...Object.fromEntries(
      INHERITED.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
    ),
    RUNNER_TEMP: temp,
    RUNNER_TOOL_CACHE: path.join(temp, 'tools'),
    GITHUB_OUTPUT: files.output,
    GITHUB_STEP_SUMMARY: files.summary,
    GITHUB_ENV: files.environment,
    GITHUB_STATE: files.state,
    GITHUB_EVENT_PATH: files.event,
    GITHUB_WORKSPACE: temp,
    ...(options.commands === false ? {} : { GITHUB_ACTIONS: 'true' }),
    ...options.env,
    ...Object.fromEntries(
      Object.entries(options.with).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value]),
    ),
  };
  const { exitCode, stdout } = await spawnAction(options, env, temp);
  const [output, summary] = await Promise.all([
    readFile(files.output, 'utf8'),
    readFile(files.summary, 'utf8'),
  ]);
  return { exitCode, stdout, outputs: parseOutputs(output), summary, temp };
}

function spawnAction(
  { node, entry = ENTRY, onOutput, onStart }: ActionRunOptions,
  env: Record<string, string | undefined>,
  cwd: string,
): Promise<{ exitCode: number; stdout: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(node, [entry], { env, cwd, stdio: ['ignore', 'pipe', 'pipe'] });
    if (child.pid !== undefined) onStart?.(child.pid);
    let stdout = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        stdout += text;
        onOutput?.(text);
      });
    }
    child.on('error', reject).on('close', (code) => {
      resolve({ exitCode: code ?? 1, stdout });
    });
  });
}

/** `name<<DELIMITER` blocks, as @actions/core writes them into GITHUB_OUTPUT. */
function parseOutputs(text: string): Record<string, string> {
  const found = text.matchAll(/^([\w-]+)<<(\S+)\r?\n([\s\S]*?)\r?\n\2\r?$/gm);
  return Object.fromEntries([...found].map(([, name, , value]) => [name ?? '', value ?? '']));
}
