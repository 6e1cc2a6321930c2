import { describe, expect, test } from '@jest/globals';
import { sayFindings, titleOf } from '../../../src/steps/plan/say-findings.js';
import { finding } from '../../support/plan-builder.js';

function annotationsOf(findings: Parameters<typeof sayFindings>[0]): string[][] {
  const said: string[][] = [];
  const say =
    (level: string) =>
    (message: string, { title }: { title: string }): void => {
      said.push([level, title, message]);
    };
  sayFindings(findings, { log: { warning: say('warning'), notice: say('notice') }, alias: 'orders' });
  return said;
}

describe('the annotations on a plan', () => {
  test('have a title that names the alias and what it is about', () => {
    const found = finding({ rule: 'rotation-off', reason: 'Rotation goes off.', wayOut: 'Leave it on.' });
    expect(annotationsOf([found])).toEqual([
      ['warning', 'alias/orders: rotation off', 'Rotation goes off. Leave it on.'],
    ]);
    expect(titleOf('a/b', 'drift')).toBe('alias/a/b: drift');
  });

  test('are one for one cause, whatever the number of Regions', () => {
    const regions = Array.from({ length: 30 }, (_, index) => `r-${index}`);
    const found = regions.map((region) =>
      finding({ rule: 'window-shorter', region, reason: `In ${region} it is shorter.`, wayOut: 'Keep it.' }),
    );
    expect(annotationsOf(found)).toEqual([
      [
        'warning',
        'alias/orders: window shorter',
        'In r-0 it is shorter. In r-1 it is shorter. In r-2 it is shorter. And 27 more of this kind: see the job summary. Keep it.',
      ],
    ]);
  });

  test('warn of no access that the reviewers agree to, but tell it', () => {
    expect(annotationsOf([finding({ rule: 'account-let-in' })])[0]?.[0]).toBe('notice');
    expect(annotationsOf([finding({ rule: 'principal-let-in' })])[0]?.[0]).toBe('notice');
  });

  test('leave a stop to the error that ends the run', () => {
    expect(annotationsOf([finding({ severity: 'stop', rule: 'key-deleted' })])).toEqual([]);
  });
});
