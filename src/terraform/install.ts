import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock, Exec, Log, Platform } from '../deps.js';
import { ActionError, messageOf } from '../errors.js';
import { download, type DownloadWorld } from './download.js';
import { HASHICORP_KEY, type ReleaseKey } from './hashicorp-key.js';
import { findOnPath } from './path-search.js';
import {
  describeRelease,
  findSum,
  parseDownloadBase,
  releaseArch,
  releaseIndexUrl,
  releaseOs,
  showUrl,
  type Release,
} from './release.js';
import { openReleaseKey, type SignatureVerifier } from './signature.js';
import { chooseVersion, parseVersionSpec, type VersionSpec } from './version.js';
import { unzipEntry } from './zip.js';

export interface InstallOptions {
  /** The `terraform-version` input: an exact version, a range, or empty for the default. */
  readonly version: string;
  readonly platform: Platform;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The runner's tool cache (RUNNER_TOOL_CACHE); without one nothing is kept for the next run. */
  readonly toolCacheDir: string | undefined;
  /** A folder of this job's own, which is there already. */
  readonly tempDir: string;
  /** The `terraform-download-url` input; empty for HashiCorp's own server. */
  readonly downloadBase: string | undefined;
  readonly fetch: typeof fetch;
  readonly exec: Exec;
  readonly clock: Clock;
  readonly log: Pick<Log, 'info' | 'debug' | 'warning' | 'mask'>;
  readonly signal?: AbortSignal | undefined;
  /** 0 (included) to 1 (excluded), for the jitter between attempts. */
  readonly random?: (() => number) | undefined;
  /** Whose signature is asked for: HashiCorp's, unless a test brings a key of its own. */
  readonly releaseKey?: ReleaseKey;
}

export interface InstalledTerraform {
  /** The program itself, absolute; never a wrapper. */
  readonly path: string;
  readonly version: string;
  readonly source: 'path' | 'cache' | 'download';
}

/** The three files that prove one another: the signature the sums, the sums the zip. */
interface Archive {
  readonly sums: Buffer;
  readonly signature: Buffer;
  readonly zip: Buffer;
}

const MAX_INDEX_BYTES = 64 * 1024 * 1024;
const MAX_SUMS_BYTES = 1024 * 1024;
const MAX_ZIP_BYTES = 512 * 1024 * 1024;
const MAX_BINARY_BYTES = 1024 * 1024 * 1024;

/**
 * Finds or installs Terraform: from PATH when a version there is one that was asked for (trusted as it is, like all of
 * PATH), else from the tool cache, else by download.
 *
 * What is kept in the tool cache is the zip with the signed sums and their signature, and not the program: a hash
 * recorded beside a program could be changed together with it by anyone who can write there, the signature cannot.
 * So each use checks the whole chain, signature → sums → zip, as for a download, and unpacks the program into this
 * job's own folder; that takes about half a second. A copy that does not pass is thrown away and downloaded again.
 * The folder has no `.complete` mark, so other actions never take it for an unpacked tool.
 *
 * @throws ActionError when nothing that passes the checks can be had; no input switches a check off
 */
export async function installTerraform(options: InstallOptions): Promise<InstalledTerraform> {
  const spec = parseVersionSpec(options.version);
  const onPath = await findOnPath({ ...options, spec });
  if (onPath !== undefined) return { ...onPath, source: 'path' };
  const base = parseDownloadBase(options.downloadBase);
  const version = await resolveVersion(spec, base, options);
  const release = describeRelease({ version, platform: options.platform, base });
  const verifier = await openReleaseKey(options.releaseKey ?? HASHICORP_KEY, options.clock.now());
  const cached = await takeFromCache(release, verifier, options);
  const zip = cached ?? (await takeFromServer(release, verifier, options));
  const path = await unpack(zip, release, options.tempDir);
  return { path, version, source: cached === undefined ? 'download' : 'cache' };
}

async function resolveVersion(spec: VersionSpec, base: URL, options: InstallOptions): Promise<string> {
  if (spec.kind === 'exact') return spec.version;
  const url = releaseIndexUrl(base);
  const text = await download({ url, maxBytes: MAX_INDEX_BYTES }, downloadWorld(options));
  return chooseVersion(parseIndex(text, url), spec, options.platform);
}

function parseIndex(text: Buffer, url: URL): unknown {
  try {
    return JSON.parse(text.toString('utf8'));
  } catch (cause) {
    throw new ActionError(
      {
        what: `${showUrl(url)} is not JSON.`,
        done: 'Nothing was installed.',
        next: 'Give an exact `terraform-version`, or a mirror that has the release index.',
      },
      { cause },
    );
  }
}

function downloadWorld({ fetch, clock, log, signal, random }: InstallOptions): DownloadWorld {
  return { fetch, clock, log, signal, random };
}

async function takeFromServer(
  release: Release,
  verifier: SignatureVerifier,
  options: InstallOptions,
): Promise<Buffer> {
  const { folder, sumsName, signatureName, zipName, version } = release;
  options.log.info(`Downloading Terraform ${version} from ${showUrl(folder)}`);
  const world = downloadWorld(options);
  const fetchFile = (name: string, maxBytes: number): Promise<Buffer> =>
    download({ url: new URL(name, folder), maxBytes }, world);
  const [sums, signature] = await Promise.all([
    fetchFile(sumsName, MAX_SUMS_BYTES),
    fetchFile(signatureName, MAX_SUMS_BYTES),
  ]);
  // Checked before the zip is asked for: a server that has no valid sums has no zip worth waiting for.
  const expected = await readExpectedSum({ sums, signature }, release, verifier);
  const zip = await fetchFile(zipName, MAX_ZIP_BYTES);
  assertSum(zip, expected, release);
  await keepInCache({ sums, signature, zip }, release, options);
  return zip;
}

/** @returns the signed SHA-256 of the release's zip */
async function readExpectedSum(
  { sums, signature }: Pick<Archive, 'sums' | 'signature'>,
  { sumsName, zipName }: Release,
  verifier: SignatureVerifier,
): Promise<string> {
  await verifier.verify({ name: sumsName, content: sums, signature });
  const expected = findSum(sums.toString('utf8'), zipName);
  if (expected !== undefined) return expected;
  throw new ActionError({
    what: `${sumsName} is signed, but gives no hash for ${zipName}.`,
    done: 'The download was not used: nothing of it was unpacked or run.',
    next: 'Choose a `terraform-version` that was released for this operating system and architecture; if this one was, the mirror serves the sums of something else.',
  });
}

function assertSum(zip: Buffer, expected: string, release: Release): void {
  const actual = createHash('sha256').update(zip).digest('hex');
  if (actual === expected) return;
  throw new ActionError({
    what: `${release.zipName} has the SHA-256 ${actual} (${zip.length} bytes), but the signed ${release.sumsName} says ${expected}.`,
    done: 'The download was not used: nothing of it was unpacked or run.',
    next: 'Run the job again; if it stays so, what the server or a proxy gives is not what was released.',
  });
}

async function unpack(zip: Buffer, release: Release, tempDir: string): Promise<string> {
  const folder = await mkdtemp(join(tempDir, `terraform-${release.version}-`));
  const target = join(folder, release.binaryName);
  try {
    await unzipEntry({ zip, entry: release.binaryName, target, maxBytes: MAX_BINARY_BYTES });
    return target;
  } catch (cause) {
    await rm(folder, { recursive: true, force: true });
    throw new ActionError(
      {
        what: `${release.zipName} could not be unpacked: ${messageOf(cause)}.`,
        done: 'Nothing of it was run.',
        next: 'Check that the runner has free disk space in its temp folder, and run the job again.',
      },
      { cause },
    );
  }
}

/** The layout of @actions/tool-cache: `<cache>/<tool>/<version>/<arch>`. */
function cacheFolder(release: Release, { toolCacheDir, platform }: InstallOptions): string | undefined {
  return toolCacheDir === undefined || toolCacheDir === ''
    ? undefined
    : join(toolCacheDir, 'terraform', release.version, platform.arch);
}

/** @returns the verified zip, or undefined when there is none, or none that may be used */
async function takeFromCache(
  release: Release,
  verifier: SignatureVerifier,
  options: InstallOptions,
): Promise<Buffer | undefined> {
  const folder = cacheFolder(release, options);
  if (folder === undefined) return undefined;
  const archive = await readArchive(folder, release);
  if (archive === undefined) return undefined;
  try {
    assertSum(archive.zip, await readExpectedSum(archive, release, verifier), release);
    return archive.zip;
  } catch (error) {
    const what = error instanceof ActionError ? error.what : messageOf(error);
    options.log.warning(
      `${what} This copy in the tool cache (${folder}) was not used; it is thrown away and downloaded again.`,
      { title: `Terraform ${release.version} in the tool cache is not what was released` },
    );
    await Promise.all(archiveFiles(release).map((name) => rm(join(folder, name), { force: true }))).catch(
      (failure: unknown) => {
        options.log.debug(`The tool cache could not be cleaned: ${messageOf(failure)}`);
      },
    );
    return undefined;
  }
}

function archiveFiles({ sumsName, signatureName, zipName }: Release): [string, string, string] {
  return [sumsName, signatureName, zipName];
}

/** @returns undefined unless all three files can be read */
async function readArchive(folder: string, release: Release): Promise<Archive | undefined> {
  try {
    const [sumsFile, signatureFile, zipFile] = archiveFiles(release);
    const [sums, signature, zip] = await Promise.all([
      readFile(join(folder, sumsFile)),
      readFile(join(folder, signatureFile)),
      readFile(join(folder, zipFile)),
    ]);
    return { sums, signature, zip };
  } catch {
    return undefined; // Never kept, half kept, or not readable: all of them mean a download.
  }
}

/** Each file appears whole or not at all. That it cannot be kept costs the next run a download, not this one. */
async function keepInCache(archive: Archive, release: Release, options: InstallOptions): Promise<void> {
  const folder = cacheFolder(release, options);
  if (folder === undefined) return;
  try {
    await mkdir(folder, { recursive: true });
    const partial = await mkdtemp(join(folder, '.partial-'));
    const contents = [archive.sums, archive.signature, archive.zip];
    try {
      for (const [index, name] of archiveFiles(release).entries()) {
        await writeFile(join(partial, name), contents[index] ?? '');
        await rename(join(partial, name), join(folder, name));
      }
    } finally {
      await rm(partial, { recursive: true, force: true });
    }
  } catch (error) {
    options.log.debug(
      `Terraform ${release.version} for ${releaseOs(options.platform)}_${releaseArch(options.platform)} could not be kept in the tool cache: ${messageOf(error)}`,
    );
  }
}
