import { mkdir, mkdtemp, readdir, realpath, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { Environment } from './context.js';

/** This action's own name: of its folders under the runner's temp folder, of its role session, of its state. */
export const ACTION_NAME = 'aws-kms-multi-region-key';

export interface Workspace {
  /** The folder of this run's configuration, plan and logs; no other run has it. */
  readonly workDir: string;
  /** Where `backend: local` keeps its state: shared by the steps of one job, gone with the runner. */
  readonly localStateDir: string;
}

/** This action's folder under the runner's temp folder; it may not be there yet. */
export function temporaryFolder(env: Environment): string {
  return path.join(env['RUNNER_TEMP'] ?? os.tmpdir(), ACTION_NAME);
}

/**
 * Makes this run's folder under the runner's temp folder, which the runner empties after the job. Nothing is ever
 * written into the checkout.
 */
export async function createWorkspace(env: Environment): Promise<Workspace> {
  const base = temporaryFolder(env);
  const localStateDir = path.join(base, 'state');
  await mkdir(localStateDir, { recursive: true });
  return { workDir: await realpath(await mkdtemp(path.join(base, 'run-'))), localStateDir };
}

/** What a run leaves for the steps that follow. */
const KEPT = new Set(['plan.json', 'plan.txt', 'terraform.lock.hcl', 'errored.tfstate']);

/** What a state that could not be saved is pushed with. */
const KEPT_FOR_PUSH = new Set([
  'main.tf.json',
  'terraform.tfvars.json',
  'modules',
  '.terraform',
  '.terraform.lock.hcl',
]);

/**
 * Takes everything out of a run's folder that no later step needs: Terraform's record of the backend and its saved plan,
 * which hold the backend's secrets, and copies of the state.
 * @param holdsSecrets whether the record of the backend has secrets in it
 */
export async function clearWorkspace({ workDir }: Workspace, holdsSecrets: boolean): Promise<void> {
  const names = await readdir(workDir);
  const isKept = (name: string): boolean =>
    KEPT.has(name) || (names.includes('errored.tfstate') && KEPT_FOR_PUSH.has(name));
  const cleared = names.filter((name) => !isKept(name)).map((name) => path.join(workDir, name));
  if (holdsSecrets) cleared.push(path.join(workDir, '.terraform', 'terraform.tfstate'));
  await Promise.all(cleared.map((file) => rm(file, { recursive: true, force: true })));
}
