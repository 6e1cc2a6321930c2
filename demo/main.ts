import { startEmulator, type Emulator } from '../emulator/index.js';
import { findProviderMirror, findTerraform } from '../__tests__/support/terraform.js';
import { runAction, type ActionRun } from './action.js';
import { findNode24 } from './runtime.js';

/** One chapter of the story: what the team wants, and what it changes in the `with:` block. */
interface Chapter {
  readonly title: string;
  readonly with: Readonly<Record<string, string>>;
  /** What must be so afterwards, or the demo fails. */
  readonly expect: (outputs: Outputs) => string | undefined;
  /** True for a run on the pull request; the others run on the branch it was merged into. */
  readonly onPullRequest?: true;
  /** True when it applies what the first chapter's plan was approved for; the others approve themselves. */
  readonly approvedByFirst?: true;
}

type Outputs = Readonly<Record<string, string>>;

const REPOSITORY = 'octo-org/octo-repo';
const HEAD = '1a'.repeat(20);
const MERGED = '2b'.repeat(20);

const article = {
  'primary-region': 'ap-southeast-1',
  'replica-regions': 'ap-southeast-2, ap-southeast-3',
  alias: 'aws_cb_cmk',
  'account-ids': '111122223333, 044455556666',
  description: 'CMK for AWS CB Blog',
};
const fourRegions = { ...article, 'replica-regions': 'ap-southeast-2, ap-southeast-3, ap-northeast-1' };
const renamed = {
  ...fourRegions,
  alias: 'aws_cb_cmk_v2',
  'state-key': 'aws-kms-multi-region-key/aws_cb_cmk.tfstate',
};
const letIn = { ...renamed, 'account-ids': '111122223333, 044455556666, 777788889999' };
const auto = { command: 'apply', 'auto-approve': 'true' };

const CHAPTERS: readonly Chapter[] = [
  {
    title: 'A pull request: Singapore, Sydney and Jakarta are planned and commented',
    with: { ...article, command: 'plan' },
    onPullRequest: true,
    expect: (outputs) => (outputs['comment-url'] ? undefined : 'there is no comment'),
  },
  {
    title: 'Merged: apply exactly the approved plan, and prove that the keys are one key',
    with: { ...article, command: 'apply', verify: 'crypto' },
    approvedByFirst: true,
    expect: (outputs) =>
      keysProblem(outputs) ?? (outputs['verified'] === 'true' ? undefined : 'the keys are not verified'),
  },
  { title: 'Plan again: nothing to do', with: { ...article, command: 'plan' }, expect: noChangesProblem },
  { title: 'Add a Region: Tokyo', with: { ...fourRegions, ...auto }, expect: keysProblem },
  { title: 'Rename the alias', with: { ...renamed, ...auto }, expect: keysProblem },
  { title: 'Let an account in', with: { ...letIn, ...auto }, expect: keysProblem },
  {
    title: 'Destroy, with confirmation',
    with: { ...letIn, ...auto, command: 'destroy', 'confirm-destroy': 'aws_cb_cmk_v2' },
    expect: (outputs) =>
      outputs['to-destroy'] === '8' ? undefined : `to-destroy is ${outputs['to-destroy'] ?? ''}`,
  },
];

function noChangesProblem(outputs: Outputs): string | undefined {
  return outputs['has-changes'] === 'false'
    ? undefined
    : `expected no changes, but: ${outputs['plan-summary'] ?? ''}`;
}

/** The keys must be one key: the same `mrk-` id in every Region. */
function keysProblem(outputs: Outputs): string | undefined {
  const id = outputs['key-id'] ?? '';
  if (!/^mrk-[0-9a-f]{32}$/.test(id)) return `key-id is ${JSON.stringify(id)}`;
  const arns = Object.entries(JSON.parse(outputs['key-arns'] ?? '{}') as Record<string, string>);
  const wrong = arns.find(([region, arn]) => !arn.includes(`:${region}:`) || !arn.endsWith(`:key/${id}`));
  return wrong === undefined && arns.length >= 3 ? undefined : `key-arns is ${outputs['key-arns'] ?? ''}`;
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

function printOutputs(outputs: Outputs): void {
  print('outputs:');
  for (const [name, value] of Object.entries(outputs))
    if (!name.endsWith('-path')) print(`  ${name}: ${value}`);
}

/** What the story is played with. */
interface Stage {
  readonly emulator: Emulator;
  readonly node: string;
  readonly common: Readonly<Record<string, string>>;
  readonly pullRequest: number;
}

/** The job's environment: GitHub's variables, and no AWS credentials but those that its OIDC token is exchanged for. */
function jobEnvironment({ emulator }: Stage, { onPullRequest }: Chapter): Record<string, string> {
  const env = Object.fromEntries(Object.entries(emulator.env).filter(([name]) => !/^AWS_.*_KEY/.test(name)));
  return {
    ...env,
    GITHUB_REPOSITORY: REPOSITORY,
    GITHUB_EVENT_NAME: onPullRequest ? 'pull_request' : 'push',
    GITHUB_REF: onPullRequest ? 'refs/pull/7/merge' : 'refs/heads/main',
    GITHUB_SHA: MERGED,
    GITHUB_RUN_ID: '42',
  };
}

function pullRequestEvent(number: number): unknown {
  const repository = { full_name: REPOSITORY };
  const head = { sha: HEAD, ref: 'key', repo: repository };
  return { number, pull_request: { number, head, base: { ref: 'main', repo: repository } }, repository };
}

async function play(stage: Stage, chapter: Chapter, approved: string | undefined): Promise<ActionRun> {
  const approval = chapter.approvedByFirst && approved !== undefined ? { 'approved-plan': approved } : {};
  return runAction({
    node: stage.node,
    with: { ...stage.common, ...chapter.with, ...approval },
    env: jobEnvironment(stage, chapter),
    event: chapter.onPullRequest ? pullRequestEvent(stage.pullRequest) : {},
    commands: false,
    onOutput: (text) => process.stdout.write(text),
  });
}

/** @returns what went wrong, or undefined when every chapter ended as it should */
async function tell(stage: Stage): Promise<string | undefined> {
  let approved: string | undefined;
  for (const [index, chapter] of CHAPTERS.entries()) {
    print(`\n━━ ${index + 1}. ${chapter.title}`);
    const run = await play(stage, chapter, approved);
    printOutputs(run.outputs);
    const problem =
      run.exitCode === 0 ? chapter.expect(run.outputs) : `the action exited with ${run.exitCode}`;
    if (problem !== undefined) return `chapter ${index + 1}: ${problem}`;
    if (chapter.onPullRequest) printComment(stage);
    approved ??= run.outputs['plan-digest'];
  }
  return undefined;
}

function printComment({ emulator, pullRequest }: Stage): void {
  const comment = emulator.github.comments({ repository: REPOSITORY, number: pullRequest }).at(-1);
  print(
    `\n── the comment on pull request #${pullRequest}, as Markdown ──\n${comment?.body ?? ''}\n── end of the comment ──`,
  );
}

async function setStage(): Promise<Stage> {
  const [terraform, mirror, node] = [findTerraform(), findProviderMirror(), findNode24()];
  print(
    `Terraform: ${terraform === undefined ? 'downloaded by the action' : `${terraform.version}, from PATH`}`,
  );
  print(
    `AWS provider: ${mirror === undefined ? 'from the registry' : `${mirror.versions.join(', ')}, from a mirror on this machine`}`,
  );
  print(`Node: ${node.version}`);
  const emulator = await startEmulator({ github: { repository: { fullName: REPOSITORY } } });
  print(`AWS and GitHub: an emulator at ${emulator.url}`);
  const { number } = emulator.github.addPullRequest({
    repository: REPOSITORY,
    number: 7,
    headSha: HEAD,
    baseRef: 'main',
  });
  const common = {
    'state-bucket': emulator.bucket,
    'role-to-assume': emulator.role,
    'github-token': emulator.env['GITHUB_TOKEN'] ?? '',
    ...(mirror === undefined ? {} : { 'provider-mirror': mirror.dir }),
  };
  return { emulator, node: node.path, common, pullRequest: number };
}

async function main(): Promise<number> {
  const started = Date.now();
  const stage = await setStage();
  try {
    const problem = await tell(stage);
    const seconds = Math.round((Date.now() - started) / 1000);
    print(
      problem === undefined
        ? `\nThe demo ran in ${seconds} s: all ${CHAPTERS.length} chapters as expected.`
        : `\nThe demo failed in ${problem}`,
    );
    return problem === undefined ? 0 : 1;
  } finally {
    await stage.emulator.stop();
  }
}

process.exitCode = await main();
