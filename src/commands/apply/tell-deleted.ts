import type { KmsClients } from '../../aws/kms-clients.js';
import { messageOf } from '../../errors.js';
import { deletionsOf, sayDeadline, sayOutage, sayCancelDeletionOf } from '../../plan/deletions.js';
import type { PlanModel } from '../../plan/types.js';
import type { Reporting, Results, Run } from '../../run.js';
import { lookUpStates } from '../key-states.js';
import type { Setup } from '../setup/set-up.js';

/**
 * Applies, and however that ends asks KMS how the keys stand that the plan deletes: which of them can't be used any more,
 * and until when each can be brought back. Asks nothing for a plan that deletes no key, nor in a step that was cancelled.
 * @throws whatever `apply` throws
 */
export async function* tellingDeleted<T>(
  run: Run,
  { clients }: Pick<Setup, 'clients'>,
  model: PlanModel,
  apply: () => Reporting<T>,
): Reporting<T> {
  try {
    const applied = yield* apply();
    sayDeleted(run, model);
    return applied;
  } finally {
    yield await askStates(run, clients, model);
  }
}

async function askStates({ deps }: Run, clients: KmsClients, model: PlanModel): Promise<Results> {
  const places = deletionsOf(model).keys.flatMap(({ region, keyId }) =>
    keyId === undefined ? [] : [{ region, keyId }],
  );
  if (places.length === 0 || deps.cancelled.aborted) return {};
  try {
    return { report: { keyStates: await lookUpStates(places, clients) } };
  } catch (thrown) {
    deps.log.info(`Could not ask KMS for the date of the deletion: ${messageOf(thrown)}`);
    return {};
  }
}

/** In the log, where the commands are at hand without the summary. */
function sayDeleted({ deps: { log, clock } }: Run, model: PlanModel): void {
  const deletions = deletionsOf(model);
  if (deletions.keys.length === 0) return;
  const words = { tense: 'done', now: clock.now() } as const;
  log.info(sayOutage(deletions, words));
  log.info(sayDeadline(deletions, words));
  log.info(sayCancelDeletionOf(deletions));
}
