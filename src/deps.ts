/** The outside world, as the pipeline sees it: passed in by index.ts, faked at its edge by tests. */

import type { ToolkitContext } from './runner/context.js';
import type { Redactor } from './runner/redaction.js';

/** One run of a child process: the argument list goes to the program as it is, with no shell in between. */
export interface ExecRequest {
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** The whole environment of the child; nothing is inherited beside it. */
  readonly env: Readonly<Record<string, string>>;
  /** Called for every whole line, without its line ending, as soon as it is there. */
  readonly onStdoutLine?: ((line: string) => void) | undefined;
  readonly onStderrLine?: (line: string) => void;
  /** Waited for before the child is sent the SIGINT of a cancellation; a few seconds at most. */
  readonly beforeInterrupt?: (() => Promise<void>) | undefined;
  /**
   * Aborted when the end of the child is not wanted any more: it gets a SIGINT and, 2 seconds later, a second one, by which
   * Terraform frees its lock and leaves at once. Only for what has nothing to save.
   */
  readonly givenUp?: AbortSignal | undefined;
  /** True for a child that saves what would be lost: it is started in a step that was cancelled, too. */
  readonly evenWhenCancelled?: boolean;
  /** True for a command that holds no lock and ends by itself: it is not interrupted, and its lines come when it has ended. */
  readonly isQuery?: boolean;
}

export interface ExecResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a child process; a non-zero exit is a result, not an error. Throws only when it could not be started, or is not
 * because the step was cancelled.
 */
export type Exec = (request: ExecRequest) => Promise<ExecResult>;

/** An annotation's place in the run: its title is shown bold by GitHub. */
export interface AnnotationOptions {
  readonly title: string;
}

/** The step's log. Every method escapes what it is given, so that no text can become a workflow command. */
export interface Log {
  info(line: string): void;
  debug(line: string): void;
  notice(message: string, options: AnnotationOptions): void;
  warning(message: string, options: AnnotationOptions): void;
  error(message: string, options: AnnotationOptions): void;
  /** From here on GitHub shows `***` for this text wherever it is printed. */
  mask(secret: string): void;
  /** Untrusted text (Terraform's own output) as a closed group; workflow commands in it are escaped. */
  untrustedGroup(title: string, text: string): void;
}

/** The log of a step, with the knowledge of what it was told to mask: for what leaves by another way, too. */
export type StepLog = Log & Omit<Redactor, 'add'>;

export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Waits; rejects with the signal's reason as soon as it is aborted. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
}

/** Node's own names: `linux`, `darwin`, `win32`; `x64`, `arm64`. */
export interface Platform {
  readonly os: string;
  readonly arch: string;
}

/** What this machine has for new processes, in bytes. */
export interface Memory {
  readonly totalBytes: number;
  readonly availableBytes: number;
}

/** The runner's own files, written through the runner's own library. */
export interface Runner {
  setOutput(name: string, value: string): void;
  /** Adds to the job summary; does nothing where there is none. */
  addSummary(markdown: string): Promise<void>;
}

/** All of the outside world; index.ts builds the real one. */
export interface Deps {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Sets a variable of this process, which AWS's SDK reads by itself, or unsets it. */
  readonly setEnv: (name: string, value: string | undefined) => void;
  /** Loads GitHub's toolkit, which reads environment and payload as it is loaded. */
  readonly loadEvent: () => Promise<ToolkitContext>;
  readonly log: StepLog;
  readonly exec: Exec;
  readonly clock: Clock;
  readonly platform: Platform;
  readonly memory: () => Memory;
  readonly runner: Runner;
  /** The folder of the bundled Terraform module. */
  readonly moduleDir: string;
  /** Aborted when the step is cancelled. */
  readonly cancelled: AbortSignal;
}
