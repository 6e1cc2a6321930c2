/**
 * Refuses a release that is no whole version, is not the one that package.json names, is not made from main, or has been
 * made already:
 *
 *     npx tsx scripts/check-release.ts VERSION REF
 */

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

export interface Release {
  readonly version: string;
  /** What the workflow runs on, e.g. `refs/heads/main`. */
  readonly ref: string;
  /** The version in package.json, which a test keeps equal to the one that the action reports. */
  readonly named: string;
  /** The tags that exist. */
  readonly tags: readonly string[];
}

/** @returns why there can be no such release, or undefined when there can */
export function releaseProblem({ version, ref, named, tags }: Release): string | undefined {
  if (!/^(?:(?:0|[1-9]\d*)\.){2}(?:0|[1-9]\d*)$/.test(version))
    return `${JSON.stringify(version)} is not of the form 1.2.3, without a leading v.`;
  if (ref !== 'refs/heads/main') return `it is made from main only, not from ${ref}.`;
  if (named !== version) return `package.json names ${named}, not ${version}.`;
  if (tags.includes(`v${version}`)) return `v${version} exists already.`;
  return undefined;
}

function readTags(): string[] {
  const printed = execFileSync('git', ['ls-remote', '--tags', '--refs', 'origin'], { encoding: 'utf8' });
  return [...printed.matchAll(/refs\/tags\/(\S+)$/gm)].map(([, tag]) => tag ?? '');
}

function main([version = '', ref = '']: readonly string[]): void {
  const { version: named } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
  const problem = releaseProblem({ version, ref, named, tags: readTags() });
  process.stdout.write(
    problem === undefined ? `Version ${version} can be released.\n` : `No release: ${problem}\n`,
  );
  process.exitCode = problem === undefined ? 0 : 1;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) main(process.argv.slice(2));
