/** Each report against its golden file; `UPDATE_GOLDEN=1 npm test -- report/golden` writes them anew, for a person to read. */

import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { renderComment, renderSummary } from '../../../src/report/comment.js';
import { COMMENT_LIMIT, SUMMARY_LIMIT } from '../../../src/report/types.js';
import { CASES, COMMENTS } from '../../support/report-cases.js';

const goldenFile = (name: string): URL => new URL(`../../golden/report/${name}.md`, import.meta.url);

describe('the comment', () => {
  test.each(Object.entries(COMMENTS))('reads as agreed for %s', (name, render) => {
    const comment = render();
    if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(goldenFile(name), `${comment}\n`);
    expect(`${comment}\n`).toBe(readFileSync(goldenFile(name), 'utf8'));
  });

  test.each(Object.entries(COMMENTS))('fits GitHub for %s', (_, render) => {
    expect(render().length).toBeLessThanOrEqual(COMMENT_LIMIT);
  });
});

describe('the job summary', () => {
  test.each(Object.entries(CASES))('fits GitHub and hides nothing for %s', (_, makeInput) => {
    const summary = renderSummary(makeInput());
    expect(Buffer.byteLength(summary)).toBeLessThanOrEqual(SUMMARY_LIMIT);
    expect(summary).not.toContain('<!--');
  });

  test('has the whole of a plan that the comment had to cut', () => {
    const makeInput = CASES['long-plan'];
    const input = makeInput?.();
    const last = input?.plan?.text.split('\n').at(-1)?.trim() ?? 'missing';
    expect(input === undefined ? '' : renderComment(input)).not.toContain(last.replace(/^\+ /, ''));
    expect(input === undefined ? '' : renderSummary(input)).toContain(last.replace(/^\+ /, ''));
  });
});
