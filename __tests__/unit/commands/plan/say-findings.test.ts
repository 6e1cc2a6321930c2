import { describe, expect, test } from 'vitest';
import { createLog, naming } from '../../../../src/runner/log.js';
import { guardPlan } from '../../../../src/guard/guard.js';
import { sayFindings } from '../../../../src/commands/plan/say-findings.js';
import { finding, plan, row } from '../../../support/plan-builder.js';
import { THIRTY_REGIONS } from '../../../support/report-cases.js';

function said(findings: Parameters<typeof sayFindings>[0], reviewed = false): string[][] {
  const all: string[][] = [];
  const say =
    (level: string) =>
    (message: string, { title }: { title: string }): void => {
      all.push([level, title, message]);
    };
  const log = {
    info: (line: string) => all.push(['info', line]),
    warning: say('warning'),
    notice: say('notice'),
  };
  sayFindings(findings, log, reviewed);
  return all;
}

describe('what a plan warns of', () => {
  test('is an annotation with a title that says what it is about', () => {
    const found = finding({ rule: 'rotation-off', reason: 'Rotation goes off.', wayOut: 'Leave it on.' });
    expect(said([found])).toEqual([['warning', 'rotation off', 'Rotation goes off. Leave it on.']]);
  });

  test('is one annotation for one cause, whatever the number of Regions', () => {
    const regions = Array.from({ length: 30 }, (_, index) => `r-${index}`);
    const found = regions.map((region) =>
      finding({
        rule: 'replica-exists',
        region,
        reason: `In ${region} there is one.`,
        wayOut: 'Look there.',
      }),
    );
    expect(said(found)).toEqual([
      [
        'warning',
        'replica exists',
        'In r-0 there is one. In r-1 there is one. In r-2 there is one. And 27 more of this kind: see the job summary. Look there.',
      ],
    ]);
  });

  test('is no warning where it is no danger', () => {
    expect(said([finding({ severity: 'notice', rule: 'account-let-in' })])[0]?.[0]).toBe('notice');
  });

  test('is in the log alone where its reviewers were told before', () => {
    const found = finding({ rule: 'rotation-off', reason: 'Rotation goes off.', wayOut: '' });
    expect(said([found], true)).toEqual([['info', 'Rotation off: Rotation goes off.']]);
  });

  test('leaves a stop to the error that ends the run', () => {
    const stop = finding({ severity: 'stop', rule: 'key-deleted' });
    expect([...said([stop]), ...said([stop], true)]).toEqual([]);
  });
});

test('a setting that changes in many Regions is one finding that counts them', () => {
  const windows = { action: 'update', before: 30, after: 7 } as const;
  const rows = THIRTY_REGIONS.map((region) => row({ region, key: { action: windows.action } }));
  const model = plan(
    rows.map((each) => {
      if (each.key === undefined) return each;
      const side = (days: number): object => ({ ...each.key?.before, deletion_window_in_days: days });
      const key = { ...each.key, before: side(windows.before), after: side(windows.after) };
      return { ...each, key: key as typeof each.key };
    }),
  );
  const found = guardPlan({
    model,
    owner: { alias: 'aws_cb_cmk', renamedFrom: undefined },
    primaryRegion: 'ap-southeast-1',
    now: 0,
    options: { deletionConfirmed: false, destroys: false },
  }).filter(({ rule }) => rule === 'shorter-window');
  expect(found).toMatchObject([{ severity: 'warning', regions: THIRTY_REGIONS, region: undefined }]);
  expect(found[0]?.reason).toContain('the primary key in ap-southeast-1 and the replica keys in 29 Regions');
});

test('the title of each annotation names the key', () => {
  let written = '';
  const log = createLog({
    write: (text) => {
      written += text;
    },
    toolkit: undefined,
    colour: false,
    newToken: () => '',
  });
  const named = naming(log, 'team/orders');
  for (const level of ['notice', 'warning', 'error'] as const) named[level]('Text.', { title: 'memory' });
  expect(written).toBe('alias/team/orders: memory: Text.\n'.repeat(3));
});
