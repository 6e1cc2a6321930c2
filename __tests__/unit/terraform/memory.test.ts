import { describe, expect, test } from '@jest/globals';
import { memoryNotice } from '../../../src/terraform/memory.js';

const GIBIBYTE = 2 ** 30;
/** GitHub's runner for private repositories, with some of it in use. */
const runner = { totalBytes: 7 * GIBIBYTE, availableBytes: 6 * GIBIBYTE };

describe('before a run', () => {
  test('a runner that has the memory for all Regions is told nothing', () => {
    expect(memoryNotice('aliases', 1, runner)).toBeUndefined();
    expect(memoryNotice('aliases', 10, runner)).toBeUndefined();
  });

  test('one that does not is told how much is needed, how much there is, and the way out', () => {
    const said = memoryNotice('aliases', 17, runner);
    expect(said).toContain('need about 9.4 GiB of memory together; 6.0 GiB of the 7.0 GiB');
    expect(said).toContain('a 6.x `aws-provider-version`');
  });

  test('one process for all Regions needs no such notice', () => {
    expect(memoryNotice('region', 30, runner)).toBeUndefined();
  });
});
