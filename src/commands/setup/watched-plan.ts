import type { SilentRegion } from '../../aws/silent-regions.js';
import type { KmsClients } from '../../aws/kms-clients.js';
import type { Run } from '../../run.js';
import { readHeldKeys } from '../../terraform/state-file.js';
import type { PhasedTerraform } from './phased-terraform.js';
import { explainSilence, listenTo } from './silence.js';

/** A plan of a few Regions takes 5 to 8 seconds, one that waits for a Region many minutes. In milliseconds. */
const UNUSUAL_MS = 10_000;
/** Room for a connection that is not made, and a second one. */
const LIMIT_MS = 7_000;

/**
 * Terraform whose plan does not wait for a Region that nobody has asked yet: one that has left the inputs, and whose key is
 * still in the state. The state is looked into only where a plan takes unusually long, since hardly any run needs it.
 */
export function watchPlan(terraform: PhasedTerraform, run: Run, clients: KmsClients): PhasedTerraform {
  const { clock, cancelled } = run.deps;
  return {
    ...terraform,
    plan: async (options) => {
      const ended = new AbortController();
      const givenUp = new AbortController();
      let silent: readonly SilentRegion[] = [];
      const watch = async (): Promise<void> => {
        await clock.sleep(UNUSUAL_MS, ended.signal);
        const signal = AbortSignal.any([cancelled, ended.signal]);
        silent = await findSilentLeavers(terraform, run, { clients, signal });
        if (silent.length > 0) givenUp.abort();
      };
      // Whatever the state or AWS says in place of an answer, the plan will say by itself.
      const watching = watch().catch(() => undefined);
      try {
        return await terraform.plan(options, givenUp.signal);
      } catch (thrown) {
        throw silent.length > 0 ? explainSilence(silent, LEFT) : thrown;
      } finally {
        ended.abort();
        await watching;
      }
    },
  };
}

const LEFT =
  'It has left the inputs, and the state still has the key there: Terraform can give it up only while it answers.';

async function findSilentLeavers(
  terraform: PhasedTerraform,
  run: Run,
  options: { readonly clients: KmsClients; readonly signal: AbortSignal },
): Promise<SilentRegion[]> {
  const { inputs } = run;
  const asked = new Set([inputs.primaryRegion, ...inputs.replicaRegions]);
  const { keyRegions } = readHeldKeys(await terraform.pullState(), inputs.primaryRegion);
  const regions = [...keyRegions].filter((region) => !asked.has(region));
  return regions.length === 0 ? [] : listenTo(regions, run, { ...options, limitMs: LIMIT_MS });
}
