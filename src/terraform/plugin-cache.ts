import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { ACTION_NAME } from '../runner/workspace.js';

/** A folder in which one provider version is kept from run to run, as Terraform's plug-in cache. */
export interface PluginCache {
  readonly folder: string;
  /** The lock file of the run that filled it; undefined while this run is to fill it. */
  readonly lockFile: string | undefined;
}

export interface PluginCacheRequest {
  /** RUNNER_TOOL_CACHE. */
  readonly toolCacheDir: string;
  /** What decides which provider it is: its version, the platform, and where it comes from. */
  readonly identity: readonly string[];
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** After this time a folder that nobody filled is of a run that was killed. */
const ABANDONED_MS = 60 * 60_000;

const LOCK_FILE = 'filled.lock.hcl';

/**
 * Opens the folder for a provider. Terraform's plug-in cache is not safe for two runs at once (its documentation,
 * "Provider Plugin Cache"), so one run alone fills it, and only what is filled is used by others; its lock file is
 * what marks it as filled, and what the content is checked against each time.
 * @returns undefined where another run is filling it, or it cannot be written: this run then does without
 */
export async function openPluginCache(request: PluginCacheRequest): Promise<PluginCache | undefined> {
  const name = createHash('sha256').update(JSON.stringify(request.identity)).digest('hex').slice(0, 20);
  const folder = path.join(request.toolCacheDir, ACTION_NAME, 'providers', name);
  try {
    if (await claim(folder)) return { folder, lockFile: undefined };
    const lockFile = await readFile(path.join(folder, LOCK_FILE), 'utf8').catch(() => undefined);
    if (lockFile !== undefined) return { folder, lockFile };
    if (request.now - (await stat(folder)).mtimeMs < ABANDONED_MS) return undefined;
    await rm(folder, { recursive: true, force: true });
    return (await claim(folder)) ? { folder, lockFile: undefined } : undefined;
  } catch {
    return undefined; // No such folder, or none that may be written: a cache is never worth a failure.
  }
}

/**
 * Makes the folder, by a call of its own: a recursive one, with two runs at once, may tell both that they made something.
 * @returns whether this run made it: of two runs one alone does
 */
async function claim(folder: string): Promise<boolean> {
  await mkdir(path.dirname(folder), { recursive: true });
  try {
    await mkdir(folder);
    return true;
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw thrown;
  }
}

/** Marks the folder as filled, at once and whole. */
export async function keepPluginCache({ folder }: PluginCache, lockFile: string): Promise<void> {
  const partial = path.join(folder, `${LOCK_FILE}.partial`);
  await writeFile(partial, lockFile);
  await rename(partial, path.join(folder, LOCK_FILE));
}

/** Gives up a folder that this run was to fill and did not. */
export async function dropPluginCache({ folder }: PluginCache): Promise<void> {
  await rm(folder, { recursive: true, force: true });
}
