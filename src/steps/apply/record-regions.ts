import { ActionError } from '../../errors.js';
import type { Ready } from '../ready/make-ready.js';
import { explained } from '../ready/phased-terraform.js';
import { buildPlanModel, isKey } from '../../plan/model.js';

const DONE = 'No key was changed, and the state is as it was.';

/**
 * Has the provider write into the state in which Region each resource is, where there is nothing else to apply: a
 * refresh alone, planned, looked at and then applied as it was planned.
 * @throws ActionError when the refresh would take a key out of the state
 */
export async function recordRegions({ terraform }: Pick<Ready, 'terraform'>): Promise<void> {
  await terraform.phase('Write the Regions into the state', async ({ say }) => {
    await terraform.plan({ refreshOnly: true }).catch(explained(DONE));
    const model = buildPlanModel(JSON.parse(await terraform.showPlan().catch(explained(DONE))));
    const lost = model.drift.filter((change) => isKey(change) && change.action === 'delete');
    if (lost.length > 0) {
      throw new ActionError({
        what: `The refresh would take keys out of the state: ${lost.map(({ address }) => address).join(', ')}.`,
        done: DONE,
        next: 'Run `plan` to see what became of them.',
      });
    }
    await terraform.apply(() => undefined).catch(explained('No key was changed.'));
    say(
      'The state says in which Region each key is; the next plan moves the replicas to their new addresses.',
    );
  });
}
