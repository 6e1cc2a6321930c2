import { CreateKeyCommand, DecryptCommand, EncryptCommand, ReEncryptCommand } from '@aws-sdk/client-kms';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import type { ActionRun } from '../../demo/action.js';
import type { Fault } from '../../emulator/index.js';
import { kmsIn } from '../../emulator/__tests__/support.js';
import { startMainJob, type MainJob } from '../support/main-job.js';

vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 });

const ALIAS = 'alias/aws_cb_cmk';
const A = 'ap-southeast-1';
const B = 'ap-southeast-2';
const C = 'ap-southeast-3';
/** The state is in a Region of its own, as docs/disaster-recovery.md has it. */
const STATE = { 'state-region': 'eu-west-1', 'state-bucket': 'state-elsewhere' };

let job: MainJob;
beforeAll(async () => {
  job = await startMainJob();
  const { account, clock, s3 } = job.emulator;
  s3.add({ name: STATE['state-bucket'], region: STATE['state-region'], account, createdAt: clock.now() });
  const applied = await job.apply(STATE);
  expect({ log: applied.stdout, code: applied.exitCode }).toEqual({ log: applied.stdout, code: 0 });
});
afterAll(() => job.stop());
beforeEach(() => {
  job.emulator.faults.clear();
});

/** What would change a key or an alias. */
const changes = (): unknown[] =>
  job.emulator.calls
    .find({ service: 'kms' })
    .filter(({ action }) => !/^(Describe|Get|List|Encrypt|Decrypt)/.test(action));

/**
 * What the state has. A Terraform whose plan is interrupted writes its state again, as it was, under the next serial
 * (`opWait` of its local backend: "try to force a PersistState").
 */
function stateNow(): unknown {
  const [versions] = job.emulator.s3.find(STATE['state-bucket'])?.objects.values() ?? [];
  const { resources, outputs } = JSON.parse(versions?.at(-1)?.body.toString() ?? '{}') as Record<
    string,
    unknown
  >;
  return { resources, outputs };
}

const BLACK_HOLE: Fault['effect'] = { type: 'timeout' };
const REFUSED: Fault['effect'] = { type: 'reset' };

/** Runs a command while a Region is dead. @returns the run, and how many seconds it took */
async function runWithout(
  region: string,
  effect: Fault['effect'],
  changed: Readonly<Record<string, string>>,
): Promise<ActionRun & { readonly seconds: number }> {
  job.emulator.faults.add({ match: { region }, effect });
  const before = { changes: changes(), state: stateNow() };
  const started = Date.now();
  const run = await job.run({ ...STATE, ...changed });
  const seconds = (Date.now() - started) / 1000;
  process.stderr.write(
    `  ${changed['command'] ?? ''} without ${region} (${effect.type}): ${seconds.toFixed(1)} s\n`,
  );
  expect({ changes: changes(), state: stateNow() }).toEqual(before);
  expect(run.exitCode).toBe(1);
  expect(run.outputs['result']).toBe('failed');
  return { ...run, seconds };
}

test.each([
  ['plan', B, BLACK_HOLE],
  ['plan', B, REFUSED],
  ['plan', A, BLACK_HOLE],
  ['drift', C, BLACK_HOLE],
  ['drift', A, REFUSED],
] as const)(
  '%s says within 30 seconds that %s does not answer, and how the key in the others is',
  async (command, dead, effect) => {
    const run = await runWithout(dead, effect, { command });
    const others = [A, B, C].filter((region) => region !== dead);
    expect(run.stdout).toContain(`KMS does not answer: in ${dead}, `);
    expect(run.stdout).toContain(`In ${others.join(' and ')} the key is as the state has it.`);
    expect(run.stdout).toContain('Nothing was planned or changed.');
    expect(run.stdout).toContain('docs/disaster-recovery.md');
    expect(run.summary).toContain('KMS answers');
    expect(run.seconds).toBeLessThan(30);
  },
);

test('apply changes nothing where a Region does not answer', async () => {
  const run = await runWithout(B, REFUSED, {
    command: 'apply',
    'auto-approve': 'true',
    tags: '{"team":"a"}',
  });
  expect(run.stdout).toContain(`KMS does not answer: in ${B}, `);
});

test('verify proves that the replicas work as one key without their primary', async () => {
  const run = await runWithout(A, BLACK_HOLE, { command: 'verify', verify: 'crypto' });
  expect(run.outputs['verified']).toBe('false');
  expect(run.stdout).toContain(`${A}: KMS answers (no answer within 8 s)`);
  expect(run.stdout).not.toMatch(new RegExp(`(${B}|${C}): `));
  expect(run.summary).toContain(`decrypts what ${B} encrypted`);
  expect(run.seconds).toBeLessThan(30);
});

test('a state in the dead Region is said, and nothing waits for it', async () => {
  const run = await runWithout(A, BLACK_HOLE, {
    command: 'verify',
    'state-region': A,
    'state-bucket': job.emulator.bucket,
  });
  expect(run.stdout).toContain(`The state is in ${A}, too.`);
  expect(run.seconds).toBeLessThan(30);
});

test('a Region that left the inputs and is dead, too, is named', async () => {
  const run = await runWithout(C, BLACK_HOLE, { command: 'plan', 'replica-regions': B });
  expect(run.stdout).toContain(`KMS does not answer: in ${C}, `);
  expect(run.seconds).toBeLessThan(30);
});

test('when the Regions are back, nothing has changed', async () => {
  const plan = await job.run({ ...STATE, command: 'plan' });
  expect(plan.outputs['result']).toBe('no-changes');
  const verified = await job.run({ ...STATE, command: 'verify', verify: 'crypto' });
  expect(verified).toMatchObject({ exitCode: 0, outputs: { verified: 'true' } });
});

test('data under a single-Region key is brought over by re-encrypt, and then read in another Region', async () => {
  const [here, elsewhere] = [kmsIn(job.emulator, A), kmsIn(job.emulator, C)];
  const { KeyMetadata: single } = await here.send(new CreateKeyCommand({}));
  const Plaintext = Buffer.from('of the old days');
  const { CiphertextBlob: old } = await here.send(new EncryptCommand({ KeyId: single?.KeyId, Plaintext }));
  const { CiphertextBlob } = await here.send(
    new ReEncryptCommand({ CiphertextBlob: old, DestinationKeyId: ALIAS }),
  );
  job.emulator.faults.add({ match: { region: A }, effect: REFUSED });
  const read = await elsewhere.send(new DecryptCommand({ KeyId: ALIAS, CiphertextBlob }));
  expect(Buffer.from(read.Plaintext ?? [])).toEqual(Plaintext);
});
