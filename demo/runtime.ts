import { execFileSync } from 'node:child_process';

export interface NodeRuntime {
  readonly path: string;
  readonly version: string;
}

/**
 * The Node that the runner would use for the action (24), from the npm registry's own cache or the registry; where it
 * cannot be had, this process's own. The answer says which.
 */
export function findNode24(): NodeRuntime {
  const own = { path: process.execPath, version: process.version };
  if (Number(process.versions.node.split('.')[0]) >= 24) return own;
  try {
    const printed = execFileSync('npx', ['-y', 'node@24', '-p', 'process.execPath + " " + process.version'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: 120_000,
      shell: process.platform === 'win32',
    });
    const found = /^(.+) (v24\.\S+)$/m.exec(printed.trim());
    return found?.[1] !== undefined && found[2] !== undefined ? { path: found[1], version: found[2] } : own;
  } catch {
    return own;
  }
}
