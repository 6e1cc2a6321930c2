import { access, constants, realpath } from 'node:fs/promises';
import { posix, win32 } from 'node:path';
import { devNull } from 'node:os';
import semver from 'semver';
import { z } from 'zod';
import type { Deps, Log, Platform } from '../../deps.js';
import { messageOf } from '../../errors.js';
import { childEnvironment } from '../environment.js';
import { isWanted } from './release.js';

export interface PathSearch extends Pick<Deps, 'env' | 'exec' | 'platform'> {
  /** What is asked for: exact, or a range. */
  readonly version: string;
  readonly log: Pick<Log, 'debug'>;
}

/**
 * Looks along PATH for a Terraform of the version that is asked for, by running each that is found (about 0.3 seconds
 * each, so usually one).
 *
 * hashicorp/setup-terraform puts a JavaScript wrapper on PATH as `terraform`, which adds lines to stdout, and keeps the
 * program beside it as `terraform-bin`: that one is taken. Any other wrapper whose answer is not plain JSON is passed
 * over, since what it would do to `show -json` is unknown.
 */
export async function findOnPath(search: PathSearch): Promise<{ path: string; version: string } | undefined> {
  for await (const path of listPrograms(search)) {
    const version = await askVersion(path, search);
    if (version !== undefined && isWanted(version, search.version)) return { path, version };
    search.log.debug(`${path} is passed over: ${version ?? 'it did not say its version'}.`);
  }
  return undefined;
}

/** Each program once: PATH often names one folder twice, or /bin and /usr/bin that are one. */
async function* listPrograms({ env, platform }: PathSearch): AsyncGenerator<string> {
  const paths = pathsOf(platform);
  const suffix = platform.os === 'win32' ? '.exe' : '';
  const seen = new Set<string>();
  for (const entry of readPath(env).split(paths.delimiter)) {
    const folder = entry.replace(/^"(.*)"$/, '$1');
    // A relative folder would let a file in the checkout be run.
    if (!paths.isAbsolute(folder)) continue;
    for (const name of ['terraform-bin', 'terraform']) {
      const path = paths.join(folder, `${name}${suffix}`);
      if (!(await isRunnable(path))) continue;
      const real = await realpath(path).catch(() => path);
      if (!seen.has(real)) yield path;
      seen.add(real);
      break;
    }
  }
}

/** The rules for paths of the platform that is asked about. */
function pathsOf({ os }: Platform): typeof posix {
  return os === 'win32' ? win32 : posix;
}

/** Windows has the variable as `Path`. */
function readPath(env: PathSearch['env']): string {
  return env['PATH'] ?? Object.entries(env).find(([name]) => name.toUpperCase() === 'PATH')?.[1] ?? '';
}

function isRunnable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

const versionAnswer = z.object({ terraform_version: z.string() });

async function askVersion(
  path: string,
  { env, exec, log, platform }: PathSearch,
): Promise<string | undefined> {
  try {
    // A mistake in the user's CLI configuration is no reason to take the program for none.
    const cliConfigFile = platform.os === 'win32' ? undefined : devNull;
    const childEnv = childEnvironment({ env, cliConfigFile, backend: undefined, extra: {} });
    const cwd = pathsOf(platform).dirname(path);
    const request = { file: path, args: ['version', '-json'], cwd, env: childEnv, isQuery: true };
    const { stdout } = await exec(request);
    return semver.valid(versionAnswer.safeParse(JSON.parse(stdout)).data?.terraform_version) ?? undefined;
  } catch (error) {
    log.debug(`${path} could not be asked for its version: ${messageOf(error)}`);
    return undefined;
  }
}
