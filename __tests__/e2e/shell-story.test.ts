import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { afterAll, expect, test, vi } from 'vitest';

vi.setConfig({ testTimeout: 900_000, hookTimeout: 900_000 });

const FILES = ['emulator.json', 'calls.json'];
afterAll(() => {
  for (const file of FILES) rmSync(file, { force: true });
});

/** The lines of emulator/README.md, as they stand there. */
function story(): string {
  const page = readFileSync('emulator/README.md', 'utf8');
  const found = /<!-- story: shell -->\s+```sh\n([\s\S]*?)\n```/.exec(page);
  if (found?.[1] === undefined) throw new Error('emulator/README.md has no story for the shell.');
  return found[1];
}

test('the story that emulator/README.md tells for the shell happens as it is told', () => {
  expect(FILES.filter((file) => existsSync(file))).toEqual([]);
  const { status, stdout, stderr } = spawnSync('bash', ['-eo', 'pipefail', '-c', story()], {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  expect([status, status === 0 ? '' : `${stdout}${stderr}`]).toEqual([0, '']);
  const results = [...stdout.matchAll(/^(plan|apply): (success|skipped|failure) (\{.*\})$/gm)].map(
    ([, job = '', result = '', outputs = '{}']) => [
      job,
      result,
      (JSON.parse(outputs) as Record<string, string>)['has-changes'],
    ],
  );
  expect(results).toEqual([
    ['plan', 'success', 'true'],
    ['apply', 'skipped', undefined],
    ['plan', 'success', 'true'],
    ['apply', 'success', undefined],
    ['plan', 'success', 'false'],
    ['apply', 'skipped', undefined],
  ]);
  expect(stdout).toContain('reviewers let the job through');
  const comments = stdout.split('<!-- aws-kms-multi-region-key').length - 1;
  expect(comments).toBeGreaterThanOrEqual(2);
});
