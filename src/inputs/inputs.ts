import path from 'node:path';
import {
  defaultUsage,
  isKeySpec,
  MULTI_REGION_KEY_SPECS,
  specAllowsRotation,
  usagesFor,
  type KeySpec,
  type KeyUsage,
} from '../facts/key-specs.js';
import { partitionOf } from '../facts/regions.js';
import { lostZeros, whyImpossible } from '../policy/principals.js';
import { parseBackendConfig } from './backend-config.js';
import { findSettingProblems } from './backend-settings.js';
import { parseBucket, parseRegion, parseStateKey } from './places.js';
import {
  because,
  Invalid,
  parseBoolean,
  parseChoice,
  parseInteger,
  parseMatching,
  parseText,
  parseUrl,
  quote,
} from './parsers.js';
import { findForbidden } from '../characters.js';
import { parseImportKey, type ImportKey } from './import-key.js';
import { parseList } from './lists.js';
import { parsePolicyInput } from './policy.js';
import { explainEmptyInput } from './empty-input.js';
import { InputReader } from './reader.js';
import type { BackendSettings } from './settings.js';
import { parseCommentKey, readComment, readToken } from './shared.js';
import type { InputSources } from './sources.js';
import { findIgnoring, parseIgnoredTags, parseTags } from './tags.js';
import { parseProviderVersion, parseTerraformVersion } from './versions.js';
import { findVisibleSecrets, visibleTexts } from './visible-texts.js';

export const COMMANDS = ['plan', 'apply', 'destroy', 'drift', 'verify'] as const;
export type Command = (typeof COMMANDS)[number];

const BACKENDS = [
  'azurerm',
  'consul',
  'cos',
  'gcs',
  'http',
  'kubernetes',
  'local',
  'oss',
  'pg',
  's3',
] as const;

/** The settings are as the user gave them and as the action completed them. */
export interface Backend extends BackendSettings {
  readonly type: (typeof BACKENDS)[number];
}

/** A folder on this machine, or the URL of a network mirror. */
type ProviderMirror = { readonly folder: string } | { readonly url: string };

type Approval =
  | { readonly by: 'digest'; readonly digest: string }
  | { readonly by: 'pull-request' }
  | { readonly by: 'auto' }
  | { readonly by: 'nobody' };

export interface Inputs {
  readonly command: Command;
  readonly primaryRegion: string;
  readonly replicaRegions: readonly string[];
  readonly partition: string;
  /** Without `alias/`. */
  readonly alias: string;
  /** The alias that the key in the state has until now, without `alias/`; undefined unless it is to be renamed. */
  readonly renameAliasFrom: string | undefined;
  /** A key that was made elsewhere, to be taken into the state; undefined for none. */
  readonly importKey: ImportKey | undefined;
  readonly accountIds: readonly string[];
  readonly administrators: readonly string[];
  readonly users: readonly string[];
  readonly grants: 'aws-services' | 'any' | 'none';
  /** A whole key policy in its shortest JSON form. */
  readonly policy: string | undefined;
  readonly description: string;
  readonly replicaDescription: string;
  readonly tags: Readonly<Record<string, string>>;
  /** Tags that are left to others: tag keys, and with `*` at the end the beginnings of tag keys. */
  readonly ignoreTags: readonly string[];
  readonly keySpec: KeySpec;
  readonly keyUsage: KeyUsage;
  readonly enableKeyRotation: boolean;
  readonly rotationPeriodInDays: number | undefined;
  readonly deletionWindowInDays: number;
  readonly roleToAssume: string | undefined;
  readonly roleSessionName: string;
  readonly roleDurationSeconds: number;
  readonly audience: string;
  readonly allowedAccountIds: readonly string[];
  /** Undefined when no state was asked for: then only a plan is possible. */
  readonly backend: Backend | undefined;
  readonly terraformVersion: string;
  readonly terraformDownloadUrl: string | undefined;
  readonly awsProviderVersion: string;
  readonly providerMirror: ProviderMirror | undefined;
  readonly lockFile: string | undefined;
  readonly comment: 'always' | 'changes' | 'never';
  readonly commentKey: string;
  readonly githubToken: string | undefined;
  readonly approval: Approval;
  /** True for `destroy`, and for its preview, `plan` with `plan-destroy`: what is planned deletes everything. */
  readonly destroys: boolean;
  /** True when `allow-destroy` and a right `confirm-destroy` were given, or `destroy` was confirmed; and for its preview. */
  readonly deletionConfirmed: boolean;
  /** A key that was used within so many days is not deleted; 0 for any. */
  readonly requireUnusedDays: number;
  /** Keys pending deletion may be brought back, and a replica that exists taken into the state. */
  readonly allowRecovery: boolean;
  /** The primary may move to `primaryRegion`, where the state has a replica now. */
  readonly movePrimary: boolean;
  readonly verify: 'off' | 'describe' | 'crypto';
  readonly failOnDrift: boolean;
  readonly replicaTimeoutMinutes: number;
  /** Where the key stands in a keys file; `group` is what the comment for all its keys is found by. */
  readonly ofFile?: { readonly path: string; readonly key: string; readonly group: string } | undefined;
}

/**
 * Reads and validates every input at once.
 * @returns the inputs, frozen
 * @throws ActionError that lists every problem: the input, its value, the rule and an example
 */
export function readInputs(sources: InputSources): Inputs {
  const reader = new InputReader(sources.env, explainEmptyInput(sources));
  const inputs: Inputs = {
    command: reader.value('command', parseChoice(COMMANDS), 'plan'),
    ...readRegions(reader),
    ...readAliases(reader),
    importKey: reader.optional('import-key', parseImportKey(reader.text('primary-region').trim())),
    ...readPolicyInputs(reader, sources),
    ...readKeyInputs(reader),
    ...readCredentialInputs(reader),
    ...readStateInputs(reader, sources),
    ...readToolInputs(reader, sources),
    ...readReviewInputs(reader),
    verify: readVerify(reader),
    failOnDrift: reader.value('fail-on-drift', parseBoolean, false),
    replicaTimeoutMinutes: reader.value('replica-timeout-minutes', parseInteger(1, 120), 30),
  };
  refuseVisibleSecrets(reader, inputs, sources);
  reader.finish();
  return Object.freeze(inputs);
}

/** GitHub drops an output that contains a masked text, and the jobs that ask for it are skipped without a word. */
function refuseVisibleSecrets(reader: InputReader, inputs: Inputs, { env }: InputSources): void {
  if (inputs.backend === undefined) return;
  const found = findVisibleSecrets(inputs.backend, visibleTexts(inputs, env));
  for (const setting of new Set(found.map((each) => each.setting))) {
    const what = found.find((each) => each.setting === setting)?.what ?? '';
    reader.problem(
      'backend-config',
      `the value of ${quote(setting)} is secret, and it is a part of ${what} too: hiding it would blank outputs, and GitHub would skip what depends on them. Use another value`,
    );
  }
}

function readVerify(reader: InputReader): Inputs['verify'] {
  const verify = reader.value('verify', parseChoice(['off', 'describe', 'crypto']), 'describe');
  if (verify === 'off' && reader.text('command').trim() === 'verify')
    reader.problem('verify', 'with the command verify, off would leave nothing to do');
  return verify;
}

function readRegions(reader: InputReader): Pick<Inputs, 'primaryRegion' | 'replicaRegions' | 'partition'> {
  const primaryRegion = reader.required('primary-region', parseRegion);
  const replicaRegions = reader.value('replica-regions', parseList(parseRegion), []);
  const partition = partitionOf(primaryRegion) ?? 'aws';
  if (primaryRegion !== '' && replicaRegions.includes(primaryRegion)) {
    reader.problem(
      'replica-regions',
      `${quote(primaryRegion)} is the primary Region and cannot have a replica too`,
    );
  }
  for (const region of primaryRegion === '' ? [] : replicaRegions) {
    if (partitionOf(region) === partition) continue;
    reader.problem(
      'replica-regions',
      `${quote(region)} is in the partition ${partitionOf(region) ?? 'unknown'}, the primary Region in ${partition}, and a multi-Region key cannot leave its partition`,
    );
  }
  return { primaryRegion, replicaRegions, partition };
}

function readAliases(reader: InputReader): Pick<Inputs, 'alias' | 'renameAliasFrom'> {
  const alias = reader.required('alias', parseAlias);
  const renameAliasFrom = reader.optional('rename-alias-from', parseAlias);
  if (renameAliasFrom !== undefined && renameAliasFrom === alias) {
    reader.problem('rename-alias-from', `${quote(alias)} is the alias itself, so nothing would be renamed`);
  }
  if (renameAliasFrom !== undefined) requirePlaceOfState(reader, renameAliasFrom);
  return { alias, renameAliasFrom };
}

/** Where nothing else is said, the place of a state has the alias in its name: by another alias it would be another state. */
function requirePlaceOfState(reader: InputReader, from: string): void {
  const byAlias = (place: string): string =>
    `it does not say where that key's state is, and the default has the alias in its name: set ${place}`;
  if (reader.text('state-bucket') !== '' && reader.text('state-key') === '') {
    reader.problem('rename-alias-from', byAlias(`state-key: ${defaultStateKey(from)}, and keep it`));
  }
  if (reader.text('backend').trim() === 'local' && !/^\s*path\s*=/m.test(reader.text('backend-config'))) {
    reader.problem('rename-alias-from', byAlias('backend-config: path=…, in every run'));
  }
}

/** The name of a state whose alias is its own: no two aliases have one name, as no alias has a dot. */
function defaultStateKey(alias: string): string {
  return `aws-kms-multi-region-key/${alias}.tfstate`;
}

/** Without `alias/`, which both forms mean. */
export function bareAlias(text: string): string {
  return text.trim().replace(/^alias\//, '');
}

/**
 * The rules of KMS (API reference, CreateAlias) and of the provider; of the bundled module's variable; and of the names
 * of states, which the alias is a part of. `alias/` within the name would be one that was written twice.
 */
const parseAlias = (text: string): string => {
  const alias = bareAlias(text);
  const found = findForbidden(alias, /[^a-zA-Z0-9/_-]/u);
  if (alias === '') throw new Invalid(`${quote(text)} has no name after "alias/"`);
  if (found !== undefined) throw new Invalid(`${quote(text)} has a character that is not allowed: ${found}`);
  if (/^aws\//i.test(alias)) throw new Invalid(`${quote(text)} is reserved for AWS`);
  if (/^alias\//i.test(alias))
    throw new Invalid(`${quote(text)} begins with "alias/" twice, or in upper case`);
  if (/^\/|\/$|\/\//.test(alias)) {
    throw new Invalid(`${quote(text)} has a "/" with nothing before or after it`);
  }
  if (alias.length + 'alias/'.length > 256)
    throw new Invalid(`${quote(text)} has ${alias.length + 6} characters with "alias/"`);
  return alias;
};

const parseAccountId = (text: string): string => {
  if (/^\d{12}$/.test(text)) return text;
  throw new Invalid(`${quote(text)} is not 12 digits${whyNoAccount(text)}`);
};

/** An id that YAML or JSON took for a number has lost its leading zeros, or is written with an exponent. */
function whyNoAccount(text: string): string {
  if (/^\d{1,11}$/.test(text)) return lostZeros(text);
  if (/^\d(?:\.\d+)?e\+?\d+$/i.test(text)) return ', but a number with an exponent: put it in quotes';
  return because(text, /\D/u);
}

/** The same where an id stands in an ARN. */
function whyNoAccountInArn(arn: string): string {
  const account = /^arn:[a-z-]+:iam::(\d{0,11}):/.exec(arn)?.[1];
  if (account === undefined) return '';
  return account === ''
    ? ': there is no account id in it'
    : `: its account id ${quote(account)} is not 12 digits${whyNoAccount(account)}`;
}

const NOT_IN_ARNS = /[^\w+=,.@:/-]/u;

type PolicyInputs = Pick<Inputs, 'accountIds' | 'administrators' | 'users' | 'grants' | 'policy'>;

function readPolicyInputs(reader: InputReader, sources: InputSources): PolicyInputs {
  const partition = partitionOf(reader.text('primary-region').trim()) ?? 'aws';
  const principals = parseList(parsePrincipal(partition));
  const inputs = {
    accountIds: reader.value('account-ids', parseList(parseAccountId), []),
    administrators: reader.value('administrators', principals, []),
    users: reader.value('users', principals, []),
    grants: reader.value('grants', parseChoice(['aws-services', 'any', 'none']), 'aws-services'),
    policy: reader.optional('policy', (text) => parsePolicyInput(readPolicy(text, sources), partition)),
  };
  if (reader.text('policy') === '') return inputs;
  for (const name of ['account-ids', 'administrators', 'users'] as const) {
    if (reader.text(name) === '') continue;
    reader.problem(
      'policy',
      `it replaces the whole key policy, so ${name} would have no effect: remove one of the two`,
    );
  }
  return inputs;
}

function readPolicy(text: string, { env, readFile }: InputSources): string {
  // A list or a text is no policy, but JSON all the same, and no path.
  if (/^\s*[{["]/.test(text)) return text;
  if (text.trim().includes('\n')) throw new Invalid('it is neither a JSON object nor the path of a file');
  return readInWorkspace(text, { env, readFile });
}

function readInWorkspace(text: string, { env, readFile }: Pick<InputSources, 'env' | 'readFile'>): string {
  const content = readFile(resolveInWorkspace(text, env));
  if (content === undefined) {
    const name = quote(text.trim());
    throw new Invalid(`the file ${name} cannot be read (a job has files only after actions/checkout)`);
  }
  return content;
}

/** IAM's own rules for a principal, and of these only who lasts: no session, nobody that was deleted, not everybody. */
function parsePrincipal(partition: string): (text: string) => string {
  return (text) => {
    if (!/^arn:[^:]*:(iam|sts):/.test(text))
      throw new Invalid(
        `${quote(text)} is not the ARN of an IAM user, role or account root${because(text, NOT_IN_ARNS)}`,
      );
    if (/^arn:[^:]*:sts:/.test(text)) throw new Invalid(`${quote(text)} is a session: name its role`);
    const why = whyImpossible({ type: 'AWS', value: text }, partition);
    if (why !== undefined) throw new Invalid(`it names ${quote(text)}, ${why}`);
    return text;
  };
}

type KeyInputs = Pick<
  Inputs,
  | 'description'
  | 'replicaDescription'
  | 'tags'
  | 'ignoreTags'
  | 'keySpec'
  | 'keyUsage'
  | 'enableKeyRotation'
  | 'rotationPeriodInDays'
  | 'deletionWindowInDays'
>;

function readKeyInputs(reader: InputReader): KeyInputs {
  const keySpec = reader.value('key-spec', parseKeySpec, 'SYMMETRIC_DEFAULT');
  const usage = (text: string): KeyUsage => parseKeyUsage(text, keySpec);
  return {
    description: reader.value('description', parseText(8192), ''),
    replicaDescription: reader.value('replica-description', parseText(8192), ''),
    ...readTags(reader),
    keySpec,
    keyUsage: reader.value('key-usage', usage, defaultUsage(keySpec)),
    ...readRotation(reader, keySpec),
    deletionWindowInDays: reader.value('deletion-window-in-days', parseInteger(7, 30), 30),
  };
}

/** A tag that is both set and left to others would be put on at every plan, as the provider never sees it. */
function readTags(reader: InputReader): Pick<Inputs, 'tags' | 'ignoreTags'> {
  const tags = reader.value('tags', parseTags, {});
  const ignoreTags = reader.value('ignore-tags', parseIgnoredTags, []);
  for (const key of Object.keys(tags)) {
    const entry = findIgnoring(ignoreTags, key);
    if (entry !== undefined)
      reader.problem(
        'ignore-tags',
        `${quote(entry)} leaves to others the tag ${quote(key)}, which tags sets`,
      );
  }
  return { tags, ignoreTags };
}

function parseKeySpec(text: string): KeySpec {
  const spec = text.trim();
  if (!isKeySpec(spec)) throw new Invalid(`${quote(text)} is none of ${MULTI_REGION_KEY_SPECS.join(', ')}`);
  return spec;
}

function parseKeyUsage(text: string, keySpec: KeySpec): KeyUsage {
  const allowed = usagesFor(keySpec);
  const usage = allowed.find((candidate) => candidate === text.trim());
  if (usage === undefined)
    throw new Invalid(`${quote(text)} does not go with ${keySpec}, which allows ${allowed.join(' or ')}`);
  return usage;
}

function readRotation(
  reader: InputReader,
  keySpec: KeySpec,
): Pick<Inputs, 'enableKeyRotation' | 'rotationPeriodInDays'> {
  const possible = specAllowsRotation(keySpec);
  const enableKeyRotation = reader.value('enable-key-rotation', parseBoolean, possible);
  const rotationPeriodInDays = reader.optional('rotation-period-in-days', parseInteger(90, 2560));
  if (enableKeyRotation && !possible) {
    reader.problem(
      'enable-key-rotation',
      `true does not go with ${keySpec}, whose material AWS does not rotate`,
    );
  }
  if (rotationPeriodInDays !== undefined && !enableKeyRotation) {
    reader.problem('rotation-period-in-days', `${rotationPeriodInDays} has no effect while rotation is off`);
  }
  return { enableKeyRotation, rotationPeriodInDays };
}

type CredentialInputs = Pick<
  Inputs,
  'roleToAssume' | 'roleSessionName' | 'roleDurationSeconds' | 'audience' | 'allowedAccountIds'
>;

function readCredentialInputs(reader: InputReader): CredentialInputs {
  const partition = partitionOf(reader.text('primary-region').trim()) ?? 'aws';
  return {
    roleToAssume: reader.optional('role-to-assume', parseRoleArn(partition)),
    roleSessionName: reader.value(
      'role-session-name',
      parseMatching(/^[\w+=,.@-]{2,64}$/, 'is not such a name', /[^\w+=,.@-]/u),
      '',
    ),
    roleDurationSeconds: reader.value('role-duration-seconds', parseInteger(900, 43_200), 3600),
    audience: reader.value(
      'audience',
      parseMatching(/^\S{1,255}$/, 'is not one word'),
      defaultAudience(partition),
    ),
    allowedAccountIds: reader.value('allowed-account-ids', parseList(parseAccountId), []),
  };
}

function parseRoleArn(partition: string): (text: string) => string {
  return (text) => {
    const found = /^arn:([a-z-]+):iam::\d{12}:role\/[\w+=,.@/-]+$/.exec(text.trim());
    if (found === null) {
      const why = whyNoAccountInArn(text.trim()) || because(text.trim(), NOT_IN_ARNS);
      throw new Invalid(`${quote(text)} is not the ARN of an IAM role${why}`);
    }
    if (found[1] !== partition) {
      throw new Invalid(`${quote(text)} is in the partition ${found[1] ?? ''}, the Regions in ${partition}`);
    }
    return text.trim();
  };
}

/** China's STS has a name of its own; everywhere else the one that GitHub's and AWS's documents use is right. */
function defaultAudience(partition: string): string {
  return partition === 'aws-cn' ? 'sts.amazonaws.com.cn' : 'sts.amazonaws.com';
}

function readStateInputs(reader: InputReader, { env }: Pick<InputSources, 'env'>): Pick<Inputs, 'backend'> {
  const bucket = reader.optional('state-bucket', parseBucket);
  const type = reader.optional('backend', parseChoice(BACKENDS));
  const config = reader.value('backend-config', parseBackendConfig, {});
  const s3 = readS3Inputs(reader, bucket);
  if (bucket !== undefined && reader.text('backend') !== '') {
    reader.problem('backend', 'state-bucket already chooses the S3 backend: remove one of the two');
  }
  if (bucket === undefined && type === undefined && Object.keys(config).length > 0) {
    reader.problem('backend-config', 'there is no backend for these settings');
  }
  for (const name of bucket === undefined ? [] : Object.keys(s3)) {
    if (name in config)
      reader.problem('backend-config', `${quote(name)} is said by an input of its own already`);
  }
  checkSettings(reader, bucket === undefined ? type : undefined, { config, env });
  if (bucket !== undefined) return { backend: { type: 's3', config: { ...s3, ...config } } };
  return { backend: type === undefined ? undefined : { type, config } };
}

/** @param type of the backend that has its place from these settings alone */
function checkSettings(
  reader: InputReader,
  type: Backend['type'] | undefined,
  { config, env }: Pick<Backend, 'config'> & Pick<InputSources, 'env'>,
): void {
  // Settings that could not be read are told as such, and not as missing.
  const isRead = reader.text('backend-config') === '' || Object.keys(config).length > 0;
  for (const { reason, spec } of findSettingProblems(isRead ? type : undefined, config, env))
    reader.problem('backend-config', reason, spec);
}

function readS3Inputs(reader: InputReader, bucket: string | undefined): Record<string, string> {
  const key = reader.optional('state-key', parseStateKey);
  const region = reader.optional('state-region', parseRegion);
  if (bucket === undefined) {
    if (key !== undefined) reader.problem('state-key', 'there is no state-bucket');
    if (region !== undefined) reader.problem('state-region', 'there is no state-bucket');
    return {};
  }
  return {
    bucket,
    key: key ?? defaultStateKey(bareAlias(reader.text('alias'))),
    region: region ?? reader.text('primary-region').trim(),
  };
}

type ToolInputs = Pick<
  Inputs,
  'terraformVersion' | 'terraformDownloadUrl' | 'awsProviderVersion' | 'providerMirror' | 'lockFile'
>;

function readToolInputs(reader: InputReader, sources: InputSources): ToolInputs {
  return {
    terraformVersion: reader.value('terraform-version', parseTerraformVersion, ''),
    terraformDownloadUrl: reader.optional('terraform-download-url', parseUrl),
    awsProviderVersion: reader.value('aws-provider-version', parseProviderVersion, ''),
    providerMirror: reader.optional('provider-mirror', (text) => parseProviderMirror(text, sources)),
    lockFile: reader.optional('lock-file', (text) => readInWorkspace(text, sources)),
  };
}

function parseProviderMirror(text: string, { env, isFolder }: InputSources): ProviderMirror {
  if (/^[a-z]+:\/\//i.test(text.trim())) return { url: parseMirrorUrl(text) };
  const folder = resolveInWorkspace(text, env);
  if (!isFolder(folder)) throw new Invalid(`${quote(text.trim())} is not a folder on this runner`);
  return { folder };
}

/** Terraform takes no network mirror by http, not even one on this machine. */
function parseMirrorUrl(text: string): string {
  const url = parseUrl(text);
  if (!url.startsWith('https:')) throw new Invalid(`${quote(text)} does not begin with https://`);
  return url;
}

function resolveInWorkspace(text: string, env: InputSources['env']): string {
  return path.resolve(env['GITHUB_WORKSPACE'] ?? '.', text.trim());
}

type ReviewInputs = Pick<
  Inputs,
  | 'comment'
  | 'commentKey'
  | 'githubToken'
  | 'approval'
  | 'destroys'
  | 'deletionConfirmed'
  | 'requireUnusedDays'
  | 'allowRecovery'
  | 'movePrimary'
>;

function readReviewInputs(reader: InputReader): ReviewInputs {
  const alias = bareAlias(reader.text('alias'));
  return {
    comment: readComment(reader),
    commentKey: reader.value('comment-key', parseCommentKey, alias),
    githubToken: readToken(reader),
    approval: readApproval(reader),
    ...readDeletion(reader, alias),
    requireUnusedDays: reader.value('require-unused-days', parseInteger(0, 3650), 0),
    allowRecovery: reader.value('allow-recovery', parseBoolean, false),
    movePrimary: reader.value('move-primary', parseBoolean, false),
  };
}

function readApproval(reader: InputReader): Approval {
  const auto = reader.value('auto-approve', parseBoolean, false);
  const plan = reader.optional(
    'approved-plan',
    parseMatching(/^(pull-request|sha256:[0-9a-f]{64})$/, 'is neither'),
  );
  if (auto && plan !== undefined) {
    reader.problem(
      'approved-plan',
      'auto-approve is true, so nothing would be compared with it: remove one of the two',
    );
  }
  if (plan === 'pull-request' && reader.text('command').trim() === 'destroy') {
    reader.problem(
      'approved-plan',
      'a pull request shows what `apply` will do, and nothing of `destroy`: give the digest of `plan` with `plan-destroy: true`',
    );
  }
  if (plan === 'pull-request') return { by: 'pull-request' };
  if (plan !== undefined) return { by: 'digest', digest: plan };
  return auto ? { by: 'auto' } : { by: 'nobody' };
}

function readDeletion(reader: InputReader, alias: string): Pick<Inputs, 'destroys' | 'deletionConfirmed'> {
  const allowed = reader.value('allow-destroy', parseBoolean, false);
  const confirmed = bareAlias(reader.text('confirm-destroy'));
  const destroys = reader.text('command').trim() === 'destroy';
  const previews = readPlanDestroy(reader);
  if (confirmed !== '' && confirmed !== alias) {
    reader.problem('confirm-destroy', `${quote(confirmed)} is not the alias ${quote(alias)}`);
  } else if (confirmed === '' && destroys) {
    reader.problem(
      'confirm-destroy',
      'the command destroy deletes every key of the alias, and nothing confirms it',
    );
  } else if (confirmed === '' && allowed) {
    reader.problem('confirm-destroy', 'allow-destroy is true, and nothing confirms which key it is for');
  }
  const isConfirmed = confirmed === alias && alias !== '' && (allowed || destroys);
  // A preview changes nothing; the `destroy` that follows it has to be confirmed.
  return { destroys: destroys || previews, deletionConfirmed: isConfirmed || previews };
}

function readPlanDestroy(reader: InputReader): boolean {
  const previews = reader.value('plan-destroy', parseBoolean, false);
  const command = reader.text('command').trim() || 'plan';
  if (previews && command !== 'plan')
    reader.problem('plan-destroy', `it is the preview of destroy, and the command is ${quote(command)}`);
  return previews;
}
