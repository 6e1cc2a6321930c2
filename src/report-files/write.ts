import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { sha256 } from '../plan/canonical.js';
import { renderSummary } from '../report/comment.js';
import { temporaryFolder } from '../runner/workspace.js';
import { renderReportFile, type ReportFile } from './file.js';

/**
 * Writes the report into a folder of its own under the runner's temp folder: as Markdown, as the job summary has it, and
 * as JSON beside it. Both are named by the key, so that the reports of a matrix can lie in one folder.
 * @param file its texts are redacted already
 * @returns the path of the Markdown; the JSON is named the same, with `.json` at its end
 */
export async function writeReportFiles(
  file: ReportFile,
  env: Readonly<Record<string, string | undefined>>,
): Promise<string> {
  const name = path.join(await makeFolder(env), fileName(file.key));
  await Promise.all([
    writeFile(`${name}.md`, renderSummary(file.report)),
    writeFile(`${name}.json`, renderReportFile(file)),
  ]);
  return `${name}.md`;
}

/**
 * Writes the report of many keys into a folder of its own.
 * @param markdown without secrets
 * @returns its path
 */
export async function writeSharedReport(
  markdown: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<string> {
  const file = path.join(await makeFolder(env), 'keys.kms-report.md');
  await writeFile(file, markdown);
  return file;
}

async function makeFolder(env: Readonly<Record<string, string | undefined>>): Promise<string> {
  const base = temporaryFolder(env);
  await mkdir(base, { recursive: true });
  return mkdtemp(path.join(base, 'report-'));
}

/** A name that every system and `actions/upload-artifact` take; no two keys have one. */
export function fileName(key: string): string {
  const escaped = encodeURIComponent(key).replace(
    /[*.]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  const short = escaped.length > 150 ? `${escaped.slice(0, 130)}_${sha256(key).slice(0, 16)}` : escaped;
  return `${short}.kms-report`;
}
