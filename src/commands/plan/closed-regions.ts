import type { KmsClients } from '../../aws/kms-clients.js';
import { lookUpKeys } from '../../aws/key-lookup.js';
import { ActionError } from '../../errors.js';
import type { Inputs } from '../../inputs/inputs.js';
import { TerraformError } from '../../terraform/run.js';

/** AWS does not know the credentials: that is also its answer in a Region which the account has not enabled. */
const NOT_LET_IN = /InvalidClientTokenId|UnrecognizedClientException|OptInRequired/;

/**
 * For `.catch` of a plan: where it failed because AWS does not take the credentials, all the Regions of which that is
 * true, at once; Terraform names one badly or not at all.
 * @param done what was done until then, in whole sentences
 * @throws ActionError that names them; what was thrown, where they are none, or all, which is not for want of enabling
 */
export function namingClosedRegions(
  { primaryRegion, replicaRegions, alias }: Inputs,
  clients: KmsClients,
  done: string,
): (thrown: unknown) => Promise<never> {
  return async (thrown) => {
    if (!(thrown instanceof TerraformError) || !NOT_LET_IN.test(thrown.text)) throw thrown;
    const regions = [primaryRegion, ...replicaRegions];
    const closed = await findClosed(regions, `alias/${alias}`, clients);
    if (closed.length === 0 || closed.length === regions.length) throw thrown;
    const commands = closed.map((region) => `\`aws account enable-region --region-name ${region}\``);
    throw new ActionError(
      {
        what: `AWS does not accept these credentials in ${closed.join(', ')}: not enabled for the account, or still being enabled.`,
        done,
        next: `Enable what is missing (${commands.join(', ')}; it takes some minutes) or take it out of the inputs, and run again.`,
      },
      { cause: thrown },
    );
  };
}

async function findClosed(regions: readonly string[], alias: string, clients: KmsClients): Promise<string[]> {
  const lookups = await lookUpKeys(
    regions.map((region) => ({ region, keyId: alias })),
    clients,
  );
  return lookups.flatMap(({ region, lookup }) => (lookup.is === 'region-disabled' ? [region] : []));
}
