import { CreateAliasCommand } from '@aws-sdk/client-kms';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Emulator } from '../../../emulator/index.js';
import { buildPlanModel } from '../../../src/plan/model.js';
import { askKeyFacts } from '../../../src/aws/key-facts.js';
import { askOf, judgeAnswers } from '../../../src/guard/preflight.js';
import { goldenPlan } from '../../unit/plan/raw-plan.js';
import { createFamily, createKey, kmsIn } from '../../../emulator/__tests__/support.js';
import { clientsOf, startForAction, stopForAction } from '../../support/emulated-session.js';

const PRIMARY = 'ap-southeast-1';
const [SYDNEY, JAKARTA, TOKYO] = ['ap-southeast-2', 'ap-southeast-3', 'ap-northeast-1'] as const;
const ALIAS = 'alias/aws_cb_cmk';

let emulator: Emulator;
beforeEach(async () => {
  emulator = await startForAction({ region: PRIMARY });
});
afterEach(async () => {
  await stopForAction(emulator);
});

/** Asks what a recorded plan needs; `id` takes the place of the key's recorded id. */
async function lookup(plan: string, id = ''): Promise<ReturnType<typeof judgeAnswers>> {
  const text = JSON.stringify(goldenPlan(plan));
  const model = buildPlanModel(JSON.parse(id === '' ? text : text.replace(/mrk-1{32}/g, id)));
  const creations = askOf(model);
  const questions = { existing: [], alias: ALIAS, creations, deletions: [] };
  const facts = await askKeyFacts(questions, await clientsOf(emulator));
  return judgeAnswers(creations, facts.creations);
}

async function takeAlias(region: string, keyId: string): Promise<void> {
  await kmsIn(emulator, region).send(new CreateAliasCommand({ AliasName: ALIAS, TargetKeyId: keyId }));
}

describe('before a key is made', () => {
  test('all is well where the aliases are free: one call for each Region', async () => {
    expect(await lookup('first-creation')).toEqual({ findings: [], notLookedAt: [], refused: [] });
    const asked = emulator.calls.find({}).map(({ action, region }) => `${action} ${region}`);
    expect(asked.sort()).toEqual([PRIMARY, SYDNEY, JAKARTA].map((region) => `DescribeKey ${region}`));
  });

  test('everything that is in the way is told at once, in plain words', async () => {
    const other = await createKey(kmsIn(emulator, SYDNEY), { MultiRegion: false });
    await takeAlias(SYDNEY, other.id);
    emulator.disabledRegions.add(JAKARTA);
    const { findings } = await lookup('first-creation');
    expect(findings.map(({ severity, rule, region }) => [severity, rule, region])).toEqual([
      ['stop', 'alias-taken', SYDNEY],
      ['stop', 'region-not-enabled', JAKARTA],
    ]);
    expect(findings.map(({ reason }) => reason)).toEqual([
      `In ${SYDNEY} the alias ${ALIAS} exists already, points to a key (${other.id}), and is not in this state.`,
      `AWS does not accept these credentials in ${JAKARTA}: the account has not enabled the Region, or it is still being enabled.`,
    ]);
  });

  test('an alias that points to a key one may not see is found in the list of aliases', async () => {
    await takeAlias(SYDNEY, (await createKey(kmsIn(emulator, SYDNEY))).id);
    emulator.faults.add({ match: { action: 'DescribeKey' }, effect: { type: 'access-denied' } });
    const { findings, notLookedAt } = await lookup('first-creation');
    expect(findings.map(({ rule, region }) => [rule, region])).toEqual([['alias-taken', SYDNEY]]);
    expect(notLookedAt).toEqual([]);
  });

  test('what the role may not look at stops nothing, and is said', async () => {
    emulator.faults.add({ match: { service: 'kms', region: JAKARTA }, effect: { type: 'access-denied' } });
    expect(await lookup('first-creation')).toEqual({
      findings: [],
      notLookedAt: [`${JAKARTA} (kms:ListAliases is missing)`],
      refused: [expect.objectContaining({ permission: 'kms:ListAliases', region: JAKARTA })],
    });
  });
});

describe('before a replica is added', () => {
  test('only its own Region is asked', async () => {
    const { id } = await createFamily(emulator, [PRIMARY, SYDNEY, JAKARTA]);
    emulator.calls.clear();
    expect(await lookup('region-added', id)).toEqual({ findings: [], notLookedAt: [], refused: [] });
    expect(emulator.calls.find({}).map(({ region }) => region)).toEqual([TOKYO]);
  });

  test('an alias that is this key’s own already is told from somebody else’s', async () => {
    const { id } = await createFamily(emulator, [PRIMARY, SYDNEY, JAKARTA, TOKYO]);
    await takeAlias(TOKYO, id);
    const [finding] = (await lookup('region-added', id)).findings;
    expect(finding?.reason).toContain('points to this very key');
    expect(finding?.wayOut).toContain('Set `allow-recovery: true`');
  });

  test('an alias of a key that is in the state, and is not there itself, can be imported', async () => {
    const { id } = await createFamily(emulator, [PRIMARY, SYDNEY, JAKARTA]);
    await takeAlias(JAKARTA, id);
    const recorded = JSON.stringify(goldenPlan('partly-applied')).match(/mrk-[0-9a-f]{32}/)?.[0] ?? '';
    expect(recorded).toBe(`mrk-${'1'.repeat(32)}`);
    const [finding] = (await lookup('partly-applied', id)).findings;
    expect(finding?.wayOut).toBe(
      `Set \`import-key: ${id}\`: the plan then takes it into the state, for review.`,
    );
  });
});

test.each(['no-change', 'account-added', 'rotation-off', 'destroy'])(
  'a plan that creates nothing (%s) asks nothing',
  async (name) => {
    await lookup(name);
    expect(emulator.calls.find({})).toEqual([]);
  },
);

test('a renamed alias asks for the new name alone', async () => {
  await lookup('alias-renamed');
  expect(new Set(emulator.calls.find({}).map(({ resource }) => resource))).toEqual(
    new Set(['alias/payments']),
  );
});
