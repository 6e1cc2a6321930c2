import semver from 'semver';
import { needsSkipRegionValidation, oldestVersion, partitionOf, regionsOfPartition } from '../aws/regions.js';
import type { Backend, Inputs } from '../inputs/inputs.js';
import { OLDEST_TERRAFORM } from '../inputs/versions.js';

/** What the configuration is rendered from. */
export interface ModuleRequest extends Pick<
  Inputs,
  | 'primaryRegion'
  | 'replicaRegions'
  | 'alias'
  | 'accountIds'
  | 'administrators'
  | 'users'
  | 'grants'
  | 'policy'
  | 'description'
  | 'replicaDescription'
  | 'tags'
  | 'keySpec'
  | 'keyUsage'
  | 'enableKeyRotation'
  | 'rotationPeriodInDays'
  | 'deletionWindowInDays'
  | 'awsProviderVersion'
  | 'allowedAccountIds'
> {
  /** Undefined for a plan without a state: everything then looks new. */
  readonly backend: Backend | undefined;
}

/** A file to write, or a file of the bundled module to copy, both relative to the working folder. */
export type ConfigurationFile =
  { readonly path: string; readonly content: string } | { readonly path: string; readonly copyOf: string };

/** The first version with `rotation_period_in_days` (the provider's changelog). */
const ROTATION_PERIOD_SINCE = '5.49.0';

const MODULES = ['key-policy', 'primary', 'replica'] as const;
const MODULE_FILES = ['main.tf', 'outputs.tf', 'variables.tf', 'versions.tf'] as const;

/** The types of the root variables; their values go into terraform.tfvars.json. */
const VARIABLES = {
  alias: 'string',
  account_ids: 'list(string)',
  administrators: 'list(string)',
  users: 'list(string)',
  grants: 'string',
  policy: 'string',
  description: 'string',
  replica_description: 'string',
  tags: 'map(string)',
  key_spec: 'string',
  key_usage: 'string',
  enable_key_rotation: 'bool',
  rotation_period_in_days: 'number',
  deletion_window_in_days: 'number',
} as const;

/**
 * The root configuration: one provider per Region by alias, the bundled modules, the backend, all as Terraform JSON.
 *
 * Text of the user's goes into terraform.tfvars.json, which Terraform reads literally. JSON configuration it reads as
 * templates; of the user's, only Regions, account ids, the provider's version and the backend's settings stand there,
 * none of which is evaluated. The order of lists in the inputs has no influence.
 * @param request validated inputs
 * @returns what to write, and which files of the bundled module to copy; every path is relative
 */
export function renderConfiguration(request: ModuleRequest): ConfigurationFile[] {
  return [
    { path: 'main.tf.json', content: toJson(renderRoot(request)) },
    { path: 'terraform.tfvars.json', content: toJson(renderVariables(request)) },
    ...copyModules(request),
  ];
}

function renderRoot(request: ModuleRequest): object {
  const replicas = [...request.replicaRegions].sort();
  return {
    terraform: {
      required_version: `>= ${OLDEST_TERRAFORM}`,
      required_providers: {
        aws: { source: 'hashicorp/aws', version: request.awsProviderVersion },
      },
      ...(request.backend === undefined ? {} : { backend: renderBackend(request.backend) }),
    },
    provider: { aws: renderProviders(request) },
    variable: Object.fromEntries(Object.entries(VARIABLES).map(([name, type]) => [name, { type }])),
    module: {
      policy: {
        source: './modules/key-policy',
        ...passOn('account_ids', 'administrators', 'users', 'grants', 'key_spec', 'key_usage', 'policy'),
      },
      primary: renderPrimary(request),
      ...Object.fromEntries(replicas.map((region) => [replicaModule(region), renderReplica(region)])),
    },
    output: renderOutputs(request.primaryRegion, replicas),
  };
}

/** The name of a replica's module call; the plan and the log know the Region by it. */
export function replicaModule(region: string): string {
  return `replica_${region}`;
}

function passOn(...names: (keyof typeof VARIABLES)[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, `\${var.${name}}`]));
}

const SHARED = ['alias', 'tags', 'deletion_window_in_days'] as const;

function renderPrimary({ awsProviderVersion }: ModuleRequest): object {
  return {
    source: './modules/primary',
    policy: '${module.policy.json}',
    ...passOn(...SHARED, 'description', 'key_spec', 'key_usage', 'enable_key_rotation'),
    ...(knowsRotationPeriod(awsProviderVersion) ? passOn('rotation_period_in_days') : {}),
  };
}

function renderReplica(region: string): object {
  return {
    source: './modules/replica',
    providers: { aws: `aws.${region}` },
    primary_key_arn: '${module.primary.arn}',
    policy: '${module.policy.json}',
    description: '${var.replica_description}',
    ...passOn(...SHARED),
  };
}

/**
 * The primary's provider is the default one. Each Region of the partition has one by alias, asked for or not: a replica
 * that leaves the inputs is still in the state, and Terraform needs its provider to see it and to remove it. A provider
 * without a resource is not started.
 */
function renderProviders(request: ModuleRequest): object[] {
  const { primaryRegion, replicaRegions, awsProviderVersion, allowedAccountIds } = request;
  const partition = partitionOf(primaryRegion) ?? 'aws';
  const aliases = [...new Set([...regionsOfPartition(partition), ...replicaRegions])].sort();
  const settings = (region: string): object => ({
    region,
    ...(needsSkipRegionValidation(region, awsProviderVersion) ? { skip_region_validation: true } : {}),
    ...(allowedAccountIds.length > 0 ? { allowed_account_ids: [...allowedAccountIds].sort() } : {}),
  });
  return [settings(primaryRegion), ...aliases.map((region) => ({ alias: region, ...settings(region) }))];
}

/** Unlike the rest of the configuration, Terraform reads a backend's settings literally: here nothing is escaped. */
function renderBackend({ type, config }: Backend): object {
  return { [type]: config };
}

function renderOutputs(primaryRegion: string, replicas: readonly string[]): object {
  const byReplica = (output: string): Record<string, string> =>
    Object.fromEntries(replicas.map((region) => [region, `\${module.${replicaModule(region)}.${output}}`]));
  return {
    primary_key_arn: { value: '${module.primary.arn}' },
    key_id: { value: '${module.primary.key_id}' },
    replica_key_arns: { value: byReplica('arn') },
    key_arns: { value: { [primaryRegion]: '${module.primary.arn}', ...byReplica('arn') } },
    alias_arns: { value: { [primaryRegion]: '${module.primary.alias_arn}', ...byReplica('alias_arn') } },
    account_id: { value: '${module.policy.account_id}' },
  };
}

function renderVariables(request: ModuleRequest): Record<keyof typeof VARIABLES, unknown> {
  return {
    alias: request.alias,
    account_ids: [...request.accountIds].sort(),
    administrators: [...request.administrators].sort(),
    users: [...request.users].sort(),
    grants: request.grants,
    policy: request.policy ?? null,
    description: request.description,
    replica_description: request.replicaDescription,
    tags: request.tags,
    key_spec: request.keySpec,
    key_usage: request.keyUsage,
    enable_key_rotation: request.enableKeyRotation,
    rotation_period_in_days: request.rotationPeriodInDays ?? null,
    deletion_window_in_days: request.deletionWindowInDays,
  };
}

function copyModules({ awsProviderVersion }: ModuleRequest): ConfigurationFile[] {
  const copies = MODULES.flatMap((name) => MODULE_FILES.map((file) => `modules/${name}/${file}`));
  if (knowsRotationPeriod(awsProviderVersion)) copies.push('modules/primary/rotation_period_override.tf');
  return [
    ...copies.map((file) => ({ path: file, copyOf: file })),
    allowDestroy('modules/primary', 'aws_kms_key'),
    allowDestroy('modules/replica', 'aws_kms_replica_key'),
  ];
}

/**
 * The modules forbid Terraform to destroy a key, for those who use them by themselves. Here the guard decides, from the
 * plan: with `prevent_destroy` there would be no plan to judge and to show, and `destroy` could not be done at all.
 */
function allowDestroy(folder: string, type: string): ConfigurationFile {
  const content = toJson({ resource: { [type]: { this: { lifecycle: { prevent_destroy: false } } } } });
  return { path: `${folder}/lifecycle_override.tf.json`, content };
}

/** Whether every version that may be chosen knows `rotation_period_in_days`. */
export function knowsRotationPeriod(providerVersion: string): boolean {
  return semver.gte(oldestVersion(providerVersion), ROTATION_PERIOD_SINCE);
}

function toJson(value: object): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
