/** What is said of the action's own calls that a policy refuses: with each kind of policy, in the words of a golden file. */

import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { POLICY_KINDS } from '../../../emulator/aws/denial.js';
import type { Emulator } from '../../../emulator/index.js';
import { adviseOnRefusals } from '../../../src/facts/denial.js';
import { findKeys } from '../../../src/aws/key-facts.js';
import { askKms } from '../../../src/aws/key-wait.js';
import { askLastUse } from '../../../src/aws/last-usage.js';
import { lookUpAlias } from '../../../src/aws/key-lookup.js';
import { explainIdentityRefusal, explainRoleRefusal } from '../../../src/aws/refusal.js';
import { verifyKeys } from '../../../src/aws/verify.js';
import { messageOf } from '../../../src/errors.js';
import { denialText } from '../../../emulator/aws/denial.js';
import { FAILURES_FOLDER } from '../../support/failures.js';
import { createFamily } from '../../../emulator/__tests__/support.js';
import { clientsOf, startForAction, stopForAction } from '../../support/emulated-session.js';
import { judgeUse } from '../../../src/guard/removal.js';

/** UPDATE_GOLDEN=1 writes it anew. */
const GOLDEN = path.join(FAILURES_FOLDER, 'own-denials.txt');
const REGION = 'eu-west-1';
const ALIAS = 'alias/aws_cb_cmk';

let emulator: Emulator;
let keyId: string;
beforeAll(async () => {
  emulator = await startForAction({ region: REGION });
  keyId = (await createFamily(emulator, [REGION])).id;
});
afterAll(async () => {
  await stopForAction(emulator);
});

const thrownBy = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'nothing was thrown',
    (thrown: unknown) => messageOf(thrown),
  );

/** What each way of asking KMS says, by its name. */
async function askAll(): Promise<Readonly<Record<string, string>>> {
  const clients = await clientsOf(emulator);
  const place = { region: REGION, keyId };
  const key = { ...place, role: 'primary', arn: `arn:x:key/${keyId}`, alias: ALIAS, policy: '{}' } as const;
  const request = { keys: [key], mode: 'describe', clients, samePolicy: () => true } as const;
  const [row] = await verifyKeys(request);
  const uses = await askLastUse([place], clients);
  const [finding] = judgeUse(uses, { days: 90, now: emulator.clock.now() });
  const lookup = await lookUpAlias(clients, REGION, ALIAS);
  const ask = askKms(clients, { debug: () => undefined });
  return {
    preflight:
      lookup.is === 'unknown' && lookup.refused !== undefined
        ? `${lookup.because}. ${adviseOnRefusals([lookup.refused])}`
        : lookup.is,
    verify: `${String(row?.checks[0]?.detail)}. ${adviseOnRefusals(row?.checks.flatMap(({ refused }) => refused ?? []) ?? [])}`,
    'last use': `${finding?.reason ?? ''} ${finding?.wayOut ?? ''}`,
    wait: await thrownBy(ask({ region: REGION, id: keyId, name: `replica key in ${REGION}` })),
    'keys that exist': await thrownBy(findKeys([place], ALIAS, clients)),
  };
}

/** The same for STS, which the emulator refuses in other ways: the sentence is AWS's, as for KMS. */
function explainSts(policy: (typeof POLICY_KINDS)[number], explicit: boolean): Record<string, string> {
  const role = 'arn:aws:iam::999900001111:role/kms';
  const failureOf = (permission: string) => ({
    code: 'AccessDenied',
    message: denialText(
      { principal: role, permission, resource: role },
      { policy, explicit, policyArn: undefined },
    ),
    status: 403,
    attempts: 1,
  });
  const claims = { iss: undefined, sub: 'repo:o/r:ref:refs/heads/main', aud: ['sts.amazonaws.com'] };
  const request = {
    region: REGION,
    roleArn: role,
    audience: 'sts.amazonaws.com',
    durationSeconds: 3600,
    claims: claims as unknown as Parameters<typeof explainRoleRefusal>[0]['claims'],
  };
  return {
    'assume the role': explainRoleRefusal(request, failureOf('sts:AssumeRoleWithWebIdentity')).message,
    'ask who it is': explainIdentityRefusal(REGION, failureOf('sts:GetCallerIdentity')).message,
  };
}

test('the kind of policy that refused a call is named, with the advice that fits it', async () => {
  const told: string[] = [];
  for (const policy of POLICY_KINDS) {
    for (const explicit of [true, false]) {
      const remove = emulator.faults.add({
        match: { service: 'kms' },
        effect: { type: 'access-denied', policy, explicit },
      });
      const said = { ...(await askAll()), ...explainSts(policy, explicit) };
      remove();
      const isPlain = policy === 'identity-based policy' && !explicit;
      const names = isPlain ? new RegExp(`is missing|no ${policy} allows it`) : policy;
      for (const [asked, text] of Object.entries(said))
        expect([asked, text]).toEqual([asked, expect.stringMatching(names)]);
      const lines = Object.entries(said).map(([asked, text]) => `${asked}: ${text}`);
      told.push(`# ${policy}, ${explicit ? 'a Deny' : 'no Allow'}\n${lines.join('\n')}\n`);
    }
  }
  const text = told.join('\n').replaceAll(keyId, 'mrk-1');
  if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(GOLDEN, text);
  expect(text).toBe(readFileSync(GOLDEN, 'utf8'));
});
