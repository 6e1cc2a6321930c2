import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { cacheDir, find } from '@actions/tool-cache';
import semver from 'semver';
import type { Clock, Deps, Log } from '../../deps.js';
import { ActionError, messageOf } from '../../errors.js';
import { HASHICORP_KEY, type ReleaseKey } from './hashicorp-key.js';
import { findOnPath } from './path-search.js';
import { chooseVersion, describeRelease, findSum, type Release } from './release.js';
import { downloadFile } from './download.js';
import { NOTHING_USED, openReleaseKey, verifySignature, type OpenKey } from './signature.js';
import { unpackProgram } from './unpack.js';

export interface InstallOptions extends Pick<Deps, 'env' | 'exec' | 'platform'> {
  /** The `terraform-version` input: an exact version, or a range as npm writes them. */
  readonly version: string;
  /** A folder of this job's own, which is there already. */
  readonly tempDir: string;
  /** The `terraform-download-url` input: a mirror that has the paths of HashiCorp's own server below it. */
  readonly downloadBase: string | undefined;
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Pick<Log, 'info' | 'debug' | 'warning'>;
  readonly signal?: AbortSignal | undefined;
  /** Whose signature is asked for: HashiCorp's, unless a test brings a key of its own. */
  readonly releaseKey?: ReleaseKey;
}

export interface InstalledTerraform {
  /** The program itself, absolute; never a wrapper. */
  readonly path: string;
  readonly version: string;
  readonly source: 'path' | 'cache' | 'download';
}

/**
 * What the tool cache calls the three files of a release that prove one another. A name of its own: under `terraform`
 * other actions would look for a program.
 */
const CACHED_TOOL = 'terraform-signed-release';

/** Sums and signature are read into memory before anything is known of them. */
const MAX_SUMS_BYTES = 1024 * 1024;

const RELEASES_URL = 'https://releases.hashicorp.com';

/**
 * Finds or installs Terraform: from PATH when a version there is one that was asked for (trusted as it is, like all of
 * PATH), else from the tool cache, else by download.
 *
 * What is kept in the tool cache is the zip with the signed sums and their signature, and not the program: a hash
 * recorded beside a program could be changed together with it by anyone who can write there, the signature cannot.
 * So each use checks the whole chain, signature → sums → zip, as for a download, and unpacks the program into this
 * job's own folder; that takes about half a second. A copy that does not pass is thrown away and downloaded again.
 *
 * @throws ActionError when nothing that passes the checks can be had; no input switches a check off
 */
export async function installTerraform(options: InstallOptions): Promise<InstalledTerraform> {
  const onPath = await findOnPath(options);
  if (onPath !== undefined) return { ...onPath, source: 'path' };
  const base = new URL(`${options.downloadBase ?? RELEASES_URL}/`);
  const version = semver.valid(options.version) ?? (await newestInRange(base, options));
  const release = describeRelease(version, options.platform, base);
  const key = await openReleaseKey(options.releaseKey ?? HASHICORP_KEY, options.clock.now());
  const cached = await takeFromCache(release, key, options);
  if (cached !== undefined)
    return { path: await unpackProgram(cached, release, options.tempDir), version, source: 'cache' };
  const path = await inFolder(options.tempDir, async (folder) => {
    const zip = await takeFromServer(folder, release, key, options);
    await keepInCache(folder, release, options);
    return unpackProgram(zip, release, options.tempDir);
  });
  return { path, version, source: 'download' };
}

/** Works in a folder that is there for this work alone. */
async function inFolder<T>(parent: string, work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(parent, 'release-'));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function newestInRange(
  base: URL,
  { version, platform, tempDir, signal }: InstallOptions,
): Promise<string> {
  const url = new URL('terraform/index.json', base);
  return inFolder(tempDir, async (folder) => {
    const target = join(folder, 'index.json');
    await downloadFile(url, target, signal);
    return chooseVersion(parseIndex(await readFile(target, 'utf8'), url), version, platform);
  });
}

function parseIndex(text: string, { href }: URL): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ActionError(
      {
        what: `${href} is not JSON.`,
        done: 'Nothing was installed.',
        next: 'Give an exact `terraform-version`, or a mirror that has the release index.',
      },
      { cause },
    );
  }
}

/**
 * Downloads the files of a release into a folder, and checks them.
 * @returns the verified zip
 * @throws ActionError when one cannot be had, or is not what was released
 */
async function takeFromServer(
  folder: string,
  release: Release,
  key: OpenKey,
  options: InstallOptions,
): Promise<Buffer> {
  options.log.info(`Downloading Terraform ${release.version} from ${release.folder.href}`);
  const fetchFile = (name: string): Promise<void> =>
    downloadFile(new URL(name, release.folder), join(folder, name), options.signal);
  await Promise.all([fetchFile(release.sumsName), fetchFile(release.signatureName)]);
  // Checked before the zip is asked for: a server that has no valid sums has no zip worth waiting for.
  const expected = await readExpectedSum(folder, release, key);
  await fetchFile(release.zipName);
  return readChecked(folder, expected, release);
}

/** @returns the signed SHA-256 of the release's zip */
async function readExpectedSum(
  folder: string,
  { sumsName, signatureName, zipName }: Release,
  key: OpenKey,
): Promise<string> {
  const [sums, signature] = await Promise.all([
    readSmall(join(folder, sumsName)),
    readSmall(join(folder, signatureName)),
  ]);
  await verifySignature(key, { name: sumsName, content: sums, signature });
  const expected = findSum(sums.toString('utf8'), zipName);
  if (expected !== undefined) return expected;
  throw new ActionError({
    what: `${sumsName} is signed, but gives no hash for ${zipName}.`,
    done: NOTHING_USED,
    next: 'Choose a `terraform-version` that was released for this operating system and architecture; if this one was, the mirror serves the sums of something else.',
  });
}

async function readSmall(file: string): Promise<Buffer> {
  const { size } = await stat(file);
  if (size > MAX_SUMS_BYTES) {
    throw new ActionError({
      what: `${basename(file)} has ${size} bytes, far more than sums or a signature have.`,
      done: NOTHING_USED,
      next: 'Run the job again; if it stays so, what the server, the mirror or a proxy gives is not what was released.',
    });
  }
  return readFile(file);
}

/** @returns the bytes that were checked, so that what is unpacked is what was checked */
async function readChecked(folder: string, expected: string, release: Release): Promise<Buffer> {
  const zip = await readFile(join(folder, release.zipName));
  const actual = createHash('sha256').update(zip).digest('hex');
  if (actual === expected) return zip;
  throw new ActionError({
    what: `${release.zipName} has the SHA-256 ${actual} (${zip.length} bytes), but the signed ${release.sumsName} says ${expected}.`,
    done: NOTHING_USED,
    next: 'Run the job again; if it stays so, what the server or a proxy gives is not what was released.',
  });
}

/** @returns the verified zip, or undefined when there is none, or none that may be used */
async function takeFromCache(
  release: Release,
  key: OpenKey,
  options: InstallOptions,
): Promise<Buffer | undefined> {
  if (!hasCache(options)) return undefined;
  const folder = find(CACHED_TOOL, release.version, options.platform.arch);
  if (folder === '') return undefined;
  try {
    return await readChecked(folder, await readExpectedSum(folder, release, key), release);
  } catch (error) {
    const what = error instanceof ActionError ? error.what : messageOf(error);
    options.log.warning(
      `${what} This copy in the tool cache (${folder}) was not used; it is thrown away and downloaded again.`,
      { title: `Terraform ${release.version} in the tool cache is not what was released` },
    );
    await Promise.all(
      [folder, `${folder}.complete`].map((path) => rm(path, { recursive: true, force: true })),
    ).catch((failure: unknown) => {
      options.log.debug(`The tool cache could not be cleaned: ${messageOf(failure)}`);
    });
    return undefined;
  }
}

/** That it cannot be kept costs the next run a download, not this one. */
async function keepInCache(folder: string, release: Release, options: InstallOptions): Promise<void> {
  if (!hasCache(options)) return;
  try {
    await cacheDir(folder, CACHED_TOOL, release.version, options.platform.arch);
  } catch (error) {
    options.log.debug(
      `Terraform ${release.version} could not be kept in the tool cache: ${messageOf(error)}`,
    );
  }
}

/** The toolkit throws where there is no tool cache; then nothing is kept for the next run. */
function hasCache({ env }: InstallOptions): boolean {
  return (env['RUNNER_TOOL_CACHE'] ?? '') !== '';
}
