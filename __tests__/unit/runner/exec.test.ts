import { mkdirSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import type { ExecRequest } from '../../../src/deps.js';
import { createExec } from '../../../src/runner/exec.js';
import { tempFolder } from '../../support/temp-folder.js';

const node = (script: string, more: Partial<ExecRequest> = {}): ExecRequest => ({
  file: process.execPath,
  args: ['-e', script],
  cwd: '.',
  env: { ONLY: 'this' },
  ...more,
});

describe('a child process', () => {
  test('a failure is a result with its exit code and both streams', async () => {
    const exec = createExec(new AbortController().signal);
    await expect(exec(node('console.log("out"); console.error("err"); process.exit(3)'))).resolves.toEqual({
      exitCode: 3,
      stdout: 'out\n',
      stderr: 'err\n',
    });
  });

  test('has the environment that it is given and nothing beside it', async () => {
    const exec = createExec(new AbortController().signal);
    const { stdout } = await exec(
      node('console.log(JSON.stringify([process.env.ONLY, process.env.PATH ?? null]))'),
    );
    expect(JSON.parse(stdout)).toEqual(['this', null]);
  });

  test('its lines come one by one, whole, with split characters put together', async () => {
    const lines: string[] = [];
    const exec = createExec(new AbortController().signal);
    const script = `const b = Buffer.from('é1\\n2\\r\\nlast'); process.stdout.write(b.subarray(0, 1));
      setTimeout(() => process.stdout.write(b.subarray(1)), 50)`;
    await exec(node(script, { onStdoutLine: (line) => lines.push(line) }));
    expect(lines).toEqual(['é1', '2', 'last']);
  });

  test('gets exactly one SIGINT when the step is cancelled, and is waited for', async () => {
    const cancellation = new AbortController();
    const exec = createExec(cancellation.signal);
    const script = `let n = 0; process.on('SIGINT', () => { n++; setTimeout(() => { console.log('saved', n); process.exit(1) }, 100) });
      setInterval(() => {}, 1000); console.log('ready')`;
    const onStdoutLine = (): void => {
      cancellation.abort();
    };
    const result = await exec(node(script, { onStdoutLine }));
    expect(result).toMatchObject({ exitCode: 1, stdout: 'ready\nsaved 1\n' });
  });

  test('gets a second SIGINT where it is given up, and only there', async () => {
    const exec = createExec(new AbortController().signal);
    const givenUp = new AbortController();
    const script = `let n = 0; process.on('SIGINT', () => { if (++n === 2) { console.log('left'); process.exit(1) } });
      setInterval(() => {}, 1000); console.log('ready')`;
    const onStdoutLine = (): void => {
      givenUp.abort();
    };
    const result = await exec(node(script, { onStdoutLine, givenUp: givenUp.signal }));
    expect(result).toMatchObject({ exitCode: 1, stdout: 'ready\nleft\n' });
  });

  test('gets its SIGINT only once it may be interrupted', async () => {
    const cancellation = new AbortController();
    const exec = createExec(cancellation.signal);
    let born: () => void = () => undefined;
    const recorded = new Promise<void>((resolve) => (born = resolve));
    const beforeInterrupt = (): Promise<void> => recorded;
    const script = `process.on('SIGINT', () => { console.log('interrupted'); process.exit(1) });
      setTimeout(() => console.log('id recorded'), 50); setInterval(() => {}, 1000); console.log('ready')`;
    const onStdoutLine = (line: string): void => {
      if (line === 'ready') cancellation.abort();
      if (line === 'id recorded') born();
    };
    const result = await exec(node(script, { onStdoutLine, beforeInterrupt }));
    expect(result.stdout).toBe('ready\nid recorded\ninterrupted\n');
  });

  test('is not started after the cancellation, unless it saves the state', async () => {
    const exec = createExec(AbortSignal.abort(new Error('the step was cancelled')));
    await expect(exec(node('console.log("ran")'))).rejects.toThrow('the step was cancelled');
    await expect(exec(node('console.log("saved")', { evenWhenCancelled: true }))).resolves.toMatchObject({
      exitCode: 0,
      stdout: 'saved\n',
    });
  });

  test.each([
    [false, 'ENOENT'],
    [true, 'Unable to locate executable file: /nowhere/terraform'],
  ])('that cannot be started is an error (a query: %j)', async (isQuery, message) => {
    const exec = createExec(new AbortController().signal);
    await expect(exec(node('', { file: '/nowhere/terraform', isQuery }))).rejects.toThrow(message);
  });
});

/** This Node by another name, in a new folder. Windows allows neither such a name nor, to everybody, such a link. */
function linkTo(folder: string): string {
  const parent = path.join(tempFolder('exec'), folder);
  mkdirSync(parent);
  symlinkSync(process.execPath, path.join(parent, 'node'));
  return path.join(parent, 'node');
}

describe('a query', () => {
  const query = (script: string, more: Partial<ExecRequest> = {}): ExecRequest =>
    node(script, { isQuery: true, ...more });

  test('has both streams, its exit code, whole lines, an input that is closed, and nothing of it is printed', async () => {
    const printed = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    const lines: string[] = [];
    const exec = createExec(new AbortController().signal);
    const script = `process.stdin.on('end', () => { console.log('é1\\n2'); console.error('err'); process.exit(3) }).resume()`;
    const onLine = (line: string): number => lines.push(line);
    expect(await exec(query(script, { onStdoutLine: onLine, onStderrLine: onLine }))).toEqual({
      exitCode: 3,
      stdout: 'é1\n2\n',
      stderr: 'err\n',
    });
    expect(lines).toEqual(['é1', '2', 'err']);
    expect(printed).not.toHaveBeenCalled();
  });

  test('in a folder with a space, with the environment that it is given and nothing beside it', async () => {
    const file = process.platform === 'win32' ? process.execPath : linkTo('a "b" c');
    const script =
      'console.log(JSON.stringify([process.argv[1], process.env.ONLY, process.env.PATH ?? null]))';
    const exec = createExec(new AbortController().signal);
    const { stdout } = await exec(query('', { file, args: ['-e', script, 'x "y" $HOME'] }));
    expect(JSON.parse(stdout)).toEqual(['x "y" $HOME', 'this', null]);
  });

  test('that a signal ended did not succeed', async () => {
    const exec = createExec(new AbortController().signal);
    const { exitCode } = await exec(
      query('process.kill(process.pid, "SIGKILL"); setInterval(() => {}, 1000)'),
    );
    expect(exitCode).not.toBe(0);
  });

  test('is not waited for in a step that is cancelled, unless its answer is wanted then', async () => {
    const cancellation = new AbortController();
    const exec = createExec(cancellation.signal);
    const slow = exec(query('setTimeout(() => console.log("late"), 500)'));
    const wanted = exec(query('setTimeout(() => console.log("late"), 500)', { evenWhenCancelled: true }));
    cancellation.abort(new Error('the step was cancelled'));
    await expect(slow).rejects.toThrow('the step was cancelled');
    expect((await wanted).stdout).toBe('late\n');
    await expect(exec(query(''))).rejects.toThrow('the step was cancelled');
  });
});
