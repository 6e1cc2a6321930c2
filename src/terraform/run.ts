import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { hideStateNotes } from '../plan/state-notes.js';
import { ActionError } from '../errors.js';
import type { Clock, Exec, ExecRequest, ExecResult } from '../deps.js';
import type { Redactor } from '../runner/redaction.js';
import {
  applyArgs,
  initArgs,
  planArgs,
  showPlanArgs,
  showStateArgs,
  statePullArgs,
  statePushArgs,
  untaintArgs,
  type InitOptions,
  type PlanOptions,
} from './args.js';
import { parseShowOutput } from './show-output.js';
import { watchCreates } from './in-flight-creates.js';
import { parseDiagnostics, parseEvent, type ApplyEvent, type Diagnostic } from './events.js';

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
  readonly lockTimeoutSeconds: number;
  /** Every line of every command as it comes: untrusted text. */
  readonly onLine: (command: string, line: string) => void;
  /** Takes secrets out of what Terraform says of a failure, before anybody cuts it. */
  readonly secrets: Pick<Redactor, 'redact' | 'redactAll'>;
}

interface ApplyResult {
  /** The root outputs after apply. */
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
  plan(options: Omit<PlanOptions, 'lockTimeoutSeconds'>, givenUp?: AbortSignal): Promise<string>;
  /** The saved plan, as its JSON says. @throws ActionError when that is no JSON */
  showPlan(): Promise<unknown>;
  /** Applies the saved plan, and nothing else. */
  apply(onEvent: (event: ApplyEvent) => void): Promise<ApplyResult>;
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
      const { stdout } = await run(
        planArgs({ ...planOptions, lockTimeoutSeconds: options.lockTimeoutSeconds }),
        { givenUp },
      );
      return planTextOf(stdout);
    },
    showPlan: async () => parseShowOutput((await run(showPlanArgs(), QUERY)).stdout, 'plan'),
    apply: (onEvent) => applyPlan(options, onEvent),
    pullState: async () => (await run(statePullArgs(), QUERY)).stdout,
    showState: async (file) => {
      const { stdout } = await run(showStateArgs(file), { ...QUERY, evenWhenCancelled: true });
      return parseShowOutput(stdout, 'state');
    },
    untaint: async (address) => {
      await run(untaintArgs(address, options));
    },
    pushState: async (file) => {
      await run(statePushArgs(file), { evenWhenCancelled: true });
    },
  };
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
): Promise<ApplyResult> {
  const diagnostics: Diagnostic[] = [];
  const creates = watchCreates(options.clock);
  let outputs: Readonly<Record<string, unknown>> = {};
  const onStdoutLine = (line: string): void => {
    const event = parseEvent(line);
    options.onLine('apply', event?.message ?? line);
    if (event === undefined) return;
    if (event.type === 'diagnostic' && event.severity === 'error')
      diagnostics.push(options.secrets.redactAll(event.diagnostic));
    if (event.type === 'outputs') outputs = event.outputs;
    creates.onEvent(event);
    onEvent(event);
  };
  try {
    await runTerraform(options, applyArgs(options), {
      onStdoutLine,
      beforeInterrupt: creates.untilIdsRecorded,
    });
  } catch (thrown) {
    if (!(thrown instanceof TerraformError) || diagnostics.length === 0) throw thrown;
    throw new TerraformError('apply', thrown.exitCode, diagnostics);
  }
  return { outputs };
}

/** `{name: {value, type, sensitive}}`, as Terraform prints outputs, to `{name: value}`. */
export function outputValues(printed: unknown): Readonly<Record<string, unknown>> {
  const entries = Object.entries((printed ?? {}) as Record<string, { value?: unknown } | undefined>);
  return Object.fromEntries(
    entries
      .filter(([, output]) => output?.value !== undefined)
      .map(([name, output]) => [name, output?.value]),
  );
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
  const lock = await readFile(path.join(workDir, '.terraform.lock.hcl'), 'utf8');
  const found = /provider "[^"]+\/hashicorp\/aws" \{[^}]*?version\s*=\s*"([^"]+)"/.exec(lock);
  if (found?.[1] === undefined)
    throw new ActionError({
      what: 'terraform init wrote no version of hashicorp/aws into its lock file.',
      done: 'Nothing was planned or changed.',
      next: 'Use a Terraform version that this action was tested with, or report this with the version.',
    });
  return found[1];
}
