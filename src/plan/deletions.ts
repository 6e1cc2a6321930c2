/** The keys that a plan deletes, what that means from the moment of apply, and how long it can be taken back. Pure. */

import { cancelDeletionCommands } from '../facts/cancel-deletion.js';
import { isKept, isKey, primaryFirst } from './model.js';
import type { PlanModel, ResourceChange } from './types.js';
import { capitalise, joinWords } from '../phrases.js';

/** KMS's own default, which the provider leaves it to (API reference, ScheduleKeyDeletion, PendingWindowInDays). */
const DEFAULT_WINDOW_IN_DAYS = 30;

const DAY_MS = 86_400_000;

export interface Deletion {
  readonly region: string;
  readonly role: 'primary' | 'replica';
  /** `mrk-…`; undefined where the plan does not tell. */
  readonly keyId: string | undefined;
  /** The waiting period that KMS will be asked for: the provider takes it from the state. */
  readonly windowInDays: number;
  /**
   * A primary with replicas, also with some that go in the same plan: KMS calls it `PendingReplicaDeletion`, and its
   * waiting period begins when the last replica is gone (KMS developer guide, "Deleting multi-Region keys").
   */
  readonly waitsForReplicas: boolean;
}

export interface Deletions {
  /** The primary first, then the replicas in the plan's order. */
  readonly keys: readonly Deletion[];
  /**
   * Whether a key of this family stays, in another Region: all of them hold the same key material, so what one of them
   * encrypted the others can decrypt.
   */
  readonly familyStays: boolean;
  /** KMS's `key_usage`, e.g. `ENCRYPT_DECRYPT`; undefined where the plan does not tell. */
  readonly usage: string | undefined;
}

/** The keys that go when the plan is applied. A replacement is told in words of its own. */
export function deletionsOf({ resources }: Pick<PlanModel, 'resources'>): Deletions {
  const keys = resources.filter(isKey);
  const hadReplicas = keys.some(({ kind, before }) => kind === 'replica' && before !== null);
  const gone = keys
    .filter(({ action }) => action === 'delete')
    .flatMap((key) => deletionOf(key, hadReplicas));
  const usage = keys.map(({ before }) => before?.['key_usage']).find((found) => typeof found === 'string');
  return { keys: primaryFirst(gone), familyStays: keys.some(isKept), usage };
}

function deletionOf({ region, kind, before }: ResourceChange, hadReplicas: boolean): Deletion[] {
  if (region === undefined) return [];
  const [id, days] = [before?.['key_id'], before?.['deletion_window_in_days']];
  const role = kind === 'primary' ? 'primary' : 'replica';
  return [
    {
      region,
      role,
      keyId: typeof id === 'string' && id !== '' ? id : undefined,
      // 0 is what an import writes down.
      windowInDays: typeof days === 'number' && days > 0 ? days : DEFAULT_WINDOW_IN_DAYS,
      waitsForReplicas: role === 'primary' && hadReplicas,
    },
  ];
}

export interface OutageWords {
  /** What is still to come, or what the apply has done. */
  readonly tense: 'planned' | 'done';
  /** Milliseconds since the epoch; undefined: no day is named, only the days. */
  readonly now: number | undefined;
  /** By Region, the day that KMS itself names; it goes before what is computed. */
  readonly days?: Readonly<Record<string, string>>;
  /** How a Region is called. */
  readonly nameOf?: (region: string) => string;
}

/** What a key does, by its usage; what cannot be said is left general. */
const USES: ReadonlyMap<string | undefined, string> = new Map([
  [undefined, 'encrypt or decrypt with this key'],
  ['ENCRYPT_DECRYPT', 'encrypt or decrypt with this key'],
  ['SIGN_VERIFY', 'sign or verify with this key'],
  ['GENERATE_VERIFY_MAC', 'generate or verify a MAC with this key'],
]);

function isForEncryption(usage: string | undefined): boolean {
  return usage === undefined || usage === 'ENCRYPT_DECRYPT';
}

/** More Regions than this are counted instead of named. */
const NAMED_REGIONS = 3;

/**
 * What a deletion does at once: KMS refuses every use of a key from the moment its deletion is scheduled, whatever the
 * waiting period (KMS developer guide, "Key states": `PendingDeletion` and `PendingReplicaDeletion` refuse all
 * cryptographic operations).
 */
export function sayOutage({ keys, familyStays, usage }: Deletions, words: OutageWords): string {
  const where = familyStays ? ` ${inRegions(keys, words)}` : '';
  const everywhere = familyStays ? '' : ', in any Region';
  const since = words.tense === 'planned' ? 'From the moment of apply' : 'Since this apply';
  return `${since} nothing${where} can ${USES.get(usage) ?? 'use this key'}${everywhere}.`;
}

function inRegions(keys: readonly Deletion[], { nameOf = (region) => region }: OutageWords): string {
  if (keys.length > NAMED_REGIONS) return `in these ${keys.length} Regions`;
  return `in ${joinWords(keys.map(({ region }) => nameOf(region)))}`;
}

/** Until when the keys can be brought back, and what is lost then. */
export function sayDeadline({ keys, familyStays, usage }: Deletions, words: OutageWords): string {
  const dated = keys.filter(({ waitsForReplicas }) => !waitsForReplicas);
  const waiting = keys
    .filter(({ waitsForReplicas }) => waitsForReplicas)
    .map(
      ({ windowInDays }) =>
        `The primary has no date yet: its ${windowInDays} days begin when the last replica is gone.`,
    );
  const others = isForEncryption(usage) ? ', and can decrypt its data' : '';
  const lost = isForEncryption(usage)
    ? 'all that was encrypted with it is'
    : 'the key material, which AWS never gives out, is';
  const loss = familyStays
    ? `After that the key there is gone for good; the keys in the other Regions stay${others}.`
    : `With the last ${keys.length === 1 ? 'key' : 'of the keys'}, ${lost} lost for good.`;
  return [...sayDated(dated, keys.length, words), ...waiting, loss].join(' ');
}

/** @param count of all keys that go, those without a date included */
function sayDated(dated: readonly Deletion[], count: number, words: OutageWords): string[] {
  const [first] = [...dated].sort((a, b) => a.windowInDays - b.windowInDays);
  if (first === undefined) return [];
  const isSame = new Set(dated.map((key) => deadlineOf(key, words))).size === 1;
  const deadline = `${capitalise(deadlineOf(first, words))}${isSame ? '' : ' at least'}`;
  const replicas = dated.length === 1 ? 'the replica' : 'the replicas';
  const they = dated.length === 1 ? 'it' : 'they';
  return [`${deadline} ${dated.length < count ? replicas : they} can be brought back.`];
}

/** `until 2026-12-26 (30 days from today)`, or `for 30 days`. */
function deadlineOf({ region, windowInDays }: Deletion, { now, days, tense }: OutageWords): string {
  const told = days?.[region];
  if (told !== undefined) return `until ${told}`;
  if (now === undefined) return `for ${windowInDays} days`;
  const from = tense === 'planned' ? ` (${windowInDays} days from today)` : '';
  return `until ${new Date(now + windowInDays * DAY_MS).toISOString().slice(0, 10)}${from}`;
}

/** How to bring the keys back, in a sentence; the report has the commands for each Region. */
export function sayCancelDeletionOf({ keys }: Deletions): string {
  const [first, ...more] = keys;
  if (first === undefined) return '';
  const commands = cancelDeletionCommands(first.region, first.keyId ?? '');
  if (commands === undefined)
    return 'To bring a key back, cancel its deletion in the KMS console, then enable it.';
  const [cancel, enable] = commands.map((command) =>
    more.length === 0 ? command : command.replace(first.region, 'REGION'),
  );
  const each = more.length === 0 ? '' : ', in each Region';
  return `To bring ${more.length === 0 ? 'it' : 'them'} back${each}: \`${cancel ?? ''}\`, then \`${enable ?? ''}\`, as the key comes back disabled.`;
}
