import { randomUUID } from 'node:crypto';
import { homedir, tmpdir, totalmem } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import * as core from '@actions/core';
import type { Clock, Deps, Runner } from './deps.js';
import { createExec } from './runner/exec.js';
import { createLog, withoutCommands } from './runner/log.js';
import { run } from './main.js';
import { tellFailure } from './tell-failure.js';
import { readProxySettings } from './runner/proxy.js';

const cancellation = new AbortController();

const clock: Clock = {
  now: Date.now,
  sleep: async (milliseconds, signal) => {
    await sleep(milliseconds, undefined, signal === undefined ? {} : { signal });
  },
};

const onRunner = process.env['GITHUB_ACTIONS'] === 'true';
if (!onRunner) process.stdout.write = withoutCommands(process.stdout.write.bind(process.stdout));

const log = createLog({
  write: (text) => process.stdout.write(text),
  toolkit: onRunner ? core : undefined,
  colour: process.stdout.isTTY && process.env['NO_COLOR'] === undefined,
  newToken: randomUUID,
});

const runner: Runner = {
  setOutput: (name, value) => {
    // Outside a runner @actions/core would print commands that nobody reads; the lines are for people then.
    if (process.env['GITHUB_OUTPUT']) core.setOutput(name, value);
    else process.stdout.write(`${name}=${value}\n`);
  },
  addSummary: async (markdown) => {
    if (process.env['GITHUB_STEP_SUMMARY']) await core.summary.addRaw(log.redact(markdown), true).write();
  },
};

function setEnv(name: string, value: string | undefined): void {
  if (value === undefined) Reflect.deleteProperty(process.env, name);
  else process.env[name] = value;
}

/** A container may have a user that its system does not know; Terraform and AWS's SDK both end without a home folder. */
function giveHome(): void {
  if (!hasHome()) setEnv('HOME', process.env['RUNNER_TEMP'] ?? tmpdir());
}

function hasHome(): boolean {
  try {
    return homedir() !== '';
  } catch {
    return false;
  }
}

function createDeps(): Deps {
  return {
    env: process.env,
    setEnv,
    loadEvent: async () => (await import('@actions/github')).context,
    log,
    exec: createExec(cancellation.signal),
    clock,
    platform: { os: process.platform, arch: process.arch },
    // Both keep to the limits of a container.
    memory: () => ({
      totalBytes:
        process.constrainedMemory() > 0 ? Math.min(totalmem(), process.constrainedMemory()) : totalmem(),
      availableBytes: process.availableMemory(),
    }),
    runner,
    moduleDir: path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..', 'terraform'),
    cancelled: cancellation.signal,
  };
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    cancellation.abort(new Error(`the step was cancelled (${signal})`));
  });
}

/** The toolkit and Terraform read where the proxies are out of the environment; their passwords are masked before. */
function prepareProxies({ log }: Deps): void {
  const { normalised, secrets } = readProxySettings(process.env);
  for (const secret of secrets) log.mask(secret);
  Object.assign(process.env, normalised);
}

// Node would print it as it is, with whatever is secret in it.
process.on('uncaughtException', (thrown) => {
  tellFailure(thrown, { log, env: process.env });
  process.exit(core.ExitCode.Failure);
});

giveHome();
const deps = createDeps();
try {
  prepareProxies(deps);
  await run(deps);
} catch (thrown) {
  tellFailure(thrown, deps);
  process.exitCode = core.ExitCode.Failure;
}

// What the libraries leave open (the socket of a refused download, a wait between attempts) must not keep the step.
setTimeout(() => process.exit(), 1_000).unref();
