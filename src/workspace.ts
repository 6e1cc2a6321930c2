import { mkdir, mkdtemp, realpath } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';

/** This action's own name: of its folders under the runner's temp folder, of its role session, of its state. */
export const ACTION_NAME = 'aws-kms-multi-region-key';

export interface Workspace {
  /** The folder of this run's configuration, plan and logs; no other run has it. */
  readonly workDir: string;
  /** Where `backend: local` keeps its state: shared by the steps of one job, gone with the runner. */
  readonly localStateDir: string;
}

/**
 * Makes this run's folder under the runner's temp folder, which the runner empties after the job. Nothing is ever
 * written into the checkout.
 */
export async function createWorkspace(env: Readonly<Record<string, string | undefined>>): Promise<Workspace> {
  const base = path.join(env['RUNNER_TEMP'] ?? os.tmpdir(), ACTION_NAME);
  const localStateDir = path.join(base, 'state');
  await mkdir(localStateDir, { recursive: true });
  return { workDir: await realpath(await mkdtemp(path.join(base, 'run-'))), localStateDir };
}
