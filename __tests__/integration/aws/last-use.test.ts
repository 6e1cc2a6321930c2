/** What the action says of a key's last use, from what KMS answers. */

import { EncryptCommand } from '@aws-sdk/client-kms';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Emulator } from '../../../emulator/index.js';
import { askLastUse } from '../../../src/aws/last-usage.js';
import { sayLastUse } from '../../../src/plan/last-use.js';
import { createFamily, kmsIn } from '../../../emulator/__tests__/support.js';
import { clientsOf, startForAction, stopForAction } from '../../support/emulated-session.js';
import type { LastUse } from '../../../src/facts/kms-answers.js';
import { judgeUse } from '../../../src/guard/removal.js';

const [PRIMARY, SYDNEY, JAKARTA] = ['ap-southeast-1', 'ap-southeast-2', 'ap-southeast-3'] as const;
const HOUR_MS = 3_600_000;

let emulator: Emulator;
let keyId: string;
beforeEach(async () => {
  emulator = await startForAction({ region: PRIMARY });
  keyId = (await createFamily(emulator, [PRIMARY, SYDNEY, JAKARTA])).id;
});
afterEach(async () => {
  await stopForAction(emulator);
});

async function ask(regions: readonly string[]): Promise<LastUse[]> {
  return askLastUse(
    regions.map((region) => ({ region, keyId })),
    await clientsOf(emulator),
  );
}

const rules = (uses: readonly LastUse[], days: number): string[] =>
  judgeUse(uses, { days, now: emulator.clock.now() }).map(({ rule, region, regions }) =>
    [rule, ...(regions ?? [region ?? ''])].join(' '),
  );

test('each Region has a last use of its own, said by the operation and how long ago it was', async () => {
  await kmsIn(emulator, SYDNEY).send(new EncryptCommand({ KeyId: keyId, Plaintext: Buffer.from('x') }));
  emulator.clock.advance(3 * HOUR_MS);
  const [sydney, jakarta] = await ask([SYDNEY, JAKARTA]);
  if (sydney === undefined || jakarta === undefined) throw new Error('There is no answer.');
  const now = emulator.clock.now();
  expect(sayLastUse(sydney, now)).toBe('last used 3 hours ago (Encrypt)');
  const today = new Date(now - 3 * HOUR_MS).toISOString().slice(0, 10);
  expect(sayLastUse(jakarta, now)).toBe(`never used since it was created on ${today}`);
  expect(rules([sydney, jakarta], 1)).toEqual([`key-in-use ${SYDNEY}`]);
  expect(rules([sydney, jakarta], 0)).toEqual([]);
  emulator.clock.advanceDays(1);
  expect(rules([sydney, jakarta], 1)).toEqual([]);
});

test('a role that may not ask is told so, and stops only a plan whose keys have to be unused', async () => {
  emulator.faults.add({ match: { action: 'GetKeyLastUsage' }, effect: { type: 'access-denied' } });
  const uses = await ask([PRIMARY, SYDNEY]);
  expect(sayLastUse(uses[0] ?? never(), emulator.clock.now())).toBe(
    'when it was last used is not known (kms:GetKeyLastUsage is missing)',
  );
  expect(rules(uses, 0)).toEqual([]);
  expect(rules(uses, 30)).toEqual([`key-use-unknown ${PRIMARY} ${SYDNEY}`]);
});

function never(): never {
  throw new Error('There is no answer.');
}
