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
import { isPendingDeletion, type LastUse } from '../../facts/kms-answers.js';
import type { Finding } from '../../guard/finding.js';
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

function renderPart({ deletions, tense }: Part, input: ReportInput): Markdown {
  const said = { tense, now: input.now, days: daysOf(input), nameOf: placeInWords };
  return mark`**${words(sayOutage(deletions, said))}** ${words(sayDeadline(deletions, said))}`;
}

function whatToDo(findings: readonly Finding[]): Markdown {
  const stop = findings.find(({ rule, severity }) => rule === TOLD_HERE && severity === 'stop');
  return renderWayOut(stop?.wayOut ?? '');
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
  if (input.plan === undefined) return NOTHING;
  const all = deletionsOf(input.plan.model);
  if (all.keys.length === 0) return NOTHING;
  const parts = partsOf(input, all).map((part) => renderPart(part, input));
  const uses = lastUses(input);
  const cancel = renderCancelDeletion(all.keys);
  return blocks([
    alert('CAUTION', [...parts, ...uses.inside, whatToDo(input.plan.findings), ...cancel.inside]),
    uses.below,
    cancel.below,
  ]);
}
