import { defaultUsage, specAllowsRotation } from '../facts/key-specs.js';
import {
  bareAlias,
  defaultAudience,
  parseAccountId,
  parseAlias,
  parseBucket,
  parseImportKey,
  parseKeySpec,
  parseKeyUsage,
  parsePrincipal,
  parseRegion,
  parseRoleArn,
  parseStateKey,
} from './aws-names.js';
import { parseBackendConfig } from './backend-config.js';
import { parsePolicyInput, parseProviderMirror, readInWorkspace, textOrFile } from './files.js';
import {
  parseBoolean,
  parseChoice,
  parseInteger,
  parseList,
  parseMatching,
  parseText,
  parseToken,
  parseUrl,
} from './parsers.js';
import type { Around } from './sources.js';
import { parseIgnoredTags, parseTags } from './tags.js';
import { parseProviderVersion, parseTerraformVersion } from './versions.js';

/** One input: all that the action, its action.yml and its documents know of it. */
export interface InputSpec {
  /** As action.yml and the README's table say it. */
  readonly description: string;
  /** What counts where nothing is given. */
  readonly default?: string;
  /** What a good value is, as the end of the sentence "It must be …". */
  readonly rule: string;
  /** A value that works; the default where it is left out. */
  readonly example?: string;
  /** The value is never repeated in a message. */
  readonly secret?: true;
  /** Any character is at home in it. */
  readonly freeText?: true;
  /**
   * Describes a key, its state or its credentials, so that a keys file may give it; and in which form of YAML beside
   * text: one value, a list, or a map.
   */
  readonly ofKey?: 'value' | 'list' | 'map';
  /** Text that is not empty to the value. @throws Invalid with what is wrong */
  readonly parse: (text: string, around: Around) => unknown;
  /** The value where there is no text, or what makes it; undefined unless told. */
  readonly absent?: unknown;
}

const COMMANDS = ['plan', 'apply', 'destroy', 'drift', 'verify'] as const;
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

const boolean = 'true or false';
const accounts = 'AWS account ids of exactly 12 digits, in quotes so that YAML keeps leading zeros';
const principals = "IAM ARNs of users, roles or account roots in the key's partition";

/** What is off unless it is asked for. */
const SWITCH = { default: 'false', rule: boolean, example: 'true', parse: parseBoolean } as const;

/** Text as it is, that names something: whoever looks for it tells what is wrong with it. */
const NAME = { parse: (text: string) => text.trim(), absent: '' } as const;

/**
 * Every input, in the order of action.yml. From it come the types of the values (`Inputs`), action.yml's `inputs`, the
 * README's table and the schema of the keys file.
 */
const INPUTS = {
  command: {
    description:
      '`plan` (never changes AWS), `apply`, `destroy`, `drift` or `verify`; for many keys `keys` (which there are, and which a pull request changes) and `report` (one comment for all).',
    default: 'plan',
    rule: 'plan, apply, destroy, drift, verify, keys or report',
    parse: parseChoice(COMMANDS),
  },
  'primary-region': {
    description: 'The Region of the primary key, e.g. `ap-southeast-1`. Required, here or in `keys-file`.',
    rule: 'one Region id',
    example: 'ap-southeast-1',
    ofKey: 'value',
    parse: parseRegion,
    absent: '',
  },
  'replica-regions': {
    description: 'The Regions of the replicas, separated by commas, spaces or newlines; may be empty.',
    rule: 'Region ids of one AWS partition, separated by commas, spaces or newlines, or as a JSON or YAML list',
    example: 'ap-southeast-2, ap-southeast-3',
    ofKey: 'list',
    parse: parseList(parseRegion),
    absent: [],
  },
  alias: {
    description:
      'The alias in every Region, with or without `alias/`. Another alias is another key, unless `rename-alias-from` says otherwise. Required, here or as the name in `keys-file`.',
    rule: 'letters, digits, "_", "-" and, between them, single "/", at most 256 characters with "alias/", and not "alias/aws/…", which AWS keeps for itself',
    example: 'aws_cb_cmk',
    ofKey: 'value',
    parse: parseAlias,
    absent: '',
  },
  'rename-alias-from': {
    description:
      'The alias until now, where `alias` is its new name; without it, a state of another alias stops the run. Keep `state-key` as it was.',
    rule: 'the alias that the key of this state has until now, another one than alias; only together with the place of its state (state-key, or backend-config)',
    example: 'aws_cb_cmk',
    ofKey: 'value',
    parse: parseAlias,
  },
  'import-key': {
    description:
      'A multi-Region key that was made elsewhere, to be taken into the state in place of a new one: its id (`mrk-…`), ARN, or `alias/…`. Nothing is imported before its plan is approved.',
    rule: 'a multi-Region key that exists, in the Regions\' partition: its id (mrk- and 32 hex digits), its ARN, an alias of it with "alias/", or that alias\'s ARN',
    example: 'mrk-1234abcd12ab34cd56ef1234567890ab',
    ofKey: 'value',
    parse: parseImportKey,
  },
  'account-ids': {
    description: 'Other accounts that may use the key: 12 digits each, quoted so that leading zeros stay.',
    rule: accounts,
    example: '"111122223333, 044455556666"',
    ofKey: 'list',
    parse: parseList(parseAccountId),
    absent: [],
  },
  administrators: {
    description: 'IAM ARNs that may administer the key, but not use it.',
    rule: principals,
    example: 'arn:aws:iam::111122223333:role/key-admin',
    ofKey: 'list',
    parse: parseList(parsePrincipal),
    absent: [],
  },
  users: {
    description: 'IAM ARNs that may use the key for cryptographic operations.',
    rule: principals,
    example: 'arn:aws:iam::111122223333:role/app',
    ofKey: 'list',
    parse: parseList(parsePrincipal),
    absent: [],
  },
  grants: {
    description:
      'Grants that accounts and users may create: `aws-services` (only for AWS services that act for them), `any` or `none`.',
    default: 'aws-services',
    rule: 'aws-services, any or none',
    ofKey: 'value',
    parse: parseChoice(['aws-services', 'any', 'none']),
  },
  policy: {
    description:
      'A whole key policy, as JSON or a file (needs `actions/checkout`), in place of the one built from `account-ids`, `administrators`, `users` and `grants`.',
    rule: 'a key policy as JSON, or the path of a file with one, of at most 32 KiB: an object with "Statement", each with Effect, a principal that exists, an action and a resource',
    example: 'policies/key.json',
    freeText: true,
    ofKey: 'map',
    parse: (text, around) => parsePolicyInput(textOrFile(text, around), around.partition),
  },
  description: {
    description: 'The description of the primary key.',
    default: 'Multi-Region primary key',
    rule: 'at most 8192 characters',
    example: 'Customer data, production',
    freeText: true,
    ofKey: 'value',
    parse: parseText(8192),
  },
  'replica-description': {
    description: 'The description of each replica key.',
    default: 'Multi-Region replica key',
    rule: 'at most 8192 characters',
    example: 'Customer data, production, replica',
    freeText: true,
    ofKey: 'value',
    parse: parseText(8192),
  },
  tags: {
    description: 'Tags of every key, as `key=value` lines or as a JSON object.',
    rule: 'key=value lines or a JSON object of strings: at most 50 tags, keys of 1 to 128 and values of up to 256 letters, digits, spaces or any of _.:/=+-@, no key twice, none beginning with "aws:"',
    example: 'team=payments',
    freeText: true,
    ofKey: 'map',
    parse: parseTags,
    absent: {},
  },
  'ignore-tags': {
    description:
      'Tags that others put on the keys (an auto-tagger, a cost tool): their keys, `*` at the end for all that begin so. Plans and `drift` leave them alone.',
    rule: 'tag keys that others put on, separated by commas or newlines or as a JSON or YAML list; with "*" at the end, all keys that begin so; none that tags sets',
    example: 'CostCenter, auto-tag:*',
    ofKey: 'list',
    parse: parseIgnoredTags,
    absent: [],
  },
  'key-spec': {
    description:
      'The key spec, e.g. `SYMMETRIC_DEFAULT`, `RSA_2048`, `ECC_NIST_P256`, `HMAC_256`. It cannot be changed later.',
    default: 'SYMMETRIC_DEFAULT',
    rule: 'a key spec of multi-Region keys',
    ofKey: 'value',
    parse: parseKeySpec,
  },
  'key-usage': {
    description:
      'The key usage, e.g. `ENCRYPT_DECRYPT`. Default: the usual one of the key spec. It cannot be changed later.',
    rule: 'a key usage that the key spec allows',
    example: 'ENCRYPT_DECRYPT',
    ofKey: 'value',
    parse: parseKeyUsage,
    absent: ({ keySpec }: Around) => defaultUsage(keySpec),
  },
  'enable-key-rotation': {
    description: 'Automatic rotation of the key material. Default: `true` where the key spec allows it.',
    rule: `${boolean}; only SYMMETRIC_DEFAULT keys can rotate by themselves`,
    example: 'true',
    ofKey: 'value',
    parse: parseBoolean,
    absent: ({ keySpec }: Around) => specAllowsRotation(keySpec),
  },
  'rotation-period-in-days': {
    description: "Days between two rotations, 90 to 2560. Default: AWS's own, 365.",
    rule: 'a whole number of days from 90 to 2560, with rotation enabled',
    example: '180',
    ofKey: 'value',
    parse: parseInteger(90, 2560),
  },
  'deletion-window-in-days': {
    description: 'Days before KMS deletes a key, 7 to 30, in which it cannot be used.',
    default: '30',
    rule: 'a whole number of days from 7 to 30, without a unit',
    ofKey: 'value',
    parse: parseInteger(7, 30),
  },
  'role-to-assume': {
    description:
      "The IAM role to assume with this job's OIDC token. Default: the credentials in the environment.",
    rule: "the ARN of an IAM role in the Regions' partition",
    example: 'arn:aws:iam::111122223333:role/kms-plan',
    ofKey: 'value',
    parse: parseRoleArn,
  },
  'role-session-name': {
    description: 'The name of the role session, as CloudTrail shows it.',
    default: 'aws-kms-multi-region-key',
    rule: '2 to 64 letters, digits or any of _+=,.@-',
    ofKey: 'value',
    parse: parseMatching(/^[\w+=,.@-]{2,64}$/, 'is not such a name', /[^\w+=,.@-]/u),
  },
  'role-duration-seconds': {
    description: "How long the role's credentials last, 900 to 43200 seconds.",
    default: '3600',
    rule: 'a whole number of seconds from 900 to 43200',
    ofKey: 'value',
    parse: parseInteger(900, 43_200),
  },
  audience: {
    description: "The audience of the OIDC token. Default: `sts.amazonaws.com`, or the partition's STS.",
    rule: 'one word, as the identity provider in IAM lists it',
    example: 'sts.amazonaws.com',
    ofKey: 'value',
    parse: parseMatching(/^\S{1,255}$/, 'is not one word'),
    absent: defaultAudience,
  },
  'allowed-account-ids': {
    description: 'The run stops when the credentials belong to another account.',
    rule: accounts,
    example: '"111122223333"',
    ofKey: 'list',
    parse: parseList(parseAccountId),
    absent: [],
  },
  'state-bucket': {
    description: 'The S3 bucket of the Terraform state, locked by S3 itself.',
    rule: 'the name of an S3 bucket: 3 to 63 lower-case letters, digits, "." and "-"',
    example: 'acme-terraform-state',
    ofKey: 'value',
    parse: parseBucket,
  },
  'state-key': {
    description: 'The name of the state in the bucket. Default: `aws-kms-multi-region-key/ALIAS.tfstate`.',
    rule: 'an object name of at most 1024 bytes that does not begin or end with "/" or have "//" in it; only with state-bucket',
    example: 'kms/aws_cb_cmk.tfstate',
    ofKey: 'value',
    parse: parseStateKey,
  },
  'state-region': {
    description: 'The Region of the state bucket. Default: the primary Region.',
    rule: 'the Region id of the state bucket; only with state-bucket',
    example: 'eu-central-1',
    ofKey: 'value',
    parse: parseRegion,
  },
  backend: {
    description:
      'Another Terraform backend type instead of `state-bucket`. `local` loses the state with the runner.',
    rule: 'a Terraform backend type: azurerm, consul, cos, gcs, http, kubernetes, local, oss, pg or s3; not together with state-bucket',
    example: 'gcs',
    ofKey: 'value',
    parse: parseChoice(BACKENDS),
  },
  'backend-config': {
    description:
      'Settings of the backend, as `key=value` lines. Nested ones as `endpoints.s3=https://…` or with JSON as the value: `assume_role={"role_arn":"arn:…"}`. Secret ones are masked.',
    rule: 'key=value lines, nested as key.key=value or with JSON as the value; only with state-bucket or backend, and nothing that another input says',
    example: 'encrypt=true',
    secret: true,
    ofKey: 'map',
    parse: parseBackendConfig,
    absent: {},
  },
  'terraform-version': {
    description: 'The Terraform version: exact, or a range such as `~1.11.0`.',
    default: '1.11.4',
    rule: 'an exact version or a version range, at least 1.5.0',
    parse: parseTerraformVersion,
  },
  'terraform-download-url': {
    description:
      'A mirror of https://releases.hashicorp.com. It changes where files come from, never what is checked.',
    rule: 'an https URL without a user name, query or fragment',
    example: 'https://mirror.example.com/hashicorp',
    parse: parseUrl,
  },
  'aws-provider-version': {
    description:
      'The hashicorp/aws provider version: exact, or a constraint such as `~> 5.90`, from 3.64.0 to 6.x. Not run with a real 6.x yet, so the default stays before it.',
    default: '5.100.0',
    rule: 'an exact version or a Terraform version constraint, from 3.64.0 up to 6.x',
    parse: parseProviderVersion,
  },
  'provider-mirror': {
    description:
      "Where providers come from instead of the registry: a filesystem mirror's folder or a network mirror's https URL.",
    rule: 'a folder laid out as a Terraform filesystem mirror, or an https URL of a network mirror',
    example: '/opt/terraform-providers',
    parse: parseProviderMirror,
  },
  'lock-file': {
    description:
      "A `.terraform.lock.hcl` that the provider must match (needs `actions/checkout`). The updated one is written to the step's folder.",
    rule: 'the path of a Terraform dependency lock file',
    example: '.terraform.lock.hcl',
    parse: readInWorkspace,
  },
  comment: {
    description:
      'When to comment on the pull request: `always`, `changes` (only when the plan has some) or `never`.',
    default: 'always',
    rule: 'always, changes or never',
    parse: parseChoice(['always', 'changes', 'never']),
  },
  'comment-key': {
    description: "Names the comment; jobs with different keys never touch each other's. Default: the alias.",
    rule: '1 to 256 letters, digits or any of /_.-',
    example: 'production',
    parse: parseMatching(/^[\w/.-]{1,256}$/, 'is not such a name', /[^\w/.-]/u),
    absent: ({ alias }: Around) => alias,
  },
  'github-token': {
    description: 'The token that comments on the pull request and reads approvals.',
    default: '${{ github.token }}',
    rule: 'a GitHub token',
    secret: true,
    parse: parseToken,
  },
  'approved-plan': {
    description:
      "The approved plan: a digest (`needs.plan.outputs.plan-digest`), or `pull-request` for the one in the merged pull request's comment; then have reviewers on the environment, as any workflow can write that comment.",
    rule: 'the plan-digest output of a plan (sha256: and 64 hex digits) or pull-request; not together with auto-approve',
    example: '${{ needs.plan.outputs.plan-digest }}',
    parse: parseMatching(/^(pull-request|sha256:[0-9a-f]{64})$/, 'is neither'),
  },
  'auto-approve': {
    description: '`true` applies whatever the guard lets through, without an approval.',
    ...SWITCH,
  },
  'allow-destroy': {
    description: '`true`, together with `confirm-destroy`, lets a plan delete keys.',
    ...SWITCH,
  },
  'confirm-destroy': {
    description: 'The alias once more, as the confirmation that its keys may be deleted.',
    rule: 'the alias, written out once more',
    example: 'aws_cb_cmk',
    parse: bareAlias,
    absent: '',
  },
  'plan-destroy': {
    description:
      '`true` with `command: plan`: the preview of `destroy`, with its digest; it changes nothing.',
    ...SWITCH,
    rule: `${boolean}; only with the command plan`,
  },
  'require-unused-days': {
    description:
      'A deletion is stopped when the key was used within so many days, 0 (stops none) to 3650, in its Region, or when KMS does not say.',
    default: '0',
    rule: 'a whole number of days from 0 to 3650, without a unit',
    example: '90',
    parse: parseInteger(0, 3650),
  },
  'allow-recovery': {
    description:
      '`true` lets `apply` cancel the deletion of these keys, enable them, and take in replicas that exist. It needs an approval, and the plan after it another one.',
    ...SWITCH,
  },
  'move-primary': {
    description:
      '`true` lets `apply` move the primary to `primary-region`, a replica now; the old one goes among `replica-regions`. It comes alone and needs an approval; no key is made anew. Set `state-region`.',
    ...SWITCH,
    ofKey: 'value',
  },
  verify: {
    description:
      'The proof after apply, and by `command: verify`: `describe` (each key as it should be), `crypto` (also encrypts in one Region and decrypts in the others) or `off`.',
    default: 'describe',
    rule: 'off, describe or crypto',
    parse: parseChoice(['off', 'describe', 'crypto']),
  },
  'fail-on-drift': {
    description: '`true` fails the step when `drift` finds a difference.',
    ...SWITCH,
  },
  'keys-file': {
    description:
      'A YAML file with many keys (needs `actions/checkout`). `key` picks one; `command: keys` and `report` take all. An input is given here or there, not in both.',
    rule: 'the path of a YAML file with the keys, of at most 1 MiB',
    example: 'kms-keys.yml',
    ...NAME,
  },
  key: {
    description: 'The name of one key of `keys-file`; also its alias, unless the entry names another.',
    rule: 'the name of one key of the keys-file; only together with keys-file',
    example: 'payments',
    ...NAME,
  },
  reports: {
    description: 'For `command: report`: the folder with what the matrix wrote at `report-path`.',
    rule: 'a folder with the reports of a matrix of keys; only with the command report',
    example: 'reports',
    ...NAME,
  },
  'replica-timeout-minutes': {
    description: 'How long to wait for a replica that AWS still creates, 1 to 120 minutes.',
    default: '30',
    rule: 'a whole number of minutes from 1 to 120, without a unit',
    parse: parseInteger(1, 120),
  },
} as const satisfies Record<string, InputSpec>;

export type InputName = keyof typeof INPUTS;

export const INPUT_NAMES = Object.keys(INPUTS) as readonly InputName[];

/** What an entry of a keys file may give. */
export const KEY_INPUT_NAMES = INPUT_NAMES.filter((name) => 'ofKey' in INPUTS[name]);

export function specOf(name: InputName): InputSpec {
  return INPUTS[name];
}

type CamelCase<Text extends string> = Text extends `${infer Head}-${infer Tail}`
  ? `${Head}${Capitalize<CamelCase<Tail>>}`
  : Text;

/** What an input's entry in the table makes of it; undefined only where nothing stands for an input that is not given. */
export type Value<Name extends InputName> =
  | ReturnType<(typeof INPUTS)[Name]['parse']>
  | ((typeof INPUTS)[Name] extends { readonly default: string } | { readonly absent: unknown }
      ? never
      : undefined);

/** Each input by its name in camel case, as the table's parsers read it. */
export type Given = { readonly [Name in InputName as CamelCase<Name>]: Value<Name> };
