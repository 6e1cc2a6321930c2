import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import type { Exec, ExecRequest, ExecResult } from './deps.js';

/**
 * Runs child processes for the action.
 *
 * Each child leads a process group of its own: at a terminal Ctrl-C reaches every process of the foreground group, and
 * Terraform takes a second interrupt as the order to stop at once without saving. So it gets exactly one, from here.
 * After a cancellation no other child is started: the runner kills what is left of the step 10 seconds later, and a
 * Terraform that is killed leaves its lock behind. Only a child that saves the state is (`evenWhenCancelled`).
 * @param interrupted aborted when the step is cancelled; the child is then sent one SIGINT and waited for
 */
export function createExec(interrupted: AbortSignal): Exec {
  return async (request) => {
    if (request.evenWhenCancelled !== true) interrupted.throwIfAborted();
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
    interrupted.addEventListener('abort', interrupt, { once: true });
    try {
      return await collect(
        child.stdout,
        child.stderr,
        request,
        once(child, 'close') as Promise<[number | null]>,
      );
    } finally {
      interrupted.removeEventListener('abort', interrupt);
    }
  };
}

async function collect(
  stdout: Readable,
  stderr: Readable,
  request: ExecRequest,
  closed: Promise<[number | null]>,
): Promise<ExecResult> {
  const [out, err, [exitCode]] = await Promise.all([
    readLines(stdout, request.onStdoutLine),
    readLines(stderr, request.onStderrLine),
    closed,
  ]);
  // A child that a signal ended has no code; any number but zero says that it did not succeed.
  return { exitCode: exitCode ?? 1, stdout: out, stderr: err };
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
