import { refuse, type Answer } from './answers.js';
import type { Fault, FaultEffect } from './types.js';

const HOURLY_LIMIT = 1000;

/** What the next calls are to suffer. */
export class GitHubFaults {
  #waiting: { readonly fault: Fault; left: number }[] = [];

  add(fault: Fault): void {
    this.#waiting.push({ fault, left: fault.times ?? 1 });
  }

  clear(): void {
    this.#waiting = [];
  }

  /** The effect for this call, which is then used up; undefined when the call goes through. */
  take(action: string): FaultEffect | undefined {
    const hit = this.#waiting.find(({ fault }) => (fault.action ?? action) === action);
    if (!hit) return undefined;
    hit.left -= 1;
    if (hit.left <= 0) this.#waiting = this.#waiting.filter((each) => each !== hit);
    return hit.fault.effect;
  }
}

/** Whether the call has its effect although the caller does not learn of it. */
export function isCarriedOut(effect: FaultEffect): boolean {
  return (effect.kind === 'status' || effect.kind === 'reset') && effect.carriedOut === true;
}

/**
 * The answer that a fault gives; undefined when the connection is closed instead.
 * @param now milliseconds since the epoch
 */
export function answerFault(effect: FaultEffect, now: number): Answer | undefined {
  switch (effect.kind) {
    case 'primary-rate-limit':
      return answerPrimaryLimit(effect, now);
    case 'secondary-rate-limit': {
      const message =
        'You have exceeded a secondary rate limit. Please wait a few minutes before you try again.';
      const wait = effect.retryAfterSeconds;
      const headers = wait === undefined ? {} : { 'retry-after': String(wait) };
      return { ...refuse(effect.status ?? 403, message), headers };
    }
    case 'status':
      return refuse(effect.status, effect.message);
    case 'reset':
      return undefined;
  }
}

function answerPrimaryLimit(
  { status = 403, resetInSeconds }: Extract<FaultEffect, { readonly kind: 'primary-rate-limit' }>,
  now: number,
): Answer {
  const message = 'API rate limit exceeded for installation ID 1.';
  const headers = rateLimitHeaders({ remaining: 0, reset: Math.ceil(now / 1000) + resetInSeconds });
  if (status === 200) return { status, body: { errors: [{ type: 'RATE_LIMITED', message }] }, headers };
  return { ...refuse(status, message), headers };
}

/** @param state `reset` in seconds since the epoch */
export function rateLimitHeaders(state: {
  readonly remaining: number;
  readonly reset: number;
}): Record<string, string> {
  return {
    'x-ratelimit-limit': String(HOURLY_LIMIT),
    'x-ratelimit-remaining': String(state.remaining),
    'x-ratelimit-used': String(HOURLY_LIMIT - state.remaining),
    'x-ratelimit-reset': String(state.reset),
    'x-ratelimit-resource': 'core',
  };
}
