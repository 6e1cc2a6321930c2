/** What `npm run build` made of the sources: the bundle, as it is committed. */

import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';

const DIST = path.resolve('dist');
const bundle = readdirSync(DIST)
  .filter((name) => name.endsWith('.js'))
  .map((name) => readFileSync(path.join(DIST, name), 'utf8'))
  .join('\n');
const licences = readFileSync(path.join(DIST, 'licenses.txt'), 'utf8');
const manifest = JSON.parse(readFileSync('package.json', 'utf8')) as { dependencies: Record<string, string> };

/** The packages that a file of licences is about, with what stands below each. */
function readSections(text: string): ReadonlyMap<string, string> {
  const sections = text.matchAll(
    /^={80}\n((?:.+\n)+?)={80}\n\n([\s\S]*?)(?=\n={80}\n(?:.+\n)+?={80}\n|$(?![\s\S]))/gm,
  );
  return new Map(
    [...sections].flatMap(([, heads = '', words = '']) =>
      heads
        .trim()
        .split('\n')
        .map((head) => [head.replace(/ [^ ]+ \(.*\)$/, ''), words] as const),
    ),
  );
}

test('every package in the bundle has its licence beside it', () => {
  // The bundler names the modules that it could put into one scope; what was written for CommonJS is missing there.
  const named = [...bundle.matchAll(/^;\/\/ .*?node_modules\/((?:@[^/\s]+\/)?[^/\s]+)\/[^\n]*$/gm)].map(
    ([, name]) => name ?? '',
  );
  const sections = readSections(licences);
  const packages = [...new Set([...named, ...Object.keys(manifest.dependencies)])];
  expect(named.length).toBeGreaterThan(20);
  expect(packages.filter((name) => !sections.has(name))).toEqual([]);
  expect([...sections].filter(([, words]) => words.length < 200)).toEqual([]);
});

test('only openpgp has a licence that asks for more than its text', () => {
  const others = [...licences.matchAll(/^(\S+) \S+ \((.+)\)$/gm)].filter(
    ([, , id = '']) => !/^(MIT|ISC|Apache-2\.0)$/.test(id),
  );
  expect(others.map(([, name]) => name)).toEqual(['openpgp']);
  expect(licences).toContain('GNU LESSER GENERAL PUBLIC LICENSE');
  expect(licences).toMatch(/^\s*GNU GENERAL PUBLIC LICENSE/m);
});
