/** The report as the pull request's comment, and as the job summary. */

import type { Explanation } from '../errors.js';
import { renderWithin } from './layout.js';
import { mark } from './markdown.js';
import { renderFailure } from './sections/findings.js';
import { COMMENT_LIMIT, SUMMARY_ROOM, type ReportInput } from './types.js';

const NO_ROOM_FOR_RECORD =
  '<sub>The approval record had no room here: approve this plan by its digest, with `approved-plan`.</sub>';

/**
 * The comment as Markdown, the caller's marker first and its approval record last.
 *
 * GitHub's refusal says "maximum is 65536 characters"; what it was measured to refuse is more than 262,144 bytes of
 * UTF-8, that is 65,536 characters of four bytes. A string of at most 65,536 UTF-16 units keeps both: it has no more
 * characters than that, and no more than three bytes for each unit.
 * @returns at most 65,536 UTF-16 code units
 * @throws RangeError when the caller's hidden lines alone are too long
 */
export function renderComment(input: ReportInput): string {
  const { marker, approvalRecord = '' } = input.hidden;
  const within = (bottom: string): ReturnType<typeof renderWithin> =>
    renderWithin({ input, top: marker, bottom, limit: COMMENT_LIMIT, measure: ({ length }) => length });
  const comment = within(approvalRecord) ?? within(NO_ROOM_FOR_RECORD);
  if (comment === undefined)
    throw new RangeError('The hidden marker of the comment leaves no room for the comment.');
  return String(comment);
}

/**
 * The job summary as Markdown: the comment's order, with room for the whole plan; no hidden lines, nothing that can be taken
 * for an approval.
 * @returns at most 1 MiB of UTF-8, a margin kept for other writers of the same step
 */
export function renderSummary(input: ReportInput): string {
  const wholePlan = mark`the log of the run`;
  const measure = (text: string): number => Buffer.byteLength(text);
  const summary = renderWithin({ input, limit: SUMMARY_ROOM, measure, wholePlan });
  return `${String(summary ?? '')}\n`;
}

/** The job summary of a command for many keys that failed. */
export function renderFailedCommand(failure: Explanation, command: string): string {
  return `${String(mark`### ❌ ${command} failed\n\n${renderFailure(failure)}`)}\n`;
}
