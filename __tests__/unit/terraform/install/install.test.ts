import { execFile } from 'node:child_process';
import { chmod, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Exec } from '../../../../src/deps.js';
import { installTerraform, type InstallOptions } from '../../../../src/terraform/install/install.js';
import {
  createSigningKey,
  makeZip,
  ReleaseServer,
  sumLine,
  type Answer,
  type SigningKey,
} from '../../../support/release-server.js';
import { tempFolder } from '../../../support/temp-folder.js';

const run = promisify(execFile);
const VERSION = '1.11.4';
const ZIP = `/terraform/${VERSION}/terraform_${VERSION}_linux_amd64.zip`;
const SUMS = `/terraform/${VERSION}/terraform_${VERSION}_SHA256SUMS`;
const SIGNATURE = `${SUMS}.sig`;
const PROGRAM = Buffer.from('#!/bin/sh\necho the released program\n');

const exec: Exec = async ({ file, args, cwd, env }) => {
  const { stdout, stderr } = await run(file, [...args], { cwd, env: { ...env } });
  return { exitCode: 0, stdout, stderr };
};

const status =
  (code: number): Answer =>
  (response: ServerResponse) => {
    response.writeHead(code).end();
  };

let key: SigningKey;
let server: ReleaseServer;
let folder: string;
let said: string[];
const toolCache = process.env['RUNNER_TOOL_CACHE'];

beforeAll(async () => {
  key = await createSigningKey();
  // What tool-cache has for tests of its own: no waits between attempts.
  Object.assign(globalThis, {
    TEST_DOWNLOAD_TOOL_RETRY_MIN_SECONDS: 0,
    TEST_DOWNLOAD_TOOL_RETRY_MAX_SECONDS: 0,
  });
});

afterAll(() => {
  setCache(toolCache);
});

beforeEach(async () => {
  server = await ReleaseServer.start();
  folder = tempFolder('install test é ');
  await mkdir(join(folder, 'temp'));
  said = [];
  setCache(join(folder, 'cache'));
  vi.spyOn(process.stdout, 'write').mockReturnValue(true);
});

afterEach(async () => {
  vi.restoreAllMocks();
  await server.stop();
});

/** The toolkit reads the variable out of the environment of the process. */
function setCache(path: string | undefined): void {
  if (path === undefined) Reflect.deleteProperty(process.env, 'RUNNER_TOOL_CACHE');
  else process.env['RUNNER_TOOL_CACHE'] = path;
}

function install(over: Partial<InstallOptions> = {}): ReturnType<typeof installTerraform> {
  return installTerraform({ ...baseOptions(), releaseKey: key.releaseKey, ...over });
}

/** What a run outside of tests gives: HashiCorp's own key is asked for. */
function baseOptions(): InstallOptions {
  const say =
    (level: string) =>
    (text: string): void => {
      said.push(`${level}: ${text}`);
    };
  return {
    version: VERSION,
    platform: { os: 'linux', arch: 'x64' },
    env: { ...process.env, PATH: join(folder, 'bin') },
    tempDir: join(folder, 'temp'),
    downloadBase: server.url,
    exec,
    clock: { now: Date.now },
    log: { info: say('info'), debug: say('debug'), warning: say('warning') },
  };
}

async function publish(over: Partial<Parameters<ReleaseServer['publish']>[0]> = {}): Promise<Buffer> {
  const zip = makeZip([
    { name: 'LICENSE.txt', content: Buffer.from('licence') },
    { name: 'terraform', content: PROGRAM },
  ]);
  await server.publish({ version: VERSION, platform: 'linux_amd64', zip, key, ...over });
  return zip;
}

/** Nothing was unpacked and nothing kept: what a refused download leaves behind. */
async function expectNothingKept(): Promise<void> {
  expect(await readdir(join(folder, 'temp'))).toEqual([]);
  const cached = await readdir(join(folder, 'cache'), { recursive: true }).catch(() => []);
  expect(cached.filter((name) => name.includes('SHA256SUMS') || name.endsWith('.zip'))).toEqual([]);
}

describe('a download', () => {
  test('is checked, unpacked into the job’s own folder and made executable', async () => {
    await publish();
    const installed = await install();
    expect(installed).toMatchObject({ version: VERSION, source: 'download' });
    expect(installed.path.startsWith(join(folder, 'temp'))).toBe(true);
    expect(await readFile(installed.path)).toEqual(PROGRAM);
    expect((await run(installed.path)).stdout).toBe('the released program\n');
    expect(server.requests.map(({ path }) => path).sort()).toEqual([SUMS, SIGNATURE, ZIP].sort());
  });

  test.each([
    ['linux', 'x64', 'linux_amd64', 'terraform'],
    ['linux', 'arm64', 'linux_arm64', 'terraform'],
    ['darwin', 'x64', 'darwin_amd64', 'terraform'],
    ['darwin', 'arm64', 'darwin_arm64', 'terraform'],
    ['win32', 'x64', 'windows_amd64', 'terraform.exe'],
    ['win32', 'arm64', 'windows_arm64', 'terraform.exe'],
  ])('for %s on %s takes the zip of %s', async (os, arch, platform, name) => {
    await publish({ platform, zip: makeZip([{ name, content: PROGRAM }]) });
    const installed = await install({ platform: { os, arch } });
    expect(installed.path.endsWith(name)).toBe(true);
    expect(await readFile(installed.path)).toEqual(PROGRAM);
  });

  test('is kept: a second install asks the server for nothing', async () => {
    await publish();
    await install();
    const before = server.requests.length;
    const second = await install();
    expect(second.source).toBe('cache');
    expect(await readFile(second.path)).toEqual(PROGRAM);
    expect(server.requests.length).toBe(before);
    expect(await readdir(join(folder, 'cache', 'terraform-signed-release', VERSION, 'x64'))).toHaveLength(3);
  });

  test('works without a tool cache, and with one that cannot be written', async () => {
    await publish();
    setCache(undefined);
    expect((await install()).source).toBe('download');
    await writeFile(join(folder, 'file'), '');
    setCache(join(folder, 'file'));
    expect((await install()).source).toBe('download');
    expect(said.join('\n')).toContain('could not be kept in the tool cache');
  });
});

describe('a download is refused, and nothing of it kept, when', () => {
  test('the zip has another hash than the signed one', async () => {
    await publish();
    server.files.set(ZIP, makeZip([{ name: 'terraform', content: Buffer.from('evil') }]));
    await expect(install()).rejects.toThrow(
      /has the SHA-256 [0-9a-f]{64} .* but the signed .* says [0-9a-f]{64}/,
    );
    await expectNothingKept();
  });

  test('the sums are signed by another key', async () => {
    await publish({ key: await createSigningKey() });
    await expect(install()).rejects.toThrow(/no valid signature by Example's key .*found: one by the key/);
    await expectNothingKept();
    expect(server.requests.map(({ path }) => path)).not.toContain(ZIP);
  });

  test('the sums were changed after signing', async () => {
    const zip = await publish();
    server.files.set(SUMS, Buffer.from(`${sumLine(zip, `terraform_${VERSION}_linux_amd64.zip`)}\n`));
    await expect(install()).rejects.toThrow('no valid signature');
    await expectNothingKept();
  });

  test('the signature is missing', async () => {
    await publish();
    server.files.delete(SIGNATURE);
    await expect(install()).rejects.toThrow(
      /_SHA256SUMS\.sig could not be downloaded: the answer was HTTP 404/,
    );
    await expectNothingKept();
  });

  test('the zip is a shorter one, well delivered', async () => {
    const zip = await publish();
    server.files.set(ZIP, zip.subarray(0, zip.length - 10));
    await expect(install()).rejects.toThrow(`(${zip.length - 10} bytes), but the signed`);
    await expectNothingKept();
  });

  test('the zip’s connection breaks each time', async () => {
    const zip = await publish();
    const broken: Answer = (response) => {
      response.writeHead(200, { 'content-length': zip.length });
      response.write(zip.subarray(0, 20), () => response.destroy());
    };
    server.answers.set(ZIP, [broken, broken, broken]);
    await expect(install()).rejects.toThrow(/linux_amd64\.zip could not be downloaded: /);
    await expectNothingKept();
    expect(server.requests.filter(({ path }) => path === ZIP)).toHaveLength(3);
  });

  test.each([
    ['another platform', 'terraform_1.11.4_linux_arm64.zip'],
    ['another version', 'terraform_1.11.3_linux_amd64.zip'],
    ['a name that contains it', 'old/terraform_1.11.4_linux_amd64.zip'],
  ])('the signed sums are those of %s', async (_, name) => {
    const zip = await publish();
    const sums = Buffer.from(sumLine(zip, name));
    server.files.set(SUMS, sums);
    server.files.set(SIGNATURE, await key.sign(sums));
    await expect(install()).rejects.toThrow(
      'is signed, but gives no hash for terraform_1.11.4_linux_amd64.zip',
    );
    await expectNothingKept();
  });

  test('the key has expired, which is said with its date, and nothing is asked of the server', async () => {
    const expired = await createSigningKey({
      createdAt: new Date('2020-01-01T00:00:00Z'),
      validForSeconds: 366 * 24 * 3600,
    });
    await publish({ key: expired, signedAt: new Date('2020-06-01T00:00:00Z') });
    await expect(install({ releaseKey: expired.releaseKey })).rejects.toThrow('expired on 2021-01-01');
    await expectNothingKept();
    expect(server.requests).toEqual([]);
  });

  test.each([
    ['holds no terraform', [{ name: 'bin/terraform', content: PROGRAM }], 'holds 0 files named terraform'],
    [
      'holds two',
      [
        { name: 'terraform', content: PROGRAM },
        { name: 'terraform', content: PROGRAM },
      ],
      'holds 2 files named terraform',
    ],
  ])('the signed archive %s', async (_, entries, message) => {
    await publish({ zip: makeZip(entries) });
    setCache(undefined);
    await expect(install()).rejects.toThrow(message);
    await expectNothingKept();
  });

  test('it is HashiCorp’s signature that is asked for, and another one found', async () => {
    await publish();
    const clock = { ...baseOptions().clock, now: () => Date.parse('2027-01-01T00:00:00Z') };
    await expect(installTerraform({ ...baseOptions(), clock })).rejects.toThrow(
      /no valid signature by HashiCorp's key C874011F0AB405110D02105534365D9472D7468F/,
    );
    await expectNothingKept();
  });
});

describe('a download ends well when', () => {
  const cut: Answer = (response) => response.destroy();
  test.each<[string, Answer[]]>([
    ['500 and 429', [status(500), status(429)]],
    ['503', [status(503)]],
    ['with broken connections', [cut, cut]],
  ])('the server answers %s first', async (_, answers) => {
    await publish();
    server.answers.set(ZIP, answers);
    expect((await install()).source).toBe('download');
  });

  test('a body that ended early comes whole the next time', async () => {
    const zip = await publish();
    server.answers.set(ZIP, [
      (response) => {
        response.writeHead(200, { 'content-length': zip.length });
        response.write(zip.subarray(0, 20), () => response.destroy());
      },
    ]);
    expect((await install()).source).toBe('download');
  });

  test('it is redirected to another host', async () => {
    await publish();
    const other = await ReleaseServer.start();
    try {
      for (const path of [ZIP, SUMS, SIGNATURE]) {
        other.files.set(`/elsewhere${path}`, server.files.get(path) ?? Buffer.alloc(0));
        server.answers.set(path, [redirect(`${other.url}/elsewhere${path}`)]);
      }
      expect((await install()).source).toBe('download');
      expect(other.requests).toHaveLength(3);
    } finally {
      await other.stop();
    }
  });
});

describe('a tool cache', () => {
  const cached = (name: string): string =>
    join(folder, 'cache', 'terraform-signed-release', VERSION, 'x64', name.split('/').at(-1) ?? '');

  beforeEach(async () => {
    await publish();
    const first = await install();
    await rm(dirname(first.path), { recursive: true });
    said = [];
  });

  test.each([
    ['a zip of somebody else’s', ZIP, () => makeZip([{ name: 'terraform', content: Buffer.from('evil') }])],
    ['half a zip', ZIP, () => Buffer.from('PK')],
    ['another signature', SIGNATURE, () => Buffer.from('no signature')],
  ])('with %s is said, thrown away and downloaded again', async (_, path, content) => {
    await writeFile(cached(path), content());
    const installed = await install();
    expect(installed.source).toBe('download');
    expect(await readFile(installed.path)).toEqual(PROGRAM);
    expect(said.join('\n')).toMatch(/warning: .*was not used; it is thrown away and downloaded again/);
    expect((await install()).source).toBe('cache');
  });

  test('whose zip and sums were both replaced, to fit one another, is not used', async () => {
    const evil = makeZip([{ name: 'terraform', content: Buffer.from('evil') }]);
    await writeFile(cached(ZIP), evil);
    await writeFile(cached(SUMS), sumLine(evil, `terraform_${VERSION}_linux_amd64.zip`));
    const installed = await install();
    expect(installed.source).toBe('download');
    expect(await readFile(installed.path)).toEqual(PROGRAM);
  });

  test('that is poisoned, with no server to download from, stops the run', async () => {
    await writeFile(cached(ZIP), 'evil');
    server.files.clear();
    await expect(install()).rejects.toThrow('HTTP 404');
    await expectNothingKept();
  });

  test('that was half written means a download', async () => {
    await rm(cached(SIGNATURE));
    expect((await install()).source).toBe('download');
  });

  test('with a program of unknown origin in it is not run', async () => {
    await rm(join(folder, 'cache'), { recursive: true });
    await mkdir(join(folder, 'cache', 'terraform-signed-release', VERSION, 'x64'), { recursive: true });
    await writeFile(cached('terraform'), '#!/bin/sh\necho evil\n', { mode: 0o755 });
    const installed = await install();
    expect(installed.source).toBe('download');
    expect(await readFile(installed.path)).toEqual(PROGRAM);
  });
});

describe('a range', () => {
  test('is resolved from the release index, and the answer is checked like any other version', async () => {
    await publish();
    const builds = [{ os: 'linux', arch: 'amd64' }];
    const index = { versions: { '1.11.3': { builds }, [VERSION]: { builds }, '1.12.0-rc1': { builds } } };
    server.files.set('/terraform/index.json', Buffer.from(JSON.stringify(index)));
    expect(await install({ version: '~1.11.0' })).toMatchObject({ version: VERSION, source: 'download' });
  });

  test('whose index is no JSON is refused', async () => {
    server.files.set('/terraform/index.json', Buffer.from('<html>'));
    await expect(install({ version: '~1.11.0' })).rejects.toThrow('/terraform/index.json is not JSON');
  });
});

describe('on PATH', () => {
  async function putProgram(name: string, script: string, where = 'bin'): Promise<string> {
    const path = join(folder, where, name);
    await mkdir(join(folder, where), { recursive: true });
    await writeFile(path, `#!/bin/sh\n${script}\n`);
    await chmod(path, 0o755);
    return path;
  }
  const says = (version: string): string => `echo '{"terraform_version":"${version}"}'`;

  test.each([
    ['the version that is asked for', VERSION],
    ['a version in the range that is asked for', '~1.11.0'],
  ])('%s is used as it is', async (_, version) => {
    const path = await putProgram('terraform', says(VERSION));
    expect(await install({ version })).toEqual({ path, version: VERSION, source: 'path' });
    expect(server.requests).toEqual([]);
  });

  test('another version is passed over', async () => {
    await publish();
    await putProgram('terraform', says('1.9.0'));
    expect((await install()).source).toBe('download');
  });

  test('the version may be further along', async () => {
    await putProgram('terraform', says('1.9.0'));
    const path = await putProgram('terraform', says(VERSION), 'other');
    const PATH = [join(folder, 'bin'), join(folder, 'other')].join(delimiter);
    expect(await install({ env: { PATH } })).toMatchObject({ path, source: 'path' });
  });

  test('the program beside a wrapper is taken, and the wrapper never run', async () => {
    const path = await putProgram('terraform-bin', says(VERSION));
    await putProgram('terraform', `touch '${join(folder, 'wrapper-ran')}'; ${says(VERSION)}`);
    expect(await install()).toMatchObject({ path, source: 'path' });
    await expect(stat(join(folder, 'wrapper-ran'))).rejects.toThrow('ENOENT');
  });

  test.each([
    ['adds commands to its output', `echo '[command]/x/terraform-bin version -json'; ${says(VERSION)}`],
    ['adds debug lines', `${says(VERSION)}; echo '::debug::exitcode: 0'`],
    ['fails', 'exit 3'],
    ['says nothing', 'true'],
  ])('a wrapper that %s is passed over', async (_, script) => {
    await publish();
    await putProgram('terraform', script);
    expect((await install()).source).toBe('download');
  });

  test('a folder that is not absolute is never looked into', async () => {
    await publish();
    await putProgram('terraform', says(VERSION));
    expect((await install({ env: { PATH: `.${delimiter}bin${delimiter}` } })).source).toBe('download');
  });

  test('Terraform is asked without the runner’s secrets and without calling home', async () => {
    await putProgram(
      'terraform',
      `[ -z "$GITHUB_TOKEN" ] && [ "$CHECKPOINT_DISABLE" = 1 ] && [ "$TF_CLI_CONFIG_FILE" = /dev/null ] && ${says(VERSION)}`,
    );
    const env = {
      PATH: join(folder, 'bin'),
      GITHUB_TOKEN: 'secret',
      TF_CLI_CONFIG_FILE: join(folder, 'none'),
    };
    expect((await install({ env })).source).toBe('path');
  });
});

describe('the real Terraform', () => {
  let real: string;
  let realVersion: string;

  beforeAll(async () => {
    const asked = await run('terraform', ['version', '-json']);
    realVersion = (JSON.parse(asked.stdout) as { terraform_version: string }).terraform_version;
    real = (await run('sh', ['-c', 'command -v terraform'])).stdout.trim();
  });

  test('says its version when it is run from the verified download', async () => {
    const zip = makeZip([{ name: 'terraform', content: await readFile(real) }]);
    await publish({ version: realVersion, zip });
    const installed = await install({ version: realVersion });
    expect(installed.source).toBe('download');
    const { stdout } = await run(installed.path, ['version', '-json'], { env: { CHECKPOINT_DISABLE: '1' } });
    expect(JSON.parse(stdout)).toMatchObject({ terraform_version: realVersion });
  }, 60_000);

  test('is used from PATH', async () => {
    const installed = await install({ version: realVersion, env: { PATH: process.env['PATH'] } });
    expect(installed).toMatchObject({ version: realVersion, source: 'path' });
  }, 60_000);
});

function redirect(location: string): Answer {
  return (response) => {
    response.writeHead(302, { location }).end();
  };
}
