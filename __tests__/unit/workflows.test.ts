import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { releaseProblem } from '../../scripts/check-release.js';
import { INPUT_NAMES } from '../../src/inputs/table.js';
import { WANTED_VERSIONS } from '../support/wanted-versions.js';

interface Step {
  readonly id?: string;
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}

interface Workflow {
  readonly permissions?: unknown;
  readonly jobs: Readonly<
    Record<
      string,
      {
        readonly permissions?: unknown;
        readonly if?: string;
        readonly environment?: unknown;
        /** The jobs of a matrix share one set of outputs, so that no key's has-changes can be told from it. */
        readonly strategy?: unknown;
        /** None where the job calls a reusable workflow. */
        readonly steps?: readonly Step[];
        readonly uses?: string;
        readonly needs?: unknown;
        readonly outputs?: Readonly<Record<string, string>>;
      }
    >
  >;
}

const read = (file: string): string => readFileSync(file, 'utf8');
const inFolder = (folder: string): string[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.yml'))
    .map((name) => `${folder}/${name}`);
const OWN = inFolder('.github/workflows');
const EXAMPLES = inFolder('examples').filter((file) => file !== 'examples/kms-keys.yml');
const workflow = (file: string): Workflow => parse(read(file)) as Workflow;
const stepsOf = (file: string): Step[] =>
  Object.values(workflow(file).jobs).flatMap(({ steps = [] }) => steps);

/** actionlint and zizmor say far more; CI runs them, and this holds without either. */
describe.each([...OWN, ...EXAMPLES])('%s', (file) => {
  test('names every action by the full SHA, with the version beside it', () => {
    const uses = [...read(file).matchAll(/^\s*-?\s*uses:\s*(.+)$/gm)].map(([, what]) => what ?? '');
    expect(uses).not.toEqual([]);
    for (const what of uses) expect(what).toMatch(/^[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  });

  test('gives no permission to all, and each job its own', () => {
    const { permissions, jobs } = workflow(file);
    expect(permissions).toEqual({});
    for (const job of Object.values(jobs)) expect(job.permissions).toBeInstanceOf(Object);
  });

  test('leaves no credentials behind in a checkout', () => {
    const checkouts = stepsOf(file).filter(({ uses }) => uses?.startsWith('actions/checkout@'));
    for (const checkout of checkouts) expect(checkout.with).toMatchObject({ 'persist-credentials': false });
  });
});

test('the last job of CI needs all the others', () => {
  const { all, ...others } = workflow('.github/workflows/ci.yml').jobs;
  expect(all?.needs).toEqual(Object.keys(others));
});

test('CI tells the story with every provider version that somebody’s workflow may name', () => {
  const mirrored = (workflow('.github/workflows/ci.yml').jobs['providers']?.steps ?? []).flatMap(
    ({ run }) => /mirror-provider\.sh "[^"]+" (.+)/.exec(run ?? '')?.[1]?.split(' ') ?? [],
  );
  expect(mirrored).toEqual(WANTED_VERSIONS);
});

/** The README's own workflow is read like an example, but names the action by its major tag to be short. */
const README_WORKFLOW = /```yaml\n([\s\S]*?)```/.exec(read('README.md'))?.[1] ?? '';

const ALL_READ: readonly (readonly [string, string])[] = [
  ...EXAMPLES.map((file) => [file, read(file)] as const),
  ['README.md', README_WORKFLOW],
];

test.each(ALL_READ)(
  '%s calls the action with inputs that it has, and applies only what is not a pull request',
  (_, text) => {
    const jobs = Object.values((parse(text) as Workflow).jobs);
    const steps = jobs.flatMap((job) => (job.steps ?? []).map((step) => ({ ...step, when: job.if ?? '' })));
    const calls = steps.filter(({ uses }) => uses?.includes('/aws-kms-multi-region-key@'));
    const called = jobs.flatMap(({ uses }) => uses ?? []);
    expect([...calls, ...called]).not.toEqual([]);
    const known = new Set<string>(INPUT_NAMES);
    for (const { with: inputs = {}, when } of calls) {
      expect(Object.keys(inputs).filter((name) => !known.has(name))).toEqual([]);
      if (inputs['command'] === 'apply') expect(when).toContain("github.event_name == 'push'");
    }
  },
);

const GIVEN = /^\$\{\{ steps\.([\w-]+)\.outputs\.([\w-]+) \}\}$/;

/** GitHub takes what is not there for an empty text, so that an apply would find no approved plan, or never run. */
test.each(ALL_READ)('%s takes from another job only what that job gives and the action has', (_, text) => {
  const { jobs } = parse(text) as Workflow;
  const { outputs: known } = parse(read('action.yml')) as { outputs: object };
  for (const [, name = '', output = ''] of text.matchAll(/needs\.([\w-]+)\.outputs\.([\w-]+)/g)) {
    const job = jobs[name] ?? {};
    const [, id, given = ''] = GIVEN.exec(job.outputs?.[output] ?? '') ?? [];
    const step = (job.steps ?? []).find((each) => each.id === id);
    expect([name, output, id, step]).toEqual([name, output, expect.any(String), expect.anything()]);
    if (step?.run === undefined) expect(Object.keys(known)).toContain(given);
    else expect(step.run).toContain(`echo "${given}=`);
  }
});

/** A job that goes on after a failed plan asks its reviewers for an empty digest; one without changes asks for nothing. */
test.each(ALL_READ)('%s asks reviewers only for a plan that succeeded and has changes', (_, text) => {
  expect(text).not.toContain('continue-on-error');
  const behindReviewers = Object.values((parse(text) as Workflow).jobs).filter(
    ({ environment, strategy }) => environment !== undefined && strategy === undefined,
  );
  for (const job of behindReviewers) expect(job.if).toMatch(/needs\.[\w-]+\.outputs\.has-changes == 'true'/);
});

/** Whoever copies a workflow must not let accounts use the key that are not theirs. */
test.each(ALL_READ)('%s lets no other account in as it stands', (_, text) => {
  const accounts = new Set([...text.matchAll(/\b\d{12}\b/g)].map(([account]) => account));
  expect([...accounts].filter((account) => account !== '999900001111')).toEqual([]);
});

/** A workflow whose `paths` name another file than its own never runs, and says nothing. */
test.each(EXAMPLES)('%s watches the file that examples/README.md has it copied to', (file) => {
  const paths = [...read(file).matchAll(/paths: \[([^,\]]*)/g)].map(([, path]) => path);
  const named = file === 'examples/many-keys.yml' ? 'kms-keys.yml' : 'kms-key.yml';
  expect(read('examples/README.md')).toContain(named);
  for (const path of paths) expect(path).toBe(`.github/workflows/${named}`);
});

describe('a release', () => {
  const good = { version: '1.2.3', ref: 'refs/heads/main', named: '1.2.3', tags: ['v1.2.2', 'v1'] };

  test('is made of the version that package.json names, from main', () => {
    expect(releaseProblem(good)).toBeUndefined();
  });

  test.each([
    [{ version: 'v1.2.3' }, 'not of the form'],
    [{ version: '1.2' }, 'not of the form'],
    [{ version: '1.2.3-rc.1' }, 'not of the form'],
    [{ version: '01.2.3' }, 'not of the form'],
    [{ version: '1.2.3\n1.2.4' }, 'not of the form'],
    [{ version: '$(id)' }, 'not of the form'],
    [{ ref: 'refs/heads/other' }, 'from main only'],
    [{ ref: 'refs/tags/main' }, 'from main only'],
    [{ named: '1.2.4' }, 'package.json names 1.2.4'],
    [{ tags: ['v1.2.3'] }, 'exists already'],
  ])('%j is refused', (changed, reason) => {
    expect(releaseProblem({ ...good, ...changed })).toContain(reason);
  });
});
