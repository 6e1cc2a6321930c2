import { ActionError } from '../../errors.js';
import type { Setup } from '../setup/set-up.js';
import { explained } from '../setup/phased-terraform.js';
import { buildPlanModel, isKey } from '../../plan/model.js';

const DONE = 'No key was changed, and the state is as it was.';

/**
 * Has the provider write into the state in which Region each resource is, where there is nothing else to apply.
 * @throws ActionError when the refresh would take a key out of the state
 */
export async function recordRegions(setup: Pick<Setup, 'terraform'>): Promise<void> {
  await applyRefresh(
    setup,
    'Write the Regions into the state',
    'The state says in which Region each key is; the next plan moves the replicas to their new addresses.',
  );
}

/**
 * Has the state say what it is refreshed to and which run that was, and nothing else: a refresh alone, planned, looked at and
 * then applied as it was planned.
 * @throws ActionError when the refresh would take a key out of the state
 */
export async function applyRefresh(
  { terraform }: Pick<Setup, 'terraform'>,
  name: string,
  done: string,
): Promise<void> {
  await terraform.phase(name, async ({ say }) => {
    await terraform.plan({ refreshOnly: true }).catch(explained(DONE));
    const model = buildPlanModel(await terraform.showPlan().catch(explained(DONE)));
    const lost = model.drift.filter((change) => isKey(change) && change.action === 'delete');
    if (lost.length > 0) {
      throw new ActionError({
        what: `The refresh would take keys out of the state: ${lost.map(({ address }) => address).join(', ')}.`,
        done: DONE,
        next: 'Run `plan` to see what became of them.',
      });
    }
    await terraform.apply(() => undefined).catch(explained('No key was changed.'));
    say(done);
  });
}
