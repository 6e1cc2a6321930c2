import { createRedactor } from '../../src/runner/redaction.js';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Exec } from '../../src/deps.js';
import { createTerraform, TerraformError } from '../../src/terraform/run.js';

/** What `scripts/make-failure-fixtures.ts` records of a Terraform command that failed. */
export interface RecordedFailure {
  /** What was wrong, in words. */
  readonly provoked: string;
  readonly command: string;
  readonly exitCode: number;
  /** Lines. */
  readonly stderr: readonly string[];
  /** Lines, of `apply -json` those of errors alone. */
  readonly stdout: readonly string[];
}

export const FAILURES_FOLDER = path.join(
  path.dirname(path.dirname(fileURLToPath(import.meta.url))),
  'golden',
  'failures',
);

export function failureNames(): string[] {
  return readdirSync(FAILURES_FOLDER)
    .filter((file) => file.endsWith('.json'))
    .map((file) => file.slice(0, -'.json'.length))
    .sort();
}

export function readFailure(name: string): RecordedFailure {
  return JSON.parse(readFileSync(path.join(FAILURES_FOLDER, `${name}.json`), 'utf8')) as RecordedFailure;
}

/** What the action throws when Terraform ends like this: the recorded output, read by the code that reads Terraform's. */
export async function replayFailure(failure: RecordedFailure): Promise<TerraformError> {
  const [stderr, stdout] = [failure.stderr.join('\n'), failure.stdout.join('\n')];
  const exec: Exec = ({ onStdoutLine, onStderrLine }) => {
    failure.stdout.forEach((line) => onStdoutLine?.(line));
    failure.stderr.forEach((line) => onStderrLine?.(line));
    return Promise.resolve({ exitCode: failure.exitCode, stdout, stderr });
  };
  const terraform = createTerraform({
    path: 'terraform',
    workDir: '.',
    environment: () => ({}),
    exec,
    clock: { now: () => 0, sleep: () => Promise.resolve() },
    lockTimeoutSeconds: 0,
    onLine: () => undefined,
    secrets: createRedactor(),
  });
  const run: Readonly<Record<string, () => Promise<unknown>>> = {
    init: () => terraform.init({}),
    plan: () => terraform.plan({}),
    apply: () => terraform.apply(() => undefined),
    state: () => terraform.pushState('errored.tfstate'),
  };
  const thrown: unknown = await run[failure.command]?.().then(
    () => undefined,
    (error: unknown) => error,
  );
  if (thrown instanceof TerraformError) return thrown;
  throw new Error(`terraform ${failure.command} did not fail`);
}
