import { diffAccess } from './access.js';
import { canonicalChange, canonicalJson, canonicalSide, sha256 } from './canonical.js';
import { changesAnything, isEmpty, isKey } from './model.js';
import type { AccessChange, PlanModel, ResourceChange } from './types.js';

/** One thing that a plan does: in words, and as hashes by which it, or what is left of it, is found again in another plan. */
export interface Fingerprint {
  /** E.g. `ap-southeast-2: replica key created`; never a value of an attribute. */
  readonly line: string;
  /** Over all of it; 32 hex digits. */
  readonly hash: string;
  /** Only of a creation: an apply that was stopped may leave it half there. */
  readonly creates?: Creation | undefined;
}

interface Creation {
  readonly address: string;
  /** Over the values, without those that were unknown; 32 hex digits. */
  readonly after: string;
  /** Attributes, sorted, that are known only after apply. */
  readonly unknown: readonly string[];
}

/**
 * A short sentence for each change of the plan and for each change of access, in the plan's order. Text from the plan
 * (addresses, alias names, principals, conditions) is in it unescaped.
 */
export function summarisePlan(model: PlanModel): string[] {
  return fingerprintChanges(model).map(({ line }) => line);
}

/** What the plan does, change by change. Equal for equal plans, as the digest is. */
export function fingerprintChanges(model: PlanModel): Fingerprint[] {
  return [
    ...model.resources.filter(changesAnything).map(fingerprintResource),
    ...diffAccess(model).map(fingerprintAccess),
    ...model.changedOutputs.map((name) => ({
      line: `output ${name} changes`,
      hash: shortHash({ name, known: Object.hasOwn(model.outputs, name), value: model.outputs[name] }),
    })),
  ];
}

/** What two plans do not have in common, in words. */
export interface FingerprintDifference {
  /** Approved, and no longer planned. */
  readonly gone: readonly string[];
  /** Planned, and never approved. */
  readonly added: readonly string[];
}

/** Compares what was approved with what is planned now. Both lists are empty when they are the same. */
export function compareFingerprints(
  approved: readonly Fingerprint[],
  now: readonly Fingerprint[],
): FingerprintDifference {
  const without = (some: readonly Fingerprint[], others: readonly Fingerprint[]): string[] => {
    const hashes = new Set(others.map(({ hash }) => hash));
    return some.filter(({ hash }) => !hashes.has(hash)).map(({ line }) => line);
  };
  const [gone, added] = [without(approved, now), without(now, approved)];
  // The same words on both sides: the difference is in the values, which the words don't hold.
  const both = new Set(gone.filter((line) => added.includes(line)));
  const mark = (lines: string[], note: string): string[] =>
    lines.map((line) => (both.has(line) ? `${line} (${note})` : line));
  return { gone: mark(gone, 'as approved'), added: mark(added, 'with other values than approved') };
}

/** A short hash, long enough that nobody makes two changes with the same one (128 bits). */
function shortHash(value: unknown): string {
  return sha256(canonicalJson(value)).slice(0, 32);
}

/** Over all that a change of a resource does. */
export function hashChange(change: ResourceChange): string {
  return shortHash(canonicalChange(change));
}

/**
 * One side of a change without the attributes named, and without those that are empty: what is planned as null or `""`
 * may be read back as the other.
 */
export function hashSide(
  change: ResourceChange,
  side: 'before' | 'after',
  without: readonly string[] = [],
): string {
  const values = Object.entries(canonicalSide(change, side) ?? {});
  const kept = values.filter(([name, value]) => !without.includes(name) && !isEmpty(value));
  return shortHash(Object.fromEntries(kept));
}

function fingerprintResource(change: ResourceChange): Fingerprint {
  const fingerprint = { line: describeChange(change), hash: hashChange(change) };
  if (change.action !== 'create' || change.after === null) return fingerprint;
  const unknown = unknownAttributes(change);
  return {
    ...fingerprint,
    creates: { address: change.address, after: hashSide(change, 'after', unknown), unknown },
  };
}

/** Names, sorted, of what is known only after apply. */
export function unknownAttributes({ attributes }: ResourceChange): string[] {
  return attributes.filter(({ after }) => after.is === 'unknown').map(({ name }) => name);
}

const VERBS: Readonly<Record<ResourceChange['action'], string>> = {
  'no-op': 'kept',
  create: 'created',
  read: 'read',
  update: 'changed',
  replace: 'replaced',
  delete: 'deleted',
  forget: 'forgotten',
};

/** E.g. `ap-southeast-1: primary key changed: description, policy`. */
function describeChange(change: ResourceChange): string {
  const { action, importing, movedFrom, attributes } = change;
  const where = change.region === undefined ? '' : `${change.region}: `;
  const names = action === 'update' ? `: ${attributes.map(({ name }) => name).join(', ')}` : '';
  const parts = [
    ...(importing === undefined ? [] : [`imported (${importing})`]),
    ...(movedFrom === undefined ? [] : [`moved from ${movedFrom}`]),
    ...(action === 'no-op' ? [] : [`${VERBS[action]}${names}`]),
  ];
  return `${where}${nameResource(change)} ${parts.join(' and ')}`;
}

function nameResource(change: ResourceChange): string {
  if (isKey(change)) return `${change.kind} key`;
  if (change.kind !== 'alias') return change.address;
  const [old, now] = [change.before?.['name'], change.after?.['name']].map((name) =>
    typeof name === 'string' ? name : undefined,
  );
  if (old !== undefined && now !== undefined && old !== now) return `${old} → ${now}`;
  return now ?? old ?? 'alias';
}

function fingerprintAccess(access: AccessChange): Fingerprint {
  const regions = access.regions === 'all' ? 'all Regions' : access.regions.join(', ');
  const verb = access.effect === 'Allow' ? access.direction : DENY_VERBS[access.direction];
  const condition = access.condition === undefined ? '' : `, only if ${access.condition}`;
  return {
    line: `${regions}: ${access.principal} ${verb} ${access.actions.join(', ')}${condition}`,
    // Who is a stranger follows from the rest.
    hash: shortHash({ ...access, stranger: undefined }),
  };
}

const DENY_VERBS = { gains: 'is denied', loses: 'is no longer denied' } as const;
