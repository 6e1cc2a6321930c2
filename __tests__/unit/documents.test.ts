/** Every link, command and example in the documents is tried by a test, or named here as not tried, with the reason. */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
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
    { tried: '../emulator/__tests__/command-line.test.ts' },
  ],
  [
    'emulator/README.md',
    'npm run --silent emulator -- --port 4566 --bucket',
    { tried: 'e2e/shell-story.test.ts' },
  ],
];

const GITHUB = { notTried: 'It needs a repository on GitHub.' };
const REWRITES = { notTried: 'It rewrites what the tests compare with.' };
const MINUTES = { notTried: 'It takes many minutes, and is there for a person who looks at what it says.' };
const CI = { tried: '../.github/workflows/ci.yml' };
const CI_RUN = { tried: '../.ci/run' };
const CALLS = {
  notTried:
    'It needs an AWS account. What it calls is tried on the emulator, with the SDK and with the action.',
};

/** The commands within sentences, by their beginning, the longest of which counts. */
const INLINE: Readonly<Record<string, Trial>> = {
  '.ci/run': { notTried: 'It is what runs the tests.' },
  'UPDATE_GOLDEN=1 npm': REWRITES,
  'aws iam list-open-id-connect-providers': NEEDS_AWS,
  'aws kms ': CALLS,
  'gh api ': GITHUB,
  'gh issue create': { tried: 'unit/example-scripts.test.ts' },
  'go install github.com/nektos/act@': CI,
  "grep -l '^jobs:' .github/workflows/*.yml examples/*.yml | xargs go run github.com/rhysd/actionlint/": CI,
  'npm ci': CI_RUN,
  'npm ci && npm run demo': CI_RUN,
  'npm ci && npm test': CI_RUN,
  'npm pack ./emulator': { tried: 'e2e/emulator-package.test.ts' },
  'npm run bench': MINUTES,
  'npm run build': CI_RUN,
  'npm run demo': CI_RUN,
  'npm run demo -- --verbose': { notTried: 'It is the demo, which CI runs, with its whole log.' },
  'npm run format': { notTried: 'It rewrites files as `npm run lint` wants them, which CI runs.' },
  'npm run lint': CI_RUN,
  'npm run pictures': REWRITES,
  'npm run preview': MINUTES,
  'npm run test:act': CI,
  'npm run test:e2e': CI,
  'npm run test:faults': MINUTES,
  'npm run test:providers': MINUTES,
  'npm run test:schema-6': CI,
  'npm run test:unit': { notTried: 'It is a part of `npm test`.' },
  'npm run workflow': { tried: 'e2e/shell-story.test.ts' },
  'npm test': CI_RUN,
  'npx kms-multi-region-emulator': { tried: 'e2e/emulator-package.test.ts' },
  'npx tsx scripts/make-': MINUTES,
  'npx tsx scripts/tables.ts': { tried: 'unit/readme.test.ts' },
  'pipx run cfn-lint==1.58.0 bootstrap/template.yml': CI,
  'pipx run zizmor==1.32.0': CI,
  'terraform apply': { tried: 'e2e/migrating.test.ts' },
  'terraform apply -refresh-only': { notTried: 'It is Terraform\u2019s own answer to a change by hand.' },
  'terraform import': { notTried: 'The page says why it is not used.' },
  'terraform init': { tried: 'e2e/migrating.test.ts' },
  'terraform init -migrate-state': { notTried: 'It asks a person, and moves a state of their own.' },
  'terraform plan': { tried: 'e2e/migrating.test.ts' },
  'terraform providers lock': { tried: 'support/example-stories.ts' },
  'terraform state pull': { tried: 'e2e/migrating.test.ts' },
  'terraform state rm': { tried: 'e2e/import-key.test.ts' },
  'terraform test': { tried: 'e2e/module.test.ts' },
  'terraform validate': { tried: 'e2e/module.test.ts' },
};

/** What a command begins with. */
const PROGRAM =
  /^(?:\.ci\/run$|UPDATE_GOLDEN=1 |(?:aws|cfn-lint|curl|docker|gh|git|go|grep|jq|node|npm|npx|pip|pipx|terraform) )/;

/** The comments of the examples, which are read like pages. */
const EXAMPLES = readdirSync('examples').filter((name) => name.endsWith('.yml'));

/** What a page or the comments of an example say, without blocks of code. */
function proseOf(page: string): string {
  const text = page.endsWith('.yml')
    ? [...read(page).matchAll(/^ *# ?(.*)$/gm)].map(([, comment = '']) => comment).join('\n')
    : read(page).replaceAll(/^```[\s\S]*?^```$/gm, '');
  return text.replaceAll(/\s+/g, ' ');
}

const COMMANDING = [...PAGES, ...EXAMPLES.map((name) => `examples/${name}`)];
const INLINE_COMMANDS: readonly (readonly [page: string, command: string])[] = COMMANDING.flatMap((page) => {
  const prose = proseOf(page);
  const spans = [...prose.matchAll(/`([^`]+)`/g)].map(([, span = '']) => span);
  return [...new Set(spans)].filter((span) => PROGRAM.test(span)).map((span) => [page, span] as const);
});

/** The beginning in the table that a command has, the longest. */
function inlineOf(command: string): string | undefined {
  return Object.keys(INLINE)
    .filter((begin) => command.startsWith(begin))
    .sort((one, other) => other.length - one.length)[0];
}

describe('commands within sentences', () => {
  test.each(INLINE_COMMANDS)('%s: "%s" is tried, or named as not tried', (_, command) => {
    expect(inlineOf(command)).toBeDefined();
  });

  test.each(Object.entries(INLINE))('"%s" is still there, and what tries it, too', (begin, trial) => {
    expect(INLINE_COMMANDS.some(([, command]) => inlineOf(command) === begin)).toBe(true);
    if ('notTried' in trial) return;
    const file = path.join('__tests__', trial.tried);
    expect(existsSync(file)).toBe(true);
    // CI's own files have the command itself, and an npm script perhaps without its chatter.
    if (!trial.tried.startsWith('..')) return;
    const wanted = begin.split('&&').at(-1)?.trim() ?? '';
    expect(read(file).replaceAll(' --silent', '')).toContain(wanted);
  });
});

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
