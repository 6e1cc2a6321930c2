import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** Terraform and its provider collect their garbage less often, and take a sixth less of the processor. */
export const IN_A_HURRY = { GOGC: '400' } as const;

export interface FoundTerraform {
  readonly path: string;
  readonly version: string;
}

/** The Terraform on PATH, if there is one that runs. */
export function findTerraform(): FoundTerraform | undefined {
  const name = process.platform === 'win32' ? 'terraform.exe' : 'terraform';
  const file = (process.env['PATH'] ?? '')
    .split(path.delimiter)
    .map((folder) => path.join(folder, name))
    .find((candidate) => existsSync(candidate));
  if (file === undefined) return undefined;
  const printed = execFileSync(file, ['version', '-json'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return { path: file, version: (JSON.parse(printed) as { terraform_version: string }).terraform_version };
}

export interface ProviderMirror {
  /** Laid out as Terraform's filesystem mirrors are. */
  readonly dir: string;
  /** The versions of hashicorp/aws in it for this platform, oldest first. */
  readonly versions: readonly string[];
}

const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64' };
const SYSTEMS: Readonly<Record<string, string>> = { win32: 'windows' };

/**
 * A filesystem mirror with hashicorp/aws for this platform: of the places where there may be one, the place with the
 * newest version that will do.
 * @param has which versions will do; any by default
 */
export function findProviderMirror(
  has: (version: string) => boolean = () => true,
): ProviderMirror | undefined {
  const newest = findProviders().findLast(({ version }) => has(version));
  return newest === undefined ? undefined : { dir: newest.dir, versions: versionsIn(newest.dir).filter(has) };
}

/** A version of hashicorp/aws, and the filesystem mirror that has it. */
export interface FoundProvider {
  readonly version: string;
  readonly dir: string;
}

/** Every version of hashicorp/aws that a filesystem mirror on this machine has for this platform, oldest first. */
export function findProviders(): FoundProvider[] {
  const found = new Map<string, string>();
  for (const dir of mirrorPlaces())
    for (const version of versionsIn(dir)) if (!found.has(version)) found.set(version, dir);
  return [...found]
    .map(([version, dir]) => ({ version, dir }))
    .sort((a, b) => byVersion(a.version, b.version));
}

/**
 * TF_PROVIDER_MIRROR, the places where Terraform itself looks (its documentation, "Implied Local Mirror Directories"),
 * and the sub-folders of the add-on software folder.
 */
function mirrorPlaces(): string[] {
  const home = os.homedir();
  const set = process.env['TF_PROVIDER_MIRROR'];
  const data = (process.env['XDG_DATA_DIRS'] ?? '/usr/local/share:/usr/share').split(':');
  return [
    ...(set === undefined ? [] : [set]),
    path.join(home, '.terraform.d', 'plugins'),
    path.join(home, '.local', 'share', 'terraform', 'plugins'),
    ...data.map((folder) => path.join(folder, 'terraform', 'plugins')),
    ...subfolders('/opt').map((folder) => path.join('/opt', folder)),
  ];
}

function byVersion(a: string, b: string): number {
  return a.localeCompare(b, 'en', { numeric: true });
}

function versionsIn(dir: string): string[] {
  const platform = `${SYSTEMS[process.platform] ?? process.platform}_${ARCHITECTURES[process.arch] ?? process.arch}`;
  const folder = path.join(dir, 'registry.terraform.io', 'hashicorp', 'aws');
  return subfolders(folder)
    .filter((version) => existsSync(path.join(folder, version, platform)))
    .sort(byVersion);
}

function subfolders(folder: string): string[] {
  return existsSync(folder)
    ? readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
        entry.isDirectory() ? [entry.name] : [],
      )
    : [];
}
