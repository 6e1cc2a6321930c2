import { afterEach, beforeEach, expect, test } from 'vitest';
import { createKey, kmsIn, rootPolicy, type CreatedKey } from '../../../emulator/__tests__/support.js';
import type { Emulator } from '../../../emulator/index.js';
import { tellingOrphanedKeys } from '../../../src/commands/apply/tell-orphaned-keys.js';
import type { Setup } from '../../../src/commands/setup/set-up.js';
import { ActionError } from '../../../src/errors.js';
import type { PlanModel } from '../../../src/plan/types.js';
import type { Reporting, Run } from '../../../src/run.js';
import { TerraformError } from '../../../src/terraform/run.js';
import { settle } from '../../support/collect.js';
import { clientsOf, startForAction, stopForAction } from '../../support/emulated-session.js';
import { read } from '../../support/inputs.js';

const REGION = 'ap-southeast-1';

let emulator: Emulator;
beforeEach(async () => {
  emulator = await startForAction({ region: REGION });
});
afterEach(async () => {
  await stopForAction(emulator);
});

/** Makes a key as planned, whose id the run may or may not learn. */
const make = (): Promise<CreatedKey> =>
  createKey(kmsIn(emulator, REGION), {
    Description: read().description,
    Policy: rootPolicy(emulator.account),
  });

/** @returns all that is told of such an apply, and what it ended with */
async function tellOf(apply: () => Reporting<string>): Promise<{ notes: readonly string[]; ended: unknown }> {
  const run = {
    inputs: read(),
    deps: {
      log: { info: () => undefined, warning: () => undefined },
      clock: { now: () => emulator.clock.now() },
      cancelled: new AbortController().signal,
    },
  } as unknown as Run;
  const setup = { clients: await clientsOf(emulator) } as unknown as Setup;
  const after = { policy: rootPolicy(emulator.account) };
  const model = { resources: [{ kind: 'primary', action: 'create', after }] } as unknown as PlanModel;
  const { ended, results } = await settle(tellingOrphanedKeys(run, setup, model, apply));
  return {
    notes: results.notes ?? [],
    ended: ended.status === 'fulfilled' ? ended.value : (ended.reason as unknown),
  };
}

function failure(summary: string): ActionError {
  const cause = new TerraformError('apply', 1, [{ summary, detail: '', address: undefined }]);
  return new ActionError({ what: 'It failed.', done: '', next: '' }, { cause });
}

test('a key whose id never came is told of, however the apply ended, and that stays as it was', async () => {
  const lost: CreatedKey[] = [];
  const thrown = failure('connection reset');
  const failed = await tellOf(async function* () {
    lost.push(await make());
    yield { notes: ['before'] };
    throw thrown;
  });
  expect(failed.ended).toBe(thrown);
  expect(failed.notes).toEqual(['before', expect.stringContaining(lost[0]?.arn ?? '?')]);
});

test('a key is no orphan whose id the run has, in its outputs or in the failure that waited for it', async () => {
  const applied = await tellOf(async function* () {
    yield { outputs: { 'key-id': (await make()).id } };
    return 'applied';
  });
  expect(applied).toEqual({ notes: [], ended: 'applied' });
  emulator.clock.advanceDays(1);
  const failed = await tellOf(async function* () {
    const { id } = await make();
    yield {};
    throw failure(`waiting for KMS Key (${id}) to be ready`);
  });
  expect(failed.notes).toEqual([]);
});
