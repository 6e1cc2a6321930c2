import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { planAndRead, type ReadPlan, type UnjudgedPlan } from './read-plan.js';
import { keyOutputs, planOutputs, type Outputs } from '../../outputs.js';
import { planWithoutTaint, type FinishedPlan, type MakePlanRequest } from './plan-without-taint.js';
import type { ReportedPlan } from '../../report/types.js';
import type { ResumeSteps } from '../../terraform/failed-apply.js';

/** A plan that was made and kept: judged, unless said otherwise. */
export interface MadePlan<Reported = ReportedPlan> {
  readonly reported: Reported;
  readonly outputs: Outputs;
  /** What an interrupted apply has left behind; the plan that is saved is then not the one reported. */
  readonly unfinished: ResumeSteps | undefined;
  /** The Regions in which a deletion was cancelled for it. */
  readonly broughtBack?: readonly string[];
}

/** Makes the plan of the run, and keeps it as files; changes nothing in AWS, nor the state. */
export async function makePlan(request: MakePlanRequest): Promise<MadePlan<UnjudgedPlan>> {
  const plan = await planOf(request);
  const { reported, unfinished } = plan;
  return { reported, outputs: await keepPlan(request, plan), unfinished };
}

/** Keeps a plan as files. @returns what it says by itself, and where the files are */
export async function keepPlan(
  { deps, workDir }: Pick<MakePlanRequest, 'deps' | 'workDir'>,
  { reported, json }: ReadPlan,
): Promise<Outputs> {
  const paths = { json: path.join(workDir, 'plan.json'), text: path.join(workDir, 'plan.txt') };
  await Promise.all([
    writeFile(paths.json, JSON.stringify(deps.log.redactAll(json))),
    writeFile(paths.text, deps.log.redact(reported.text)),
  ]);
  return {
    ...planOutputs(reported.model, reported.digest),
    ...keyOutputs(reported.model.outputs),
    'plan-json-path': paths.json,
    'plan-text-path': paths.text,
  };
}

/** Makes the plan of the run, as it will be once AWS has finished what an earlier apply began. */
export async function planOf(request: MakePlanRequest): Promise<FinishedPlan> {
  // What is to be destroyed needs no waiting for, and no taint changes what becomes of it.
  if (request.inputs.destroys) {
    return { ...(await planAndRead({ ...request, name: 'Plan the destruction' })), unfinished: undefined };
  }
  const first = await planAndRead({ ...request, name: 'Plan' });
  return planWithoutTaint(request, first, 'Plan what is left of an apply that was stopped');
}
