/** Every example from its file, with the built action and the real Terraform against the emulator, by this repository's own runner. */

import { expect, jest, test } from '@jest/globals';
import { makeOutside } from '../../testing/run-workflow.js';
import { runWorkflow } from '../../testing/workflow.js';
import { EXAMPLE_STORIES, tellStory, type RunExample } from '../support/example-stories.js';
import { tempFolder } from '../support/temp-folder.js';

jest.setTimeout(1_800_000);

const run: RunExample = async (emulator, { name, text, repository }, start) => {
  const file = `examples/${name}.yml`;
  const outside = await makeOutside(
    { emulator: emulator.url, approves: true, file, repository },
    tempFolder('workflow'),
  );
  const { started, jobs } = await runWorkflow(text, start, outside);
  expect([name, started]).toEqual([name, true]);
  const ran = Object.entries(jobs).filter(([, { result }]) => result !== 'skipped');
  return { results: Object.fromEntries(ran.map(([id, { result }]) => [id, result])) };
};

test.each(Object.entries(EXAMPLE_STORIES))('%s', (_, story) => tellStory(story, run));
