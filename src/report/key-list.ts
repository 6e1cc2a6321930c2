/** The summary of `keys`: what is in the keys file, and what a change of it concerns. */

import type { KeyChanges } from '../keys-file/changes.js';
import type { CheckedKey } from '../keys-file/check.js';
import {
  alert,
  blocks,
  details,
  firstOf,
  join,
  mark,
  NOTHING,
  table,
  words,
  type Markdown,
} from './markdown.js';
import { SUMMARY_ROOM } from './types.js';
import { counted, countOf } from './vocabulary.js';

export interface KeyList {
  readonly file: string;
  readonly keys: readonly CheckedKey[];
  readonly changes: KeyChanges;
  /** What was compared with what. */
  readonly says: string;
}

/** @returns Markdown within the limit of a job summary */
export function renderKeyList({ file, keys, changes, says }: KeyList): string {
  const { added, changed, removed, unchanged } = changes;
  const concerned = new Set([...added, ...changed]);
  const counts = `${added.length} added, ${changed.length} changed, ${unchanged.length} unchanged, ${removed.length} removed`;
  const gone = mark`No longer in the file: ${join(firstOf(removed, 50), ', ')}. Their keys stay in AWS, and in their state, until ${'command: destroy'}.`;
  const head = blocks([
    mark`### 🔑 ${file}: ${counted(keys.length, 'key')}`,
    words(`${counts}. ${says}`),
    removed.length === 0 ? NOTHING : alert('WARNING', [gone]),
  ]);
  const isConcerned = ({ entry }: CheckedKey): boolean => concerned.has(entry.name);
  const rest = keys.filter((key) => !isConcerned(key));
  const tables = blocks([
    tableOf(keys.filter(isConcerned), new Set(added)),
    rest.length === 0
      ? NOTHING
      : details(`${countOf(rest.length, 'key')} unchanged`, [tableOf(rest, new Set())]),
  ]);
  const whole = `${String(blocks([head, tables]))}\n`;
  if (Buffer.byteLength(whole) <= SUMMARY_ROOM) return whole;
  return `${String(blocks([head, mark`The tables had no room here: the outputs have all names.`]))}\n`;
}

function tableOf(keys: readonly CheckedKey[], added: ReadonlySet<string>): Markdown {
  if (keys.length === 0) return NOTHING;
  const rows = keys.map(({ entry, inputs }) => [
    added.has(entry.name) ? mark`${entry.name} (new)` : mark`${entry.name}`,
    mark`${`alias/${inputs.alias}`}`,
    join([inputs.primaryRegion, ...inputs.replicaRegions], ' '),
  ]);
  return table([mark`Key`, mark`Alias`, mark`Regions`], rows);
}
