import { mkdir, readdir, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Inputs } from '../../../src/inputs/inputs.js';
import { findLockedProvider } from '../../../src/terraform/lock-file.js';
import { openProviders, type Providers } from '../../../src/terraform/providers.js';
import { tempFolder } from '../../support/temp-folder.js';

const VERSION = '5.100.0';
const PLATFORM = { os: 'linux', arch: 'x64' };

let toolCache: string;
let said: string[];
beforeEach(() => {
  toolCache = tempFolder('tools');
  said = [];
});

function lockFile(hashes: readonly string[], version = VERSION): string {
  const list = hashes.map((hash) => `    "${hash}",\n`).join('');
  return `# comment\n\nprovider "registry.terraform.io/hashicorp/aws" {\n  version     = "${version}"\n  constraints = "${version}"\n  hashes = [\n${list}  ]\n}\n`;
}

interface Run {
  readonly workDir: string;
  readonly providers: Providers;
  /** What `terraform init` leaves: its lock file. */
  init(written: string): Promise<void>;
  files(): Promise<string[]>;
}

async function open(
  inputs: Partial<Pick<Inputs, 'awsProviderVersion' | 'providerMirror' | 'lockFile'>> = {},
  env: Record<string, string> = {},
): Promise<Run> {
  const workDir = tempFolder('work');
  const note = (line: string): void => void said.push(line);
  const providers = await openProviders({
    inputs: { awsProviderVersion: VERSION, providerMirror: undefined, lockFile: undefined, ...inputs },
    workDir,
    env: { RUNNER_TOOL_CACHE: toolCache, ...env },
    platform: PLATFORM,
    clock: { now: Date.now },
    log: { info: note, debug: note, notice: note },
  });
  return {
    workDir,
    providers,
    init: async (written) => {
      await writeFile(path.join(workDir, '.terraform.lock.hcl'), written);
      await providers.keep();
      await providers.close();
    },
    // Without the CLI configuration, which is always there.
    files: async () => (await readdir(workDir)).filter((name) => name !== 'cli-config.tfrc').sort(),
  };
}

const cacheOf = ({ providers }: Run): string | undefined => providers.environment['TF_PLUGIN_CACHE_DIR'];
const cliConfigOf = ({ workDir }: Run): Promise<string> =>
  readFile(path.join(workDir, 'cli-config.tfrc'), 'utf8');

describe('the provider of an exact version', () => {
  test('is kept in the tool cache by the first run, and given with its checksums to the next', async () => {
    const first = await open();
    expect(path.relative(toolCache, cacheOf(first) ?? '')).toMatch(
      /^aws-kms-multi-region-key\/providers\/\w+$/,
    );
    expect(await first.files()).toEqual([]);
    await first.init(lockFile(['h1:one']));
    const second = await open();
    expect(cacheOf(second)).toBe(cacheOf(first));
    expect(await readFile(path.join(second.workDir, '.terraform.lock.hcl'), 'utf8')).toBe(
      lockFile(['h1:one']),
    );
  });

  test('is filled by one run alone: others at the same time do without', async () => {
    const runs = await Promise.all(Array.from({ length: 8 }, () => open()));
    expect(runs.map(cacheOf).filter((folder) => folder !== undefined)).toHaveLength(1);
  });

  test('is not kept when init failed, and the next run may fill the folder', async () => {
    const failed = await open();
    await failed.providers.close();
    expect(cacheOf(await open())).toBe(cacheOf(failed));
  });

  test('may be filled anew when the run that began it was killed an hour ago', async () => {
    const killed = await open();
    expect(cacheOf(await open())).toBeUndefined();
    const longAgo = new Date(Date.now() - 61 * 60_000);
    await utimes(cacheOf(killed) ?? '', longAgo, longAgo);
    expect(cacheOf(await open())).toBe(cacheOf(killed));
  });

  test('has a folder of its own for each version and each source', async () => {
    const runs = [
      await open(),
      await open({ awsProviderVersion: '5.99.0' }),
      await open({ providerMirror: { url: 'https://a.example' } }),
      await open({ providerMirror: { url: 'https://b.example' } }),
    ];
    expect(new Set(runs.map(cacheOf)).size).toBe(4);
  });
});

describe('there is no cache of the action’s', () => {
  test.each<[string, Parameters<typeof open>[0], Record<string, string>]>([
    ['without a tool cache', {}, { RUNNER_TOOL_CACHE: '' }],
    ['where it cannot be written', {}, { RUNNER_TOOL_CACHE: '/dev/null' }],
    ['for a range of versions', { awsProviderVersion: '~> 5.90, >= 3.64.0, < 6.0.0' }, {}],
    ['for a mirror on disk', { providerMirror: { folder: '/mirror' } }, {}],
  ])('%s', async (_, inputs, env) => {
    expect(cacheOf(await open(inputs, env))).toBeUndefined();
  });

  test.each([
    ['TF_PLUGIN_CACHE_DIR', 'TF_PLUGIN_CACHE_DIR', '/mine'],
    ['the CLI configuration', 'TF_CLI_CONFIG_FILE', 'rc'],
  ])('where the user names one in %s: that is used', async (_, name, value) => {
    const file = path.join(toolCache, 'rc');
    await writeFile(file, 'plugin_cache_dir = "/mine"\n');
    expect(cacheOf(await open({}, { [name]: value === 'rc' ? file : value }))).toBe('/mine');
  });
});

describe('the CLI configuration of the run', () => {
  const rc = async (text: string): Promise<Record<string, string>> => {
    const file = path.join(toolCache, 'rc');
    await writeFile(file, text);
    return { TF_CLI_CONFIG_FILE: file };
  };
  const overrides =
    'provider_installation {\n  dev_overrides {\n    "hashicorp/aws" = "/dev"\n  }\n  direct {}\n}\n';

  test.each<[string, Parameters<typeof open>[0]]>([
    ['with a folder as mirror', { providerMirror: { folder: '/mirror' } }],
    ['with a network mirror', { providerMirror: { url: 'https://mirror.example/x' } }],
    ['with a lock-file', { lockFile: lockFile(['h1:one']) }],
    ['without any', {}],
  ])('is refused for dev_overrides, %s', async (_, inputs) => {
    await expect(rc(overrides).then((env) => open(inputs, env))).rejects.toThrow('has dev_overrides');
  });

  test('has the user’s credentials for init alone, and tokens of the environment, too', async () => {
    const env = await rc('credentials "m.example" {\n  token = "t"\n}\n');
    const run = await open({}, { ...env, TF_TOKEN_m_example: 't2' });
    expect(await cliConfigOf(run)).toContain('credentials "m.example"');
    expect(run.providers.environment).toMatchObject({ TF_TOKEN_m_example: 't2' });
    expect((await stat(path.join(run.workDir, 'cli-config.tfrc'))).mode & 0o777).toBe(0o600);
    await run.providers.close();
    expect(await cliConfigOf(run)).toBe('provider_installation {\n  direct {\n  }\n}\n');
  });

  test('leaves out folders of the machine that nobody named, and says how to name them', async () => {
    const home = path.join(toolCache, 'home');
    const folder = path.join(home, '.terraform.d', 'plugins');
    await mkdir(path.join(folder, 'registry.terraform.io', 'hashicorp', 'aws', VERSION), { recursive: true });
    const run = await open({}, { HOME: home, XDG_DATA_DIRS: '/nowhere' });
    expect(await cliConfigOf(run)).toContain('direct');
    expect(said).toEqual([expect.stringContaining(`set \`provider-mirror: ${folder}\``)]);
    said = [];
    await open({ providerMirror: { folder } }, { HOME: home, XDG_DATA_DIRS: '/nowhere' });
    expect(said).toEqual([]);
  });
});

describe('a network mirror', () => {
  const providerMirror = { url: 'https://mirror.example/x' };

  test('is named in a file of this run’s own, and for init alone', async () => {
    const run = await open({ providerMirror });
    expect(await cliConfigOf(run)).toContain('url = "https://mirror.example/x/"');
    await run.providers.close();
    expect(await cliConfigOf(run)).not.toContain('mirror.example');
  });

  test('goes before the user’s own source of providers, which is said; the other settings stay', async () => {
    const rc = path.join(toolCache, 'rc');
    await writeFile(
      rc,
      'credentials "m.example" {\n  token = "t"\n}\nprovider_installation {\n  direct {}\n}\n',
    );
    const run = await open({ providerMirror }, { TF_CLI_CONFIG_FILE: rc });
    const text = await cliConfigOf(run);
    expect(text).toMatch(/^credentials "m\.example" \{\n {2}token = "t"\n\}/);
    expect(text).not.toContain('direct');
    expect(said).toEqual([
      expect.stringContaining(`the provider_installation of ${rc} does not count in this step`),
    ]);
    expect(await readFile(rc, 'utf8')).toContain('direct');
  });
});

describe('the lock-file', () => {
  test('is used as it is, and where Terraform adds to it, the new text is offered as a file', async () => {
    const given = lockFile(['zh:1']);
    const run = await open({ lockFile: given });
    expect(await readFile(path.join(run.workDir, '.terraform.lock.hcl'), 'utf8')).toBe(given);
    await run.init(lockFile(['h1:new', 'zh:1']));
    const offered = path.join(run.workDir, 'terraform.lock.hcl');
    expect(await readFile(offered, 'utf8')).toBe(lockFile(['h1:new', 'zh:1']));
    expect(said).toEqual([expect.stringContaining(offered)]);
  });

  test('that needs nothing more is not offered', async () => {
    const run = await open({ lockFile: lockFile(['h1:one']) });
    await run.init(lockFile(['h1:one']));
    expect(await run.files()).toEqual(['.terraform.lock.hcl']);
    expect(said).toEqual([]);
  });

  test('without a checksum of the kept provider has it downloaded again, beside the cache', async () => {
    await (await open()).init(lockFile(['h1:one', 'zh:1']));
    expect(cacheOf(await open({ lockFile: lockFile(['zh:1']) }))).toBeUndefined();
    expect(cacheOf(await open({ lockFile: lockFile(['zh:1', 'h1:one']) }))).toBeDefined();
  });

  test.each([
    '',
    'provider "registry.terraform.io/hashicorp/random" {\n  version = "3.0.0"\n}\n',
    lockFile([]),
  ])('that does not name the provider is refused: %j', async (given) => {
    await expect(open({ lockFile: given })).rejects.toThrow(
      'The lock-file names no hashicorp/aws with checksums. Nothing was installed, planned or changed. Write one with `terraform providers lock -platform=linux_amd64`',
    );
  });

  test('of packed packages alone is refused for an unpacked mirror, where nothing would be checked', async () => {
    const folder = path.join(toolCache, 'mirror');
    const unpacked = path.join(folder, 'registry.terraform.io', 'hashicorp', 'aws', VERSION, 'linux_amd64');
    await mkdir(unpacked, { recursive: true });
    await expect(open({ lockFile: lockFile(['zh:1']), providerMirror: { folder } })).rejects.toThrow(
      'The lock-file has only checksums of packed providers (zh:)',
    );
    const { providers } = await open({ lockFile: lockFile(['zh:1', 'h1:1']), providerMirror: { folder } });
    expect(providers.init).toEqual({ pluginDir: folder });
  });
});

test('a lock file is read as Terraform writes it, on any system', () => {
  const text = lockFile(['h1:a', 'zh:b']);
  for (const one of [text, text.replace(/\n/g, '\r\n')])
    expect(findLockedProvider(one)).toEqual({ version: VERSION, hashes: ['h1:a', 'zh:b'] });
  expect(findLockedProvider(text.replace('hashicorp/aws', 'other/aws'))).toBeUndefined();
});
