/** The first line of everything: what this run means for the keys, in one sentence. */

import { isStateOfAnother } from '../guard/ownership.js';
import type { AttributeChange, ChangeCounts, PlanModel, RegionPlan, ResourceChange } from '../plan/types.js';
import { rowChange, type RowChange } from './changes.js';
import { clip } from './markdown.js';
import type { ReportedPlan, ReportInput, ShownPlan } from './types.js';
import { countOf, listOf } from './vocabulary.js';
import type { Finding } from '../guard/finding.js';

/** Plain text, no Markdown: for the log as it is, for the comment through the escaping of prose. */
export interface Verdict {
  readonly symbol: string;
  /** The one sentence, without its full stop. */
  readonly title: string;
  /** What was done or not done; whole sentences. */
  readonly detail: string;
}

/** A plan speaks of what would be, an apply of what was. */
type Tense = 'planned' | 'done';

const WOULD_BE: Readonly<Record<Tense, string>> = { planned: 'would be ', done: '' };

const KEY_WORDS: readonly (readonly [RowChange, string])[] = [
  ['deleted', 'scheduled for deletion'],
  ['replaced', 'deleted and created anew'],
  ['forgotten', 'forgotten'],
  ['created', 'created'],
  ['imported', 'imported'],
];

function regionsWith(rows: readonly RegionPlan[], change: RowChange): readonly RegionPlan[] {
  return rows.filter((row) => rowChange(row) === change);
}

function where(rows: readonly RegionPlan[]): string {
  const [first] = rows;
  return rows.length === 1 && first !== undefined ? clip(first.region, 40) : countOf(rows.length, 'Region');
}

/** `primary and 2 replicas created`; a single one with its Region. */
function keysInWords(rows: readonly RegionPlan[], words: string, tense: Tense): string {
  const replicas = rows.filter(({ role }) => role === 'replica').length;
  const parts = [
    ...(rows.length > replicas ? ['primary'] : []),
    ...(replicas === 0 ? [] : [replicas === 1 ? 'replica' : countOf(replicas, 'replica')]),
  ];
  return `${listOf(parts)}${rows.length === 1 ? ` in ${where(rows)}` : ''} ${WOULD_BE[tense]}${words}`;
}

const SETTINGS: Readonly<Record<string, string>> = {
  policy: 'key policy',
  description: 'description',
  tags: 'tags',
  tags_all: 'tags',
  deletion_window_in_days: 'deletion window',
  rotation_period_in_days: 'rotation period',
};

/** What changes, and how. */
type Fate = readonly [what: string, how: string];

function settingOf({ name, after }: AttributeChange): Fate {
  const off = after.is === 'value' && after.value === false;
  if (name === 'enable_key_rotation') return ['rotation', off ? 'switched off' : 'switched on'];
  if (name === 'is_enabled' || name === 'enabled') return ['key', off ? 'disabled' : 'enabled'];
  return [(Object.hasOwn(SETTINGS, name) ? SETTINGS[name] : undefined) ?? 'settings', 'changed'];
}

function aliasFate({ action }: ResourceChange): Fate {
  if (action === 'update') return ['alias', 'pointed elsewhere'];
  if (action === 'replace') return ['alias', 'renamed'];
  return ['alias', action === 'create' || action === 'delete' ? `${action}d` : 'changed'];
}

/** What changes where keys stay, each with the Regions it changes in: `key policy changed in 3 Regions`. */
function settingsInWords(rows: readonly RegionPlan[], tense: Tense): string[] {
  const regions = new Map<string, RegionPlan[]>();
  for (const row of rows) {
    const aliases = row.aliases.filter(({ action }) => action !== 'no-op' && action !== 'read');
    const fates = [...(row.key?.attributes.map(settingOf) ?? []), ...aliases.map(aliasFate)];
    const words = new Set(fates.map(([what, how]) => `${what} ${WOULD_BE[tense]}${how}`));
    for (const word of words) regions.set(word, [...(regions.get(word) ?? []), row]);
  }
  return [...regions].map(([word, changed]) => `${word} in ${where(changed)}`);
}

/** What the plan does to the keys, in a few words; the worst first. */
function summariseKeys({ model, move }: Pick<ReportedPlan, 'model' | 'move'>, tense: Tense): string {
  if (move !== undefined) return `primary ${WOULD_BE[tense]}moved from ${move.from} to ${move.to}`;
  const keys = KEY_WORDS.flatMap(([change, words]) => {
    const rows = regionsWith(model.regions, change);
    return rows.length === 0 ? [] : [keysInWords(rows, words, tense)];
  });
  const phrases = [...keys, ...settingsInWords(regionsWith(model.regions, 'changed'), tense)];
  if (phrases.length > 0) return listOf(phrases);
  if (regionsWith(model.regions, 'moved').length > 0) return 'new addresses in the state, no key is touched';
  return model.changedOutputs.length > 0
    ? 'outputs of the state changed, no key is touched'
    : 'no key is touched';
}

/** Terraform's own count, in its words. */
function countsInWords(counts: ChangeCounts): string {
  const optional = [
    ...(counts.import > 0 ? [`${counts.import} to import`] : []),
    ...(counts.move > 0 ? [`${counts.move} to move`] : []),
    ...(counts.forget > 0 ? [`${counts.forget} to forget`] : []),
  ];
  return [
    `${counts.add} to add`,
    `${counts.change} to change`,
    `${counts.destroy} to destroy`,
    ...optional,
  ].join(', ');
}

/** The findings that end a run. */
export function stopsOf(findings: readonly Finding[] | undefined): readonly Finding[] {
  return (findings ?? []).filter(({ severity }) => severity === 'stop');
}

function regionCount(input: ReportInput): string {
  const count = input.plan?.model.regions.length ?? input.keys?.length ?? input.verification?.length ?? 0;
  return count === 0 ? '' : ` in ${countOf(count, 'Region')}`;
}

/** Nobody must take a deletion for a creation at a glance. */
function deletesKeys({ regions }: PlanModel): boolean {
  return [...regionsWith(regions, 'deleted'), ...regionsWith(regions, 'replaced')].length > 0;
}

function plannedVerdict(input: ReportInput): Verdict {
  const model = input.plan?.model;
  const summary = input.plan === undefined ? 'planned' : summariseKeys(input.plan, 'planned');
  const another = sayAnother(input);
  if (another !== undefined) return another;
  const stops = stopsOf(input.plan?.findings);
  const first = model !== undefined && regionsWith(model.regions, 'created').length === model.regions.length;
  if (stops.length > 0) {
    return {
      symbol: '⛔',
      title: `${input.alias}: this plan would be refused`,
      detail: `${countOf(stops.length, 'reason')} below. Planned: ${summary}. Nothing was changed.`,
    };
  }
  return {
    symbol: model !== undefined && deletesKeys(model) ? '🗑️' : '🔑',
    title: `${input.alias}: ${first && model.regions.length > 0 ? `a new multi-Region key${regionCount(input)}` : summary}`,
    detail: `${model === undefined ? '' : `Terraform plans ${countsInWords(model.counts)}. `}Nothing was changed yet.`,
  };
}

/** A plan on a state of somebody else's says that, and no more: what it would do is not what anybody asked for. */
function sayAnother({ alias, plan }: ReportInput): Verdict | undefined {
  if (plan?.findings.some(isStateOfAnother) !== true) return undefined;
  return {
    symbol: '⛔',
    title: `${alias}: this state is another's`,
    detail: 'Nothing was changed, and nothing of this plan will be applied.',
  };
}

function refusedVerdict(input: ReportInput): Verdict {
  const another = sayAnother(input);
  if (another !== undefined) return another;
  const mismatch = input.approval?.approved === false && stopsOf(input.plan?.findings).length === 0;
  const back = input.broughtBack ?? [];
  const done = back.length === 0 ? 'nothing was changed' : `but brought back in ${listOf(back)}`;
  return {
    symbol: '⛔',
    title: `${input.alias}: ${mismatch ? 'not approved' : 'refused'}, ${done}`,
    detail:
      input.plan === undefined
        ? ''
        : `Planned: ${summariseKeys(input.plan, 'planned')}; ${countsInWords(input.plan.model.counts)}.`,
  };
}

function appliedVerdict(input: ReportInput): Verdict {
  const model = input.plan?.model;
  const failed = (input.verification ?? []).some(({ checks }) => checks.some(({ ok }) => !ok));
  const verified = input.verification === undefined || failed ? '' : ' and verified';
  return {
    symbol: failed ? '⚠️' : model !== undefined && deletesKeys(model) ? '🗑️' : '✅',
    title: `${input.alias}: applied${verified}, ${input.plan === undefined ? 'done' : summariseKeys(input.plan, 'done')}`,
    detail: failed
      ? 'The plan was applied, but a check on the keys failed.'
      : `The plan was applied${regionCount(input)}.`,
  };
}

function verifiedVerdict(input: ReportInput): Verdict {
  // Only `crypto` uses the keys; to have looked at them proves less.
  const used =
    input.verification?.some(({ checks }) => checks.some(({ usesKey }) => usesKey === true)) === true;
  const found = used ? 'the keys work as one key' : 'the keys are as the state has them';
  return { symbol: '✅', title: `${input.alias}: ${found}${regionCount(input)}`, detail: '' };
}

function driftedVerdict(input: ReportInput): Verdict {
  const drift = input.plan?.model.drift ?? [];
  const found =
    drift.length === 0
      ? `AWS differs from the ${input.failure === undefined ? 'configuration' : 'state'}`
      : `${countOf(drift.length, 'resource')} changed outside Terraform`;
  return {
    symbol: '⚠️',
    title: `${input.alias}: ${found}`,
    detail: `Nothing was changed by this run.${canBePutBack(input) ? ' To put it back, run `apply`; to keep it, change the inputs.' : ''}`,
  };
}

/** Whether apply would do it: it would refuse to with a stop, and a key that is pending deletion has to be saved first. */
function canBePutBack({ plan, keyStates = [] }: ReportInput): boolean {
  return plan?.model.hasChanges === true && stopsOf(plan.findings).length === 0 && keyStates.length === 0;
}

const COMMANDS = {
  plan: 'the plan',
  apply: 'apply',
  destroy: 'destroy',
  drift: 'the drift check',
  verify: 'verify',
};

function failedVerdict(input: ReportInput): Verdict {
  return { symbol: '❌', title: `${input.alias}: ${COMMANDS[input.command]} failed`, detail: '' };
}

function cancelledVerdict(input: ReportInput): Verdict {
  return { symbol: '🚫', title: `${input.alias}: ${COMMANDS[input.command]} was cancelled`, detail: '' };
}

/**
 * The verdict on a run; the comment, the job summary and the last lines of the log begin with the same words.
 * @returns plain text; nothing in it is escaped
 */
export function describeVerdict(input: ReportInput): Verdict {
  const verdict = verdictOf(input);
  return { ...verdict, title: `${verdict.title}${SHOWN[input.shown?.is ?? 'unknown'](input.shown)}` };
}

/** Behind the sentence on a plan of the branch: whether it is the one that the pull request showed. */
const SHOWN: Readonly<Record<ShownPlan['is'], (shown: ShownPlan | undefined) => string>> = {
  same: (shown) => ` (the plan that pull request #${shown?.pullRequest ?? ''} showed)`,
  different: (shown) => ` (not the plan that pull request #${shown?.pullRequest ?? ''} showed)`,
  unknown: () => '',
};

function verdictOf(input: ReportInput): Verdict {
  switch (input.outcome) {
    case 'planned':
      return plannedVerdict(input);
    case 'refused':
      return refusedVerdict(input);
    case 'applied':
      return appliedVerdict(input);
    case 'drifted':
      return driftedVerdict(input);
    case 'cancelled':
      return cancelledVerdict(input);
    case 'failed':
      return failedVerdict(input);
    case 'no-changes':
      return { symbol: '✅', title: `${input.alias}: no changes${regionCount(input)}`, detail: '' };
    case 'in-sync':
      return { symbol: '✅', title: `${input.alias}: no drift${regionCount(input)}`, detail: '' };
    case 'verified':
      return verifiedVerdict(input);
  }
}
