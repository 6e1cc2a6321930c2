/** The one table of Regions: which role the key has there, what changes, and after apply its ARN and the checks on it. */

import type { PrimaryMove } from '../../plan/move.js';
import type { PlanModel, RegionPlan } from '../../plan/types.js';
import { regionInWords, rowChange, type RowChange } from '../changes.js';
import { breakableArn, details, table } from '../markdown.js';
import { placeOf } from '../region-names.js';
import type { KeyResult, ReportInput, VerificationCheck, VerificationRow } from '../types.js';
import { codeOf, countOf, keyIdOf, limitItems, OPEN_REGIONS, type Detail } from '../vocabulary.js';

const SIGNS: Readonly<Record<RowChange, string>> = {
  none: '',
  moved: '',
  created: '➕ ',
  imported: '📥 ',
  changed: '✏️ ',
  replaced: '❌ ',
  deleted: '❌ ',
  forgotten: '👋 ',
};

/** What costs most to overlook comes first. */
const WEIGHTS: Readonly<Record<RowChange, number>> = {
  replaced: 1,
  deleted: 1,
  forgotten: 1,
  created: 2,
  imported: 2,
  changed: 3,
  moved: 4,
  none: 5,
};

type Role = 'primary' | 'replica';

/** A Region with all that is told of it, as escaped Markdown. */
interface Row {
  readonly region: string;
  readonly role: Role;
  /** What Regions may have in common. */
  readonly lines: readonly string[];
  /** What is the Region's own: its ARN. */
  readonly own: readonly string[];
  readonly weight: number;
}

/** What is known of a Region, from whichever side. */
interface Facts {
  readonly planned: RegionPlan | undefined;
  readonly key: KeyResult | undefined;
  readonly verified: VerificationRow | undefined;
  readonly move: PrimaryMove | undefined;
}

function changeLines(planned: RegionPlan, move: PrimaryMove | undefined, detail: Detail): string[] {
  if (planned.region === move?.to) return ['⬆️ **becomes the primary**; key policy, tags and alias stay'];
  if (planned.region === move?.from) return ['⬇️ **becomes a replica**; key policy, tags and alias stay'];
  const words = regionInWords(planned, detail);
  if (words.length === 0) return ['stays as it is'];
  return words.map((phrase, index) => (index === 0 ? `${SIGNS[rowChange(planned)]}${phrase}` : phrase));
}

function checkInWords({ name, detail: found }: VerificationCheck, detail: Detail): string {
  return `**${codeOf(name, detail)}**${found === undefined ? '' : `: ${codeOf(found, detail)}`}`;
}

function checkLines({ checks }: VerificationRow, detail: Detail): string[] {
  if (checks.length === 0) return ['not checked'];
  const failed = checks.filter(({ ok }) => !ok).map((check) => `❌ ${checkInWords(check, detail)}`);
  const passed = checks.filter(({ ok }) => ok).map(({ name }) => codeOf(name, detail));
  return [
    ...limitItems(failed, detail.values),
    ...(passed.length === 0 ? [] : [`✅ ${limitItems(passed, detail.values).join(' ')}`]),
  ];
}

function linesOf({ planned, key, verified, move }: Facts, detail: Detail): string[] {
  return [
    ...(planned === undefined ? [] : changeLines(planned, move, detail)),
    ...(verified === undefined ? [] : checkLines(verified, detail)),
    ...(key !== undefined && key.aliasArn === undefined ? ['no alias yet'] : []),
  ];
}

function weightOf({ planned, verified }: Facts): number {
  const failed = verified?.checks.some(({ ok }) => !ok) === true;
  return failed ? 0 : WEIGHTS[planned === undefined ? 'none' : rowChange(planned)];
}

function rowOf(region: string, facts: Facts, detail: Detail): Row {
  const { planned, key, verified } = facts;
  return {
    region,
    role: (planned ?? key ?? verified)?.role ?? 'replica',
    lines: linesOf(facts, detail),
    own: key === undefined ? [] : [breakableArn(key.keyArn) ?? codeOf(key.keyArn, detail)],
    weight: weightOf(facts),
  };
}

/** The Regions of the plan, of the keys that are there and of the checks: the primary first, then by weight. */
function rowsOf(planned: readonly RegionPlan[], input: ReportInput, detail: Detail): Row[] {
  const { keys = [], verification = [] } = input;
  const regions = new Set([...planned, ...keys, ...verification].map(({ region }) => region));
  const of = <T extends { readonly region: string }>(all: readonly T[], region: string): T | undefined =>
    all.find((each) => each.region === region);
  return [...regions]
    .map((region) =>
      rowOf(
        region,
        {
          planned: of(planned, region),
          key: of(keys, region),
          verified: of(verification, region),
          move: input.plan?.move,
        },
        detail,
      ),
    )
    .sort((a, b) => Number(b.role === 'primary') - Number(a.role === 'primary') || a.weight - b.weight);
}

/** Rows that say the same, in the order of the first of them. */
function groupRows(rows: readonly Row[]): Row[][] {
  if (rows.length <= OPEN_REGIONS) return rows.map((row) => [row]);
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const same = JSON.stringify([row.role, row.lines]);
    groups.set(same, [...(groups.get(same) ?? []), row]);
  }
  return [...groups.values()];
}

const roleOf = (role: Role): string => (role === 'primary' ? '**primary**' : 'replica');

/** The place and the role, then the id: two short lines, so that what changes has room on a narrow screen. */
function whereCell(group: readonly Row[], { region, role }: Row, detail: Detail): string {
  if (group.length > 1) return `**${countOf(group.length, 'Region')}** · ${roleOf(role)}`;
  const place = placeOf(region);
  const id = codeOf(region, detail);
  return place === undefined ? `${id} · ${roleOf(role)}` : `${place} · ${roleOf(role)}<br>${id}`;
}

function cellsOf(group: readonly Row[], detail: Detail): string[] {
  const [first] = group;
  if (first === undefined) return [];
  const lines = group.length === 1 ? [...first.lines, ...first.own] : first.lines;
  return [whereCell(group, first, detail), lines.length === 0 ? '–' : lines.join('<br>')];
}

/** The Regions behind a row that stands for several. */
function foldedList(group: readonly Row[], detail: Detail): string {
  const items = group.slice(0, detail.rows).map(({ region, own }) => {
    const place = placeOf(region);
    return `- ${[...(place === undefined ? [] : [place]), codeOf(region, detail), ...own].join(' ')}`;
  });
  const hidden = group.length - items.length;
  const more = hidden > 0 ? [`- …and ${countOf(hidden, 'more Region')}, left out for length.`] : [];
  return details(`The ${countOf(group.length, 'Region')} of that row`, [[...items, ...more].join('\n')]);
}

/** The id that all keys of a multi-Region key share, once, where it is known. */
function renderKeyId(planned: readonly RegionPlan[], input: ReportInput, detail: Detail): string[] {
  const arns = [...(input.keys ?? []), ...planned].flatMap(({ keyArn }) => keyArn ?? []);
  const [first] = arns;
  if (first === undefined) return [];
  const account = input.accountId === undefined ? '' : ` in account ${codeOf(input.accountId, detail)}`;
  return [`Key ${codeOf(keyIdOf(first), detail)}${account}`];
}

/** A plan speaks of what would be, an apply of what was. */
function headOf({ command, outcome, plan }: ReportInput): string {
  if (plan === undefined) return 'What is there';
  if (outcome === 'applied') return 'What changed';
  const began = (command === 'apply' || command === 'destroy') && outcome !== 'refused';
  return began ? 'What was to change' : 'What would change';
}

/** Changes to resources that belong to no key's Region; the table alone would hide them. */
function renderOthers(model: PlanModel, detail: Detail): string[] {
  const others = model.resources.filter(
    ({ kind, action }) => kind === 'other' && action !== 'no-op' && action !== 'read',
  );
  if (others.length === 0) return [];
  const named = others
    .slice(0, detail.rows)
    .map((change) => `${codeOf(change.address, detail)} (${change.action})`);
  const more = others.length > detail.rows ? `, and ${others.length - detail.rows} more` : '';
  return [`Besides the keys: ${named.join(', ')}${more}.`];
}

/** The move of the primary, in a row of its own: what it does, and what it leaves as it is. */
function renderMove({ from, to, description, replicaDescription }: PrimaryMove, detail: Detail): string[] {
  const does = [
    'Every key goes on encrypting and decrypting all the while.',
    `Rotation and replication are ${codeOf(to, detail)}'s from then on, and so is the next move.`,
    'Key policies, tags, aliases and grants stay with the key of their Region. No key is made, replaced, deleted or forgotten.',
    ...(description === replicaDescription
      ? []
      : [
          `Descriptions go with the role: ${codeOf(to, detail)} gets ${codeOf(description, detail)}, ${codeOf(from, detail)} gets ${codeOf(replicaDescription, detail)}.`,
        ]),
  ];
  const where = `**primary**<br>${codeOf(from, detail)} → ${codeOf(to, detail)}`;
  return [table(['Move', 'What it does'], [[where, does.join('<br>')]])];
}

/** The table of Regions, what is folded of it, and what else the plan changes, as Markdown blocks. */
export function renderRegions(input: ReportInput, detail: Detail): string[] {
  const model = input.plan?.model;
  const planned = model?.regions ?? [];
  const groups = groupRows(rowsOf(planned, input, detail));
  const shown = groups.slice(0, detail.rows);
  const hidden = groups.slice(detail.rows).flat().length;
  const folded = shown.filter((group) => group.length > 1);
  return [
    ...renderKeyId(planned, input, detail),
    ...(input.plan?.move === undefined ? [] : renderMove(input.plan.move, detail)),
    ...(shown.length === 0
      ? []
      : [
          table(
            ['Region and role', headOf(input)],
            shown.map((group) => cellsOf(group, detail)),
          ),
        ]),
    ...folded.map((group) => foldedList(group, detail)),
    ...(hidden > 0 ? [`…and ${countOf(hidden, 'more Region')}, left out for length.`] : []),
    ...(model === undefined ? [] : renderOthers(model, detail)),
  ];
}
