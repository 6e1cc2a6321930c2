/**
 * Writes the licences of every package of which something is in the bundle, by the bundler's own list of modules. (The
 * file that ncc writes by itself leaves out most of them.)
 *
 *     node --import tsx scripts/licences.ts STATS.json OUTPUT.txt
 */

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

/** A module in webpack's statistics; several that were put into one stand in it. */
interface Module {
  /** The file's path; missing for what the bundler made itself. */
  readonly nameForCondition?: string | null;
  readonly modules?: readonly Module[];
}

export interface PackageLicence {
  /** Name and version. */
  readonly name: string;
  /** As SPDX names it, e.g. `MIT`. */
  readonly id: string;
  readonly text: string;
}

const PACKAGE = /^.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+/;

/** The folders of the packages that modules are from, each once. */
export function packageFolders(modules: readonly Module[]): string[] {
  const folders = modules.flatMap(({ nameForCondition, modules: inner = [] }) => [
    ...(PACKAGE.exec(nameForCondition ?? '')?.slice(0, 1) ?? []),
    ...packageFolders(inner),
  ]);
  return [...new Set(folders)].sort();
}

/**
 * The licence of the package in a folder: its own files, else the text of the licence that its package.json names.
 * @throws Error where there is neither
 */
export function readLicence(folder: string): PackageLicence {
  const read = (file: string): string => readFileSync(path.join(folder, file), 'utf8').trim();
  const { name, version, license: id = '', author } = JSON.parse(read('package.json')) as Manifest;
  const files = readdirSync(folder).filter((file) => /^(licen[cs]e|copying|notice)([.-].*)?$/i.test(file));
  const own = files
    .sort()
    .map(read)
    .filter((text) => text !== '');
  const holder = typeof author === 'string' ? author : (author?.name ?? `the authors of ${name}`);
  const texts = own.length > 0 ? own : [standardText(id, holder, name)];
  // The lesser licence is an addition to the general one, and is to be given with it.
  if (id.startsWith('LGPL-3.0')) texts.push(standardText('GPL-3.0-or-later', holder, name));
  return { name: `${name} ${version}`, id, text: texts.join('\n\n') };
}

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license?: string;
  readonly author?: string | { readonly name?: string };
}

type StandardTexts = Readonly<Record<string, { readonly licenseText: string } | undefined>>;

function standardText(id: string, holder: string, name: string): string {
  const texts = createRequire(import.meta.url)('spdx-license-list/full') as StandardTexts;
  const text = Object.hasOwn(texts, id) ? texts[id]?.licenseText : undefined;
  if (text === undefined)
    throw new Error(`${name} has no licence file, and "${id}" is no licence that is known`);
  return text.replace('<year> <copyright holders>', holder).trim();
}

/** One file for all: packages with the same text stand together above it. */
export function renderLicences(licences: readonly PackageLicence[]): string {
  const packages = Map.groupBy(licences, ({ text }) => text);
  return [...packages]
    .map(([text, those]) => {
      const heads = those.map(({ name, id }) => `${name} (${id})`);
      return `${'='.repeat(80)}\n${heads.join('\n')}\n${'='.repeat(80)}\n\n${text}\n`;
    })
    .join('\n');
}

function main([statsFile = '', output = '']: readonly string[]): void {
  const { modules } = JSON.parse(readFileSync(statsFile, 'utf8')) as { modules: readonly Module[] };
  const licences = packageFolders(modules).map(readLicence);
  writeFileSync(output, renderLicences(licences));
  process.stdout.write(`The licences of ${licences.length} packages: ${path.relative('.', output)}\n`);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) main(process.argv.slice(2));
