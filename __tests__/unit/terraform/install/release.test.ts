import { describe, expect, test } from 'vitest';
import {
  chooseVersion,
  describeRelease,
  findSum,
  isWanted,
} from '../../../../src/terraform/install/release.js';
import { read } from '../../../support/inputs.js';

const base = new URL('https://releases.hashicorp.com/');

describe('the files of a release', () => {
  test.each([
    ['linux', 'x64', 'terraform_1.11.4_linux_amd64.zip', 'terraform'],
    ['linux', 'arm64', 'terraform_1.11.4_linux_arm64.zip', 'terraform'],
    ['darwin', 'x64', 'terraform_1.11.4_darwin_amd64.zip', 'terraform'],
    ['darwin', 'arm64', 'terraform_1.11.4_darwin_arm64.zip', 'terraform'],
    ['win32', 'x64', 'terraform_1.11.4_windows_amd64.zip', 'terraform.exe'],
    ['win32', 'arm64', 'terraform_1.11.4_windows_arm64.zip', 'terraform.exe'],
  ])('for %s on %s are %s with %s in it', (os, arch, zipName, binaryName) => {
    const release = describeRelease('1.11.4', { os, arch }, base);
    expect(release).toMatchObject({ zipName, binaryName });
    expect(new URL(zipName, release.folder).href).toBe(
      `https://releases.hashicorp.com/terraform/1.11.4/${zipName}`,
    );
  });

  test.each([
    ['freebsd', 'x64', 'the operating system freebsd'],
    ['linux', 'riscv64', 'the architecture riscv64'],
    ['constructor', 'x64', 'the operating system constructor'],
  ])('are refused for %s on %s', (os, arch, named) => {
    expect(() => describeRelease('1.11.4', { os, arch }, base)).toThrow(named);
  });
});

describe('the sum of a file', () => {
  const hash = (digit: string): string => digit.repeat(64);

  test.each([
    ['is found by its name', `${hash('a')}  x.zip\n`, hash('a')],
    ['is found in binary mode, upper case and CRLF', `${hash('A')} *x.zip\r\n`, hash('a')],
    ['is not that of a longer name', `${hash('a')}  x.zip.sig\n${hash('b')}  old-x.zip\n`, undefined],
    ['is not that of a name in a folder', `${hash('a')}  evil/x.zip\n`, undefined],
    [
      'is not there when two different ones are given',
      `${hash('a')}  x.zip\n${hash('b')}  x.zip\n`,
      undefined,
    ],
    ['is not a shorter hash', `${'a'.repeat(40)}  x.zip\n`, undefined],
  ])('%s', (_, sums, expected) => {
    expect(findSum(sums, 'x.zip')).toBe(expected);
  });
});

const linux = { os: 'linux', arch: 'x64' };

function indexOf(versions: readonly string[], builds = [{ os: 'linux', arch: 'amd64' }]): unknown {
  return { versions: Object.fromEntries(versions.map((version) => [version, { version, builds }])) };
}

describe('terraform-version', () => {
  test.each([
    ['1.9.8', ' v1.9.8 ', true],
    ['1.11.4', '', true],
    ['1.11.4', '1.11.4', true],
    ['1.11.5', '1.11.4', false],
    ['1.11.5', '~1.11.0', true],
    ['1.12.0', '~1.11.0', false],
    ['1.5.9', '>= 1.5, < 1.6', true],
    ['1.6.0', '>= 1.5, < 1.6', false],
    ['1.12.0-rc1', '>=1.12.0-alpha', false],
    ['1.12.0-rc1', '1.12.0-rc1', true],
    ['1.12.0-rc2', '1.12.0-rc1', false],
  ])('%s for %j: %j', (version, text, expected) => {
    expect(isWanted(version, read({ 'terraform-version': text }).terraformVersion)).toBe(expected);
  });
});

describe('a range', () => {
  const index = indexOf(['1.9.8', '1.10.0', '1.10.12', '1.10.9', '1.11.0-rc1', '1.11.0-beta2', 'rubbish']);

  test.each([
    ['~1.10.0', '1.10.12'],
    ['1.9.x', '1.9.8'],
    ['>=1.9', '1.10.12'],
    ['<1.10 || 1.10.9', '1.10.9'],
  ])('%j takes the newest stable one, %s', (text, expected) => {
    expect(chooseVersion(index, text, linux)).toBe(expected);
  });

  test('that nothing satisfies names the newest stable version there is', () => {
    expect(() => chooseVersion(index, '>=1.11', linux)).toThrow(/newest stable one 1\.10\.12/);
  });

  test('passes over versions that were not built for the platform', () => {
    const mixed = {
      versions: {
        '1.0.1': { builds: [{ os: 'darwin', arch: 'amd64' }] },
        '1.0.0': { builds: [{ os: 'darwin', arch: 'arm64' }] },
      },
    };
    expect(chooseVersion(mixed, '1.x', { os: 'darwin', arch: 'arm64' })).toBe('1.0.0');
  });

  test.each([[{}], [null], ['text'], [{ versions: [] }]])('refuses the index %j', (broken) => {
    expect(() => chooseVersion(broken, '1.x', linux)).toThrow('lists no versions');
  });
});
