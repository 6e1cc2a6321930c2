#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { messageOf } from '../src/errors.js';
import { readArguments, USAGE, type EmulatorArguments } from './args.js';
import { parseFaults, type FaultFile } from './faults.js';
import { startEmulator, type Emulator } from './index.js';

/** Exit codes: 2 for what the command line got wrong, 1 for everything else. */
const BAD_ARGUMENTS = 2;
const FAILED = 1;

interface Prepared {
  readonly args: EmulatorArguments;
  readonly faults: FaultFile;
}

async function main(): Promise<void> {
  const prepared = prepare();
  if (prepared === undefined) return;
  const { args, faults } = prepared;
  let emulator: Emulator;
  try {
    emulator = await startEmulator({
      port: args.port,
      faults: faults.faults,
      faultSeed: faults.seed,
      enforceKeyPolicies: args.enforceKeyPolicies,
      ...(args.bucket === undefined ? {} : { bucket: args.bucket }),
      ...(args.log === undefined ? {} : { logFile: args.log }),
    });
  } catch (thrown: unknown) {
    fail(`The emulator can't start: ${messageOf(thrown)}`, FAILED);
    return;
  }
  const { url, githubUrl, bucket, role, env } = emulator;
  process.stdout.write(`${JSON.stringify({ aws: url, github: githubUrl, bucket, role, env })}\n`);
  const stop = (): void => void emulator.stop();
  process.once('SIGINT', stop).once('SIGTERM', stop);
  stopWithNpm(stop);
}

/**
 * `npm run` puts a shell between itself and this process. When npm is killed, the shell goes with it and passes no
 * signal on, and an emulator that nobody can see would keep the port.
 */
function stopWithNpm(stop: () => void): void {
  if (process.env['npm_lifecycle_event'] === undefined) return;
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    stop();
  }, 500);
  timer.unref();
}

function prepare(): Prepared | undefined {
  try {
    const args = readArguments(process.argv.slice(2));
    return { args, faults: readFaults(args.faults) };
  } catch (thrown: unknown) {
    fail(`${messageOf(thrown)}\n${USAGE}`, BAD_ARGUMENTS);
    return undefined;
  }
}

function readFaults(file: string | undefined): FaultFile {
  if (file === undefined) return { seed: 1, faults: [] };
  try {
    return parseFaults(readFileSync(file, 'utf8'));
  } catch (thrown: unknown) {
    throw new Error(`--faults ${file}: ${messageOf(thrown)}`, { cause: thrown });
  }
}

function fail(message: string, code: number): void {
  process.stderr.write(`${message}\n`);
  process.exitCode = code;
}

await main();
