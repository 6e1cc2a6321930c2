import type { KmsClients } from '../../aws/kms-clients.js';
import { namingClosedRegions } from './closed-regions.js';
import type { Inputs } from '../../inputs/inputs.js';
import { summariseCounts } from '../../outputs.js';
import { explained, type PhasedTerraform } from '../setup/phased-terraform.js';
import { diffAccess } from '../../plan/access.js';
import { digestPlan } from '../../plan/digest.js';
import { buildPlanModel } from '../../plan/model.js';
import type { ReportedPlan } from '../../report/types.js';
import { describePlanLine } from '../../terraform/events.js';
import type { Terraform } from '../../terraform/run.js';

/** A plan as the report has it, before it is judged. */
export type UnjudgedPlan = Omit<ReportedPlan, 'findings' | 'lastUse'>;

/** A plan that was made and read. */
export interface ReadPlan {
  readonly reported: UnjudgedPlan;
  /** As `terraform show -json` prints it, parsed. */
  readonly json: unknown;
}

export interface PlanRequest {
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

/** Makes a plan, saves it for apply, and reads it; changes nothing in AWS. */
export async function planAndRead(request: PlanRequest): Promise<ReadPlan> {
  const { inputs, terraform, clients, name, done = 'Nothing was changed.', planner } = request;
  return terraform.phase(
    name,
    async ({ say }) => {
      const planning = planner === undefined ? terraform : await planner().catch(explained(done));
      const text = await planning
        .plan({ destroy: inputs.destroys })
        .catch(namingClosedRegions(inputs, clients, done))
        .catch(explained(done));
      const plan = readPlan(await planning.showPlan().catch(explained(done)), text);
      const { counts, hasChanges } = plan.reported.model;
      say(`${name}: ${summariseCounts(counts, hasChanges)}`);
      return plan;
    },
    (line) => describePlanLine(line, inputs.primaryRegion),
  );
}

/** @param text Terraform's own description of the plan */
export function readPlan(json: unknown, text: string): ReadPlan {
  const model = buildPlanModel(json);
  return { reported: { model, access: diffAccess(model), digest: digestPlan(model), text }, json };
}
