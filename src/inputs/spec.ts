/** The rule of one input, as a refusal states it. `default` is also in action.yml; a test keeps the two equal. */
export interface InputSpec {
  readonly default: string;
  /** What a good value is, as the end of the sentence "It must be …". */
  readonly rule: string;
  /** A value that works. */
  readonly example: string;
  /** The value is never repeated in a message. */
  readonly secret?: true;
  /** Any character is at home in it. */
  readonly freeText?: true;
  /**
   * Describes a key, its state or its credentials, so that a keys file may give it; and in which form of YAML beside
   * text: one value, a list, or a map.
   */
  readonly ofKey?: 'value' | 'list' | 'map';
}

const boolean = 'true or false';
const regions =
  'Region ids of one AWS partition, separated by commas, spaces or newlines, or as a JSON or YAML list';
const accounts = 'AWS account ids of exactly 12 digits, in quotes so that YAML keeps leading zeros';
const principals = "IAM ARNs of users, roles or account roots in the key's partition";

/** Every input, in the order of action.yml. */
export const INPUT_SPECS = {
  command: { default: 'plan', rule: 'plan, apply, destroy, drift, verify, keys or report', example: 'plan' },
  'primary-region': { ofKey: 'value', default: '', rule: 'one Region id', example: 'ap-southeast-1' },
  'replica-regions': { ofKey: 'list', default: '', rule: regions, example: 'ap-southeast-2, ap-southeast-3' },
  alias: {
    ofKey: 'value',
    default: '',
    rule: 'letters, digits, "_", "-" and, between them, single "/", at most 256 characters with "alias/", and not "alias/aws/…", which AWS keeps for itself',
    example: 'aws_cb_cmk',
  },
  'rename-alias-from': {
    ofKey: 'value',
    default: '',
    rule: 'the alias that the key of this state has until now, another one than alias; only together with the place of its state (state-key, or backend-config)',
    example: 'aws_cb_cmk',
  },
  'import-key': {
    ofKey: 'value',
    default: '',
    rule: 'a multi-Region key that exists, in the Regions\' partition: its id (mrk- and 32 hex digits), its ARN, an alias of it with "alias/", or that alias\'s ARN',
    example: 'mrk-1234abcd12ab34cd56ef1234567890ab',
  },
  'account-ids': { ofKey: 'list', default: '', rule: accounts, example: '"111122223333, 044455556666"' },
  administrators: {
    ofKey: 'list',
    default: '',
    rule: principals,
    example: 'arn:aws:iam::111122223333:role/key-admin',
  },
  users: { ofKey: 'list', default: '', rule: principals, example: 'arn:aws:iam::111122223333:role/app' },
  grants: {
    ofKey: 'value',
    default: 'aws-services',
    rule: 'aws-services, any or none',
    example: 'aws-services',
  },
  policy: {
    ofKey: 'map',
    freeText: true,
    default: '',
    rule: 'a key policy as JSON, or the path of a file with one, of at most 32 KiB: an object with "Statement", each with Effect, a principal that exists, an action and a resource',
    example: 'policies/key.json',
  },
  description: {
    ofKey: 'value',
    freeText: true,
    default: 'Multi-Region primary key',
    rule: 'at most 8192 characters',
    example: 'Customer data, production',
  },
  'replica-description': {
    ofKey: 'value',
    freeText: true,
    default: 'Multi-Region replica key',
    rule: 'at most 8192 characters',
    example: 'Customer data, production, replica',
  },
  tags: {
    ofKey: 'map',
    freeText: true,
    default: '',
    rule: 'key=value lines or a JSON object of strings: at most 50 tags, keys of 1 to 128 and values of up to 256 letters, digits, spaces or any of _.:/=+-@, no key twice, none beginning with "aws:"',
    example: 'team=payments',
  },
  'ignore-tags': {
    ofKey: 'list',
    default: '',
    rule: 'tag keys that others put on, separated by commas or newlines or as a JSON or YAML list; with "*" at the end, all keys that begin so; none that tags sets',
    example: 'CostCenter, auto-tag:*',
  },
  'key-spec': {
    ofKey: 'value',
    default: 'SYMMETRIC_DEFAULT',
    rule: 'a key spec of multi-Region keys',
    example: 'SYMMETRIC_DEFAULT',
  },
  'key-usage': {
    ofKey: 'value',
    default: '',
    rule: 'a key usage that the key spec allows',
    example: 'ENCRYPT_DECRYPT',
  },
  'enable-key-rotation': {
    ofKey: 'value',
    default: '',
    rule: `${boolean}; only SYMMETRIC_DEFAULT keys can rotate by themselves`,
    example: 'true',
  },
  'rotation-period-in-days': {
    ofKey: 'value',
    default: '',
    rule: 'a whole number of days from 90 to 2560, with rotation enabled',
    example: '180',
  },
  'deletion-window-in-days': {
    ofKey: 'value',
    default: '30',
    rule: 'a whole number of days from 7 to 30, without a unit',
    example: '30',
  },
  'role-to-assume': {
    ofKey: 'value',
    default: '',
    rule: "the ARN of an IAM role in the Regions' partition",
    example: 'arn:aws:iam::111122223333:role/kms-plan',
  },
  'role-session-name': {
    ofKey: 'value',
    default: 'aws-kms-multi-region-key',
    rule: '2 to 64 letters, digits or any of _+=,.@-',
    example: 'aws-kms-multi-region-key',
  },
  'role-duration-seconds': {
    ofKey: 'value',
    default: '3600',
    rule: 'a whole number of seconds from 900 to 43200',
    example: '3600',
  },
  audience: {
    ofKey: 'value',
    default: '',
    rule: 'one word, as the identity provider in IAM lists it',
    example: 'sts.amazonaws.com',
  },
  'allowed-account-ids': { ofKey: 'list', default: '', rule: accounts, example: '"111122223333"' },
  'state-bucket': {
    ofKey: 'value',
    default: '',
    rule: 'the name of an S3 bucket: 3 to 63 lower-case letters, digits, "." and "-"',
    example: 'acme-terraform-state',
  },
  'state-key': {
    ofKey: 'value',
    default: '',
    rule: 'an object name of at most 1024 bytes that does not begin or end with "/" or have "//" in it; only with state-bucket',
    example: 'kms/aws_cb_cmk.tfstate',
  },
  'state-region': {
    ofKey: 'value',
    default: '',
    rule: 'the Region id of the state bucket; only with state-bucket',
    example: 'eu-central-1',
  },
  backend: {
    ofKey: 'value',
    default: '',
    rule: 'a Terraform backend type: azurerm, consul, cos, gcs, http, kubernetes, local, oss, pg or s3; not together with state-bucket',
    example: 'gcs',
  },
  'backend-config': {
    ofKey: 'map',
    default: '',
    rule: 'key=value lines, nested as key.key=value or with JSON as the value; only with state-bucket or backend, and nothing that another input says',
    example: 'encrypt=true',
    secret: true,
  },
  'terraform-version': {
    default: '1.11.4',
    rule: 'an exact version or a version range, at least 1.5.0',
    example: '1.11.4',
  },
  'terraform-download-url': {
    default: '',
    rule: 'an https URL without a user name, query or fragment',
    example: 'https://mirror.example.com/hashicorp',
  },
  'aws-provider-version': {
    default: '5.100.0',
    rule: 'an exact version or a Terraform version constraint, from 3.64.0 up to 6.x',
    example: '5.100.0',
  },
  'provider-mirror': {
    default: '',
    rule: 'a folder laid out as a Terraform filesystem mirror, or an https URL of a network mirror',
    example: '/opt/terraform-providers',
  },
  'lock-file': {
    default: '',
    rule: 'the path of a Terraform dependency lock file',
    example: '.terraform.lock.hcl',
  },
  comment: { default: 'always', rule: 'always, changes or never', example: 'always' },
  'comment-key': {
    default: '',
    rule: '1 to 256 letters, digits or any of /_.-',
    example: 'production',
  },
  'github-token': {
    default: '${{ github.token }}',
    rule: 'a GitHub token',
    example: '${{ github.token }}',
    secret: true,
  },
  'approved-plan': {
    default: '',
    rule: 'the plan-digest output of a plan (sha256: and 64 hex digits) or pull-request; not together with auto-approve',
    example: '${{ needs.plan.outputs.plan-digest }}',
  },
  'auto-approve': { default: 'false', rule: boolean, example: 'true' },
  'allow-destroy': { default: 'false', rule: boolean, example: 'true' },
  'confirm-destroy': { default: '', rule: 'the alias, written out once more', example: 'aws_cb_cmk' },
  'plan-destroy': {
    default: 'false',
    rule: `${boolean}; only with the command plan`,
    example: 'true',
  },
  'require-unused-days': {
    default: '0',
    rule: 'a whole number of days from 0 to 3650, without a unit',
    example: '90',
  },
  'allow-recovery': { default: 'false', rule: boolean, example: 'true' },
  'move-primary': { ofKey: 'value', default: 'false', rule: boolean, example: 'true' },
  verify: { default: 'describe', rule: 'off, describe or crypto', example: 'describe' },
  'fail-on-drift': { default: 'false', rule: boolean, example: 'true' },
  'keys-file': {
    default: '',
    rule: 'the path of a YAML file with the keys, of at most 1 MiB',
    example: 'kms-keys.yml',
  },
  key: {
    default: '',
    rule: 'the name of one key of the keys-file; only together with keys-file',
    example: 'payments',
  },
  reports: {
    default: '',
    rule: 'a folder with the reports of a matrix of keys; only with the command report',
    example: 'reports',
  },
  'replica-timeout-minutes': {
    default: '30',
    rule: 'a whole number of minutes from 1 to 120, without a unit',
    example: '30',
  },
} as const satisfies Record<string, InputSpec>;

export type InputName = keyof typeof INPUT_SPECS;

export const INPUT_NAMES = Object.keys(INPUT_SPECS) as readonly InputName[];

/** What an entry of a keys file may give. */
export const KEY_INPUT_NAMES = INPUT_NAMES.filter((name) => 'ofKey' in INPUT_SPECS[name]);

/** @returns in which form of YAML a keys file gives the input; undefined where it may not */
export function formOf(name: InputName): 'value' | 'list' | 'map' | undefined {
  const spec: InputSpec = INPUT_SPECS[name];
  return spec.ofKey;
}
