import type { Clock, Log } from '../deps.js';
import { ActionError } from '../errors.js';
import type { KmsClients } from './kms-clients.js';
import { adviseOnRefusals, type RefusedCall } from '../facts/denial.js';
import { lookUpKey } from './key-lookup.js';

/** A key that is, or is about to be, in a Region. */
export interface WaitedKey {
  readonly region: string;
  /** The key's id, e.g. `mrk-…`. */
  readonly id: string;
  /** In words, e.g. `replica key in ap-southeast-2`. */
  readonly name: string;
}

/** Asks for the state of a key in its Region. @returns KMS's own word, e.g. `Creating`; `NotFound` where there is none */
export type AskKeyState = (key: WaitedKey) => Promise<string>;

export interface WaitOptions {
  readonly keys: readonly WaitedKey[];
  /** Milliseconds, from now. */
  readonly timeoutMs: number;
  readonly askState: AskKeyState;
  readonly clock: Clock;
  /** Aborted when the step is cancelled. */
  readonly signal: AbortSignal;
  /** Gets a line every few seconds. */
  readonly say: (line: string) => void;
}

export interface WaitResult {
  /** By key, in the order given: the state it was last seen in. */
  readonly states: ReadonlyMap<WaitedKey, string>;
  /** Those that were still not ready when the time was up. */
  readonly unready: readonly WaitedKey[];
  readonly waitedMs: number;
}

/** The states that pass by themselves (KMS Developer Guide, "Key states"). */
const PASSING: ReadonlySet<string> = new Set(['Creating', 'Updating']);

const POLL_MS = 5_000;
const SAY_EVERY_MS = 10_000;
/** KMS is eventually consistent: a replica just made may not be seen at first. */
const UNSEEN_MS = 60_000;

/**
 * Waits until no key is in a state that passes by itself. Says who is waited for as soon as there is somebody, then
 * every 10 seconds, and when one is ready.
 * @throws the signal's reason when the step is cancelled; whatever `askState` throws
 */
export async function waitForKeys(options: WaitOptions): Promise<WaitResult> {
  const { keys, timeoutMs, askState, clock, signal, say } = options;
  const started = clock.now();
  const states = new Map<WaitedKey, string>();
  let saidAt = -Infinity;
  for (;;) {
    signal.throwIfAborted();
    const waitedMs = clock.now() - started;
    const isUnready = (key: WaitedKey): boolean => {
      const state = states.get(key);
      return state === undefined || PASSING.has(state) || (state === 'NotFound' && waitedMs < UNSEEN_MS);
    };
    await Promise.all(
      keys.filter(isUnready).map(async (key) => {
        const state = await askState(key);
        if (states.has(key) && !PASSING.has(state)) say(`${key.name}: ${state}`);
        states.set(key, state);
      }),
    );
    const unready = keys.filter(isUnready);
    if (unready.length === 0 || waitedMs >= timeoutMs) return { states, unready, waitedMs };
    if (clock.now() - saidAt >= SAY_EVERY_MS) {
      saidAt = clock.now();
      say(describeWaiting(unready, states, saidAt - started));
    }
    await clock.sleep(Math.min(POLL_MS, timeoutMs - waitedMs), signal);
  }
}

function describeWaiting(
  unready: readonly WaitedKey[],
  states: ReadonlyMap<WaitedKey, string>,
  sinceMs: number,
): string {
  const each = unready.map((key) => `${key.name} (${states.get(key) ?? 'not seen yet'})`);
  return `Waiting for AWS, ${String(Math.round(sinceMs / 1000))} s: ${each.join(', ')}`;
}

/**
 * The real question, put to KMS. What may pass (throttling, a server's error, a broken connection) reads as the state
 * `Creating`: it is asked again.
 */
export function askKms(clients: KmsClients, log: Pick<Log, 'debug'>): AskKeyState {
  return async ({ region, id, name }) => {
    const lookup = await lookUpKey(clients, region, id);
    if (lookup.is === 'found') return lookup.key.state;
    if (lookup.is === 'not-found') return 'NotFound';
    const { because, refused } = lookup;
    if (!lookup.mayPass) throw explainCannotAsk(name, because, refused);
    log.debug(`${name}: ${because}`);
    return 'Creating';
  };
}

function explainCannotAsk(name: string, because: string, refused: RefusedCall | undefined): ActionError {
  const remedy =
    refused === undefined
      ? 'Run the job again with credentials that are good in that Region.'
      : adviseOnRefusals([refused], ' in that Region');
  return new ActionError({
    what: `KMS does not tell how the ${name} is getting on: ${because}.`,
    done: 'The state knows what is there; nothing was deleted.',
    next: `${remedy} The next run goes on from there.`,
  });
}
