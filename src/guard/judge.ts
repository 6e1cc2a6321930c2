import type { RefusedCall } from '../facts/denial.js';
import type { ExistingKey, KeyFacts, KeyQuestions } from '../facts/key-facts.js';
import type { KeyPlace } from '../facts/kms-answers.js';
import { keysThatGo } from '../plan/last-use.js';
import { isKey } from '../plan/model.js';
import { placeOfKey, regionOfSide } from '../plan/region.js';
import type { PlanModel } from '../plan/types.js';
import type { Finding } from './finding.js';
import { guardPlan, type GuardRequest } from './guard.js';
import { judgeUse } from './removal.js';
import { askOf, judgeAnswers, type Question } from './preflight.js';

/** What has to be known of AWS for a plan to be judged. */
export interface PlanQuestions extends KeyQuestions {
  readonly creations: readonly Question[];
  /** Missing keys: the state knew them, and the refresh did not find them. */
  readonly missing: readonly KeyPlace[];
  /** Whether there is one more of which the state has no id, or no Region, so that AWS can't be asked about it. */
  readonly missesUnknown: boolean;
}

/**
 * What to ask AWS about a plan.
 * @param destroys whether all is to go, so that nothing is looked for that could be brought back
 */
export function questionsOf(
  model: PlanModel,
  { alias, destroys }: { readonly alias: string; readonly destroys: boolean },
): PlanQuestions {
  const { missing, missesUnknown, created } = destroys ? NO_PLACES : placesOf(model);
  return {
    existing: [...missing, ...created],
    alias: `alias/${alias}`,
    creations: askOf(model),
    deletions: keysThatGo(model),
    missing,
    missesUnknown,
  };
}

interface Places extends Pick<PlanQuestions, 'missing' | 'missesUnknown'> {
  /** Replicas that the plan makes of a primary that is there. */
  readonly created: readonly KeyPlace[];
}

const NO_PLACES: Places = { missing: [], missesUnknown: false, created: [] };

/** Where the plan would make a key although there may be one; on a first creation that is nowhere. */
export function placesOf({ resources, drift }: Pick<PlanModel, 'resources' | 'drift'>): Places {
  const gone = drift.filter((change) => isKey(change) && change.action === 'delete');
  const missing = gone.flatMap(({ before }) => placeOfKey(regionOfSide(before), before));
  const primary = resources.find(({ kind }) => kind === 'primary');
  const created = resources
    .filter(({ kind, action }) => kind === 'replica' && action === 'create')
    .flatMap(({ region }) => placeOfKey(region, primary?.before ?? null))
    .filter(({ region }) => !missing.some((key) => key.region === region));
  return { missing, missesUnknown: missing.length < gone.length, created };
}

export type JudgeRequest = Omit<GuardRequest, 'pendingDeletion' | 'existingReplicas'> & {
  readonly now: number;
  /** `require-unused-days`. */
  readonly unusedDays: number;
};

export interface Judgement {
  /** What is in the way in AWS first, then what the guard says of the plan. */
  readonly findings: readonly Finding[];
  /** Where it could not be seen whether an alias is free, and the calls that a policy refused. */
  readonly notLookedAt: readonly string[];
  readonly refused: readonly RefusedCall[];
  /** Keys that would have to be brought back from a deletion. */
  readonly pending: readonly ExistingKey[];
  /** Replicas of this key that are in no state, and that could be taken in; those to be brought back among them. */
  readonly replicas: readonly ExistingKey[];
}

/** Judges a plan by all that is known of it and of AWS. */
export function judge(request: JudgeRequest, questions: PlanQuestions, facts: KeyFacts): Judgement {
  const { model, now, unusedDays } = request;
  const { findings, ...unseen } = judgeAnswers(questions.creations, facts.creations);
  const found = 'unknown' in facts.existing ? undefined : facts.existing;
  return {
    ...unseen,
    findings: [
      ...findings,
      ...judgeUse(facts.lastUse, { days: unusedDays, now }),
      ...guardPlan({ ...request, ...(found === undefined ? {} : existingOf(found, questions, model)) }),
    ],
    pending: found?.filter(({ isPending }) => isPending) ?? [],
    replicas: found?.filter((key) => isReplicaHere(key, model) && !isMissing(key, questions)) ?? [],
  };
}

function existingOf(
  found: readonly ExistingKey[],
  { missing, missesUnknown }: PlanQuestions,
  model: PlanModel,
): Pick<GuardRequest, 'pendingDeletion' | 'existingReplicas'> {
  const pending = found.filter(({ isPending }) => isPending);
  const replicas = found.filter((key) => !key.isPending && isReplicaHere(key, model));
  // A key that the provider missed and that is there after all is a riddle, and no reason to go on without it.
  const isSure =
    !missesUnknown &&
    missing.every(({ region }) => !found.some((key) => key.region === region && !key.isPending));
  return {
    ...(isSure ? { pendingDeletion: Object.fromEntries(pending.map((key) => [key.region, key])) } : {}),
    existingReplicas: Object.fromEntries(replicas.map(({ region, keyId }) => [region, keyId])),
  };
}

/** Whether the state has the key. */
function isMissing({ region }: KeyPlace, { missing }: PlanQuestions): boolean {
  return missing.some((key) => key.region === region);
}

/** Whether a key is a replica of the primary that the plan has: nothing else is ever taken into the state. */
function isReplicaHere({ replicaOf }: ExistingKey, { resources }: PlanModel): boolean {
  const arn = resources.find(({ kind }) => kind === 'primary')?.before?.['arn'];
  return replicaOf !== undefined && replicaOf === arn;
}
