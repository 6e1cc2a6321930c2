import type { Platform } from '../../deps.js';
import { ActionError } from '../../errors.js';

/** Where HashiCorp publishes its releases. */
const RELEASES_URL = 'https://releases.hashicorp.com';

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
 * Reads `terraform-download-url`: a mirror that has the paths of releases.hashicorp.com below it.
 * @returns an https URL (http on loopback) whose path ends with a slash
 * @throws ActionError for anything else; the message holds no credentials and no query
 */
export function parseDownloadBase(text: string | undefined): URL {
  const wanted = text?.trim() ?? '';
  const url = URL.parse(wanted === '' ? RELEASES_URL : wanted);
  if (url === null || !isSafe(url)) {
    throw new ActionError({
      what: `terraform-download-url is ${url === null ? 'not a URL' : showUrl(url)}, and only https is allowed.`,
      done: 'Nothing was downloaded.',
      next: `Give the https address of a mirror of ${RELEASES_URL}, or leave it empty.`,
    });
  }
  url.search = '';
  url.hash = '';
  if (!url.pathname.endsWith('/')) url.pathname += '/';
  return url;
}

/** Whether a URL may be asked: https, or http to this very machine. */
export function isSafe(url: URL): boolean {
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url));
}

export function isLoopback({ hostname }: URL): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);
}

/** A URL for messages: without user, password, query and fragment, any of which may hold a secret. */
export function showUrl({ protocol, host, pathname }: URL): string {
  return `${protocol}//${host}${pathname}`;
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
