import { describe, expect, test } from 'vitest';
import { secretsOfInputs } from '../../../src/inputs/environment-secrets.js';
import { readTold } from '../../../src/inputs/inputs.js';
import { environmentName } from '../../../src/inputs/reader.js';
import { inputSources } from '../../../src/inputs/sources.js';

const envOf = (inputs: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(inputs).map(([name, value]) => [environmentName(name), value]));

const told = (inputs: Record<string, string>): object => readTold(inputSources(envOf(inputs)));

describe('where a run with wrong inputs is told', () => {
  test('is what its inputs say, as far as they are right', () => {
    expect(
      told({ command: 'apply', alias: 'alias/orders', comment: 'never', 'comment-key': 'production' }),
    ).toMatchObject({ command: 'apply', alias: 'orders', comment: 'never', commentKey: 'production' });
    expect(told({})).toMatchObject({
      command: 'plan',
      alias: 'unknown',
      commentKey: 'unknown',
      destroys: false,
      ignoreTags: [],
      ofFile: undefined,
    });
    expect(told({ command: 'make', alias: 'a', 'comment-key': '' })).toMatchObject({
      command: 'plan',
      commentKey: 'a',
    });
  });

  test.each([
    ['le ad', 'lead'],
    ['alias/alias/lead', 'lead'],
    ['Alias/lead', 'lead'],
    ['a//b///c', 'a/b/c'],
    ['/a/', 'a'],
    ['a-b_c/d', 'a-b_c/d'],
    ['my-alias/b', 'my-alias/b'],
    ['!?', 'unknown'],
    [`${'a'.repeat(251)}b`, 'a'.repeat(250)],
  ])('of the alias %j, by the comment key %s', (alias, commentKey) => {
    expect(told({ alias })).toMatchObject({ commentKey });
  });

  test('names no alias that is longer than an alias can be', () => {
    expect(told({ alias: `${'a'.repeat(250)}b` })).toMatchObject({ alias: 'a'.repeat(250) });
  });

  test.each<[Record<string, string>, boolean]>([
    [{ command: 'destroy' }, true],
    [{ command: 'plan', 'plan-destroy': 'true' }, true],
    [{ command: 'plan', 'plan-destroy': 'perhaps' }, false],
    [{ command: 'apply' }, false],
  ])('with %j destroys: %j', (inputs, destroys) => {
    expect(told(inputs)).toMatchObject({ destroys });
  });
});

describe('of inputs that were refused', () => {
  const RANDOM = 'wJalrXUtnFEMI0K7MDENGbPxRfiCYEXAMPLEKEY1';

  test.each<[string, Record<string, string>, string[]]>([
    ['the password of an address', { 'provider-mirror': ' https://u:one-one@h ' }, ['one-one']],
    ['what looks like a key, by itself', { 'role-to-assume': ` ${RANDOM} ` }, [RANDOM]],
    ['and what does not, or has more around it', { tags: `a=${'b'.repeat(40)}`, other: `x ${RANDOM}` }, []],
    ['and what is short', { tags: RANDOM.slice(0, 19) }, []],
    ['what is a name', { alias: RANDOM, key: RANDOM, 'comment-key': RANDOM, 'confirm-destroy': RANDOM }, []],
    ['what was a name', { 'rename-alias-from': RANDOM }, []],
    [
      'a setting of the backend',
      { backend: 'pg', 'backend-config': 'conn_str=password=one-one' },
      ['one-one'],
    ],
    ['a setting of a backend that is left out', { 'backend-config': 'secret_key=one-one' }, ['one-one']],
    ['a setting in a line of its own', { 'backend-config': 'x y\r\nbucket=b\r\ntoken=one-one' }, ['one-one']],
    ['a setting with a wrong name', { 'backend-config': ' a b = https://u:one-one@h ' }, ['one-one']],
    [
      'a setting below one with a wrong name',
      { 'backend-config': 'x y=https://u:two-two@h\ntoken=one-one' },
      ['two-two', 'one-one'],
    ],
    ['an address alone in its line', { 'backend-config': 'bucket=b\n https://u:one-one@h ' }, ['one-one']],
    ['a setting that is no JSON', { 'backend-config': 'endpoints={https://u:one-one@h' }, []],
    ['a setting that is no JSON, and secret', { 'backend-config': 'token={one-one' }, ['{one-one']],
    ['nothing that is too common', { 'backend-config': 'token=true\nsecret_key=1' }, []],
  ])('%s', (_, inputs, secrets) => {
    expect([...new Set(secretsOfInputs(envOf(inputs)))]).toEqual(secrets);
  });

  test('what is not an input is none of them', () => {
    expect(secretsOfInputs({ SOME_TOKEN: RANDOM, INPUT_: undefined })).toEqual([]);
  });
});
