import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { hideStateNotes } from '../plan/state-notes.js';
import { ActionError } from '../errors.js';
import type { Clock, Exec, ExecRequest, ExecResult } from '../deps.js';
import type { Redactor } from '../runner/redaction.js';
import { watchCreates } from './in-flight-creates.js';
import { parseDiagnostics, parseEvent, type ApplyEvent, type Diagnostic } from './events.js';
import { findLockedProvider, LOCK_FILE } from './lock-file.js';

/** A Terraform command that did not succeed. `diagnostics` are Terraform's own errors, in order. */
export class TerraformError extends Error {
  override readonly name = 'TerraformError';
  constructor(
    readonly command: string,
    readonly exitCode: number,
    readonly diagnostics: readonly Diagnostic[],
  ) {
    const first = diagnostics[0];
    super(`terraform ${command} failed: ${first?.summary ?? `exit code ${exitCode}`}`);
  }

  /** Everything Terraform said of the failure, for looking up error codes; untrusted text. */
  get text(): string {
    return this.diagnostics.map(({ summary, detail }) => `${summary}\n${detail}`).join('\n');
  }
}

export interface TerraformOptions {
  /** The verified binary itself, never a wrapper. */
  readonly path: string;
  /** Where the configuration is; nothing is read or written outside it, but for plug-ins and the backend. */
  readonly workDir: string;
  /** The child's whole environment, asked for anew at each command since credentials change. */
  readonly environment: () => Readonly<Record<string, string>>;
  readonly exec: Exec;
  readonly clock: Clock;
  /** How long to wait for a lock that somebody else holds. */
  readonly lockTimeoutSeconds: number;
  /** Every line of every command as it comes: untrusted text. */
  readonly onLine: (command: string, line: string) => void;
  /** Takes secrets out of what Terraform says of a failure, before anybody cuts it. */
  readonly secrets: Pick<Redactor, 'redact' | 'redactAll'>;
}

/** The saved plan's name in the working folder. */
export const PLAN_FILE = 'plan.tfplan';

export interface InitOptions {
  /** A folder laid out as a filesystem mirror; providers then come from nowhere else. */
  readonly pluginDir?: string | undefined;
  /** A file with settings of the backend beside those in the configuration, in the working folder. */
  readonly backendConfig?: string | undefined;
}

export interface PlanOptions {
  readonly destroy?: boolean;
  /** Look at AWS and say what differs from the state, and nothing else. */
  readonly refreshOnly?: boolean;
}

/** After the apply, by name. */
interface RootOutputs {
  readonly outputs: Readonly<Record<string, unknown>>;
}

/** The commands of Terraform that the action runs, each in the working folder. All throw `TerraformError`. */
export interface Terraform {
  /** @param environment variables for this one command */
  init(options: InitOptions, environment?: Readonly<Record<string, string>>): Promise<void>;
  /** The version of hashicorp/aws that init chose, from the lock file it wrote. */
  selectedProviderVersion(): Promise<string>;
  /**
   * Makes and saves a plan.
   * @param givenUp aborted when its end is not wanted any more
   * @returns Terraform's own description of it, without colours and progress lines
   */
  plan(options: PlanOptions, givenUp?: AbortSignal): Promise<string>;
  /** The saved plan, as its JSON says. @throws ActionError when that is no JSON */
  showPlan(): Promise<unknown>;
  /** Applies the saved plan, and nothing else. */
  apply(onEvent: (event: ApplyEvent) => void): Promise<RootOutputs>;
  /** The state as the backend has it, as JSON text that goes into no log; empty where there is none yet. */
  pullState(): Promise<string>;
  /** The state in the backend, or in a file of the working folder, also after a cancellation; as its JSON says. */
  showState(file?: string): Promise<unknown>;
  /** Takes the mark away by which the next plan would replace a resource. */
  untaint(address: string): Promise<void>;
  /** Writes a file of the working folder as the state, if it is a later one of the same; also after a cancellation. */
  pushState(file: string): Promise<void>;
}

export function createTerraform(options: TerraformOptions): Terraform {
  const run = (args: readonly string[], how: RunOptions = {}): Promise<ExecResult> =>
    runTerraform(options, args, how);
  return {
    init: async (initOptions, environment = {}) => {
      await run(initArgs(initOptions), { environment });
    },
    selectedProviderVersion: () => readSelectedVersion(options.workDir),
    plan: async (planOptions, givenUp) => {
      const { stdout } = await run(planArgs(planOptions, options), { givenUp });
      return planTextOf(stdout);
    },
    showPlan: async () => parseShown((await run(SHOW_PLAN_ARGS, QUERY)).stdout, 'plan'),
    apply: (onEvent) => applyPlan(options, onEvent),
    pullState: async () => (await run(['state', 'pull'], QUERY)).stdout,
    showState: async (file) => {
      const args = ['show', '-json', ...(file === undefined ? [] : [file])];
      return parseShown((await run(args, { ...QUERY, evenWhenCancelled: true })).stdout, 'state');
    },
    untaint: async (address) => {
      await run(['untaint', '-no-color', lockTimeout(options), address]);
    },
    pushState: async (file) => {
      // A lock that a run before left behind is waited for no longer than one that is just being freed.
      await run(['state', 'push', '-lock-timeout=10s', file], { evenWhenCancelled: true });
    },
  };
}

export function initArgs({ pluginDir, backendConfig }: InitOptions): string[] {
  return [
    'init',
    '-input=false',
    '-no-color',
    ...(pluginDir === undefined ? [] : [`-plugin-dir=${pluginDir}`]),
    ...(backendConfig === undefined ? [] : [`-backend-config=${backendConfig}`]),
  ];
}

type LockOptions = Pick<TerraformOptions, 'lockTimeoutSeconds'>;

export function planArgs({ destroy, refreshOnly }: PlanOptions, lock: LockOptions): string[] {
  return [
    'plan',
    '-input=false',
    '-no-color',
    `-out=${PLAN_FILE}`,
    lockTimeout(lock),
    ...(destroy === true ? ['-destroy'] : []),
    ...(refreshOnly === true ? ['-refresh-only'] : []),
  ];
}

export const SHOW_PLAN_ARGS: readonly string[] = ['show', '-json', PLAN_FILE];

function lockTimeout({ lockTimeoutSeconds }: LockOptions): string {
  return `-lock-timeout=${lockTimeoutSeconds}s`;
}

type RunOptions = Pick<
  ExecRequest,
  'onStdoutLine' | 'beforeInterrupt' | 'givenUp' | 'evenWhenCancelled' | 'isQuery'
> & {
  /** Beside what every command gets. */
  readonly environment?: Readonly<Record<string, string>>;
};

/** For what takes no lock, and is printed to be read by us, not by people. */
const QUERY: RunOptions = { onStdoutLine: () => undefined, isQuery: true };

async function runTerraform(
  options: TerraformOptions,
  args: readonly string[],
  { environment = {}, ...how }: RunOptions,
): Promise<ExecResult> {
  const command = args[0] ?? '';
  const onLine = (line: string): void => {
    options.onLine(command, line);
  };
  const result = await options.exec({
    file: options.path,
    args,
    cwd: options.workDir,
    env: { ...options.environment(), ...environment },
    onStdoutLine: onLine,
    onStderrLine: onLine,
    ...how,
  });
  if (result.exitCode !== 0) {
    const { redact } = options.secrets;
    const diagnostics = parseDiagnostics(redact(result.stderr), redact(result.stdout));
    throw new TerraformError(command, result.exitCode, diagnostics);
  }
  return result;
}

async function applyPlan(
  options: TerraformOptions,
  onEvent: (event: ApplyEvent) => void,
): Promise<RootOutputs> {
  const diagnostics: Diagnostic[] = [];
  const creates = watchCreates(options.clock);
  let outputs: Readonly<Record<string, unknown>> = {};
  const onStdoutLine = (line: string): void => {
    const event = parseEvent(line);
    options.onLine('apply', event?.message ?? line);
    if (event === undefined) return;
    if (event.type === 'diagnostic' && event.diagnostic.severity === 'error')
      diagnostics.push(options.secrets.redactAll(event.diagnostic));
    if (event.type === 'outputs') outputs = event.outputs;
    creates.onEvent(event);
    onEvent(event);
  };
  try {
    // `-json` has the final outputs, too, so that no second command is needed for them.
    const args = ['apply', '-input=false', '-json', lockTimeout(options), PLAN_FILE];
    await runTerraform(options, args, { onStdoutLine, beforeInterrupt: creates.untilIdsRecorded });
  } catch (thrown) {
    if (!(thrown instanceof TerraformError) || diagnostics.length === 0) throw thrown;
    throw new TerraformError('apply', thrown.exitCode, diagnostics);
  }
  return { outputs };
}

function parseShown(text: string, of: 'plan' | 'state'): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ActionError(
      {
        what: `terraform show printed a ${of} that is not JSON.`,
        done: 'Nothing was changed.',
        next: 'Run again; if it happens again, report it with the Terraform version.',
      },
      { cause },
    );
  }
}

const PROGRESS =
  /^[^\s].*: (Refreshing state|Reading|Still reading|Read complete|Preparing import|Still refreshing)\b.*$/;

/** Terraform's description of a plan without the lines on its way there and the note on the saved file. */
export function planTextOf(stdout: string): string {
  const lines = stdout.split(/\r?\n/).filter((line) => !PROGRESS.test(line));
  const end = lines.findIndex((line) => line.startsWith('Saved the plan to:'));
  const text = (end < 0 ? lines : lines.slice(0, end)).join('\n');
  return hideStateNotes(`${text.replace(/\n─+\s*$/, '').trim()}\n`);
}

async function readSelectedVersion(workDir: string): Promise<string> {
  const locked = findLockedProvider(await readFile(path.join(workDir, LOCK_FILE), 'utf8'));
  if (locked !== undefined) return locked.version;
  throw new ActionError({
    what: 'terraform init wrote no version of hashicorp/aws into its lock file.',
    done: 'Nothing was planned or changed.',
    next: 'Use a Terraform version that this action was tested with, or report this with the version.',
  });
}
