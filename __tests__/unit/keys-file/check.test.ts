import process from 'node:process';
import { describe, expect, test } from 'vitest';
import { readKeysDocument } from '../../../src/keys-file/document.js';
import { keysFileError } from '../../../src/keys-file/problem.js';
import { check, KEYS, manyKeys } from '../../support/keys-file.js';

/** `payments.account-ids@3:5: …`, of each problem. */
function problemsOf(...args: Parameters<typeof check>): string[] {
  return check(...args).problems.map(
    ({ at, key, input, reason }) =>
      `${[key, input].filter(Boolean).join('.')}@${at.line}:${at.column}: ${reason}`,
  );
}

/** A file whose one key has these lines beside a Region. */
const one = (lines: string): string => `keys:\n  a:\n    primary-region: eu-west-1\n    ${lines}\n`;

describe('a keys file', () => {
  test('gives each key what the defaults and its own entry say', () => {
    const { keys, problems } = check(KEYS);
    expect(problems).toEqual([]);
    const [payments, orders] = keys.map(({ inputs }) => inputs);
    expect(payments).toMatchObject({
      alias: 'payments',
      commentKey: 'payments',
      primaryRegion: 'ap-southeast-1',
      replicaRegions: ['ap-southeast-2', 'ap-southeast-3'],
      accountIds: ['111122223333'],
      backend: {
        config: { bucket: 'acme-terraform-state', key: 'aws-kms-multi-region-key/payments.tfstate' },
      },
    });
    expect(orders).toMatchObject({
      alias: 'orders',
      replicaRegions: ['eu-west-1'],
      tags: { team: 'orders' },
    });
  });

  test.each([
    ['an alias of its own', one('alias: app/orders'), { alias: 'app/orders', commentKey: 'a' }],
    [
      'none of what the defaults give',
      `defaults: { primary-region: eu-west-1, account-ids: ['111122223333'] }\nkeys: { a: { account-ids: [] } }`,
      { accountIds: [] },
    ],
    [
      'nothing but defaults',
      'defaults: { primary-region: eu-west-1 }\nkeys:\n  a:\n',
      { primaryRegion: 'eu-west-1' },
    ],
    ['a move of its primary', one('move-primary: true'), { movePrimary: true }],
    [
      'a move for every key, each planned and approved by itself',
      `defaults: { move-primary: true }\n${one('grants: any')}`,
      { movePrimary: true },
    ],
    [
      'text in the place of a list',
      one('replica-regions: eu-north-1, eu-central-1'),
      { replicaRegions: ['eu-north-1', 'eu-central-1'] },
    ],
    [
      'numbers and booleans',
      one('enable-key-rotation: true\n    rotation-period-in-days: 180'),
      { enableKeyRotation: true, rotationPeriodInDays: 180 },
    ],
    [
      'tags that are no text to YAML',
      one('tags: { cost: 0042, on: true, text: "1" }'),
      { tags: { cost: '0042', on: 'true', text: '1' } },
    ],
    [
      'a backend with settings',
      one('backend: http\n    backend-config: { address: "https://x.example/s", update_method: PUT }'),
      { backend: { type: 'http', config: { address: 'https://x.example/s', update_method: 'PUT' } } },
    ],
    [
      'an anchor',
      `x-unused:\n`.slice(0, 0) +
        `defaults: { primary-region: eu-west-1 }\nkeys:\n  a: &a { replica-regions: [eu-north-1] }\n  b: *a\n`,
      { replicaRegions: ['eu-north-1'] },
    ],
    [
      'a description of several lines',
      one('description: >-\n      first\n      second'),
      { description: 'first second' },
    ],
    ['a description that is a number', one('description: 2024'), { description: '2024' }],
    ['a mark of the byte order', `\uFEFF${one('grants: none')}`, { grants: 'none' }],
    ['line ends of Windows', one('grants: none').replaceAll('\n', '\r\n'), { grants: 'none' }],
  ])('takes %s', (_, text, inputs) => {
    const { keys, problems } = check(text);
    expect(problems).toEqual([]);
    expect(keys[0]?.inputs).toMatchObject(inputs);
  });

  test('takes a policy as a map of YAML', () => {
    const policy =
      'policy: { Version: "2012-10-17", Statement: [{ Effect: Allow, Principal: { AWS: "arn:aws:iam::111122223333:root" }, Action: "kms:*", Resource: "*" }] }';
    const { keys, problems } = check(one(policy));
    expect(problems).toEqual([]);
    expect(JSON.parse(keys[0]?.inputs.policy ?? '')).toMatchObject({ Statement: [{ Effect: 'Allow' }] });
  });

  test.each([
    ['nothing at all', '', '@1:1: the file is empty'],
    ['a comment alone', '# keys\n', '@1:1: '],
    ['a list', '- a\n', '@1:1: it is a list. It must be a map with `keys`'],
    ['one word', 'keys\n', '@1:1: it is one value'],
    ['no keys', 'defaults: { primary-region: eu-west-1 }\n', '@1:1: `keys` is missing'],
    ['an empty keys', 'keys:\n', 'keys@1:1: it is empty'],
    ['keys without one', 'keys: {}\n', 'keys@1:1: there is no key'],
    ['keys as a list', 'keys: [a, b]\n', 'keys@1:1: it is a list'],
    [
      'a key beside keys',
      `payments: { primary-region: eu-west-1 }\nkeys: { a: { primary-region: eu-west-1 } }\n`,
      '@1:1: "payments": the file has `defaults` and `keys`. A key belongs under `keys`',
    ],
    [
      'a misspelt defaults',
      `default: {}\nkeys: { a: { primary-region: eu-west-1 } }\n`,
      'Did you mean defaults?',
    ],
    ['broken YAML', 'keys:\n  a: [\n', 'it is no YAML that this file can have'],
    ['a tab as indentation', 'keys:\n\ta: {}\n', '@2:1: it is no YAML'],
    [
      'a key twice',
      'keys:\n  a: { primary-region: eu-west-1 }\n  a: { primary-region: eu-west-1 }\n',
      'keys@3:3: "a" stands there twice',
    ],
    ['an input twice', one('grants: any\n    grants: none'), 'a@5:5: "grants" stands there twice'],
    ['two documents', `${one('grants: any')}---\nkeys: {}\n`, 'a second document'],
    ['a tag of YAML', one('description: !secret x'), 'it is no YAML that this file can have'],
    ['a merge key', `x: 1\nkeys: { a: { "<<": {} } }`, 'merge keys are not read'],
    [
      'an alias without anchor',
      one('description: *nothing'),
      'it is "*nothing", and there is no such anchor',
    ],
    [
      'an unquoted account id',
      one('account-ids: [111122223333]'),
      'a.account-ids@4:18: entry 1, 111122223333, is a number to YAML: put the id in quotes',
    ],
    [
      'an unquoted account id by itself',
      one('account-ids: 044455556666'),
      'a.account-ids@4:18: 044455556666 is a number to YAML',
    ],
    [
      'an allowed account id unquoted',
      one('allowed-account-ids:\n      - 111122223333'),
      'a.allowed-account-ids@5:7: entry 1',
    ],
    [
      'a Region that is a number',
      one('replica-regions: [1]'),
      'entry 1, 1, is a number to YAML: put it in quotes',
    ],
    ['a list in a list', one('replica-regions: [[eu-north-1]]'), 'entry 1 is a list, and must be text'],
    [
      'an empty entry',
      one('replica-regions: [eu-north-1, ]\n    users: [~]'),
      'a.users@5:12: entry 1 is empty',
    ],
    [
      'no value',
      one('replica-regions:'),
      'a.replica-regions@4:5: it has no value: leave it out, or write [] for none',
    ],
    [
      'a list where one value belongs',
      one('description: [a]'),
      'a.description@4:18: it is a list, and must be one value',
    ],
    ['a map where a list belongs', one('users: { a: b }'), 'it is a map, and must be a list, or text'],
    ['a list of tags', one('tags: [a]'), 'it is a list, and must be a map, or text'],
    ['a tag without a value', one('tags: { team: }'), 'the value of "team" is empty'],
    ['an input of the step', one('auto-approve: true'), 'a.auto-approve@4:5: this input belongs to the step'],
    ['the token', one('github-token: x'), 'this input belongs to the step'],
    [
      'a misspelt input',
      one('replica-region: eu-north-1'),
      'there is no input of this name. Did you mean replica-regions?',
    ],
    ['underscores', one('replica_regions: [eu-north-1]'), 'Did you mean replica-regions?'],
    [
      'a wrong value',
      one('deletion-window-in-days: 5'),
      'a.deletion-window-in-days@4:5: 5 is not between 7 and 30',
    ],
    ['a boolean of YAML 1.1', one('enable-key-rotation: yes'), '"yes" is not a boolean'],
    ['a missing Region', 'keys:\n  a: { grants: none }\n', 'a.primary-region@2:3: it is missing'],
    ['a name with a space', 'keys:\n  a b: { primary-region: eu-west-1 }\n', 'a b@2:3: a key name has'],
    ['a name that is no alias', 'keys:\n  a.b: { primary-region: eu-west-1 }\n', 'a.b.alias@2:3: '],
    [
      'an alias for all',
      `defaults: { alias: x }\n${one('grants: any')}`,
      'defaults.alias@1:13: it is of one key alone',
    ],
    [
      'an import for all',
      `defaults: { import-key: mrk-${'0'.repeat(32)} }\n${one('grants: any')}`,
      'defaults.import-key@1:13: it is of one key alone',
    ],
    [
      'a state for all',
      `defaults: { state-bucket: acme-state, state-key: x }\n${one('grants: any')}`,
      'defaults.state-key@1:39: it is of one key alone',
    ],
    ['a list in itself', one('users: &u [*u]'), 'nested too deeply'],
    [
      'what repeats itself',
      `keys:\n  b: { primary-region: eu-west-1, policy: { a: &a [1,2,3,4,5,6,7,8,9], b: &b [*a,*a,*a,*a,*a,*a,*a,*a], c: &c [*b,*b,*b,*b,*b,*b,*b,*b], d: &d [*c,*c,*c,*c,*c,*c,*c,*c], e: &e [*d,*d,*d,*d,*d,*d,*d,*d], f: [*e,*e,*e,*e,*e,*e,*e,*e] } }\n`,
      'repeats itself by its anchors',
    ],
    [
      'a secret of a backend',
      one('backend: pg\n    backend-config: { conn_str: "postgres://u:p@h/d" }'),
      '"conn_str" is a secret, and everybody can read this file',
    ],
    [
      'a secret of a backend as text',
      one('backend: http\n    backend-config: password=x'),
      '"password" is a secret',
    ],
  ])('refuses %s', (_, text, problem) => {
    expect(problemsOf(text).join('\n')).toContain(problem);
  });

  test.each([
    ['a tag', 'keys:\n  a: { alias: !!binary aGk= }\n', '@2:'],
    ['a tag on a map', 'keys: !!set { a, b }\n', '@1:'],
    ['a tag of its own', 'keys:\n  a: { alias: !x y }\n', '@2:'],
    [
      'an older YAML, to which "yes" is true',
      '%YAML 1.1\n---\nkeys: { a: { alias: b } }\n',
      'another version',
    ],
    ['a key that stands there twice', 'keys:\n  a: {alias: x}\n  a: {alias: y}\n', '"a" stands there twice'],
    [
      'a key twice, by an anchor',
      'keys:\n  ? &n a\n  : {alias: x}\n  ? *n\n  : {alias: y}\n',
      '"a" stands there twice',
    ],
    [
      'an input twice, by an anchor',
      'keys:\n  a: { alias: &n description, description: x, *n : y }\n',
      'twice',
    ],
    ['a tag key twice, by an anchor', one('tags: { x: &n x, *n : y }'), 'it has "x" twice'],
  ])('has no %s', (_, text, told) => {
    expect(problemsOf(text).join('\n')).toContain(told);
  });

  test('takes of an anchor that is given anew the last before the alias', () => {
    const { keys } = check(
      'keys:\n  a: { alias: &n x, description: *n , primary-region: eu-west-1 }\n  b: { alias: &n y, description: *n , primary-region: eu-west-1 }\n',
    );
    expect(keys.map(({ inputs }) => inputs.description)).toEqual(['x', 'y']);
  });

  test.each([
    ['keys', (index: number) => ` k${index}: &a${index} {}`],
    ['aliases', (index: number) => ` k${index}: *a`],
  ])('with 10,000 %s is read in seconds', (_, line) => {
    const start = performance.now();
    readKeysDocument(
      `defaults: &a {}\nkeys:\n${Array.from({ length: 10_000 }, (__, index) => line(index)).join('\n')}`,
    );
    expect(performance.now() - start).toBeLessThan(5_000);
  });

  test('tells everything at once, in the order of the file, and what is wrong with the defaults once', () => {
    const text =
      'defaults:\n  grants: all\nkeys:\n  a: { primary-region: nowhere }\n  b: { primary-region: eu-west-1, users: [1] }\n  c: { primary-region: eu-west-1 }\n';
    const { each = [] } = keysFileError('keys.yml', check(text).problems);
    expect(each.map((problem) => problem.split(': ').slice(0, 2))).toEqual([
      ['keys.yml:2:3', 'defaults.grants'],
      ['keys.yml:4:8', 'a.primary-region'],
      ['keys.yml:5:42', 'b.users'],
    ]);
  });

  const pair = (a: string, b: string): string =>
    `defaults: { primary-region: eu-west-1 }\nkeys:\n  a: { ${a} }\n  b: { ${b} }\n`;
  const bucket = 'state-bucket: acme-state';
  test.each([
    [
      'one state',
      pair(`${bucket}, state-key: x`, `${bucket}, state-key: x`),
      'b.state-key@4:34: it has the same state as a',
    ],
    [
      'one local state',
      pair('backend: local, backend-config: path=x', 'backend: local, backend-config: path=x'),
      'b.state-key@4:3: it has the same state as a',
    ],
    [
      'one alias',
      pair('alias: x', 'alias: x, replica-regions: [eu-north-1]'),
      'b.alias@4:8: eu-west-1 has this alias already, of the key a',
    ],
    [
      'one key to import',
      pair(`import-key: mrk-${'0'.repeat(32)}`, `import-key: mrk-${'0'.repeat(32)}`),
      'b.import-key@4:8: a imports the same key',
    ],
    ['one alias by name', pair('alias: b', 'grants: any'), 'b.alias@4:3: eu-west-1 has this alias already'],
  ])('refuses two keys with %s', (_, text, problem) => {
    expect(problemsOf(text).join('\n')).toContain(problem);
  });

  test.each([
    [
      'two accounts',
      pair(
        "alias: x, allowed-account-ids: ['111122223333']",
        "alias: x, allowed-account-ids: ['444455556666']",
      ),
    ],
    ['two Regions', pair('alias: x', 'alias: x, primary-region: eu-north-1')],
    ['two keys in one bucket', pair(bucket, bucket)],
    ['two buckets', pair(`${bucket}, state-key: x`, 'state-bucket: other-state, state-key: x')],
  ])('takes the same names in %s', (_, text) => {
    expect(problemsOf(text)).toEqual([]);
  });

  test('refuses an input that the step gives, too, and takes one that the step has by default', () => {
    const text = one('grants: none');
    expect(problemsOf(text, { grants: 'any' })).toEqual([
      expect.stringContaining('a.grants@4:5: the step gives this input, too'),
    ]);
    expect(problemsOf(text, { grants: 'aws-services' })).toEqual([]);
    expect(
      problemsOf('defaults: { grants: none }\nkeys: { a: {} }', {
        grants: 'any',
        'primary-region': 'eu-west-1',
      }),
    ).toEqual([expect.stringContaining('defaults.grants@1:13')]);
  });

  test('of 500 keys is checked in less than a second', () => {
    const text = manyKeys(500);
    check(manyKeys(5));
    // Of this process alone: what else the machine does at the time says nothing of the file.
    const start = process.cpuUsage();
    const { keys, problems } = check(text);
    const { user, system } = process.cpuUsage(start);
    const milliseconds = (user + system) / 1000;
    expect(problems).toEqual([]);
    expect(keys).toHaveLength(500);
    expect(milliseconds).toBeLessThan(1000);
  });
});
