import { z } from 'zod';
import { AwsError } from './aws/error.js';
import { POLICY_KINDS, type Denial } from './aws/denial.js';
import { failure, type FailureKind } from './aws/failures.js';
import { matchesWildcard } from './wildcard.js';

const matchSchema = z.strictObject({
  /** `kms`, `sts`, `s3`, … */
  service: z.string().optional(),
  /** The API's name of the action; `*` and `?` are wildcards. */
  action: z.string().optional(),
  region: z.string().optional(),
  /** A key id or alias, or `bucket/key`; `*` and `?` are wildcards. */
  resource: z.string().optional(),
  /** The ARN of the user or role session that calls; `*` and `?` are wildcards. */
  principal: z.string().optional(),
  /** Only requests that put tags on, and none of this key: what an organisation asks for at creation. */
  withoutTag: z.string().min(1).optional(),
  /** Only the nth call that agrees with the rest, from 1. */
  nth: z.int().min(1).optional(),
  /** How many times the fault happens; without end when it is not given. */
  count: z.int().min(1).optional(),
  /** Of the calls that agree, the share that it happens to. */
  probability: z.number().min(0).max(1).optional(),
});

/** `after`: the call is carried out and its answer replaced; `before` (the default): it is not. */
const when = z.enum(['before', 'after']).optional();

const effectSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('throttle'), when }),
  z.strictObject({ type: z.literal('internal-error'), when }),
  z.strictObject({ type: z.literal('unavailable'), when }),
  z.strictObject({ type: z.literal('reset'), when }),
  z.strictObject({
    type: z.literal('timeout'),
    /** The connection is closed after so long; without it, it stays open until the client gives up. */
    seconds: z.number().min(0).optional(),
    when,
  }),
  z.strictObject({ type: z.literal('latency'), milliseconds: z.int().min(0) }),
  z.strictObject({ type: z.literal('expired-token') }),
  z.strictObject({
    type: z.literal('access-denied'),
    /** The kind of policy that AWS's message blames. */
    policy: z.enum(POLICY_KINDS).default('identity-based policy'),
    /** A Deny statement, rather than the lack of an Allow. */
    explicit: z.boolean().default(false),
    /** The ARN that AWS adds to an explicit denial where it may tell it. */
    policyArn: z.string().optional(),
  }),
  z.strictObject({ type: z.literal('disabled-region') }),
  z.strictObject({ type: z.literal('slow-replica'), seconds: z.number().min(0) }),
  z.strictObject({
    type: z.literal('error'),
    code: z.string().min(1),
    message: z.string(),
    status: z.int().min(400).max(599).default(400),
    when,
  }),
]);

const faultSchema = z.strictObject({ match: matchSchema.default({}), effect: effectSchema });
const fileSchema = z.strictObject({ seed: z.int().default(1), faults: z.array(faultSchema) });

/** One thing that goes wrong, and when. The README of this folder has an example of each. */
export type Fault = z.input<typeof faultSchema>;
/** What a faults file holds: the list, and the seed of its probabilities. */
export type FaultFile = z.output<typeof fileSchema>;

/** The call that faults are held against. */
export interface FaultSubject {
  readonly service: string;
  readonly action: string;
  readonly region: string;
  readonly resource: string | undefined;
  /** The caller's ARN by the access key that is named; undefined for unsigned calls. */
  readonly principal?: string | undefined;
  /** The keys of the tags that the request puts on; undefined for actions that put on none. */
  readonly tags?: readonly string[] | undefined;
}

/** What takes the place of an answer. */
export type Interruption =
  | { readonly type: 'reset'; readonly when: 'before' | 'after' }
  | {
      readonly type: 'timeout';
      readonly when: 'before' | 'after';
      /** How long the connection stays open, in milliseconds; undefined for as long as the client likes. */
      readonly openMs: number | undefined;
    }
  | {
      readonly type: 'error';
      readonly when: 'before' | 'after';
      readonly error: (service: string) => AwsError;
    }
  /** Refused once it is known who calls, in words that name them. */
  | { readonly type: 'denied'; readonly when: 'before'; readonly denial: Denial };

/** A fault that is set: a test that lets one happen should look whether it did. */
export interface WatchedFault {
  /** How many times so far. */
  readonly happened: () => number;
  readonly remove: () => void;
}

interface Entry {
  readonly fault: z.output<typeof faultSchema>;
  seen: number;
  happened: number;
}

const FAILURES: Readonly<Record<string, FailureKind>> = {
  throttle: 'throttled',
  'internal-error': 'internal',
  unavailable: 'unavailable',
  'expired-token': 'expired-token',
  'disabled-region': 'region-disabled',
};

/**
 * Reads a faults file.
 * @param text JSON: `{"seed": 1, "faults": [{"match": {…}, "effect": {"type": …}}]}`
 * @throws Error in plain words when it is not JSON or a fault is not one
 */
export function parseFaults(text: string): FaultFile {
  const result = fileSchema.safeParse(JSON.parse(text));
  if (result.success) return result.data;
  const problems = result.error.issues.map(
    ({ path, message }) => `${path.join('.') || 'the file'}: ${message}`,
  );
  throw new Error(`The faults can't be read. ${problems.join('; ')}`);
}

/** The faults that are set, and how often each has happened. */
export class FaultList {
  #entries: Entry[] = [];
  #random: () => number;

  /** @param seed the same seed and the same calls give the same faults */
  constructor(seed = 1) {
    this.#random = seededRandom(seed);
  }

  /** Adds a fault. @returns what takes it away again @throws Error when it is not a fault */
  add(fault: Fault): () => void {
    return this.watch(fault).remove;
  }

  /** Adds a fault, and tells how often it has happened. @throws Error when it is not a fault */
  watch(fault: Fault): WatchedFault {
    const entry: Entry = { fault: faultSchema.parse(fault), seen: 0, happened: 0 };
    this.#entries.push(entry);
    return {
      happened: () => entry.happened,
      remove: () => {
        this.#entries = this.#entries.filter((other) => other !== entry);
      },
    };
  }

  /** Takes all faults away. */
  clear(): void {
    this.#entries = [];
  }

  /** What goes wrong with a call: every delay, and the first fault that takes the place of its answer. */
  next(call: FaultSubject): { latencyMs: number; interruption: Interruption | undefined } {
    let latencyMs = 0;
    let interruption: Interruption | undefined;
    for (const entry of this.#entries) {
      const { effect } = entry.fault;
      if (effect.type === 'slow-replica' || !this.#happens(entry, call)) continue;
      if (effect.type === 'latency') latencyMs += effect.milliseconds;
      else interruption ??= interruptionOf(effect);
    }
    return { latencyMs, interruption };
  }

  /** How long a replica in a Region stays in state Creating, in milliseconds, when a fault says so. */
  replicaDelayMs(region: string): number | undefined {
    const call = { service: 'kms', action: 'ReplicateKey', region, resource: undefined };
    for (const entry of this.#entries) {
      const { effect } = entry.fault;
      if (effect.type === 'slow-replica' && this.#happens(entry, call)) return effect.seconds * 1000;
    }
    return undefined;
  }

  /** Whether a Region is to look like one that the account has not enabled, to ReplicateKey from elsewhere. */
  disablesRegion(region: string): boolean {
    return this.#entries.some(({ fault }) => {
      const { match, effect } = fault;
      return (
        effect.type === 'disabled-region' &&
        match.region !== undefined &&
        matchesWildcard(region, match.region)
      );
    });
  }

  #happens(entry: Entry, call: FaultSubject): boolean {
    const { match } = entry.fault;
    if (!agrees(match, call)) return false;
    entry.seen += 1;
    if (match.nth !== undefined && entry.seen !== match.nth) return false;
    if (match.count !== undefined && entry.happened >= match.count) return false;
    if (match.probability !== undefined && this.#random() >= match.probability) return false;
    entry.happened += 1;
    return true;
  }
}

function agrees(match: z.output<typeof matchSchema>, call: FaultSubject): boolean {
  const fits = (text: string | undefined, pattern: string | undefined): boolean =>
    pattern === undefined || matchesWildcard(text ?? '', pattern);
  return (
    fits(call.service, match.service) &&
    fits(call.action, match.action) &&
    fits(call.region, match.region) &&
    fits(call.resource, match.resource) &&
    fits(call.principal, match.principal) &&
    lacksTag(call.tags, match.withoutTag)
  );
}

function lacksTag(tags: readonly string[] | undefined, name: string | undefined): boolean {
  return name === undefined || (tags !== undefined && !tags.includes(name));
}

type Interrupting = Exclude<z.output<typeof effectSchema>, { type: 'latency' | 'slow-replica' }>;

function interruptionOf(effect: Interrupting): Interruption {
  const moment = 'when' in effect ? (effect.when ?? 'before') : 'before';
  if (effect.type === 'reset') return { type: 'reset', when: moment };
  if (effect.type === 'timeout')
    return {
      type: 'timeout',
      when: moment,
      openMs: effect.seconds === undefined ? undefined : effect.seconds * 1000,
    };
  if (effect.type === 'access-denied') {
    const { policy, explicit, policyArn } = effect;
    return { type: 'denied', when: 'before', denial: { policy, explicit, policyArn } };
  }
  if (effect.type === 'error') {
    const { code, message, status } = effect;
    return { type: 'error', when: moment, error: () => new AwsError(code, message, { status }) };
  }
  const kind = FAILURES[effect.type] ?? 'internal';
  return { type: 'error', when: moment, error: (service) => failure(kind, service) };
}

/** The 32-bit generator "mulberry32": small, and the same on every platform. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
