/** The one table of Regions: which role the key has there, what changes, and after apply its ARN and the checks on it. */

import type { PrimaryMove } from '../../plan/move.js';
import type { PlanModel, RegionPlan } from '../../plan/types.js';
import { regionInWords, rowChange } from '../changes.js';
import {
  blocks,
  join,
  keyArn,
  mark,
  NOTHING,
  sized,
  some,
  table,
  words,
  type Markdown,
} from '../markdown.js';
import type { KeyResult, ReportInput, VerificationCheck, VerificationRow } from '../types.js';
import {
  CHANGES,
  foldRegions,
  groupAlike,
  keyIdOf,
  leftOut,
  placeOf,
  regionsCell,
  withinRows,
} from '../vocabulary.js';

/** A Region with all that is told of it. */
interface Row {
  readonly region: string;
  readonly role: 'primary' | 'replica';
  /** What Regions may have in common. */
  readonly lines: Markdown;
  /** What is the Region's own: its ARN. */
  readonly own: Markdown;
  readonly weight: number;
}

/** What is known of a Region, from whichever side. */
interface Facts {
  readonly region: string;
  readonly planned: RegionPlan | undefined;
  readonly key: KeyResult | undefined;
  readonly verified: VerificationRow | undefined;
}

function changeLines(planned: RegionPlan, move: PrimaryMove | undefined): Markdown[] {
  if (planned.region === move?.to) return [mark`⬆️ **becomes the primary**; key policy, tags and alias stay`];
  if (planned.region === move?.from) return [mark`⬇️ **becomes a replica**; key policy, tags and alias stay`];
  const [first, ...more] = regionInWords(planned);
  if (first === undefined) return [mark`stays as it is`];
  return [join([CHANGES[rowChange(planned)].sign, first], ' '), ...more];
}

function failedInWords({ name, detail }: VerificationCheck): Markdown {
  return detail === undefined ? mark`❌ **${name}**` : mark`❌ **${name}**: ${detail}`;
}

function checkLines({ checks }: VerificationRow): Markdown[] {
  if (checks.length === 0) return [mark`not checked`];
  const failed = checks.filter(({ ok }) => !ok).map(failedInWords);
  const passed = checks.filter(({ ok }) => ok).map(({ name }) => name);
  return [
    some(failed, 'values', '<br>'),
    passed.length === 0 ? NOTHING : mark`✅ ${some(passed, 'values', ' ')}`,
  ];
}

function weightOf({ planned, verified }: Facts): number {
  const failed = verified?.checks.some(({ ok }) => !ok) === true;
  return failed ? 0 : CHANGES[planned === undefined ? 'none' : rowChange(planned)].weight;
}

function rowOf(facts: Facts, move: PrimaryMove | undefined): Row {
  const { region, planned, key, verified } = facts;
  return {
    region,
    role: (planned ?? key ?? verified)?.role ?? 'replica',
    lines: join(
      [
        ...(planned === undefined ? [] : changeLines(planned, move)),
        ...(verified === undefined ? [] : checkLines(verified)),
        key !== undefined && key.aliasArn === undefined ? mark`no alias yet` : NOTHING,
      ],
      '<br>',
    ),
    own: key === undefined ? NOTHING : keyArn(key.keyArn),
    weight: weightOf(facts),
  };
}

/** The Regions of the plan, of the keys that are there and of the checks: the primary first, then by weight. */
function rowsOf({ plan, keys = [], verification = [] }: ReportInput): Row[] {
  const all = [...(plan?.model.regions ?? []), ...keys, ...verification];
  return [...new Set(all.map(({ region }) => region))]
    .map((region) => {
      const isHere = (each: { readonly region: string }): boolean => each.region === region;
      const planned = plan?.model.regions.find(isHere);
      const facts = { region, planned, key: keys.find(isHere), verified: verification.find(isHere) };
      return rowOf(facts, plan?.move);
    })
    .sort((a, b) => Number(b.role === 'primary') - Number(a.role === 'primary') || a.weight - b.weight);
}

function cellsOf(group: readonly Row[]): Markdown[] {
  const [first] = group;
  if (first === undefined) return [];
  const what = join([first.lines, group.length === 1 ? first.own : NOTHING], '<br>');
  return [regionsCell(group, first.role), String(what) === '' ? mark`–` : what];
}

/** The Regions behind a row that stands for several. */
function foldedList(group: readonly Row[]): Markdown {
  const items = group.map(({ region, own }) => {
    const place = words(placeOf(region) ?? '');
    return mark`- ${join([place, region, own], ' ')}`;
  });
  const list = sized(({ rows }) => {
    const hidden = group.length - rows;
    const more = hidden > 0 ? mark`- ${leftOut(hidden, 'more Region')}` : NOTHING;
    return join([...items.slice(0, rows), more], '\n');
  });
  return foldRegions(group.length, list);
}

/** The id that all keys of a multi-Region key share, once, where it is known. */
function renderKeyId({ plan, keys = [], accountId }: ReportInput): Markdown {
  const [first] = [...keys, ...(plan?.model.regions ?? [])].flatMap(({ keyArn: arn }) => arn ?? []);
  if (first === undefined) return NOTHING;
  const id = mark`Key ${keyIdOf(first)}`;
  return accountId === undefined ? id : mark`${id} in account ${accountId}`;
}

/** A plan speaks of what would be, an apply of what was. */
function headOf({ command, outcome, plan }: ReportInput): Markdown {
  if (plan === undefined) return mark`What is there`;
  if (outcome === 'applied') return mark`What changed`;
  const began = (command === 'apply' || command === 'destroy') && outcome !== 'refused';
  return began ? mark`What was to change` : mark`What would change`;
}

/** Changes to resources that belong to no key's Region; the table alone would hide them. */
function renderOthers(model: PlanModel): Markdown {
  const others = model.resources.filter(
    ({ kind, action }) => kind === 'other' && action !== 'no-op' && action !== 'read',
  );
  const named = others.map(({ address, action }) => mark`${address} (${words(action)})`);
  return named.length === 0 ? NOTHING : mark`Besides the keys: ${some(named, 'rows', ', ')}.`;
}

/** The move of the primary, in a row of its own: what it does, and what it leaves as it is. */
function renderMove({ from, to, description, replicaDescription }: PrimaryMove): Markdown {
  const does = [
    mark`Every key goes on encrypting and decrypting all the while.`,
    mark`Rotation and replication are ${to}'s from then on, and so is the next move.`,
    mark`Key policies, tags, aliases and grants stay with the key of their Region. No key is made, replaced, deleted or forgotten.`,
    description === replicaDescription
      ? NOTHING
      : mark`Descriptions go with the role: ${to} gets ${description}, ${from} gets ${replicaDescription}.`,
  ];
  const where = mark`**primary**<br>${from} → ${to}`;
  return table([mark`Move`, mark`What it does`], [[where, join(does, '<br>')]]);
}

/** The table of Regions, what is folded of it, and what else the plan changes. */
export function renderRegions(input: ReportInput): Markdown {
  const { plan } = input;
  const groups = groupAlike(rowsOf(input), ({ role, lines }) => JSON.stringify([role, String(lines)]));
  const rows = withinRows(groups, 'more Region', (shown) => [
    table([mark`Region and role`, headOf(input)], shown.map(cellsOf)),
    ...shown.filter(({ length }) => length > 1).map(foldedList),
  ]);
  return blocks([
    renderKeyId(input),
    plan?.move === undefined ? NOTHING : renderMove(plan.move),
    groups.length === 0 ? NOTHING : rows,
    plan === undefined ? NOTHING : renderOthers(plan.model),
  ]);
}
