import { createWriteStream } from 'node:fs';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { constants, crc32, createInflateRaw } from 'node:zlib';

/** Signatures, sizes and offsets are those of PKWARE's APPNOTE.TXT, sections 4.3.7, 4.3.12 and 4.3.16. */
const END_OF_DIRECTORY = 0x06054b50;
const DIRECTORY_ENTRY = 0x02014b50;
const LOCAL_HEADER = 0x04034b50;
const STORED = 0;
const DEFLATED = 8;
/** Where zip64 puts the real number elsewhere. */
const ELSEWHERE = 0xffffffff;
const INFLATE_CHUNK = 1024 * 1024;

export interface UnzipRequest {
  readonly zip: Buffer;
  /** The exact name of the one file that is wanted. */
  readonly entry: string;
  /** A file that is not there yet; it is made executable. */
  readonly target: string;
  /** More than this many bytes are not written. */
  readonly maxBytes: number;
}

interface Entry {
  readonly name: string;
  readonly flags: number;
  readonly method: number;
  readonly crc: number;
  readonly compressedSize: number;
  readonly size: number;
  readonly offset: number;
}

/**
 * Unpacks one file of a zip archive, in this process: no unzip program is needed, no other file of the archive is
 * looked at, and no name in the archive ever becomes a path. The size and the CRC must be those that the archive gives.
 *
 * @throws Error saying what is wrong with the archive; an incomplete target may then be there
 */
export async function unzipEntry({ zip, entry: name, target, maxBytes }: UnzipRequest): Promise<void> {
  const found = readDirectory(zip).filter((entry) => entry.name === name);
  const [entry] = found;
  if (entry === undefined || found.length > 1) {
    throw new Error(`the archive holds ${found.length} files named ${name}`);
  }
  if ((entry.flags & 1) !== 0) throw new Error(`${name} is encrypted`);
  if (entry.size > maxBytes) throw new Error(`${name} is larger than ${maxBytes} bytes`);
  const check = { size: 0, crc: 0 };
  const source = Readable.from([readContent(zip, entry)]);
  const checker = checkContent(entry, check);
  const sink = createWriteStream(target, { flags: 'wx', mode: 0o755 });
  await (entry.method === STORED
    ? pipeline(source, checker, sink)
    : pipeline(
        source,
        createInflateRaw({ chunkSize: INFLATE_CHUNK, finishFlush: constants.Z_FINISH }),
        checker,
        sink,
      ));
  if (check.size !== entry.size || check.crc !== entry.crc) {
    throw new Error(`${name} does not have the size and checksum that the archive gives`);
  }
}

function checkContent(entry: Entry, check: { size: number; crc: number }): Transform {
  return new Transform({
    transform(chunk: Buffer, _, done) {
      check.size += chunk.length;
      check.crc = crc32(chunk, check.crc);
      if (check.size > entry.size) done(new Error(`${entry.name} is larger than the archive says`));
      else done(null, chunk);
    },
  });
}

function readDirectory(zip: Buffer): Entry[] {
  const end = findEnd(zip);
  const count = zip.readUInt16LE(end + 10);
  const start = zip.readUInt32LE(end + 16);
  if (count === 0xffff || start === ELSEWHERE) throw new Error('it is a zip64 archive');
  const entries: Entry[] = [];
  let offset = start;
  for (let index = 0; index < count; index += 1) {
    if (offset + 46 > end || zip.readUInt32LE(offset) !== DIRECTORY_ENTRY) {
      throw new Error('the directory of the archive is broken');
    }
    const nameLength = zip.readUInt16LE(offset + 28);
    entries.push({
      flags: zip.readUInt16LE(offset + 8),
      method: zip.readUInt16LE(offset + 10),
      crc: zip.readUInt32LE(offset + 16),
      compressedSize: zip.readUInt32LE(offset + 20),
      size: zip.readUInt32LE(offset + 24),
      offset: zip.readUInt32LE(offset + 42),
      name: zip.toString('utf8', offset + 46, offset + 46 + nameLength),
    });
    offset += 46 + nameLength + zip.readUInt16LE(offset + 30) + zip.readUInt16LE(offset + 32);
  }
  return entries;
}

/** The end record is last, before a comment of its own length; only one that ends the file exactly is taken. */
function findEnd(zip: Buffer): number {
  const lowest = Math.max(0, zip.length - 22 - 0xffff);
  for (let offset = zip.length - 22; offset >= lowest; offset -= 1) {
    const commentLength = zip.length - offset - 22;
    if (zip.readUInt32LE(offset) === END_OF_DIRECTORY && zip.readUInt16LE(offset + 20) === commentLength) {
      return offset;
    }
  }
  throw new Error('it is not a whole zip archive');
}

function readContent(zip: Buffer, entry: Entry): Buffer {
  const { offset, compressedSize, method, name } = entry;
  if (method !== STORED && method !== DEFLATED) throw new Error(`${name} is packed by the method ${method}`);
  if (offset + 30 > zip.length || zip.readUInt32LE(offset) !== LOCAL_HEADER) {
    throw new Error(`the header of ${name} is broken`);
  }
  const nameLength = zip.readUInt16LE(offset + 26);
  const start = offset + 30 + nameLength + zip.readUInt16LE(offset + 28);
  const sameName = zip.toString('utf8', offset + 30, offset + 30 + nameLength) === name;
  if (!sameName || start + compressedSize > zip.length) throw new Error(`the header of ${name} is broken`);
  return zip.subarray(start, start + compressedSize);
}
