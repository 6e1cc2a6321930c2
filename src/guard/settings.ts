import { isKept, isKey } from '../plan/model.js';
import type { PlanModel, ResourceChange } from '../plan/types.js';
import { capitalise, joinWords } from '../phrases.js';
import { type Finding, groupBy, nameKey, nameKeys, textOf, warn } from './finding.js';

/** Settings of keys that stay possible, but that a reviewer should see; what is the same in several Regions is one finding. */
export function judgeKeySettings({ resources }: PlanModel): Finding[] {
  const keys = resources.filter((change) => isKey(change) && change.action !== 'no-op');
  return [
    ...keys.flatMap(judgeRotation),
    ...judgeWindows(keys),
    ...judgeDisabled(keys),
    ...judgeBypass(keys),
  ];
}

function judgeRotation(key: ResourceChange): Finding[] {
  if (key.before?.['enable_key_rotation'] !== true || key.after?.['enable_key_rotation'] !== false) return [];
  return [
    warn('rotation-off', {
      reason: `Automatic rotation is switched off for ${nameKey(key)} and all its replicas.`,
      wayOut: 'Set `enable-key-rotation: true` to keep it.',
      at: key,
    }),
  ];
}

function judgeWindows(keys: readonly ResourceChange[]): Finding[] {
  const windowsOf = ({ before, after }: ResourceChange): unknown[] =>
    [before, after].map((side) => side?.['deletion_window_in_days']);
  return groupBy(keys, windowsOf).flatMap((same) => {
    const [old, now] = same[0] === undefined ? [] : windowsOf(same[0]);
    if (typeof old !== 'number' || typeof now !== 'number' || now >= old) return [];
    return warn('shorter-window', {
      reason: `The waiting period before a deletion of ${nameKeys(same)} gets shorter, from ${old} to ${now} days.`,
      wayOut: 'A longer `deletion-window-in-days` leaves more time to cancel a deletion.',
      at: same,
    });
  });
}

function judgeDisabled(keys: readonly ResourceChange[]): Finding[] {
  const disabled = keys.filter(({ before, after }) =>
    ['is_enabled', 'enabled'].some((name) => before?.[name] !== false && after?.[name] === false),
  );
  if (disabled.length === 0) return [];
  const [is, it] = disabled.length === 1 ? ['is', 'it is'] : ['are', 'they are'];
  return [
    warn('key-disabled', {
      reason: `${capitalise(nameKeys(disabled))} ${is} disabled: nothing there can encrypt or decrypt until ${it} enabled.`,
      wayOut: 'First check that nothing in these Regions uses the key.',
      at: disabled,
    }),
  ];
}

function judgeBypass(keys: readonly ResourceChange[]): Finding[] {
  const name = 'bypass_policy_lockout_safety_check';
  const bypassed = keys.filter(
    ({ action, before, after }) =>
      after?.[name] === true && !(action === 'update' && before?.[name] === true),
  );
  if (bypassed.length === 0) return [];
  return [
    warn('lockout-check-bypassed', {
      reason: `For ${nameKeys(bypassed)} KMS is told not to check that the key policy can still be changed afterwards.`,
      wayOut: 'Leave `bypass_policy_lockout_safety_check` at false.',
      at: bypassed,
    }),
  ];
}

/** More Regions than this are counted instead of named. */
const MOST_NAMED = 3;

/** Names that stop pointing to the key; not when the key itself goes, which is told in other words. */
export function judgeAliases({ resources }: PlanModel): Finding[] {
  const gone = new Set(
    resources.filter((change) => isKey(change) && !isKept(change)).map(({ region }) => region),
  );
  const aliases = resources.filter(({ kind, region }) => kind === 'alias' && !gone.has(region));
  // One rename in many Regions is one decision.
  return groupBy(aliases, ({ action, before, after }) => [action, nameOf(before), nameOf(after)]).flatMap(
    (same) => judgeAlias(same, resources),
  );
}

function judgeAlias(all: readonly ResourceChange[], resources: readonly ResourceChange[]): Finding[] {
  const isRename = all.some(
    ({ action, before, after }) => action === 'replace' && nameOf(before) !== nameOf(after),
  );
  const same = isRename ? all : all.filter((each) => !isNamedElsewhere(each, resources));
  const [alias] = same;
  if (alias === undefined) return [];
  const regions = [...new Set(same.map(({ region }) => region ?? 'an unknown Region'))];
  const where = regions.length > MOST_NAMED ? `${regions.length} Regions` : joinWords(regions);
  const name = nameOf(alias.before);
  const wayOut = 'First move its users to another alias, or to the key ARN.';
  if (isRename) {
    const reason = `In ${where} the alias ${name} becomes ${nameOf(alias.after)}: whoever still uses the old name will not find the key.`;
    return [warn('alias-renamed', { reason, wayOut, at: same })];
  }
  if (isKept(alias)) return [];
  if (alias.action === 'forget') {
    const reason = `In ${where} Terraform forgets the alias ${name}: it stays, and no state knows it.`;
    return [warn('alias-forgotten', { reason, wayOut, at: same })];
  }
  const reason = `In ${where} the alias ${name} is deleted: whoever still uses it will not find the key.`;
  return [warn('alias-deleted', { reason, wayOut, at: same })];
}

/** Whether another resource keeps the same name in the same Region. */
function isNamedElsewhere(alias: ResourceChange, resources: readonly ResourceChange[]): boolean {
  return resources.some(
    (other) =>
      other.kind === 'alias' &&
      other.region === alias.region &&
      isKept(other) &&
      nameOf(other.after) === nameOf(alias.before),
  );
}

function nameOf(side: ResourceChange['after']): string {
  return textOf(side, 'name') ?? 'with an unknown name';
}
