import { execFile, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { startEmulator, type Emulator } from '../index.js';
import { rootPolicy } from './support.js';
import { tempFolder } from '../../__tests__/support/temp-folder.js';

// The AWS CLI needs a second or more to start, and much longer on a busy machine.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });

const PRIMARY = 'ap-southeast-1';
const REPLICA = 'ap-southeast-2';

const found = spawnSync('aws', ['--version'], { encoding: 'utf8' });
const installed = found.status === 0;

let emulator: Emulator;
let folder: string;
let keyId: string;

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the CLI in a Region, with nothing of this machine's configuration. */
function aws(region: string, ...args: readonly string[]): Promise<Outcome> {
  const env = {
    PATH: process.env['PATH'],
    HOME: folder,
    ...emulator.env,
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_DEFAULT_OUTPUT: 'json',
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_MAX_ATTEMPTS: '1',
  };
  return new Promise((resolve) => {
    execFile('aws', args, { env, cwd: folder }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 1;
      resolve({ code, stdout, stderr });
    });
  });
}

async function answer(region: string, ...args: readonly string[]): Promise<Record<string, unknown>> {
  const { code, stdout, stderr } = await aws(region, ...args);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return JSON.parse(stdout) as Record<string, unknown>;
}

beforeAll(async () => {
  emulator = await startEmulator({ region: PRIMARY, disabledRegions: ['ap-southeast-4'] });
  folder = tempFolder('emulator-aws-cli');
});
afterAll(async () => {
  await emulator.stop();
});

describe('the AWS CLI', () => {
  if (!installed) {
    console.warn('THE EMULATOR IS NOT TESTED WITH THE AWS CLI: there is no `aws` on PATH.');
    test.todo('creates, replicates, encrypts and decrypts (not run: no AWS CLI on PATH)');
    return;
  }
  console.log((found.stdout || found.stderr).trim());

  test('creates a key, replicates it, and decrypts in one Region what it encrypted in the other', async () => {
    const created = await answer(PRIMARY, 'kms', 'create-key', '--multi-region');
    keyId = (created['KeyMetadata'] as { KeyId: string }).KeyId;
    await answer(PRIMARY, 'kms', 'replicate-key', '--key-id', keyId, '--replica-region', REPLICA);
    emulator.clock.advance(1000);
    writeFileSync(path.join(folder, 'plain'), 'across Regions');
    const encrypt = ['kms', 'encrypt', '--key-id', keyId, '--plaintext', 'fileb://plain'];
    const { CiphertextBlob } = await answer(PRIMARY, ...encrypt);
    writeFileSync(path.join(folder, 'cipher'), Buffer.from(String(CiphertextBlob), 'base64'));
    const opened = await answer(REPLICA, 'kms', 'decrypt', '--ciphertext-blob', 'fileb://cipher');
    expect(opened).toMatchObject({
      KeyId: `arn:aws:kms:${REPLICA}:999900001111:key/${keyId}`,
      Plaintext: Buffer.from('across Regions').toString('base64'),
    });
  });

  test.each<[what: string, error: string, args: () => string[], region?: string]>([
    [
      'a second replica in one Region',
      'AlreadyExistsException',
      () => ['replicate-key', '--key-id', keyId, '--replica-region', REPLICA],
    ],
    [
      'replicating a replica',
      'UnsupportedOperationException',
      () => ['replicate-key', '--key-id', keyId, '--replica-region', 'ap-southeast-3'],
      REPLICA,
    ],
    [
      'a deletion window of 3 days',
      'ValidationException',
      () => ['schedule-key-deletion', '--key-id', keyId, '--pending-window-in-days', '3'],
    ],
    [
      'an alias of AWS’s own',
      'NotAuthorizedException',
      () => ['create-alias', '--alias-name', 'alias/aws/x', '--target-key-id', keyId],
    ],
    [
      'a policy over 32 KiB',
      'LimitExceededException',
      () => {
        const sid = { Sid: 'x'.repeat(32_768), Effect: 'Allow', Action: 'kms:Sign', Resource: '*' };
        writeFileSync(
          path.join(folder, 'policy.json'),
          rootPolicy('999900001111', [{ ...sid, Principal: '*' }]),
        );
        return ['put-key-policy', '--key-id', keyId, '--policy', 'file://policy.json'];
      },
    ],
    [
      'an unknown key',
      'NotFoundException',
      () => ['describe-key', '--key-id', '00000000-0000-4000-8000-000000000000'],
    ],
    ['a disabled Region', 'UnrecognizedClientException', () => ['list-keys'], 'ap-southeast-4'],
  ])('is told of %s with %s', async (_what, error, args, region = PRIMARY) => {
    const { code, stderr } = await aws(region, 'kms', ...args());
    expect(stderr).toContain(`(${error})`);
    expect(code).not.toBe(0);
  });

  test('sees the primary wait when it deletes it while a replica lives', async () => {
    const args = ['kms', 'schedule-key-deletion', '--key-id', keyId, '--pending-window-in-days', '7'];
    const scheduled = await answer(PRIMARY, ...args);
    expect(scheduled).toMatchObject({ KeyState: 'PendingReplicaDeletion', PendingWindowInDays: 7 });
    expect(scheduled).not.toHaveProperty('DeletionDate');
    expect(emulator.kms.keys(REPLICA)).toMatchObject([{ state: 'Enabled' }]);
  });

  test('copies to the bucket and from it', async () => {
    writeFileSync(path.join(folder, 'state'), '{"serial": 1}');
    const target = `s3://${emulator.bucket}/a folder/state`;
    expect(await aws(PRIMARY, 's3', 'cp', 'state', target)).toMatchObject({ code: 0 });
    expect(await aws(PRIMARY, 's3', 'cp', target, '-')).toMatchObject({ code: 0, stdout: '{"serial": 1}' });
  });

  test('knows who it is', async () => {
    expect(await answer(PRIMARY, 'sts', 'get-caller-identity')).toMatchObject({
      Account: '999900001111',
      Arn: 'arn:aws:iam::999900001111:user/emulator',
    });
  });

  test('is told by name what the emulator leaves out', async () => {
    const { stderr } = await aws(PRIMARY, 'iam', 'list-users');
    expect(stderr).toContain('The emulator does not implement iam:ListUsers.');
  });
});
