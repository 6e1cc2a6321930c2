/** The pull request's comment. */

import { renderWithin } from './layout.js';
import { COMMENT_LIMIT, type ReportInput } from './types.js';

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
  const options = {
    input,
    top: marker,
    limit: COMMENT_LIMIT,
    measure: (text: string): number => text.length,
  };
  const comment =
    renderWithin({ ...options, bottom: approvalRecord }) ??
    renderWithin({ ...options, bottom: NO_ROOM_FOR_RECORD });
  if (comment === undefined)
    throw new RangeError('The hidden marker of the comment leaves no room for the comment.');
  return comment;
}
