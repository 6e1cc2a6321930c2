import { findOrphanedKeys, type OrphanedKey } from '../../aws/orphaned-keys.js';
import { sayKmsError } from '../../aws/kms-clients.js';
import { ActionError } from '../../errors.js';
import type { Setup } from '../setup/set-up.js';
import { isSamePolicy } from '../../plan/canonical.js';
import type { PlanModel, ResourceChange } from '../../plan/types.js';
import type { Reporting, Run } from '../../run.js';
import { TerraformError } from '../../terraform/run.js';

/** How long the search may take in a step that was cancelled, and in any other, in milliseconds. */
const SEARCH_MS = { cancelled: 2_000, otherwise: 20_000 };

/**
 * Applies, and however that ends tells of each key that it made without getting its id: no state knows such a key, and
 * nothing but its ARN in this run's log leads back to it. Looks only where a primary was to be created.
 */
export async function* tellingOrphanedKeys<T>(
  run: Run,
  setup: Setup,
  model: PlanModel,
  apply: () => Reporting<T>,
): Reporting<T> {
  const primary = model.resources.find(({ kind, action }) => kind === 'primary' && action === 'create');
  if (primary === undefined) return yield* apply();
  const since = run.deps.clock.now();
  const seen: { keyId?: string } = {};
  let applied: T;
  try {
    applied = yield* notingKeyId(apply(), seen);
  } catch (thrown) {
    yield* tell(run, setup, { primary, since, knownId: seen.keyId ?? keyInFailure(thrown) });
    throw thrown;
  }
  yield* tell(run, setup, { primary, since, knownId: seen.keyId });
  return applied;
}

/** The provider names in its message the key that it waited for in vain, which the state has. */
function keyInFailure(thrown: unknown): string | undefined {
  const failure = thrown instanceof ActionError ? thrown.cause : thrown;
  return failure instanceof TerraformError ? /\bmrk-[0-9a-f]{32}\b/.exec(failure.text)?.[0] : undefined;
}

/** Passes on what a part finds out, and notes the id of the key on the way. */
async function* notingKeyId<T>(part: Reporting<T>, seen: { keyId?: string }): Reporting<T> {
  for (;;) {
    const next = await part.next();
    if (next.done === true) return next.value;
    const keyId = next.value.outputs?.['key-id'];
    if (keyId !== undefined) seen.keyId = keyId;
    yield next.value;
  }
}

interface Told {
  /** As it was planned. */
  readonly primary: ResourceChange;
  readonly since: number;
  /** The id of the key that the state has, if it has one. */
  readonly knownId: string | undefined;
}

async function* tell(run: Run, { clients }: Setup, { primary, since, knownId }: Told): Reporting {
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
      knownId,
      signal: AbortSignal.timeout(deps.cancelled.aborted ? SEARCH_MS.cancelled : SEARCH_MS.otherwise),
    });
    for (const note of orphaned.map(describeOrphanedKey)) {
      deps.log.warning(note, { title: 'A key that no state knows' });
      yield { notes: [note] };
    }
  } catch (thrown) {
    deps.log.info(`Could not look whether AWS made a key that no state knows: ${sayKmsError(thrown)}`);
  }
}

function describeOrphanedKey({ arn, keyId, region }: OrphanedKey): string {
  return [
    `AWS made ${arn}, but its answer did not reach this run, so no state knows the key.`,
    'It is as planned, has no alias and costs US$1 a month; nothing refers to it.',
    `Make sure that no other run was creating a key like it just then, and give it up: \`aws kms schedule-key-deletion --region ${region} --key-id ${keyId} --pending-window-in-days 7\`.`,
  ].join(' ');
}
