import { describe, expect, test } from 'vitest';
import { compareKeys, groupForMatrix, policyFiles } from '../../../src/keys-file/changes.js';
import { readKeysDocument } from '../../../src/keys-file/document.js';
import { KEYS, manyKeys } from '../../support/keys-file.js';

const compare = (base: string, head: string): ReturnType<typeof compareKeys> =>
  compareKeys(readKeysDocument(base), readKeysDocument(head));

const SAME = { added: [], changed: [], unchanged: ['payments', 'orders'], removed: [], renamed: [] };

describe('of two versions of a keys file', () => {
  test('nothing is told where they say the same', () => {
    expect(compare(KEYS, KEYS)).toEqual(SAME);
    const otherwise = KEYS.replace('tags: { team: orders }', 'tags:\n      team: "orders" # theirs');
    expect(compare(KEYS, otherwise)).toEqual(SAME);
  });

  test('a changed default concerns the keys that have it', () => {
    const regions = KEYS.replace('[ap-southeast-2, ap-southeast-3]', '[ap-southeast-2]');
    expect(compare(KEYS, regions)).toEqual({ ...SAME, changed: ['payments'], unchanged: ['orders'] });
    const state = KEYS.replace('acme-terraform-state', 'other-state');
    expect(compare(KEYS, state)).toEqual({ ...SAME, changed: ['payments', 'orders'], unchanged: [] });
  });

  test('a value that moves from an entry into the defaults changes nothing', () => {
    const moved = KEYS.replace('defaults:\n', 'defaults:\n  tags: { team: orders }\n').replace(
      '    tags: { team: orders }\n',
      '',
    );
    expect(compare(KEYS, moved)).toEqual({ ...SAME, changed: ['payments'], unchanged: ['orders'] });
  });

  test('a key is added, and one is removed and named', () => {
    const added = `${KEYS}  billing: {}\n`;
    expect(compare(KEYS, added)).toEqual({ ...SAME, added: ['billing'] });
    expect(compare(added, KEYS)).toEqual({ ...SAME, removed: ['billing'] });
  });

  test('a key under another name is one removed, one added, and a rename', () => {
    expect(compare(KEYS, KEYS.replace('orders:', 'invoices:'))).toEqual({
      ...SAME,
      ...{ added: ['invoices'], removed: ['orders'], unchanged: ['payments'] },
      renamed: [{ from: 'orders', to: 'invoices' }],
    });
    const other = KEYS.replace('orders:', 'invoices:').replace('eu-west-1', 'eu-west-3');
    expect(compare(KEYS, other).renamed).toEqual([]);
  });

  test('every key is new where there was no file', () => {
    expect(compareKeys(undefined, readKeysDocument(KEYS)).added).toEqual(['payments', 'orders']);
  });

  test('a policy whose file changed changes its key', () => {
    const text = KEYS.replace("account-ids: ['111122223333']", 'policy: policies/payments.json');
    const document = readKeysDocument(text);
    expect(policyFiles(document)).toEqual(['policies/payments.json']);
    expect(compareKeys(document, document, new Set(['policies/payments.json'])).changed).toEqual([
      'payments',
    ]);
    expect(compareKeys(document, document, new Set(['policies/other.json'])).changed).toEqual([]);
  });
});

test('a matrix of GitHub takes 256 jobs', () => {
  const names = readKeysDocument(manyKeys(600)).keys.map(({ name }) => name);
  const groups = groupForMatrix(names);
  expect(groups.map(({ length }) => length)).toEqual([256, 256, 88]);
  expect(groups.flat()).toEqual(names);
  expect(groupForMatrix([])).toEqual([]);
});
