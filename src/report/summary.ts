/** The job summary: the comment's order, with room for the whole plan. */

import type { Explanation } from '../errors.js';
import { renderWithin } from './layout.js';
import { codeSpan } from './markdown.js';
import { renderFailure } from './sections/findings.js';
import { SUMMARY_ROOM, type ReportInput } from './types.js';

/**
 * The job summary as Markdown; no hidden lines, nothing that can be taken for an approval.
 * @returns at most 1 MiB of UTF-8, a margin kept for other writers of the same step
 */
export function renderSummary(input: ReportInput): string {
  const inSummary: ReportInput = {
    ...input,
    source: { ...input.source, wholePlan: input.source.wholePlan ?? 'the log of the run' },
  };
  const summary = renderWithin({
    input: inSummary,
    top: '',
    bottom: '',
    limit: SUMMARY_ROOM,
    measure: (text) => Buffer.byteLength(text, 'utf8'),
  });
  return `${summary ?? ''}\n`;
}

/** The job summary of a command for many keys that failed. */
export function renderFailedCommand(failure: Explanation, command: string): string {
  const detail = { rows: 200, values: 60, text: 1000 };
  return `### ❌ ${codeSpan(command)} failed\n\n${renderFailure(failure, detail)}\n`;
}
