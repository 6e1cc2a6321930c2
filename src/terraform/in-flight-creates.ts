import type { Clock } from '../deps.js';
import type { ApplyEvent } from './events.js';

/**
 * The grace: how long after the start of a create its first call to KMS may still be in flight, in milliseconds. KMS answers
 * CreateKey and ReplicateKey in well under a second as a rule.
 */
const GRACE_MS = 3_000;

/** How far what Terraform tells may be behind what it does, in milliseconds. */
const LAG_MS = 250;

/** The longest that an interrupt is held back: the runner kills the step 10 seconds after it. */
const LONGEST_HOLD_MS = 4_000;

/** The creates of an apply that is in progress. */
export interface CreateWatch {
  readonly onEvent: (event: ApplyEvent) => void;
  /** Resolves as soon as no create is so young that its key may be made with nobody to record its id. */
  readonly untilIdsRecorded: () => Promise<void>;
}

/**
 * Watches what an apply creates, to find the moment for an interrupt.
 *
 * An interrupted Terraform cancels the provider's calls at once. KMS carries out a CreateKey whose caller has gone, and
 * then there is a key that no state knows, since CreateKey is not idempotent and its answer alone has the id. (Tried
 * with Terraform 1.11.4 and provider 5.100.0.) A few seconds of grace let the provider record the id; from then on
 * an interrupt loses nothing.
 */
export function watchCreates(clock: Clock): CreateWatch {
  const started = new Map<string, number>();
  const youngest = (): number => Math.max(0, ...started.values());
  return {
    onEvent: (event) => {
      if (event.type === 'start' && event.action === 'create') started.set(event.address, clock.now());
      if (event.type === 'complete' || event.type === 'errored') started.delete(event.address);
    },
    untilIdsRecorded: async () => {
      const end = clock.now() + LONGEST_HOLD_MS;
      await clock.sleep(LAG_MS);
      for (;;) {
        const wait = Math.min(youngest() + GRACE_MS, end) - clock.now();
        if (wait <= 0) return;
        await clock.sleep(Math.min(wait, 100));
      }
    },
  };
}
