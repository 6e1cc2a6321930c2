import type { Inputs } from './inputs/inputs.js';
import { keyOutputs, type Outputs } from './outputs.js';
import type { PhasedTerraform } from './phased-terraform.js';
import type { ApplyEvent } from './terraform/events.js';
import { describeEvent, nameOfAddress } from './terraform/progress.js';
import { TerraformError } from './terraform/run.js';
import { explainTerraformError } from './terraform/symptoms.js';

/**
 * Applies the saved plan, and nothing else: Terraform refuses a plan that is out of date.
 * @returns what is known of the keys afterwards
 * @throws ActionError when the apply failed; it says which resources are done
 */
export async function applySavedPlan(inputs: Inputs, terraform: PhasedTerraform): Promise<Outputs> {
  const done: string[] = [];
  const underWay = new Set<string>();
  const name = inputs.command === 'destroy' ? 'Destroy' : 'Apply';
  return terraform.phase(name, async ({ say }) => {
    const onEvent = (event: ApplyEvent): void => {
      const line = describeEvent(event, inputs.primaryRegion);
      if (line !== undefined) say(line);
      if (!('address' in event)) return;
      const what = nameOfAddress(event.address, inputs.primaryRegion);
      if (event.type === 'start') underWay.add(what);
      if (event.type === 'complete' && underWay.delete(what)) done.push(what);
    };
    try {
      return keyOutputs((await terraform.apply(onEvent)).outputs);
    } catch (thrown) {
      if (thrown instanceof TerraformError)
        throw explainTerraformError(thrown, sayWhatIsDone(done, [...underWay]));
      throw thrown;
    }
  });
}

function sayWhatIsDone(done: readonly string[], underWay: readonly string[]): string {
  const what = done.length === 0 ? 'No change had been completed' : `Done before it: ${done.join(', ')}`;
  const begun = underWay.length === 0 ? '' : `; begun, and not seen to its end: ${underWay.join(', ')}`;
  return `${what}${begun}; the state knows what is there, and running the job again goes on from it.`;
}
