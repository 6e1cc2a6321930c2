/**
 * The emulator's own time: the machine's, plus whatever tests have let pass. Deletion windows of thirty days and
 * replication that takes ten minutes end as soon as `advance` says so.
 */
export class EmulatorClock {
  readonly #machineNow: () => number;
  #ahead = 0;

  /** @param machineNow milliseconds since the epoch; the machine's clock unless a test has another */
  constructor(machineNow: () => number = Date.now) {
    this.#machineNow = machineNow;
  }

  /** Milliseconds since the epoch. */
  now(): number {
    return this.#machineNow() + this.#ahead;
  }

  /**
   * Lets time pass at once.
   * @param milliseconds zero or more
   * @throws RangeError when time would run backwards
   */
  advance(milliseconds: number): void {
    if (!(milliseconds >= 0)) throw new RangeError(`Time can't go back by ${milliseconds} ms.`);
    this.#ahead += milliseconds;
  }

  /** Lets whole days of 24 hours pass at once. */
  advanceDays(days: number): void {
    this.advance(days * DAY_MS);
  }
}

/** A day of 24 hours, in milliseconds: what KMS counts its waiting periods in. */
export const DAY_MS = 86_400_000;
