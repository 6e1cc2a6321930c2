import { join } from 'node:path';
import type { Deps } from '../../deps.js';
import { runPhase, type Phase } from '../../runner/phases.js';
import { childEnvironment, CLI_CONFIG_FILE } from '../../terraform/environment.js';
import { createTerraform, TerraformError, type Terraform } from '../../terraform/run.js';
import { explainTerraformError } from '../../terraform/symptoms.js';

const LOCK_TIMEOUT_SECONDS = 120;

/** Terraform says so when the lock is not to be had within 0.4 seconds, and then nothing until the wait is over. */
const WAITS_FOR_LOCK = /^Acquiring state lock\b/;

/** Terraform, and the phase of the log that its lines go to at the moment. */
export interface PhasedTerraform extends Terraform {
  /** Runs a phase whose lines of Terraform's are kept for its group; `onLine` may speak of each as it comes. */
  readonly phase: <T>(
    name: string,
    work: (phase: Phase) => Promise<T>,
    onLine?: (line: string) => string | undefined,
  ) => Promise<T>;
  /** The same Terraform in another folder; its lines go where those of this one go. */
  readonly inFolder: (workDir: string) => Terraform;
}

export interface OpenTerraformRequest {
  readonly deps: Pick<Deps, 'env' | 'exec' | 'log' | 'clock'>;
  /** The binary itself. */
  readonly path: string;
  readonly workDir: string;
  /** The type of the backend, whose own variables the child gets. */
  readonly backend: string | undefined;
  /** AWS credentials and other settings for the child, asked for anew at each command. */
  readonly extra: () => Readonly<Record<string, string>>;
  /** How long to wait for a lock that somebody else holds: unless told, as long as a plan of theirs may take. */
  readonly lockTimeoutSeconds?: number;
}

export function openTerraform({
  deps,
  path,
  workDir,
  backend,
  extra,
  lockTimeoutSeconds = LOCK_TIMEOUT_SECONDS,
}: OpenTerraformRequest): PhasedTerraform {
  const cliConfigFile = join(workDir, CLI_CONFIG_FILE);
  let listener: (line: string) => void = () => undefined;
  const inFolder = (folder: string): Terraform =>
    createTerraform({
      path,
      workDir: folder,
      environment: () => childEnvironment({ env: deps.env, cliConfigFile, backend, extra: extra() }),
      exec: deps.exec,
      clock: deps.clock,
      lockTimeoutSeconds,
      secrets: deps.log,
      onLine: (_, line) => {
        listener(line);
      },
    });
  return {
    ...inFolder(workDir),
    inFolder,
    phase: (name, work, onLine) =>
      runPhase({ log: deps.log, clock: deps.clock, name }, async (phase) => {
        listener = (line) => {
          phase.keep(line);
          const said = WAITS_FOR_LOCK.test(line)
            ? `${name}: waiting for the lock of the state, at most ${lockTimeoutSeconds} s`
            : onLine?.(line);
          if (said !== undefined) phase.say(said);
        };
        return work(phase);
      }),
  };
}

/** For `.catch`: a failed command in plain words, with what was done until then; any other error as it is. */
export function explained(done: string): (thrown: unknown) => never {
  return (thrown) => {
    throw thrown instanceof TerraformError ? explainTerraformError(thrown, done) : thrown;
  };
}
