import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { explainTerraformError, SYMPTOM_NAMES, symptomOf } from '../../../src/terraform/symptoms.js';
import { TerraformError } from '../../../src/terraform/run.js';
import { FAILURES_FOLDER, failureNames, readFailure, replayFailure } from '../../support/failures.js';

/** What a person reads of each recorded failure. UPDATE_GOLDEN=1 writes it anew; a person reads the difference. */
const MESSAGES = path.join(FAILURES_FOLDER, 'messages.txt');

/** What the emulator cannot provoke, or not in reasonable time, and where it is tried instead. */
const NOT_RECORDED: Readonly<Record<string, string>> = {
  quota: 'the SDK takes it for throttling and tries for minutes',
  throttled: 'the provider tries for minutes first; the fault matrix throttles for a while',
  'download-checksum': 'e2e/provider-mirror.test.ts: a network mirror gives a provider with another checksum',
  'mirror-silent': 'e2e/provider-mirror.test.ts: the mirror is not there',
};

describe('what Terraform was recorded to say', () => {
  test('is told in plain words: what was wrong, what was done, what to do next', async () => {
    const told = await Promise.all(
      failureNames().map(async (name) => {
        const failure = readFailure(name);
        const { what, done, next } = explainTerraformError(await replayFailure(failure), 'DONE.');
        return `${name}: ${failure.provoked}\n  ${what}\n  ${done}\n  ${next}\n`;
      }),
    );
    const text = told.join('\n');
    if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(MESSAGES, text);
    expect(text).toBe(readFileSync(MESSAGES, 'utf8'));
  });

  test('has every symptom of the table, but for those that cannot be recorded', async () => {
    const found = await Promise.all(
      failureNames().map(async (name) => symptomOf((await replayFailure(readFailure(name))).text)),
    );
    const seen = new Set(found);
    const missing = SYMPTOM_NAMES.filter((name) => !seen.has(name));
    expect(missing.sort()).toEqual(Object.keys(NOT_RECORDED).sort());
  });

  test.each(failureNames())(
    '%s: one line each, and nothing of the machine that recorded it',
    async (name) => {
      const failure = readFailure(name);
      const { what, next } = explainTerraformError(await replayFailure(failure), '');
      expect(`${what}${next}`).not.toMatch(/\n|undefined|unknown\)/);
      expect(JSON.stringify(failure)).not.toMatch(/\/tmp\/|\/home\/|\/root\/|@(?!build-7)[\w-]+,/);
    },
  );
});

test('a refusal names the Region of the replica that it is about, and of the primary none that is another’s', () => {
  const text = 'api error AccessDeniedException: User: x is not authorized to perform: kms:ReplicateKey';
  const explain = (address: string): string =>
    explainTerraformError(new TerraformError('apply', 1, [{ summary: text, detail: '', address }]), 'DONE.')
      .message;
  for (const replica of ['module.replica_ap-southeast-2', 'module.replica["ap-southeast-2"]'])
    expect(explain(`${replica}.aws_kms_replica_key.this`)).toContain('kms:ReplicateKey in ap-southeast-2');
  expect(explain('module.primary.aws_kms_key.this')).not.toContain('kms:ReplicateKey in');
});
