import type { Clock } from '../deps.js';
import type { ApplyEvent } from './events.js';

/**
 * How long after the start of a creation its first call to KMS may still be on the way, in milliseconds. KMS answers
 * CreateKey and ReplicateKey in well under a second as a rule.
 */
const BIRTH_MS = 3_000;

/** How far what Terraform tells may be behind what it does, in milliseconds. */
const LAG_MS = 250;

/** The longest that an interrupt is held back: the runner kills the step 10 seconds after it. */
const LONGEST_HOLD_MS = 4_000;

/** The creations of an apply that is under way. */
export interface CreationWatch {
  readonly onEvent: (event: ApplyEvent) => void;
  /** Resolves as soon as no creation is so young that its key may be made with nobody to hear its id. */
  readonly bornAll: () => Promise<void>;
}

/**
 * Watches what an apply creates, to find the moment for an interrupt.
 *
 * An interrupted Terraform cancels the provider's calls at once. KMS carries out a CreateKey whose caller has gone, and
 * then there is a key that no state knows, since CreateKey is not idempotent and its answer alone has the id. (Tried
 * with Terraform 1.11.4 and provider 5.100.0.) A few seconds of patience let the provider record the id; from then on
 * an interrupt loses nothing.
 */
export function watchCreations(clock: Clock): CreationWatch {
  const started = new Map<string, number>();
  const youngest = (): number => Math.max(0, ...started.values());
  return {
    onEvent: (event) => {
      if (event.type === 'start' && event.action === 'create') started.set(event.address, clock.now());
      if (event.type === 'complete' || event.type === 'errored') started.delete(event.address);
    },
    bornAll: async () => {
      const end = clock.now() + LONGEST_HOLD_MS;
      await clock.sleep(LAG_MS);
      for (;;) {
        const wait = Math.min(youngest() + BIRTH_MS, end) - clock.now();
        if (wait <= 0) return;
        await clock.sleep(Math.min(wait, 100));
      }
    },
  };
}
