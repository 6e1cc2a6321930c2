import { spawn } from 'node:child_process';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Emulator } from '../emulator/index.js';
import { withBlock } from '../__tests__/support/inputs.js';
import { findTerraform } from '../__tests__/support/terraform.js';
import { readInputs } from '../src/inputs/inputs.js';
import { createLog } from '../src/runner/log.js';
import { prepareConfiguration } from '../src/terraform/prepare.js';
import { initArgs, planArgs, PLAN_FILE, SHOW_PLAN_ARGS } from '../src/terraform/run.js';
import { childEnvironment } from '../src/terraform/environment.js';

/** What the commands by hand are run with: the same as the action has. */
export interface ByHand {
  readonly emulator: Emulator;
  readonly terraform: string;
  readonly mirror: string;
  /** The configuration that the action renders, without what `init` makes of it. */
  readonly configuration: string;
}

/**
 * Writes the configuration that the action renders from these inputs.
 * @returns a new folder
 */
export async function renderForHand(
  { bucket, env }: Emulator,
  inputs: Readonly<Record<string, string>>,
): Promise<string> {
  const configuration = await mkdtemp(path.join(tmpdir(), 'bench-configuration-'));
  await prepareConfiguration({
    inputs: readInputs({
      env: withBlock({ ...inputs, 'state-bucket': bucket }),
      readFile: () => undefined,
      isFolder: () => true,
    }),
    workspace: { workDir: configuration, localStateDir: configuration },
    terraformVersion: findTerraform()?.version ?? '',
    moduleDir: path.resolve('terraform'),
    env,
    log: createLog({ write: () => undefined, toolkit: undefined, colour: false, newToken: () => '' }),
  });
  return configuration;
}

/** Terraform's own arguments for what the action does, by what is wanted in the end. */
const COMMANDS = {
  plan: [planArgs({}, { lockTimeoutSeconds: 60 }), SHOW_PLAN_ARGS],
  apply: [planArgs({}, { lockTimeoutSeconds: 60 }), SHOW_PLAN_ARGS, ['apply', '-input=false', PLAN_FILE]],
} as const satisfies Record<string, readonly (readonly string[])[]>;

/**
 * `init`, and what follows it for a plan or an apply, with the same arguments, environment and configuration as the
 * action, in a folder of its own.
 * @param onStart told the process id of each command as it starts
 */
export async function runByHand(
  { emulator, terraform, mirror, configuration }: ByHand,
  wanted: keyof typeof COMMANDS,
  onStart: (pid: number) => void = () => undefined,
): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), 'bench-hand-'));
  await cp(configuration, folder, { recursive: true });
  const env = childEnvironment({
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], ...emulator.env },
    cliConfigFile: undefined,
    backend: 's3',
    extra: {},
  });
  for (const args of [initArgs({ pluginDir: mirror }), ...COMMANDS[wanted]])
    await runToEnd(terraform, args, { cwd: folder, env, onStart });
  await rm(folder, { recursive: true });
}

export interface RunOptions {
  readonly cwd?: string;
  readonly env: Readonly<Record<string, string>>;
  readonly mayFail?: true;
  readonly onStart?: (pid: number) => void;
}

/** @throws Error with the end of what was printed, when the program did not succeed */
export function runToEnd(file: string, args: readonly string[], options: RunOptions): Promise<void> {
  const { cwd, env, mayFail = false, onStart } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    if (child.pid !== undefined) onStart?.(child.pid);
    let printed = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (text: Buffer) => (printed += text.toString()));
    child.on('error', reject).on('close', (code) => {
      if (code === 0 || mayFail) resolve();
      else
        reject(
          new Error(`${file} ${args[0] ?? ''} exited with ${code ?? 'a signal'}:\n${printed.slice(-4000)}`),
        );
    });
  });
}
