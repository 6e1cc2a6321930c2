import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { packageFolders, readLicence, renderLicences } from '../../scripts/licences.js';
import { tempFolder } from '../support/temp-folder.js';

function makePackage(manifest: object, files: Readonly<Record<string, string>> = {}): string {
  const folder = path.join(tempFolder('package'), 'p');
  mkdirSync(folder);
  const all = { ...files, 'package.json': JSON.stringify({ name: 'p', version: '1.2.3', ...manifest }) };
  for (const [file, text] of Object.entries(all)) writeFileSync(path.join(folder, file), text);
  return folder;
}

test('a module is of the innermost package, also where several modules were put into one', () => {
  const file = (name: string): { nameForCondition: string } => ({ nameForCondition: `/x/${name}` });
  const modules = [
    file('src/index.ts'),
    { nameForCondition: null, modules: [file('node_modules/a/lib/b.js'), file('node_modules/a/c.js')] },
    file('node_modules/a/node_modules/@s/b/index.js'),
    { nameForCondition: 'C:\\x\\node_modules\\@s\\d\\e.js' },
  ];
  expect(packageFolders(modules)).toEqual([
    '/x/node_modules/a',
    '/x/node_modules/a/node_modules/@s/b',
    'C:\\x\\node_modules\\@s\\d',
  ]);
});

describe('the licence of a package', () => {
  test.each(['LICENSE', 'LICENCE.md', 'license.txt', 'LICENSE-MIT', 'COPYING'])('is its own %s', (name) => {
    const folder = makePackage({ license: 'MIT' }, { [name]: 'The words.\n', 'licenses.js': 'no' });
    expect(readLicence(folder)).toEqual({ name: 'p 1.2.3', id: 'MIT', text: 'The words.' });
  });

  test('comes with its notice', () => {
    const files = { LICENSE: 'The words.', NOTICE: 'The notice.' };
    expect(readLicence(makePackage({ license: 'Apache-2.0' }, files)).text).toBe('The words.\n\nThe notice.');
  });

  test.each([
    [{ author: 'Ada <ada@example.com>' }, 'Copyright (c) Ada <ada@example.com>'],
    [{ author: { name: 'Ada' } }, 'Copyright (c) Ada'],
    [{}, 'Copyright (c) the authors of p'],
  ])('is the text that its package.json (%j) names where it has none', (more, holder) => {
    const { text } = readLicence(makePackage({ license: 'MIT', ...more }));
    expect(text).toContain(holder);
    expect(text).toContain('THE SOFTWARE IS PROVIDED "AS IS"');
  });

  test('the lesser one comes with the general one, to which it adds', () => {
    const { text } = readLicence(makePackage({ license: 'LGPL-3.0+' }, { LICENSE: 'Lesser.' }));
    expect(text).toMatch(/^Lesser\.\n\nGNU GENERAL PUBLIC LICENSE/);
  });

  test.each([{}, { license: 'SEE LICENSE IN x' }, { license: 'constructor' }])(
    'that is not known (%j) stops the build',
    (manifest) => {
      const folder = makePackage(manifest);
      expect(() => readLicence(folder)).toThrow('p has no licence file');
    },
  );
});

test('packages with one text stand together above it', () => {
  const shown = renderLicences([
    { name: 'a 1.0.0', id: 'MIT', text: 'One.' },
    { name: 'b 1.0.0', id: 'ISC', text: 'Two.' },
    { name: 'c 1.0.0', id: 'MIT', text: 'One.' },
  ]);
  expect(shown.match(/One\./g)).toHaveLength(1);
  expect(shown).toMatch(/a 1\.0\.0 \(MIT\)\nc 1\.0\.0 \(MIT\)\n=+\n\nOne\.\n/);
});
