import { adviseOnRefusals } from '../../facts/denial.js';
import type { KmsClients } from '../../aws/kms-clients.js';
import { lookUpAlias } from '../../aws/key-lookup.js';
import type { MadePlan } from './make-plan.js';
import type { Setup } from '../setup/set-up.js';
import { askOf, judgeAnswers, type Judgement, type Question } from '../../guard/preflight.js';
import type { Run } from '../../run.js';

/**
 * Looks whether AWS will let the plan create what it means to: whether each Region takes these credentials, and whether
 * the alias is free. What it finds stops the plan, all of it at once; what it may not look at stops nothing.
 * @returns the plan, with these findings before the guard's
 */
export async function runPreflight({ deps }: Run, { clients }: Setup, made: MadePlan): Promise<MadePlan> {
  const { reported } = made;
  const { findings, notLookedAt, refused } = await askRegions(askOf(reported.model), clients);
  if (notLookedAt.length > 0) {
    deps.log.notice(
      `Whether the aliases to be made are there already could not be seen in ${notLookedAt.join(', ')}. If they are, apply will say so. ${adviseOnRefusals(refused)}`.trim(),
      { title: 'Preflight' },
    );
  }
  return { ...made, reported: { ...reported, findings: [...findings, ...reported.findings] } };
}

/** Asks each Region once, all at the same time; a second time where the role may not see the key behind the alias. */
export async function askRegions(questions: readonly Question[], clients: KmsClients): Promise<Judgement> {
  const answers = await Promise.all(
    questions.map(async (question) => ({
      question,
      // Where no alias is to be made, any name does: the question is then whether the Region answers.
      lookup: await lookUpAlias(clients, question.region, question.alias ?? 'alias/none'),
    })),
  );
  return judgeAnswers(answers);
}
