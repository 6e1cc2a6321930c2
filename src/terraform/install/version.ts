import semver from 'semver';
import { z } from 'zod';
import type { Platform } from '../../deps.js';
import { ActionError } from '../../errors.js';
import { releaseTarget } from './release.js';

/**
 * Whether a version is one that was asked for. A pre-release is only when it was asked for exactly.
 * @param wanted an exact version, or a range as npm writes them
 */
export function isWanted(version: string, wanted: string): boolean {
  return semver.satisfies(version, wanted) && (isStable(version) || semver.valid(wanted) !== null);
}

function isStable(version: string): boolean {
  return semver.valid(version) !== null && semver.prerelease(version) === null;
}

/** A mirror's index may leave the builds out; the signed sums then say whether there is one. */
const releaseIndex = z.object({
  versions: z.record(
    z.string(),
    z.object({ builds: z.array(z.object({ os: z.string(), arch: z.string() })).optional() }).catch({}),
  ),
});

/**
 * Chooses the newest stable version in a range that has a build for this platform.
 *
 * The index is not signed: a mirror can hide versions in it, but what is chosen is still checked against the signed
 * sums of that very version. Only an exact version is safe against being offered an old one.
 *
 * @param index the parsed `terraform/index.json`
 * @throws ActionError when the index has another form, or nothing that satisfies
 */
export function chooseVersion(index: unknown, range: string, platform: Platform): string {
  const versions = Object.entries(releaseIndex.safeParse(index).data?.versions ?? {});
  if (versions.length === 0) {
    throw new ActionError({
      what: 'The release index of Terraform lists no versions.',
      done: 'Nothing was installed.',
      next: 'Check that `terraform-download-url` is a mirror of https://releases.hashicorp.com, or give an exact `terraform-version`.',
    });
  }
  const target = releaseTarget(platform);
  const stable = versions.filter(([version]) => isStable(version));
  const built = stable.filter(
    ([, { builds }]) => builds === undefined || builds.some(({ os, arch }) => `${os}_${arch}` === target),
  );
  const newestOf = (among: typeof stable, within: string): string | null =>
    semver.maxSatisfying(
      among.map(([version]) => version),
      within,
    );
  const chosen = newestOf(built, range);
  if (chosen !== null) return chosen;
  const newest = newestOf(stable, '*');
  throw new ActionError({
    what: `No stable Terraform for ${target} is a version in ${JSON.stringify(semver.validRange(range))}: the release index lists ${versions.length} versions, ${newest === null ? 'none of them stable' : `the newest stable one ${newest}`}.`,
    done: 'Nothing was installed.',
    next: 'Widen `terraform-version`; a pre-release has to be given exactly.',
  });
}
