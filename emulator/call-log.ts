import { openSync, writeSync } from 'node:fs';

/**
 * One call of an API, as it ended. Nothing of a request's or an answer's content is kept beside the names of what
 * was asked for, so that no key material, plaintext, token or object body can get here.
 */
export interface Call {
  /** ISO 8601, UTC, by the emulator's clock. */
  readonly time: string;
  /** `kms`, `sts`, `s3`, `github`, … */
  readonly service: string;
  /** The API's own name of the action, e.g. `ReplicateKey`. */
  readonly action: string;
  /** Undefined for services without Regions. */
  readonly region: string | undefined;
  /** Who called: an ARN or a login; undefined when the caller could not be told. */
  readonly principal: string | undefined;
  /** The HTTP status; 0 when the connection ended without an answer. */
  readonly status: number;
  readonly errorCode: string | undefined;
  readonly requestId: string;
  /** The key id or alias, or `bucket/key`, that the call is about. */
  readonly resource: string | undefined;
}

/** Which calls are meant: those that agree in everything that is given. */
export type CallFilter = Partial<
  Pick<Call, 'service' | 'action' | 'region' | 'status' | 'errorCode' | 'resource'>
>;

/** The record of every API call, in memory and, when a file is named, as one line of JSON each. */
export class CallLog {
  readonly #calls: Call[] = [];
  readonly #file: number | undefined;

  /**
   * @param file where to append the lines; created when it is not there
   * @throws Error when it can't be written
   */
  constructor(file?: string) {
    if (file !== undefined) this.#file = openSync(file, 'a', 0o600);
  }

  /** Every call so far, oldest first. */
  get all(): readonly Call[] {
    return this.#calls;
  }

  /** The calls that agree with the filter, oldest first. */
  find(filter: CallFilter): Call[] {
    const wanted = Object.entries(filter) as [keyof CallFilter, unknown][];
    return this.#calls.filter((call) => wanted.every(([name, value]) => call[name] === value));
  }

  /** The distinct `service:Action` pairs that were called, sorted: what a permission policy has to allow. */
  actions(): string[] {
    return [...new Set(this.#calls.map(({ service, action }) => `${service}:${action}`))].sort();
  }

  /** Forgets what is in memory; the file stays as it is. */
  clear(): void {
    this.#calls.length = 0;
  }

  /** Adds a call that has ended. */
  add(call: Call): void {
    this.#calls.push(call);
    // At once and in order: a log that lags behind is of no use when the process is killed.
    if (this.#file !== undefined) writeSync(this.#file, `${JSON.stringify(call)}\n`);
  }
}
