import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { messageOf } from '../../../src/errors.js';
import type { Inputs } from '../../../src/inputs/inputs.js';
import { read } from '../../support/inputs.js';

function refusal(changed: Record<string, string>): string {
  try {
    read(changed);
  } catch (thrown) {
    return messageOf(thrown);
  }
  throw new Error(`${JSON.stringify(changed)} was taken`);
}

const ROLE = 'arn:aws:iam::111122223333:role/app';

describe('lists as people and expressions write them', () => {
  test.each<[string, string, (inputs: Inputs) => unknown, unknown]>([
    ['replica-regions', '["eu-west-1"]', ({ replicaRegions }) => replicaRegions, ['eu-west-1']],
    [
      'replica-regions',
      '[\n  "eu-west-1",\n  "eu-west-2"\n]',
      ({ replicaRegions }) => replicaRegions,
      ['eu-west-1', 'eu-west-2'],
    ],
    [
      'replica-regions',
      '- eu-west-1\n- eu-west-2\n',
      ({ replicaRegions }) => replicaRegions,
      ['eu-west-1', 'eu-west-2'],
    ],
    ['replica-regions', '[]', ({ replicaRegions }) => replicaRegions, []],
    [
      'replica-regions',
      '  - "eu-west-1" # Ireland\r\n\r\n  # more\r\n  - \'eu-west-2\'',
      ({ replicaRegions }) => replicaRegions,
      ['eu-west-1', 'eu-west-2'],
    ],
    ['account-ids', '["044455556666"]', ({ accountIds }) => accountIds, ['044455556666']],
    ['account-ids', '- "044455556666"', ({ accountIds }) => accountIds, ['044455556666']],
    ['users', JSON.stringify([ROLE]), ({ users }) => users, [ROLE]],
    ['administrators', `- ${ROLE}`, ({ administrators }) => administrators, [ROLE]],
    [
      'allowed-account-ids',
      '["111122223333", ""]',
      ({ allowedAccountIds }) => allowedAccountIds,
      ['111122223333'],
    ],
    [
      'ignore-tags',
      'CostCenter, auto tag:*\nowner',
      ({ ignoreTags }) => ignoreTags,
      ['CostCenter', 'auto tag:*', 'owner'],
    ],
    ['ignore-tags', '["Cost Center", "aws:*"]', ({ ignoreTags }) => ignoreTags, ['Cost Center', 'aws:*']],
    ['ignore-tags', '- CostCenter\n- auto:*', ({ ignoreTags }) => ignoreTags, ['CostCenter', 'auto:*']],
  ])('%s: %j', (name, text, of, expected) => {
    expect(of(read({ [name]: text }))).toEqual(expected);
  });
});

/** What each says, for a person to read. */
const WRONG: readonly Record<string, string>[] = [
  // Lists
  { 'account-ids': '44455556666, abc' },
  { 'account-ids': '[44455556666, "111122223333"]' },
  { 'account-ids': '55556666' },
  { 'account-ids': '1.11122223333e+11' },
  { 'account-ids': '"111122223333"' },
  { 'allowed-account-ids': '- 5556666\n- 111122223333\n- 111122223333' },
  { 'replica-regions': '[eu-west-1, eu-west-2]' },
  { 'replica-regions': '["eu-west-1", ["eu-west-2"], null]' },
  { 'replica-regions': '- eu-west-1\neu-west-2' },
  { 'replica-regions': 'eu-west-1;eu-west-2' },
  // Lost zeros in ARNs
  { 'role-to-assume': 'arn:aws:iam::44455556666:role/kms' },
  { users: 'arn:aws:iam::4445555666:role/app, arn:aws:iam::55556666:root' },
  { administrators: 'arn:aws:iam:::role/admin' },
  { administrators: 'arn:aws:iam::1234567890123:role/admin' },
  // Characters that are not seen, or look like others
  { 'replica-regions': 'eu\u2011west-1' },
  { 'primary-region': 'eu-west-1\u200b' },
  { alias: 'le\u200bad' },
  { alias: 'le\u0430d' },
  { alias: '"lead"' },
  { alias: 'my.key name' },
  { users: 'arn:aws:iam::111122223333:role/\u201capp\u201d' },
  { 'role-to-assume': `${ROLE}\u2060` },
  { 'state-bucket': 'acme\u2013state' },
  { verify: 'cry\u00adpto' },
  { 'auto-approve': 'true\u200b' },
  { tags: 'te\u200bam=a' },
  { tags: 'team=a\u2014"b"' },
  // Aliases and states
  { alias: '/lead' },
  { alias: 'lead/' },
  { alias: 'a//b' },
  { alias: 'alias/alias/x' },
  { alias: 'Alias/x' },
  { alias: 'alias/' },
  { 'state-bucket': 'acme-state', 'state-key': 'a//b.tfstate' },
  { 'state-bucket': 'acme-state', 'state-key': '/a.tfstate' },
  { 'state-bucket': 'acme-state', 'state-key': 'ü'.repeat(513) },
  // The settings of a backend
  { backend: 's3' },
  { backend: 's3', 'backend-config': 'bucket=Acme_State\nkey=/kms//a.tfstate\nregion=Frankfurt' },
  {
    backend: 's3',
    'backend-config': 'bucket=\nkey=kms/a.tfstate\nregion=eu-west-1\nkms_key_id=\nassume_role.role_arn=',
  },
  { backend: 's3', 'backend-config': 'bucket={"a":"b"}\nkey=a\nregion=eu-west-1' },
  { 'state-bucket': 'acme-state', 'backend-config': 'profile=' },
  { backend: 'azurerm', 'backend-config': 'storage_account_name=acme-state\ncontainer_name=TF' },
  { backend: 'consul', 'backend-config': 'address=127.0.0.1:8500' },
  { backend: 'cos', 'backend-config': 'prefix=kms' },
  { backend: 'gcs', 'backend-config': 'bucket=Acme' },
  { backend: 'http' },
  { backend: 'http', 'backend-config': 'address=https//u:s3cr3t-p4ss@state.example' },
  { backend: 'http', 'backend-config': 'address=ftp://u:s3cr3t-p4ss@state.example' },
  { backend: 'kubernetes', 'backend-config': 'namespace=kms' },
  { backend: 'oss', 'backend-config': 'bucket= ' },
  { backend: 'pg', 'backend-config': 'conn_str=' },
  // JSON objects
  { tags: '{"team": "a", "team": "b"}' },
  { tags: '{"team": "a", "te\\u0061m": "b"}' },
  { tags: '[{"Key": "team", "Value": "a"}]' },
  { tags: '{"team": {"a": "1"}}' },
  // Tags that are left to others
  { 'ignore-tags': '*' },
  { 'ignore-tags': 'auto*tag, *:owner' },
  { 'ignore-tags': 'Cost\u200bCenter, a;b' },
  { 'ignore-tags': 'CostCenter, CostCenter' },
  { 'ignore-tags': `${'k'.repeat(129)}*` },
  { 'ignore-tags': 'CostCenter, te*', tags: 'team=a\nCostCenter=7\nother=b' },
  // Several at once
  { alias: '/lead', 'account-ids': '1, 2', verify: 'deep', 'replica-regions': 'ap-southeast-1' },
];

test('what is wrong is told with the input, its value, the rule and an example, all of it at once', () => {
  const text = WRONG.map((changed) => `${JSON.stringify(changed)}\n${refusal(changed)}\n`).join('\n');
  const folder = path.join(path.dirname(fileURLToPath(import.meta.url)), '..', '..', 'golden', 'inputs');
  const file = path.join(folder, 'messages.txt');
  if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(file, text);
  expect(text).toBe(readFileSync(file, 'utf8'));
});

test.each(WRONG)('%j: no character of the message is invisible', (changed) => {
  const message = refusal(changed).replaceAll('\n', '');
  expect(message).not.toMatch(/(?! )(?:\p{C}|\p{Z}|\p{Default_Ignorable_Code_Point})/u);
});

test.each<[Record<string, string>, string]>([
  [{ alias: 'a/b-c_D' }, 'a/b-c_D'],
  [{ alias: 'alias/a/alias/b' }, 'a/alias/b'],
  [{ alias: 'awsome' }, 'awsome'],
  [{ alias: 'alias' }, 'alias'],
])('%j is an alias', (changed, alias) => {
  expect(read(changed).alias).toBe(alias);
});
