/** Every link, command and example in the documents is tried by a test, or named here as not tried, with the reason. */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';

const read = (file: string): string => readFileSync(file, 'utf8');

const PAGES = ['.', 'docs', 'docs/decisions', 'examples', 'emulator', 'terraform', 'bootstrap'].flatMap(
  (folder) =>
    readdirSync(folder)
      .filter((name) => name.endsWith('.md'))
      .map((name) => path.posix.join(folder, name)),
);

interface Block {
  readonly page: string;
  readonly language: string;
  readonly text: string;
}

const BLOCKS: readonly Block[] = PAGES.flatMap((page) =>
  [...read(page).matchAll(/^```(\w*)\n([\s\S]*?)\n```$/gm)].map(([, language = '', text = '']) => ({
    page,
    language,
    text,
  })),
);

type Trial = { readonly tried: string } | { readonly notTried: string };

const NEEDS_AWS = {
  notTried: 'It needs an AWS account; the template and the policies behind it have tests of their own.',
};

/** The commands of the documents, by page and the words they begin with. */
const COMMANDS: readonly (readonly [page: string, begin: string, trial: Trial])[] = [
  ['README.md', 'npm run emulator -- --port 4566', { tried: 'unit/documents.test.ts' }],
  ['README.md', 'curl -X POST', { tried: 'unit/documents.test.ts' }],
  ['SECURITY.md', 'gh attestation verify', { notTried: 'It needs a release on GitHub.' }],
  ['bootstrap/README.md', 'aws cloudformation deploy', NEEDS_AWS],
  ['bootstrap/README.md', 'aws cloudformation describe-stacks', NEEDS_AWS],
  ['bootstrap/README.md', 'gh api --method PUT', { notTried: 'It needs a repository on GitHub.' }],
  ['docs/iam.md', 'aws iam create-open-id-connect-provider', NEEDS_AWS],
  ['docs/migrating.md', 'terraform state mv', { tried: 'e2e/migrating.test.ts' }],
  [
    'emulator/README.md',
    'npm run --silent emulator -- --port 4566 --faults',
    { tried: 'emulator/command-line.test.ts' },
  ],
  [
    'emulator/README.md',
    'npm run --silent emulator -- --port 4566 --bucket',
    { tried: 'e2e/shell-story.test.ts' },
  ],
];

describe('commands', () => {
  const shell = BLOCKS.filter(({ language }) => ['sh', 'bash', 'shell', 'console'].includes(language));

  test.each(shell.map(({ page, text }) => [page, text.split('\n')[0] ?? '', text] as const))(
    '%s: "%s" is tried, or named as not tried',
    (page, _, text) => {
      const known = COMMANDS.filter(([where, begin]) => where === page && text.startsWith(begin));
      expect(known).toHaveLength(1);
    },
  );

  test.each(COMMANDS)('%s: "%s" is still there', (page, begin, trial) => {
    expect(shell.some((block) => block.page === page && block.text.startsWith(begin))).toBe(true);
    if ('tried' in trial) expect(existsSync(path.join('__tests__', trial.tried))).toBe(true);
    else expect(trial.notTried).toMatch(/\.$/);
  });

  test('the README\u2019s lines are among those of the emulator\u2019s story, which a test runs', () => {
    const plain = (line: string): string =>
      line
        .replace(/ > \S+ &$/, '')
        .replace(' --silent', '')
        .replace(' -sS', '')
        .replace(/ -d '.*'$/, '');
    const linesOf = (page: string): string[] =>
      BLOCKS.filter((block) => block.page === page && block.language === 'sh').flatMap(({ text }) =>
        text.split('\n').map(plain),
      );
    const story = linesOf('emulator/README.md');
    const own = linesOf('README.md');
    expect(own.length).toBeGreaterThan(2);
    expect(own.filter((line) => !story.includes(line))).toEqual([]);
  });

  test.each(PAGES)('%s names only npm scripts that are there', (page) => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const named = [...read(page).matchAll(/npm run (?:--silent )?([\w:-]+)/g)].map(([, name = '']) => name);
    expect(named.filter((name) => !(name in scripts))).toEqual([]);
  });

  test.each(PAGES)('%s runs only scripts that are there', (page) => {
    const named = [...read(page).matchAll(/npx tsx (scripts\/[\w.-]+)/g)].map(([, name = '']) => name);
    expect(named.filter((name) => !existsSync(name))).toEqual([]);
  });

  test('the two commands for a first try are on the README\u2019s first screen', () => {
    const first = read('README.md').split('\n').slice(0, 12).join('\n');
    expect(first).toContain('npm ci && npm run demo');
    expect(first).toContain('npm ci && npm test');
  });
});

describe('examples', () => {
  test.each(
    BLOCKS.filter(({ language }) => language === 'json').map(({ page, text }) => [page, text] as const),
  )('%s: %s is JSON', (_, text) => {
    expect(() => JSON.parse(text) as unknown).not.toThrow();
  });

  test.each(
    BLOCKS.filter(({ language }) => language === 'yaml').map(({ page, text }) => [page, text] as const),
  )('%s: %s is YAML', (_, text) => {
    expect(() => parse(text) as unknown).not.toThrow();
  });
});

/** As GitHub makes them of a heading: lower case, no punctuation, spaces as hyphens. */
function anchorsOf(page: string): string[] {
  return [...read(page).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .replaceAll(/`|\*|\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replaceAll(' ', '-'),
  );
}

/** Pages of the net are not looked up: tests open no connection beyond this machine. */
test.each(PAGES)('what %s links to within the documents is there, to the very heading', (page) => {
  const links = [...read(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link);
  const own = links.filter((link) => !/^(https:|mailto:)/.test(link));
  const lost = own.filter((link) => {
    const [file = '', anchor] = link.split('#');
    const target = file === '' ? page : path.posix.join(path.posix.dirname(page), file);
    if (!existsSync(target)) return true;
    return anchor !== undefined && !anchorsOf(target).includes(anchor);
  });
  expect(lost).toEqual([]);
});
