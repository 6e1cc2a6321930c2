import { expect, test } from 'vitest';
import { isAction, makeGitHub, play, type Played } from '../../support/played-workflow.js';
import type { Start } from '../../../testing/workflow.js';

const PUSH: Start = { event: 'workflow_dispatch', inputs: { which: 'b' } };
const run = (jobs: string, start = PUSH): Promise<Played> =>
  play(`on: workflow_dispatch\njobs:\n${jobs}`, start, { github: makeGitHub() });

test('a matrix of lists is combined, and its values reach the steps', async () => {
  const { calls } = await run(`
  a:
    strategy: { matrix: { region: [eu-west-1, eu-west-2], n: [1, 2] } }
    steps:
      - { run: 'echo \${{ matrix.region }} \${{ matrix.n }}' }`);
  expect(calls.map((call) => call.run)).toEqual([
    'echo eu-west-1 1',
    'echo eu-west-1 2',
    'echo eu-west-2 1',
    'echo eu-west-2 2',
  ]);
});

test('a matrix comes out of another job\u2019s output', async () => {
  const text = `on: workflow_dispatch
jobs:
  list:
    outputs: { keys: '\${{ steps.s.outputs.keys }}' }
    steps: [{ id: s, run: list }]
  each:
    needs: list
    strategy: { matrix: { key: '\${{ fromJSON(needs.list.outputs.keys) }}' } }
    steps: [{ run: 'one \${{ matrix.key }}' }]`;
  const { calls } = await play(text, PUSH, {
    github: makeGitHub(),
    answer: (call) => (call.run === 'list' ? { outputs: { keys: '["a","b"]' } } : undefined),
  });
  expect(calls.map((call) => call.run)).toEqual(['list', 'one a', 'one b']);
});

test('a step after one that failed is skipped, unless it asks to run', async () => {
  const { calls, jobs } = await play(
    `on: workflow_dispatch
jobs:
  a:
    steps:
      - { run: fails }
      - { run: skipped }
      - { run: cleans-up, if: always() }`,
    PUSH,
    { github: makeGitHub(), answer: (call) => (call.run === 'fails' ? { exitCode: 1 } : undefined) },
  );
  expect(calls.map((call) => call.run)).toEqual(['fails', 'cleans-up']);
  expect(jobs['a']?.result).toBe('failure');
});

test('environment variables of workflow, job and step: the nearest counts', async () => {
  const { calls } = await play(
    `on: workflow_dispatch
env: { A: workflow, B: workflow, C: workflow }
jobs:
  a:
    env: { B: job, C: job }
    steps: [{ run: x, env: { C: step }, with: { which: '\${{ env.B }} \${{ inputs.which }}' } }]`,
    PUSH,
    { github: makeGitHub() },
  );
  expect(calls[0]?.env).toMatchObject({ A: 'workflow', B: 'job', C: 'step' });
  expect(calls[0]?.with).toEqual({ which: 'job b' });
  expect(calls.filter(isAction)).toEqual([]);
});

test.each([
  [
    'jobs that wait for each other',
    '  a: { needs: b, steps: [] }\n  b: { needs: a, steps: [] }',
    /a, b wait/,
  ],
  ['exclude', '  a: { strategy: { matrix: { x: [1], exclude: [] } }, steps: [] }', /exclude/],
  [
    'an input that a called workflow lacks',
    '  a: { uses: o/r/examples/kms-key-reusable.yml@v1, with: { x: 1 } }',
    /no input x/,
  ],
  [
    'an input that a called workflow needs',
    '  a: { uses: o/r/examples/kms-key-reusable.yml@v1 }',
    /needs the input alias/,
  ],
])('what it does not know is an error: %s', async (_, jobs, message) => {
  await expect(run(jobs)).rejects.toThrow(message);
});

test('an event that the workflow does not name starts nothing', async () => {
  expect(await run('  a: { steps: [{ run: x }] }', { event: 'schedule' })).toMatchObject({
    started: false,
    calls: [],
  });
});
