/**
 * Holds what the configuration for provider 6.x uses against the schema of a real one: `npm run test:schema-6`.
 *
 * CDK Terrain publishes TypeScript that is generated from the provider's schema. The package goes into a temporary folder
 * and is no dependency; `npm run test:schema-6 -- VERSION` takes another one than the one that is pinned here.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { renderConfiguration } from '../src/terraform/module.js';
import { readInputs } from '../src/inputs/inputs.js';
import { environmentName } from '../src/inputs/reader.js';
import { markdownTable } from '../bench/measure.js';
import { readSchema, readUses, type Schema, type TerraformType, type Use } from './provider-schema.js';

const PACKAGE = '@cdktn/provider-aws';
/** Of provider 6.66.0. */
const PINNED = '25.7.0';

/** The folder and the class of each resource and data source, and the type that each argument or attribute is used as. */
const USED: Readonly<
  Record<
    string,
    {
      readonly folder: string;
      readonly className: string;
      readonly types: Readonly<Record<string, TerraformType>>;
    }
  >
> = {
  aws_kms_key: {
    folder: 'kms-key',
    className: 'KmsKey',
    types: {
      arn: 'string',
      key_id: 'string',
      region: 'string',
      description: 'string',
      multi_region: 'bool',
      customer_master_key_spec: 'string',
      key_usage: 'string',
      enable_key_rotation: 'bool',
      rotation_period_in_days: 'number',
      deletion_window_in_days: 'number',
      policy: 'string',
      tags: 'map(string)',
    },
  },
  aws_kms_replica_key: {
    folder: 'kms-replica-key',
    className: 'KmsReplicaKey',
    types: {
      arn: 'string',
      key_id: 'string',
      region: 'string',
      primary_key_arn: 'string',
      description: 'string',
      deletion_window_in_days: 'number',
      policy: 'string',
      tags: 'map(string)',
    },
  },
  aws_kms_alias: {
    folder: 'kms-alias',
    className: 'KmsAlias',
    types: { arn: 'string', region: 'string', name: 'string', target_key_id: 'string' },
  },
  'data.aws_caller_identity': {
    folder: 'data-aws-caller-identity',
    className: 'DataAwsCallerIdentity',
    types: { account_id: 'string' },
  },
  'data.aws_partition': {
    folder: 'data-aws-partition',
    className: 'DataAwsPartition',
    types: { partition: 'string' },
  },
  provider: {
    folder: 'provider',
    className: 'AwsProvider',
    types: {
      region: 'string',
      skip_region_validation: 'bool',
      allowed_account_ids: 'list(string)',
      endpoints: 'block',
      'endpoints.kms': 'string',
      'endpoints.sts': 'string',
      'endpoints.iam': 'string',
    },
  },
};

/** Everything that the bundled modules use with a provider 6.x, and the settings of the provider itself. */
function collectUses(): Use[] {
  const modules = path.resolve('terraform', 'modules');
  const files = readdirSync(modules, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.tf'),
  );
  const ofModules = files.flatMap((file) => readUses(readFileSync(path.join(modules, file), 'utf8')));
  const ofProvider = Object.entries(providerSettings())
    .flatMap(([name, value]) => [
      name,
      ...(isBlock(value) ? Object.keys(value) : []).map((it) => `${name}.${it}`),
    ])
    .map((name): Use => ({ of: 'provider', name, how: 'argument' }));
  return [...ofModules, ...ofProvider].filter(
    (use, index, all) =>
      all.findIndex(({ of, name, how }) => of === use.of && name === use.name && how === use.how) === index,
  );
}

function isBlock(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The provider block as the action writes it for 6.x, with every setting that it can have. */
function providerSettings(): object {
  const given = {
    'primary-region': 'ap-southeast-1',
    'replica-regions': 'ap-southeast-2',
    alias: 'orders',
    'aws-provider-version': '6.63.0',
    'ignore-tags': 'CostCenter, auto-tag:*',
    'allowed-account-ids': '999900001111',
  };
  const env = Object.fromEntries(
    Object.entries(given).map(([name, value]) => [environmentName(name), value]),
  );
  const inputs = readInputs({ env, readFile: () => undefined, isFolder: () => false });
  const request = { ...inputs, backend: undefined, env: { AWS_ENDPOINT_URL: 'http://127.0.0.1:4566' } };
  const [root] = renderConfiguration(request);
  if (root === undefined || !('content' in root)) throw new Error('main.tf.json is not written');
  const [settings = {}] = (JSON.parse(root.content) as { provider: { aws: object[] } }).provider.aws;
  return settings;
}

/** @returns the folder of the package, and the version of the provider that it was generated from */
function fetchPackage(version: string, folder: string): { readonly lib: string; readonly provider: string } {
  const packed = execFileSync(
    process.platform === 'win32' ? 'npm.cmd' : 'npm',
    ['pack', `${PACKAGE}@${version}`, '--silent', `--pack-destination=${folder}`],
    { encoding: 'utf8', shell: process.platform === 'win32' },
  ).trim();
  const parts = [...new Set(Object.values(USED).map(({ folder: part }) => `package/lib/${part}`))];
  execFileSync('tar', ['-xzf', packed, ...parts], { cwd: folder });
  const lib = path.join(folder, 'package', 'lib');
  const source = readFileSync(path.join(lib, 'kms-key', 'index.js'), 'utf8');
  const provider = /providerVersion: '([^']+)'/.exec(source)?.[1];
  if (provider === undefined) throw new Error(`${PACKAGE} ${version} names no version of the provider`);
  return { lib, provider };
}

interface Checked {
  readonly use: Use;
  readonly problem: string | undefined;
}

function check(use: Use, schemas: ReadonlyMap<string, Schema>): Checked {
  const expected = USED[use.of]?.types[use.name];
  const found = schemas.get(use.of)?.[use.name];
  if (expected === undefined) return { use, problem: 'is used, and this script has no type for it' };
  if (found === undefined) return { use, problem: 'does not exist' };
  if (found.type !== expected)
    return { use, problem: `is ${found.type ?? 'of another type'}, and is used as ${expected}` };
  return { use, problem: use.how === 'argument' && !found.settable ? 'cannot be set' : undefined };
}

function main(version: string): number {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'provider schema-'));
  try {
    const { lib, provider } = fetchPackage(version, folder);
    const schemas = new Map(
      Object.entries(USED).map(([of, { folder: part, className }]) => [
        of,
        readSchema(readFileSync(path.join(lib, part, 'index.d.ts'), 'utf8'), className),
      ]),
    );
    const uses = collectUses();
    const checked = uses.map((use) => check(use, schemas));
    const unused = Object.entries(USED).flatMap(([of, { types }]) =>
      Object.keys(types)
        .filter((name) => !uses.some((use) => use.of === of && use.name === name))
        .map((name) => `${of}.${name}`),
    );
    process.stdout.write(`hashicorp/aws ${provider}, by ${PACKAGE} ${version}\n\n`);
    const rows = checked.map(({ use: { of, name, how }, problem }) => [
      of,
      name,
      how,
      USED[of]?.types[name] ?? '?',
      problem ?? 'as used',
    ]);
    process.stdout.write(`${markdownTable(['of', 'name', 'as', 'type', 'there'], rows)}\n`);
    for (const name of unused)
      process.stdout.write(`NOT found in the module although this script expects it: ${name}\n`);
    const failed = checked.filter(({ problem }) => problem !== undefined).length + unused.length;
    process.stdout.write(`\n${checked.length - failed} passed, ${failed} failed\n`);
    return provider.startsWith('6.') && failed === 0 ? 0 : 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

process.exitCode = main(process.argv[2] ?? PINNED);
