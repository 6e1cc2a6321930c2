/** Runs the README's workflow for the pictures: the built action, the real Terraform and AWS provider, the emulators. */

import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { asOnThatDay, withoutFolds } from '../../__tests__/support/golden-text.js';
import { startEmulator, type Emulator } from '../../emulator/index.js';
import { makeOutside } from '../../testing/run-workflow.js';
import { runWorkflow, type Start } from '../../testing/workflow.js';
import { pictureFiles } from './files.js';
import { trimPlan } from '../trim-plan.js';
import { PICTURED_HEAD, PICTURED_ID, readmeWorkflow, SCENES, useKey, type Scene } from './scenes.js';

const REPOSITORY = 'octo-org/octo-repo';

interface Planned {
  readonly json: string;
  /** Terraform's own description. */
  readonly text: string;
}

/** A run of a workflow. @returns what its plan job planned @throws Error where a job failed */
async function play(emulator: Emulator, workflow: string, start: Start): Promise<Planned> {
  const temp = await mkdtemp(path.join(os.tmpdir(), 'pictures-'));
  let planned: Planned = { json: '', text: '' };
  try {
    const outside = await makeOutside({ emulator: emulator.url, approves: true, file: 'README.md' }, temp);
    const { jobs } = await runWorkflow(workflow, start, {
      ...outside,
      runStep: async (call) => {
        const result = await outside.runStep(call);
        if (call.job === 'plan') planned = await readPlanned(result.outputs);
        return result;
      },
    });
    const failed = Object.entries(jobs).filter(([, { result }]) => result === 'failure');
    if (failed.length > 0) throw new Error(`The job ${failed.map(([id]) => id).join(', ')} failed.`);
    return planned;
  } finally {
    await rm(temp, { recursive: true, force: true });
  }
}

async function readPlanned(outputs: Readonly<Record<string, string>>): Promise<Planned> {
  const read = (name: string): Promise<string> => readFile(outputs[name] ?? '', 'utf8');
  return { json: await read('plan-json-path'), text: await read('plan-text-path') };
}

/** The comment on the pull request, and the plan behind it, each as a file. */
async function record(emulator: Emulator, { name, edit }: Scene, pullRequest: number): Promise<void> {
  const place = { repository: REPOSITORY, number: pullRequest };
  emulator.github.addPullRequest({ ...place, headSha: PICTURED_HEAD });
  const { json, text } = await play(emulator, edit(readmeWorkflow()), {
    event: 'pull_request',
    pullRequest,
    runId: 1,
  });
  const body = emulator.github.comments(place).at(-1)?.body ?? '';
  const shown = withoutFolds(asOnThatDay(body, emulator.clock.now())).replaceAll(
    emulator.url,
    'http://emulator',
  );
  await writeFile(pictureFiles(name).text, `${shown}\n`);
  const trimmed = JSON.stringify(trimPlan(JSON.parse(json) as Record<string, unknown>));
  await writeFile(`__tests__/golden/plans/picture-${name}.json`, `${trimmed}\n`);
  await writeFile(`__tests__/golden/plans/picture-${name}.txt`, text);
}

/**
 * The first pull request is merged and applied where a scene is on the key that is there then.
 * @param names of the scenes; all of them where none is named
 */
export async function runScenes(names: readonly string[]): Promise<void> {
  const wanted = SCENES.filter(({ name }) => names.length === 0 || names.includes(name));
  const needsKey = wanted.some(({ onExistingKey }) => onExistingKey);
  const scenes = SCENES.filter((scene, index) => wanted.includes(scene) || (index === 0 && needsKey));
  const emulator = await startEmulator({ bucket: 'acme-terraform-state' });
  try {
    for (const [index, scene] of scenes.entries()) {
      const number = index + 1;
      await record(emulator, scene, number);
      const place = { repository: REPOSITORY, number };
      if (index > 0 || !needsKey) {
        emulator.github.closePullRequest(place);
        continue;
      }
      emulator.kms.settings.nextKeyIds.push(PICTURED_ID);
      emulator.github.mergePullRequest({ ...place, method: 'squash' });
      await play(emulator, readmeWorkflow(), { event: 'push', pullRequest: number, runId: 100 });
      await useKey(emulator);
    }
  } finally {
    await emulator.stop();
  }
}
