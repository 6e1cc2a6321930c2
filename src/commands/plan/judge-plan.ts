import type { KmsClients } from '../../aws/kms-clients.js';
import type { Deps } from '../../deps.js';
import { namingClosedRegions } from './closed-regions.js';
import type { Inputs } from '../../inputs/inputs.js';
import { summariseCounts } from '../../outputs.js';
import { explained, type PhasedTerraform } from '../setup/phased-terraform.js';
import { diffAccess } from '../../plan/access.js';
import { digestPlan } from '../../plan/digest.js';
import { guardPlan, type GuardRequest } from '../../guard/guard.js';
import type { Owner } from '../../guard/ownership.js';
import { buildPlanModel } from '../../plan/model.js';
import type { PlanModel } from '../../plan/types.js';
import type { ReportedPlan } from '../../report/types.js';
import { describePlanLine } from '../../terraform/progress.js';
import type { Terraform } from '../../terraform/run.js';

/** A plan that was made and judged. */
export interface JudgedPlan {
  readonly reported: ReportedPlan;
  /** As `terraform show -json` prints it, parsed. */
  readonly json: unknown;
}

export interface JudgeRequest {
  readonly deps: Pick<Deps, 'clock'>;
  readonly inputs: Inputs;
  readonly terraform: PhasedTerraform;
  readonly clients: KmsClients;
  /** Of the phase. */
  readonly name: string;
  /** What was done until then, for the message of a failure. */
  readonly done?: string;
  /** The Terraform that plans: that of the run unless told; it may be in a copy of the working folder. */
  readonly planner?: () => Promise<Terraform>;
}

/** Makes a plan, saves it for apply, reads it and has the guard judge it; changes nothing in AWS. */
export async function planAndJudge(request: JudgeRequest): Promise<JudgedPlan> {
  const { inputs, terraform, clients, name, done = 'Nothing was changed.', planner } = request;
  return terraform.phase(
    name,
    async ({ say }) => {
      const planning = planner === undefined ? terraform : await planner().catch(explained(done));
      const text = await planning
        .plan({ destroy: inputs.destroys })
        .catch(namingClosedRegions(inputs, clients, done))
        .catch(explained(done));
      const json = await planning.showPlan().catch(explained(done));
      const judged = judgePlan(json, text, request);
      const { counts, hasChanges } = judged.reported.model;
      say(`${name}: ${summariseCounts(counts, hasChanges)}`);
      return judged;
    },
    (line) => describePlanLine(line, inputs.primaryRegion),
  );
}

/** @param text Terraform's own description of the plan */
export function judgePlan(
  json: unknown,
  text: string,
  run: Pick<JudgeRequest, 'inputs' | 'deps'>,
): JudgedPlan {
  const model = buildPlanModel(json);
  const access = diffAccess(model);
  const findings = guardPlan(guardRequestOf(model, run));
  return { reported: { model, access, findings, digest: digestPlan(model), text }, json };
}

/** What the guard judges of the run's plan, and by what. */
export function guardRequestOf(
  model: PlanModel,
  { inputs, deps }: Pick<JudgeRequest, 'inputs' | 'deps'>,
): GuardRequest {
  const { primaryRegion, command, approval, deletionConfirmed, destroys } = inputs;
  const unreviewed = command === 'apply' && approval.by === 'auto';
  const options = { deletionConfirmed, destroys, unreviewed };
  return { model, owner: ownerOf(inputs), primaryRegion, now: deps.clock.now(), options };
}

/** Whose state the inputs ask for. */
export function ownerOf({ alias, renameAliasFrom }: Pick<Inputs, 'alias' | 'renameAliasFrom'>): Owner {
  return { alias, renamedFrom: renameAliasFrom };
}
