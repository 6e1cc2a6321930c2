/** Which keys a change of the file concerns. Pure. */

import { KEY_INPUT_NAMES } from '../inputs/table.js';
import type { KeyEntry, KeysDocument } from './document.js';

/** What two versions of the file differ in, by key name; each list in the order of the file. */
export interface KeyChanges {
  readonly added: readonly string[];
  readonly changed: readonly string[];
  readonly unchanged: readonly string[];
  /** No longer in the file. Their keys stay as they are. */
  readonly removed: readonly string[];
  /** Of those removed and added, the pairs that say the same under another name. */
  readonly renamed: readonly { readonly from: string; readonly to: string }[];
}

/**
 * @param base the file as it was; undefined where there was none
 * @param head the file as it is
 * @param changedFiles the files, by their paths as the keys name them, that are not what they were
 */
export function compareKeys(
  base: KeysDocument | undefined,
  head: KeysDocument,
  changedFiles: ReadonlySet<string> = new Set(),
): KeyChanges {
  const before = new Map((base?.keys ?? []).map((entry) => [entry.name, entry]));
  const now = new Set(head.keys.map(({ name }) => name));
  const kindOf = (entry: KeyEntry): 'added' | 'changed' | 'unchanged' => {
    const earlier = before.get(entry.name);
    if (earlier === undefined) return 'added';
    return sameAs(earlier) === sameAs(entry) && !namesChanged(entry, changedFiles) ? 'unchanged' : 'changed';
  };
  const { added = [], changed = [], unchanged = [] } = Object.groupBy(head.keys, kindOf);
  const removed = [...before.values()].filter(({ name }) => !now.has(name));
  const namesOf = (entries: readonly KeyEntry[]): string[] => entries.map(({ name }) => name);
  return {
    added: namesOf(added),
    changed: namesOf(changed),
    unchanged: namesOf(unchanged),
    removed: namesOf(removed),
    renamed: findRenamed(removed, added),
  };
}

/** Every input of the entry, those from the defaults too, in one order. */
function sameAs({ given }: KeyEntry): string {
  return JSON.stringify(KEY_INPUT_NAMES.map((name) => given.get(name)?.text));
}

function namesChanged({ given }: KeyEntry, changedFiles: ReadonlySet<string>): boolean {
  const policy = given.get('policy')?.text.trim();
  return policy !== undefined && changedFiles.has(policy);
}

function findRenamed(removed: readonly KeyEntry[], added: readonly KeyEntry[]): KeyChanges['renamed'] {
  const left = [...added];
  return removed.flatMap((from) => {
    const index = left.findIndex((to) => sameAs(to) === sameAs(from));
    const [to] = index < 0 ? [] : left.splice(index, 1);
    return to === undefined ? [] : [{ from: from.name, to: to.name }];
  });
}

/** The paths of the policy files that the keys of a document name; a policy may stand in the file itself, too. */
export function policyFiles({ keys }: KeysDocument): string[] {
  const texts = keys.map(({ given }) => given.get('policy')?.text.trim() ?? '');
  return [...new Set(texts.filter((text) => text !== '' && !/^[{["]/.test(text) && !text.includes('\n')))];
}

/** A matrix of GitHub has at most so many jobs. */
export const MOST_JOBS = 256;

/** The names in groups that a matrix can take, each as large as can be. */
export function groupForMatrix(names: readonly string[]): string[][] {
  return Array.from({ length: Math.ceil(names.length / MOST_JOBS) }, (_, group) =>
    names.slice(group * MOST_JOBS, (group + 1) * MOST_JOBS),
  );
}
