import type { RunContext } from '../../runner/context.js';
import { orderOf } from '../../plan/last-apply.js';
import type { PlanModel } from '../../plan/types.js';
import { explained } from '../setup/phased-terraform.js';
import type { Setup } from '../setup/set-up.js';
import { appliedBy } from '../../run.js';

/**
 * Whether the state has to record that this commit was applied although there was nothing to do: what was approved before it
 * is void, too. A run that is older than the last one has nothing to tell.
 */
export function isNewlyApplied(context: RunContext, { lastApply, resources }: PlanModel): boolean {
  const now = appliedBy(context);
  if (now === undefined || resources.length === 0) return false;
  const order = orderOf(lastApply ?? { begun: undefined, done: undefined }, now, 'commit');
  return order !== 'used' && order !== 'later-run';
}

/** Applies the saved plan, in which nothing changes but what the state says of its last apply. */
export async function recordApplied({ terraform }: Pick<Setup, 'terraform'>): Promise<void> {
  await terraform.phase('Note in the state what was applied', async () => {
    await terraform.apply(() => undefined).catch(explained('No key was changed.'));
  });
}
