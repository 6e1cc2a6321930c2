/** The summary of `keys`: what is in the keys file, and what a change of it concerns. */

import type { KeyChanges } from '../keys-file/changes.js';
import type { CheckedKey } from '../keys-file/check.js';
import { alert, codeSpan, details, prose, table } from './markdown.js';
import { SUMMARY_ROOM } from './types.js';
import { countOf, limitItems } from './vocabulary.js';

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
  const gone =
    removed.length === 0
      ? []
      : [
          alert('WARNING', [
            `No longer in the file: ${limitItems(removed.map(codeSpan), 50).join(', ')}. Their keys stay in AWS, and in their state, until \`command: destroy\`.`,
          ]),
        ];
  const head = [
    `### 🔑 ${codeSpan(file)}: ${countOf(keys.length, 'key')}`,
    prose(`${counts}. ${says}`),
    ...gone,
  ];
  const isConcerned = ({ entry }: CheckedKey): boolean => concerned.has(entry.name);
  const shown = tableOf(keys.filter(isConcerned), new Set(added));
  const rest = keys.filter((key) => !isConcerned(key));
  const folded =
    rest.length === 0 ? [] : [details(`${countOf(rest.length, 'key')} unchanged`, tableOf(rest, new Set()))];
  const whole = `${[...head, ...shown, ...folded].join('\n\n')}\n`;
  return Buffer.byteLength(whole) <= SUMMARY_ROOM
    ? whole
    : `${[...head, 'The tables had no room here: the outputs have all names.'].join('\n\n')}\n`;
}

function tableOf(keys: readonly CheckedKey[], added: ReadonlySet<string>): string[] {
  if (keys.length === 0) return [];
  const rows = keys.map(({ entry, inputs }) => [
    `${codeSpan(entry.name)}${added.has(entry.name) ? ' (new)' : ''}`,
    codeSpan(`alias/${inputs.alias}`),
    [inputs.primaryRegion, ...inputs.replicaRegions].map(codeSpan).join(' '),
  ]);
  return [table(['Key', 'Alias', 'Regions'], rows)];
}
