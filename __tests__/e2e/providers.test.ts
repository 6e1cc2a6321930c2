import {
  CreateKeyCommand,
  DisableKeyRotationCommand,
  ReplicateKeyCommand,
  UpdateKeyDescriptionCommand,
} from '@aws-sdk/client-kms';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { ActionRun } from '../../demo/action.js';
import { providerModeOf } from '../../src/terraform/provider-mode.js';
import { kmsIn } from '../../emulator/__tests__/support.js';
import { jsonOutput, startMainJob, type MainJob } from '../support/main-job.js';
import { WANTED_VERSIONS } from '../support/wanted-versions.js';
import { findProviders, type FoundProvider } from '../support/terraform.js';

vi.setConfig({ testTimeout: 900_000, hookTimeout: 900_000 });

const PRIMARY = 'ap-southeast-1';
const REPLICAS = ['ap-southeast-2', 'ap-southeast-3'];
/** Zurich: only providers from 4.40.0 on know it. */
const FURTHER = 'eu-central-2';

const found: readonly FoundProvider[] = findProviders();
const newest = found.at(-1);
const chosen = process.env['ALL_PROVIDERS'] === '1' ? found : [found[0], newest];
/** Each version once; without a mirror, the one that the action takes from the registry. */
const versions: readonly (FoundProvider | undefined)[] = [...new Set(chosen)];

const ran = versions.map((one) => one?.version ?? 'the default version, from the registry');
const notRun = [...new Set([...WANTED_VERSIONS, ...found.map(({ version }) => version)])].filter(
  (version) => !ran.includes(version),
);
process.stderr.write(`The article's story runs with hashicorp/aws ${ran.join(', ')}.\n`);
if (notRun.length > 0) {
  const here = notRun.filter((version) => found.some((one) => one.version === version));
  const missing = notRun.filter((version) => !here.includes(version));
  if (here.length > 0)
    process.stderr.write(`NOT run with ${here.join(', ')}: \`npm run test:providers\` does that.\n`);
  if (missing.length > 0)
    process.stderr.write(`NOT run with ${missing.join(', ')}: in no mirror on this machine.\n`);
}

function inputsFor(provider: FoundProvider | undefined): Record<string, string> {
  if (provider === undefined) return {};
  const { version, dir } = provider;
  // The article's own constraint, for its own version.
  return {
    'aws-provider-version': version.startsWith('3.64.') ? '~> 3.64.0' : version,
    'provider-mirror': dir,
  };
}

describe.each(versions.map((provider) => ({ provider, name: provider?.version ?? 'by default' })))(
  'the article with provider $name',
  ({ provider }) => {
    let job: MainJob;
    let regions = REPLICAS;
    let changed: Record<string, string> = { ...inputsFor(provider), 'state-key': 'article.tfstate' };
    beforeAll(async () => {
      job = await startMainJob();
    });
    afterAll(() => job.stop());

    const plan = (): Promise<ActionRun> => job.run(changed);
    const apply = (): Promise<ActionRun> => job.apply(changed);
    const calls = (action: string): number => job.emulator.calls.find({ action }).length;
    const keyIds = (): (string | undefined)[] =>
      [PRIMARY, ...regions].map(
        (region) => job.emulator.kms.keys(region).find(({ state }) => state === 'Enabled')?.id,
      );
    const atRest = async (): Promise<void> => {
      expect(await plan()).toMatchObject({ exitCode: 0, outputs: { 'has-changes': 'false' } });
    };

    test('is planned, and applied as it was approved; the keys prove to be one', async () => {
      const planned = await plan();
      expect(planned).toMatchObject({
        exitCode: 0,
        outputs: { 'to-add': '6', 'to-change': '0', 'to-destroy': '0' },
      });
      if (provider !== undefined) expect(planned.outputs['aws-provider-version']).toBe(provider.version);
      expect(calls('CreateKey')).toBe(0);
      const approved = { command: 'apply', 'approved-plan': planned.outputs['plan-digest'] ?? '' };
      const applied = await job.run({ ...changed, ...approved, verify: 'crypto' });
      expect(applied).toMatchObject({ exitCode: 0, outputs: { verified: 'true' } });
      expect(Object.keys(jsonOutput(applied, 'replica-key-arns'))).toEqual(REPLICAS);
      expect(new Set(keyIds())).toEqual(new Set([applied.outputs['key-id']]));
    });

    test('comes to rest, also where each service has an endpoint of its own', async () => {
      const { url } = job.emulator;
      const dead = 'http://127.0.0.1:9';
      const endpoints = Object.fromEntries(
        ['KMS', 'STS', 'IAM', 'S3'].map((service) => [`AWS_ENDPOINT_URL_${service}`, url]),
      );
      // Of an endpoint for S3 alone, Terraform puts the bucket into the host's name, and here that is a number.
      const byPath = { ...changed, 'backend-config': 'use_path_style=true' };
      const planned = await job.run(byPath, { AWS_ENDPOINT_URL: dead, ...endpoints });
      expect(planned).toMatchObject({ exitCode: 0, outputs: { 'has-changes': 'false' } });
    });

    test('gets a further Region, which the provider may not know', async () => {
      regions = [...REPLICAS, FURTHER];
      changed = { ...changed, 'replica-regions': regions.join(' ') };
      const applied = await apply();
      expect(applied).toMatchObject({
        exitCode: 0,
        outputs: { 'to-add': '2', 'to-change': '0', 'to-destroy': '0', verified: 'true' },
      });
      expect(new Set(keyIds())).toEqual(new Set([applied.outputs['key-id']]));
    });

    test('gets another alias, without a key being touched', async () => {
      changed = { ...changed, alias: 'renamed' };
      const applied = await job.apply({ ...changed, 'rename-alias-from': 'aws_cb_cmk' });
      expect(applied).toMatchObject({ exitCode: 0, outputs: { verified: 'true' } });
      expect(applied.outputs['alias-arns']).toContain('alias/renamed');
      expect(applied.outputs['alias-arns']).not.toContain('aws_cb_cmk');
    });

    test('lets an account in, by the policy of each key', async () => {
      changed = { ...changed, 'account-ids': '111122223333, 044455556666, 777788889999' };
      expect(await apply()).toMatchObject({
        exitCode: 0,
        outputs: { 'to-add': '0', 'to-change': '4', 'to-destroy': '0', verified: 'true' },
      });
      const policies = [PRIMARY, ...regions].map(
        (region) => job.emulator.kms.keys(region).find(({ state }) => state === 'Enabled')?.policy,
      );
      expect(policies.every((policy) => policy?.includes('777788889999') === true)).toBe(true);
    });

    test('shows what was changed by hand, and puts it back', async () => {
      const KeyId = keyIds()[0] ?? '';
      await kmsIn(job.emulator, PRIMARY).send(new DisableKeyRotationCommand({ KeyId }));
      await kmsIn(job.emulator, FURTHER).send(
        new UpdateKeyDescriptionCommand({ KeyId, Description: 'by hand' }),
      );
      const drifted = await job.run({ ...changed, command: 'drift' });
      expect(drifted).toMatchObject({ exitCode: 0, outputs: { drifted: 'true' } });
      expect(await apply()).toMatchObject({
        exitCode: 0,
        outputs: { 'to-add': '0', 'to-change': '2', 'to-destroy': '0' },
      });
      await atRest();
    });

    test('has its primary moved to a replica and back, and no key is made or given up', async () => {
      const before = { created: calls('CreateKey'), replicated: calls('ReplicateKey') };
      const [next = '', ...others] = regions;
      const move = { 'move-primary': 'true', 'state-region': PRIMARY };
      const there = { 'primary-region': next, 'replica-regions': [PRIMARY, ...others].join(' ') };
      for (const [to, where] of [
        [next, there],
        [PRIMARY, {}],
      ] as const) {
        expect(await job.apply({ ...changed, ...move, ...where })).toMatchObject({
          exitCode: 0,
          outputs: { 'to-add': '0', 'to-change': '0', 'to-destroy': '0', verified: 'true' },
        });
        expect(job.emulator.kms.keys(to)[0]).toMatchObject({ role: 'primary', state: 'Enabled' });
        expect(await job.run({ ...changed, ...move, ...where })).toMatchObject({
          outputs: { 'has-changes': 'false' },
        });
      }
      expect({ created: calls('CreateKey'), replicated: calls('ReplicateKey') }).toEqual(before);
    });

    if (provider !== newest) {
      test(`goes on with provider ${newest?.version ?? ''}, and no key changes`, async () => {
        const before = { ids: keyIds(), created: calls('CreateKey'), replicated: calls('ReplicateKey') };
        changed = { ...changed, ...inputsFor(newest) };
        // From aliases to `region`, the state learns the Regions first; then the addresses move.
        const newer = providerModeOf(newest?.version ?? '') !== providerModeOf(provider?.version ?? '');
        for (let step = newer ? 0 : 2; step < 2; step += 1)
          expect(await apply()).toMatchObject({
            exitCode: 0,
            outputs: { 'to-add': '0', 'to-destroy': '0' },
          });
        await atRest();
        expect({
          ids: keyIds(),
          created: calls('CreateKey'),
          replicated: calls('ReplicateKey'),
        }).toEqual(before);
      });
    }

    test('is destroyed, confirmed by its alias', async () => {
      expect(calls('ScheduleKeyDeletion')).toBe(0);
      const confirmed = { command: 'destroy', 'confirm-destroy': 'renamed', 'allow-destroy': 'true' };
      const destroyed = await job.run({ ...changed, ...confirmed, 'auto-approve': 'true' });
      expect(destroyed).toMatchObject({ exitCode: 0, outputs: { 'to-destroy': '8' } });
      expect(keyIds()).toEqual([undefined, undefined, undefined, undefined]);
      expect(calls('CreateKey')).toBe(1);
      expect(calls('ReplicateKey')).toBe(3);
    });

    test('imports a key that was made by hand, as it was reviewed', async () => {
      const kms = kmsIn(job.emulator, PRIMARY);
      const made = await kms.send(new CreateKeyCommand({ MultiRegion: true, Description: 'By hand' }));
      const KeyId = made.KeyMetadata?.KeyId ?? '';
      for (const ReplicaRegion of REPLICAS) await kms.send(new ReplicateKeyCommand({ KeyId, ReplicaRegion }));
      job.emulator.clock.advance(5_000);
      const taken = {
        ...inputsFor(provider),
        alias: 'imported',
        'state-key': 'imported.tfstate',
        'import-key': KeyId,
      };
      const planned = await job.run(taken);
      expect(planned).toMatchObject({ exitCode: 0, outputs: { 'to-destroy': '0', result: 'planned' } });
      const approved = { command: 'apply', 'approved-plan': planned.outputs['plan-digest'] ?? '' };
      expect(await job.run({ ...taken, ...approved, verify: 'crypto' })).toMatchObject({
        exitCode: 0,
        outputs: { 'to-destroy': '0', verified: 'true', 'key-id': KeyId },
      });
      expect(await job.run(taken)).toMatchObject({ outputs: { 'has-changes': 'false' } });
    });
  },
);
