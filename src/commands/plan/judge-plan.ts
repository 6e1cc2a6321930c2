import { askKeyFacts } from '../../aws/key-facts.js';
import { adviseOnRefusals } from '../../facts/denial.js';
import type { GuardRequest } from '../../guard/guard.js';
import { judge, questionsOf, type Judgement, type JudgeRequest } from '../../guard/judge.js';
import type { Owner } from '../../guard/ownership.js';
import type { Inputs } from '../../inputs/inputs.js';
import type { PlanModel } from '../../plan/types.js';
import type { ReportedPlan } from '../../report/types.js';
import type { Run } from '../../run.js';
import type { Setup } from '../setup/set-up.js';
import type { UnjudgedPlan } from './read-plan.js';

export interface JudgedPlan extends Pick<Judgement, 'pending' | 'replicas'> {
  readonly reported: ReportedPlan;
}

/**
 * Asks AWS, once, all that the plan is judged by, and judges it. What may not be looked at stops nothing but a plan whose keys
 * have to be unused, and is told.
 * @param recovers whether apply first brings back what is going to be deleted, so that it is no reason to stop
 */
export async function judgePlan(
  run: Run,
  { clients }: Pick<Setup, 'clients'>,
  reported: UnjudgedPlan,
  recovers: boolean,
): Promise<JudgedPlan> {
  const { inputs, deps } = run;
  const { model } = reported;
  const all = questionsOf(model, inputs);
  // `drift` deletes nothing, whatever a plan says that nobody applies.
  const questions = inputs.command === 'drift' ? { ...all, deletions: [] } : all;
  const facts = await askKeyFacts(questions, clients);
  const { findings, notLookedAt, refused, ...keys } = judge(
    judgeRequestOf(model, run, recovers),
    questions,
    facts,
  );
  if ('unknown' in facts.existing) {
    deps.log.info(
      `Could not look whether the keys that the plan makes are there already: ${facts.existing.unknown}`,
    );
  }
  if (notLookedAt.length > 0) {
    deps.log.notice(
      `Whether the aliases to be made are there already could not be seen in ${notLookedAt.join(', ')}. If they are, apply will say so. ${adviseOnRefusals(refused)}`.trim(),
      { title: 'Preflight' },
    );
  }
  const lastUse = facts.lastUse.length === 0 ? {} : { lastUse: facts.lastUse };
  return { ...keys, reported: { ...reported, findings, ...lastUse } };
}

/** What a plan is judged by, beside AWS. */
function judgeRequestOf(model: PlanModel, run: Run, recovers: boolean): JudgeRequest {
  const request = guardRequestOf(model, run);
  return {
    ...request,
    options: { ...request.options, recovery: recovers },
    unusedDays: run.inputs.requireUnusedDays,
  };
}

/** What the guard judges of the run's plan, and by what. */
export function guardRequestOf(
  model: PlanModel,
  { inputs, deps }: Pick<Run, 'inputs' | 'deps'>,
): GuardRequest & { readonly now: number } {
  const { primaryRegion, command, approval, deletionConfirmed, destroys } = inputs;
  const unreviewed = command === 'apply' && approval.by === 'auto';
  const options = { deletionConfirmed, destroys, unreviewed };
  return { model, owner: ownerOf(inputs), primaryRegion, now: deps.clock.now(), options };
}

/** Whose state the inputs ask for. */
export function ownerOf({ alias, renameAliasFrom }: Pick<Inputs, 'alias' | 'renameAliasFrom'>): Owner {
  return { alias, renamedFrom: renameAliasFrom };
}
