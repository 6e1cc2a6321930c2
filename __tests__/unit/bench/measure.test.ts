import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { markdownTable, measure, treeOf } from '../../../bench/measure.js';

describe('the tree of a process', () => {
  const row = (pid: number, parent: number) => ({ pid, parent });

  test('is the process and all that descends from it, in whatever order they are listed', () => {
    const rows = [row(4, 3), row(3, 2), row(1, 0), row(2, 1), row(5, 1)];
    expect(treeOf(2, rows).map(({ pid }) => pid)).toEqual([4, 3, 2]);
  });

  test('is empty for a process that is gone', () => {
    expect(treeOf(9, [row(1, 0)])).toEqual([]);
  });
});

const hasProc = process.platform === 'linux';
if (!hasProc)
  process.stderr.write('NOT run: what reads the sizes of processes from /proc, as Linux has it.\n');
const onLinux = hasProc ? test : test.skip;

onLinux('the largest sample of a real process counts, and the time it took', async () => {
  // A child of a child holds 64 MiB for a moment, long enough to be seen on a busy machine.
  const held = 'const held = Buffer.alloc(64 * 1048576, 1); setTimeout(() => held.length, 2000)';
  const script = `require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(held)}])`;
  const cost = await measure(async (onStart) => {
    const child = spawn(process.execPath, ['-e', script], { stdio: 'ignore' });
    if (child.pid !== undefined) onStart(child.pid);
    await once(child, 'close');
  });
  expect(cost.peakBytes).toBeGreaterThan(64 * 2 ** 20);
  expect(cost.seconds).toBeGreaterThan(2);
});

onLinux('what processes share is counted once', async () => {
  // Thirty shells have the same program text and libraries: each is some MiB by its resident size.
  const cost = await measure(async (onStart) => {
    const script = 'for i in $(seq 30); do sh -c "sleep 2; true" & done; wait';
    const child = spawn('sh', ['-c', script], { stdio: 'ignore' });
    if (child.pid !== undefined) onStart(child.pid);
    await once(child, 'close');
  });
  expect(cost.peakBytes).toBeGreaterThan(0);
  expect(cost.peakBytes).toBeLessThan(30 * 2 ** 20);
});

test('a table is as wide as its widest cells', () => {
  expect(markdownTable(['Regions', 's'], [['1', '12.5']])).toBe(
    ['| Regions | s    |', '| ------- | ---- |', '| 1       | 12.5 |'].join('\n'),
  );
});
