import { sayCancelDeletion } from '../facts/cancel-deletion.js';
import type { GuardRequest, PendingDeletion } from './request.js';
import { isKept, isKey } from '../plan/model.js';
import { regionOfSide } from '../plan/region.js';
import type { PlanModel, ResourceChange } from '../plan/types.js';
import { capitalise, joinWords } from '../phrases.js';
import { type Finding, nameKey, stop, textOf, warn } from './finding.js';

/** Whether the keys stay the keys they are: the same ones, in the same Regions, roles and kinds. */
export function judgeIdentity(request: GuardRequest): Finding[] {
  const keys = request.model.resources.filter(isKey);
  const made = keys.filter(({ action }) => action === 'create');
  const moved = judgeRoles(request);
  return [
    ...moved,
    ...findMissingKeys(request.model)
      // Where the Region or the role changed, the refresh looked in the wrong place: that is told already.
      .filter((key) => !moved.some(({ region }) => region === regionOfSide(key.before)))
      .map((key) => judgeMissing(key, request)),
    ...made.flatMap((key) => judgePending(key, request)),
    ...made.flatMap((key) => judgeExisting(key, request)),
    ...keys.flatMap(judgeProperties),
  ];
}

type Roles = ReadonlyMap<string, 'primary' | 'replica'>;

/** Missing keys: the state knew them, and the refresh did not find them again. */
function findMissingKeys({ drift }: PlanModel): ResourceChange[] {
  return drift.filter((change) => isKey(change) && change.action === 'delete');
}

function rolesBefore(model: PlanModel): Roles {
  const known = [...model.resources.filter(({ before }) => before !== null), ...findMissingKeys(model)];
  return rolesOf(known.map(({ kind, before, region }) => ({ kind, region: regionOfSide(before) ?? region })));
}

function rolesAfter({ resources }: PlanModel): Roles {
  return rolesOf(resources.filter(isKept));
}

function rolesOf(keys: readonly Pick<ResourceChange, 'kind' | 'region'>[]): Roles {
  return new Map(
    keys.flatMap(({ kind, region }) =>
      region !== undefined && (kind === 'primary' || kind === 'replica') ? [[region, kind] as const] : [],
    ),
  );
}

function primaryOf(roles: Roles): string | undefined {
  return [...roles].find(([, role]) => role === 'primary')?.[0];
}

const MOVE =
  'To move the primary to a Region that has a replica, set `move-primary: true`, with the old primary Region among `replica-regions`.';

/** A primary in another Region, and Regions whose key would change its role. */
function judgeRoles({ model, primaryRegion }: GuardRequest): Finding[] {
  const [before, after] = [rolesBefore(model), rolesAfter(model)];
  const from = primaryOf(before);
  const to = primaryOf(after) ?? primaryRegion;
  if (from !== undefined && after.size > 0 && from !== to) {
    const primary = model.resources.find(({ kind }) => kind === 'primary');
    return [
      stop('primary-moved', {
        reason: `The primary key is in ${from}, and the plan makes another primary in ${to}: the key in ${from} and all its replicas would be given up, and data under them lost.`,
        wayOut: `Set \`primary-region\` back to ${from}. ${MOVE}`,
        at: { region: from, address: primary?.address ?? 'module.primary' },
      }),
    ];
  }
  return [...after].flatMap(([region, role]) => {
    const old = before.get(region);
    if (old === undefined || old === role) return [];
    return [
      stop('primary-moved', {
        reason: `The key in ${region} is a ${old} and would become a ${role}: Terraform can only do that by deleting it and making another one.`,
        wayOut: `Put \`primary-region\` and \`replica-regions\` back as they were. ${MOVE}`,
        at: { region, address: model.regions.find((row) => row.region === region)?.key?.address ?? '' },
      }),
    ];
  });
}

function judgeMissing(key: ResourceChange, request: GuardRequest): Finding {
  const region = regionOfSide(key.before);
  const pending = request.pendingDeletion?.[region ?? ''];
  const id = textOf(key.before, 'key_id') ?? 'id unknown';
  const gone = `The state knows ${nameKey(key)} (${id}), and AWS shows it no more`;
  if (pending !== undefined) return judgeScheduled(key, pending, request);
  const expected =
    request.options.destroys ||
    request.options.deletionConfirmed ||
    // The preflight looked: a replica that is not pending deletion is gone, and its primary still has the data's key.
    (key.kind === 'replica' && request.pendingDeletion !== undefined);
  if (expected) {
    return warn('key-lost', {
      reason: `${gone}; the plan goes on without it.`,
      wayOut:
        'If that is a surprise, look at the account and Region of these credentials, and at CloudTrail.',
      at: key,
    });
  }
  return stop('key-lost', {
    reason: `${gone}: it was deleted or scheduled for deletion outside Terraform, or these credentials are for another account. The plan would make a new key in its place, which can't decrypt what the old one encrypted.`,
    wayOut: `If it is pending deletion, ${saveKey(id, region)} If it is gone for good, set \`allow-destroy: true\` and \`confirm-destroy\` to the alias.`,
    at: key,
  });
}

/** A key of the state that somebody scheduled for deletion outside Terraform. */
function judgeScheduled(
  key: ResourceChange,
  { keyId, deletionDate }: PendingDeletion,
  { options }: GuardRequest,
): Finding {
  const when = deletionDate === undefined ? '' : ` on ${deletionDate.slice(0, 10)}`;
  const rule = key.kind === 'replica' ? 'replica-pending-deletion' : 'key-lost';
  const reason = `${capitalise(nameKey(key))} (${keyId}) was scheduled for deletion outside Terraform: it goes for good${when}`;
  if (options.recovery === true)
    return warn(rule, { reason: `${reason}.`, wayOut: RECOVERED_FIRST, at: key });
  return stop(rule, {
    reason: `${reason}, and Terraform would make another one in its place.`,
    wayOut: `Set \`allow-recovery: true\` and run \`apply\`. Or ${saveKey(keyId, regionOfSide(key.before))}`,
    at: key,
  });
}

function saveKey(id: string, region: string | undefined): string {
  return `${sayCancelDeletion(region, id)}, then this job again.`;
}

/** A key to be made in a Region where one is pending deletion; a lost one has been told already. */
function judgePending(key: ResourceChange, { model, pendingDeletion, options }: GuardRequest): Finding[] {
  const pending = pendingDeletion?.[key.region ?? ''];
  const told = findMissingKeys(model).some(({ before }) => regionOfSide(before) === key.region);
  if (pending === undefined || told || key.kind !== 'replica') return [];
  const until = pending.deletionDate === undefined ? 'its window ends' : pending.deletionDate.slice(0, 10);
  const there = `In ${key.region ?? 'the Region'} a replica of this key is pending deletion`;
  if (options.recovery === true)
    return [warn('replica-pending-deletion', { reason: `${there}.`, wayOut: RECOVERED_FIRST, at: key })];
  return [
    stop('replica-pending-deletion', {
      reason: `${there}, and AWS refuses a new one until ${until}.`,
      wayOut: `To have it back, set \`allow-recovery: true\` and run \`apply\`; or ${saveKey(pending.keyId, key.region)} ${TAKE_IN} Or wait until ${until}.`,
      at: key,
    }),
  ];
}

const RECOVERED_FIRST =
  '`apply` cancels that deletion, enables the key and plans anew, before it asks for the approval: that plan is then the one to approve.';

const TAKE_IN = 'It has to be taken into the state, too, which `allow-recovery: true` does.';

/** A replica to be made where the very same one exists: left by a run that was killed, or brought back by hand. */
function judgeExisting(key: ResourceChange, { existingReplicas }: GuardRequest): Finding[] {
  const keyId = existingReplicas?.[key.region ?? ''];
  if (keyId === undefined || key.kind !== 'replica') return [];
  return [
    stop('replica-exists', {
      reason: `In ${key.region ?? 'the Region'} a replica of this key (${keyId}) exists already, and the state does not know it: AWS refuses another one.`,
      wayOut: 'Set `allow-recovery: true`: the plan then takes it into the state, for review.',
      at: key,
    }),
  ];
}

const PROPERTIES = [
  { rule: 'spec-changed', names: ['customer_master_key_spec', 'key_spec'], input: 'key-spec' },
  { rule: 'usage-changed', names: ['key_usage'], input: 'key-usage' },
  { rule: 'multi-region-changed', names: ['multi_region'], input: 'configuration' },
] as const;

/** What KMS fixes when a key is made; a change of it is another key. */
function judgeProperties(key: ResourceChange): Finding[] {
  const { before, after } = key;
  if (before === null || after === null) return [];
  return PROPERTIES.flatMap(({ rule, names, input }) => {
    const changed = names.filter((name) => {
      const [old, now] = [before[name] ?? null, after[name] ?? null];
      return old !== null && now !== null && old !== now;
    });
    if (changed.length === 0) return [];
    const change = changed.map((name) => `${name} from ${String(before[name])} to ${String(after[name])}`);
    return [
      stop(rule, {
        reason: `The plan changes ${joinWords(change)} for ${nameKey(key)}. KMS cannot change that of a key, so Terraform would create another one, and data encrypted under the old one would be lost.`,
        wayOut: `Put \`${input}\` back. For another kind of key use another alias and another \`state-key\`.`,
        at: key,
      }),
    ];
  });
}
