import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { makeKeysFileSchema } from '../../../scripts/keys-file-schema.js';
import { KEY_INPUT_NAMES } from '../../../src/inputs/table.js';
import { check, KEYS, manyKeys } from '../../support/keys-file.js';

const text = readFileSync('keys-file.schema.json', 'utf8');
const validate = new Ajv({ allowUnionTypes: true }).compile(JSON.parse(text) as object);
const example = readFileSync('examples/kms-keys.yml', 'utf8');

test('the published schema is made from the table of the inputs; mend it with `npx tsx scripts/tables.ts`', async () => {
  expect(text).toBe(await makeKeysFileSchema());
  const { definitions } = JSON.parse(text) as { definitions: { inputs: { properties: object } } };
  expect(Object.keys(definitions.inputs.properties)).toEqual(KEY_INPUT_NAMES);
});

describe('the schema', () => {
  test.each([
    ['the file of the examples', example],
    ['the file of the specification', KEYS],
    ['500 keys', manyKeys(500)],
    ['a key without an entry', 'defaults: { primary-region: eu-west-1 }\nkeys: { a: }'],
  ])('takes %s, as the action does', (_, file) => {
    expect(validate(parse(file))).toBe(true);
    expect(check(file).problems).toEqual([]);
  });

  test.each([
    ['an unquoted account id', 'keys: { a: { primary-region: eu-west-1, account-ids: [111122223333] } }'],
    ['a misspelt input', 'keys: { a: { primary-region: eu-west-1, replica-region: [] } }'],
    ['an input of the step', 'keys: { a: { primary-region: eu-west-1, auto-approve: true } }'],
    ['a choice that there is not', 'keys: { a: { primary-region: eu-west-1, grants: all } }'],
    ['a list where one value belongs', 'keys: { a: { primary-region: [eu-west-1] } }'],
    ['a name with a space', 'keys: { "a b": { primary-region: eu-west-1 } }'],
    ['no keys', 'keys: {}'],
    ['a key beside keys', 'keys: { a: { primary-region: eu-west-1 } }\nb: {}'],
  ])('marks %s, as the action does', (_, file) => {
    expect(validate(parse(file))).toBe(false);
    expect(check(file).problems).not.toEqual([]);
  });
});
