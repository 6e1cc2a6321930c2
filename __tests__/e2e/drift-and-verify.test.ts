import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { jsonOutput, startMainJob, type MainJob } from '../support/main-job.js';

jest.setTimeout(900_000);

const REPLICA = 'ap-southeast-2';

describe('looking after a key that exists', () => {
  let job: MainJob;
  const run = (changed: Readonly<Record<string, string>>): ReturnType<MainJob['run']> =>
    job.run({ 'replica-regions': REPLICA, ...changed });
  /** What was asked of AWS that could have changed a key or its alias. */
  const changes = (): unknown[] =>
    job.emulator.calls
      .find({ service: 'kms' })
      .filter(({ action }) =>
        /^(Create|Put|Update|Delete|Schedule|Tag|Enable|Disable|Replicate)/.test(action),
      );
  beforeAll(async () => {
    job = await startMainJob();
  });
  afterAll(() => job.stop());

  test('verify without a key in the state fails, and says so', async () => {
    const verified = await run({ command: 'verify' });
    expect(verified.exitCode).toBe(1);
    expect(verified.stdout).toContain('The state knows no key, so there is nothing to verify.');
    expect(verified.outputs['verified']).toBeUndefined();
  });

  test('verify proves that the keys in the state are one key, and knows their names', async () => {
    const applied = await job.apply({ 'replica-regions': REPLICA });
    expect(applied.exitCode).toBe(0);
    const before = changes().length;
    const verified = await run({ command: 'verify', verify: 'crypto' });
    expect(verified).toMatchObject({
      exitCode: 0,
      outputs: { verified: 'true', 'account-id': job.emulator.account },
    });
    expect(verified.outputs['key-arns']).toBe(applied.outputs['key-arns']);
    expect(jsonOutput(verified, 'alias-arns')).toEqual(jsonOutput(applied, 'alias-arns'));
    expect(verified.summary).toContain('the keys work as one key in 2 Regions');
    expect(verified.summary).toContain('`accepts what the primary makes`');
    expect(changes()).toHaveLength(before);
  });
});
