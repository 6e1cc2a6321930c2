import type { ActionRun } from './action.js';
import { MANY_KEYS, tellOfManyKeys } from './many-keys.js';
import { commentOn, runJob, setStage, type Stage } from './stage.js';
import { STORY, type Chapter } from './story.js';

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

function printOutputs(outputs: ActionRun['outputs']): void {
  print('outputs:');
  for (const [name, value] of Object.entries(outputs))
    if (!name.endsWith('-path')) print(`  ${name}: ${value}`);
}

function printComment(stage: Stage, { of, show }: NonNullable<Chapter['comment']>): void {
  const body = commentOn(stage, of);
  const [review = '', plan] = body.split('<details>');
  const verdict = body.split('\n').find((line) => line.startsWith('### ')) ?? '';
  if (show === 'verdict') {
    print(`── the comment on pull request #${of} now begins with ──\n${verdict}`);
    return;
  }
  const text = show === 'all' || plan === undefined ? body : `${review}(and the full plan)`;
  print(`\n── the comment on pull request #${of}, as Markdown ──\n${text}\n── end of the comment ──`);
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
  const run = await runJob(stage, { ...chapter, with: { ...chapter.with, ...approval } });
  printOutputs(run.outputs);
  const expected = chapter.exitCode ?? 0;
  if (run.exitCode !== expected) return `the action exited with ${run.exitCode}, expected was ${expected}`;
  const problem = chapter.expect(run);
  if (problem !== undefined) return problem;
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
  const stage = await setStage();
  stage.tools.forEach(print);
  try {
    const problem = await tell(stage);
    const seconds = Math.round((Date.now() - started) / 1000);
    print(
      problem === undefined
        ? `\nThe demo ran in ${seconds} s: all ${STORY.length + 1} chapters as expected.`
        : `\nThe demo failed in ${problem}`,
    );
    return problem === undefined ? 0 : 1;
  } finally {
    await stage.emulator.stop();
  }
}

process.exitCode = await main();
