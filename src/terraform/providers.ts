import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import semver from 'semver';
import type { Environment } from '../runner/context.js';
import type { Clock, Deps, Log } from '../deps.js';
import { ActionError } from '../errors.js';
import type { Inputs } from '../inputs/inputs.js';
import {
  CLOSED_CLI_CONFIG,
  findCliConfig,
  impliedMirrors,
  listFolder,
  networkMirror,
  writeCliConfig,
  type CliConfig,
} from './cli-config.js';
import { CLI_CONFIG_FILE } from './environment.js';
import { findLockedProvider, LOCK_FILE } from './lock-file.js';
import { dropPluginCache, keepPluginCache, openPluginCache, type PluginCache } from './plugin-cache.js';
import { releaseTarget } from './install/release.js';
import type { InitOptions } from './run.js';

export interface ProvidersRequest extends Pick<Deps, 'env' | 'platform'> {
  readonly inputs: Pick<Inputs, 'awsProviderVersion' | 'providerMirror' | 'lockFile'>;
  readonly workDir: string;
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

/** The lock file for people: actions/upload-artifact leaves out files whose names begin with a dot. */
const OFFERED_LOCK_FILE = 'terraform.lock.hcl';

/**
 * Opens where the provider comes from: a folder, a network mirror, or the registry and whatever the user's own
 * settings say; and where it is kept from run to run.
 * @throws ActionError when the lock file that was given cannot vouch for the provider, or the user's settings go round it
 */
export async function openProviders(request: ProvidersRequest): Promise<Providers> {
  const { inputs, workDir, env } = request;
  refuseUselessLockFile(request);
  const { folder } = mirrorOf(inputs);
  // Read with a folder, too: what replaces a provider does so wherever that comes from.
  const config = await findCliConfig(env);
  const cache = folder === undefined ? await openCache(request, config) : undefined;
  const lockFile = inputs.lockFile ?? cache?.lockFile;
  if (lockFile !== undefined) await writeFile(path.join(workDir, LOCK_FILE), lockFile);
  const cliConfig = path.join(workDir, CLI_CONFIG_FILE);
  await writeFile(cliConfig, cliConfigFor(request, config), { mode: 0o600 });
  await tellImpliedMirrors(request, config);
  let kept = false;
  const cacheDir = cache?.folder ?? usersCache(request, config);
  return {
    init: { pluginDir: folder },
    environment: {
      ...registryTokens(env),
      ...(cacheDir === undefined ? {} : { TF_PLUGIN_CACHE_DIR: cacheDir }),
    },
    keep: async () => {
      const written = await readFile(path.join(workDir, LOCK_FILE), 'utf8');
      if (cache !== undefined && cache.lockFile === undefined) await keepPluginCache(cache, written);
      kept = true;
      await offerLockFile(request, written);
    },
    close: async () => {
      await writeFile(cliConfig, CLOSED_CLI_CONFIG);
      if (cache !== undefined && cache.lockFile === undefined && !kept) await dropPluginCache(cache);
    },
  };
}

/** Terraform's credentials for registries by host, which only `init` asks. */
function registryTokens(env: Environment): Record<string, string> {
  const tokens = Object.entries(env).filter(
    (entry): entry is [string, string] => /^TF_TOKEN_/.test(entry[0]) && entry[1] !== undefined,
  );
  return Object.fromEntries(tokens);
}

/** Where the user keeps plug-ins, if anywhere. */
function usersCache({ env }: ProvidersRequest, { pluginCacheDir }: CliConfig): string | undefined {
  const named = env['TF_PLUGIN_CACHE_DIR'] ?? '';
  return named === '' ? pluginCacheDir : named;
}

function mirrorOf({ providerMirror }: ProvidersRequest['inputs']): { folder?: string; url?: string } {
  return providerMirror ?? {};
}

/**
 * Terraform adds a provider that the file does not name, and takes an unpacked package unchecked when the file has
 * hashes of packed ones alone: neither is what a lock file is given for.
 */
function refuseUselessLockFile({ inputs, platform }: ProvidersRequest): void {
  if (inputs.lockFile === undefined) return;
  const locked = findLockedProvider(inputs.lockFile);
  const target = releaseTarget(platform);
  const next = `Write one with \`terraform providers lock -platform=${target}\` in a folder that asks for hashicorp/aws ${inputs.awsProviderVersion}.`;
  const done = 'Nothing was installed, planned or changed.';
  if (locked === undefined || locked.hashes.length === 0) {
    throw new ActionError({ what: 'The lock-file names no hashicorp/aws with checksums.', done, next });
  }
  const { folder } = mirrorOf(inputs);
  if (folder === undefined || locked.hashes.some((hash) => hash.startsWith('h1:'))) return;
  const place = ['registry.terraform.io', 'hashicorp', 'aws', locked.version, target];
  if (!existsSync(path.join(folder, ...place))) return;
  throw new ActionError({
    what: `The lock-file has only checksums of packed providers (zh:), and provider-mirror holds hashicorp/aws ${locked.version} unpacked, so nothing would check it.`,
    done,
    next: `${next.slice(0, -1)}, and with \`-fs-mirror\` and the folder.`,
  });
}

/** None where the user has one, nor for a range of versions, which could mean another version tomorrow. */
async function openCache(request: ProvidersRequest, config: CliConfig): Promise<PluginCache | undefined> {
  const { inputs, env, platform, clock, log } = request;
  const toolCacheDir = env['RUNNER_TOOL_CACHE'] ?? '';
  const isExact = semver.valid(inputs.awsProviderVersion) !== null;
  if (toolCacheDir === '' || usersCache(request, config) !== undefined || !isExact) return undefined;
  const source = mirrorOf(inputs).url ?? JSON.stringify(config.installation ?? '');
  const identity = [inputs.awsProviderVersion, releaseTarget(platform), source];
  const cache = await openPluginCache({ toolCacheDir, identity, now: clock.now() });
  if (cache?.lockFile === undefined || vouches(inputs.lockFile ?? cache.lockFile, cache.lockFile))
    return cache;
  log.debug('The lock-file has no checksum of the kept provider, so it is downloaded again.');
  return undefined;
}

/** Whether a lock file has the hash by which an unpacked package is known. */
function vouches(lockFile: string, ofCache: string): boolean {
  const given = findLockedProvider(lockFile)?.hashes ?? [];
  const unpacked = findLockedProvider(ofCache)?.hashes.filter((hash) => hash.startsWith('h1:')) ?? [];
  return unpacked.some((hash) => given.includes(hash));
}

/** The CLI configuration for `init`, which may repeat credentials of the user's. */
function cliConfigFor({ inputs, log }: ProvidersRequest, config: CliConfig): string {
  const { url } = mirrorOf(inputs);
  if (url === undefined) return writeCliConfig(config.registries, config.installation);
  if (config.installation !== undefined) {
    log.notice(
      `Providers come from ${url} alone: the provider_installation of ${config.files.join(', ')} does not count in this step, its other settings do.`,
      { title: 'provider-mirror' },
    );
  }
  return writeCliConfig(config.registries, networkMirror(url));
}

/** Who keeps providers where Terraform looks for them by itself has to name the folder: nobody else's counts. */
async function tellImpliedMirrors(
  { inputs, env, platform, log }: ProvidersRequest,
  config: CliConfig,
): Promise<void> {
  if (inputs.providerMirror !== undefined || config.installation !== undefined) return;
  for (const folder of impliedMirrors(env, platform.os)) {
    const names = await listFolder(path.join(folder, 'registry.terraform.io', 'hashicorp', 'aws'));
    if (names.length === 0) continue;
    log.notice(
      `${folder} has an AWS provider. It is not used: whoever can write there could replace the one that runs. To use it, set \`provider-mirror: ${folder}\`.`,
      { title: 'Providers on this machine' },
    );
  }
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
