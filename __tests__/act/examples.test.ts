/** Every example from its file as nektos/act runs it in host mode: `npm run test:act`. docs/act.md has what act does otherwise. */

import { expect, test, vi } from 'vitest';
import { readCalledWorkflows, runWithAct } from '../../testing/act.js';
import { requireAct } from '../support/act.js';
import { EXAMPLE_STORIES, tellStory, type RunExample } from '../support/example-stories.js';
import { tempFolder } from '../support/temp-folder.js';

vi.setConfig({ testTimeout: 1_800_000, hookTimeout: 1_800_000 });

const act = requireAct();

const run: RunExample = async (emulator, { name, text, repository }, start) => {
  const ran = await runWithAct({
    act,
    emulator: emulator.url,
    text,
    start,
    repository,
    called: await readCalledWorkflows(text, 'examples'),
    temp: tempFolder(`act-${name}`),
  });
  const failed = Object.values(ran.results).includes('failure');
  // What a story does not expect is told with all that act said.
  if (ran.exitCode !== 0 || Object.keys(ran.results).length === 0) process.stdout.write(ran.log);
  expect([name, ran.exitCode !== 0]).toEqual([name, failed]);
  return ran;
};

test.each(Object.entries(EXAMPLE_STORIES))('%s', (_, story) => tellStory(story, run));
