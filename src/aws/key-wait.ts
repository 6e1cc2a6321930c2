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

/** How long AWS is waited for, and who hears of it. */
export interface WaitOptions {
  /** Milliseconds, from now. */
  readonly timeoutMs: number;
  readonly clock: Clock;
  /** Aborted when the step is cancelled. */
  readonly signal: AbortSignal;
  /** Gets a line every few seconds. */
  readonly say: (line: string) => void;
}

interface KeyWait extends WaitOptions {
  readonly keys: readonly WaitedKey[];
  readonly askState: AskKeyState;
}

export interface WaitResult {
  /** Those that were still not ready when the time was up. */
  readonly unready: readonly WaitedKey[];
  readonly waitedMs: number;
}

/** The states that pass by themselves (KMS Developer Guide, "Key states"). */
const PASSING: ReadonlySet<string> = new Set(['Creating', 'Updating']);

const SAY_EVERY_MS = 10_000;
/** KMS is eventually consistent: for so long a Region may not show what another one has done. */
export const UNSEEN_MS = 60_000;

/** What a look at AWS has shown: the end, or who or what is still waited for. */
type Seen<T> = { readonly end: T } | { readonly waiting: string };

/**
 * Looks at AWS until there is an end, and says every 10 seconds what is waited for.
 * @param look gets the milliseconds since the wait began; once these are `timeoutMs`, it has to come to an end
 * @param quietMs how long nothing is said at first
 * @throws the signal's reason when the step is cancelled; whatever `look` throws
 */
export async function lookUntil<T>(
  look: (waitedMs: number) => Promise<Seen<T>>,
  { timeoutMs, clock, signal, say }: WaitOptions,
  { pollMs, quietMs }: { readonly pollMs: number; readonly quietMs: number },
): Promise<T> {
  const started = clock.now();
  let sayFrom = quietMs;
  for (;;) {
    signal.throwIfAborted();
    const waitedMs = clock.now() - started;
    const seen = await look(waitedMs);
    if ('end' in seen) return seen.end;
    if (waitedMs >= sayFrom) {
      sayFrom = waitedMs + SAY_EVERY_MS;
      say(seen.waiting);
    }
    await clock.sleep(Math.min(pollMs, timeoutMs - waitedMs), signal);
  }
}

/**
 * Waits until no key is in a state that passes by itself. Says who is waited for as soon as there is somebody, then
 * every 10 seconds, and when one is ready.
 * @throws the signal's reason when the step is cancelled; whatever `askState` throws
 */
export async function waitForKeys({ keys, askState, ...options }: KeyWait): Promise<WaitResult> {
  const states = new Map<WaitedKey, string>();
  const look = async (waitedMs: number): Promise<Seen<WaitResult>> => {
    const isUnready = (key: WaitedKey): boolean => {
      const state = states.get(key);
      return state === undefined || PASSING.has(state) || (state === 'NotFound' && waitedMs < UNSEEN_MS);
    };
    await Promise.all(
      keys.filter(isUnready).map(async (key) => {
        const state = await askState(key);
        if (states.has(key) && !PASSING.has(state)) options.say(`${key.name}: ${state}`);
        states.set(key, state);
      }),
    );
    const unready = keys.filter(isUnready);
    if (unready.length === 0 || waitedMs >= options.timeoutMs) return { end: { unready, waitedMs } };
    const each = unready.map((key) => `${key.name} (${states.get(key) ?? 'not seen yet'})`);
    return { waiting: `Waiting for AWS, ${Math.round(waitedMs / 1000)} s: ${each.join(', ')}` };
  };
  return lookUntil(look, options, { pollMs: 5_000, quietMs: 0 });
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
