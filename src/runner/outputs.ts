import type { StepLog } from '../deps.js';

/** Outputs as the runner takes them: maps as JSON with sorted names, numbers and booleans as text. */
export function serialiseOutputs(outputs: object): [string, string][] {
  return Object.entries(withoutUndefined(outputs)).map(([name, value]) => [name, serialise(value)]);
}

function serialise(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value);
  if (Array.isArray(value)) return JSON.stringify(value);
  const sorted = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify(Object.fromEntries(sorted));
}

/**
 * Sets the outputs, and warns of each one that the runner will blank because part of it was masked.
 * @param setOutput the runner's own
 */
export function writeOutputs(
  outputs: object,
  log: StepLog,
  setOutput: (name: string, value: string) => void,
): void {
  for (const [name, value] of serialiseOutputs(outputs)) {
    if (log.isMasked(value)) {
      const warning = `The output ${name} contains text that is masked in this job, so the next job will find it empty.`;
      log.warning(warning, { title: 'An output will be blank' });
    }
    setOutput(name, log.redact(value));
  }
}

type Defined<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

export function withoutUndefined<T extends object>(values: T): Defined<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Defined<T>;
}
