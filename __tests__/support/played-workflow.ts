import { readFileSync } from 'node:fs';
import { createGitHub, type EventOptions, type GitHub } from '../../emulator/github/index.js';
import {
  runWorkflow,
  type Outside,
  type Start,
  type StepCall,
  type StepResult,
  type WorkflowResult,
} from '../../testing/workflow.js';

/** A workflow that was run with steps that only note how they were called. */
export interface Played extends WorkflowResult {
  readonly calls: readonly StepCall[];
  /** The environments whose reviewers were asked. */
  readonly asked: readonly string[];
}

export interface PlayOptions {
  readonly github: GitHub;
  /** What a step gives; by default it succeeds with nothing. */
  readonly answer?: (call: StepCall) => Partial<StepResult> | undefined;
  readonly approves?: boolean;
}

/** Runs the text of a workflow against GitHub's emulator; calls of the action are answered by `answer`. */
export async function play(
  text: string,
  start: Start,
  { github, answer = () => undefined, approves = true }: PlayOptions,
): Promise<Played> {
  const calls: StepCall[] = [];
  const asked: string[] = [];
  const outside: Outside = {
    startJob: (job) => Promise.resolve(github.startEvent(job as EventOptions)),
    runStep: (call) => {
      calls.push(call);
      return Promise.resolve({ exitCode: 0, outputs: {}, ...answer(call) });
    },
    readFile: (file) =>
      Promise.resolve(readFileSync(file.replace('.github/workflows/', 'examples/'), 'utf8')),
    approve: (environment) => {
      asked.push(environment);
      return approves;
    },
  };
  return { ...(await runWorkflow(text, start, outside)), calls, asked };
}

/** GitHub with an open pull request, number 1, and another from a fork, number 2. */
export function makeGitHub(): GitHub {
  const github = createGitHub();
  const repository = 'octo-org/octo-repo';
  github.addPullRequest({ repository, number: 1, headSha: 'a'.repeat(40) });
  github.addPullRequest({
    repository,
    number: 2,
    headSha: 'b'.repeat(40),
    headRepository: 'mallory/octo-repo',
  });
  return github;
}

/** Whether a step is this action. */
export function isAction({ uses }: StepCall): boolean {
  return uses?.includes('/aws-kms-multi-region-key@') === true;
}
