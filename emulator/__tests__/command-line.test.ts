import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import {
  CreateKeyCommand,
  DecryptCommand,
  EncryptCommand,
  KMSClient,
  ReplicateKeyCommand,
} from '@aws-sdk/client-kms';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { failureOf } from './support.js';
import { tempFolder } from '../../__tests__/support/temp-folder.js';

// A cold start compiles every file of the emulator first.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const PROGRAM = ['node_modules/tsx/dist/cli.mjs', 'emulator/main.ts'];

interface Line {
  readonly aws: string;
  readonly github: string;
  readonly bucket: string;
  readonly role: string;
  readonly env: Readonly<Record<string, string>>;
}

let folder: string;
let child: ChildProcess | undefined;
beforeEach(() => {
  folder = tempFolder('emulator test');
});
afterEach(async () => {
  if (child?.exitCode === null && child.signalCode === null) {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  child = undefined;
});

/** Starts the program as `npm run emulator` does, and reads the one line that it prints. */
async function start(args: readonly string[]): Promise<{ running: ChildProcess; line: Line }> {
  const running = spawn(process.execPath, [...PROGRAM, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  child = running;
  const [text] = (await once(createInterface(running.stdout), 'line')) as [string];
  return { running, line: JSON.parse(text) as Line };
}

function run(args: readonly string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [...PROGRAM, ...args], { encoding: 'utf8' });
}

function kms(line: Line, region: string): KMSClient {
  const { AWS_ACCESS_KEY_ID: accessKeyId = '', AWS_SECRET_ACCESS_KEY: secretAccessKey = '' } = line.env;
  return new KMSClient({
    endpoint: line.aws,
    region,
    credentials: { accessKeyId, secretAccessKey },
    maxAttempts: 1,
  });
}

describe('npm run emulator', () => {
  test('prints one line with all that a client needs, and serves until it is told to stop', async () => {
    const { running, line } = await start([]);
    expect(line.aws).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(line.role).toBe('arn:aws:iam::999900001111:role/kms-apply');
    expect(Object.keys(line.env)).toEqual(
      expect.arrayContaining([
        'AWS_ENDPOINT_URL',
        'AWS_ACCESS_KEY_ID',
        'AWS_SECRET_ACCESS_KEY',
        'AWS_REGION',
        'GITHUB_API_URL',
        'GITHUB_GRAPHQL_URL',
        'GITHUB_TOKEN',
        'ACTIONS_ID_TOKEN_REQUEST_URL',
        'ACTIONS_ID_TOKEN_REQUEST_TOKEN',
      ]),
    );
    expect(line.env['GITHUB_API_URL']).toBe(line.github);
    const { KeyMetadata } = await kms(line, 'eu-west-1').send(new CreateKeyCommand({}));
    expect(KeyMetadata?.KeyState).toBe('Enabled');
    running.kill('SIGTERM');
    expect(await once(running, 'exit')).toEqual([0, null]);
  });

  test('lets faults happen, and logs every call without a secret', async () => {
    const [faults, log] = [path.join(folder, 'faults.json'), path.join(folder, 'calls.jsonl')];
    const fault = { match: { action: 'ReplicateKey', nth: 1 }, effect: { type: 'throttle' } };
    writeFileSync(faults, JSON.stringify({ faults: [fault] }));
    const { line } = await start(['--faults', faults, '--log', log]);
    const client = kms(line, 'eu-west-1');
    const { KeyMetadata } = await client.send(new CreateKeyCommand({ MultiRegion: true }));
    const KeyId = KeyMetadata?.KeyId ?? '';
    const replicate = (): Promise<unknown> =>
      client.send(new ReplicateKeyCommand({ KeyId, ReplicaRegion: 'eu-west-2' }));
    expect(await failureOf(replicate())).toMatchObject({ name: 'ThrottlingException' });
    await replicate();
    const Plaintext = Buffer.from('do not write this down');
    const { CiphertextBlob } = await client.send(new EncryptCommand({ KeyId, Plaintext }));
    await client.send(new DecryptCommand({ CiphertextBlob }));

    const text = readFileSync(log, 'utf8');
    const calls = text
      .trimEnd()
      .split('\n')
      .map((one) => JSON.parse(one) as Record<string, unknown>);
    expect(calls.map(({ action, status, errorCode }) => [action, status, errorCode])).toEqual([
      ['CreateKey', 200, undefined],
      ['ReplicateKey', 400, 'ThrottlingException'],
      ['ReplicateKey', 200, undefined],
      ['Encrypt', 200, undefined],
      ['Decrypt', 200, undefined],
    ]);
    expect(calls[2]).toMatchObject({
      service: 'kms',
      region: 'eu-west-1',
      principal: 'arn:aws:iam::999900001111:user/emulator',
      resource: KeyId,
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    });
    const secrets = [Plaintext, Buffer.from(CiphertextBlob ?? [])].flatMap((bytes) => [
      bytes.toString(),
      bytes.toString('base64'),
    ]);
    for (const secret of [...secrets, line.env['AWS_SECRET_ACCESS_KEY'] ?? ''])
      expect(text).not.toContain(secret);
  });

  test.each([
    [['--port', 'many'], /--port/],
    [['--port', '65536'], /65535/],
    [['--portt', '1'], /--portt/],
    [['extra'], /extra/],
    [['--faults', 'no-such-file.json'], /--faults no-such-file\.json/],
  ])('refuses %j in words, with exit code 2', (args, message) => {
    const { status, stdout, stderr } = run(args);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/^\s+at /m);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
  });

  test('says so when the port is taken', async () => {
    const { line } = await start([]);
    const { status, stderr } = run(['--port', new URL(line.aws).port]);
    expect(stderr).toMatch(/EADDRINUSE/);
    expect(status).toBe(1);
  });
});
