/** What a deletion does to those who use the key, until when it can be taken back, and how. */

import { cancelDeletionCommands } from '../../facts/cancel-deletion.js';
import {
  deletionsOf,
  sayDeadline,
  sayOutage,
  type Deletion,
  type Deletions,
  type OutageWords,
} from '../../plan/deletions.js';
import { sayLastUse } from '../../plan/last-use.js';
import { alert, clip, codeBlock, details, prose } from '../markdown.js';
import { placeOf } from '../region-names.js';
import type { KeyStateNote, ReportInput } from '../types.js';
import { countOf, type Detail } from '../vocabulary.js';
import { isPendingDeletion, type LastUse } from '../../facts/kms-answers.js';
import type { Finding } from '../../guard/finding.js';

/** The rule of the guard that this section tells in its own words. */
export const TOLD_HERE = 'key-deleted';

/** The commands of more Regions than this are folded. */
const OPEN_COMMANDS = 3;

/** The Regions whose keys this run deleted, as KMS says of them. */
export function deletedStates({ command, keyStates = [] }: ReportInput): readonly KeyStateNote[] {
  const applies = command === 'apply' || command === 'destroy';
  return applies ? keyStates.filter(({ state }) => isPendingDeletion(state)) : [];
}

interface Part {
  readonly deletions: Deletions;
  readonly tense: OutageWords['tense'];
}

/** What the run has deleted, and what it would: a run that failed on the way has both. */
function partsOf(input: ReportInput, all: Deletions): Part[] {
  const gone = new Set(deletedStates(input).map(({ region }) => region));
  const isDone = ({ region }: Deletion): boolean => input.outcome === 'applied' || gone.has(region);
  const part = (tense: Part['tense'], keys: readonly Deletion[]): Part[] =>
    keys.length === 0 ? [] : [{ tense, deletions: { ...all, keys } }];
  return [
    ...part('done', all.keys.filter(isDone)),
    ...part(
      'planned',
      all.keys.filter((key) => !isDone(key)),
    ),
  ];
}

function daysOf(input: ReportInput): Record<string, string> {
  return Object.fromEntries(
    deletedStates(input).flatMap(({ region, deletionDate }) =>
      deletionDate === undefined ? [] : [[region, deletionDate.slice(0, 10)]],
    ),
  );
}

function commandsFor(keys: readonly Deletion[]): string | undefined {
  const commands = keys.map(({ region, keyId = '' }) => cancelDeletionCommands(region, keyId));
  const lines = commands.flatMap((both) => both ?? []);
  return lines.length < 2 * keys.length ? undefined : codeBlock(lines.join('\n'), 'sh');
}

function renderCancelDeletion(keys: readonly Deletion[]): { inside: string[]; below: string[] } {
  const commands = commandsFor(keys);
  if (commands === undefined)
    return {
      inside: ['To bring a key back, cancel its deletion in the KMS console, then enable it.'],
      below: [],
    };
  const how =
    'To bring back what was deleted, cancel the deletion, then enable the key, as it comes back disabled';
  if (keys.length <= OPEN_COMMANDS) return { inside: [`${how}:`, commands], below: [] };
  return {
    inside: [`${how}.`],
    below: [details(`The commands for ${countOf(keys.length, 'Region')}`, [commands])],
  };
}

function nameOf(detail: Detail): (region: string) => string {
  return (region) => placeOf(region) ?? clip(region, detail.text);
}

function renderPart({ deletions, tense }: Part, input: ReportInput, detail: Detail): string {
  const words = { tense, now: input.now, days: daysOf(input), nameOf: nameOf(detail) };
  return `**${prose(sayOutage(deletions, words))}** ${prose(sayDeadline(deletions, words))}`;
}

function whatToDo(findings: readonly Finding[]): string[] {
  const stop = findings.find(({ rule, severity }) => rule === TOLD_HERE && severity === 'stop');
  return stop === undefined ? [] : [`**What to do:** ${prose(stop.wayOut)}`];
}

/** More keys than this are folded, all but the one that was used last. */
const OPEN_USES = 3;

function lastUses({ plan, now }: ReportInput, detail: Detail): { inside: string[]; below: string[] } {
  const uses = plan?.lastUse ?? [];
  if (now === undefined || uses.length === 0) return { inside: [], below: [] };
  const place = nameOf(detail);
  const items = [...uses]
    .sort((a, b) => lastTime(b) - lastTime(a))
    .map((use) => `- ${prose(`${place(use.region)}: ${clip(sayLastUse(use, now), detail.text)}`)}`);
  if (items.length <= OPEN_USES)
    return { inside: ['**When it was last used:**', items.join('\n')], below: [] };
  const [first = '', ...more] = items;
  const list = [more.slice(0, detail.rows).join('\n')];
  return {
    inside: ['**When it was last used, the latest first:**', first],
    below: [details(`Last use in ${countOf(more.length, 'more Region')}`, list)],
  };
}

function lastTime(use: LastUse): number {
  return use.is === 'used' ? use.at : use.is === 'unused' ? 0 : -1;
}

/** The call-out on the keys that a plan deletes, as Markdown blocks; empty for a plan that deletes none. */
export function renderDeletion(input: ReportInput, detail: Detail): string[] {
  if (input.plan === undefined) return [];
  const all = deletionsOf(input.plan.model);
  if (all.keys.length === 0) return [];
  const cancelDeletion = renderCancelDeletion(all.keys);
  const parts = partsOf(input, all).map((part) => renderPart(part, input, detail));
  const uses = lastUses(input, detail);
  const inside = [...parts, ...uses.inside, ...whatToDo(input.plan.findings), ...cancelDeletion.inside];
  return [alert('CAUTION', inside), ...uses.below, ...cancelDeletion.below];
}
