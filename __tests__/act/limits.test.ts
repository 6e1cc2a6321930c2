/** What nektos/act does otherwise than GitHub's runner, as docs/act.md says it: small workflows that tell the two apart. */

import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { startEmulator, type Emulator } from '../../emulator/index.js';
import { runWithAct, type ActRun } from '../../testing/act.js';
import type { Start } from '../../testing/workflow.js';
import { requireAct } from '../support/act.js';
import { tempFolder } from '../support/temp-folder.js';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const act = requireAct();

let emulator: Emulator;
beforeAll(async () => {
  emulator = await startEmulator();
});
afterAll(() => emulator.stop());

const PUSH: Start = { event: 'push' };

/** @param jobs what stands below `jobs:` @param head what stands above */
function run(
  jobs: string,
  { head = 'on: push', onStart }: { head?: string; onStart?: (pid: number) => void } = {},
): Promise<ActRun> {
  return runWithAct({
    act,
    emulator: emulator.url,
    text: `${head}\njobs:\n${jobs}`,
    start: PUSH,
    repository: tempFolder('repository'),
    called: {},
    temp: tempFolder('act'),
    onStart,
  });
}

const job = (id: string, script: string, more = ''): string =>
  `  ${id}:\n    runs-on: ubuntu-latest\n${more === '' ? '' : `    ${more}\n`}    steps:\n      - run: ${JSON.stringify(script)}\n`;

/** The claims of the token that a step is given. */
const SUBJECT =
  'curl -sS -H "Authorization: bearer $ACTIONS_ID_TOKEN_REQUEST_TOKEN" "$ACTIONS_ID_TOKEN_REQUEST_URL&audience=a" | jq -r .value | cut -d. -f2 | tr _- /+ | base64 -di 2>/dev/null | jq -r .sub | sed "s/^/SUBJECT /"';

test('paths keep no workflow from starting', async () => {
  const head = 'on:\n  push:\n    paths: [never.txt]';
  expect((await run(job('a', 'true'), { head })).results).toEqual({ a: 'success' });
});

test('an environment asks nobody, and its token has the subject of a job without one', async () => {
  const { results, log } = await run(job('a', SUBJECT, 'environment: production'));
  expect(results).toEqual({ a: 'success' });
  expect(log).toContain('SUBJECT repo:octo-org/octo-repo:ref:refs/heads/main');
});

test('permissions take nothing away: each job may ask for a token', async () => {
  const { log } = await run(job('a', SUBJECT, 'permissions: {}'));
  expect(log).toContain('SUBJECT repo:octo-org/octo-repo:');
});

test('each job has a workspace of its own, empty until actions/checkout', async () => {
  const { results } = await run(
    `${job('a', '[ -z "$(ls -A)" ] && touch left')}${job('b', '[ ! -e left ]', 'needs: a')}`,
  );
  expect(results).toEqual({ a: 'success', b: 'success' });
});

test('a job that always runs does so after one that failed', async () => {
  const { results } = await run(`${job('a', 'exit 1')}${job('b', 'true', 'needs: a\n    if: always()')}`);
  expect(results).toEqual({ a: 'failure', b: 'success' });
});

test('runs of one concurrency group do not wait for each other', async () => {
  const folder = tempFolder('times');
  const head = 'on: push\nconcurrency: { group: one, cancel-in-progress: false }';
  const times = (id: string): string =>
    `date +%s%N > ${folder}/${id}.begin; sleep 3; date +%s%N > ${folder}/${id}.end`;
  await Promise.all(['a', 'b'].map((id) => run(job(id, times(id)), { head })));
  const at = (id: string, when: string): bigint =>
    BigInt(readFileSync(path.join(folder, `${id}.${when}`), 'utf8').trim());
  expect(at('a', 'begin') < at('b', 'end') && at('b', 'begin') < at('a', 'end')).toBe(true);
});

test('a mask hides a value in the lines after it, and the JSON log has the value itself', async () => {
  const { log } = await run(job('a', 'echo "::add-mask::hush-hush"; echo "it is hush-hush, END"'));
  expect(log).toMatch(/it is \*{3}, END/);
  expect(log).toContain('"arg":"hush-hush"');
});

test('the job summary is a line of the log', async () => {
  const { log } = await run(job('a', 'echo summary-text >> "$GITHUB_STEP_SUMMARY"'));
  expect(log).toContain('Summary - summary-text');
});

test('an interrupt kills the step at once, with no signal that it could end by', async () => {
  const folder = tempFolder('signals');
  const script = `trap 'touch ${folder}/signal' INT TERM; touch ${folder}/begun; for i in 1 2 3 4 5 6; do sleep 1; done; touch ${folder}/ended`;
  const ran = await run(job('a', script), {
    onStart: (pid: number) => {
      const timer = setInterval(() => {
        if (!existsSync(path.join(folder, 'begun'))) return;
        clearInterval(timer);
        process.kill(pid, 'SIGINT');
      }, 200);
    },
  });
  expect(ran.results).toEqual({ a: 'failure' });
  const left = ['begun', 'signal', 'ended'].filter((name) => existsSync(path.join(folder, name)));
  expect(left).toEqual(['begun']);
});
