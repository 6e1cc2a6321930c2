import semver from 'semver';
import { z } from 'zod';
import type { Platform } from '../../deps.js';
import { ActionError } from '../../errors.js';

/** Node's names (`process.platform`, `process.arch`) on the left, those of the release files on the right. */
const OS_NAMES: ReadonlyMap<string, string> = new Map([
  ['linux', 'linux'],
  ['darwin', 'darwin'],
  ['win32', 'windows'],
]);
const ARCH_NAMES: ReadonlyMap<string, string> = new Map([
  ['x64', 'amd64'],
  ['arm64', 'arm64'],
]);

/** The platform in the names of files, e.g. `linux_amd64`. @throws ActionError for one that this action does not run on */
export function releaseTarget({ os, arch }: Platform): string {
  const osName = OS_NAMES.get(os) ?? refusePlatform(`the operating system ${os}`);
  return `${osName}_${ARCH_NAMES.get(arch) ?? refusePlatform(`the architecture ${arch}`)}`;
}

function refusePlatform(what: string): never {
  throw new ActionError({
    what: `This action has no Terraform for ${what}.`,
    done: 'Nothing was installed.',
    next: 'Run the job on Linux, macOS or Windows, on x64 or arm64.',
  });
}

/** The files of one release for one platform, and where they are. */
export interface Release {
  readonly version: string;
  /** The name as it stands in the sums, e.g. `terraform_1.11.4_linux_amd64.zip`. */
  readonly zipName: string;
  readonly sumsName: string;
  readonly signatureName: string;
  /** The program inside the zip: `terraform` or `terraform.exe`. */
  readonly binaryName: string;
  /** The folder on the server that all files are in; ends with a slash. */
  readonly folder: URL;
}

/**
 * The files of a version, named as on releases.hashicorp.com.
 * @param version exact, without `v`
 * @param base ends with a slash
 * @throws ActionError for an unknown platform
 */
export function describeRelease(version: string, platform: Platform, base: URL): Release {
  const stem = `terraform_${version}`;
  return {
    version,
    zipName: `${stem}_${releaseTarget(platform)}.zip`,
    sumsName: `${stem}_SHA256SUMS`,
    signatureName: `${stem}_SHA256SUMS.sig`,
    binaryName: platform.os === 'win32' ? 'terraform.exe' : 'terraform',
    folder: new URL(`terraform/${version}/`, base),
  };
}

/**
 * The SHA-256 of one file in a `SHA256SUMS` text, by its exact name: a name that merely contains it is another file.
 * @returns 64 lower-case hexadecimal digits, or undefined when the file is not listed, or listed with two hashes
 */
export function findSum(sums: string, fileName: string): string | undefined {
  const found = sums
    .split('\n')
    .map((line) => /^([0-9a-f]{64}) [ *](.+?)\r?$/i.exec(line))
    .filter((match) => match?.[2] === fileName)
    .map((match) => match?.[1]?.toLowerCase());
  return new Set(found).size === 1 ? found[0] : undefined;
}

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
