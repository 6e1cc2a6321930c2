import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import yauzl, { type Entry } from 'yauzl';
import { ActionError, messageOf } from '../../errors.js';
import type { Release } from './release.js';

/** More than this is not written. */
const MAX_BINARY_BYTES = 1024 * 1024 * 1024;

/**
 * Unpacks the program out of a release that was checked, into a folder of this job's own.
 * @returns the program, executable
 * @throws ActionError for an archive that holds something else or cannot be unpacked; nothing of it is left then
 */
export async function unpackProgram(zip: Buffer, release: Release, tempDir: string): Promise<string> {
  const parent = await mkdtemp(join(tempDir, `terraform-${release.version}-`));
  const target = join(parent, release.binaryName);
  try {
    await unpackFile(zip, release.binaryName, target);
    return target;
  } catch (cause) {
    await rm(parent, { recursive: true, force: true });
    if (cause instanceof ActionError) throw cause;
    throw new ActionError(
      {
        what: `${release.zipName} could not be unpacked: ${messageOf(cause)}.`,
        done: 'Nothing of it was run.',
        next: 'Check that the runner has free disk space in its temp folder, and run the job again.',
      },
      { cause },
    );
  }
}

/**
 * Unpacks one file in this process, with yauzl, which holds sizes to what the archive says and refuses names that lead out
 * of a folder; and no name in the archive becomes a path here.
 */
async function unpackFile(zip: Buffer, name: string, target: string): Promise<void> {
  const archive = await yauzl.fromBufferPromise(zip, { strictFileNames: true });
  const found: Entry[] = [];
  for await (const entry of archive.eachEntry()) if (entry.fileName === name) found.push(entry);
  const [entry] = found;
  if (entry === undefined || found.length > 1) {
    throw refuseArchive(`The archive holds ${found.length} files named ${name}.`);
  }
  if (entry.uncompressedSize > MAX_BINARY_BYTES)
    throw refuseArchive(
      `${name} in the archive has ${entry.uncompressedSize} bytes, more than the ${MAX_BINARY_BYTES} that are unpacked.`,
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
