/** What both runners of workflow files share, this repository's own and act: jobs of the emulator, the repository, artifacts. */

import { cp, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { findProviderMirror } from '../__tests__/support/terraform.js';
import type { Outside } from './workflow.js';

/** This repository, which is the action. */
export const ACTION = path.resolve(import.meta.dirname, '..');

export type StartedJob = Awaited<ReturnType<Outside['startJob']>>;

/** Begins a job of the emulator. @throws Error with its own words when it refuses, or is not there */
export async function startEmulatedJob(
  emulator: string,
  job: Parameters<Outside['startJob']>[0],
): Promise<StartedJob> {
  let response: Response;
  try {
    response = await fetch(`${emulator}/_emulator/jobs`, { method: 'POST', body: JSON.stringify(job) });
  } catch (thrown: unknown) {
    throw new Error(`No emulator answers at ${emulator}. Start one: npm run emulator.`, { cause: thrown });
  }
  const answer = (await response.json()) as StartedJob & { message?: string };
  if (!response.ok) throw new Error(answer.message ?? `The emulator answered ${response.status}.`);
  return answer;
}

/** What a self-hosted runner's owner would set up: the provider from the mirror on this machine, if there is one. */
export async function writeCliConfig(temp: string): Promise<Record<string, string>> {
  const mirror = findProviderMirror((version) => version.startsWith('5.'));
  if (mirror === undefined) return {};
  const file = path.join(temp, 'terraform.rc');
  await writeFile(
    file,
    `provider_installation {\n  filesystem_mirror {\n    path = ${JSON.stringify(mirror.dir)}\n  }\n}\n`,
  );
  return { TF_CLI_CONFIG_FILE: file };
}

/** A repository's files, as `actions/checkout` leaves them: without what git keeps and what npm installs. */
export function checkOut(repository: string, workspace: string): Promise<void> {
  return cp(repository, workspace, {
    recursive: true,
    filter: (file) => !['.git', 'node_modules'].includes(path.basename(file)),
  });
}

/**
 * `actions/upload-artifact` and `actions/download-artifact`, as far as the examples use them, for a machine that can't get
 * them from GitHub: an artifact is a folder in `ARTIFACTS`. Each takes the action's inputs as variables.
 */
export const ARTIFACT_ACTIONS: Readonly<Record<string, { inputs: readonly string[]; script: string }>> = {
  'actions/upload-artifact': {
    inputs: ['name', 'path', 'retention-days'],
    script: 'mkdir -p "$ARTIFACTS/$INPUT_NAME"\ncp $INPUT_PATH "$ARTIFACTS/$INPUT_NAME/"',
  },
  'actions/download-artifact': {
    inputs: ['pattern', 'path'],
    script:
      'mkdir -p "$INPUT_PATH"\nfor found in "$ARTIFACTS"/$INPUT_PATTERN; do cp -r "$found" "$INPUT_PATH/"; done',
  },
};
