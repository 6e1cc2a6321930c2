import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import yauzl, { type Entry } from 'yauzl';
import { ActionError } from '../../errors.js';

export interface UnpackRequest {
  readonly zip: Buffer;
  /** The exact name of the one file that is wanted. */
  readonly entry: string;
  /** A file that is not there yet; it is made executable. */
  readonly target: string;
  /** More than this many bytes are not written. */
  readonly maxBytes: number;
}

/**
 * Unpacks one file of a zip archive in this process, with yauzl, which holds sizes to what the archive says and refuses
 * names that lead out of a folder; and no name in the archive becomes a path here.
 * @throws ActionError for an archive that holds something else; yauzl's own error for one that is broken, and the disk's: an
 * incomplete target may then be there
 */
export async function unpackFile({ zip, entry: name, target, maxBytes }: UnpackRequest): Promise<void> {
  const archive = await yauzl.fromBufferPromise(zip, { strictFileNames: true });
  const found: Entry[] = [];
  for await (const entry of archive.eachEntry()) if (entry.fileName === name) found.push(entry);
  const [entry] = found;
  if (entry === undefined || found.length > 1) {
    throw refuseArchive(`The archive holds ${found.length} files named ${name}.`);
  }
  if (entry.uncompressedSize > maxBytes)
    throw refuseArchive(
      `${name} in the archive has ${entry.uncompressedSize} bytes, more than the ${maxBytes} that are unpacked.`,
    );
  const content = await archive.openReadStreamPromise(entry);
  await pipeline(content, createWriteStream(target, { flags: 'wx', mode: 0o755 }));
}

function refuseArchive(what: string): ActionError {
  return new ActionError({
    what,
    done: 'Nothing of it was unpacked or run.',
    next: 'Choose another `terraform-version`, or report this with the version: the archive is signed, so it is what was released.',
  });
}
