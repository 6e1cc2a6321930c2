import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Deps } from './deps.js';
import type { Inputs } from './inputs/inputs.js';
import { keyOutputs, planOutputs, summariseCounts, type Outputs } from './outputs.js';
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

/** Makes the plan of the run, and keeps it as files; changes nothing in AWS. */
export async function makePlan(request: MakePlanRequest): Promise<MadePlan> {
  const { deps, inputs, workDir } = request;
  const { reported, json } = await judgePlanned(
    inputs.command === 'destroy' ? 'Plan the destruction' : 'Plan',
    request,
  );
  for (const { reason, wayOut, rule, severity } of reported.findings) {
    if (severity === 'warning') deps.log.warning(`${reason} ${wayOut}`, { title: `Plan: ${rule}` });
  }
  const paths = { json: path.join(workDir, 'plan.json'), text: path.join(workDir, 'plan.txt') };
  await Promise.all([writeFile(paths.json, json), writeFile(paths.text, reported.text)]);
  const outputs = {
    ...planOutputs(reported.model, reported.digest),
    ...keyOutputs(reported.model.outputs),
    'plan-json-path': paths.json,
    'plan-text-path': paths.text,
  };
  return { reported, outputs };
}

/**
 * Makes a plan, saves it for apply, reads it and has the guard judge it; changes nothing in AWS.
 * @param name of the phase
 * @param done what was done until then, for the message of a failure
 */
export async function judgePlanned(
  name: string,
  { inputs, terraform }: Pick<MakePlanRequest, 'inputs' | 'terraform'>,
  done = 'Nothing was changed.',
): Promise<{ readonly reported: ReportedPlan; readonly json: string }> {
  return terraform.phase(
    name,
    async ({ say }) => {
      const text = await terraform.plan({ destroy: inputs.command === 'destroy' }).catch(explained(done));
      const json = await terraform.showPlan().catch(explained(done));
      const reported = judgePlan(json, text, inputs);
      say(`${name}: ${summariseCounts(reported.model.counts, reported.model.hasChanges)}`);
      return { reported, json };
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
