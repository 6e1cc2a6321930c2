import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { INPUT_NAMES, specOf } from '../../../src/inputs/table.js';
import { read } from '../../support/inputs.js';

const statement = { Effect: 'Allow', Principal: { AWS: '*' }, Action: 'kms:*', Resource: '*' };
const policy = (changed: object): string => JSON.stringify({ Statement: [{ ...statement, ...changed }] });
const manyTags = Array.from({ length: 51 }, (_, index) => `t${index}=x`).join('\n');
const padded = JSON.stringify({ Statement: [{ ...statement, Sid: 'x'.repeat(33_000) }] });

/** What is changed in the article's inputs, and what the message must say. */
const BAD: readonly (readonly [Record<string, string>, string])[] = [
  [
    { command: 'aply' },
    'command: "aply" is not a valid value. It must be plan, apply, destroy, drift, verify, keys or report',
  ],
  [
    { 'primary-region': '' },
    'primary-region: it is missing. It must be one Region id. Example: primary-region: ap-southeast-1',
  ],
  [{ 'primary-region': 'Singapore' }, 'primary-region: "Singapore" is not a Region id'],
  [{ 'primary-region': 'ap-southeast-1a' }, 'primary-region: "ap-southeast-1a" is not a Region id'],
  [
    { 'primary-region': 'ap-southeast-1, us-east-1' },
    'primary-region: "ap-southeast-1, us-east-1" is not a Region id',
  ],
  [{ 'replica-regions': 'ap_southeast_2' }, 'replica-regions: "ap_southeast_2" is not a Region id'],
  [
    { 'replica-regions': 'ap-southeast-2 ap-southeast-2' },
    'replica-regions: "ap-southeast-2" is named twice',
  ],
  [
    { 'replica-regions': 'ap-southeast-1' },
    '"ap-southeast-1" is the primary Region and cannot have a replica too',
  ],
  [{ 'replica-regions': 'cn-north-1' }, '"cn-north-1" is in the partition aws-cn, the primary Region in aws'],
  [{ 'replica-regions': 'us-gov-west-1' }, '"us-gov-west-1" is in the partition aws-us-gov'],
  [{ alias: '' }, 'alias: it is missing'],
  [{ alias: 'alias/aws/s3' }, 'alias: "alias/aws/s3" is reserved for AWS'],
  [{ alias: 'aws/kms' }, 'alias: "aws/kms" is reserved for AWS'],
  [{ alias: 'with space' }, 'alias: "with space" has a character that is not allowed'],
  [{ alias: 'colon:inside' }, 'alias: "colon:inside" has a character that is not allowed'],
  [{ alias: 'ünïcode' }, 'has a character that is not allowed'],
  [{ alias: 'a'.repeat(251) }, 'has 257 characters with "alias/"'],
  [{ 'rename-alias-from': 'aws/s3' }, 'rename-alias-from: "aws/s3" is reserved for AWS'],
  [{ 'rename-alias-from': 'alias/aws_cb_cmk' }, 'rename-alias-from: "aws_cb_cmk" is the alias itself'],
  [
    { 'rename-alias-from': 'old', 'state-bucket': 'acme-state' },
    'set state-key: aws-kms-multi-region-key/old.tfstate, and keep it',
  ],
  [{ 'rename-alias-from': 'old', backend: 'local' }, 'set backend-config: path=…, in every run'],
  [{ 'import-key': 'mrk-1234' }, 'import-key: "mrk-1234" is neither a key\'s id or ARN nor an alias'],
  [{ 'import-key': 'aws_cb_cmk' }, 'import-key: "aws_cb_cmk" is neither a key\'s id or ARN nor an alias'],
  [
    { 'import-key': '1234abcd-12ab-34cd-56ef-1234567890ab' },
    'is a single-Region key, which can never become a multi-Region key',
  ],
  [
    { 'import-key': `arn:aws-cn:kms:cn-north-1:999900001111:key/mrk-${'0'.repeat(32)}` },
    'is in the partition aws-cn, the Regions in aws',
  ],
  [
    { 'import-key': `arn:aws:iam::999900001111:role/mrk-${'0'.repeat(32)}` },
    "is neither a key's id or ARN nor an alias",
  ],
  [
    { 'account-ids': '11112222333' },
    'account-ids: "11112222333" is not 12 digits: perhaps a leading zero was lost',
  ],
  [{ 'account-ids': '1111222233334' }, 'account-ids: "1111222233334" is not 12 digits. It must be'],
  [{ 'account-ids': '1111-2222-3333' }, 'account-ids: "1111-2222-3333" is not 12 digits'],
  [{ 'account-ids': '111122223333\n111122223333' }, 'account-ids: "111122223333" is named twice'],
  [{ administrators: 'arn:aws:sts::111122223333:assumed-role/admin/me' }, 'is a session: name its role'],
  [{ administrators: '*' }, 'administrators: "*" is not the ARN of an IAM user, role or account root'],
  [
    { users: 'arn:aws-cn:iam::111122223333:role/app' },
    'which is in the partition aws-cn, and the key in aws',
  ],
  [
    { users: 'arn:aws:iam::1111:role/app' },
    'users: it names "arn:aws:iam::1111:role/app", whose account has 4 digits, not 12: perhaps a leading zero was lost',
  ],
  [{ grants: 'all' }, 'grants: "all" is not a valid value. It must be aws-services, any or none'],
  [{ 'account-ids': '', policy: '{"Statement": [' }, 'policy: it is not valid JSON'],
  [{ 'account-ids': '', policy: '{}' }, 'policy: it has no "Statement"'],
  [{ 'account-ids': '', policy: policy({ Effect: 'allow' }) }, 'policy: statement 1 has the Effect'],
  [
    { 'account-ids': '', policy: policy({ Principal: {} }) },
    'policy: statement 1 has a Principal that names nobody',
  ],
  [{ 'account-ids': '', policy: policy({ Action: [] }) }, 'policy: statement 1 has an empty list as Action'],
  [
    { 'account-ids': '', policy: policy({ Resource: '' }) },
    'policy: statement 1 has something as Resource that is no text, or an empty one',
  ],
  [{ 'account-ids': '', policy: padded }, 'too many'],
  [
    { 'account-ids': '', policy: 'missing.json' },
    'policy: the file "missing.json" cannot be read (a job has files only after actions/checkout)',
  ],
  [{ policy: policy({}) }, 'policy: it replaces the whole key policy, so account-ids would have no effect'],
  [{ description: 'x'.repeat(8193) }, 'description: it has 8193 characters'],
  [{ tags: 'team' }, 'tags: line 1 is not key=value'],
  [{ tags: 'a=1\na=2' }, 'tags: "a" is set twice'],
  [{ tags: 'aws:team=x' }, 'tags: the key "aws:team" begins with "aws:"'],
  [{ tags: `${'k'.repeat(129)}=x` }, 'has 129 characters'],
  [{ tags: `k=${'v'.repeat(257)}` }, 'tags: the value of "k" has 257 characters'],
  [{ tags: 'k=<b>' }, 'tags: the value of "k" has a character that AWS does not allow'],
  [{ tags: '{"a": 1}' }, 'tags: the value of "a" is not a string'],
  [{ tags: manyTags }, 'tags: there are 51 tags'],
  [{ 'key-spec': 'AES_256' }, 'key-spec: "AES_256" is none of SYMMETRIC_DEFAULT'],
  [
    { 'key-spec': 'RSA_2048', 'key-usage': 'GENERATE_VERIFY_MAC' },
    'key-usage: "GENERATE_VERIFY_MAC" does not go with RSA_2048, which allows',
  ],
  [{ 'key-spec': 'HMAC_256', 'key-usage': 'SIGN_VERIFY' }, 'which allows GENERATE_VERIFY_MAC'],
  [
    { 'key-spec': 'RSA_2048', 'enable-key-rotation': 'true' },
    'enable-key-rotation: true does not go with RSA_2048',
  ],
  [{ 'enable-key-rotation': 'yes' }, 'enable-key-rotation: "yes" is not a boolean. It must be true or false'],
  [{ 'rotation-period-in-days': '89' }, 'rotation-period-in-days: 89 is not between 90 and 2560'],
  [
    { 'rotation-period-in-days': '180', 'enable-key-rotation': 'false' },
    '180 has no effect while rotation is off',
  ],
  [{ 'deletion-window-in-days': '6' }, 'deletion-window-in-days: 6 is not between 7 and 30'],
  [{ 'deletion-window-in-days': '31' }, 'deletion-window-in-days: 31 is not between 7 and 30'],
  [{ 'deletion-window-in-days': '7 days' }, 'deletion-window-in-days: "7 days" is not a whole number'],
  [{ 'deletion-window-in-days': '7.5' }, 'deletion-window-in-days: "7.5" is not a whole number'],
  [{ 'role-to-assume': 'kms-plan' }, 'role-to-assume: "kms-plan" is not the ARN of an IAM role'],
  [
    { 'role-to-assume': 'arn:aws-us-gov:iam::111122223333:role/x' },
    'is in the partition aws-us-gov, the Regions in aws',
  ],
  [{ 'role-session-name': 'has space' }, 'role-session-name: "has space" is not such a name'],
  [{ 'role-duration-seconds': '899' }, 'role-duration-seconds: 899 is not between 900 and 43200'],
  [{ 'allowed-account-ids': '12' }, 'allowed-account-ids: "12" is not 12 digits'],
  [{ 'state-bucket': 'Not_A_Bucket' }, 'state-bucket: "Not_A_Bucket" is not the name of a bucket'],
  [{ 'state-key': 'x' }, 'state-key: there is no state-bucket'],
  [{ 'state-bucket': 'b-b', backend: 'gcs' }, 'backend: state-bucket already chooses the S3 backend'],
  [
    { 'state-bucket': 'b-b', 'backend-config': 'bucket=c' },
    'backend-config: "bucket" is said by an input of its own already',
  ],
  [{ backend: 'remote' }, 'backend: "remote" is not a valid value'],
  [{ 'backend-config': 'encrypt=true' }, 'backend-config: there is no backend for these settings'],
  [{ 'terraform-version': 'latest' }, 'terraform-version: "latest" is neither a version nor a range'],
  [{ 'terraform-version': '1.4.7' }, 'terraform-version: "1.4.7" is older than 1.5.0'],
  [{ 'terraform-download-url': 'http://mirror.example.com' }, 'does not begin with https://'],
  [
    { 'terraform-download-url': 'https://user:secret@mirror.example.com' },
    'the URL carries a user name or password',
  ],
  [{ 'aws-provider-version': '3.63.0' }, 'aws-provider-version: "3.63.0" is older than 3.64.0'],
  [{ 'aws-provider-version': '7.0.0' }, 'aws-provider-version: "7.0.0" cannot be used'],
  [{ 'aws-provider-version': 'newest' }, '"newest" is neither a version nor a constraint'],
  [
    { 'provider-mirror': 'http://localhost:1/x' },
    'provider-mirror: "http://localhost:1/x" does not begin with https://',
  ],
  [{ 'provider-mirror': './nowhere' }, 'provider-mirror: "./nowhere" is not a folder on this runner'],
  [
    { 'lock-file': 'none.hcl' },
    'lock-file: the file "none.hcl" cannot be read (a job has files only after actions/checkout)',
  ],
  [{ comment: 'sometimes' }, 'comment: "sometimes" is not a valid value'],
  [{ 'comment-key': 'a --> b' }, 'comment-key: "a --> b" is not such a name'],
  [{ 'approved-plan': 'sha256:12' }, 'approved-plan: "sha256:12" is neither'],
  [
    { 'approved-plan': 'pull-request', 'auto-approve': 'true' },
    'auto-approve is true, so nothing would be compared',
  ],
  [{ command: 'destroy' }, 'confirm-destroy: the command destroy deletes every key of the alias'],
  [
    { command: 'destroy', 'confirm-destroy': 'other' },
    'confirm-destroy: "other" is not the alias "aws_cb_cmk"',
  ],
  [{ 'allow-destroy': 'true' }, 'confirm-destroy: allow-destroy is true, and nothing confirms'],
  [
    { command: 'apply', 'plan-destroy': 'true' },
    'plan-destroy: it is the preview of destroy, and the command is "apply"',
  ],
  [{ 'require-unused-days': '3651' }, 'require-unused-days: 3651 is not between 0 and 3650'],
  [{ 'require-unused-days': '90d' }, 'require-unused-days: '],
  [{ 'plan-destroy': 'yes' }, 'plan-destroy: "yes"'],
  [{ verify: 'yes' }, 'verify: "yes" is not a valid value'],
  [{ 'replica-timeout-minutes': '0' }, 'replica-timeout-minutes: 0 is not between 1 and 120'],
  [
    { 'replica-region': 'us-east-1' },
    '"replica-region": there is no input of this name. Did you mean replica-regions?',
  ],
  [{ foo: 'bar' }, '"foo": there is no input of this name. The README lists the inputs.'],
];

describe('a bad input is refused in words', () => {
  test.each(BAD)('%j', (changed, message) => {
    expect(() => read(changed)).toThrow(message);
  });

  test.each(['terraform-download-url', 'provider-mirror'])(
    'a mirror in %s has no credentials that a redirect could take along',
    (name) => {
      expect(() => read({ [name]: 'https://user@mirror.example.com' })).toThrow('a user name or password');
      expect(() => read({ [name]: 'https://:secret@mirror.example.com' })).toThrow('a user name or password');
      expect(() => read({ [name]: 'https://mirror.example.com?token=secret' })).toThrow('has a query');
    },
  );

  test('all problems are reported together, and nothing has been done', () => {
    const attempt = (): unknown => read({ command: 'x', alias: '', 'deletion-window-in-days': '6' });
    expect(attempt).toThrow(
      /3 inputs are wrong:\n- command: .*\n- alias: .*\n- deletion-window-in-days: .*\n/,
    );
    expect(attempt).toThrow('Nothing was installed, called or changed.');
  });

  test('a value is shown on one line and cut, with what cannot be seen made visible', () => {
    expect(() => read({ alias: `a\n::error::\u202e${'b'.repeat(200)}` })).toThrow(
      /"a\\n::error::\\u202eb{60,}…"/,
    );
  });

  test('a secret value is never repeated', () => {
    const attempt = (): unknown => read({ 'state-bucket': 'b-b', 'backend-config': 's3cr3t-without-a-key' });
    expect(attempt).toThrow('backend-config: line 1 is not key=value');
    expect(attempt).not.toThrow('s3cr3t');
  });
});

describe('a good input is read as it is meant', () => {
  test('the article’s case, with every default', () => {
    expect(read()).toMatchObject({
      command: 'plan',
      primaryRegion: 'ap-southeast-1',
      replicaRegions: ['ap-southeast-2', 'ap-southeast-3'],
      partition: 'aws',
      alias: 'aws_cb_cmk',
      accountIds: ['111122223333', '044455556666'],
      keySpec: 'SYMMETRIC_DEFAULT',
      keyUsage: 'ENCRYPT_DECRYPT',
      enableKeyRotation: true,
      deletionWindowInDays: 30,
      backend: undefined,
      approval: { by: 'nobody' },
      destroys: false,
      requireUnusedDays: 0,
      deletionConfirmed: false,
    });
  });

  test.each(['True', ' true ', 'TRUE', 'true\r\n'])('%j is true', (text) => {
    expect(read({ 'fail-on-drift': text }).failOnDrift).toBe(true);
  });

  test('lists by comma, space, newline and CRLF; none at all is allowed', () => {
    expect(read({ 'replica-regions': 'us-east-1,us-east-2\r\n  us-west-1 ,\n' }).replicaRegions).toHaveLength(
      3,
    );
    expect(read({ 'replica-regions': ' ' }).replicaRegions).toEqual([]);
  });

  test('the alias with and without its prefix is the same', () => {
    expect(read({ alias: 'alias/team/key' }).alias).toBe(read({ alias: 'team/key' }).alias);
  });

  test('rotation is off by default where the key spec cannot rotate', () => {
    expect(read({ 'key-spec': 'ECC_NIST_P256' })).toMatchObject({
      enableKeyRotation: false,
      keyUsage: 'SIGN_VERIFY',
    });
  });

  test('a policy from a file in the checkout, in the form in which AWS gives it back', () => {
    const text = JSON.stringify({ Statement: statement }, null, 4);
    const inputs = read({ 'account-ids': '', policy: 'p/key.json' }, { '/work space/p/key.json': text });
    expect(inputs.policy).toBe(JSON.stringify({ Statement: [statement] }));
  });

  test('tags as lines (a value may contain =) and as JSON', () => {
    expect(read({ tags: 'a=b=c\r\n\nempty=' }).tags).toEqual({ a: 'b=c', empty: '' });
    expect(read({ tags: '{"a": "b"}' }).tags).toEqual({ a: 'b' });
  });

  test('a state bucket gets a key made from the alias and the primary Region', () => {
    expect(read({ 'state-bucket': 'acme-state', 'backend-config': 'encrypt=true' }).backend).toEqual({
      type: 's3',
      config: {
        bucket: 'acme-state',
        key: 'aws-kms-multi-region-key/aws_cb_cmk.tfstate',
        region: 'ap-southeast-1',
        encrypt: 'true',
      },
    });
  });

  test('deletion is confirmed by allow-destroy with the alias, or by destroy with the alias', () => {
    expect(read({ 'allow-destroy': 'true', 'confirm-destroy': 'alias/aws_cb_cmk' }).deletionConfirmed).toBe(
      true,
    );
    expect(read({ command: 'destroy', 'confirm-destroy': 'aws_cb_cmk' }).deletionConfirmed).toBe(true);
    expect(read({ 'confirm-destroy': 'aws_cb_cmk' }).deletionConfirmed).toBe(false);
  });

  test('the preview of destroy needs no confirmation, as it changes nothing', () => {
    expect(read({ command: 'plan', 'plan-destroy': 'true' })).toMatchObject({
      destroys: true,
      deletionConfirmed: true,
    });
    expect(read({ command: 'destroy', 'confirm-destroy': 'aws_cb_cmk' }).destroys).toBe(true);
    expect(read({ command: 'plan' })).toMatchObject({ destroys: false, deletionConfirmed: false });
  });

  test('the command verify has something to verify', () => {
    expect(() => read({ command: 'verify', verify: 'off' })).toThrow(
      /^An input is wrong:\n- verify: with the command verify, off would leave nothing to do\./,
    );
    expect(read({ command: 'verify' }).verify).toBe('describe');
  });

  test('the audience follows the partition', () => {
    const china = { 'primary-region': 'cn-north-1', 'replica-regions': 'cn-northwest-1', 'account-ids': '' };
    expect(read(china).audience).toBe('sts.amazonaws.com.cn');
    expect(read().audience).toBe('sts.amazonaws.com');
  });

  test('a provider constraint never reaches below the first version with replica keys', () => {
    expect(read({ 'aws-provider-version': '~> 5.90' }).awsProviderVersion).toBe(
      '~> 5.90, >= 3.64.0, < 7.0.0',
    );
  });
});

test('action.yml declares exactly these inputs, with these defaults', () => {
  const action = parse(readFileSync('action.yml', 'utf8')) as {
    inputs: Record<string, { default?: string; required?: boolean; description: string }>;
  };
  const declared = Object.entries(action.inputs).map(([name, input]) => [name, input.default ?? '']);
  expect(declared).toEqual(INPUT_NAMES.map((name) => [name, specOf(name).default ?? '']));
});
