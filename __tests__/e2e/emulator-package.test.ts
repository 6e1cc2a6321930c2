import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { beforeAll, expect, test } from 'vitest';
import { CreateKeyCommand } from '@aws-sdk/client-kms';
import { kmsIn } from '../../emulator/__tests__/support.js';
import { tempFolder } from '../support/temp-folder.js';

const run = promisify(execFile);

/** A project that has nothing but the emulator's package, and no registry to take more from. */
let project: string;
beforeAll(async () => {
  project = tempFolder('emulator package');
  const { stdout } = await run('npm', ['pack', './emulator', '--silent', '--pack-destination', project]);
  writeFileSync(path.join(project, 'package.json'), '{"type":"module","private":true}');
  await run('npm', ['install', '--offline', '--no-audit', '--no-fund', `./${stdout.trim()}`], {
    cwd: project,
  });
}, 600_000);

test('npx starts the program, which serves until it is stopped', async () => {
  const running = spawn('npx', ['--offline', 'kms-multi-region-emulator', '--port', '0'], {
    cwd: project,
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  });
  try {
    const [line] = (await once(createInterface(running.stdout), 'line')) as [string];
    const { aws, env } = JSON.parse(line) as { aws: string; env: Record<string, string> };
    const key = await kmsIn({ url: aws, env }, 'eu-central-1').send(
      new CreateKeyCommand({ MultiRegion: true }),
    );
    expect(key.KeyMetadata?.KeyId).toMatch(/^mrk-[0-9a-f]{32}$/);
  } finally {
    process.kill(-(running.pid ?? 0), 'SIGTERM');
    await once(running, 'exit');
  }
}, 120_000);

test('another project starts the library, and is told its types', async () => {
  const source = `
    import { startEmulator, type Emulator } from 'kms-multi-region-emulator';
    const emulator: Emulator = await startEmulator({ region: 'eu-central-1' });
    const keys: number = emulator.kms.keys('eu-central-1').length;
    console.log(keys, emulator.bucket);
    await emulator.stop();`;
  writeFileSync(path.join(project, 'story.ts'), source);
  const { stdout } = await run(
    process.execPath,
    ['--experimental-strip-types', '--no-warnings', 'story.ts'],
    {
      cwd: project,
    },
  );
  expect(stdout).toBe('0 emulator-terraform-state\n');

  const types = path.resolve('node_modules/@types');
  const tsc = path.resolve('node_modules/typescript/bin/tsc');
  // As `tsc --init` writes it: what is wrong within a package's own types is left to it.
  const flags = [
    '--noEmit',
    '--strict',
    '--skipLibCheck',
    '--module',
    'nodenext',
    '--target',
    'es2024',
    '--types',
    'node',
  ];
  await run(process.execPath, [tsc, ...flags, '--typeRoots', types, 'story.ts'], { cwd: project });
}, 120_000);
