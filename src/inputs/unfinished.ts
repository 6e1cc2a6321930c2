import { ActionError } from '../errors.js';
import type { Inputs } from './inputs.js';

/**
 * Refuses what this version can validate but not do yet, so that nobody takes an ignored input for an obeyed one.
 * @throws ActionError that names each such input
 */
export function refuseUnfinished(inputs: Inputs): void {
  const asked = [inputs.command === 'drift' && 'command: drift'].filter((name) => name !== false);
  if (asked.length === 0) return;
  throw new ActionError({
    what: `This version cannot do this yet: ${asked.join(', ')}.`,
    done: 'Nothing was installed, called or changed.',
    next: 'Leave it out for now.',
  });
}
