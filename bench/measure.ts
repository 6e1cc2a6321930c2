import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

/** What a piece of work cost, as whole processes. */
export interface Cost {
  /** Wall-clock time. */
  readonly seconds: number;
  /** The largest sum of the sizes of the process and all its descendants, sampled; in bytes. NaN where nothing says them. */
  readonly peakBytes: number;
}

export interface Measured<T> extends Cost {
  readonly result: T;
}

/** Between two samples: short against a provider's life of some seconds, long against the reading of 30 of them. */
const SAMPLE_MILLISECONDS = 500;

/** How the memory of several processes adds up on this platform, for those who read the figures. */
export const HOW_COUNTED =
  process.platform === 'linux'
    ? 'pages that several processes share are counted once (proportional set size)'
    : 'resident sizes, in which pages that several processes share are counted in each of them';

/**
 * Runs a piece of work that starts one process, and watches that process and its descendants. Processes that end between
 * two samples are missed. A process that has left its parent is followed no longer.
 * @param work gets a function to call with the process id as soon as it is known
 */
export async function measure<T>(work: (onStart: (pid: number) => void) => Promise<T>): Promise<Measured<T>> {
  const started = performance.now();
  let root: number | undefined;
  let peakBytes = Number.NaN;
  let running = true;
  const watch = async (): Promise<void> => {
    while (running) {
      if (root !== undefined) peakBytes = larger(peakBytes, await bytesOfTree(root));
      await sleep(SAMPLE_MILLISECONDS);
    }
  };
  const watching = watch();
  try {
    const result = await work((pid) => {
      root = pid;
    });
    return { result, seconds: (performance.now() - started) / 1000, peakBytes };
  } finally {
    running = false;
    await watching;
  }
}

function larger(a: number, b: number): number {
  return Number.isNaN(a) ? b : Math.max(a, b);
}

interface ProcessRow {
  readonly pid: number;
  readonly parent: number;
}

/** The memory of a process and its descendants, added up; 0 when it is gone, NaN where the platform does not say. */
export async function bytesOfTree(root: number): Promise<number> {
  if (process.platform === 'linux') {
    const sizes = await Promise.all(treeOf(root, await listProcesses()).map(proportionalBytes));
    return sum(sizes);
  }
  return process.platform === 'win32' ? Number.NaN : residentBytesOfTree(root);
}

/** @returns those of `processes` that are `root` or descend from it */
export function treeOf<T extends ProcessRow>(root: number, processes: readonly T[]): T[] {
  const tree = new Set([root]);
  // Children may be listed before their parents; each round finds one more generation.
  for (let known = 0; known !== tree.size;) {
    known = tree.size;
    for (const { pid, parent } of processes) if (tree.has(parent)) tree.add(pid);
  }
  return processes.filter(({ pid }) => tree.has(pid));
}

async function listProcesses(): Promise<ProcessRow[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const rows = await Promise.all(pids.map(readProcess));
  return rows.filter((row) => row !== undefined);
}

async function readProcess(pid: string): Promise<ProcessRow | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  // The name in parentheses may hold anything; the fields after it are the 3rd, 4th (parent) and so on.
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields === undefined ? undefined : { pid: Number(pid), parent: Number(fields[1]) };
}

/** Its own pages, and of those that it shares its share (proc(5), smaps_rollup: Pss, in KiB); 0 when it is gone. */
async function proportionalBytes({ pid }: ProcessRow): Promise<number> {
  const text = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => '');
  return Number(/^Pss:\s+(\d+) kB$/m.exec(text)?.[1] ?? 0) * 1024;
}

/** By ps, where there is no /proc: its sizes are in KiB. */
async function residentBytesOfTree(root: number): Promise<number> {
  const { stdout } = await promisify(execFile)('ps', ['-A', '-o', 'pid=,ppid=,rss=']);
  const rows = stdout.split('\n').flatMap((line) => {
    const [pid = Number.NaN, parent = Number.NaN, rss = Number.NaN] = line.trim().split(/\s+/).map(Number);
    return Number.isNaN(rss) ? [] : [{ pid, parent, bytes: rss * 1024 }];
  });
  return sum(treeOf(root, rows).map(({ bytes }) => bytes));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** `1.50 GiB`. */
export function gibibytes(bytes: number): string {
  return Number.isNaN(bytes) ? 'not measured' : `${(bytes / 2 ** 30).toFixed(2)} GiB`;
}

/** A table in Markdown, its columns as wide as their widest cell. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) =>
    Math.max(title.length, 3, ...rows.map((row) => (row[column] ?? '').length)),
  );
  const line = (cells: readonly string[]): string =>
    `| ${widths.map((width, column) => (cells[column] ?? '').padEnd(width)).join(' | ')} |`;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}

/** A number of rounds or Regions from the command line. @throws RangeError for anything but a whole number from 1 on */
export function readCount(text: string): number {
  if (!/^[1-9]\d{0,3}$/.test(text))
    throw new RangeError(`"${text}" is no number of rounds or Regions, e.g. 3.`);
  return Number(text);
}
