import { isWellFormedRegion } from '../../facts/regions.js';
import type { Configuration } from './init-configuration.js';
import { ActionError } from '../../errors.js';
import type { PhasedTerraform } from './phased-terraform.js';
import { TerraformError } from '../../terraform/run.js';

/**
 * Terraform that plans once more where the state turns out to need what the inputs alone do not say: by aliases, a
 * provider for a replica in a Region that has left the inputs and that the table of Regions does not know.
 *
 * A state is not looked into beforehand: that would cost every run a command, and hardly any run needs it.
 */
export function planAsTheStateNeeds(
  terraform: PhasedTerraform,
  configuration: Pick<Configuration, 'providerMode' | 'extend'>,
): PhasedTerraform {
  if (configuration.providerMode !== 'aliases') return terraform;
  return {
    ...terraform,
    plan: async (options) => {
      try {
        return await terraform.plan(options);
      } catch (thrown) {
        if (!(thrown instanceof TerraformError)) throw thrown;
        refuseNewerState(thrown);
        const stateRegions = findRegionsWithoutProvider(thrown.text);
        if (stateRegions.length === 0) throw thrown;
        await configuration.extend({ stateRegions });
        return await terraform.plan(options);
      }
    },
  };
}

/**
 * The Regions whose provider by alias Terraform misses.
 * @param text its error: `Provider configuration not present`, `… is required …`
 */
export function findRegionsWithoutProvider(text: string): string[] {
  if (!text.includes('Provider configuration not present')) return [];
  const named = text.matchAll(/provider\["[^"]+\/hashicorp\/aws"\]\.\s*([a-z0-9-]+)/g);
  return [
    ...new Set([...named].flatMap(([, region = '']) => (isWellFormedRegion(region) ? [region] : []))),
  ].sort();
}

/** By aliases no module call has instances: such addresses are from a run with provider 6.x. */
function refuseNewerState(error: TerraformError): void {
  if (!/module\.replica\["/.test(error.text)) return;
  throw new ActionError(
    {
      what: 'The state was written with provider 6.x, which keeps replicas at other addresses than older providers do.',
      done: 'Nothing was changed.',
      next: 'Set `aws-provider-version` to a 6.x version again.',
    },
    { cause: error },
  );
}
