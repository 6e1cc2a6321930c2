/**
 * Every kind of report as GitHub shows it, on a page for the light and a page for the dark theme, for a person to look at; and
 * how high each is in a window of 375, 768 and 1,280 pixels, measured in a headless Chromium.
 *
 *     npm run preview [-- --pictures] [NAME…]
 *
 * The pages are written to `preview/`; with `--pictures` a picture of each report in each width and theme, too. Ends with 1
 * where a report is higher, or on a telephone wider, than its limit.
 */

import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import type { Browser } from 'playwright-core';
import { COMMENTS } from '../../__tests__/support/report-cases.js';
import { measureReports, openBrowser, showPage, type Measure } from './browser.js';
import { readAssets } from './packed.js';
import { renderPage, type Shown, type Theme } from './page.js';

const WIDTHS = [375, 768, 1280] as const;

/** The most pixels that a report may be high in a window of 1,280, before anything is unfolded. */
const HEIGHT_LIMITS: Readonly<Record<string, number>> = { 'thirty-regions': 1400, applied: 900 };

/** What is made to be nasty may be wide. */
const MAY_BE_WIDE: ReadonlySet<string> = new Set(['hostile']);

const FOLDER = 'preview';

function reportsNamed(names: readonly string[]): Shown[] {
  const unknown = names.filter((name) => !Object.hasOwn(COMMENTS, name));
  if (unknown.length > 0)
    throw new Error(
      `No report is named ${unknown.join(', ')}; there are: ${Object.keys(COMMENTS).join(', ')}.`,
    );
  return Object.entries(COMMENTS)
    .filter(([name]) => names.length === 0 || names.includes(name))
    .map(([name, render]) => ({ name, markdown: render() }));
}

/** What is wrong with the size of a report, in words. */
function problemsOf({ name, height, overflow }: Measure, width: number): string[] {
  const limit = width === 1280 ? HEIGHT_LIMITS[name] : undefined;
  return [
    ...(limit !== undefined && height > limit
      ? [`${name}: ${height} px high at ${width} px, limit ${limit}`]
      : []),
    ...(overflow > 0 && !MAY_BE_WIDE.has(name) ? [`${name}: ${overflow} px too wide at ${width} px`] : []),
  ];
}

async function takePictures(browser: Browser, html: string, theme: Theme): Promise<void> {
  for (const width of WIDTHS) {
    const page = await showPage(browser, html, width);
    for (const article of await page.locator('article').all()) {
      const name = (await article.getAttribute('id')) ?? 'report';
      await article.screenshot({ path: path.join(FOLDER, `${name}-${width}-${theme}.png`) });
    }
    await page.close();
  }
}

async function measureAll(browser: Browser, html: string): Promise<string[]> {
  const byWidth: Measure[][] = [];
  for (const width of WIDTHS) {
    const page = await showPage(browser, html, width);
    byWidth.push(await measureReports(page));
    await page.close();
  }
  console.log(`| report | ${WIDTHS.map((width) => `${width} px`).join(' | ')} |\n| --- | --- | --- | --- |`);
  for (const [index, { name }] of (byWidth[0] ?? []).entries())
    console.log(`| ${name} | ${byWidth.map((all) => all[index]?.height).join(' | ')} |`);
  return WIDTHS.flatMap((width, index) =>
    (byWidth[index] ?? []).flatMap((measure) => problemsOf(measure, width)),
  );
}

const { values, positionals } = parseArgs({
  options: { pictures: { type: 'boolean' } },
  allowPositionals: true,
});
const reports = reportsNamed(positionals);
const assets = readAssets();
mkdirSync(FOLDER, { recursive: true });
for (const theme of ['light', 'dark'] as const)
  writeFileSync(path.join(FOLDER, `${theme}.html`), renderPage(reports, theme, assets));
console.log(`Written: ${FOLDER}/light.html, ${FOLDER}/dark.html. How high each report is:\n`);
const browser = await openBrowser();
const problems = await measureAll(browser, renderPage(reports, 'light', assets)).finally(async () => {
  if (values.pictures === true)
    for (const theme of ['light', 'dark'] as const)
      await takePictures(browser, renderPage(reports, theme, assets), theme);
  await browser.close();
});
for (const problem of problems) console.error(problem);
process.exitCode = problems.length > 0 ? 1 : 0;
