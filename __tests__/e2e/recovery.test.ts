import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, test } from 'vitest';
import { liveKeys } from '../../emulator/aws/s3/store.js';
import { readLedger } from '../support/ledger.js';
import { markAsUnfinished } from '../support/state-marks.js';
import { describeTools, jsonOutput, startMainJob, type MainJob } from '../support/main-job.js';

beforeAll(() => {
  process.stderr.write(`The recovery's tests run with ${describeTools()}.\n`);
});

/** Each with an AWS of its own; they mostly wait, so they do that together. */
function tryOut(name: string, work: (job: MainJob) => Promise<void>): void {
  test.concurrent(
    name,
    async () => {
      const job = await startMainJob();
      try {
        await work(job);
        // Whatever else a test shows: a key is never given up.
        expect(job.emulator.calls.find({ action: 'ScheduleKeyDeletion' })).toEqual([]);
      } finally {
        await job.stop();
      }
    },
    900_000,
  );
}

const replications = ({ emulator }: MainJob): unknown[] => emulator.calls.find({ action: 'ReplicateKey' });

/** A replica that is Creating until the emulator's clock is set forward. */
function slowDown({ emulator }: MainJob, region: string): void {
  emulator.faults.add({ match: { region }, effect: { type: 'slow-replica', seconds: 3600 } });
}

const finishWhenWaitedFor =
  ({ emulator }: MainJob) =>
  (text: string): void => {
    if (text.includes('Waiting for AWS')) emulator.clock.advance(3_600_000);
  };

describe('replicas that AWS takes longer to create than the provider waits', () => {
  tryOut(
    'all of them take longer than the provider waits, and the apply ends green in the same run',
    async (job) => {
      slowDown(job, '*');
      const applied = await job.run(
        { command: 'apply', 'auto-approve': 'true' },
        {},
        {},
        finishWhenWaitedFor(job),
      );
      expect(applied).toMatchObject({ exitCode: 0, outputs: { verified: 'true', 'to-add': '6' } });
      expect(Object.keys(jsonOutput(applied, 'alias-arns'))).toHaveLength(3);
      expect(replications(job)).toHaveLength(2);
      expect(applied.stdout).toContain('replica key in ap-southeast-3: failed while creating');
      expect(applied.stdout).toMatch(/^Waiting for AWS, \d+ s: replica key in ap-southeast-2 \(Creating\)/m);
      expect(applied.summary).toContain('AWS took longer than the AWS provider waits for');
    },
  );

  tryOut(
    'one slow replica of three, and a refusal that the state of a key does not allow it: green in the same run',
    async (job) => {
      slowDown(job, 'ap-southeast-2');
      // The provider does not wait its two minutes.
      job.emulator.faults.add({
        match: { action: 'DescribeKey', region: 'ap-southeast-2', resource: 'mrk-*', count: 1 },
        effect: { type: 'access-denied' },
      });
      const refused = job.emulator.faults.watch({
        match: { action: 'CreateAlias', region: 'ap-northeast-1', count: 1 },
        effect: { type: 'error', code: 'KMSInvalidStateException', message: 'the key is creating.' },
      });
      const applied = await job.run(
        {
          'replica-regions': 'ap-southeast-2, ap-southeast-3, ap-northeast-1',
          command: 'apply',
          'auto-approve': 'true',
        },
        {},
        {},
        finishWhenWaitedFor(job),
      );
      expect(applied).toMatchObject({ exitCode: 0, outputs: { verified: 'true', 'to-add': '8' } });
      expect(Object.keys(jsonOutput(applied, 'alias-arns'))).toHaveLength(4);
      expect(replications(job)).toHaveLength(3);
      expect(refused.happened()).toBe(1);
      expect(applied.stdout).toContain('replica key in ap-southeast-2: kept, Terraform will not replace it');
      expect(applied.stdout).toMatch(/^Waiting for AWS, 0 s: replica key in ap-southeast-2 \(Creating\)$/m);
      expect(readLedger(job.emulator)).toEqual({ unknown: [], missing: [], locks: [], tainted: [] });
    },
  );

  tryOut(
    'one slower than replica-timeout-minutes, whose answer got lost, too; a cancellation in the next wait; then the end',
    async (job) => {
      const region = 'ap-southeast-2';
      const alone = { 'replica-regions': region };
      const balanced = { unknown: [], missing: [], locks: [], tainted: [] };
      slowDown(job, region);
      // The provider asks again, and KMS says AlreadyExists; the run imports it, and KMS says InvalidState to what is left.
      job.emulator.faults.add({
        match: { action: 'ReplicateKey', count: 1 },
        effect: { type: 'reset', when: 'after' },
      });

      const outOfTime = await job.apply({ ...alone, 'replica-timeout-minutes': '1' });
      expect(outOfTime.exitCode).toBe(1);
      expect(outOfTime.stdout).toMatch(
        /^::error title=[^:]*::AWS is still creating the replica key in ap-southeast-2 after one more minute\. .*run the job again/m,
      );
      expect(Object.keys(jsonOutput(outOfTime, 'key-arns'))).toEqual(['ap-southeast-1', region]);
      expect(outOfTime.summary).toContain('AWS is still creating the replica key in `ap-southeast-2`');
      expect(readLedger(job.emulator)).toEqual(balanced);

      const cancelled = await job.cancel({ after: /Waiting for AWS, 0 s/, milliseconds: 500 }, alone);
      expect(cancelled.exitCode).toBe(1);
      expect(cancelled.tookMs).toBeLessThan(20_000);
      expect(cancelled.stdout).toMatch(/^::error title=[^:]*::The step was cancelled \(SIGINT\)\. /m);
      expect(readLedger(job.emulator)).toEqual(balanced);

      const applied = await job.run(
        { ...alone, command: 'apply', 'auto-approve': 'true' },
        {},
        {},
        finishWhenWaitedFor(job),
      );
      expect(applied).toMatchObject({ exitCode: 0, outputs: { verified: 'true' } });
      expect(replications(job)).toHaveLength(2);
      expect(job.emulator.kms.keys(region)).toHaveLength(1);
      expect(readLedger(job.emulator)).toEqual(balanced);
    },
  );

  tryOut(
    'a plan and an apply on a fresh runner go on from what an apply has left that was stopped',
    async (job) => {
      const region = 'ap-southeast-2';
      const alone = { 'replica-regions': region };
      job.emulator.faults.add({ match: { region }, effect: { type: 'slow-replica', seconds: 3600 } });
      const mend = job.emulator.faults.add({
        match: { action: 'DescribeKey', region },
        effect: { type: 'access-denied' },
      });
      const stopped = await job.apply(alone);
      expect(stopped.exitCode).toBe(1);
      expect(stopped.stdout).toContain(
        'KMS does not tell how the replica key in ap-southeast-2 is getting on',
      );
      const arn = (where: string): string =>
        `arn:aws:kms:${where}:${job.emulator.account}:key/${stopped.outputs['key-id'] ?? ''}`;
      expect(jsonOutput(stopped, 'key-arns')).toEqual({
        'ap-southeast-1': arn('ap-southeast-1'),
        [region]: arn(region),
      });
      expect(stopped.summary.replaceAll('<wbr>', '')).toContain(arn(region));
      mend();
      // As a run leaves it that was cancelled while it waited.
      const state = 'aws-kms-multi-region-key/aws_cb_cmk.tfstate';
      markAsUnfinished(job.emulator, state, 'aws_kms_replica_key', `module.replica_${region}`);

      const planned = await job.run(alone);
      expect(planned).toMatchObject({
        exitCode: 0,
        outputs: { 'to-add': '1', 'to-change': '0', 'to-destroy': '0' },
      });
      expect(planned.summary).toContain(
        'An earlier apply was stopped before AWS had finished the replica key',
      );

      const applied = await job.run(
        { ...alone, command: 'apply', 'approved-plan': planned.outputs['plan-digest'] ?? '' },
        {},
        {},
        finishWhenWaitedFor(job),
      );
      expect(applied).toMatchObject({ exitCode: 0, outputs: { verified: 'true', 'to-add': '1' } });
      expect(applied.stdout).toContain(`replica key in ${region}: kept, Terraform will not replace it`);
      expect(replications(job)).toHaveLength(1);
    },
  );
});

describe('a state that cannot be written at the end of apply', () => {
  const refuseState = ({ emulator }: MainJob, count?: number): (() => void) =>
    emulator.faults.add({
      match: { service: 's3', action: 'PutObject', resource: '*/*.tfstate', ...(count && { count }) },
      effect: { type: 'access-denied' },
    });
  const locks = ({ emulator }: MainJob): string[] => {
    const bucket = emulator.s3.find(emulator.bucket);
    return (bucket === undefined ? [] : liveKeys(bucket)).filter((key) => key.endsWith('.tflock'));
  };

  tryOut(
    'is pushed again; and when that fails too, it is kept, and the command in the message saves it',
    async (job) => {
      const alone = { 'replica-regions': '' };
      refuseState(job, 1);
      const applied = await job.apply(alone);
      expect(applied).toMatchObject({ exitCode: 0, outputs: { verified: 'true' } });
      expect(applied.summary).toContain('Terraform could not write its state at first; it was pushed again');

      const mend = refuseState(job);
      const changed = { ...alone, description: 'another' };
      const failed = await job.apply(changed);
      expect(failed.exitCode).toBe(1);
      expect(failed.outputs).toMatchObject({ 'key-id': applied.outputs['key-id'], 'to-change': '1' });
      const file = failed.outputs['errored-state-path'] ?? '';
      expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({ version: 4 });
      expect(failed.stdout).toMatch(
        /::error title=[^:]*::The state could not be saved\. The credentials are not allowed to.*\(terraform state: .*\) Done before it: primary key in ap-southeast-1\. The state in the backend is an older one/,
      );
      expect(failed.stdout).toContain('::group::The state that could not be saved (errored.tfstate)');
      expect(failed.summary).toContain('Do not run the job again before it is saved');
      expect(locks(job)).toEqual([]);

      mend();
      const command =
        /`(terraform -chdir=\S.*? state push errored\.tfstate)`/.exec(failed.stdout)?.[1] ?? 'false';
      const env = { ...process.env, ...job.emulator.env };
      await promisify(execFile)('sh', ['-c', command], { env, cwd: path.parse(file).root });
      expect((await job.run(changed)).outputs['has-changes']).toBe('false');
    },
  );
});
