import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { getExecOutput } from '@actions/exec';
import type { Exec, ExecRequest, ExecResult } from '../deps.js';
import { untilCancelled } from './until-cancelled.js';

/**
 * Runs child processes for the action: queries by GitHub's toolkit, everything that may hold Terraform's lock by
 * {@link runInterruptible}, since the toolkit passes no cancellation on.
 *
 * After a cancellation no other child is started: the runner kills what is left of the step 10 seconds later, and a
 * Terraform that is killed leaves its lock behind. Only a child that saves the state is (`evenWhenCancelled`).
 * @param interrupted aborted when the step is cancelled
 */
export function createExec(interrupted: AbortSignal): Exec {
  return async (request) => {
    if (request.evenWhenCancelled !== true) interrupted.throwIfAborted();
    return request.isQuery === true ? runQuery(request, interrupted) : runInterruptible(request, interrupted);
  };
}

/** Runs what ends by itself. In a step that is cancelled its answer is not waited for, unless it is still wanted. */
async function runQuery(request: ExecRequest, interrupted: AbortSignal): Promise<ExecResult> {
  const { file, args, cwd, env, onStdoutLine, onStderrLine, evenWhenCancelled } = request;
  // The toolkit splits a command at spaces; its input stays open, and a wrapper might wait for it.
  const options = { cwd, env: { ...env }, silent: true, ignoreReturnCode: true, input: Buffer.alloc(0) };
  const command = `"${file.replaceAll('"', '\\"')}"`;
  const run = getExecOutput(command, [...args], options);
  const signal = evenWhenCancelled === true ? undefined : interrupted;
  const { stdout, stderr, exitCode } = await untilCancelled(run, signal);
  if (onStdoutLine !== undefined) linesOf(stdout).forEach(onStdoutLine);
  if (onStderrLine !== undefined) linesOf(stderr).forEach(onStderrLine);
  return { exitCode: codeOf(exitCode), stdout, stderr };
}

/** A child that a signal ended has no code; any number but zero says that it did not succeed. */
function codeOf(exitCode: number | null): number {
  return exitCode ?? 1;
}

function linesOf(text: string): string[] {
  const lines = text.split(/\r?\n/);
  return lines.at(-1) === '' ? lines.slice(0, -1) : lines;
}

/** A provider that waits for a dead Region does not hear the first one. */
const SECOND_INTERRUPT_MS = 2_000;

/**
 * Runs a child that gets one SIGINT when the step is cancelled, and is waited for.
 *
 * It leads a process group of its own: at a terminal Ctrl-C reaches every process of the foreground group, and Terraform
 * takes a second interrupt as the order to stop at once without saving. So it gets exactly one, from here; a second one only where it is given up.
 */
async function runInterruptible(request: ExecRequest, interrupted: AbortSignal): Promise<ExecResult> {
  const child = spawn(request.file, [...request.args], {
    cwd: request.cwd,
    env: { ...request.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
    windowsHide: true,
  });
  const interrupt = (): void => {
    void (request.beforeInterrupt?.() ?? Promise.resolve()).finally(() => child.kill('SIGINT'));
  };
  let secondInterrupt: NodeJS.Timeout | undefined;
  const giveUp = (): void => {
    interrupt();
    secondInterrupt = setTimeout(() => child.kill('SIGINT'), SECOND_INTERRUPT_MS);
  };
  interrupted.addEventListener('abort', interrupt, { once: true });
  request.givenUp?.addEventListener('abort', giveUp, { once: true });
  try {
    const [stdout, stderr, [exitCode]] = await Promise.all([
      readLines(child.stdout, request.onStdoutLine),
      readLines(child.stderr, request.onStderrLine),
      once(child, 'close') as Promise<[number | null]>,
    ]);
    return { exitCode: codeOf(exitCode), stdout, stderr };
  } finally {
    clearTimeout(secondInterrupt);
    interrupted.removeEventListener('abort', interrupt);
    request.givenUp?.removeEventListener('abort', giveUp);
  }
}

/** Everything a stream says, decoded as a whole so that no character is split; each whole line is passed on at once. */
async function readLines(stream: Readable, onLine: ((line: string) => void) | undefined): Promise<string> {
  stream.setEncoding('utf8');
  const chunks: string[] = [];
  let rest = '';
  for await (const chunk of stream as AsyncIterable<string>) {
    chunks.push(chunk);
    const lines = (rest + chunk).split(/\r?\n/);
    rest = lines.pop() ?? '';
    if (onLine !== undefined) lines.forEach(onLine);
  }
  if (rest !== '' && onLine !== undefined) onLine(rest);
  return chunks.join('');
}
