import { isMadeSince } from '../../aws/made-since.js';
import type { ResumeRequest } from './course.js';
import { messageOf } from '../../errors.js';
import type { Reporting } from '../../run.js';
import type { StateModel } from '../../terraform/state.js';
import { findUnanswered, type UnansweredCreate } from '../../terraform/failed-apply.js';
import { nameOfAddress } from '../../terraform/addresses.js';
import { joinWords } from '../../phrases.js';

/**
 * Has the next plan import what this apply made without Terraform's knowing it: when the answer of ReplicateKey or
 * CreateAlias gets lost, the provider's next attempt hears that the replica or the alias exists. Only what was approved to
 * be created, what is of the key that the state has, and what KMS made since the apply began counts as made by it; the
 * rest stays the failure that it is. Nothing in AWS is changed, nor yet the state.
 * @returns whether there is any
 */
export async function* importUnanswered(
  request: Pick<ResumeRequest, 'run' | 'setup' | 'course' | 'failure' | 'planned'> & {
    readonly state: StateModel;
  },
): Reporting<boolean> {
  const { run, setup, course, failure, planned, state } = request;
  const looked = await Promise.all(
    findUnanswered(failure, state, planned).map(async (creation) =>
      (await isMadeHere(creation, request)) ? [creation] : [],
    ),
  );
  const made = looked.flat();
  if (made.length === 0) return false;
  await setup.configuration.extend({
    imports: made.map(({ kind, region, keyId }) =>
      kind === 'replica' ? { region, keyId, hasAlias: false } : { region, keyId: undefined, hasAlias: true },
    ),
  });
  for (const { address } of made) course.imported.add(address);
  const names = joinWords(made.map(({ address }) => nameOfAddress(address, run.inputs.primaryRegion)));
  const note = `AWS made the ${names}, but its answer was lost; the run took it into the state and went on from there.`;
  run.deps.log.info(note);
  yield { notes: [note] };
  return true;
}

async function isMadeHere(
  creation: UnansweredCreate,
  { run, setup, course }: Pick<ResumeRequest, 'run' | 'setup' | 'course'>,
): Promise<boolean> {
  const { inputs, deps } = run;
  try {
    const search = { ...creation, alias: `alias/${inputs.alias}`, since: course.since };
    return await isMadeSince(search, setup.clients);
  } catch (thrown) {
    deps.log.info(
      `Could not look whether this run made the ${nameOfAddress(creation.address, inputs.primaryRegion)}: ${messageOf(thrown)}`,
    );
    return false;
  }
}
