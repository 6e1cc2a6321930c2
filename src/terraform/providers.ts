import { existsSync } from 'node:fs';
import { readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import semver from 'semver';
import type { Environment } from '../context.js';
import type { Clock, Log, Platform } from '../deps.js';
import { ActionError } from '../errors.js';
import type { Inputs } from '../inputs/inputs.js';
import type { InitOptions } from './args.js';
import {
  findCliConfig,
  namesPluginCache,
  namesProviderInstallation,
  withNetworkMirror,
  type CliConfig,
} from './cli-config.js';
import { findLockedProvider } from './lock-file.js';
import { dropPluginCache, keepPluginCache, openPluginCache, type PluginCache } from './plugin-cache.js';
import { releaseArch, releaseOs } from './release.js';

export interface ProvidersRequest {
  readonly inputs: Pick<Inputs, 'awsProviderVersion' | 'providerMirror' | 'lockFile'>;
  readonly workDir: string;
  readonly env: Environment;
  readonly platform: Platform;
  readonly clock: Pick<Clock, 'now'>;
  readonly log: Pick<Log, 'info' | 'notice' | 'debug'>;
}

/** How `terraform init` gets the provider, and what is left of it for the next run. */
export interface Providers {
  readonly init: InitOptions;
  /** For `init` alone. */
  readonly environment: Readonly<Record<string, string>>;
  /** After an `init` that succeeded: keeps the provider for the next run, and offers a lock file that has grown. */
  keep(): Promise<void>;
  /** Whatever has happened: nothing of the user's settings stays in the working folder. */
  close(): Promise<void>;
}

/** As Terraform names and reads it. */
const LOCK_FILE = '.terraform.lock.hcl';

/** The same for people: actions/upload-artifact leaves out files whose names begin with a dot. */
const OFFERED_LOCK_FILE = 'terraform.lock.hcl';

/**
 * Makes ready where the provider comes from: a folder, a network mirror, or the registry and whatever the user's own
 * settings say; and where it is kept from run to run.
 * @throws ActionError when the lock file that was given cannot vouch for the provider
 */
export async function openProviders(request: ProvidersRequest): Promise<Providers> {
  const { inputs, workDir } = request;
  refuseUselessLockFile(request);
  const folder = mirrorFolder(inputs);
  const config = folder === undefined ? await findCliConfig(request.env, readIfThere) : undefined;
  const cache = folder === undefined ? await openCache(request, config) : undefined;
  const lockFile = inputs.lockFile ?? cache?.lockFile;
  if (lockFile !== undefined) await writeFile(path.join(workDir, LOCK_FILE), lockFile);
  const ownConfig = await writeCliConfig(request, config);
  let kept = false;
  return {
    init: { pluginDir: folder },
    environment: {
      ...(cache === undefined ? {} : { TF_PLUGIN_CACHE_DIR: cache.folder }),
      ...(ownConfig === undefined ? {} : { TF_CLI_CONFIG_FILE: ownConfig }),
    },
    keep: async () => {
      const written = await readFile(path.join(workDir, LOCK_FILE), 'utf8');
      if (cache !== undefined && cache.lockFile === undefined) await keepPluginCache(cache, written);
      kept = true;
      await offerLockFile(request, written);
    },
    close: async () => {
      if (ownConfig !== undefined) await rm(ownConfig, { force: true });
      if (cache !== undefined && cache.lockFile === undefined && !kept) await dropPluginCache(cache);
    },
  };
}

function mirrorFolder({ providerMirror }: ProvidersRequest['inputs']): string | undefined {
  return providerMirror !== undefined && 'folder' in providerMirror ? providerMirror.folder : undefined;
}

function mirrorUrl({ providerMirror }: ProvidersRequest['inputs']): string | undefined {
  return providerMirror !== undefined && 'url' in providerMirror ? providerMirror.url : undefined;
}

async function readIfThere(file: string): Promise<string | undefined> {
  return readFile(file, 'utf8').catch(() => undefined);
}

/**
 * Terraform adds a provider that the file does not name, and takes an unpacked package unchecked when the file has
 * hashes of packed ones alone: neither is what a lock file is given for.
 */
function refuseUselessLockFile({ inputs, platform }: ProvidersRequest): void {
  if (inputs.lockFile === undefined) return;
  const locked = findLockedProvider(inputs.lockFile);
  const target = `${releaseOs(platform)}_${releaseArch(platform)}`;
  const next = `Write one with \`terraform providers lock -platform=${target}\` in a folder that asks for hashicorp/aws ${inputs.awsProviderVersion}.`;
  const done = 'Nothing was installed, planned or changed.';
  if (locked === undefined || locked.hashes.length === 0) {
    throw new ActionError({ what: 'The lock-file names no hashicorp/aws with checksums.', done, next });
  }
  const folder = mirrorFolder(inputs);
  if (folder === undefined || locked.hashes.some((hash) => hash.startsWith('h1:'))) return;
  const place = ['registry.terraform.io', 'hashicorp', 'aws', locked.version, target];
  if (!existsSync(path.join(folder, ...place))) return;
  throw new ActionError({
    what: `The lock-file has only checksums of packed providers (zh:), and provider-mirror holds hashicorp/aws ${locked.version} unpacked, so nothing would check it.`,
    done,
    next: `${next.slice(0, -1)}, and with \`-fs-mirror\` and the folder.`,
  });
}

async function openCache(
  request: ProvidersRequest,
  config: CliConfig | undefined,
): Promise<PluginCache | undefined> {
  const { inputs, env, platform, clock, log } = request;
  if (!wantsCache(request, config)) return undefined;
  const source = mirrorUrl(inputs) ?? config?.text ?? '';
  const identity = [inputs.awsProviderVersion, releaseOs(platform), releaseArch(platform), source];
  const toolCacheDir = env['RUNNER_TOOL_CACHE'] ?? '';
  const cache = await openPluginCache({ toolCacheDir, identity, now: clock.now() });
  if (cache?.lockFile === undefined || vouches(inputs.lockFile ?? cache.lockFile, cache.lockFile))
    return cache;
  log.debug('The lock-file has no checksum of the kept provider, so it is downloaded again.');
  return undefined;
}

/** Not where the user has one, nor for a range of versions, which could mean another version tomorrow. */
function wantsCache({ inputs, env }: ProvidersRequest, config: CliConfig | undefined): boolean {
  const hasToolCache = (env['RUNNER_TOOL_CACHE'] ?? '') !== '';
  const usersOwn = (env['TF_PLUGIN_CACHE_DIR'] ?? '') !== '' || namesPluginCache(config?.text ?? '');
  return hasToolCache && !usersOwn && semver.valid(inputs.awsProviderVersion) !== null;
}

/** Whether a lock file has the hash by which an unpacked package is known. */
function vouches(lockFile: string, ofCache: string): boolean {
  const given = findLockedProvider(lockFile)?.hashes ?? [];
  const unpacked = findLockedProvider(ofCache)?.hashes.filter((hash) => hash.startsWith('h1:')) ?? [];
  return unpacked.some((hash) => given.includes(hash));
}

/** @returns the file, which only this user can read since it may repeat credentials */
async function writeCliConfig(
  { inputs, workDir, log }: ProvidersRequest,
  config: CliConfig | undefined,
): Promise<string | undefined> {
  const url = mirrorUrl(inputs);
  if (url === undefined) return undefined;
  if (config !== undefined && namesProviderInstallation(config.text)) {
    log.notice(
      `Providers come from ${url} alone: the provider_installation of ${config.file} does not count in this step, its other settings do.`,
      { title: 'provider-mirror' },
    );
  }
  const file = path.join(workDir, 'cli-config.tfrc');
  await writeFile(file, withNetworkMirror(config?.text ?? '', url), { mode: 0o600 });
  return file;
}

async function offerLockFile({ inputs, workDir, log }: ProvidersRequest, written: string): Promise<void> {
  if (inputs.lockFile === undefined || written === inputs.lockFile) return;
  const file = path.join(workDir, OFFERED_LOCK_FILE);
  await writeFile(file, written);
  log.notice(
    `Terraform found checksums that lock-file does not have yet. With them it is, until the end of the job, ${file}`,
    { title: 'An updated lock file' },
  );
}
