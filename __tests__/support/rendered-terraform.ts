import { execFile } from 'node:child_process';
import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Emulator } from '../../emulator/index.js';
import type { Inputs } from '../../src/inputs/inputs.js';
import { createLog } from '../../src/runner/log.js';
import { buildPlanModel } from '../../src/plan/model.js';
import type { PlanModel } from '../../src/plan/types.js';
import { initArgs } from '../../src/terraform/run.js';
import { prepareConfiguration } from '../../src/terraform/prepare.js';
import { findProviderMirror, findTerraform, IN_A_HURRY } from './terraform.js';
import { tempFolder } from './temp-folder.js';

const MIRROR = findProviderMirror((version) => version.startsWith('5.'))?.dir;

/** The arguments of `terraform init` with the provider from the mirror on this machine, if there is one. */
export const INIT = initArgs({ pluginDir: MIRROR });

export interface TerraformRun {
  readonly exitCode: number;
  readonly output: string;
}

/** Runs the Terraform on PATH with nothing of this process's environment that could change what it does. */
export function runTerraform(
  dir: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<TerraformRun> {
  const terraform = findTerraform();
  if (terraform === undefined) throw new Error('These tests need a terraform on PATH.');
  const options = {
    cwd: dir,
    env: {
      PATH: process.env['PATH'],
      HOME: dir,
      CHECKPOINT_DISABLE: '1',
      AWS_EC2_METADATA_DISABLED: 'true',
      ...IN_A_HURRY,
      ...env,
    },
    maxBuffer: 1 << 26,
  };
  return new Promise((resolve, reject) => {
    execFile(terraform.path, args, options, (error, stdout, stderr) => {
      if (error !== null && typeof error.code !== 'number')
        reject(new Error('terraform did not run', { cause: error }));
      else resolve({ exitCode: typeof error?.code === 'number' ? error.code : 0, output: stdout + stderr });
    });
  });
}

/** The same, for a command that must succeed; the error carries what Terraform said. */
export async function runTerraformOk(
  dir: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<string> {
  const { exitCode, output } = await runTerraform(dir, args, env);
  if (exitCode !== 0) throw new Error(`terraform ${args.join(' ')} ended with ${exitCode}:\n${output}`);
  return output;
}

/** Configurations rendered from inputs, one after the other, over one state. */
export interface RenderedTerraform {
  /** Renders, initialises and plans; the plan is what `applyPlan` applies. */
  plan(inputs: Inputs): Promise<PlanModel>;
  /** Whether a plan of the configuration that was planned last would change anything. */
  isAtRest(): Promise<boolean>;
  /** Applies the last plan and gives the root outputs. */
  applyPlan(): Promise<Record<string, unknown>>;
  /** How many processes of the AWS provider the last plan started. */
  providerStarts(): Promise<number>;
}

export function openRenderedTerraform(emulator: Emulator): RenderedTerraform {
  const base = tempFolder('rendered terraform');
  let workDir = base;
  let count = 0;
  const env = (): Record<string, string> => ({ ...emulator.env });
  const trace = (): string => path.join(workDir, 'trace.log');
  return {
    async plan(inputs) {
      workDir = path.join(base, `run-${(count += 1)}`);
      await mkdir(workDir, { recursive: true });
      await prepareConfiguration({
        // One state whatever the alias, as where `state-key` is set: else a renamed alias would be another key's.
        inputs: {
          ...inputs,
          backend: { type: 'local', config: { path: path.join(base, 'terraform.tfstate') } },
        },
        workspace: { workDir, localStateDir: base },
        terraformVersion: findTerraform()?.version ?? '',
        moduleDir: path.resolve('terraform'),
        env: env(),
        log: createLog({ write: () => undefined, toolkit: undefined, colour: false, newToken: () => '' }),
      });
      await runTerraformOk(workDir, INIT);
      // Terraform writes that it starts a provider to the provider's log, not to its own.
      const traced = { TF_LOG_CORE: 'off', TF_LOG_PROVIDER: 'debug', TF_LOG_PATH: trace() };
      await runTerraformOk(workDir, ['plan', '-input=false', '-out=plan'], { ...env(), ...traced });
      return buildPlanModel(JSON.parse(await runTerraformOk(workDir, ['show', '-json', 'plan'])));
    },
    async isAtRest() {
      const args = ['plan', '-input=false', '-no-color', '-detailed-exitcode'];
      const { exitCode, output } = await runTerraform(workDir, args, env());
      if (exitCode !== 0 && exitCode !== 2)
        throw new Error(`terraform plan ended with ${exitCode}:\n${output}`);
      return exitCode === 0;
    },
    async applyPlan() {
      await runTerraformOk(workDir, ['apply', '-input=false', 'plan'], env());
      const outputs = JSON.parse(await runTerraformOk(workDir, ['output', '-json'])) as Record<
        string,
        { readonly value: unknown }
      >;
      return Object.fromEntries(Object.entries(outputs).map(([name, { value }]) => [name, value]));
    },
    async providerStarts() {
      const lines = (await readFile(trace(), 'utf8')).split('\n');
      return lines.filter((line) => line.includes('provider: starting plugin')).length;
    },
  };
}
