/** What has to be so in AWS for a plan to succeed where it creates something, as questions and as findings. Pure. */

import type { RefusedCall } from '../facts/denial.js';
import { isKey } from '../plan/model.js';
import { placeOfKey, regionOfSide } from '../plan/region.js';
import type { PlanModel, ResourceChange } from '../plan/types.js';
import type { KeyLookup } from '../facts/kms-answers.js';
import { type Finding, stop, textOf } from './finding.js';

/** What to ask of a Region in which the plan creates something. */
export interface Question {
  readonly region: string;
  /** What is to be made: an alias where there is one to be made, else the key. */
  readonly change: ResourceChange;
  /** Whether a replica is to be made there. */
  readonly makesReplica: boolean;
  /** The alias, with `alias/`; undefined where none is to be made, and only the Region is of interest. */
  readonly alias: string | undefined;
  /** The id that the keys of this state share; undefined while there are none. */
  readonly ownId: string | undefined;
}

interface Answer {
  readonly question: Question;
  readonly lookup: KeyLookup;
}

/** The key on record in each Region: what the plan's resources, and those that the refresh did not find again, were. */
export function recordedKeys({
  resources,
  drift,
}: Pick<PlanModel, 'resources' | 'drift'>): { region: string; keyId: string }[] {
  const found = [...resources, ...drift]
    .filter(isKey)
    .flatMap(({ before, region }) => placeOfKey(regionOfSide(before) ?? region, before));
  return [...new Map(found.map((place) => [place.region, place])).values()];
}

/** One question for each Region in which the plan creates a key or an alias; none for a plan that creates nothing. */
export function askOf(model: PlanModel): Question[] {
  const ownId = recordedKeys(model)[0]?.keyId;
  const ours = model.resources.filter(({ kind, region }) => kind !== 'other' && region !== undefined);
  const regions = [...new Set(ours.map(({ region }) => region ?? ''))].sort();
  return regions.flatMap((region) => {
    const here = ours.filter((change) => change.region === region);
    const alias = here.find((change) => isNewAlias(change, here));
    const key = here.find((change) => isKey(change) && change.action === 'create');
    const change = alias ?? key;
    const makesReplica = key?.kind === 'replica';
    return change === undefined
      ? []
      : [{ region, change, makesReplica, alias: textOf(alias?.after ?? null, 'name'), ownId }];
  });
}

/** An alias under a name that no resource of this state has in the Region. */
function isNewAlias(change: ResourceChange, here: readonly ResourceChange[]): boolean {
  const name = textOf(change.after, 'name');
  const creates = change.kind === 'alias' && (change.action === 'create' || change.action === 'replace');
  return creates && name !== undefined && !here.some(({ before }) => textOf(before, 'name') === name);
}

interface PreflightJudgement {
  /** All of them stops. */
  readonly findings: readonly Finding[];
  /** What could not be looked at: `ap-southeast-2 (kms:DescribeKey is missing)`. */
  readonly notLookedAt: readonly string[];
  /** Of these, the calls that a policy refused. */
  readonly refused: readonly RefusedCall[];
}

/** @param lookups an answer for each question, in their order */
export function judgeAnswers(
  questions: readonly Question[],
  lookups: readonly KeyLookup[],
): PreflightJudgement {
  const answers = questions.flatMap((question, index): Answer[] => {
    const lookup = lookups[index];
    return lookup === undefined ? [] : [{ question, lookup }];
  });
  return {
    findings: answers.flatMap((answer) => [...judgeRegion(answer), ...judgeAlias(answer)]),
    notLookedAt: answers.flatMap(({ question, lookup }) =>
      lookup.is === 'unknown' ? [`${question.region} (${lookup.because})`] : [],
    ),
    refused: answers.flatMap(({ lookup }) => (lookup.is === 'unknown' ? (lookup.refused ?? []) : [])),
  };
}

function judgeRegion({ question: { region, change }, lookup }: Answer): Finding[] {
  if (lookup.is !== 'region-disabled') return [];
  return [
    stop('region-not-enabled', {
      reason: `AWS does not accept these credentials in ${region}: the account has not enabled the Region, or it is still being enabled.`,
      wayOut: `Enable it (\`aws account enable-region --region-name ${region}\`; it takes some minutes), or take it out of the inputs.`,
      at: change,
    }),
  ];
}

/** Said first: whoever only misspelt the state would else make a second key, or delete the alias of the one in use. */
function sayOtherState(keyId: string): string {
  const importIt = keyId.startsWith('mrk-')
    ? ` Where none does, set \`import-key: ${keyId}\`: the plan then takes the key into this state, for review.`
    : '';
  return `If that is the key you mean and another state knows it, correct \`state-bucket\` or \`state-key\`.${importIt} If it is not, choose another alias.`;
}

function judgeAlias({ question, lookup }: Answer): Finding[] {
  const { region, alias, change, ownId, makesReplica } = question;
  if (alias === undefined || lookup.is !== 'found') return [];
  const isOurs = lookup.key.keyId === ownId;
  const target = isOurs
    ? 'this very key'
    : `${ownId === undefined ? 'a' : 'another'} key (${lookup.key.keyId})`;
  const takeIn = makesReplica
    ? 'Set `allow-recovery: true`: the plan then takes the replica and its alias into the state, for review.'
    : `Set \`import-key: ${lookup.key.keyId}\`: the plan then takes it into the state, for review.`;
  return [
    stop('alias-taken', {
      reason: `In ${region} the alias ${alias} exists already, points to ${target}, and is not in this state.`,
      wayOut: isOurs ? takeIn : sayOtherState(lookup.key.keyId),
      at: change,
    }),
  ];
}
