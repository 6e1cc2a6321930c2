/** Whether what one change did to some files was changed again by another one, told from their patches. Pure. */

/** As GitHub's API lists it (schema `diff-entry`). */
export interface PatchedFile {
  readonly filename: string;
  readonly previous_filename?: string | undefined;
  /** Left out by GitHub where it is too large or not text. */
  readonly patch?: string | undefined;
}

/**
 * The files in which lines that `own` added were removed since, or lines that it removed were added. A file that both
 * changed counts, too, where GitHub shows one of the patches not. Lines of signs alone tell nothing.
 * @returns names, sorted
 */
export function findChangedAgain(own: readonly PatchedFile[], since: readonly PatchedFile[]): string[] {
  return own
    .filter((file) => {
      const later = since.filter(
        ({ filename, previous_filename: previous }) =>
          filename === file.filename || previous === file.filename,
      );
      return later.some((each) => touches(file.patch, each.patch));
    })
    .map(({ filename }) => filename)
    .sort();
}

function touches(own: string | undefined, since: string | undefined): boolean {
  if (own === undefined || since === undefined) return true;
  const mine = linesOf(own);
  const theirs = linesOf(since);
  return haveCommon(mine.added, theirs.removed) || haveCommon(mine.removed, theirs.added);
}

function haveCommon(one: ReadonlySet<string>, other: ReadonlySet<string>): boolean {
  return [...one].some((line) => other.has(line));
}

function linesOf(patch: string): {
  readonly added: ReadonlySet<string>;
  readonly removed: ReadonlySet<string>;
} {
  const lines = patch.split(/\r?\n/);
  const withSign = (sign: string): Set<string> =>
    new Set(
      lines
        .filter((line) => line.startsWith(sign))
        .map((line) => line.slice(1).trim())
        .filter((line) => /[\p{L}\p{N}]/u.test(line)),
    );
  return { added: withSign('+'), removed: withSign('-') };
}
