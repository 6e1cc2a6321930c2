import { describe, expect, test } from '@jest/globals';
import { describeRelease, findSum } from '../../../../src/terraform/install/release.js';

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
