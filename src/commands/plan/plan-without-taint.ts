import { askKms, type WaitedKey } from '../../aws/key-wait.js';
import type { KmsClients } from '../../aws/kms-clients.js';
import type { Deps } from '../../deps.js';
import { messageOf } from '../../errors.js';
import type { Inputs } from '../../inputs/inputs.js';
import { planAndRead, readPlan, type ReadPlan } from './read-plan.js';
import { withoutTaint, findDisabled, findTainted } from '../../plan/without-taint.js';
import { isKey } from '../../plan/model.js';
import type { ResourceChange } from '../../plan/types.js';
import type { PhasedTerraform } from '../setup/phased-terraform.js';
import type { ResumeSteps } from '../../terraform/failed-apply.js';
import type { Terraform } from '../../terraform/run.js';
import { copyWorkFolder } from '../../terraform/work-copy.js';
import { nameOfAddress } from '../../terraform/addresses.js';
import { joinWords } from '../../phrases.js';

/** All that making a plan needs of the run. */
export interface MakePlanRequest {
  readonly deps: Deps;
  readonly inputs: Inputs;
  readonly workDir: string;
  readonly terraform: PhasedTerraform;
  readonly clients: KmsClients;
}

export interface FinishedPlan extends ReadPlan {
  /** What `apply` has to do before it plans again and applies; undefined where nothing is unfinished. */
  readonly unfinished: ResumeSteps | undefined;
}

/**
 * The plan as it will be when AWS has finished what an earlier apply had begun when it was stopped. Such an apply may leave
 * a replica tainted although it lives, or one that AWS is still creating. `plan` must not touch the state,
 * and what is approved must be what `apply` will do: so the plan is made on a copy of the state in which nothing is tainted,
 * and a key that KMS calls `Creating` counts as the enabled one that it becomes.
 * @param first the plan on the state as it is
 */
export async function planWithoutTaint(
  request: MakePlanRequest,
  first: ReadPlan,
  name: string,
): Promise<FinishedPlan> {
  const tainted = findTainted(first.reported.model);
  const kept =
    tainted.length === 0
      ? first
      : await planAndRead({ ...request, name, planner: () => copyWithout(request, tainted) });
  const creating = await findCreating(request, findDisabled(kept.reported.model));
  if (tainted.length === 0 && creating.length === 0) return { ...first, unfinished: undefined };
  const unfinished = {
    creating: creating.map(({ address }) => address),
    all: [...tainted, ...creating].map(({ address }) => address),
  };
  const finished = readPlan(withoutTaint(kept.json, unfinished), kept.reported.text);
  const waitFor = distinct([...tainted.filter(isKey), ...creating]);
  return {
    ...finished,
    unfinished: {
      untaint: tainted.map(({ address }) => address),
      waitFor: waitFor.flatMap((key) => waitedKey(request, key)),
    },
  };
}

function distinct(changes: readonly ResourceChange[]): ResourceChange[] {
  return [...new Map(changes.map((change) => [change.address, change])).values()];
}

/** What a reader of the plan should know of it, as a whole sentence. */
export function sayUnfinished({ untaint, waitFor }: ResumeSteps, primaryRegion: string): string {
  const names = new Set([
    ...untaint.map((address) => nameOfAddress(address, primaryRegion)),
    ...waitFor.map(({ name }) => name),
  ]);
  return `An earlier apply was stopped before AWS had finished the ${joinWords([...names])}. This plan shows what is left after that: apply waits until AWS has finished, keeps what is there and goes on.`;
}

async function copyWithout(
  { terraform, workDir }: MakePlanRequest,
  tainted: readonly ResourceChange[],
): Promise<Terraform> {
  const copy = terraform.inFolder(await copyWorkFolder(workDir, await terraform.pullState()));
  for (const { address } of tainted) await copy.untaint(address);
  return copy;
}

/** Those of them that KMS is still creating; none where KMS does not say. */
async function findCreating(
  request: MakePlanRequest,
  disabled: readonly ResourceChange[],
): Promise<ResourceChange[]> {
  const { deps, clients } = request;
  const asked = disabled.flatMap((key) => waitedKey(request, key).map((waited) => ({ ...waited, key })));
  const askState = askKms(clients, deps.log);
  const states = await Promise.all(
    asked.map((waited) =>
      askState(waited).catch((thrown: unknown) => {
        deps.log.debug(messageOf(thrown));
        return undefined;
      }),
    ),
  );
  return asked.filter((_, index) => states[index] === 'Creating').map(({ key }) => key);
}

function waitedKey(
  { inputs }: Pick<MakePlanRequest, 'inputs'>,
  { address, region, before }: ResourceChange,
): WaitedKey[] {
  const id = before?.['id'];
  if (region === undefined || typeof id !== 'string') return [];
  return [{ region, id, name: nameOfAddress(address, inputs.primaryRegion) }];
}
