import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { explainTerraformError, SYMPTOM_NAMES, symptomOf } from '../../../src/terraform/symptoms.js';
import { FAILURES_FOLDER, failureNames, readFailure, replayFailure } from '../../support/failures.js';

/** What a person reads of each recorded failure. UPDATE_GOLDEN=1 writes it anew; a person reads the difference. */
const MESSAGES = path.join(FAILURES_FOLDER, 'messages.txt');

/** What the emulator cannot provoke, or not in reasonable time, and where it is tried instead. */
const NOT_RECORDED: Readonly<Record<string, string>> = {
  quota: 'the SDK takes it for throttling and tries for minutes',
  throttled: 'the provider tries for minutes first; the fault matrix throttles for a while',
  'change-not-seen': 'the provider waits ten minutes; unit/terraform/waits.test.ts has what it says',
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
