/** A key that is brought back: real calls to an emulated KMS, with recorded plans. */

import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DescribeKeyCommand, ScheduleKeyDeletionCommand } from '@aws-sdk/client-kms';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createFamily, kmsIn } from '../../../emulator/__tests__/support.js';
import type { Emulator } from '../../../emulator/index.js';
import { planKnowingAws } from '../../../src/commands/plan/plan-knowing-aws.js';
import type { Setup } from '../../../src/commands/setup/set-up.js';
import type { Run } from '../../../src/run.js';
import { collect } from '../../support/collect.js';
import { clientsOf, startForAction, stopForAction } from '../../support/emulated-session.js';
import { read } from '../../support/inputs.js';
import { goldenPlan } from '../../unit/plan/raw-plan.js';

const [PRIMARY, SYDNEY, JAKARTA] = ['ap-southeast-1', 'ap-southeast-2', 'ap-southeast-3'] as const;

let emulator: Emulator;
let keyId: string;
beforeEach(async () => {
  emulator = await startForAction({ region: PRIMARY });
  keyId = (await createFamily(emulator, [PRIMARY, SYDNEY, JAKARTA])).id;
  await schedule();
});
afterEach(async () => {
  await stopForAction(emulator);
});

const schedule = (): Promise<unknown> =>
  kmsIn(emulator, SYDNEY).send(new ScheduleKeyDeletionCommand({ KeyId: keyId, PendingWindowInDays: 7 }));

/** Plans with `allow-recovery`, by these recorded plans in turn; what happens before the second is up to the test. */
async function recover(plans: readonly string[], beforeSecond: () => Promise<unknown>) {
  const left = [...plans];
  const terraform = {
    phase: (_: string, work: (phase: { say: () => void }) => unknown) => work({ say: () => undefined }),
    plan: async () => {
      if (left.length < plans.length) await beforeSecond();
      return '';
    },
    showPlan: () => {
      const text = JSON.stringify(goldenPlan(left.shift() ?? ''));
      return Promise.resolve(JSON.parse(text.replace(/mrk-1{32}/g, keyId)) as unknown);
    },
  };
  const log = {
    info: () => undefined,
    notice: () => undefined,
    redact: (text: string) => text,
    redactAll: (value: unknown) => value,
  };
  const run = {
    inputs: read({ command: 'apply', 'auto-approve': 'true', 'allow-recovery': 'true' }),
    deps: { log, clock: { now: () => emulator.clock.now() } },
    context: {},
  } as unknown as Run;
  const setup = {
    clients: await clientsOf(emulator),
    terraform,
    workDir: mkdtempSync(path.join(tmpdir(), 'plan-')),
    configuration: { extend: () => Promise.resolve() },
  } as unknown as Setup;
  const { value, results } = await collect(planKnowingAws(run, setup));
  return {
    rules: value.reported.findings.map(({ severity, rule, region }) => `${severity} ${rule} ${region ?? ''}`),
    broughtBack: [value.broughtBack, results.report?.broughtBack],
  };
}

test('its deletion is cancelled, it is enabled, and the plan after that has nothing against it', async () => {
  const { rules, broughtBack } = await recover(['drift-replica-pending', 'no-change'], () =>
    Promise.resolve(),
  );
  expect({ rules, broughtBack }).toEqual({ rules: [], broughtBack: [[SYDNEY], [SYDNEY]] });
  const { KeyMetadata } = await kmsIn(emulator, SYDNEY).send(new DescribeKeyCommand({ KeyId: keyId }));
  expect(KeyMetadata?.KeyState).toBe('Enabled');
});

test('one that is going to be deleted all the same stops the plan after that, and is not brought back twice', async () => {
  const plans = ['drift-replica-pending', 'drift-replica-pending'];
  const { rules } = await recover(plans, schedule);
  expect(rules).toContain(`stop replica-pending-deletion ${SYDNEY}`);
  expect(emulator.calls.find({ action: 'CancelKeyDeletion' })).toHaveLength(1);
});
