/** docs/iam.md, as far as it can be held against the emulator's STS and KMS without Terraform. */

import { AssumeRoleWithWebIdentityCommand } from '@aws-sdk/client-sts';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startEmulator, type Emulator } from '../../../emulator/index.js';
import type { JobOptions } from '../../../emulator/github/types.js';
import type { KeySpec, KeyUsage } from '../../../src/facts/key-specs.js';
import type { ExpectedKey } from '../../../src/aws/key-check.js';
import { clientsOf } from '../../support/emulated-session.js';
import { verifyKeys } from '../../../src/aws/verify.js';
import { DOCUMENT, readPolicyText } from '../../support/iam.js';
import { createFamily, stsIn } from '../../../emulator/__tests__/support.js';

let emulator: Emulator;
beforeEach(async () => {
  emulator = await startEmulator({
    github: { repository: { fullName: 'octo-org/octo-repo', id: 7_654_321, ownerId: 1_234_567 } },
  });
});
afterEach(() => emulator.stop());

describe('the trust policies of docs/iam.md', () => {
  const pullRequest: JobOptions = { eventName: 'pull_request', ref: 'refs/pull/7/merge' };
  const onMain: JobOptions = { ref: 'refs/heads/main' };
  const onBranch: JobOptions = { ref: 'refs/heads/main-2' };
  const production: JobOptions = { environment: 'production' };
  const staging: JobOptions = { environment: 'staging' };
  const elsewhere: JobOptions = { ...pullRequest, repository: 'octo-org/octo-repo-2' };
  const elsewhereToo: JobOptions = { ...production, repository: 'octo-org/octo-repo-2' };

  async function isLetIn(policy: string, job: JobOptions): Promise<boolean> {
    const arn = emulator.role;
    emulator.sts.roles.set(arn, { arn, trustPolicy: readPolicyText(policy) });
    const { ACTIONS_ID_TOKEN_REQUEST_URL: url, ACTIONS_ID_TOKEN_REQUEST_TOKEN: bearer } = emulator.github.env(
      emulator.github.startJob(job),
    );
    const response = await fetch(`${url}&audience=sts.amazonaws.com`, {
      headers: { authorization: `Bearer ${bearer}` },
    });
    const { value } = (await response.json()) as { value: string };
    const request = { RoleArn: arn, RoleSessionName: 'test', WebIdentityToken: value };
    return stsIn(emulator, emulator.region)
      .send(new AssumeRoleWithWebIdentityCommand(request))
      .then(
        () => true,
        (error: unknown) => {
          if (error instanceof Error && /AccessDenied/.test(error.name)) return false;
          throw error;
        },
      );
  }

  describe.each(['classic', 'immutable'] as const)('in the %s form', (subjectForm) => {
    const other = subjectForm === 'classic' ? 'immutable' : 'classic';

    test('plan lets pull requests and the branch in, and nobody else', async () => {
      emulator.github.addRepository({ fullName: 'octo-org/octo-repo-2' });
      const policy = `trust-plan-${subjectForm}`;
      for (const job of [pullRequest, onMain])
        expect([job, await isLetIn(policy, { ...job, subjectForm })]).toEqual([job, true]);
      for (const job of [onBranch, production, elsewhere])
        expect([job, await isLetIn(policy, { ...job, subjectForm })]).toEqual([job, false]);
      expect(await isLetIn(policy, { ...onMain, subjectForm: other })).toBe(false);
    });

    test('apply lets the environment in, and nobody else', async () => {
      emulator.github.addRepository({ fullName: 'octo-org/octo-repo-2' });
      const policy = `trust-apply-${subjectForm}`;
      expect(await isLetIn(policy, { ...production, subjectForm })).toBe(true);
      for (const job of [pullRequest, onMain, staging, elsewhereToo])
        expect([job, await isLetIn(policy, { ...job, subjectForm })]).toEqual([job, false]);
      expect(await isLetIn(policy, { ...production, subjectForm: other })).toBe(false);
    });
  });
});

const SPECS: Readonly<Record<string, KeySpec>> = {
  ENCRYPT_DECRYPT: 'SYMMETRIC_DEFAULT',
  SIGN_VERIFY: 'ECC_NIST_P256',
  GENERATE_VERIFY_MAC: 'HMAC_256',
  KEY_AGREEMENT: 'ECC_NIST_P256',
};

const rows = [...DOCUMENT.matchAll(/^\| `([A-Z_]+)` +\| (.+?) *\|$/gm)].map(
  ([, usage = '', actions = '']): [KeyUsage, string[]] => [
    usage as KeyUsage,
    [...actions.matchAll(/kms:\w+/g)].map(([action]) => action),
  ],
);

test('docs/iam.md has a row for each usage', () => {
  expect(rows.map(([usage]) => usage)).toEqual(Object.keys(SPECS));
});

test.each(rows)('proving %s takes what docs/iam.md says: %s', async (usage, actions) => {
  const environment = { AWS_ENDPOINT_URL: emulator.url };
  const before = { ...process.env };
  Object.assign(process.env, environment);
  try {
    const regions = ['ap-southeast-1', 'ap-southeast-2'] as const;
    const { arn } = await createFamily(emulator, regions, { KeySpec: SPECS[usage], KeyUsage: usage });
    emulator.calls.clear();
    const keys = regions.map((region, index): ExpectedKey => ({
      region,
      role: index === 0 ? 'primary' : 'replica',
      arn: arn.replace(regions[0], region),
      alias: 'alias/none',
      policy: undefined,
    }));
    const proved = await verifyKeys({
      keys,
      mode: 'crypto',
      clients: await clientsOf(emulator),
      samePolicy: () => true,
    });
    const proofs = proved.flatMap(({ checks }) =>
      checks.filter(({ usesKey }) => usesKey === true).map(({ ok }) => ok),
    );
    expect(proofs).toEqual([true, true, true]);
    const called = emulator.calls.actions().filter((action) => action !== 'kms:DescribeKey');
    expect(called).toEqual(actions);
  } finally {
    process.env = before;
  }
});
