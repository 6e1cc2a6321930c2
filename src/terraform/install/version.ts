import semver from 'semver';
import type { Platform } from '../../deps.js';
import { ActionError } from '../../errors.js';
import { releaseArch, releaseOs } from './release.js';

/** The version that is used when none is asked for: exact, so that two runs of one workflow run the same Terraform. */
export const DEFAULT_TERRAFORM_VERSION = '1.11.4';

/** What `terraform-version` asks for. Both texts are in the form that semver gives them. */
export type VersionSpec =
  { readonly kind: 'exact'; readonly version: string } | { readonly kind: 'range'; readonly range: string };

/**
 * Reads the `terraform-version` input: empty (the default), an exact version, or a range as npm writes them.
 * @throws ActionError when it is none of these
 */
export function parseVersionSpec(text: string): VersionSpec {
  const wanted = text.trim() === '' ? DEFAULT_TERRAFORM_VERSION : text.trim();
  const version = semver.valid(wanted);
  if (version !== null) return { kind: 'exact', version };
  const range = semver.validRange(wanted.replaceAll(',', ' '));
  if (range !== null) return { kind: 'range', range };
  throw new ActionError({
    what: `terraform-version is ${JSON.stringify(text)}, which is neither a version nor a range of versions.`,
    done: 'Nothing was installed.',
    next: `Give a version such as ${DEFAULT_TERRAFORM_VERSION}, or a range such as ~1.11.0.`,
  });
}

/** Whether a version is one that was asked for. A pre-release is only when it was asked for exactly. */
export function satisfiesSpec(version: string, spec: VersionSpec): boolean {
  if (spec.kind === 'exact') return semver.valid(version) === spec.version;
  return semver.prerelease(version) === null && semver.satisfies(version, spec.range);
}

/** The spec in words for messages, e.g. `1.11.4` or `a version in ">=1.11.0 <1.12.0-0"`. */
function describeSpec(spec: VersionSpec): string {
  return spec.kind === 'exact' ? spec.version : `a version in ${JSON.stringify(spec.range)}`;
}

/**
 * Chooses the newest stable version in a range that has a build for this platform.
 *
 * The index is not signed: a mirror can hide versions in it, but what is chosen is still checked against the signed
 * sums of that very version. Only an exact version is safe against being offered an old one.
 *
 * @param index the parsed `terraform/index.json`: `{versions: {VERSION: {builds: [{os, arch}]}}}`
 * @throws ActionError when the index has another form, or nothing that satisfies
 */
export function chooseVersion(
  index: unknown,
  spec: VersionSpec & { kind: 'range' },
  platform: Platform,
): string {
  const versions = Object.entries(record(record(index)?.['versions']) ?? {});
  if (versions.length === 0) {
    throw new ActionError({
      what: 'The release index of Terraform lists no versions.',
      done: 'Nothing was installed.',
      next: 'Check that `terraform-download-url` is a mirror of https://releases.hashicorp.com, or give an exact `terraform-version`.',
    });
  }
  const chosen = versions
    .filter(([version, release]) => satisfiesSpec(version, spec) && isBuiltFor(release, platform))
    .map(([version]) => version)
    .sort(semver.rcompare)[0];
  if (chosen !== undefined) return chosen;
  const newest = versions
    .map(([version]) => version)
    .filter((version) => semver.valid(version) !== null && semver.prerelease(version) === null)
    .sort(semver.rcompare)[0];
  throw new ActionError({
    what: `No stable Terraform for ${releaseOs(platform)}_${releaseArch(platform)} is ${describeSpec(spec)}: the release index lists ${versions.length} versions, ${newest === undefined ? 'none of them stable' : `the newest stable one ${newest}`}.`,
    done: 'Nothing was installed.',
    next: 'Widen `terraform-version`; a pre-release has to be given exactly.',
  });
}

function isBuiltFor(release: unknown, platform: Platform): boolean {
  const builds = record(release)?.['builds'];
  // A mirror's index may leave the builds out; the signed sums then say whether there is one.
  if (!Array.isArray(builds)) return true;
  return builds.some((build) => {
    const { os, arch } = record(build) ?? {};
    return os === releaseOs(platform) && arch === releaseArch(platform);
  });
}

function record(value: unknown): Record<string, unknown> | undefined {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
}
