import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { unzipEntry } from '../../../src/terraform/zip.js';
import { makeZip } from '../../support/release-server.js';
import { tempFolder } from '../../support/temp-folder.js';

const content = Buffer.from('terraform '.repeat(1000));
const zip = makeZip([
  { name: 'LICENSE.txt', content: Buffer.from('licence') },
  { name: 'terraform', content },
]);
const directoryAt = zip.lastIndexOf('PK\x01\x02');
const localAt = zip.lastIndexOf('PK\x03\x04');

/** The archive with one number of the second file's directory entry changed. */
function withDirectoryField(offset: number, value: number, bytes: 2 | 4): Buffer {
  const changed = Buffer.from(zip);
  changed.writeUIntLE(value, directoryAt + offset, bytes);
  return changed;
}

let folder: string;
beforeEach(() => {
  folder = tempFolder('zip');
});

const unzip = (archive: Buffer, maxBytes = 1_000_000): Promise<void> =>
  unzipEntry({ zip: archive, entry: 'terraform', target: join(folder, 'out'), maxBytes });

describe('unpacking one file', () => {
  test('gives its content, executable, and looks at no other', async () => {
    await unzip(zip);
    expect(await readFile(join(folder, 'out'))).toEqual(content);
    expect((await stat(join(folder, 'out'))).mode & 0o700).toBe(0o700);
  });

  test('never writes over a file that is there', async () => {
    await unzip(zip);
    await expect(unzip(zip)).rejects.toThrow('EEXIST');
  });

  test.each([
    ['the checksum is wrong', withDirectoryField(16, 1, 4), 'does not have the size and checksum'],
    ['the size is less than there is', withDirectoryField(24, 10, 4), 'larger than the archive says'],
    ['the size is more than there is', withDirectoryField(24, 99_999, 4), 'does not have the size'],
    ['the size is beyond the limit', withDirectoryField(24, 2_000_000, 4), 'larger than 1000000 bytes'],
    ['it is encrypted', withDirectoryField(8, 1, 2), 'is encrypted'],
    ['it is packed in an unknown way', withDirectoryField(10, 14, 2), 'packed by the method 14'],
    [
      'its content leaves the archive',
      withDirectoryField(20, 99_999_999, 4),
      'header of terraform is broken',
    ],
    ['its header is not where it should be', withDirectoryField(42, 3, 4), 'header of terraform is broken'],
    ['its header names another file', rename(zip), 'header of terraform is broken'],
    ['its data is cut short', withDirectoryField(20, 5, 4), /unexpected end|invalid|does not have the size/],
    ['the end is missing', zip.subarray(0, zip.length - 1), 'not a whole zip archive'],
    ['there is something after the end', Buffer.concat([zip, Buffer.from('x')]), 'not a whole zip archive'],
    ['it is no archive', Buffer.from('<html>'), 'not a whole zip archive'],
    ['it is empty', Buffer.alloc(0), 'not a whole zip archive'],
  ])('is refused when %s', async (_, archive, message) => {
    await expect(unzip(archive)).rejects.toThrow(message);
  });
});

function rename(archive: Buffer): Buffer {
  const changed = Buffer.from(archive);
  changed.write('terrafork', localAt + 30);
  return changed;
}
