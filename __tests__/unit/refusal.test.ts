import { describe, expect, test } from 'vitest';
import { ActionError } from '../../src/errors.js';
import { asCancellation, refuse, reportOf } from '../../src/refusal.js';

const CANCELLED = AbortSignal.abort(new Error('the step was cancelled (SIGINT)'));

describe('a run that was cancelled', () => {
  test('says so instead of what Terraform says, and keeps what was done', () => {
    const failed = new ActionError({
      what: 'context canceled',
      done: 'Done before it: this.',
      next: 'Look.',
    });
    expect(reportOf(asCancellation(failed, CANCELLED, true))).toMatchObject({
      outcome: 'cancelled',
      failure: {
        what: 'The step was cancelled (SIGINT).',
        done: 'Done before it: this.',
        next: '',
      },
    });
  });

  test.each([
    [false, 'Nothing was changed.'],
    [
      true,
      'Nothing more was started; the state knows what was done until then, and running the job again goes on from it.',
    ],
  ])('that nothing else is known of (approved: %s): %s', (applying, done) => {
    const ended = asCancellation(CANCELLED.reason, CANCELLED, applying);
    expect(reportOf(ended)).toMatchObject({ outcome: 'cancelled', failure: { done } });
  });

  test('was refused nevertheless when that came first', () => {
    const refusal = (): void => {
      refuse(() => {
        throw new ActionError({ what: 'No.', done: '', next: '' });
      });
    };
    let thrown: unknown;
    try {
      refusal();
    } catch (refused) {
      thrown = refused;
    }
    expect(reportOf(asCancellation(thrown, CANCELLED, false)).outcome).toBe('refused');
  });

  test('is an ordinary failure where nobody cancelled', () => {
    const failed = new ActionError({ what: 'No.', done: '', next: '' });
    const { signal } = new AbortController();
    expect(reportOf(asCancellation(failed, signal, true))).toMatchObject({
      outcome: 'failed',
      failure: { what: 'No.' },
    });
  });
});
