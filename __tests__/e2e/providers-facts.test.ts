/** What the action holds to be so of versions of the provider, asked of every real one on this machine. */

import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import semver from 'semver';
import { MULTI_REGION_KEY_SPECS, specNeedsProvider } from '../../src/facts/key-specs.js';
import { initArgs } from '../../src/terraform/run.js';
import { runTerraform, runTerraformOk } from '../support/rendered-terraform.js';
import { tempFolder } from '../support/temp-folder.js';
import { findProviders, type FoundProvider } from '../support/terraform.js';

vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });

const found = findProviders();
const chosen = process.env['ALL_PROVIDERS'] === '1' ? found : found.slice(-1);
if (chosen.length === 0)
  process.stderr.write('NOT checked: what the action holds to be so of providers; no mirror here has one.\n');

/** The versions that know the Region without being told to trust it; those of 3.76 were made long after 4.0.0. */
const REGIONS: Readonly<Record<string, string>> = {
  'ap-southeast-3': '>=3.70.0',
  'eu-central-2': '^3.76.1 || >=4.40.0',
  'ap-northeast-3': '<4.0.0 || >4.0.0',
  'eu-west-1': '*',
};

async function initialised({ version, dir }: FoundProvider, config: object): Promise<string> {
  const folder = tempFolder('provider facts');
  const required = { aws: { source: 'hashicorp/aws', version } };
  const file = { terraform: { required_providers: required }, ...config };
  await writeFile(path.join(folder, 'main.tf.json'), JSON.stringify(file));
  await runTerraformOk(folder, initArgs({ pluginDir: dir }));
  return folder;
}

interface Block {
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly block_types?: Readonly<Record<string, unknown>>;
}

interface Schemas {
  readonly provider_schemas: Readonly<
    Record<
      string,
      {
        readonly provider: { readonly block: Block };
        readonly resource_schemas: Readonly<Record<string, { readonly block: Block } | undefined>>;
      }
    >
  >;
}

describe.each(chosen)('provider $version', (provider) => {
  const { version } = provider;
  const isSince = (since: string): boolean => semver.gte(version, since);

  test('has the resources and arguments that the configuration uses, from the versions on that the action knows', async () => {
    const folder = await initialised(provider, {});
    const { provider_schemas: schemas } = JSON.parse(
      await runTerraformOk(folder, ['providers', 'schema', '-json']),
    ) as Schemas;
    const [schema] = Object.values(schemas);
    const settings = schema?.provider.block;
    const resources = schema?.resource_schemas ?? {};
    const has = {
      replicas: resources['aws_kms_replica_key'] !== undefined,
      'rotation period': 'rotation_period_in_days' in (resources['aws_kms_key']?.block.attributes ?? {}),
      'region on a resource': 'region' in (resources['aws_kms_key']?.block.attributes ?? {}),
      skip_get_ec2_platforms: 'skip_get_ec2_platforms' in (settings?.attributes ?? {}),
      ignore_tags: 'ignore_tags' in (settings?.block_types ?? {}),
    };
    expect(has).toEqual({
      replicas: true,
      'rotation period': isSince('5.49.0'),
      'region on a resource': isSince('6.0.0'),
      skip_get_ec2_platforms: !isSince('5.0.0'),
      ignore_tags: true,
    });
  });

  test('accepts the key specs that the action lets through to it, and no other', async () => {
    const keys = Object.fromEntries(
      MULTI_REGION_KEY_SPECS.map((spec) => [spec.toLowerCase(), { customer_master_key_spec: spec }]),
    );
    const folder = await initialised(provider, { resource: { aws_kms_key: keys } });
    const { output } = await runTerraform(folder, ['validate', '-json', '-no-color']);
    const { diagnostics } = JSON.parse(output) as { diagnostics: { severity: string; summary: string }[] };
    const refused = diagnostics
      .filter(({ severity }) => severity === 'error')
      .map(({ summary }) => /, got (\w+)$/.exec(summary)?.[1] ?? summary);
    const expected = MULTI_REGION_KEY_SPECS.filter((spec) => specNeedsProvider(spec, version) !== undefined);
    expect([...new Set(refused)].sort()).toEqual([...expected].sort());
  });

  test('knows the Regions from the versions on that the documents name', async () => {
    const trusted = {
      access_key: 'AKIAIOSFODNN7EXAMPLE',
      secret_key: 'none',
      skip_credentials_validation: true,
      skip_requesting_account_id: true,
      skip_metadata_api_check: true,
      ...(isSince('5.0.0') ? {} : { skip_get_ec2_platforms: true }),
    };
    const names = Object.keys(REGIONS);
    const folder = await initialised(provider, {
      provider: { aws: names.map((region) => ({ alias: region, region, ...trusted })) },
      data: {
        aws_region: Object.fromEntries(names.map((region) => [region, { provider: `aws.${region}` }])),
      },
    });
    const { output } = await runTerraform(folder, ['plan', '-no-color', '-input=false']);
    const refused = [...output.matchAll(/invalid AWS Region: ([\w-]+)/gi)].map(([, region]) => region);
    expect([...new Set(refused)].sort()).toEqual(
      names.filter((region) => !semver.satisfies(version, REGIONS[region] ?? '')).sort(),
    );
  });
});
