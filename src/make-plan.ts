import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Deps } from './deps.js';
import type { Inputs } from './inputs/inputs.js';
import { keyOutputs, planOutputs, type Outputs } from './outputs.js';
import { explained, type PhasedTerraform } from './phased-terraform.js';
import { diffAccess } from './plan/access.js';
import { digestPlan } from './plan/digest.js';
import { guardPlan } from './plan/guard.js';
import { buildPlanModel } from './plan/model.js';
import type { ReportedPlan } from './report/types.js';
import { describePlanLine } from './terraform/progress.js';
import { parseShown } from './terraform/shown.js';

export interface MadePlan {
  readonly reported: ReportedPlan;
  readonly outputs: Outputs;
}

export interface MakePlanRequest {
  readonly deps: Deps;
  readonly inputs: Inputs;
  readonly workDir: string;
  readonly terraform: PhasedTerraform;
}

/** Makes a plan, saves it, reads it and has the guard judge it; changes nothing in AWS. */
export async function makePlan({ deps, inputs, workDir, terraform }: MakePlanRequest): Promise<MadePlan> {
  const destroy = inputs.command === 'destroy';
  const name = destroy ? 'Plan the destruction' : 'Plan';
  return terraform.phase(
    name,
    async ({ say }) => {
      const text = await terraform.plan({ destroy }).catch(explained('Nothing was changed.'));
      const json = await terraform.showPlan().catch(explained('Nothing was changed.'));
      const reported = judgePlan(json, text, inputs);
      for (const { reason, wayOut, rule } of reported.findings.filter(
        ({ severity }) => severity === 'warning',
      )) {
        deps.log.warning(`${reason} ${wayOut}`, { title: `Plan: ${rule}` });
      }
      const paths = { json: path.join(workDir, 'plan.json'), text: path.join(workDir, 'plan.txt') };
      await Promise.all([writeFile(paths.json, json), writeFile(paths.text, text)]);
      const outputs = {
        ...planOutputs(reported.model, reported.digest),
        ...keyOutputs(reported.model.outputs),
        'plan-json-path': paths.json,
        'plan-text-path': paths.text,
      };
      say(`${name}: ${outputs['plan-summary'] ?? ''}`);
      return { reported, outputs };
    },
    (line) => describePlanLine(line, inputs.primaryRegion),
  );
}

function judgePlan(json: string, text: string, inputs: Inputs): ReportedPlan {
  const model = buildPlanModel(parseShown(json, 'plan'));
  const access = diffAccess(model);
  const findings = guardPlan({
    model,
    access,
    primaryRegion: inputs.primaryRegion,
    options: { deletionConfirmed: inputs.deletionConfirmed, command: inputs.command },
  });
  return { model, access, findings, digest: digestPlan(model), text };
}
