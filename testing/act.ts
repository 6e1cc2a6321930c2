/** Runs a workflow file with nektos/act in host mode, against a running emulator: the built action, the real Terraform, no container. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parse, stringify } from 'yaml';
import { ACTION, ARTIFACT_ACTIONS, checkOut, startEmulatedJob, writeCliConfig } from './runner.js';
import type { Start } from './workflow.js';

/** The program: what the variable ACT names, or `act` on PATH. */
export function findAct(env: Readonly<Record<string, string | undefined>>): string | undefined {
  const named = env['ACT'];
  if (named !== undefined && named !== '') return existsSync(named) ? named : undefined;
  return (env['PATH'] ?? '')
    .split(path.delimiter)
    .map((folder) => path.join(folder, process.platform === 'win32' ? 'act.exe' : 'act'))
    .find((file) => existsSync(file));
}

export interface ActOptions {
  /** The program. */
  readonly act: string;
  readonly emulator: string;
  /** The workflow's text. */
  readonly text: string;
  readonly start: Start;
  /** The folder that the workflow's repository is copied from. */
  readonly repository: string;
  /** Reusable workflows and their texts, by `OWNER/REPOSITORY/PATH@REF`. */
  readonly called: Readonly<Record<string, string>>;
  /** A folder for all that act and the steps write. */
  readonly temp: string;
  /** Told act's process id once it runs, for sending signals. */
  readonly onStart?: ((pid: number) => void) | undefined;
}

export interface ActRun {
  readonly exitCode: number;
  /** What act says of each job that it ran, by id: `success` or `failure`; of a skipped one it says nothing. */
  readonly results: Readonly<Record<string, string>>;
  /** What the steps and act wrote. */
  readonly log: string;
}

/** @throws Error when the emulator refuses the event, or is not there */
export async function runWithAct({
  act,
  emulator,
  start,
  temp,
  onStart,
  ...files
}: ActOptions): Promise<ActRun> {
  const { env, payload } = await startEmulatedJob(emulator, jobOf(start));
  const workspace = path.join(temp, 'workspace');
  const workflow = path.join(workspace, '.github', 'workflows', 'kms-key.yml');
  await checkOut(files.repository, workspace);
  await mkdir(path.dirname(workflow), { recursive: true });
  await writeFile(workflow, files.text);
  await writeFile(path.join(temp, 'event.json'), JSON.stringify(payload));
  const { GITHUB_TOKEN: token = '', ...variables } = env;
  const given = {
    ...variables,
    SHA_REF: env['GITHUB_SHA'] ?? '',
    ARTIFACTS: path.join(temp, 'artifacts'),
    AWS_ENDPOINT_URL: emulator,
    ...(await writeCliConfig(temp)),
  };
  const local = await layLocalRepositories(files, temp);
  const server = env['GITHUB_SERVER_URL'] ?? '';
  return spawnAct(
    act,
    [
      start.event,
      ...['--workflows', workflow, '--directory', workspace, '--eventpath', path.join(temp, 'event.json')],
      // No container: the steps are processes of this machine.
      ...['--platform', 'ubuntu-latest=-self-hosted', '--platform', 'self-hosted=-self-hosted'],
      ...['--action-cache-path', path.join(temp, 'cache'), '--no-cache-server', '--json'],
      // As many as it likes would each start a Terraform.
      ...['--concurrent-jobs', '1', '--secret', `GITHUB_TOKEN=${token}`],
      ...Object.entries(given).flatMap(([name, value]) => ['--env', `${name}=${value}`]),
      ...Object.entries(start.inputs ?? {}).flatMap(([name, value]) => ['--input', `${name}=${value}`]),
      ...Object.entries(local).flatMap(([used, folder]) => [
        '--local-repository',
        `${server}/${used}=${folder}`,
      ]),
    ],
    { temp, onStart },
  );
}

function jobOf({ event, pullRequest, inputs, runId }: Start): Parameters<typeof startEmulatedJob>[1] {
  const said = Object.entries({ pullRequest, inputs, runId }).filter(([, value]) => value !== undefined);
  return { event, ...Object.fromEntries(said) };
}

/**
 * A folder for each repository that the workflows use, as nothing is fetched: this action is this repository, artifacts are
 * folders, and a reusable workflow is the given text.
 * @returns folders by `OWNER/REPOSITORY@REF`
 */
async function layLocalRepositories(
  { text, called }: Pick<ActOptions, 'text' | 'called'>,
  temp: string,
): Promise<Record<string, string>> {
  const laid: Record<string, string> = {};
  const all = [text, ...Object.values(called)].join('\n');
  for (const [, owner = '', name = '', ref = ''] of all.matchAll(/uses: ([^\s/]+)\/([^\s/@]+)\S*@(\S+)/g)) {
    const used = `${owner}/${name}`;
    const folder = path.join(temp, 'repositories', owner, name);
    const artifact = ARTIFACT_ACTIONS[used];
    if (name === 'aws-kms-multi-region-key') await checkOut(ACTION, folder);
    else if (artifact !== undefined) await writeAt(path.join(folder, 'action.yml'), compositeOf(artifact));
    laid[`${used}@${ref}`] = folder;
  }
  for (const [workflow, content] of Object.entries(called)) {
    const file = workflow.replace(/@.*/, '');
    await writeAt(path.join(temp, 'repositories', file), content);
  }
  return laid;
}

async function writeAt(file: string, text: string): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, text);
}

/** An action of one Bash step, whose inputs are variables. */
function compositeOf({ inputs, script }: { inputs: readonly string[]; script: string }): string {
  const env = Object.fromEntries(
    inputs.map((name) => [`INPUT_${name.toUpperCase()}`, `\${{ inputs.${name} }}`]),
  );
  return stringify({
    name: 'Artifacts as folders',
    inputs: Object.fromEntries(inputs.map((name) => [name, { required: false }])),
    runs: { using: 'composite', steps: [{ shell: 'bash', env, run: script }] },
  });
}

/** Steps inherit act's environment, so it has nothing but what finds programs: Node, which runs the action, above all. */
async function spawnAct(
  act: string,
  args: readonly string[],
  { temp, onStart }: { readonly temp: string; readonly onStart: ActOptions['onStart'] },
): Promise<ActRun> {
  const home = path.join(temp, 'home');
  await mkdir(home, { recursive: true });
  const found = [path.dirname(process.execPath), process.env['PATH']].join(path.delimiter);
  const child = spawn(act, args, { env: { PATH: found, HOME: home }, stdio: ['ignore', 'pipe', 'pipe'] });
  if (child.pid !== undefined) onStart?.(child.pid);
  const log: string[] = [];
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => log.push(text));
  const [code] = (await once(child, 'close')) as [number | null];
  const text = log.join('');
  return { exitCode: code ?? 1, results: resultsOf(text), log: text };
}

/** act's log has a line of JSON for all that it says. */
function resultsOf(log: string): Record<string, string> {
  const lines = log.split('\n').filter((line) => line.startsWith('{'));
  const said = lines.map((line) => JSON.parse(line) as { jobID?: string; jobResult?: string });
  const results: Record<string, string> = {};
  for (const { jobID, jobResult } of said)
    if (jobID !== undefined && jobResult !== undefined && results[jobID] !== 'failure')
      results[jobID] = jobResult;
  return results;
}

/** What the workflow's file says of its called workflows. */
export async function readCalledWorkflows(text: string, folder: string): Promise<Record<string, string>> {
  const { jobs } = parse(text) as { jobs: Readonly<Record<string, { readonly uses?: string }>> };
  const used = Object.values(jobs).flatMap(({ uses }) => uses ?? []);
  const texts = used.map(async (name) => {
    const file = path.join(folder, path.basename(name.replace(/@.*/, '')));
    return [name, await readFile(file, 'utf8')] as const;
  });
  return Object.fromEntries(await Promise.all(texts));
}
