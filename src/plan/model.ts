import { isDeepStrictEqual } from 'node:util';
import { compareTexts } from '../policy/document.js';
import { readLastApply } from './last-apply.js';
import { isStateNote, readAliasNote } from './state-notes.js';
import { findRegion, indexProviderRegions } from './region.js';
import {
  findUnsupported,
  findUnknownFields,
  parsePlan,
  type RawPlan,
  type RawResourceChange,
} from './schema.js';
import type {
  AttributeChange,
  ChangeAction,
  ChangeCounts,
  PlanModel,
  RegionPlan,
  ResourceChange,
  ResourceKind,
  Shown,
} from './types.js';

/**
 * The plan in the words of `types.ts`.
 * @param json what `terraform show -json` printed of a saved plan, parsed
 * @throws ActionError when it does not have the form of a plan
 */
export function buildPlanModel(json: unknown): PlanModel {
  const plan = parsePlan(json);
  const build = changeBuilder(plan);
  const resources = plan.resource_changes.filter(isShown).map(build).sort(byAddress);
  // The move alone of a resource is in `resource_changes`; as drift it would be told twice.
  const drift = plan.resource_drift
    .filter(isShown)
    .map((raw) => withoutNoise(build(raw)))
    .filter(({ action, attributes }) => action !== 'no-op' && (action !== 'update' || attributes.length > 0))
    .sort(byAddress);
  const counts = countChanges(resources);
  const changedOutputs = findChangedOutputs(plan);
  const outputs = Object.entries(plan.output_changes).map(([name, { before }]) => [name, before] as const);
  const outputsBefore = Object.fromEntries(outputs);
  return {
    formatVersion: plan.format_version,
    terraformVersion: plan.terraform_version,
    destroys: isDestroyPlan(resources),
    hasChanges: Object.values(counts).some((count) => count > 0) || changedOutputs.length > 0,
    counts,
    resources,
    drift,
    regions: groupByRegion(resources),
    changedOutputs,
    outputs: knownOutputs(plan),
    unsupported: [...findUnsupported(plan), ...findHomeless([...resources, ...drift])],
    unknownFields: findUnknownFields(plan),
    lastApply: readLastApply(outputsBefore),
    notedAlias: readAliasNote(outputsBefore),
  };
}

const KINDS: ReadonlyMap<string, ResourceKind> = new Map([
  ['aws_kms_key', 'primary'],
  ['aws_kms_external_key', 'primary'],
  ['aws_kms_replica_key', 'replica'],
  ['aws_kms_replica_external_key', 'replica'],
  ['aws_kms_alias', 'alias'],
]);

/** What a managed resource of this type is to a multi-Region key. */
export function kindOfType(type: string): ResourceKind {
  return KINDS.get(type) ?? 'other';
}

/** Whether a change is to a key itself, primary or replica. */
export function isKey({ kind }: Pick<ResourceChange, 'kind'>): boolean {
  return kind === 'primary' || kind === 'replica';
}

/** Whether the resource is still there, and Terraform's, after apply. */
export function isKept({ action }: Pick<ResourceChange, 'action'>): boolean {
  return action !== 'delete' && action !== 'forget';
}

/** Whether applying the plan does anything with this resource; a move or an import may come with a `no-op`. */
export function changesAnything(change: ResourceChange): boolean {
  const moves = change.importing !== undefined || change.movedFrom !== undefined;
  return moves || (change.action !== 'no-op' && change.action !== 'read');
}

/**
 * Whether the plan puts the key's policy in place. A replacement gets its policy anew, and what is imported comes under
 * review only now, even where it stays.
 */
export function changesPolicy({ action, attributes, importing }: ResourceChange): boolean {
  return action === 'replace' || importing !== undefined || attributes.some(({ name }) => name === 'policy');
}

/** Reading a data source changes nothing; it is shown when it has to wait for apply. */
function isShown({ mode, change }: RawResourceChange): boolean {
  return mode !== 'data' || change.actions.join() === 'read';
}

/**
 * A refresh writes "none" in another way than apply did (tags `null` and `{}`), and a provider that has become 6.x writes
 * down the Region that it knew all along: nobody changed that outside Terraform.
 */
function withoutNoise(change: ResourceChange): ResourceChange {
  const isNoise = ({ name, before, after }: AttributeChange): boolean =>
    (isNone(before) && isNone(after)) || (name === 'region' && before.is === 'absent');
  return { ...change, attributes: change.attributes.filter((attribute) => !isNoise(attribute)) };
}

function isNone(shown: Shown): boolean {
  return shown.is === 'absent' || (shown.is === 'value' && isEmpty(shown.value));
}

/** A text, list or map with nothing in it, which may be written down as null and read back as the other. */
export function isEmpty(value: unknown): boolean {
  return value === '' || (typeof value === 'object' && value !== null && Object.keys(value).length === 0);
}

function byAddress(a: ResourceChange, b: ResourceChange): number {
  return compareTexts(a.address, b.address);
}

/**
 * The plan format has no flag for it. In a destroy plan everything is deleted and no deletion has a reason; when
 * something is deleted because the configuration no longer has it, the reason says so (`delete_because_…`).
 */
function isDestroyPlan(resources: readonly ResourceChange[]): boolean {
  const managed = resources.filter(({ action }) => action !== 'read');
  return (
    managed.length > 0 && managed.every(({ action, reason }) => action === 'delete' && reason === undefined)
  );
}

/** Keys and aliases whose Region nothing tells. */
function findHomeless(changes: readonly ResourceChange[]): string[] {
  return changes
    .filter(({ kind, region }) => kind !== 'other' && region === undefined)
    .map(({ address }) => `a resource whose Region is not known: ${address}`);
}

function changeBuilder(plan: RawPlan): (raw: RawResourceChange) => ResourceChange {
  const providerRegions = indexProviderRegions(plan);
  return (raw) => {
    const { change } = raw;
    const action = readAction(change.actions);
    return {
      address: raw.deposed === undefined ? raw.address : `${raw.address} (deposed ${raw.deposed})`,
      type: raw.type,
      kind: raw.mode === 'data' ? 'other' : kindOfType(raw.type),
      region: findRegion(raw, providerRegions),
      action,
      reason: raw.action_reason,
      importing: change.importing == null ? undefined : (change.importing.id ?? 'by its identity'),
      movedFrom: raw.previous_address === raw.address ? undefined : raw.previous_address,
      before: change.before,
      after: change.after,
      afterUnknown: unknownOf(raw),
      beforeSensitive: change.before_sensitive,
      afterSensitive: change.after_sensitive,
      attributes: action === 'no-op' ? [] : compareAttributes(raw),
    };
  };
}

function readAction(actions: readonly string[]): ChangeAction {
  if (actions.includes('delete') && actions.includes('create')) return 'replace';
  const single: readonly ChangeAction[] = ['no-op', 'create', 'read', 'update', 'delete', 'forget'];
  // An action of a later Terraform is also in `unsupported`, which stops the run; until then it is shown as a change.
  return single.find((action) => actions.length === 1 && actions[0] === action) ?? 'update';
}

function unknownOf({ change }: RawResourceChange): Readonly<Record<string, unknown>> {
  const unknown = change.after_unknown;
  return typeof unknown === 'object' && unknown !== null ? (unknown as Record<string, unknown>) : {};
}

function compareAttributes(raw: RawResourceChange): AttributeChange[] {
  const { change } = raw;
  const unknown = unknownOf(raw);
  const names = new Set([change.before, change.after, unknown].flatMap((side) => Object.keys(side ?? {})));
  const forcing = new Set((change.replace_paths ?? []).map(([first]) => first));
  return [...names]
    .sort()
    .map((name): AttributeChange => ({
      name,
      before: show(change.before, markOf(change.before_sensitive, name), undefined, name),
      after: show(change.after, markOf(change.after_sensitive, name), unknown[name], name),
      forcesReplacement: forcing.has(name),
    }))
    .filter(({ name, before, after }) => {
      if (before.is !== 'sensitive' && after.is !== 'sensitive') return !isDeepStrictEqual(before, after);
      return marks(unknown[name]) || !isDeepStrictEqual(change.before?.[name], change.after?.[name]);
    });
}

function show(
  side: RawResourceChange['change']['before'],
  sensitive: unknown,
  unknown: unknown,
  name: string,
): Shown {
  const value = side?.[name];
  const absent = value === undefined || value === null;
  if (marks(sensitive) && !(absent && !marks(unknown))) return { is: 'sensitive' };
  if (marks(unknown)) return { is: 'unknown' };
  return absent ? { is: 'absent' } : { is: 'value', value };
}

/** The mark of one attribute; a mark on the whole is one on each. */
export function markOf(tree: unknown, name: string): unknown {
  if (tree === true) return true;
  return typeof tree === 'object' && tree !== null ? (tree as Record<string, unknown>)[name] : undefined;
}

/** Terraform marks unknown and sensitive parts by `true` in a tree of the value's shape. */
export function marks(mark: unknown): boolean {
  if (mark === true) return true;
  return typeof mark === 'object' && mark !== null && Object.values(mark).some(marks);
}

function countChanges(resources: readonly ResourceChange[]): ChangeCounts {
  const count = (test: (change: ResourceChange) => boolean): number => resources.filter(test).length;
  return {
    add: count(({ action }) => action === 'create' || action === 'replace'),
    change: count(({ action }) => action === 'update'),
    destroy: count(({ action }) => action === 'delete' || action === 'replace'),
    import: count(({ importing }) => importing !== undefined),
    forget: count(({ action }) => action === 'forget'),
    move: count(({ movedFrom }) => movedFrom !== undefined),
  };
}

function groupByRegion(resources: readonly ResourceChange[]): RegionPlan[] {
  const ours = resources.filter(({ kind }) => kind !== 'other');
  const regions = [...new Set(ours.flatMap(({ region }) => region ?? []))].sort();
  return primaryFirst(regions.flatMap((region) => buildRows(region, ours)));
}

/** Within each role the order stays. */
export function primaryFirst<T extends Pick<RegionPlan, 'role'>>(rows: readonly T[]): T[] {
  return [...rows].sort((a, b) => Number(b.role === 'primary') - Number(a.role === 'primary'));
}

/** One row for each role that the Region has before or after; both only while a key changes its role. */
function buildRows(region: string, resources: readonly ResourceChange[]): RegionPlan[] {
  const here = resources.filter((change) => change.region === region);
  const aliases = here.filter(({ kind }) => kind === 'alias');
  const [first, second] = (['primary', 'replica'] as const).flatMap(
    (role) => keptFirst(here.filter(({ kind }) => kind === role)) ?? [],
  );
  if (second === undefined) return [buildRow(region, first, aliases)];
  const isOfSecond = (alias: ResourceChange): boolean => moduleOf(alias) === moduleOf(second);
  return [
    buildRow(
      region,
      first,
      aliases.filter((alias) => !isOfSecond(alias)),
    ),
    buildRow(region, second, aliases.filter(isOfSecond)),
  ];
}

function keptFirst(changes: readonly ResourceChange[]): ResourceChange | undefined {
  return changes.find(isKept) ?? changes[0];
}

function buildRow(
  region: string,
  key: ResourceChange | undefined,
  aliases: readonly ResourceChange[],
): RegionPlan {
  const isPrimary =
    key === undefined
      ? aliases.some((change) => moduleOf(change) === 'module.primary')
      : key.kind === 'primary';
  return {
    region,
    role: isPrimary ? 'primary' : 'replica',
    keyArn: currentText(key, 'arn'),
    alias: currentText(keptFirst(aliases), 'name'),
    key,
    aliases,
  };
}

/** An attribute as it will be, else as it was. */
function currentText(change: ResourceChange | undefined, name: string): string | undefined {
  return [change?.after?.[name], change?.before?.[name]].find((value) => typeof value === 'string');
}

/** `module.replica["ap-southeast-2"].aws_kms_alias.this` to `module.replica["ap-southeast-2"]`; empty at the root. */
function moduleOf({ address, type }: ResourceChange): string {
  const end = address.lastIndexOf(`.${type}.`);
  return end === -1 ? '' : address.slice(0, end);
}

function findChangedOutputs(plan: RawPlan): string[] {
  return Object.entries(plan.output_changes)
    .filter(([name, { actions }]) => !isStateNote(name) && actions.some((action) => action !== 'no-op'))
    .map(([name]) => name)
    .sort();
}

function knownOutputs(plan: RawPlan): Record<string, unknown> {
  const known = Object.entries(plan.planned_values.outputs).filter(
    ([name, { value, sensitive }]) =>
      value !== undefined &&
      value !== null &&
      sensitive !== true &&
      !marks(plan.output_changes[name]?.after_unknown),
  );
  return Object.fromEntries(known.map(([name, { value }]) => [name, value]));
}
