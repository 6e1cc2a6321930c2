import { rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { startEmulator, type Emulator } from '../emulator/index.js';
import { runAction, type ActionRun } from '../demo/action.js';
import { findProviders, findTerraform, type FoundProvider } from '../__tests__/support/terraform.js';
import { regionsOfPartition } from '../src/facts/regions.js';
import { memoryByAliases } from '../src/terraform/memory.js';
import { providerModeOf, type ProviderMode } from '../src/terraform/provider-mode.js';
import { renderForHand, runByHand, type ByHand } from './by-hand.js';
import { gibibytes, HOW_COUNTED, markdownTable, measure, readCount, type Cost } from './measure.js';

const COUNTS = [1, 3, 10, 20, 30];

/** The ways of giving a provider to each Region, and the first number of the versions that go it. */
const MAJORS: Readonly<Record<ProviderMode, string>> = { aliases: '5', region: '6' };

/** The runs of one key, in their order. */
const STEPS = [
  { name: 'plan', command: 'plan' },
  { name: 'apply', command: 'apply' },
] as const;

/**
 * `npm run bench -- regions [COUNT…]`: seconds and peak memory by number of Regions and by way, of the whole action, with
 * and without its setting for Go's collector, and of the same commands by hand, one after the other.
 * @returns Markdown: a table, and what was not measured
 */
export async function benchRegions(args: readonly string[]): Promise<string> {
  const counts = args.length === 0 ? COUNTS : args.map(readCount);
  const rows: string[][] = [];
  const skipped: string[] = [];
  const terraform = findTerraform();
  for (const [providerMode, major] of Object.entries(MAJORS)) {
    const provider = findProviders().findLast(({ version }) => version.startsWith(`${major}.`));
    if (provider === undefined || terraform === undefined) {
      skipped.push(
        `NOT measured, by ${providerMode}: it needs a Terraform on PATH and a provider ${major}.x in a mirror.`,
      );
      continue;
    }
    for (const count of counts) {
      const missing = await missingMemory(provider, count);
      if (missing === undefined) {
        process.stderr.write(`${count} Regions by ${providerMode}, provider ${provider.version} …\n`);
        rows.push(
          ...(await measureKey({ count, provider, node: process.execPath, terraform: terraform.path })),
        );
      } else skipped.push(`NOT measured, ${count} Regions by ${providerMode}: ${missing}`);
    }
  }
  for (const line of skipped) process.stderr.write(`${line}\n`);
  const head = [
    ...['Regions', 'by', 'provider', '', 'the action: s', 'peak', 'with GOGC=100: s', 'peak'],
    ...['by hand: s', 'peak', 'ratio'],
  ];
  return [
    `### Regions: the whole action with Node ${process.version}, on ${process.platform} ${process.arch}`,
    `Memory: ${HOW_COUNTED}. By hand: \`init\`, \`plan\`, \`show -json\`, and for apply \`apply\`; the action's apply also proves the keys.`,
    markdownTable(head, rows),
    ...skipped.map((line) => `- ${line}`),
  ].join('\n\n');
}

/** In words, when what is free would not do; the machine is given a moment to take back what the last run had. */
async function missingMemory({ version }: FoundProvider, count: number): Promise<string | undefined> {
  const needed = providerModeOf(version) === 'aliases' ? memoryByAliases(count) : 0;
  if (process.availableMemory() < needed) await sleep(2000);
  return process.availableMemory() < needed
    ? `they need about ${gibibytes(needed)} of memory, and ${gibibytes(process.availableMemory())} are free.`
    : undefined;
}

interface Setting {
  readonly count: number;
  readonly provider: FoundProvider;
  readonly node: string;
  readonly terraform: string;
}

/** A key of so many Regions, in an AWS of its own. */
interface Bench {
  readonly emulator: Emulator;
  /** @param env beside the emulator's */
  readonly runByAction: (
    command: string,
    env: Readonly<Record<string, string>>,
    onStart: (pid: number) => void,
  ) => Promise<ActionRun>;
  readonly byHand: ByHand;
}

/** What Go itself would take, so that the action leaves its collector alone. */
const GO_DEFAULT = { GOGC: '100' };

/**
 * Plans and applies, in three AWS of the same kind: by the action, by the action without its setting for Go's
 * collector, and by hand.
 */
async function measureKey(setting: Setting): Promise<string[][]> {
  const [one, plain, other] = [await openBench(setting), await openBench(setting), await openBench(setting)];
  try {
    const rows: string[][] = [];
    for (const { name, command } of STEPS) {
      const action = await measure((onStart) => one.runByAction(command, {}, onStart));
      const ownCollector = await measure((onStart) => plain.runByAction(command, GO_DEFAULT, onStart));
      const hand = await measure((onStart) => runByHand(other.byHand, command, onStart));
      for (const { result } of [action, ownCollector]) await rm(result.temp, { recursive: true });
      rows.push(rowOf(setting, name, [action, ownCollector, hand]));
    }
    return rows;
  } finally {
    for (const { emulator, byHand } of [one, plain, other]) {
      await emulator.stop();
      await rm(byHand.configuration, { recursive: true, force: true });
    }
  }
}

function rowOf(
  { count, provider }: Setting,
  step: string,
  costs: readonly [action: Cost, ownCollector: Cost, hand: Cost],
): string[] {
  const [action, , hand] = costs;
  return [
    String(count),
    providerModeOf(provider.version),
    provider.version,
    step,
    ...costs.flatMap(({ seconds, peakBytes }) => [seconds.toFixed(1), gibibytes(peakBytes)]),
    (action.seconds / hand.seconds).toFixed(2),
  ];
}

async function openBench({ count, provider, node, terraform }: Setting): Promise<Bench> {
  const [primary = '', ...replicas] = regionsOfPartition('aws').slice(0, count);
  const emulator = await startEmulator({ region: primary });
  const key = {
    'primary-region': primary,
    'replica-regions': replicas.join(' '),
    alias: 'bench',
    'aws-provider-version': provider.version,
  };
  const runByAction: Bench['runByAction'] = async (command, env, onStart) => {
    const inputs = {
      ...key,
      command,
      'state-bucket': emulator.bucket,
      'provider-mirror': provider.dir,
      ...(command === 'apply' ? { 'auto-approve': 'true' } : {}),
    };
    const run = await runAction({
      node,
      with: inputs,
      env: { ...emulator.env, ...env },
      commands: false,
      onStart,
    });
    assertSucceeded(run);
    return run;
  };
  const configuration = await renderForHand(emulator, key);
  return { emulator, runByAction, byHand: { emulator, terraform, mirror: provider.dir, configuration } };
}

function assertSucceeded({ exitCode, stdout }: ActionRun): void {
  if (exitCode !== 0) throw new Error(`the action exited with ${exitCode}:\n${stdout.slice(-4000)}`);
}
