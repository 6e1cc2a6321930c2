import { describe, expect, test } from 'vitest';
import { explainTerraformError } from '../../../src/terraform/symptoms.js';
import { TerraformError } from '../../../src/terraform/run.js';
import { failedOfWaitsAlone, findVainWaits, waitsAgain } from '../../../src/terraform/waits.js';
import type { PlanModel } from '../../../src/plan/types.js';

const TIMEOUT = "timeout while waiting for state to become 'TRUE' (last state: 'FALSE', timeout: 10m0s)";
const ADDRESS = 'module.primary.aws_kms_key.this';
const failure = (...summaries: string[]): TerraformError =>
  new TerraformError(
    'apply',
    1,
    summaries.map((summary) => ({ summary, detail: '', address: ADDRESS })),
  );

describe('a wait for what AWS has taken', () => {
  test.each([
    [`waiting for KMS Key (mrk-1) policy update: ${TIMEOUT}`, 'policy', /AWS made of the policy/],
    [`waiting for KMS Replica Key (mrk-1) policy update: ${TIMEOUT}`, 'policy', /AWS made of the policy/],
    [
      `updating KMS Key (mrk-1): waiting for KMS Key (mrk-1) policy propagation: ${TIMEOUT}`,
      'policy',
      /AWS made of the policy/,
    ],
    [`error waiting for KMS Key (mrk-1) policy propagation: ${TIMEOUT}`, 'policy', /AWS made of the policy/],
    [
      "waiting for KMS Key (mrk-1) policy update: couldn't find resource (21 retries)",
      'policy',
      /AWS made of the policy/,
    ],
    [`waiting for KMS Key (mrk-1) tag update: ${TIMEOUT}`, 'tags', /auto-tagger/],
    [`waiting for KMS Replica Key (mrk-1) tag update: ${TIMEOUT}`, 'tags', /auto-tagger/],
    ["waiting for KMS Key (mrk-1) tag propagation: couldn't find resource", 'tags', /auto-tagger/],
    [`waiting for KMS Key (mrk-1) description update: ${TIMEOUT}`, 'description', /the description/],
    [`waiting for KMS Key (mrk-1) rotation update: ${TIMEOUT}`, 'enable_key_rotation', /the rotation/],
  ])('%s', (summary, attribute, advice) => {
    const failed = failure(summary);
    expect(findVainWaits(failed)[0]).toMatchObject({ address: ADDRESS });
    expect(findVainWaits(failed)[0]?.attributes).toContain(attribute);
    const { what, next } = explainTerraformError(failed, '');
    expect(what).toMatch(/^AWS has taken .* of the key mrk-1/);
    expect(next).toMatch(advice);
  });

  test.each([
    'waiting for KMS Key (mrk-1) policy update: operation error KMS: GetKeyPolicy, api error AccessDeniedException: No',
    "waiting for KMS Replica Key (mrk-1) create: timeout while waiting for state to become 'Enabled'",
    'creating KMS Key: operation error KMS: CreateKey',
  ])('%s: is another failure', (summary) => {
    expect(findVainWaits(failure(summary))).toEqual([]);
  });

  test('is tried again only where something else is left', () => {
    const wait = `waiting for KMS Key (mrk-1) policy update: ${TIMEOUT}`;
    const left = (action: string, name: string, address = ADDRESS): Pick<PlanModel, 'resources'> =>
      ({ resources: [{ address, action, attributes: [{ name }] }] }) as unknown as Pick<
        PlanModel,
        'resources'
      >;
    const waits = findVainWaits(failure(wait));
    expect(waitsAgain(waits, left('update', 'policy'))).toBe(true);
    expect(waitsAgain(waits, left('update', 'description'))).toBe(false);
    expect(waitsAgain(waits, left('update', 'policy', 'module.primary.aws_kms_alias.this'))).toBe(false);
    expect(waitsAgain(waits, left('no-op', 'policy'))).toBe(false);
    expect(failedOfWaitsAlone(failure(wait, wait))).toBe(true);
    expect(failedOfWaitsAlone(failure(wait, 'something else'))).toBe(false);
    expect(failedOfWaitsAlone(failure())).toBe(false);
  });
});
