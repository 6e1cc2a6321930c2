/** A Chromium that is on this machine, without a window. */

import { existsSync } from 'node:fs';
import path from 'node:path';
import { chromium, type Browser, type Page } from 'playwright-core';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'microsoft-edge'];

/** `CHROMIUM`, or the first of the usual names that is on PATH; undefined where there is none. */
function findChromium(): string | undefined {
  if (process.env['CHROMIUM']) return process.env['CHROMIUM'];
  const folders = (process.env['PATH'] ?? '').split(path.delimiter);
  return NAMES.flatMap((name) => folders.map((folder) => path.join(folder, name))).find((file) =>
    existsSync(file),
  );
}

/** @throws where there is no Chromium */
export async function openBrowser(): Promise<Browser> {
  const executablePath = findChromium();
  if (executablePath === undefined) throw new Error('No Chromium is on PATH; set CHROMIUM to one.');
  // As root, which a container often is, Chromium does not start in its sandbox.
  return chromium.launch({ executablePath, chromiumSandbox: process.getuid?.() !== 0 });
}

/** A page with this content in a window of this width, its pictures drawn. */
export async function showPage(browser: Browser, html: string, width: number): Promise<Page> {
  const page = await browser.newPage({ viewport: { width, height: 900 }, deviceScaleFactor: 2 });
  // A machine that has much to do takes its time for the script that draws pictures.
  await page.setContent(html, { timeout: 120_000 });
  await page.evaluate('window.drawn');
  return page;
}

export interface Measure {
  readonly name: string;
  /** Of the whole report, everything folded that is folded, in CSS pixels. */
  readonly height: number;
  /** By how much the table of Regions, or a line, is wider than its place; 0 where neither has to be scrolled sideways. */
  readonly overflow: number;
}

/** Runs in the page; as text, since this project's types know no document. */
const MEASURE = `[...document.querySelectorAll('article')].map((article) => {
  const tables = [...article.querySelectorAll('table')];
  const regions = tables.filter((each) => /^(Region|Key)/.test(each.querySelector('th')?.textContent));
  const wide = [...regions, ...article.querySelectorAll('.markdown-body')];
  return {
    name: article.id,
    height: Math.ceil(article.querySelector('.markdown-body').getBoundingClientRect().height),
    overflow: Math.max(0, ...wide.map((each) => each.scrollWidth - each.clientWidth)),
  };
})`;

/** How high each report is, and whether one has to scroll sideways in it. */
export async function measureReports(page: Page): Promise<Measure[]> {
  return page.evaluate<Measure[]>(MEASURE);
}
