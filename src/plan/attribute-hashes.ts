/** Which attributes of two plans differ, told from short hashes: the values themselves need not be kept. */

import { canonicalJson, canonicalSide, sha256 } from './canonical.js';
import { changesAnything, markOf, marks } from './model.js';
import type { PlanModel, ResourceChange } from './types.js';

/** Attribute, e.g. `description` or `tags.commit`, to the hashes of the values that a plan leads to, sorted. */
export type AttributeHashes = Readonly<Record<string, readonly string[]>>;

/** Enough to tell values apart, too little to find one by. */
const HASH_DIGITS = 8;
/** Attributes that repeat what others say. */
const DERIVED: ReadonlySet<string> = new Set(['tags_all', 'region']);

/** Of all that the plan changes and that is known and not sensitive; the same value in many Regions counts once. */
export function hashAttributes(model: PlanModel): AttributeHashes {
  const byName = Map.groupBy(knownValues(model), ([name]) => name);
  return Object.fromEntries(
    [...byName].map(([name, same]) => [name, [...new Set(same.map(([, value]) => hashOf(value)))].sort()]),
  );
}

/** An attribute whose values are not those that were approved. */
export interface DifferentAttribute {
  readonly name: string;
  /** What is planned now and was not approved: short texts and numbers only; empty where there is none, or none to show. */
  readonly now: readonly string[];
}

/**
 * The attributes by which a plan differs from an approved one, by name. Only what both of them change is compared: a
 * change that one of them lacks is told elsewhere.
 */
export function findDifferentAttributes(approved: AttributeHashes, model: PlanModel): DifferentAttribute[] {
  const now = hashAttributes(model);
  const values = knownValues(model);
  return Object.keys({ ...approved, ...now })
    .filter(
      (name) => isCompared(name, approved, now) && (approved[name] ?? []).join() !== (now[name] ?? []).join(),
    )
    .sort()
    .map((name) => {
      const strange = values.filter(
        ([each, value]) => each === name && !approved[name]?.includes(hashOf(value)),
      );
      return { name, now: [...new Set(strange.flatMap(([, value]) => shortText(value)))] };
    });
}

/** A member of a map (`tags.commit`) is compared where the map is in both, any other attribute where it is itself. */
function isCompared(name: string, approved: AttributeHashes, now: AttributeHashes): boolean {
  if (Object.hasOwn(approved, name) && Object.hasOwn(now, name)) return true;
  const map = /^(\w+)\./.exec(name)?.[1];
  const hasMap = (hashes: AttributeHashes): boolean =>
    Object.keys(hashes).some((each) => each.startsWith(`${map ?? ''}.`));
  return map !== undefined && hasMap(approved) && hasMap(now);
}

function knownValues({ resources }: PlanModel): [string, unknown][] {
  return resources.filter(changesAnything).flatMap(valuesOf);
}

function valuesOf(change: ResourceChange): [string, unknown][] {
  return Object.entries(canonicalSide(change, 'after') ?? {}).flatMap(
    ([name, value]): [string, unknown][] => {
      const hidden = marks(markOf(change.afterSensitive, name)) || marks(change.afterUnknown[name]);
      if (hidden || DERIVED.has(name)) return [];
      const isMap = name !== 'policy' && typeof value === 'object' && value !== null && !Array.isArray(value);
      if (!isMap) return [[name, value]];
      return Object.entries(value).map(([member, inner]) => [`${name}.${member}`, inner]);
    },
  );
}

function hashOf(value: unknown): string {
  return sha256(canonicalJson(value)).slice(0, HASH_DIGITS);
}

function shortText(value: unknown): string[] {
  const isPlain = typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
  const text = isPlain ? String(value) : '';
  return text !== '' && text.length <= 80 ? [text] : [];
}
