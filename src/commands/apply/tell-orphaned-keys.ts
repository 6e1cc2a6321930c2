import { findOrphanedKeys, type OrphanedKey } from '../../aws/orphaned-keys.js';
import { sayKmsError } from '../../aws/kms-clients.js';
import { messageOf } from '../../errors.js';
import type { Setup } from '../setup/set-up.js';
import { isSamePolicy } from '../../plan/canonical.js';
import type { PlanModel, ResourceChange } from '../../plan/types.js';
import { addNotes, type Run } from '../../run.js';

/** How long the search may take in a step that was cancelled, and in any other, in milliseconds. */
const SEARCH_MS = { cancelled: 2_000, otherwise: 20_000 };

/**
 * Applies, and however that ends tells of each key that it made without getting its id: no state knows such a key, and
 * nothing but its ARN in this run's log leads back to it. Looks only where a primary was to be created.
 */
export async function tellingOrphanedKeys(
  run: Run,
  setup: Setup,
  model: PlanModel,
  apply: () => Promise<void>,
): Promise<void> {
  const primary = model.resources.find(({ kind, action }) => kind === 'primary' && action === 'create');
  if (primary === undefined) return apply();
  const since = run.deps.clock.now();
  try {
    await apply();
  } catch (thrown) {
    await tell(run, setup, { primary, since, said: messageOf(thrown) });
    throw thrown;
  }
  await tell(run, setup, { primary, since, said: '' });
}

interface Told {
  /** As it was planned. */
  readonly primary: ResourceChange;
  readonly since: number;
  /** The failure's message: the provider names in it the key that it waited for in vain, which the state has. */
  readonly said: string;
}

async function tell(run: Run, { clients }: Setup, { primary, since, said }: Told): Promise<void> {
  const { inputs, deps } = run;
  const policy = primary.after?.['policy'];
  if (typeof policy !== 'string') return;
  try {
    const orphaned = await findOrphanedKeys({
      clients,
      region: inputs.primaryRegion,
      description: inputs.description,
      keySpec: inputs.keySpec,
      keyUsage: inputs.keyUsage,
      policy,
      samePolicy: isSamePolicy,
      since,
      knownId: run.outputs['key-id'] ?? /\bmrk-[0-9a-f]{32}\b/.exec(said)?.[0],
      signal: AbortSignal.timeout(deps.cancelled.aborted ? SEARCH_MS.cancelled : SEARCH_MS.otherwise),
    });
    for (const note of orphaned.map(describeOrphanedKey)) {
      deps.log.warning(note, { title: 'A key that no state knows' });
      addNotes(run, note);
    }
  } catch (thrown) {
    deps.log.info(`Could not look whether AWS made a key that no state knows: ${sayKmsError(thrown)}`);
  }
}

function describeOrphanedKey({ arn, id, region }: OrphanedKey): string {
  return [
    `AWS made ${arn}, but its answer did not reach this run, so no state knows the key.`,
    'It is as planned, has no alias and costs US$1 a month; nothing refers to it.',
    `Make sure that no other run was creating a key like it just then, and give it up: \`aws kms schedule-key-deletion --region ${region} --key-id ${id} --pending-window-in-days 7\`.`,
  ].join(' ');
}
