/**
 * `npm run demo`: a key's story, from the first plan to its destruction. Shows of each chapter the verdict, the tables and the
 * outputs; with `npm run demo -- --verbose` also the whole log, the whole comment and every output.
 */

import { parseArgs } from 'node:util';
import type { ActionRun } from './action.js';
import { MANY_KEYS, tellOfManyKeys } from './many-keys.js';
import { showOutputs, showReport } from './show.js';
import { commentOn, runJob, setStage, type Job, type Stage } from './stage.js';
import { STORY, type Chapter } from './story.js';

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

function whereOf(on: Job['on']): string {
  return 'pullRequest' in on
    ? `on pull request #${on.pullRequest}`
    : `on main, where #${on.mergeOf} is merged`;
}

function printComment(stage: Stage, { of, show }: NonNullable<Chapter['comment']>): void {
  const body = commentOn(stage, of);
  if (stage.verbose && show === 'all')
    print(`\n── the comment on pull request #${of}, as Markdown ──\n${body}\n── end of the comment ──`);
  const verdict = body.split('\n').find((line) => line.startsWith('### ')) ?? '';
  print(`  the comment on #${of} now begins with: ${verdict.replace('### ', '').replaceAll('`', '')}`);
}

/**
 * @param planned the digest that was planned last
 * @returns the outputs; a text that says what went wrong, instead
 */
async function play(
  stage: Stage,
  chapter: Chapter,
  planned: string | undefined,
): Promise<ActionRun['outputs'] | string> {
  await chapter.before?.(stage);
  const approval = chapter.approvedByReviewers === true ? { 'approved-plan': planned ?? '' } : {};
  print(`   ${chapter.with['command'] ?? 'plan'} ${whereOf(chapter.on)} …\n`);
  const run = await runJob(stage, { ...chapter, with: { ...chapter.with, ...approval } });
  print(showReport(run.summary).replace(/^(?=.)/gm, '  '));
  print(showOutputs(run.outputs, stage.verbose ? 'all' : (chapter.outputs ?? [])));
  const expected = chapter.exitCode ?? 0;
  if (run.exitCode !== expected)
    return `the action exited with ${run.exitCode}, expected was ${expected}\n${run.stdout}`;
  const problem = chapter.expect(run);
  if (problem !== undefined) return `${problem}\n${run.stdout}`;
  if (chapter.comment !== undefined) printComment(stage, chapter.comment);
  return run.outputs;
}

/** @returns what went wrong, or undefined when every chapter ended as it should */
async function tell(stage: Stage): Promise<string | undefined> {
  let planned: string | undefined;
  for (const [index, chapter] of STORY.entries()) {
    print(`\n━━ ${index + 1}. ${chapter.title}`);
    const outcome = await play(stage, chapter, planned);
    if (typeof outcome === 'string') return `chapter ${index + 1}: ${outcome}`;
    planned = outcome['plan-digest'];
  }
  print(`\n━━ ${STORY.length + 1}. ${MANY_KEYS}`);
  const problem = await tellOfManyKeys(stage, print);
  return problem === undefined ? undefined : `chapter ${STORY.length + 1}: ${problem}`;
}

async function main(): Promise<number> {
  const started = Date.now();
  const { values } = parseArgs({ options: { verbose: { type: 'boolean', default: false } } });
  const stage = await setStage(values.verbose);
  stage.tools.forEach(print);
  try {
    const problem = await tell(stage);
    const seconds = Math.round((Date.now() - started) / 1000);
    print(
      problem === undefined
        ? `\nThe demo ran in ${seconds} s: all ${STORY.length + 1} chapters as expected.${values.verbose ? '' : ' The whole logs: npm run demo -- --verbose'}`
        : `\nThe demo failed in ${problem}`,
    );
    return problem === undefined ? 0 : 1;
  } finally {
    await stage.emulator.stop();
  }
}

process.exitCode = await main();
