import { setTimeout as sleep } from 'node:timers/promises';
import { startEmulator } from '../emulator/index.js';
import { runAction, type ActionRun } from '../demo/action.js';
import { findNode24 } from '../demo/runtime.js';
import { findProviderMirror } from '../__tests__/support/terraform.js';
import { regionsOfPartition } from '../src/aws/regions.js';
import { BYTES_PER_ALIAS } from '../src/terraform/memory.js';
import { gibibytes, markdownTable, measure, type Cost } from './measure.js';

const COUNTS = [1, 5, 10, 20, 30];

/** A way of giving a provider to each Region: one process for each (by aliases), or one for all. */
interface Way {
  readonly name: string;
  /** The first number of the versions that go this way. */
  readonly major: string;
  readonly bytesPerRegion: number;
}

const WAYS: readonly Way[] = [
  { name: 'aliases', major: '5', bytesPerRegion: BYTES_PER_ALIAS },
  { name: 'region', major: '6', bytesPerRegion: 0 },
];

/** The three runs of one key, in their order. */
const STEPS = ['plan of all as new', 'apply', 'plan of no change'] as const;

/**
 * `npm run bench -- regions [COUNT…]`: seconds and peak memory of the whole action, by number of Regions and by way.
 * @returns Markdown: a table, and what was not measured
 */
export async function benchRegions(args: readonly string[]): Promise<string> {
  const counts = args.length === 0 ? COUNTS : args.map(Number);
  const rows: string[][] = [];
  const skipped: string[] = [];
  const node = findNode24();
  for (const way of WAYS) {
    const mirror = findProviderMirror((version) => version.startsWith(`${way.major}.`));
    const version = mirror?.versions.at(-1);
    if (mirror === undefined || version === undefined) {
      skipped.push(`NOT measured, by ${way.name}: there is no provider ${way.major}.x in a mirror here.`);
      continue;
    }
    for (const count of counts) {
      const missing = await missingMemory(way, count);
      if (missing !== undefined) {
        skipped.push(`NOT measured, ${count} Regions by ${way.name}: ${missing}`);
        continue;
      }
      process.stderr.write(`${count} Regions by ${way.name}, provider ${version} …\n`);
      const costs = await measureKey({ count, version, mirror: mirror.dir, node: node.path });
      rows.push([String(count), way.name, version, ...costs.flatMap(cells)]);
    }
  }
  const head = ['Regions', 'by', 'provider', ...STEPS.flatMap((step) => [`${step}: s`, 'peak'])];
  for (const line of skipped) process.stderr.write(`${line}\n`);
  return [
    `### Regions: the whole action with Node ${node.version}, on ${process.platform} ${process.arch}`,
    markdownTable(head, rows),
    ...skipped.map((line) => `- ${line}`),
  ].join('\n\n');
}

function cells({ seconds, peakBytes }: Cost): string[] {
  return [seconds.toFixed(1), gibibytes(peakBytes)];
}

/** In words, when what is free would not do; the machine is given a moment to take back what the last run had. */
async function missingMemory({ bytesPerRegion }: Way, count: number): Promise<string | undefined> {
  const needed = count * bytesPerRegion;
  if (process.availableMemory() < needed) await sleep(2000);
  return process.availableMemory() < needed
    ? `they need about ${gibibytes(needed)} of memory, and ${gibibytes(process.availableMemory())} are free.`
    : undefined;
}

interface Setting {
  readonly count: number;
  readonly version: string;
  readonly mirror: string;
  readonly node: string;
}

/** Plans, applies and plans again a key of so many Regions in an AWS of its own. */
async function measureKey({ count, version, mirror, node }: Setting): Promise<Cost[]> {
  const [primary = '', ...replicas] = regionsOfPartition('aws').slice(0, count);
  const emulator = await startEmulator({ region: primary });
  try {
    const costs: Cost[] = [];
    for (const command of ['plan', 'apply', 'plan']) {
      const inputs = {
        command,
        'primary-region': primary,
        'replica-regions': replicas.join(' '),
        alias: 'bench',
        'state-bucket': emulator.bucket,
        'provider-mirror': mirror,
        'aws-provider-version': version,
        ...(command === 'apply' ? { 'auto-approve': 'true' } : {}),
      };
      const run = await measure((onStart) =>
        runAction({ node, with: inputs, env: emulator.env, commands: false, onStart }),
      );
      assertSucceeded(run.result);
      costs.push(run);
    }
    return costs;
  } finally {
    await emulator.stop();
  }
}

function assertSucceeded({ exitCode, stdout }: ActionRun): void {
  if (exitCode !== 0) throw new Error(`the action exited with ${exitCode}:\n${stdout.slice(-4000)}`);
}
