import { describe, expect, test } from 'vitest';
import { findChangedAgain } from '../../../src/github/repository.js';

const file = (patch: string | undefined, filename = 'key.yml'): { filename: string; patch?: string } =>
  patch === undefined ? { filename } : { filename, patch };
const OWN = '@@ -3,2 +3,2 @@\n accounts:\n-  - 111122223333\n+  - 111122223333, 444455556666';

describe('what a pull request changed was changed again', () => {
  test.each([
    ['by its revert', '@@ -3,2 +3,2 @@\n-  - 111122223333, 444455556666\n+  - 111122223333'],
    ['where what it added was taken out', '@@ -4 +3,0 @@\n-  - 111122223333, 444455556666'],
    ['where what it took out is back', '@@ -8,0 +9 @@\n+  - 111122223333'],
    ['with other line ends and spaces', '@@ -4 +3,0 @@\r\n-\t- 111122223333, 444455556666\r'],
    ['in a file that GitHub does not show', undefined],
  ])('%s', (_, since) => {
    expect(findChangedAgain([file(OWN)], [file(since)])).toEqual(['key.yml']);
  });

  test.each([
    ['elsewhere in the file', '@@ -20 +20 @@\n-  description: a\n+  description: b'],
    ['by lines of signs alone', '@@ -1,2 +1,2 @@\n-  }\n+  }'],
    ['around lines that stay', '@@ -3,2 +3,3 @@\n accounts:\n   - 111122223333, 444455556666\n+more: 1'],
  ])('but not by what changes something %s', (_, since) => {
    const own = file(`${OWN}\n-  }\n+  {`);
    expect(findChangedAgain([own], [file(since)])).toEqual([]);
  });

  test('nor by another file', () => {
    expect(findChangedAgain([file(OWN)], [file(OWN, 'other.yml'), file(undefined, 'third.yml')])).toEqual([]);
  });

  test('also by one line of several', () => {
    const own = file(`${OWN}\n+more: 1\n-less: 1`);
    expect(findChangedAgain([own], [file('@@ -4 +3,0 @@\n-more: 1')])).toEqual(['key.yml']);
    expect(findChangedAgain([own], [file('@@ -4,0 +5 @@\n+less: 1')])).toEqual(['key.yml']);
  });

  test.each([
    ['first', [0, 1]],
    ['last', [1, 0]],
  ])('also by one of two that have its name, old or new, whichever is listed %s', (_, order) => {
    const renamed = { ...file('@@ -1 +1 @@\n+more: 1', 'new.yml'), previous_filename: 'key.yml' };
    const since = [renamed, file('@@ -1 +1 @@\n-  - 111122223333, 444455556666\n-more: 1')];
    expect(
      findChangedAgain(
        [file(OWN)],
        order.flatMap((at) => since[at] ?? []),
      ),
    ).toEqual(['key.yml']);
  });

  test('of several in the order of their names', () => {
    const names = ['b.yml', 'a.yml'];
    const both = names.map((name) => file(OWN, name));
    expect(
      findChangedAgain(
        both,
        names.map((name) => file(undefined, name)),
      ),
    ).toEqual(['a.yml', 'b.yml']);
  });

  test('also under a new name', () => {
    const renamed = { ...file(undefined, 'new.yml'), previous_filename: 'key.yml' };
    expect(findChangedAgain([file(OWN)], [renamed])).toEqual(['key.yml']);
  });
});
