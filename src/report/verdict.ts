/** The first line of everything: what this run means for the keys, in one sentence. */

import { isStateOfAnother } from '../guard/ownership.js';
import type { AttributeChange, PlanModel, RegionPlan, ResourceChange } from '../plan/types.js';
import type { Finding } from '../guard/finding.js';
import { joinWords } from '../phrases.js';
import { rowChange } from './changes.js';
import { clip } from './escape.js';
import type { ReportedPlan, ReportInput } from './types.js';
import { CHANGES, countOf, countsInWords, SETTINGS, SYMBOLS, type RowChange } from './vocabulary.js';

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
  return `${joinWords(parts)}${rows.length === 1 ? ` in ${where(rows)}` : ''} ${WOULD_BE[tense]}${words}`;
}

/** What changes, and how. */
type Fate = readonly [what: string, how: string];

function settingOf({ name, after }: AttributeChange): Fate {
  const off = after.is === 'value' && after.value === false;
  if (name === 'enable_key_rotation') return ['rotation', off ? 'switched off' : 'switched on'];
  if (name === 'is_enabled' || name === 'enabled') return ['key', off ? 'disabled' : 'enabled'];
  return [SETTINGS.get(name) ?? 'settings', 'changed'];
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
function summariseKeys({ model, move }: ReportedPlan, tense: Tense): string {
  if (move !== undefined) return `primary ${WOULD_BE[tense]}moved from ${move.from} to ${move.to}`;
  const rows = Map.groupBy(model.regions, rowChange);
  const keys = Object.entries(CHANGES).flatMap(([change, { keys: words }]) => {
    const changed = rows.get(change as RowChange);
    return changed === undefined || words === undefined ? [] : [keysInWords(changed, words, tense)];
  });
  const phrases = [...keys, ...settingsInWords(rows.get('changed') ?? [], tense)];
  if (phrases.length > 0) return joinWords(phrases);
  const beside = rows.has('moved') ? 'new addresses in the state, ' : 'outputs of the state changed, ';
  return `${rows.has('moved') || model.changedOutputs.length > 0 ? beside : ''}no key is touched`;
}

function sayCounts({ counts }: PlanModel): string {
  const { usual, rare } = countsInWords(counts);
  return [...usual, ...rare].join(', ');
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
export function deletesKeys({ regions }: PlanModel): boolean {
  return regions.some((row) => ['deleted', 'replaced'].includes(rowChange(row)));
}

/** A plan on a state of somebody else's: what it would do is not what anybody asked for. */
function verdictOnAnother({ plan }: ReportInput): Verdict | undefined {
  if (plan?.findings.some(isStateOfAnother) !== true) return undefined;
  const detail = 'Nothing was changed, and nothing of this plan will be applied.';
  return { symbol: SYMBOLS.stopped, title: "this state is another's", detail };
}

function plannedVerdict(input: ReportInput): Verdict {
  const { plan } = input;
  if (plan === undefined)
    return { symbol: SYMBOLS.changes, title: 'planned', detail: 'Nothing was changed yet.' };
  const { model, findings } = plan;
  const summary = summariseKeys(plan, 'planned');
  const stops = stopsOf(findings).length;
  if (stops > 0) {
    return {
      symbol: SYMBOLS.stopped,
      title: 'this plan would be refused',
      detail: `${countOf(stops, 'reason')} below. Planned: ${summary}. Nothing was changed.`,
    };
  }
  const isFirst = model.regions.length > 0 && model.regions.every((row) => rowChange(row) === 'created');
  return {
    symbol: deletesKeys(model) ? SYMBOLS.deletes : SYMBOLS.changes,
    title: isFirst ? `a new multi-Region key${regionCount(input)}` : summary,
    detail: `Terraform plans ${sayCounts(model)}. Nothing was changed yet.`,
  };
}

function refusedVerdict({ plan, approval, broughtBack = [] }: ReportInput): Verdict {
  const mismatch = approval?.approved === false && stopsOf(plan?.findings).length === 0;
  const done =
    broughtBack.length === 0 ? 'nothing was changed' : `but brought back in ${joinWords(broughtBack)}`;
  return {
    symbol: SYMBOLS.stopped,
    title: `${mismatch ? 'not approved' : 'refused'}, ${done}`,
    detail: plan === undefined ? '' : `Planned: ${summariseKeys(plan, 'planned')}; ${sayCounts(plan.model)}.`,
  };
}

function appliedVerdict(input: ReportInput): Verdict {
  const { plan, verification } = input;
  const summary = plan === undefined ? 'done' : summariseKeys(plan, 'done');
  if (verification?.some(({ checks }) => checks.some(({ ok }) => !ok)) === true) {
    const detail = 'The plan was applied, but a check on the keys failed.';
    return { symbol: SYMBOLS.warns, title: `applied, ${summary}`, detail };
  }
  return {
    symbol: plan !== undefined && deletesKeys(plan.model) ? SYMBOLS.deletes : SYMBOLS.well,
    title: `applied${verification === undefined ? '' : ' and verified'}, ${summary}`,
    detail: `The plan was applied${regionCount(input)}.`,
  };
}

function driftedVerdict({ plan, failure, keyStates = [] }: ReportInput): Verdict {
  const drift = plan?.model.drift.length ?? 0;
  const title =
    drift === 0
      ? `AWS differs from the ${failure === undefined ? 'configuration' : 'state'}`
      : `${countOf(drift, 'resource')} changed outside Terraform`;
  // Apply would refuse to with a stop, and a key that is pending deletion has to be saved first.
  const canBePutBack =
    plan?.model.hasChanges === true && stopsOf(plan.findings).length === 0 && keyStates.length === 0;
  const how = canBePutBack ? ' To put it back, run `apply`; to keep it, change the inputs.' : '';
  return { symbol: SYMBOLS.warns, title, detail: `Nothing was changed by this run.${how}` };
}

function verifiedVerdict(input: ReportInput): Verdict {
  // Only `crypto` uses the keys; to have looked at them proves less.
  const used = input.verification?.some(({ checks }) => checks.some(({ usesKey }) => usesKey === true));
  const found = used === true ? 'the keys work as one key' : 'the keys are as the state has them';
  return { symbol: SYMBOLS.well, title: `${found}${regionCount(input)}`, detail: '' };
}

const COMMANDS = {
  plan: 'the plan',
  apply: 'apply',
  destroy: 'destroy',
  drift: 'the drift check',
  verify: 'verify',
};

function verdictOf(input: ReportInput): Verdict {
  const { command, outcome } = input;
  switch (outcome) {
    case 'planned':
      return verdictOnAnother(input) ?? plannedVerdict(input);
    case 'refused':
      return verdictOnAnother(input) ?? refusedVerdict(input);
    case 'applied':
      return appliedVerdict(input);
    case 'drifted':
      return driftedVerdict(input);
    case 'cancelled':
      return { symbol: SYMBOLS.cancelled, title: `${COMMANDS[command]} was cancelled`, detail: '' };
    case 'failed':
      return { symbol: SYMBOLS.failed, title: `${COMMANDS[command]} failed`, detail: '' };
    case 'no-changes':
      return { symbol: SYMBOLS.well, title: `no changes${regionCount(input)}`, detail: '' };
    case 'in-sync':
      return { symbol: SYMBOLS.well, title: `no drift${regionCount(input)}`, detail: '' };
    case 'verified':
      return verifiedVerdict(input);
  }
}

/** Behind the sentence on a plan of the branch: whether it is the one that the pull request showed. */
function sayShown({ shown }: ReportInput): string {
  if (shown === undefined || shown.is === 'unknown') return '';
  return ` (${shown.is === 'same' ? '' : 'not '}the plan that pull request #${shown.pullRequest} showed)`;
}

/** The verdict where the alias stands beside it. */
export function verdictWithoutAlias(input: ReportInput): Verdict {
  const verdict = verdictOf(input);
  return { ...verdict, title: `${verdict.title}${sayShown(input)}` };
}

/**
 * The verdict on a run; the comment, the job summary and the last lines of the log begin with the same words.
 * @returns plain text; nothing in it is escaped
 */
export function describeVerdict(input: ReportInput): Verdict {
  const verdict = verdictWithoutAlias(input);
  return { ...verdict, title: `${input.alias}: ${verdict.title}` };
}
