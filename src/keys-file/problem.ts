import { ActionError } from '../errors.js';

/** A place in the keys file, from 1 on, as editors count. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** What is wrong at one place of the keys file. */
export interface FileProblem {
  readonly at: Position;
  /** The key it is about, or `defaults`; undefined for the file as a whole. */
  readonly key?: string | undefined;
  /** The input, or what stands in the place of one. */
  readonly input?: string | undefined;
  /** Ends the sentence that begins with the place. */
  readonly reason: string;
}

/**
 * Every problem of the keys file in one error, in the order of the file.
 * @param file its path as given
 */
export function keysFileError(file: string, problems: readonly FileProblem[]): ActionError {
  const count = problems.length === 1 ? 'A problem' : `${problems.length} problems`;
  const inOrder = problems.toSorted((a, b) => a.at.line - b.at.line || a.at.column - b.at.column);
  return new ActionError({
    what: `${count} in the keys file ${file}:`,
    each: inOrder.map((problem) => sayProblem(file, problem)),
    done: 'Nothing was installed, called or changed.',
    next: `Correct ${file} and run it again; \`command: keys\` checks the whole file.`,
  });
}

/** `kms-keys.yml:12:5: payments.account-ids: …`, as editors and terminals link it. */
function sayProblem(file: string, { at, key, input, reason }: FileProblem): string {
  const path = [key, input].filter((part) => part !== undefined).join('.');
  return `${file}:${at.line}:${at.column}: ${path === '' ? '' : `${path}: `}${reason}`;
}
