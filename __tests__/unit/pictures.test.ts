/** The pictures of the documents show what the action writes now, and each was drawn from the text beside it. */

import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { digestOf, pictureFiles, RECORD, type PictureRecord } from '../../scripts/pictures/files.js';
import { PICTURED_ID, planInputs, readmeWorkflow, SCENES, useKey } from '../../scripts/pictures/scenes.js';
import { withoutFolds } from '../support/golden-text.js';
import { RecordedWorld } from '../support/recorded-run.js';

const MOST_BYTES = 150_000;

describe.each(SCENES)('the picture $name', ({ name, edit, onExistingKey }) => {
  const { text, light, dark } = pictureFiles(name);

  test("is of the comment that the action writes for the README's workflow; UPDATE_GOLDEN=1 writes the text anew", async () => {
    const world = await RecordedWorld.open(PICTURED_ID);
    try {
      if (onExistingKey) {
        await world.makeKeys('picture-comment');
        await useKey(world.emulator);
      }
      const inputs = { 'account-ids': '', ...planInputs(edit(readmeWorkflow())) };
      const on = { event: 'pull_request', pullRequest: 1, runId: 1 } as const;
      const told = await world.run(inputs, { plan: `picture-${name}` }, on);
      expect([told.outputs['result'], told.annotations.filter((each) => each.startsWith('error'))]).toEqual([
        'planned',
        [],
      ]);
      const comment = `${withoutFolds(world.comments().at(-1) ?? '')}\n`;
      if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(text, comment);
      expect(comment).toBe(readFileSync(text, 'utf8'));
    } finally {
      await world.close();
    }
  });

  test('was drawn from that text; `npm run pictures` draws it anew', () => {
    const drawn = JSON.parse(readFileSync(RECORD, 'utf8')) as PictureRecord;
    expect(drawn[name]).toEqual({ text: digestOf(text), light: digestOf(light), dark: digestOf(dark) });
    for (const file of [light, dark]) expect(statSync(file).size).toBeLessThan(MOST_BYTES);
  });

  test('is in a document, in both themes', () => {
    const pages = [
      'README.md',
      ...readdirSync('docs').flatMap((page) => (page.endsWith('.md') ? [`docs/${page}`] : [])),
    ];
    const showing = pages.filter((page) => {
      const shown = readFileSync(page, 'utf8');
      return [light, dark].every((file) =>
        shown.includes(`"${path.posix.relative(path.posix.dirname(page), file)}"`),
      );
    });
    expect(showing).toHaveLength(1);
  });
});
