import { describe, expect, test } from '@jest/globals';
import {
  describeRelease,
  findSum,
  parseDownloadBase,
  showUrl,
} from '../../../../src/terraform/install/release.js';

const base = parseDownloadBase(undefined);

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

describe('the download base', () => {
  test.each([
    ['https://mirror.example.com/hashicorp', 'https://mirror.example.com/hashicorp/'],
    ['https://mirror.example.com/hashicorp/?x=1#y', 'https://mirror.example.com/hashicorp/'],
    ['http://127.0.0.1:8080', 'http://127.0.0.1:8080/'],
    ['http://localhost:8080/', 'http://localhost:8080/'],
    ['', 'https://releases.hashicorp.com/'],
  ])('%p has its files below %s', (text, folder) => {
    expect(parseDownloadBase(text).href).toBe(folder);
  });

  test.each([
    'http://mirror.example.com',
    'ftp://mirror.example.com',
    'mirror',
    'http://127.0.0.1.example.com',
  ])('%p is refused, because only https is allowed', (text) => {
    expect(() => parseDownloadBase(text)).toThrow('only https is allowed');
  });

  test('is shown without what may be secret in it', () => {
    const text = 'http://user:hunter2@mirror.example.com/x?token=hunter2';
    expect(showUrl(new URL(text))).toBe('http://mirror.example.com/x');
    expect(() => parseDownloadBase(text)).toThrow(/is http:\/\/mirror\.example\.com\/x, and only https/);
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
