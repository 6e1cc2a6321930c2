import { rm } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import path from 'node:path';
import { startEmulator } from '../emulator/index.js';
import { runAction, type ActionRun } from '../demo/action.js';
import { findProviderMirror, findTerraform } from '../__tests__/support/terraform.js';
import { renderForHand, runByHand, runToEnd, type ByHand } from './by-hand.js';
import { gibibytes, markdownTable, readCount } from './measure.js';

const ROUNDS = 7;
const STARTS = 15;

/** Two ways to the same end, timed in turn, so that a machine that slows down slows both down. */
export interface Pair {
  readonly name: string;
  readonly action: readonly number[];
  readonly hand: readonly number[];
}

/** What the limits are held against: `plan` by the action beside the same three commands by hand. */
interface Stage extends ByHand {
  readonly node: string;
}

const ARTICLE = {
  'primary-region': 'ap-southeast-1',
  'replica-regions': 'ap-southeast-2, ap-southeast-3',
  alias: 'aws_cb_cmk',
  'account-ids': '111122223333, 444455556666',
};

/**
 * `npm run bench -- overhead [ROUNDS]`: what the action adds to Terraform, and what the bundle takes to start.
 * @returns Markdown: the machine, and a table of medians and spreads
 */
export async function benchOverhead([rounds]: readonly string[]): Promise<string> {
  const terraform = findTerraform();
  const mirror = findProviderMirror((version) => version.startsWith('5.'));
  if (terraform === undefined || mirror === undefined)
    return '### Overhead\n\n- NOT measured: it needs a Terraform on PATH and a provider 5.x in a mirror, so that no download is timed.';
  const stage = await setStage({ node: process.execPath, terraform: terraform.path, mirror: mirror.dir });
  try {
    const count = rounds === undefined ? ROUNDS : readCount(rounds);
    const pairs = [
      await pair(
        'plan, three Regions',
        count,
        () => planByAction(stage),
        () => runByHand(stage, 'plan'),
      ),
      await pair(
        'plan on a pull request: OIDC, comment',
        count,
        () => planByAction(stage, true),
        () => runByHand(stage, 'plan'),
      ),
    ];
    const starts = await pair(
      'start-up',
      STARTS,
      () => refusedAtOnce(stage),
      () => bareNode(stage),
    );
    return [
      `### Overhead: the action with Node ${process.version}, Terraform ${terraform.version}, hashicorp/aws ${mirror.versions.at(-1) ?? ''}`,
      `${process.platform} ${process.arch}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, ${gibibytes(totalmem())}; run in pairs, one after the other, after one round that is not counted.`,
      renderPairs(pairs, 'by hand: `init`, `plan`, `show -json`'),
      renderPairs([starts], 'a Node that runs nothing'),
    ].join('\n\n');
  } finally {
    await stage.emulator.stop();
    await rm(stage.configuration, { recursive: true, force: true });
  }
}

/** Counts `rounds` of both, in turn, after one of each that is not counted. */
async function pair(
  name: string,
  rounds: number,
  action: () => Promise<void>,
  hand: () => Promise<void>,
): Promise<Pair> {
  const times = { action: [] as number[], hand: [] as number[] };
  for (let round = 0; round <= rounds; round += 1) {
    process.stderr.write(`${name}: round ${round} of ${rounds} …\n`);
    const seconds = [await time(action), await time(hand)] as const;
    if (round === 0) continue;
    times.action.push(seconds[0]);
    times.hand.push(seconds[1]);
  }
  return { name, ...times };
}

async function time(work: () => Promise<void>): Promise<number> {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1000;
}

/** A table with a row for each: seconds, their difference and their ratio pair by pair, as `median (least–most)`. */
export function renderPairs(pairs: readonly Pair[], hand: string): string {
  const rows = pairs.map(({ name, action, hand: byHand }) => [
    name,
    spread(action, 2),
    spread(byHand, 2),
    spread(
      action.map((seconds, index) => seconds - (byHand[index] ?? Number.NaN)),
      2,
    ),
    spread(
      action.map((seconds, index) => seconds / (byHand[index] ?? Number.NaN)),
      2,
    ),
  ]);
  return markdownTable(['', 'the action: s', `${hand}: s`, 'added: s', 'ratio'], rows);
}

function spread(values: readonly number[], digits: number): string {
  const sorted = [...values].sort((a, b) => a - b);
  const [least, most] = [sorted[0] ?? Number.NaN, sorted.at(-1) ?? Number.NaN];
  return `${median(sorted).toFixed(digits)} (${least.toFixed(digits)}–${most.toFixed(digits)})`;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  const [low, high] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
  return ((low ?? Number.NaN) + (high ?? Number.NaN)) / 2;
}

async function setStage(tools: Pick<Stage, 'node' | 'terraform' | 'mirror'>): Promise<Stage> {
  const repository = { fullName: 'octo-org/octo-repo' };
  const emulator = await startEmulator({ github: { repository } });
  emulator.github.addPullRequest({ repository: repository.fullName, number: 7, headSha: '1a'.repeat(20) });
  return { ...tools, emulator, configuration: await renderForHand(emulator, ARTICLE) };
}

async function planByAction(stage: Stage, onPullRequest = false): Promise<void> {
  const { temp } = await runPlan(stage, onPullRequest);
  await rm(temp, { recursive: true });
}

async function runPlan({ emulator, node, mirror }: Stage, onPullRequest: boolean): Promise<ActionRun> {
  const pullRequest = {
    number: 7,
    head: { sha: '1a'.repeat(20), repo: { full_name: 'octo-org/octo-repo' } },
    base: { ref: 'main', repo: { full_name: 'octo-org/octo-repo' } },
  };
  const run = await runAction({
    node,
    with: {
      ...ARTICLE,
      'state-bucket': emulator.bucket,
      'provider-mirror': mirror,
      ...(onPullRequest
        ? { 'role-to-assume': emulator.role, 'github-token': emulator.env['GITHUB_TOKEN'] ?? '' }
        : {}),
    },
    env: {
      ...emulator.env,
      GITHUB_REPOSITORY: 'octo-org/octo-repo',
      ...(onPullRequest
        ? {
            AWS_ACCESS_KEY_ID: '',
            AWS_SECRET_ACCESS_KEY: '',
            GITHUB_EVENT_NAME: 'pull_request',
            GITHUB_REF: 'refs/pull/7/merge',
            GITHUB_SHA: '2b'.repeat(20),
          }
        : {}),
    },
    event: onPullRequest ? { pull_request: pullRequest } : {},
  });
  if (run.exitCode !== 0)
    throw new Error(`the action exited with ${run.exitCode}:\n${run.stdout.slice(-4000)}`);
  return run;
}

/** The bundle loads, reads its inputs, refuses them, and ends. */
function refusedAtOnce({ node }: Stage): Promise<void> {
  const entry = path.resolve(import.meta.dirname, '..', 'dist', 'index.js');
  return runToEnd(node, [entry], { env: { GITHUB_ACTIONS: 'true' }, mayFail: true });
}

function bareNode({ node }: Stage): Promise<void> {
  return runToEnd(node, ['-e', '0'], { env: {} });
}
