/** What the guard, the preflight and the approval check say, as call-outs that nobody can miss. */

import { cancelDeletionCommands } from '../../facts/cancel-deletion.js';
import type { Explanation } from '../../errors.js';
import { isPendingDeletion } from '../../facts/kms-answers.js';
import type { Finding } from '../../guard/finding.js';
import { capitalise } from '../../phrases.js';
import { sayLastUse } from '../../plan/last-use.js';
import {
  alert,
  blocks,
  codeBlock,
  firstOf,
  join,
  mark,
  NOTHING,
  prose,
  sized,
  type Markdown,
} from '../markdown.js';
import type { ApprovalResult, KeyStateNote, ShownPlan } from '../types.js';
import { withinRows } from '../vocabulary.js';

/** Regions named beside the title of a finding, at the most. */
const MOST_PLACES = 6;

/** What the reader can do; empty where there is nothing. */
export function renderWayOut(text: string): Markdown {
  return text === '' ? NOTHING : mark`**What to do:** ${prose(text)}`;
}

function renderFinding({ rule, reason, wayOut, ...at }: Finding): Markdown {
  const places = at.regions ?? [at.region ?? at.address].filter((place) => place !== undefined);
  const shown = sized(({ values }) => join(firstOf(places, Math.min(values, MOST_PLACES)), ' '));
  // `key-deleted` → `Key deleted`
  const title = mark`**${prose(capitalise(rule.replaceAll('-', ' ').trim() || 'finding'))}**`;
  const head = places.length === 0 ? title : mark`${title} · ${shown}`;
  return join([head, prose(reason), renderWayOut(wayOut)], '<br>');
}

const ALERTS = { stop: 'CAUTION', warning: 'WARNING', notice: 'NOTE' } as const;

/** The findings of one severity in one call-out; empty when there are none. */
export function renderFindings(severity: Finding['severity'], findings: readonly Finding[]): Markdown {
  const found = findings.filter((finding) => finding.severity === severity);
  if (found.length === 0) return NOTHING;
  return alert(ALERTS[severity], [withinRows(found, 'more finding', (shown) => shown.map(renderFinding))]);
}

/** What the plan holds that is not understood, as a warning of its own. */
export function renderUnsupported(sentences: readonly string[]): Markdown {
  if (sentences.length === 0) return NOTHING;
  return alert('WARNING', renderLines(mark`**Not understood in this plan**`, sentences));
}

/** What a reader should know of how the run went. */
export function renderNotes(notes: readonly string[] = []): Markdown {
  return sized(({ rows }) => blocks(notes.slice(0, rows).map((note) => alert('NOTE', [prose(note)]))));
}

/** A failure in its three parts; what was wrong in several places is a list. */
export function renderFailure({ what, each, done, next }: Explanation): Markdown {
  const head = what.trim() === '' ? NOTHING : mark`**${prose(what)}**`;
  const rest = [prose(done), renderWayOut(next)];
  if (each === undefined) return alert('CAUTION', [join([head, ...rest], '<br>')]);
  return alert('CAUTION', [...renderLines(head, each), join(rest, '<br>')]);
}

function renderLines(heading: Markdown, lines: readonly string[]): Markdown[] {
  if (lines.length === 0) return [];
  const items = sized(({ rows }) => {
    const shown = firstOf(lines.map(prose), rows);
    return join(
      shown.map((line) => mark`- ${line}`),
      '\n',
    );
  });
  return [heading, items];
}

/** Why the plan is not approved, and what differs from the one that was; empty when it is approved. */
export function renderApproval(approval: ApprovalResult | undefined): Markdown {
  if (approval === undefined || approval.approved) return NOTHING;
  return alert('CAUTION', [
    prose(approval.says),
    ...renderLines(mark`**Planned now, never approved**`, approval.added),
    ...renderLines(mark`**Approved, no longer planned**`, approval.gone),
  ]);
}

/** By what a plan on the branch differs from the one that the pull request showed; empty where it is that one. */
export function renderShown(shown: ShownPlan | undefined): Markdown {
  if (shown === undefined || shown.is === 'same') return NOTHING;
  return alert(shown.is === 'different' ? 'WARNING' : 'NOTE', [
    prose(shown.says),
    ...renderLines(mark`**Planned now, not shown there**`, shown.added),
    ...renderLines(mark`**Shown there, no longer planned**`, shown.gone),
  ]);
}

function cancelDeletion({ region, keyId }: KeyStateNote): Markdown[] {
  const commands = cancelDeletionCommands(region, keyId);
  if (commands === undefined) return [mark`Cancel the deletion in the KMS console, then enable the key.`];
  return [
    mark`Cancel the deletion, then enable the key, for as long as there is time:`,
    codeBlock(commands.join('\n'), 'sh'),
  ];
}

function renderKeyState(note: KeyStateNote, now: number | undefined): Markdown {
  const { keyId, region, state, deletionDate, lastUse } = note;
  const key = mark`The key ${keyId} in ${region}`;
  if (!isPendingDeletion(state)) return alert('WARNING', [mark`${key} is ${state}.`]);
  const day = deletionDate?.replace(/^(\d{4}-\d{2}-\d{2})T.*$/, '$1');
  const when = day === undefined ? NOTHING : mark`, on ${day}`;
  return alert('CAUTION', [
    mark`${key} **is going to be deleted**${when} (${state}). Nothing in this Region can use it any more, and with its last copy the data under it is lost for good.`,
    lastUse === undefined || now === undefined ? NOTHING : prose(`${capitalise(sayLastUse(lastUse, now))}.`),
    ...cancelDeletion(note),
  ]);
}

/** An alarm for each key that is pending deletion, a warning for each that is in another unusual state. */
export function renderKeyStates(notes: readonly KeyStateNote[] = [], now: number | undefined): Markdown {
  const sorted = [...notes].sort(
    (a, b) => Number(isPendingDeletion(b.state)) - Number(isPendingDeletion(a.state)),
  );
  return withinRows(
    sorted,
    'more key',
    (shown) => shown.map((note) => renderKeyState(note, now)),
    mark` in an unusual state`,
  );
}
