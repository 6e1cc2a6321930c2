import { describe, expect, test } from 'vitest';
import { explainEmptyInput } from '../../../src/inputs/empty-input.js';
import { readInputs } from '../../../src/inputs/inputs.js';
import { ARTICLE, withBlock } from '../../support/inputs.js';
import { STARTERS, type Starter } from '../../support/surroundings.js';

const sourcesOf = (
  { env, event }: Starter,
  inputs: Record<string, string> = {},
): Parameters<typeof readInputs>[0] => ({
  env: { GITHUB_ACTIONS: 'true', GITHUB_EVENT_PATH: '/event.json', ...env, ...withBlock(inputs) },
  readFile: (file) => (file === '/event.json' && event !== undefined ? JSON.stringify(event) : undefined),
  isFolder: () => false,
});

describe.each(STARTERS.map((starter) => [starter.name, starter] as const))(
  'an empty input in a run of %s',
  (_, starter) => {
    test('has the likeliest cause, and what to do', () => {
      expect(explainEmptyInput(sourcesOf(starter))).toMatch(starter.says);
    });

    test('is told with the inputs', () => {
      expect(() => readInputs(sourcesOf(starter, { ...ARTICLE, alias: '' }))).toThrow(starter.says);
    });

    test('is not told of where nothing is missing', () => {
      expect(() => readInputs(sourcesOf(starter, { ...ARTICLE, alias: 'a b' }))).not.toThrow(starter.says);
    });
  },
);

test('outside GitHub nothing is said, and a payload that cannot be read says nothing', () => {
  expect(explainEmptyInput({ env: { GITHUB_ACTOR: 'dependabot[bot]' }, readFile: () => undefined })).toBe('');
  const env = { GITHUB_ACTIONS: 'true', GITHUB_EVENT_NAME: 'pull_request' };
  expect(explainEmptyInput({ env, readFile: () => '{' })).toMatch(/^If an expression gives it/);
  expect(explainEmptyInput({ env, readFile: () => undefined })).toMatch(/^If an expression gives it/);
});
