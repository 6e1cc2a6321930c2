import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, test } from '@jest/globals';
import { markdownTable, measure, sumOfTree } from '../../../bench/measure.js';

describe('the memory of a process tree', () => {
  const row = (pid: number, parent: number, residentBytes: number) => ({ pid, parent, residentBytes });

  test('is that of the process and all that descends from it, in whatever order they are listed', () => {
    const rows = [row(4, 3, 1000), row(3, 2, 100), row(1, 0, 7), row(2, 1, 10), row(5, 1, 9)];
    expect(sumOfTree(2, rows)).toBe(1110);
  });

  test('is nothing for a process that is gone', () => {
    expect(sumOfTree(9, [row(1, 0, 7)])).toBe(0);
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

test('a table is as wide as its widest cells', () => {
  expect(markdownTable(['Regions', 's'], [['1', '12.5']])).toBe(
    ['| Regions | s    |', '| ------- | ---- |', '| 1       | 12.5 |'].join('\n'),
  );
});
