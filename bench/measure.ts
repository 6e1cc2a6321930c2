import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/** What a piece of work cost, as whole processes. */
export interface Cost {
  /** Wall-clock time. */
  readonly seconds: number;
  /** The largest sum of the resident sizes of the process and all its descendants, sampled; in bytes. */
  readonly peakBytes: number;
}

export interface Measured<T> extends Cost {
  readonly result: T;
}

/** Between two samples: short against a provider's life of some seconds, long against the reading of /proc. */
const SAMPLE_MILLISECONDS = 100;

/**
 * Runs a piece of work that starts one process, and watches that process and its descendants.
 *
 * Pages that several processes share are counted in each of them, as `ps` does; processes that end between two samples
 * are missed. A process that has left its parent is followed no longer.
 * @param work gets a function to call with the process id as soon as it is known
 */
export async function measure<T>(work: (onStart: (pid: number) => void) => Promise<T>): Promise<Measured<T>> {
  const started = performance.now();
  let root: number | undefined;
  let peakBytes = 0;
  let running = true;
  const watch = async (): Promise<void> => {
    while (running) {
      if (root !== undefined) peakBytes = Math.max(peakBytes, await residentBytesOfTree(root));
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

interface ProcessRow {
  readonly pid: number;
  readonly parent: number;
  readonly residentBytes: number;
}

/** The resident sizes of a process and its descendants, summed; 0 when it is gone. Linux only: from /proc. */
export async function residentBytesOfTree(root: number): Promise<number> {
  return sumOfTree(root, await listProcesses());
}

/** @returns the sum over `root` and whatever descends from it */
export function sumOfTree(root: number, processes: readonly ProcessRow[]): number {
  const tree = new Set([root]);
  // Children may be listed before their parents; each round finds one more generation.
  for (let known = 0; known !== tree.size;) {
    known = tree.size;
    for (const { pid, parent } of processes) if (tree.has(parent)) tree.add(pid);
  }
  return processes
    .filter(({ pid }) => tree.has(pid))
    .reduce((sum, { residentBytes }) => sum + residentBytes, 0);
}

/** The kernel gives sizes in pages (proc(5), stat); 4 KiB on all machines that GitHub has runners for. */
const PAGE_BYTES = 4096;

async function listProcesses(): Promise<ProcessRow[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const rows = await Promise.all(pids.map(readProcess));
  return rows.filter((row) => row !== undefined);
}

async function readProcess(pid: string): Promise<ProcessRow | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  // The name in parentheses may hold anything; the fields after it are the 3rd, 4th (parent) and so on.
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (fields === undefined) return undefined;
  return { pid: Number(pid), parent: Number(fields[1]), residentBytes: Number(fields[21]) * PAGE_BYTES };
}

/** `1.5 GiB`. */
export function gibibytes(bytes: number): string {
  return `${(bytes / 2 ** 30).toFixed(2)} GiB`;
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
