import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { insertInputs, insertTables } from '../../scripts/tables.js';

const read = (file: string): string => readFileSync(file, 'utf8');

test('the README has the inputs and outputs that action.yml has; mend it with `npx tsx scripts/tables.ts`', async () => {
  const readme = read('README.md');
  expect(readme).toContain('| `primary-region`');
  expect(await insertTables(readme, read('action.yml'))).toBe(readme);
});

test('action.yml has the inputs of the table; mend it with `npx tsx scripts/tables.ts`', async () => {
  const action = read('action.yml');
  expect(await insertInputs(action)).toBe(action);
  expect(await insertInputs(action.replace('The Region of the primary key', 'Another text'))).toBe(action);
});

test('another description in action.yml is another README', async () => {
  const changed = read('action.yml').replace('The ARN of the primary key', 'Another text');
  expect(await insertTables(read('README.md'), changed)).not.toBe(read('README.md'));
});

const SOURCES = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => read(path.join('src', file)))
  .join('\n');
const MESSAGES = [...read('docs/troubleshooting.md').matchAll(/^\| `(.+?)`/gm)];

test('there are messages to look for', () => {
  expect(MESSAGES.length).toBeGreaterThan(10);
});

test.each(MESSAGES.map(([, message = '']) => message))('the action can say: %s', (message) => {
  for (const part of message.split('…').map((each) => each.trim()))
    if (part !== '') expect([part, SOURCES.includes(part)]).toEqual([part, true]);
});

/** What a page names as `FILE`: _part of a title_. */
function namedTests(page: string): [string, string, string][] {
  const found = read(page)
    .replaceAll(/\s+/g, ' ')
    .matchAll(/`((?:act|unit|integration|e2e)\/[\w/.-]+\.test\.ts)`: _(.+?)_(?=[;.) ]|$)/g);
  return [...found].map(([, file = '', title = '']) => [page, file, title]);
}

const NAMING = ['docs/act.md', 'docs/threat-model.md', 'docs/performance.md', 'docs/events.md'];

test.each(NAMING)('%s names a test for what it says', (page) => {
  const files = read(page).match(/\.test\.ts`/g);
  expect(files).not.toBeNull();
  expect(namedTests(page)).toHaveLength(files?.length ?? 0);
});

test('the threat model claims nothing in a list without a test for it', () => {
  const claims = read('docs/threat-model.md')
    .split('\n')
    .filter((line) => line.startsWith('- '));
  expect(claims.length).toBeGreaterThan(30);
  expect(claims.filter((line) => !line.includes('.test.ts`: _'))).toEqual([]);
});

test.each(NAMING.flatMap(namedTests))('%s: %s has the test "%s"', (_, file, title) => {
  expect([title, read(path.join('__tests__', file)).includes(title)]).toEqual([title, true]);
});
