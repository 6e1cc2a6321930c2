/**
 * The pictures of the documents, `docs/pictures/*.png`, in light and dark, as GitHub shows the comments beside them.
 *
 *     npm run pictures             draws them anew from the texts, with the Chromium of this machine
 *     npm run pictures -- --run [NAME…]
 *                                  first runs the README's workflow for each, with the built action and the real Terraform
 *
 * A test holds the texts against what the action writes now for the recorded plans: `UPDATE_GOLDEN=1 npm test -- pictures` writes
 * them anew, and says which pictures are then older than their text.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { Browser, Page } from 'playwright-core';
import { openBrowser, showPage } from '../preview/browser.js';
import { readAssets, readPictureTool, type Assets } from '../preview/packed.js';
import { renderPage } from '../preview/page.js';
import { digestOf, pictureFiles, RECORD, type PictureRecord } from './files.js';
import { runScenes } from './run.js';
import { SCENES } from './scenes.js';

/** GitHub's width of a comment, with its page's edges. */
const WIDTH = 872;

/** The same picture with so few colours that nobody sees a difference, in less than half of the room. */
async function makeSmall(page: Page, picture: Buffer): Promise<Buffer> {
  const tool = readPictureTool();
  if (tool === undefined) return picture;
  await page.evaluate(tool);
  const small = await page.evaluate<string>(`(() => {
    const bytes = Uint8Array.from(atob('${picture.toString('base64')}'), (each) => each.charCodeAt(0));
    const image = UPNG.decode(bytes.buffer);
    const small = new Uint8Array(UPNG.encode([UPNG.toRGBA8(image)[0]], image.width, image.height, 32));
    return btoa(Array.from(small, (each) => String.fromCharCode(each)).join(''));
  })()`);
  return Buffer.from(small, 'base64');
}

async function draw(browser: Browser, name: string, assets: Assets): Promise<PictureRecord[string]> {
  const { text, ...pictures } = pictureFiles(name);
  const markdown = readFileSync(text, 'utf8');
  for (const theme of ['light', 'dark'] as const) {
    const page = await showPage(browser, renderPage([{ name, markdown, caption: '' }], theme, assets), WIDTH);
    const whole = await page.locator('article').screenshot();
    writeFileSync(pictures[theme], await makeSmall(page, whole));
    await page.close();
  }
  return { text: digestOf(text), light: digestOf(pictures.light), dark: digestOf(pictures.dark) };
}

const { values, positionals } = parseArgs({
  options: { run: { type: 'boolean', default: false } },
  allowPositionals: true,
});
if (values.run) await runScenes(positionals);
const browser = await openBrowser();
try {
  const assets = readAssets();
  const record: Record<string, PictureRecord[string]> = {};
  for (const { name } of SCENES) record[name] = await draw(browser, name, assets);
  writeFileSync(RECORD, `${JSON.stringify(record, null, 2)}\n`);
} finally {
  await browser.close();
}
