/** What a deletion does to those who use the key, until when it can be taken back, and how. */

import { cancelDeletionCommands } from '../../facts/cancel-deletion.js';
import { deletionsOf, sayDeadline, sayOutage, type Deletion, type Deletions } from '../../plan/deletions.js';
import { sayLastUse } from '../../plan/last-use.js';
import { isPendingDeletion, type LastUse } from '../../facts/kms-answers.js';
import {
  alert,
  blocks,
  codeBlock,
  details,
  join,
  mark,
  NOTHING,
  prose,
  sized,
  words,
  type Markdown,
} from '../markdown.js';
import type { KeyStateNote, ReportInput } from '../types.js';
import { stopsOf } from '../verdict.js';
import { countOf, placeInWords } from '../vocabulary.js';
import { renderWayOut } from './findings.js';

/** The rule of the guard that this section tells in its own words. */
export const TOLD_HERE = 'key-deleted';

/** The commands of more Regions than this are folded. */
const OPEN_COMMANDS = 3;

/** The Regions whose keys this run deleted, as KMS says of them. */
export function deletedStates({ command, keyStates = [] }: ReportInput): readonly KeyStateNote[] {
  const applies = command === 'apply' || command === 'destroy';
  return applies ? keyStates.filter(({ state }) => isPendingDeletion(state)) : [];
}

/** What the run has deleted, and what it would: a run that failed on the way has both. */
function renderParts(input: ReportInput, all: Deletions): Markdown[] {
  const deleted = deletedStates(input);
  const days = Object.fromEntries(
    deleted.flatMap(({ region, deletionDate: date }) =>
      date === undefined ? [] : [[region, date.slice(0, 10)]],
    ),
  );
  const isDone = (key: Deletion): boolean =>
    input.outcome === 'applied' || deleted.some(({ region }) => region === key.region);
  return (['done', 'planned'] as const).flatMap((tense) => {
    const part = { ...all, keys: all.keys.filter((key) => isDone(key) === (tense === 'done')) };
    const said = { tense, now: input.now, days, nameOf: placeInWords };
    if (part.keys.length === 0) return [];
    return [mark`**${words(sayOutage(part, said))}** ${words(sayDeadline(part, said))}`];
  });
}

function commandsFor(keys: readonly Deletion[]): Markdown | undefined {
  const commands = keys.map(({ region, keyId = '' }) => cancelDeletionCommands(region, keyId));
  const lines = commands.flatMap((both) => both ?? []);
  return lines.length < 2 * keys.length ? undefined : codeBlock(lines.join('\n'), 'sh');
}

/** What stands in the call-out, and what is folded below it. */
interface Told {
  readonly inside: readonly Markdown[];
  readonly below: Markdown;
}

function renderCancelDeletion(keys: readonly Deletion[]): Told {
  const commands = commandsFor(keys);
  if (commands === undefined)
    return {
      inside: [mark`To bring a key back, cancel its deletion in the KMS console, then enable it.`],
      below: NOTHING,
    };
  const how = mark`To bring back what was deleted, cancel the deletion, then enable the key, as it comes back disabled`;
  if (keys.length <= OPEN_COMMANDS) return { inside: [mark`${how}:`, commands], below: NOTHING };
  return {
    inside: [mark`${how}.`],
    below: details(`The commands for ${countOf(keys.length, 'Region')}`, [commands]),
  };
}

/** More keys than this are folded, all but the one that was used last. */
const OPEN_USES = 3;

function lastUses({ plan, now }: ReportInput): Told {
  const uses = plan?.lastUse ?? [];
  if (now === undefined || uses.length === 0) return { inside: [], below: NOTHING };
  const items = [...uses]
    .sort((a, b) => lastTime(b) - lastTime(a))
    .map((use) => mark`- ${prose(`${placeInWords(use.region)}: ${sayLastUse(use, now)}`)}`);
  if (items.length <= OPEN_USES)
    return {
      inside: [mark`**When it was last used:**`, join(items, '\n')],
      below: NOTHING,
    };
  const [first = NOTHING, ...more] = items;
  const list = sized(({ rows }) => join(more.slice(0, rows), '\n'));
  return {
    inside: [mark`**When it was last used, the latest first:**`, first],
    below: details(`Last use in ${countOf(more.length, 'more Region')}`, [list]),
  };
}

function lastTime(use: LastUse): number {
  return use.is === 'used' ? use.at : use.is === 'unused' ? 0 : -1;
}

/** The call-out on the keys that a plan deletes; empty for a plan that deletes none. */
export function renderDeletion(input: ReportInput): Markdown {
  const { plan } = input;
  if (plan === undefined) return NOTHING;
  const all = deletionsOf(plan.model);
  if (all.keys.length === 0) return NOTHING;
  const uses = lastUses(input);
  const stop = stopsOf(plan.findings).find(({ rule }) => rule === TOLD_HERE);
  const cancel = renderCancelDeletion(all.keys);
  const inside = [...uses.inside, renderWayOut(stop?.wayOut ?? ''), ...cancel.inside];
  return blocks([alert('CAUTION', [...renderParts(input, all), ...inside]), uses.below, cancel.below]);
}
