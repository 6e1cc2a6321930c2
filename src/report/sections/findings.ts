/** What the guard, the preflight and the approval check say, as call-outs that nobody can miss. */

import { cancelDeletionCommands } from '../../facts/cancel-deletion.js';
import type { Explanation } from '../../errors.js';
import { sayLastUse } from '../../plan/last-use.js';
import { alert, clip, codeBlock, prose, type AlertKind } from '../markdown.js';
import type { ApprovalResult, KeyStateNote, ShownPlan } from '../types.js';
import { codeOf, countOf, limitItems, type Detail } from '../vocabulary.js';
import { isPendingDeletion } from '../../facts/kms-answers.js';
import type { Finding } from '../../guard/finding.js';

function untrusted(text: string, detail: Detail): string {
  return prose(clip(text, detail.text * 4));
}

/** `key-deleted` → `Key deleted`. */
function titleOf(rule: string): string {
  const words = rule.replaceAll('-', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** Regions named beside the title of a finding, at the most. */
const MOST_PLACES = 6;

function renderFinding(finding: Finding, detail: Detail): string {
  const places =
    finding.regions ?? [finding.region ?? finding.address].filter((place) => place !== undefined);
  const shown = limitItems(
    places.map((place) => codeOf(place, detail)),
    Math.min(detail.values, MOST_PLACES),
  );
  const where = shown.length === 0 ? '' : ` · ${shown.join(' ')}`;
  const wayOut = finding.wayOut === '' ? '' : `<br>**What to do:** ${untrusted(finding.wayOut, detail)}`;
  const title = untrusted(titleOf(finding.rule), detail) || 'Finding';
  return `**${title}**${where}<br>${untrusted(finding.reason, detail)}${wayOut}`;
}

/** Findings of one severity in one call-out; empty when there are none. */
export function renderFindings(kind: AlertKind, findings: readonly Finding[], detail: Detail): string[] {
  if (findings.length === 0) return [];
  const shown = findings.slice(0, detail.rows).map((finding) => renderFinding(finding, detail));
  const hidden = findings.length - shown.length;
  const more = hidden > 0 ? [`…and ${countOf(hidden, 'more finding')}, left out for length.`] : [];
  return [alert(kind, [...shown, ...more])];
}

/** What the plan holds that is not understood, as a warning of its own. */
export function renderUnsupported(sentences: readonly string[], detail: Detail): string[] {
  if (sentences.length === 0) return [];
  const shown = sentences.slice(0, detail.rows).map((sentence) => `- ${untrusted(sentence, detail)}`);
  const hidden = sentences.length - shown.length;
  const more = hidden > 0 ? [`- …and ${countOf(hidden, 'more')}`] : [];
  return [alert('WARNING', ['**Not understood in this plan**', [...shown, ...more].join('\n')])];
}

/** What a reader should know of how the run went. */
export function renderNotes(notes: readonly string[] | undefined, detail: Detail): string[] {
  return (notes ?? []).slice(0, detail.rows).map((note) => alert('NOTE', [untrusted(note, detail)]));
}

/** A failure in its three parts; what was wrong in several places is a list. */
export function renderFailure({ what, each, done, next }: Explanation, detail: Detail): string {
  const head = `**${untrusted(what, detail)}**`;
  const rest = [untrusted(done, detail), next === '' ? '' : `**What to do:** ${untrusted(next, detail)}`];
  const join = (parts: readonly string[]): string =>
    parts.filter((part) => part !== '' && part !== '****').join('<br>');
  if (each === undefined) return alert('CAUTION', [join([head, ...rest])]);
  return alert('CAUTION', [...renderLines(head, each, detail), join(rest)]);
}

/** @param heading as Markdown */
function renderLines(heading: string, lines: readonly string[], detail: Detail): string[] {
  if (lines.length === 0) return [];
  const items = limitItems(
    lines.map((line) => untrusted(line, detail)),
    detail.rows,
  );
  return [heading, items.map((item) => `- ${item}`).join('\n')];
}

/** Why the plan is not approved, and what differs from the one that was; empty when it is approved. */
export function renderApproval(approval: ApprovalResult | undefined, detail: Detail): string[] {
  if (approval === undefined || approval.approved) return [];
  return [
    alert('CAUTION', [
      untrusted(approval.says, detail),
      ...renderLines('**Planned now, never approved**', approval.added, detail),
      ...renderLines('**Approved, no longer planned**', approval.gone, detail),
    ]),
  ];
}

/** By what a plan on the branch differs from the one that the pull request showed; empty where it is that one. */
export function renderShown(shown: ShownPlan | undefined, detail: Detail): string[] {
  if (shown === undefined || shown.is === 'same') return [];
  return [
    alert(shown.is === 'different' ? 'WARNING' : 'NOTE', [
      untrusted(shown.says, detail),
      ...renderLines('**Planned now, not shown there**', shown.added, detail),
      ...renderLines('**Shown there, no longer planned**', shown.gone, detail),
    ]),
  ];
}

function cancelDeletion({ region, keyId }: KeyStateNote): string[] {
  const commands = cancelDeletionCommands(region, keyId);
  if (commands === undefined) return ['Cancel the deletion in the KMS console, then enable the key.'];
  return [
    'Cancel the deletion, then enable the key, for as long as there is time:',
    codeBlock(commands.join('\n'), 'sh'),
  ];
}

function lastUseOf({ lastUse }: KeyStateNote, now: number | undefined, detail: Detail): string[] {
  if (lastUse === undefined || now === undefined) return [];
  const words = sayLastUse(lastUse, now);
  return [untrusted(`${words.charAt(0).toUpperCase()}${words.slice(1)}.`, detail)];
}

function renderKeyState(note: KeyStateNote, now: number | undefined, detail: Detail): string {
  const key = `The key ${codeOf(note.keyId, detail)} in ${codeOf(note.region, detail)}`;
  if (!isPendingDeletion(note.state)) return alert('WARNING', [`${key} is ${codeOf(note.state, detail)}.`]);
  const when =
    note.deletionDate === undefined
      ? ''
      : `, on ${codeOf(note.deletionDate.replace(/^(\d{4}-\d{2}-\d{2})T.*$/, '$1'), detail)}`;
  const loss = `${key} **is going to be deleted**${when} (${codeOf(note.state, detail)}). `;
  return alert('CAUTION', [
    `${loss}Nothing in this Region can use it any more, and with its last copy the data under it is lost for good.`,
    ...lastUseOf(note, now, detail),
    ...cancelDeletion(note),
  ]);
}

/** An alarm for each key that is pending deletion, a warning for each that is in another unusual state. */
export function renderKeyStates(
  notes: readonly KeyStateNote[] | undefined,
  now: number | undefined,
  detail: Detail,
): string[] {
  const sorted = [...(notes ?? [])].sort(
    (a, b) => Number(isPendingDeletion(b.state)) - Number(isPendingDeletion(a.state)),
  );
  const hidden = sorted.length - detail.rows;
  return [
    ...sorted.slice(0, detail.rows).map((note) => renderKeyState(note, now, detail)),
    ...(hidden > 0 ? [`…and ${countOf(hidden, 'more key')} in an unusual state, left out for length.`] : []),
  ];
}
