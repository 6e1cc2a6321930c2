import { afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { describeTools, jsonOutput, startMainJob, type MainJob } from '../support/main-job.js';

jest.setTimeout(900_000);

beforeAll(() => {
  process.stderr.write(`The recovery's tests run with ${describeTools()}.\n`);
});

describe('replicas that AWS takes longer to create than the provider waits', () => {
  let job: MainJob;
  beforeEach(async () => {
    job = await startMainJob();
  });
  afterEach(async () => {
    // Whatever else a test shows: a key is never given up.
    expect(job.emulator.calls.find({ action: 'ScheduleKeyDeletion' })).toEqual([]);
    await job.stop();
  });

  const replications = (): unknown[] => job.emulator.calls.find({ action: 'ReplicateKey' });

  test('really slow: all of them take 150 seconds, and the apply ends green in the same run', async () => {
    job.emulator.faults.add({ match: { region: '*' }, effect: { type: 'slow-replica', seconds: 150 } });
    const applied = await job.apply();
    expect(applied).toMatchObject({ exitCode: 0, outputs: { verified: 'true', 'to-add': '6' } });
    expect(Object.keys(jsonOutput(applied, 'alias-arns'))).toHaveLength(3);
    expect(replications()).toHaveLength(2);
    expect(applied.stdout).toContain('replica key in ap-southeast-3: failed while creating');
    expect(applied.stdout).toMatch(/^Waiting for AWS, \d+ s: replica key in ap-southeast-2 \(Creating\)/m);
    expect(applied.summary).toContain('AWS took longer than the AWS provider waits for');
  });
});
