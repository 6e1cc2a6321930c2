import semver from 'semver';
import { endpointOf } from '../aws/endpoints.js';
import { partitionOf, regionsOfPartition } from '../facts/regions.js';
import type { Environment } from '../runner/context.js';
import type { Inputs } from '../inputs/inputs.js';
import { splitIgnoredTags } from '../inputs/tags.js';
import { OLDEST_TERRAFORM } from '../inputs/versions.js';
import { lastApplyOutputs, type AppliedBy } from '../plan/last-apply.js';
import { aliasNote } from '../plan/state-notes.js';
import { isSince, onlyProviderModeOf, type ProviderMode } from './provider-mode.js';

/** What the configuration is rendered from. */
export interface ModuleRequest extends Inputs {
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

/** The first version with `rotation_period_in_days` (the provider's changelog). */
const ROTATION_PERIOD_SINCE = '5.49.0';

type Variable = readonly [type: string, valueOf: (request: ModuleRequest) => unknown];

/** The root variables: the type of each, and its value, which goes into terraform.tfvars.json. */
const VARIABLES = {
  alias: ['string', ({ alias }) => alias],
  account_ids: ['list(string)', ({ accountIds }) => [...accountIds].sort()],
  administrators: ['list(string)', ({ administrators }) => [...administrators].sort()],
  users: ['list(string)', ({ users }) => [...users].sort()],
  grants: ['string', ({ grants }) => grants],
  policy: ['string', ({ policy }) => policy ?? null],
  description: ['string', ({ description }) => description],
  replica_description: ['string', ({ replicaDescription }) => replicaDescription],
  tags: ['map(string)', ({ tags }) => tags],
  key_spec: ['string', ({ keySpec }) => keySpec],
  key_usage: ['string', ({ keyUsage }) => keyUsage],
  enable_key_rotation: ['bool', ({ enableKeyRotation }) => enableKeyRotation],
  rotation_period_in_days: ['number', ({ rotationPeriodInDays }) => rotationPeriodInDays ?? null],
  deletion_window_in_days: ['number', ({ deletionWindowInDays }) => deletionWindowInDays],
} as const satisfies Readonly<Record<string, Variable>>;

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
    { path: 'terraform.tfvars.json', content: toJson(ofVariables(([, valueOf]) => valueOf(request))) },
    ...moduleFiles(request),
  ];
}

function ofVariables<T>(make: (variable: Variable) => T): Record<string, T> {
  return Object.fromEntries(Object.entries(VARIABLES).map(([name, variable]) => [name, make(variable)]));
}

/** Only what `terraform init` needs to choose a version of the provider. */
export function renderProviderChoice(inputs: Pick<Inputs, 'awsProviderVersion'>): ConfigurationFile {
  return { path: 'main.tf.json', content: toJson({ terraform: renderRequirements(inputs) }) };
}

function renderRequirements({ awsProviderVersion }: Pick<Inputs, 'awsProviderVersion'>): object {
  return {
    required_version: `>= ${OLDEST_TERRAFORM}`,
    required_providers: { aws: { source: 'hashicorp/aws', version: awsProviderVersion } },
  };
}

/** What differs between the two provider modes. */
interface Layout {
  readonly providers: readonly object[];
  /** In which the primary is, where its resources name it. */
  readonly primaryRegion?: string;
  /** The module calls of the replicas, by name. */
  readonly replicas: Readonly<Record<string, object>>;
  /** `{from, to}` of each module call that has another address in the state. */
  readonly moved?: readonly object[];
  /** The address of the module of a replica. */
  readonly addressOf: (region: string) => string;
  /** One output of every replica by Region, and the same with one of the primary. */
  readonly byReplica: (output: string) => unknown;
  readonly byRegion: (output: string) => unknown;
}

function providerMode(request: ModuleRequest): ProviderMode {
  return request.facts?.providerMode ?? onlyProviderModeOf(versionOf(request)) ?? 'aliases';
}

function versionOf({ facts, awsProviderVersion }: ModuleRequest): string {
  return facts?.providerVersion ?? awsProviderVersion;
}

function renderRoot(request: ModuleRequest): object {
  const { backend, appliedBy, facts = {} } = request;
  const layout = providerMode(request) === 'region' ? layOutByRegion(request) : layOutByAliases(request);
  const calls = { primary: renderPrimary(request, layout.primaryRegion), ...layout.replicas };
  return {
    terraform: {
      ...renderRequirements(request),
      // Unlike the rest of the configuration, Terraform reads a backend's settings literally: here nothing is escaped.
      backend: backend === undefined ? undefined : { [backend.type]: backend.config },
    },
    provider: { aws: layout.providers },
    variable: ofVariables(([type]) => ({ type })),
    module: {
      policy: {
        source: './modules/key-policy',
        ...passOn('account_ids', 'administrators', 'users', 'grants', 'key_spec', 'key_usage', 'policy'),
      },
      ...calls,
    },
    moved: unlessEmpty(layout.moved ?? []),
    import: unlessEmpty((facts.imports ?? []).flatMap((one) => renderImports(one, layout, request))),
    output: {
      primary_key_arn: { value: '${module.primary.arn}' },
      key_id: { value: '${module.primary.key_id}' },
      replica_key_arns: { value: layout.byReplica('arn') },
      key_arns: { value: layout.byRegion('arn') },
      alias_arns: { value: layout.byRegion('alias_arn') },
      account_id: { value: '${module.policy.account_id}' },
      ...aliasNote(),
      ...(appliedBy === undefined
        ? {}
        : lastApplyOutputs(
            appliedBy,
            Object.keys(calls).map((name) => `module.${name}`),
          )),
    },
  };
}

function unlessEmpty<T>(list: readonly T[]): readonly T[] | undefined {
  return list.length === 0 ? undefined : list;
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
  const byReplica = (output: string): Record<string, string> =>
    Object.fromEntries(replicas.map((region) => [region, `\${module.${replicaModule(region)}.${output}}`]));
  return {
    providers: renderAliases(request),
    replicas: Object.fromEntries(
      replicas.map((region) => [replicaModule(region), { ...REPLICA, providers: { aws: `aws.${region}` } }]),
    ),
    addressOf: (region) => `module.${replicaModule(region)}`,
    byReplica,
    byRegion: (output) => ({ [request.primaryRegion]: `\${module.primary.${output}}`, ...byReplica(output) }),
  };
}

/** One module call for all replicas, each an instance that names its Region itself. */
function layOutByRegion(request: ModuleRequest): Layout {
  const { primaryRegion, facts } = request;
  const addressOf = (region: string): string => `module.replica["${region}"]`;
  const byReplica = (output: string): string =>
    `{ for region, replica in module.replica : region => replica.${output} }`;
  return {
    providers: [providerSettings(primaryRegion, request)],
    primaryRegion,
    replicas: {
      replica: {
        ...REPLICA,
        for_each: `\${toset(${JSON.stringify(sortedReplicas(request))})}`,
        region: '${each.key}',
      },
    },
    moved: [...(facts?.movedRegions ?? [])]
      .sort()
      .map((region) => ({ from: `module.${replicaModule(region)}`, to: addressOf(region) })),
    addressOf,
    byReplica: (output) => `\${${byReplica(output)}}`,
    byRegion: (output) =>
      `\${merge({ "${primaryRegion}" = module.primary.${output} }, ${byReplica(output)})}`,
  };
}

/** From 6.0.0 on the id of an import ends with the Region that it is in (the provider's guide on Regions). */
function renderImports(
  { region, keyId, hasAlias }: Imported,
  { addressOf }: Layout,
  request: ModuleRequest,
): object[] {
  const isPrimary = region === request.primaryRegion;
  const module = isPrimary ? 'module.primary' : addressOf(region);
  const { type } = KEYS[isPrimary ? 'primary' : 'replica'];
  const at = providerMode(request) === 'region' ? `@${region}` : '';
  return [
    ...(keyId === undefined ? [] : [{ to: `${module}.${type}.this`, id: `${keyId}${at}` }]),
    ...(hasAlias ? [{ to: `${module}.aws_kms_alias.this`, id: `alias/${request.alias}${at}` }] : []),
  ];
}

function passOn(...names: (keyof typeof VARIABLES)[]): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, `\${var.${name}}`]));
}

const OF_EVERY_KEY = {
  policy: '${module.policy.json}',
  ...passOn('alias', 'tags', 'deletion_window_in_days'),
};

function renderPrimary(request: ModuleRequest, region: string | undefined): object {
  return {
    source: './modules/primary',
    ...OF_EVERY_KEY,
    ...passOn('description', 'key_spec', 'key_usage', 'enable_key_rotation'),
    ...(knowsRotationPeriod(versionOf(request)) ? passOn('rotation_period_in_days') : {}),
    region,
  };
}

const REPLICA = {
  source: './modules/replica',
  primary_key_arn: '${module.primary.arn}',
  description: '${var.replica_description}',
  ...OF_EVERY_KEY,
};

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

/** The first version without `skip_get_ec2_platforms` (the provider's guide to version 5). */
const NO_EC2_PLATFORMS_SINCE = '5.0.0';

/**
 * The settings of one provider. The check of the Region's name is left out, as the inputs are checked already; so is the
 * question for EC2's platforms, which providers before 5.0.0 ask of every Region, and which has nothing to do with keys: by
 * their exact version alone, since of a constraint it is not said before the version is chosen. `ignore_tags` is a block of
 * every version since 2.60.0 (the provider's changelog).
 */
function providerSettings(region: string, request: ModuleRequest): object {
  const version = versionOf(request);
  const asksForPlatforms = semver.valid(version) !== null && semver.lt(version, NO_EC2_PLATFORMS_SINCE);
  const { keys, prefixes } = splitIgnoredTags(request.ignoreTags);
  return {
    region,
    skip_region_validation: true,
    skip_get_ec2_platforms: asksForPlatforms ? true : undefined,
    allowed_account_ids: unlessEmpty([...request.allowedAccountIds].sort()),
    ignore_tags:
      request.ignoreTags.length > 0
        ? { keys: unlessEmpty(keys), key_prefixes: unlessEmpty(prefixes) }
        : undefined,
    endpoints: renderEndpoints(request.env ?? {}),
  };
}

/** The services that the bundled module and every provider's own start call. */
const CALLED_SERVICES = ['KMS', 'STS', 'IAM'] as const;

/**
 * What the environment says of endpoints, in words, because 3.x takes endpoints from its configuration alone
 * (`internal/conns` of 3.64.2). From which version on each variable is read was not tried: every version gets the block,
 * in which the newer ones find what they would have read. Text in JSON configuration is a template: what Terraform would
 * evaluate in it is escaped.
 */
function renderEndpoints(env: Environment): object | undefined {
  const named = CALLED_SERVICES.flatMap((service): [string, string][] => {
    const url = endpointOf(service, env);
    return url === undefined ? [] : [[service.toLowerCase(), url.replace(/([$%])\{/g, '$1$1{')]];
  });
  return named.length === 0 ? undefined : Object.fromEntries<string>(named);
}

const MODULE_FILES = ['main.tf', 'outputs.tf', 'variables.tf', 'versions.tf'];

/** What only providers from 6.0.0 on know is in a folder of its own, which Terraform does not read where it is. */
const REGION_FILES = ['region.tf', 'region_override.tf'];

/** The keys' resources: the type, and what the modules set and AWS says, but for the description, which goes with the role. */
const KEYS = {
  primary: {
    type: 'aws_kms_key',
    settings: [
      ...['customer_master_key_spec', 'enable_key_rotation', 'is_enabled', 'key_usage'],
      ...['policy', 'tags', 'tags_all'],
    ],
  },
  replica: { type: 'aws_kms_replica_key', settings: ['enabled', 'policy', 'tags', 'tags_all'] },
};

function moduleFiles(request: ModuleRequest): ConfigurationFile[] {
  const byRegion = providerMode(request) === 'region';
  const copies = ['key-policy', 'primary', 'replica'].flatMap((name) =>
    MODULE_FILES.map((file) => `modules/${name}/${file}`),
  );
  if (knowsRotationPeriod(versionOf(request))) copies.push('modules/primary/rotation_period_override.tf');
  return [
    ...copies.map((file) => ({ path: file, copyOf: file })),
    ...(['primary', 'replica'] as const).flatMap((name) => [
      ...(byRegion ? REGION_FILES : []).map((file) => ({
        path: `modules/${name}/${file}`,
        copyOf: `modules/${name}/provider-6/${file}`,
      })),
      lifecycleOf(name, request),
    ]),
  ];
}

/**
 * The modules forbid Terraform to destroy a key, for those who use them by themselves. Here the guard decides, from the
 * plan: with `prevent_destroy` there would be no plan to judge and to show, and `destroy` could not be done at all.
 */
function lifecycleOf(name: keyof typeof KEYS, request: ModuleRequest): ConfigurationFile {
  const { type, settings } = KEYS[name];
  const period = name === 'primary' && knowsRotationPeriod(versionOf(request));
  const lifecycle = {
    prevent_destroy: false,
    ignore_changes:
      request.facts?.keepsSettings === true
        ? [...settings, ...(period ? ['rotation_period_in_days'] : [])]
        : undefined,
  };
  const content = toJson({ resource: { [type]: { this: { lifecycle } } } });
  return { path: `modules/${name}/lifecycle_override.tf.json`, content };
}

/** Whether every version that may be chosen knows `rotation_period_in_days`. */
export function knowsRotationPeriod(providerVersion: string): boolean {
  return isSince(providerVersion, ROTATION_PERIOD_SINCE);
}

/** What is undefined is left out. */
function toJson(value: object): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
