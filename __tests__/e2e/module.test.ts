import { cp, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { startEmulator, type Emulator } from '../../emulator/index.js';
import {
  MULTI_REGION_KEY_SPECS,
  specAllowsRotation,
  specNeedsProvider,
  usagesFor,
} from '../../src/facts/key-specs.js';
import type { ResourceChange } from '../../src/plan/types.js';
import { read } from '../support/inputs.js';
import {
  INIT,
  openRenderedTerraform,
  runTerraform,
  runTerraformOk,
  type RenderedTerraform,
} from '../support/rendered-terraform.js';
import { tempFolder } from '../support/temp-folder.js';

vi.setConfig({ testTimeout: 900_000, hookTimeout: 900_000 });

const PROVIDER = '5.100.0';
const MODULES = ['key-policy', 'primary', 'replica'];

let folder: string;

beforeEach(() => {
  folder = tempFolder('module');
});

describe('the bundled modules', () => {
  test('are formatted as Terraform formats', async () => {
    const { exitCode, output } = await runTerraform(path.resolve('terraform'), [
      'fmt',
      '-check',
      '-recursive',
    ]);
    expect({ exitCode, output }).toEqual({ exitCode: 0, output: '' });
  });

  test.each(MODULES)('%s is valid, and passes its own tests', async (name) => {
    await cp(path.join('terraform', 'modules', name), folder, { recursive: true });
    await runTerraformOk(folder, INIT);
    expect(await runTerraformOk(folder, ['validate', '-no-color'])).toContain('The configuration is valid.');
    expect(await runTerraformOk(folder, ['test', '-no-color'])).toMatch(
      /Success! [1-9]\d* passed, 0 failed\./,
    );
  });

  test('without the later arguments are valid too', async () => {
    await cp(path.join('terraform', 'modules', 'primary'), folder, { recursive: true });
    await rm(path.join(folder, 'rotation_period_override.tf'));
    await runTerraformOk(folder, INIT);
    expect(await runTerraformOk(folder, ['validate', '-no-color'])).toContain('The configuration is valid.');
  });
});

describe('a rendered configuration', () => {
  let emulator: Emulator;
  let terraform: RenderedTerraform;

  beforeEach(async () => {
    emulator = await startEmulator();
    terraform = openRenderedTerraform(emulator);
  });

  afterEach(async () => {
    await emulator.stop();
  });

  const inputs = (changed: Readonly<Record<string, string>> = {}) =>
    read({ 'aws-provider-version': PROVIDER, ...changed });

  /** Plans and applies; gives the resources that changed, and asserts that the next plan changes nothing. */
  async function applyToRest(
    changed: Readonly<Record<string, string>>,
  ): Promise<{ changes: ResourceChange[]; outputs: Record<string, unknown> }> {
    const plan = await terraform.plan(inputs(changed));
    const outputs = await terraform.applyPlan();
    expect(await terraform.isAtRest()).toBe(true);
    return { changes: plan.resources.filter(({ action }) => action !== 'no-op'), outputs };
  }

  const summary = (changes: readonly ResourceChange[]): string[] =>
    changes.map(({ action, kind, region }) => `${action} ${kind} ${region ?? ''}`).sort();

  test('comes to rest with no replica, with two more, with one less; keys that stay are not touched, and no provider is started for Regions without a key', async () => {
    const alone = await applyToRest({ 'replica-regions': '' });
    expect(summary(alone.changes)).toEqual(['create alias ap-southeast-1', 'create primary ap-southeast-1']);
    expect(alone.outputs).toMatchObject({ replica_key_arns: {}, account_id: emulator.account });

    const two = await applyToRest({ 'replica-regions': 'ap-southeast-3 ap-southeast-2' });
    expect(summary(two.changes)).toEqual([
      'create alias ap-southeast-2',
      'create alias ap-southeast-3',
      'create replica ap-southeast-2',
      'create replica ap-southeast-3',
    ]);
    const [primary] = emulator.kms.keys('ap-southeast-1');
    expect(two.outputs).toMatchObject({
      key_id: primary?.id,
      primary_key_arn: primary?.arn,
      replica_key_arns: {
        'ap-southeast-2': emulator.kms.keys('ap-southeast-2')[0]?.arn,
        'ap-southeast-3': emulator.kms.keys('ap-southeast-3')[0]?.arn,
      },
    });

    // 3 Regions with a key out of all those declared: a process each to check and one to plan, and one for the schema.
    const starts = await terraform.providerStarts();
    expect(starts).toBeGreaterThanOrEqual(3);
    expect(starts).toBeLessThanOrEqual(2 * 3 + 1);

    const one = await applyToRest({ 'replica-regions': 'ap-southeast-3' });
    expect(summary(one.changes)).toEqual(['delete alias ap-southeast-2', 'delete replica ap-southeast-2']);
    expect(emulator.kms.keys('ap-southeast-2')).toMatchObject([{ state: 'PendingDeletion' }]);
    expect(emulator.kms.keys('ap-southeast-1')).toMatchObject([{ id: primary?.id, state: 'Enabled' }]);
  });

  test('renames the alias without touching a key, and without a moment in which there is none', async () => {
    await applyToRest({ 'replica-regions': 'ap-southeast-2' });
    emulator.calls.clear();
    const { changes } = await applyToRest({ 'replica-regions': 'ap-southeast-2', alias: 'renamed' });
    expect(changes.map(({ kind, action }) => `${action} ${kind}`)).toEqual([
      'replace alias',
      'replace alias',
    ]);
    for (const region of ['ap-southeast-1', 'ap-southeast-2']) {
      const order = emulator.calls
        .find({ service: 'kms', region })
        .map(({ action }) => action)
        .filter((action) => action.endsWith('eAlias'));
      expect(order).toEqual(['CreateAlias', 'DeleteAlias']);
      expect(emulator.kms.keys(region)).toMatchObject([{ state: 'Enabled', aliases: ['alias/renamed'] }]);
    }
  });

  test('brings the text of the user to KMS as it is', async () => {
    const hostile =
      '${file("/etc/passwd")} %{ for x in [1] }x%{ endfor } "quoted" \\ $${x} %%{y} é\u2028 ~ EOF';
    const policy = JSON.stringify({
      Version: '2012-10-17',
      Statement: [
        {
          Sid: 'All',
          Effect: 'Allow',
          Principal: { AWS: `arn:aws:iam::${emulator.account}:root` },
          Action: 'kms:*',
          Resource: '*',
          Condition: { StringNotEquals: { 'aws:PrincipalTag/x': '${aws:username}%{if}' } },
        },
      ],
    });
    await applyToRest({
      'replica-regions': 'ap-southeast-2',
      'account-ids': '',
      description: hostile,
      'replica-description': `${hostile} replica`,
      tags: 'équipe=a=b:c/d@e',
      policy,
    });
    const [primary] = emulator.kms.keys('ap-southeast-1');
    const [replica] = emulator.kms.keys('ap-southeast-2');
    expect(primary).toMatchObject({ description: hostile, tags: { équipe: 'a=b:c/d@e' } });
    expect(replica).toMatchObject({ description: `${hostile} replica`, tags: { équipe: 'a=b:c/d@e' } });
    expect(JSON.parse(primary?.policy ?? '')).toEqual(JSON.parse(policy));
    expect(JSON.parse(replica?.policy ?? '')).toEqual(JSON.parse(policy));
  });
});

describe('every pair of key spec and key usage', () => {
  let emulator: Emulator;

  beforeAll(async () => {
    emulator = await startEmulator();
  });

  afterAll(async () => {
    await emulator.stop();
  });

  const pairs = MULTI_REGION_KEY_SPECS.flatMap((spec) => usagesFor(spec).map((usage) => ({ spec, usage })));
  // SM2 is in the China Regions alone, and the emulator has no cryptography for it.
  const known = pairs.filter(({ spec }) => specNeedsProvider(spec, PROVIDER) === undefined && spec !== 'SM2');
  const unknown = pairs.filter(({ spec }) => specNeedsProvider(spec, PROVIDER) !== undefined);

  const render = (chosen: typeof pairs): Promise<void> =>
    writeFile(
      path.join(folder, 'main.tf.json'),
      JSON.stringify({
        terraform: { required_providers: { aws: { source: 'hashicorp/aws', version: PROVIDER } } },
        module: Object.fromEntries(chosen.flatMap(({ spec, usage }) => modulesFor(spec, usage))),
      }),
    );

  function modulesFor(spec: string, usage: string): [string, object][] {
    const name = `${spec}-${usage}`;
    const key = { key_spec: spec, key_usage: usage };
    return [
      [`policy-${name}`, { source: './modules/key-policy', account_ids: ['111122223333'], ...key }],
      [
        name,
        {
          source: './modules/primary',
          alias: name,
          policy: `\${module.policy-${name}.json}`,
          ...key,
        },
      ],
    ];
  }

  test(`that provider ${PROVIDER} knows makes a key, and comes to rest`, async () => {
    await cp(path.join('terraform', 'modules'), path.join(folder, 'modules'), { recursive: true });
    await render(known);
    await runTerraformOk(folder, INIT);
    await runTerraformOk(folder, ['apply', '-input=false', '-auto-approve', '-no-color'], emulator.env);
    const made = emulator.kms.keys(emulator.region).map((key) => ({
      name: key.aliases[0],
      spec: key.spec,
      usage: key.usage,
      rotates: key.rotationEnabled,
      multiRegion: key.multiRegion,
    }));
    expect(made.sort((a, b) => (a.name ?? '').localeCompare(b.name ?? ''))).toEqual(
      known
        .map(({ spec, usage }) => ({
          name: `alias/${spec}-${usage}`,
          spec,
          usage,
          rotates: specAllowsRotation(spec),
          multiRegion: true,
        }))
        .sort((a, b) => a.name.localeCompare(b.name)),
    );
    const next = await runTerraform(
      folder,
      ['plan', '-input=false', '-detailed-exitcode', '-no-color'],
      emulator.env,
    );
    expect(next).toMatchObject({ exitCode: 0 });
  });

  test(`that provider ${PROVIDER} does not know is rejected by it`, async () => {
    expect(unknown.length).toBeGreaterThan(0);
    await cp(path.join('terraform', 'modules'), path.join(folder, 'modules'), { recursive: true });
    await render(unknown);
    await runTerraformOk(folder, INIT);
    const { exitCode, output } = await runTerraform(
      folder,
      ['plan', '-input=false', '-no-color'],
      emulator.env,
    );
    expect(exitCode).toBe(1);
    for (const { spec } of unknown) expect(output).toContain(`got ${spec}`);
  });
});
