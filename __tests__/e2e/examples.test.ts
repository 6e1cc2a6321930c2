/** Every example from its file, with the built action and the real Terraform against the emulator, by this repository's own runner. */

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test, vi } from 'vitest';
import { makeOutside } from '../../testing/run-workflow.js';
import { runWorkflow } from '../../testing/workflow.js';
import { EXAMPLE_STORIES, tellStory, type RunExample } from '../support/example-stories.js';
import { runTerraformOk } from '../support/rendered-terraform.js';
import { tempFolder } from '../support/temp-folder.js';

vi.setConfig({ testTimeout: 1_800_000, hookTimeout: 1_800_000 });

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

/** The configurations in the documents, by page and first line. */
const CONFIGURATIONS = ['README.md', 'docs', 'terraform', 'bootstrap', 'emulator', 'examples'].flatMap(
  (place) => {
    const pages = place.endsWith('.md')
      ? [place]
      : readdirSync(place)
          .filter((name) => name.endsWith('.md'))
          .map((name) => path.join(place, name));
    return pages.flatMap((page) =>
      [...readFileSync(page, 'utf8').matchAll(/^```(?:hcl|terraform)\n([\s\S]*?)^```$/gm)].map(
        ([, text = '']) => [page, text.split('\n')[0] ?? '', text] as const,
      ),
    );
  },
);

test.each(CONFIGURATIONS)('%s: "%s" is a configuration that Terraform can read', async (_, __, text) => {
  const folder = tempFolder('configuration');
  writeFileSync(path.join(folder, 'main.tf'), text);
  await runTerraformOk(folder, ['fmt', 'main.tf']);
});

test.each(Object.entries(EXAMPLE_STORIES))('%s', (_, story) => tellStory(story, run));
