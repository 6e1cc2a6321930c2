/** Which keys a change of the file concerns. Pure. */

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
  const isSame = (entry: KeyEntry): boolean => {
    const earlier = before.get(entry.name);
    return earlier !== undefined && sameAs(earlier) === sameAs(entry) && !namesChanged(entry, changedFiles);
  };
  const added = head.keys.filter(({ name }) => !before.has(name));
  const removed = [...before.values()].filter(({ name }) => !now.has(name));
  const namesOf = (entries: readonly KeyEntry[]): string[] => entries.map(({ name }) => name);
  const kept = head.keys.filter(({ name }) => before.has(name));
  return {
    added: namesOf(added),
    changed: namesOf(kept.filter((entry) => !isSame(entry))),
    unchanged: namesOf(kept.filter(isSame)),
    removed: namesOf(removed),
    renamed: findRenamed(removed, added),
  };
}

/** Every input of the entry, those from the defaults too, in one order. */
function sameAs({ given }: KeyEntry): string {
  return JSON.stringify(
    [...given].map(([name, { text }]) => [name, text]).sort(([a = ''], [b = '']) => (a < b ? -1 : 1)),
  );
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
  const groups: string[][] = [];
  for (let start = 0; start < names.length; start += MOST_JOBS)
    groups.push(names.slice(start, start + MOST_JOBS));
  return groups;
}
