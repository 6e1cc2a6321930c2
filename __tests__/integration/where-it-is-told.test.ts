/**
 * Every kind of run, and what it tells in each place where it can: whole runs on recorded answers of Terraform. The golden files
 * are for people to read, and the table of `docs/where-it-is-told.md` is made from the same runs:
 * `UPDATE_GOLDEN=1 npm test -- where-it-is-told` writes both anew.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { format, resolveConfig } from 'prettier';
import type { EventOptions } from '../../emulator/github/events.js';
import { withoutFolds } from '../support/golden-text.js';
import { RecordedWorld, type Recorded, type Told } from '../support/recorded-run.js';

const PULL_REQUEST: EventOptions = { event: 'pull_request', pullRequest: 1, runId: 1 };
const PUSH: EventOptions = { event: 'push', pullRequest: 1, runId: 2 };
const BY_HAND: EventOptions = { event: 'workflow_dispatch', runId: 3 };

interface Kind {
  readonly with?: Readonly<Record<string, string>>;
  readonly on: EventOptions;
  readonly terraform: (world: RecordedWorld) => Recorded;
  /** What was there before the run. */
  readonly before?: (world: RecordedWorld) => Promise<unknown>;
  readonly result: string;
}

/** A plan on the pull request, which is then merged. */
const planned = (plan: string) => async (world: RecordedWorld) => {
  await world.run({}, { plan }, PULL_REQUEST);
  world.merge();
};

const withKeys = (world: RecordedWorld): Promise<void> => world.makeKeys();

const DESTROY = { 'confirm-destroy': 'aws_cb_cmk', 'allow-destroy': 'true' };
const BY_PULL_REQUEST = { command: 'apply', 'approved-plan': 'pull-request' };

const KINDS: Readonly<Record<string, Kind>> = {
  plan: { on: PULL_REQUEST, terraform: () => ({ plan: 'first-creation' }), result: 'planned' },
  'plan after the merge': {
    on: PUSH,
    before: planned('first-creation'),
    terraform: () => ({ plan: 'first-creation' }),
    result: 'planned',
  },
  'plan after the merge, another': {
    on: PUSH,
    before: planned('first-creation'),
    terraform: () => ({ plan: 'ten-regions' }),
    result: 'planned',
  },
  'plan after the apply': {
    on: { ...PUSH, runId: 3 },
    before: async (world) => {
      await planned('first-creation')(world);
      await world.run(BY_PULL_REQUEST, { plan: 'first-creation', onApply: () => world.makeKeys() }, PUSH);
    },
    terraform: () => ({ plan: 'no-change' }),
    result: 'no-changes',
  },
  'plan without changes': {
    on: PULL_REQUEST,
    before: withKeys,
    terraform: () => ({ plan: 'no-change' }),
    result: 'no-changes',
  },
  apply: {
    with: BY_PULL_REQUEST,
    on: PUSH,
    before: planned('first-creation'),
    terraform: (world) => ({ plan: 'first-creation', onApply: () => world.makeKeys() }),
    result: 'applied',
  },
  'plan of a move': {
    with: {
      'primary-region': 'ap-southeast-2',
      'replica-regions': 'ap-southeast-1, ap-southeast-3',
      'move-primary': 'true',
    },
    on: PULL_REQUEST,
    before: withKeys,
    terraform: () => ({ plan: 'no-change', hasState: true }),
    result: 'planned',
  },
  'destroy preview': {
    with: { 'plan-destroy': 'true', ...DESTROY },
    on: BY_HAND,
    before: withKeys,
    terraform: () => ({ plan: 'destroy' }),
    result: 'planned',
  },
  destroy: {
    with: { command: 'destroy', 'auto-approve': 'true', ...DESTROY },
    on: BY_HAND,
    before: withKeys,
    terraform: (world) => ({ plan: 'destroy', onApply: () => world.deleteKeys() }),
    result: 'applied',
  },
  drift: {
    with: { command: 'drift' },
    on: { event: 'schedule', runId: 4 },
    before: withKeys,
    terraform: () => ({ plan: 'drift-policy' }),
    result: 'drifted',
  },
  verify: {
    with: { command: 'verify' },
    on: BY_HAND,
    before: withKeys,
    terraform: () => ({ plan: 'no-change' }),
    result: 'verified',
  },
  refused: {
    on: PULL_REQUEST,
    before: withKeys,
    terraform: () => ({ plan: 'region-removed' }),
    result: 'refused',
  },
  'not approved': {
    with: { command: 'apply' },
    on: PUSH,
    before: planned('first-creation'),
    terraform: () => ({ plan: 'first-creation' }),
    result: 'not-approved',
  },
  locked: {
    on: PULL_REQUEST,
    terraform: () => ({ plan: 'first-creation', fails: 'locked-by-another' }),
    result: 'locked',
  },
  'wrong inputs': {
    with: { 'account-ids': '44455556666, abc', 'replica-regions': 'ap-southeast-1' },
    on: PULL_REQUEST,
    before: (world) => world.run({}, { plan: 'first-creation' }, PULL_REQUEST),
    terraform: () => ({ plan: 'first-creation' }),
    result: 'failed',
  },
  cancelled: {
    with: BY_PULL_REQUEST,
    on: PUSH,
    before: planned('first-creation'),
    terraform: (world) => ({
      plan: 'first-creation',
      fails: 'something-else',
      onApply: () => {
        world.cancellation.abort(new Error('the step was cancelled (SIGINT)'));
      },
    }),
    result: 'cancelled',
  },
  failed: {
    with: BY_PULL_REQUEST,
    on: PUSH,
    before: planned('first-creation'),
    terraform: () => ({ plan: 'first-creation', fails: 'create-not-allowed' }),
    result: 'failed',
  },
};

interface Everywhere extends Told {
  /** The comments that the run wrote, each with where it stands. */
  readonly comments: readonly { readonly where: string; readonly body: string }[];
}

async function tell({ with: inputs = {}, on, before, terraform }: Kind): Promise<Everywhere> {
  const world = await RecordedWorld.open();
  try {
    await before?.(world);
    const old = world.comments();
    const told = await world.run(inputs, terraform(world), on);
    const comments = world.comments().flatMap((body, index) => {
      if (body === old[index]) return [];
      return [
        {
          where: index < old.length ? 'in the place of the plan' : old.length > 0 ? 'below the plan' : '',
          body,
        },
      ];
    });
    return { ...told, comments };
  } finally {
    await world.close();
  }
}

/** What Terraform says is in the log and, folded, in the report; here it is counted. */
function withoutTerraform(log: string): string {
  return log.replaceAll(/^::stop-commands::token\n([\s\S]*?)^::token::\n/gm, (_, text: string) => {
    const lines = text.split('\n').length - 1;
    return `  (${lines === 1 ? 'a line' : `${lines} lines`} of Terraform)\n`;
  });
}

function visible(markdown: string): string {
  return markdown.replaceAll(/<!--.*?-->/gs, '').trim();
}

const fence = (text: string): string => `~~~text\n${text.trimEnd()}\n~~~`;

/** All that a run told, for a person to read. */
function renderTold(
  name: string,
  { log, annotations, summary, comments, outputs, failed }: Everywhere,
): string {
  const same = comments.length === 1 && visible(comments[0]?.body ?? '') === visible(summary);
  const written = comments.map(
    ({ where, body }) => `${where === '' ? '' : `(${where})\n\n`}${withoutFolds(body)}`,
  );
  return [
    `# ${name}: the step ${failed ? 'fails' : 'succeeds'}`,
    '## Log',
    fence(withoutTerraform(log)),
    '## Annotations',
    annotations.length === 0 ? 'none' : fence(annotations.join('\n\n')),
    '## Job summary',
    same ? 'As the comment, without its hidden lines.' : withoutFolds(summary).trim() || 'none',
    '## Comment',
    written.join('\n\n') || 'none',
    '## Outputs',
    fence(
      Object.entries(outputs)
        .map(([output, value]) => `${output}: ${value}`)
        .join('\n'),
    ),
    '',
  ].join('\n\n');
}

const headline = (markdown: string): string =>
  visible(markdown)
    .split('\n')[0]
    ?.replace(/^#+ /, '')
    .replace(/ <sub>.*$/, '')
    .replaceAll('|', '\\|') ?? '';

/** The last line of the log that is no address and no annotation: how it ended. */
function lastWords(log: string): string {
  const lines = withoutTerraform(log)
    .split('\n')
    .filter((line) => line !== '' && !/^(::|Comment: |Summary: )/.test(line));
  return lines.findLast((line) => /^\p{Extended_Pictographic}/u.test(line)) ?? '–';
}

function rowOf(name: string, { log, annotations, summary, comments, outputs, failed }: Everywhere): string {
  const cells = [
    `[${name}](../${goldenOf(name)})`,
    failed ? 'fails' : 'succeeds',
    lastWords(log),
    annotations.map((each) => each.split('\n')[0]).join('<br>') || '–',
    headline(summary) || '–',
    comments.map(({ where, body }) => `${headline(body)}${where === '' ? '' : ` (${where})`}`).join('<br>') ||
      '–',
    `\`result: ${outputs['result'] ?? ''}\` and ${Object.keys(outputs).length - 1} more`,
  ];
  return `| ${cells.join(' | ')} |`;
}

const goldenOf = (name: string): string => `__tests__/golden/told/${name.replaceAll(/\W+/g, '-')}.md`;

function compare(file: string, text: string): void {
  if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(file, text);
  expect(text).toBe(readFileSync(file, 'utf8'));
}

const PAGE = 'docs/where-it-is-told.md';
const MARK = '<!-- the table is made by __tests__/integration/where-it-is-told.test.ts -->';
const rows = new Map<string, string>();

describe('what a run tells, and where', () => {
  test.each(Object.entries(KINDS))('%s', async (name, kind) => {
    const told = await tell(kind);
    expect(told.outputs['result']).toBe(kind.result);
    expect(told.failed).toBe(FAILING.has(kind.result));
    // A step that fails says why as its one error; any other has none.
    expect(told.annotations.filter((each) => each.startsWith('error')).length).toBe(told.failed ? 1 : 0);
    rows.set(name, rowOf(name, told));
    compare(goldenOf(name), renderTold(name, told));
  });

  test('is the table of the page', async () => {
    const [head = ''] = readFileSync(PAGE, 'utf8').split(MARK);
    const table = [
      '| run | step | last words of the log | annotations | job summary | comment | outputs |',
      `|${' --- |'.repeat(7)}`,
      ...Object.keys(KINDS).map((name) => rows.get(name) ?? ''),
    ];
    const page = await format(`${head}${MARK}\n\n${table.join('\n')}\n`, {
      ...(await resolveConfig(PAGE)),
      parser: 'markdown',
    });
    compare(PAGE, page);
  });
});

test.each(['destroy', 'drift', 'verify'])(
  '%s on the commit that a pull request was merged as asks GitHub nothing, and leaves its comment alone',
  async (name) => {
    const kind = KINDS[name];
    if (kind === undefined) throw new Error(`There is no kind of run ${name}.`);
    const world = await RecordedWorld.open();
    try {
      await planned('first-creation')(world);
      await withKeys(world);
      const [comments, calls] = [world.comments(), world.emulator.calls.find({ service: 'github' }).length];
      const told = await world.run(kind.with ?? {}, kind.terraform(world), PUSH);
      expect(told.outputs['result']).toBe(kind.result);
      expect(world.emulator.calls.find({ service: 'github' })).toHaveLength(calls);
      expect(calls).toBeGreaterThan(0);
      expect(world.comments()).toEqual(comments);
    } finally {
      await world.close();
    }
  },
);

const FAILING: ReadonlySet<string> = new Set(['failed', 'refused', 'not-approved', 'locked', 'cancelled']);
