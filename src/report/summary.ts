/** The job summary: the comment's order, with room for the whole plan. */

import { renderWithin } from './layout.js';
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
