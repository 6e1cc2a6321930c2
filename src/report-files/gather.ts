/** Finds the reports of a run's jobs in a folder, as `actions/download-artifact` lays them out. */

import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { renderWithin } from '../report/layout.js';
import type { Markdown } from '../report/markdown.js';
import { ROOM_OF_REPORT } from '../report/types.js';
import { parseReportFile, type ReportFile, type ReportOrigin } from './file.js';

/** Larger than any report; a file that is larger is none. */
const LARGEST_BYTES = 16 * 1024 * 1024;

/** A report, with all that a comment on many keys has room for of it. */
export interface ShownReport extends ReportFile {
  readonly body: Markdown;
}

export interface Gathered {
  /** One for each key, sorted by the key's name. */
  readonly files: readonly ShownReport[];
  /** What was found and left out, one whole sentence each. */
  readonly leftOut: readonly string[];
}

/**
 * Reads every report in the folder and in the folders in it.
 * @param folder links in it are not followed
 * @param origin of the run that gathers: what another run, or another commit's, left there is not its
 * @throws Error when the folder can't be read
 */
export async function gatherReports(folder: string, origin: ReportOrigin): Promise<Gathered> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  const names = entries
    .filter((entry) => entry.isFile() && entry.name.endsWith('.json'))
    .map((entry) => path.join(entry.parentPath, entry.name))
    .sort();
  const found = await Promise.all(names.map((name) => readOne(name, path.relative(folder, name), origin)));
  const { files, leftOut: doubled } = chooseLatest(found.flatMap(({ file }) => file ?? []));
  return { files, leftOut: [...found.flatMap(({ leftOut }) => leftOut ?? []), ...doubled] };
}

interface Found {
  readonly file?: ShownReport;
  readonly leftOut?: string;
}

async function readOne(name: string, shown: string, origin: ReportOrigin): Promise<Found> {
  const { size } = await stat(name);
  if (size > LARGEST_BYTES) return { leftOut: `${shown} has ${size} bytes, and is no report.` };
  const parsed = parseReportFile(await readFile(name, 'utf8'));
  if (parsed.is === 'other') return {};
  if (parsed.is === 'broken') return { leftOut: `${shown} ${parsed.reason}.` };
  const { file } = parsed;
  const foreign = sayForeign(file.origin, origin);
  if (foreign !== undefined) return { leftOut: `${shown} ${foreign}.` };
  const body = render(file);
  return body === undefined
    ? { leftOut: `${shown} can't be shown: parts of it are not as they should be.` }
    : { file: { ...file, body } };
}

/** Not every part was looked at one by one; a file that somebody changed must not end the report of all the others. */
function render({ report }: ReportFile): Markdown | undefined {
  const measure = (text: string): number => Buffer.byteLength(text);
  try {
    return renderWithin({ input: report, limit: ROOM_OF_REPORT, measure });
  } catch {
    return undefined;
  }
}

/** A report of another run tells of other plans than those that this run's jobs made. */
function sayForeign(of: ReportOrigin, here: ReportOrigin): string | undefined {
  if (of.repository !== here.repository) return `is of the repository ${of.repository ?? 'unknown'}`;
  if (of.runId !== here.runId)
    return `is of run ${of.runId ?? 'unknown'}, and this is ${here.runId ?? 'unknown'}`;
  if (of.commit !== here.commit) return `is of commit ${of.commit ?? 'unknown'}`;
  return undefined;
}

/** Of each key the one of the last attempt; a job that ran again has left the earlier one, too. */
function chooseLatest(reports: readonly ShownReport[]): Gathered {
  const choices = [...Map.groupBy(reports, ({ key }) => key).values()].map((ofKey) => {
    const last = Math.max(...ofKey.map(({ origin }) => origin.attempt));
    return ofKey.filter(({ origin }) => origin.attempt === last);
  });
  const leftOut = choices
    .filter(({ length }) => length > 1)
    .map(
      (doubled) =>
        `There are ${doubled.length} reports of ${doubled[0]?.key ?? ''} from one attempt, and which one is right is not known: name each artifact by its key.`,
    );
  const files = choices.filter(({ length }) => length === 1).flat();
  return { files: files.sort((a, b) => (a.key < b.key ? -1 : 1)), leftOut };
}
