/**
 * What GitHub asks of an action that is published to the Marketplace (GitHub Docs, "Publishing actions in GitHub
 * Marketplace" and "Metadata syntax for GitHub Actions").
 */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';

interface Metadata {
  readonly name: string;
  readonly description: string;
  readonly author: string;
  readonly branding: { readonly icon: string; readonly color: string };
  readonly inputs: Readonly<Record<string, { readonly description?: string }>>;
  readonly outputs: Readonly<Record<string, { readonly description?: string }>>;
  readonly runs: { readonly using: string; readonly main: string };
}

const metadata = parse(readFileSync('action.yml', 'utf8')) as Metadata;
const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };

test('the description fits: at most 125 characters', () => {
  expect(metadata.description.length).toBeLessThanOrEqual(125);
});

test('name and author are set, and the name is no more than a name', () => {
  expect(metadata.name).toMatch(/^[A-Za-z0-9][A-Za-z0-9 -]{2,60}$/);
  expect(metadata.author).not.toBe('');
});

test('the branding is one that GitHub knows', () => {
  expect(metadata.branding.icon).toBe('key');
  expect(['white', 'yellow', 'blue', 'green', 'orange', 'red', 'purple', 'gray-dark']).toContain(
    metadata.branding.color,
  );
});

test('the root has one metadata file, a README and a licence', () => {
  const files = readdirSync('.');
  expect(files.filter((file) => /^action\.ya?ml$/.test(file))).toEqual(['action.yml']);
  expect(files).toEqual(expect.arrayContaining(['README.md', 'LICENSE']));
  expect(existsSync(metadata.runs.main)).toBe(true);
  expect(metadata.runs.using).toBe('node24');
});

test('every input and output is described', () => {
  for (const described of [metadata.inputs, metadata.outputs])
    for (const [name, { description = '' }] of Object.entries(described))
      expect([name, description.length > 10]).toEqual([name, true]);
});

test('the changelog begins with the version that would be released', () => {
  const [, newest] = /^## (\S+)$/m.exec(readFileSync('CHANGELOG.md', 'utf8')) ?? [];
  expect(newest).toBe(version);
});

test('examples and README name that version', () => {
  const texts = readdirSync('examples')
    .filter((file) => file.endsWith('.yml'))
    .map((file) => readFileSync(`examples/${file}`, 'utf8'));
  for (const text of texts)
    for (const [, named] of text.matchAll(/aws-kms-multi-region-key@[0-9a-f]{40} # v(\S+)/g))
      expect(named).toBe(version);
  expect(readFileSync('README.md', 'utf8')).toContain(`aws-kms-multi-region-key@v${version.split('.')[0]}`);
});
