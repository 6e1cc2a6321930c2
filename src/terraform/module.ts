import semver from 'semver';
import { endpointOf, type Service } from '../aws/endpoints.js';
import { oldestVersion, partitionOf, regionsOfPartition } from '../facts/regions.js';
import type { Environment } from '../runner/context.js';
import type { Inputs } from '../inputs/inputs.js';
import type { Backend } from '../inputs/rules.js';
import { splitIgnoredTags } from '../inputs/tags.js';
import { OLDEST_TERRAFORM } from '../inputs/versions.js';
import { lastApplyOutputs, type AppliedBy } from '../plan/last-apply.js';
import { aliasNote } from '../plan/state-notes.js';
import { onlyProviderModeOf, type ProviderMode } from './provider-mode.js';

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
  | 'ignoreTags'
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
  /** Where it names endpoints of AWS's services, the provider gets them in words. Default: AWS's own everywhere. */
  readonly env?: Environment;
  /** What the provider that was chosen and the state ask for beside the inputs. */
  readonly facts?: SetupFacts;
  /** The run that applies, to be kept in the state; left out where nothing is applied. */
  readonly appliedBy?: AppliedBy | undefined;
}

/** How the configuration fits the provider that was chosen, and what the state has. */
export interface SetupFacts {
  /** The version that was chosen; until that is known, what is rendered suits each that may be. */
  readonly providerVersion?: string;
  /** Default: that of this version; `aliases` where none is known yet, since every version can do that. */
  readonly providerMode?: ProviderMode;
  /** By `region`: the replica Regions that the state still has by aliases, and that get their new addresses. */
  readonly movedRegions?: readonly string[];
  /** By aliases: further Regions that need a provider, because the state has a replica there. */
  readonly stateRegions?: readonly string[];
  /** What AWS has already, and the state is to know again. */
  readonly imports?: readonly Imported[];
  /** Other Regions than those of the inputs: as long as a primary that is to move has not moved. */
  readonly regions?: Pick<Inputs, 'primaryRegion' | 'replicaRegions'> | undefined;
  /** Leaves what AWS has of each key, whatever the inputs say, but for what goes with its role. */
  readonly keepsSettings?: boolean;
}

/** What exists in a Region without being in the state: the key, the alias of the inputs, or both. */
export interface Imported {
  readonly region: string;
  /** `mrk-…`; undefined where the state has the key. */
  readonly keyId: string | undefined;
  /** Whether the alias exists there, points to the key, and is not in the state. */
  readonly hasAlias: boolean;
}

/** A file to write, or a file of the bundled module to copy, both relative to the working folder. */
export type ConfigurationFile =
  { readonly path: string; readonly content: string } | { readonly path: string; readonly copyOf: string };

/** The services that the bundled module and every provider's own start call. */
const CALLED_SERVICES: readonly Service[] = ['KMS', 'STS', 'IAM'];

/** The first version without `skip_get_ec2_platforms` (the provider's guide to version 5). */
const NO_EC2_PLATFORMS_SINCE = '5.0.0';

/** The first version with `rotation_period_in_days` (the provider's changelog). */
const ROTATION_PERIOD_SINCE = '5.49.0';

const MODULES = ['key-policy', 'primary', 'replica'] as const;
const MODULE_FILES = ['main.tf', 'outputs.tf', 'variables.tf', 'versions.tf'] as const;
const REGION_FILES = ['region.tf', 'region_override.tf'] as const;

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
 * The root configuration: the providers, the bundled modules, the backend, all as Terraform JSON.
 *
 * Text of the user's goes into terraform.tfvars.json, which Terraform reads literally. JSON configuration it reads as
 * templates; of the user's, only Regions, account ids, ignored tag keys (which AWS's rules keep free of `$` and `%`),
 * endpoints, the provider's version and the backend's settings stand there, none of which is evaluated. The order of lists
 * in the inputs has no influence.
 * @param request validated inputs, and what set-up has found out
 * @returns what to write, and which files of the bundled module to copy; every path is relative
 */
export function renderConfiguration(request: ModuleRequest): ConfigurationFile[] {
  return [
    { path: 'main.tf.json', content: toJson(renderRoot(request)) },
    { path: 'terraform.tfvars.json', content: toJson(renderVariables(request)) },
    ...copyModules(request),
  ];
}

/** Only what `terraform init` needs to choose a version of the provider. */
export function renderProviderChoice({
  awsProviderVersion,
}: Pick<ModuleRequest, 'awsProviderVersion'>): ConfigurationFile {
  return { path: 'main.tf.json', content: toJson({ terraform: renderRequirements(awsProviderVersion) }) };
}

function renderRequirements(providerVersion: string): object {
  return {
    required_version: `>= ${OLDEST_TERRAFORM}`,
    required_providers: { aws: { source: 'hashicorp/aws', version: providerVersion } },
  };
}

/** What differs between the two provider modes. */
interface Layout {
  readonly providers: readonly object[];
  readonly primary: object;
  /** The module calls of the replicas, by name. */
  readonly replicas: Readonly<Record<string, object>>;
  /** `{from, to}` of each module call that has another address in the state. */
  readonly moved: readonly object[];
  /** The address of the module of a replica. */
  readonly addressOf: (region: string) => string;
  readonly outputs: object;
}

function layoutOf(request: ModuleRequest): Layout {
  return providerMode(request) === 'region' ? layOutByRegion(request) : layOutByAliases(request);
}

function providerMode(request: ModuleRequest): ProviderMode {
  return request.facts?.providerMode ?? onlyProviderModeOf(versionOf(request)) ?? 'aliases';
}

function versionOf({ facts, awsProviderVersion }: ModuleRequest): string {
  return facts?.providerVersion ?? awsProviderVersion;
}

function renderRoot(request: ModuleRequest): object {
  const layout = layoutOf(request);
  const { providers, primary, replicas, moved } = layout;
  const imports = importsOf(request, layout);
  return {
    terraform: {
      ...renderRequirements(request.awsProviderVersion),
      ...(request.backend === undefined ? {} : { backend: renderBackend(request.backend) }),
    },
    provider: { aws: providers },
    variable: Object.fromEntries(Object.entries(VARIABLES).map(([name, type]) => [name, { type }])),
    module: {
      policy: {
        source: './modules/key-policy',
        ...passOn('account_ids', 'administrators', 'users', 'grants', 'key_spec', 'key_usage', 'policy'),
      },
      primary,
      ...replicas,
    },
    ...(moved.length === 0 ? {} : { moved }),
    ...(imports.length === 0 ? {} : { import: imports }),
    output: renderRootOutputs(request, layout),
  };
}

function importsOf(request: ModuleRequest, { addressOf }: Layout): object[] {
  return (request.facts?.imports ?? []).flatMap((imported) =>
    renderImports(
      imported,
      imported.region === request.primaryRegion
        ? { module: 'module.primary', type: 'aws_kms_key' }
        : { module: addressOf(imported.region), type: 'aws_kms_replica_key' },
      request,
    ),
  );
}

function renderRootOutputs({ appliedBy }: ModuleRequest, { outputs, replicas }: Layout): object {
  const modules = ['primary', ...Object.keys(replicas)].map((name) => `module.${name}`);
  return {
    primary_key_arn: { value: '${module.primary.arn}' },
    key_id: { value: '${module.primary.key_id}' },
    ...outputs,
    account_id: { value: '${module.policy.account_id}' },
    ...aliasNote(),
    ...(appliedBy === undefined ? {} : lastApplyOutputs(appliedBy, modules)),
  };
}

/** The name of a replica's own module call, by aliases; the plan and the log know the Region by it. */
export function replicaModule(region: string): string {
  return `replica_${region}`;
}

function sortedReplicas({ replicaRegions }: ModuleRequest): string[] {
  return [...replicaRegions].sort();
}

function layOutByAliases(request: ModuleRequest): Layout {
  const replicas = sortedReplicas(request);
  return {
    providers: renderAliases(request),
    primary: renderPrimary(request),
    replicas: Object.fromEntries(
      replicas.map((region) => [
        replicaModule(region),
        { ...renderReplica(), providers: { aws: `aws.${region}` } },
      ]),
    ),
    moved: [],
    addressOf: (region) => `module.${replicaModule(region)}`,
    outputs: renderOutputs(request.primaryRegion, replicas),
  };
}

/** One module call for all replicas, each an instance that names its Region itself. */
function layOutByRegion(request: ModuleRequest): Layout {
  const { primaryRegion, facts } = request;
  const addressOf = (region: string): string => `module.replica["${region}"]`;
  const byReplica = (output: string): string =>
    `{ for region, replica in module.replica : region => replica.${output} }`;
  const withPrimary = (own: string, output: string): string =>
    `\${merge({ "${primaryRegion}" = module.primary.${own} }, ${byReplica(output)})}`;
  return {
    providers: [providerSettings(primaryRegion, request)],
    primary: { ...renderPrimary(request), region: primaryRegion },
    replicas: {
      replica: {
        ...renderReplica(),
        for_each: `\${toset(${JSON.stringify(sortedReplicas(request))})}`,
        region: '${each.key}',
      },
    },
    moved: [...(facts?.movedRegions ?? [])]
      .sort()
      .map((region) => ({ from: `module.${replicaModule(region)}`, to: addressOf(region) })),
    addressOf,
    outputs: {
      replica_key_arns: { value: `\${${byReplica('arn')}}` },
      key_arns: { value: withPrimary('arn', 'arn') },
      alias_arns: { value: withPrimary('alias_arn', 'alias_arn') },
    },
  };
}

/** From 6.0.0 on the id of an import ends with the Region that it is in (the provider's guide on Regions). */
function renderImports(
  { region, keyId, hasAlias }: Imported,
  { module, type }: { readonly module: string; readonly type: string },
  request: ModuleRequest,
): object[] {
  const at = providerMode(request) === 'region' ? `@${region}` : '';
  return [
    ...(keyId === undefined ? [] : [{ to: `${module}.${type}.this`, id: `${keyId}${at}` }]),
    ...(hasAlias ? [{ to: `${module}.aws_kms_alias.this`, id: `alias/${request.alias}${at}` }] : []),
  ];
}

function passOn(...names: (keyof typeof VARIABLES)[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, `\${var.${name}}`]));
}

const SHARED = ['alias', 'tags', 'deletion_window_in_days'] as const;

function renderPrimary(request: ModuleRequest): object {
  return {
    source: './modules/primary',
    policy: '${module.policy.json}',
    ...passOn(...SHARED, 'description', 'key_spec', 'key_usage', 'enable_key_rotation'),
    ...(knowsRotationPeriod(versionOf(request)) ? passOn('rotation_period_in_days') : {}),
  };
}

function renderReplica(): object {
  return {
    source: './modules/replica',
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
function renderAliases(request: ModuleRequest): object[] {
  const { primaryRegion, replicaRegions, facts } = request;
  const known = regionsOfPartition(partitionOf(primaryRegion) ?? 'aws');
  const aliases = [...new Set([...known, ...replicaRegions, ...(facts?.stateRegions ?? [])])].sort();
  return [
    providerSettings(primaryRegion, request),
    ...aliases.map((region) => ({ alias: region, ...providerSettings(region, request) })),
  ];
}

/**
 * The settings of one provider. The check of the Region's name is left out, as the inputs are checked already; so is the
 * question for EC2's platforms, which providers before 5.0.0 ask of every Region, and which has nothing to do with keys.
 */
function providerSettings(region: string, request: ModuleRequest): object {
  const { allowedAccountIds, ignoreTags, env = {} } = request;
  const endpoints = renderEndpoints(env);
  return {
    region,
    skip_region_validation: true,
    ...(asksForEc2Platforms(versionOf(request)) ? { skip_get_ec2_platforms: true } : {}),
    ...(allowedAccountIds.length > 0 ? { allowed_account_ids: [...allowedAccountIds].sort() } : {}),
    ...(ignoreTags.length > 0 ? { ignore_tags: renderIgnoredTags(ignoreTags) } : {}),
    ...(Object.keys(endpoints).length > 0 ? { endpoints } : {}),
  };
}

/** Tags that the provider neither reads nor takes off; a block of every version since 2.60.0 (the provider's changelog). */
function renderIgnoredTags(ignoreTags: readonly string[]): object {
  const { keys, prefixes } = splitIgnoredTags(ignoreTags);
  return {
    ...(keys.length > 0 ? { keys } : {}),
    ...(prefixes.length > 0 ? { key_prefixes: prefixes } : {}),
  };
}

/**
 * What the environment says of endpoints, in words, because 3.x takes endpoints from its configuration alone
 * (`internal/conns` of 3.64.2). From which version on each variable is read was not tried: every version gets the block,
 * in which the newer ones find what they would have read.
 */
function renderEndpoints(env: Environment): Readonly<Record<string, string>> {
  return Object.fromEntries(
    CALLED_SERVICES.flatMap((service) => {
      const url = endpointOf(service, env);
      return url === undefined ? [] : [[service.toLowerCase(), literally(url)]];
    }),
  );
}

/** Text in JSON configuration is a template: this keeps Terraform from evaluating anything in it. */
function literally(text: string): string {
  return text.replace(/([$%])\{/g, '$1$1{');
}

/** By its exact version alone: of a constraint it is not said before the version is chosen. */
function asksForEc2Platforms(version: string): boolean {
  return semver.valid(version) !== null && semver.lt(version, NO_EC2_PLATFORMS_SINCE);
}

/** Unlike the rest of the configuration, Terraform reads a backend's settings literally: here nothing is escaped. */
function renderBackend({ type, config }: Backend): object {
  return { [type]: config };
}

function renderOutputs(primaryRegion: string, replicas: readonly string[]): object {
  const byReplica = (output: string): Record<string, string> =>
    Object.fromEntries(replicas.map((region) => [region, `\${module.${replicaModule(region)}.${output}}`]));
  return {
    replica_key_arns: { value: byReplica('arn') },
    key_arns: { value: { [primaryRegion]: '${module.primary.arn}', ...byReplica('arn') } },
    alias_arns: { value: { [primaryRegion]: '${module.primary.alias_arn}', ...byReplica('alias_arn') } },
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

function copyModules(request: ModuleRequest): ConfigurationFile[] {
  const copies = MODULES.flatMap((name) => MODULE_FILES.map((file) => `modules/${name}/${file}`));
  if (knowsRotationPeriod(versionOf(request))) copies.push('modules/primary/rotation_period_override.tf');
  return [
    ...copies.map((file) => ({ path: file, copyOf: file })),
    ...(providerMode(request) === 'region' ? ['primary', 'replica'].flatMap(copyRegionFiles) : []),
    lifecycleOf('primary', request),
    lifecycleOf('replica', request),
  ];
}

/** What only providers from 6.0.0 on know is in a folder of its own, which Terraform does not read where it is. */
function copyRegionFiles(name: string): ConfigurationFile[] {
  return REGION_FILES.map((file) => ({
    path: `modules/${name}/${file}`,
    copyOf: `modules/${name}/provider-6/${file}`,
  }));
}

const KEY_TYPES = { primary: 'aws_kms_key', replica: 'aws_kms_replica_key' } as const;

/** What the modules set of a key and AWS says, but for the description, which goes with the role. */
const SETTINGS = {
  primary: [
    'customer_master_key_spec',
    'enable_key_rotation',
    'is_enabled',
    'key_usage',
    'policy',
    'tags',
    'tags_all',
  ],
  replica: ['enabled', 'policy', 'tags', 'tags_all'],
} as const;

/**
 * The modules forbid Terraform to destroy a key, for those who use them by themselves. Here the guard decides, from the
 * plan: with `prevent_destroy` there would be no plan to judge and to show, and `destroy` could not be done at all.
 */
function lifecycleOf(name: keyof typeof KEY_TYPES, request: ModuleRequest): ConfigurationFile {
  const period = name === 'primary' && knowsRotationPeriod(versionOf(request));
  const settings = [...SETTINGS[name], ...(period ? ['rotation_period_in_days'] : [])];
  const lifecycle = {
    prevent_destroy: false,
    ...(request.facts?.keepsSettings === true ? { ignore_changes: settings } : {}),
  };
  const content = toJson({ resource: { [KEY_TYPES[name]]: { this: { lifecycle } } } });
  return { path: `modules/${name}/lifecycle_override.tf.json`, content };
}

/** Whether every version that may be chosen knows `rotation_period_in_days`. */
export function knowsRotationPeriod(providerVersion: string): boolean {
  return semver.gte(oldestVersion(providerVersion), ROTATION_PERIOD_SINCE);
}

function toJson(value: object): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
