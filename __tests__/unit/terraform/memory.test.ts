import { describe, expect, test } from 'vitest';
import { collectorSetting, memoryNotice } from '../../../src/terraform/memory.js';

const GIBIBYTE = 2 ** 30;
/** GitHub's smallest runner, with what its system takes in use. */
const runner = { totalBytes: 7 * GIBIBYTE, availableBytes: 5 * GIBIBYTE };
const small = { totalBytes: 2 * GIBIBYTE, availableBytes: 1 * GIBIBYTE };

describe('before a run', () => {
  test("GitHub's runners are told nothing, whatever the number of Regions", () => {
    expect(memoryNotice('aliases', 1, runner)).toBeUndefined();
    expect(memoryNotice('aliases', 34, runner)).toBeUndefined();
  });

  test('a machine that is too small is told how much is needed, how much there is, and the way out', () => {
    expect(memoryNotice('aliases', 1, small)).toBeUndefined();
    const said = memoryNotice('aliases', 10, small);
    expect(said).toContain('about 1.9 GiB of memory for 10 Regions; 1.0 GiB of the 2.0 GiB');
    expect(said).toContain('take a larger runner');
  });

  test('one process for all Regions needs no such notice', () => {
    expect(memoryNotice('region', 30, small)).toBeUndefined();
  });
});

describe("Go's collector", () => {
  test('runs less often where there is memory for it', () => {
    expect(collectorSetting(3, runner, {})).toEqual({ GOGC: '400' });
    expect(collectorSetting(34, runner, {})).toEqual({});
    expect(collectorSetting(3, small, {})).toEqual({});
  });

  test.each(['GOGC', 'GOMEMLIMIT'])('runs as the user says in %s', (name) => {
    expect(collectorSetting(3, runner, { [name]: '100' })).toEqual({});
  });
});
