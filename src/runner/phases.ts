import type { Clock, Log } from '../deps.js';

/** A stretch of work as the log shows it: lines as it goes on, then Terraform's own words in a group with the time. */
export interface Phase {
  /** A line of ours. */
  readonly say: (line: string) => void;
  /** A line that is not ours: kept for the group that follows. */
  readonly keep: (line: string) => void;
}

export interface PhaseOptions {
  readonly log: Log;
  readonly clock: Clock;
  /** What is being done, e.g. `Plan`. */
  readonly name: string;
}

/** The longest silence before a line says that the work goes on, in milliseconds. */
const LONGEST_SILENCE = 12_000;

/**
 * Runs `work` as a phase. Never silent for more than 15 seconds; the group comes at the end, when its time is known,
 * and comes for work that failed too.
 */
export async function runPhase<T>(
  { log, clock, name }: PhaseOptions,
  work: (phase: Phase) => Promise<T>,
): Promise<T> {
  const started = clock.now();
  const kept: string[] = [];
  let lastSaid = started;
  const say = (line: string): void => {
    lastSaid = clock.now();
    log.info(line);
  };
  const heartbeat = setInterval(() => {
    if (clock.now() - lastSaid >= LONGEST_SILENCE)
      say(`${name}: still running after ${seconds(clock.now() - started)}`);
  }, 1000);
  try {
    return await work({ say, keep: (line) => kept.push(line) });
  } finally {
    clearInterval(heartbeat);
    log.untrustedGroup(`${name} (${seconds(clock.now() - started)})`, kept.join('\n'));
  }
}

/** `0.4 s`, `12 s`, `2 min 5 s`. */
export function seconds(milliseconds: number): string {
  if (milliseconds < 10_000) return `${(milliseconds / 1000).toFixed(1)} s`;
  const whole = Math.round(milliseconds / 1000);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}
