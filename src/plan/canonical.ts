import { createHash } from 'node:crypto';
import { canonicalPolicy as compareForm } from '../policy/canonical.js';
import { compareTexts } from '../policy/document.js';
import { changesAnything, markOf, marks } from './model.js';
import { partitionOfKey } from './region.js';
import type { PlanModel, ResourceChange } from './types.js';

/**
 * A value in the one form in which equal values are equal texts: members sorted by name, those that are undefined left
 * out, everything else as JSON has it. The order of lists stays, as it may mean something.
 */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value ?? null);
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => compareTexts(a, b));
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonicalJson(member)}`).join(',')}}`;
}

/** @returns 64 hex digits */
export function sha256(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}

/** A key policy in the form in which two are compared, by the Region of its key. */
export function canonicalPolicy(text: string, region?: string): unknown {
  return compareForm(text, { partition: partitionOfKey({ region }) });
}

/** Whether two key policies mean the same. */
export function isSamePolicy(a: string, b: string): boolean {
  return canonicalJson(canonicalPolicy(a)) === canonicalJson(canonicalPolicy(b));
}

/**
 * One side of a change by attribute: policies as sets, sensitive values by their hash, and without those that are null,
 * which is how the format writes "not set".
 */
export function canonicalSide(
  change: ResourceChange,
  side: 'before' | 'after',
): Record<string, unknown> | null {
  const values = change[side];
  if (values === null) return null;
  const sensitive = side === 'before' ? change.beforeSensitive : change.afterSensitive;
  const members = Object.entries(values)
    .filter(([, value]) => value !== null)
    .map(([name, value]): [string, unknown] => {
      const isPolicy = name === 'policy' && typeof value === 'string';
      const canonical = isPolicy ? canonicalPolicy(value, change.region) : value;
      const isHidden = marks(markOf(sensitive, name));
      return [name, isHidden ? { sha256: sha256(canonicalJson(canonical)) } : canonical];
    });
  return Object.fromEntries(members);
}

/** The parts that are known only after apply, as sorted paths; the format's `false` and `{}` mean nothing. */
function unknownPaths(tree: unknown, path: readonly string[] = []): string[] {
  if (tree === true) return [canonicalJson(path)];
  if (typeof tree !== 'object' || tree === null) return [];
  return Object.entries(tree)
    .flatMap(([name, inner]) => unknownPaths(inner, [...path, name]))
    .sort();
}

/** What one change does, without what varies from run to run. */
export function canonicalChange(change: ResourceChange): Record<string, unknown> {
  return {
    address: change.address,
    region: change.region,
    action: change.action,
    reason: change.reason,
    importing: change.importing,
    movedFrom: change.movedFrom,
    before: canonicalSide(change, 'before'),
    after: canonicalSide(change, 'after'),
    unknown: unknownPaths(change.afterUnknown),
  };
}

/**
 * Everything that applying the plan would do, as one text: each change, by address, and the root outputs that change.
 * What the refresh found changed is in it only as far as it changes what will be done, by the values before.
 */
export function canonicalPlan(model: PlanModel): string {
  const changes = model.resources.filter(changesAnything).map(canonicalChange);
  const outputs = Object.fromEntries(
    model.changedOutputs.map((name) => [
      name,
      { known: Object.hasOwn(model.outputs, name), value: model.outputs[name] },
    ]),
  );
  return canonicalJson({
    version: 2,
    changes: changes.map(canonicalJson).sort(),
    outputs,
    // By the name that it has in every digest so far.
    notUnderstood: [...model.unsupported].sort(),
  });
}
