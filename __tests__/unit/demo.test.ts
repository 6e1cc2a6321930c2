import { expect, test } from 'vitest';
import { showOutputs, showReport } from '../../demo/show.js';
import { renderSummary } from '../../src/report/comment.js';
import { CASES } from '../support/report-cases.js';

const shown = (name: string): string => {
  const makeInput = CASES[name];
  if (makeInput === undefined) throw new Error(`There is no report ${name}.`);
  return showReport(renderSummary(makeInput()));
};

test('the demo shows a report as its verdict, its warnings and its tables, in plain text', () => {
  expect(shown('not-approved')).toBe(
    `⛔ alias/aws_cb_cmk: not approved, nothing was changed
Planned: key policy would be changed in 3 Regions; 0 to add, 3 to change, 0 to destroy.
  ! The plan is not the one that was approved: something changed in between. Review the new plan and approve it.

  │ Region and role                    │ What would change
  │ Singapore · primary ap-southeast-1 │ ✏️ key policy
  │ Sydney · replica ap-southeast-2    │ ✏️ key policy
  │ Jakarta · replica ap-southeast-3   │ ✏️ key policy

  │ Who                                 │ What they may do
  │ ➕ gains access Account 012345678901 │ Grant CreateGrant
  │                                     │ Use Decrypt Encrypt GenerateDataKey* ReEncrypt*
  │                                     │ Look up DescribeKey
  │                                     │ in all Regions
  │ ➕ gains access Everyone (*)         │ Use Decrypt
  │                                     │ in all Regions`,
  );
});

test('a report without tables is a line', () => {
  expect(shown('no-change')).toBe('✅ alias/aws_cb_cmk: no changes in 3 Regions');
});

test('every report but the hostile one takes at most 24 lines', () => {
  for (const name of Object.keys(CASES).filter((each) => each !== 'hostile'))
    expect([name, shown(name).split('\n').length <= 24]).toEqual([name, true]);
});

test('of the outputs the demo shows the few that matter, or all but paths', () => {
  const outputs = {
    'key-id': 'mrk-1',
    result: 'applied',
    'plan-digest': 'sha256:0',
    'report-path': '/tmp/r',
  };
  expect(showOutputs(outputs, ['key-id'])).toBe('  outputs:\n    key-id: mrk-1\n    result: applied');
  expect(showOutputs(outputs, 'all')).toContain('plan-digest: sha256:0');
  expect(showOutputs(outputs, 'all')).not.toContain('report-path');
});
