import type { KmsClients } from '../../aws/kms-clients.js';
import { findSilentRegions, type SilenceQuestion, type SilentRegion } from '../../aws/silent-regions.js';
import { ActionError } from '../../errors.js';
import type { Inputs } from '../../inputs/inputs.js';
import type { Run } from '../../run.js';
import { joinWords } from '../../phrases.js';

/**
 * The Regions of the key whose KMS does not answer. What can be known without them, each command finds out by itself.
 * @throws ActionError when the state is in one of them, too: then nothing can be known
 */
export async function findSilence(run: Run, clients: KmsClients): Promise<SilentRegion[]> {
  const { inputs, deps } = run;
  const regions = [inputs.primaryRegion, ...inputs.replicaRegions];
  const silent = await listenTo(regions, run, { clients, signal: deps.cancelled });
  const ofState = silent.filter(({ region }) => region === stateRegionOf(inputs));
  if (ofState.length > 0)
    throw explainSilence(silent, `The state is in ${joinWords(ofState.map(({ region }) => region))}, too.`);
  return silent;
}

/** Asks for the run's alias in these Regions. @returns those that do not answer */
export function listenTo(
  regions: readonly string[],
  { inputs, deps }: Run,
  options: Pick<SilenceQuestion, 'clients' | 'signal' | 'limitMs'>,
): Promise<SilentRegion[]> {
  return findSilentRegions({ ...options, regions, alias: `alias/${inputs.alias}`, env: deps.env });
}

function stateRegionOf({ backend }: Inputs): unknown {
  return backend?.type === 's3' ? backend.config['region'] : undefined;
}

/** @param seen what could be seen in spite of it, in whole sentences; empty for nothing */
export function explainSilence(silent: readonly SilentRegion[], seen: string): ActionError {
  const each = silent.map(({ region, because }) => `in ${region}, ${because}`);
  return new ActionError({
    what: `KMS does not answer: ${each.join('; ')}. ${seen}`.trim(),
    done: 'Nothing was planned or changed.',
    next: `${adviseOnSilence(silent)} ${UNTIL_THEN}`,
  });
}

/** Where to look for the cause. */
export function adviseOnSilence(silent: readonly SilentRegion[]): string {
  const ways = [...new Set(silent.flatMap(({ next }) => next ?? []))];
  return ways.length > 0 ? ways.join(' ') : LOOK;
}

const LOOK =
  'Look at the AWS Health Dashboard, at the name of the Region, and at the way from this runner to it (firewall, proxy, VPC endpoint).';

const UNTIL_THEN =
  "Until KMS answers in every Region, nothing of the key can be changed or moved; wherever it answers, the key goes on encrypting and decrypting (this action's docs/disaster-recovery.md).";
