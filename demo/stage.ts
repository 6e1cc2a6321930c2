import { startEmulator, type Emulator } from '../emulator/index.js';
import { findProviderMirror, findTerraform } from '../__tests__/support/terraform.js';
import { runAction, type ActionRun } from './action.js';

/** What the story is played with. */
export interface Stage {
  readonly emulator: Emulator;
  /** Which Terraform, provider and Node it is, one line each. */
  readonly tools: readonly string[];
  readonly node: string;
  /** The inputs that every job has. */
  readonly common: Readonly<Record<string, string>>;
  /** Whether the logs are shown. */
  readonly verbose: boolean;
  /** The id of the last run. */
  runs: number;
}

/** A job: what it is given, and where it runs. */
export interface Job {
  readonly with: Readonly<Record<string, string>>;
  /** On a pull request, or on the branch at the commit that merged one. */
  readonly on: { readonly pullRequest: number } | { readonly mergeOf: number };
  /** That of the run that the job belongs to; a new run by default. */
  readonly runId?: number;
  /** The checkout; none by default. */
  readonly workspace?: string;
  /** True for a job whose log is not shown. */
  readonly quiet?: boolean;
}

const REPOSITORY = 'octo-org/octo-repo';

const place = (number: number): { repository: string; number: number } => ({
  repository: REPOSITORY,
  number,
});

/** The last commit of a pull request, and the one that it is merged as. */
const headOf = (number: number): string => number.toString(16).padStart(2, '0').repeat(20);
const mergeOf = (number: number): string => `f${number.toString(16)}`.repeat(20);

/** Where files are as a pull request found them. */
export const baseOf = (number: number): { repository: string; ref: string } => ({
  repository: REPOSITORY,
  ref: `e${number.toString(16)}`.repeat(20),
});

export async function setStage(verbose: boolean): Promise<Stage> {
  const mirror = findProviderMirror((version) => version.startsWith('5.'));
  const terraform = findTerraform();
  const emulator = await startEmulator({ github: { repository: { fullName: REPOSITORY } } });
  return {
    emulator,
    tools: [
      `Terraform: ${terraform === undefined ? 'downloaded by the action' : `${terraform.version}, from PATH`}`,
      `AWS provider: ${mirror === undefined ? 'from the registry' : `${mirror.versions.join(', ')}, from a mirror on this machine`}`,
      `Node: ${process.version}`,
      `AWS and GitHub: an emulator at ${emulator.url}`,
    ],
    node: process.execPath,
    verbose,
    runs: 41,
    common: {
      'state-bucket': emulator.bucket,
      'role-to-assume': emulator.role,
      'github-token': emulator.env['GITHUB_TOKEN'] ?? '',
      ...(mirror === undefined ? {} : { 'provider-mirror': mirror.dir }),
    },
  };
}

export function openPullRequest({ emulator }: Stage, number: number): void {
  emulator.github.addPullRequest({ ...place(number), headSha: headOf(number), baseRef: 'main' });
}

export function mergePullRequest({ emulator }: Stage, number: number): void {
  emulator.github.mergePullRequest({ ...place(number), method: 'squash', mergeCommitSha: mergeOf(number) });
}

/** The newest comment on a pull request, as Markdown. */
export function commentOn({ emulator }: Stage, number: number): string {
  return emulator.github.comments(place(number)).at(-1)?.body ?? '';
}

/** What somebody with the AWS console might do: one more account in the policy of one Region's key. */
export async function letInByHand({ emulator }: Stage, region: string, account: string): Promise<void> {
  const { GetKeyPolicyCommand, KMSClient, PutKeyPolicyCommand } = await import('@aws-sdk/client-kms');
  const client = new KMSClient({
    region,
    endpoint: emulator.url,
    credentials: {
      accessKeyId: emulator.env['AWS_ACCESS_KEY_ID'] ?? '',
      secretAccessKey: emulator.env['AWS_SECRET_ACCESS_KEY'] ?? '',
    },
  });
  const KeyId = emulator.kms.keys(region)[0]?.arn ?? '';
  const { Policy } = await client.send(new GetKeyPolicyCommand({ KeyId }));
  const policy = JSON.parse(Policy ?? '{}') as { Statement: unknown[] };
  policy.Statement.push({
    Sid: 'By hand',
    Effect: 'Allow',
    Principal: { AWS: `arn:aws:iam::${account}:root` },
    Action: ['kms:Decrypt', 'kms:DescribeKey'],
    Resource: '*',
  });
  await client.send(new PutKeyPolicyCommand({ KeyId, Policy: JSON.stringify(policy) }));
  client.destroy();
}

/** Runs the action as a step of the job. */
export function runJob(
  stage: Stage,
  { with: inputs, on, workspace, runId, quiet = false }: Job,
): Promise<ActionRun> {
  return runAction({
    node: stage.node,
    with: { ...stage.common, ...inputs },
    env: {
      ...withoutKeys(stage.emulator.env),
      ...contextOf(on, runId ?? (stage.runs += 1)),
      ...(workspace === undefined ? {} : { GITHUB_WORKSPACE: workspace }),
    },
    event: 'pullRequest' in on ? pullRequestEvent(on.pullRequest) : {},
    commands: false,
    onOutput: (text) => {
      if (stage.verbose && !quiet) process.stdout.write(text);
    },
  });
}

/** No AWS credentials but those that the job's OIDC token is exchanged for. */
function withoutKeys(env: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !/^AWS_.*_KEY/.test(name)));
}

/** GitHub's own variables; every job is a run of its own, with a higher id than the one before. */
function contextOf(on: Job['on'], runId: number): Record<string, string> {
  const common = { GITHUB_REPOSITORY: REPOSITORY, GITHUB_RUN_ID: String(runId) };
  return 'pullRequest' in on
    ? {
        ...common,
        GITHUB_EVENT_NAME: 'pull_request',
        GITHUB_REF: `refs/pull/${on.pullRequest}/merge`,
        GITHUB_SHA: mergeOf(on.pullRequest),
      }
    : {
        ...common,
        GITHUB_EVENT_NAME: 'push',
        GITHUB_REF: 'refs/heads/main',
        GITHUB_SHA: mergeOf(on.mergeOf),
      };
}

function pullRequestEvent(number: number): unknown {
  const repository = { full_name: REPOSITORY };
  const head = { sha: headOf(number), ref: 'key', repo: repository };
  return {
    number,
    pull_request: { number, head, base: { ref: 'main', sha: baseOf(number).ref, repo: repository } },
    repository,
  };
}
