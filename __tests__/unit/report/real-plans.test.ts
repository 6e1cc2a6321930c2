/** The report on plans that Terraform itself made. */

import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { diffAccess } from '../../../src/plan/access.js';
import { buildPlanModel } from '../../../src/plan/model.js';
import { renderComment } from '../../../src/report/comment.js';
import { COMMENT_LIMIT } from '../../../src/report/types.js';
import { report } from '../../support/plan-builder.js';
import { liveText } from '../../support/rendered-markdown.js';

const folder = new URL('../../golden/plans/', import.meta.url);
const plans = readdirSync(folder).filter((name) => name.endsWith('.json'));

test('there are plans to report on', () => {
  expect(plans).toContain('first-creation.json');
});

describe.each(plans)('the report on %s', (name) => {
  const model = buildPlanModel(JSON.parse(readFileSync(new URL(name, folder), 'utf8')));
  const comment = renderComment(report(model, { access: diffAccess(model) }));

  test('names each Region, unless nothing changes', () => {
    const missing = model.regions.filter(({ region }) => !comment.includes(`\`${region}\``));
    expect(model.hasChanges ? missing : []).toEqual([]);
    expect(comment.includes('no changes')).toBe(!model.hasChanges);
  });

  test('fits, and is live nowhere', () => {
    expect(comment.length).toBeLessThanOrEqual(COMMENT_LIMIT);
    expect(liveText(comment).filter((live) => !/US\$\d|^\[!(?:CAUTION|WARNING)\]/.test(live))).toEqual([]);
  });
});
