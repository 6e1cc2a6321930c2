import { expect, test } from 'vitest';
import { evaluate, interpolate, isWanted } from '../../../testing/expressions.js';

const CONTEXTS = {
  github: { event_name: 'push', event: {} },
  needs: { plan: { result: 'success', outputs: { 'has-changes': 'true', arns: '{"eu-west-1":"arn:x"}' } } },
};

test.each([
  ["github.event_name == 'push' && needs.plan.outputs.has-changes == 'true'", true],
  ["github.event.pull_request.head.repo.full_name == 'a/b'", false],
  ["fromJSON(needs.plan.outputs.arns)['eu-west-1']", 'arn:x'],
  ['needs.other.outputs.digest', null],
])('works out %s', (expression, value) => {
  expect(evaluate(expression, CONTEXTS)).toEqual(value);
});

test('puts expressions into a text, and nothing where there is nothing', () => {
  expect(interpolate('a-${{ github.event_name }}-${{ needs.none.outputs.x }}-b', CONTEXTS)).toBe('a-push--b');
});

test.each([
  [undefined, 'success', true],
  [undefined, 'failure', false],
  ["github.event_name == 'push'", 'failure', false],
  ['always()', 'failure', true],
  ["!cancelled() && github.event_name == 'push'", 'skipped', true],
  ["${{ github.event_name == 'schedule' }}", 'success', false],
] as const)('if %s after %s: %s', (condition, outcome, wanted) => {
  expect(isWanted(condition, CONTEXTS, outcome)).toBe(wanted);
});

test('an expression that is none is an error', () => {
  expect(() => evaluate('github..x', CONTEXTS)).toThrow();
  expect(() => evaluate('nothing.known', CONTEXTS)).toThrow();
});
