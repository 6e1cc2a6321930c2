/** Users read every error in three parts: ESLint holds the source tree to it; here, that its rule catches what it is for. */

import { describe, expect, test } from 'vitest';
import { Linter } from 'eslint';
import { ActionError, explanationOf } from '../../src/errors.js';
import { hear } from '../support/recorded-run.js';
import { tellFailure } from '../../src/tell-failure.js';

const CONFIG: string = '../../eslint.config.js';
const { default: config } = (await import(CONFIG)) as { default: Linter.Config[] };
const rule = config.find(({ rules }) => rules?.['no-restricted-syntax'] !== undefined);

function problemsOf(code: string): number {
  return new Linter().verify(code, [
    { rules: { 'no-restricted-syntax': rule?.rules?.['no-restricted-syntax'] ?? 'off' } },
  ]).length;
}

describe('what may be thrown in the source tree', () => {
  test('is looked at in every file but the one that begins', () => {
    expect(rule).toMatchObject({ files: ['src/**/*.ts'], ignores: ['src/index.ts'] });
  });

  test.each([
    "throw new Error('x');",
    "Promise.reject(new Error('x'));",
    "throw new SyntaxError('x');",
    "throw new MyError('x');",
    'class Mine extends Error {}',
    'const Mine = class extends TypeError {};',
    "throw 'x';",
    'throw `x`;',
    "throw { what: 'x' };",
  ])('is not: %s', (code) => {
    expect(problemsOf(code)).toBe(1);
  });

  test.each([
    "throw new ActionError({ what: 'x', done: 'y', next: 'z' });",
    'class Refusal extends ActionError {}',
    'throw explainRefusal(failure);',
    'try { f(); } catch (thrown) { throw thrown; }',
    'class Invalid extends Error {}',
    "throw new Invalid('is not a number');",
    "throw new RangeError('no client for x');",
  ])('is: %s', (code) => {
    expect(problemsOf(code)).toBe(0);
  });
});

describe('an error that this action has no words for', () => {
  test.each([[new TypeError('x is undefined')], ['a text'], [undefined]])('%s has three parts', (thrown) => {
    const { what, done, next } = explanationOf(thrown);
    for (const part of [what, done, next]) expect(part).toMatch(/^[A-Z].*\.$/s);
    expect(what).toContain(thrown instanceof Error ? thrown.message : String(thrown));
  });

  test('ends the step with all three', () => {
    const heard = hear();
    tellFailure(new TypeError('x is undefined'), { log: heard.log, env: {} });
    expect(heard.told(true, (text) => text).annotations).toEqual([
      expect.stringMatching(
        /no words for: x is undefined\. What was done .* Run the job again; .* report it/,
      ),
    ]);
  });

  test('is told in its own words where it has them', () => {
    const known = new ActionError({ what: 'A.', done: 'B.', next: 'C.' });
    expect(explanationOf(known)).toBe(known);
  });
});
