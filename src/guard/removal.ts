import { nameKey, nameKeys } from './messages.js';
import type { GuardRequest } from './request.js';
import { deletionsOf, sayDeadline, sayOutage, sayCancelDeletionOf } from '../plan/deletions.js';
import { isKey } from '../plan/model.js';
import type { ResourceChange } from '../plan/types.js';
import { capitalise } from '../phrases.js';
import { type Finding, stop, warn } from './finding.js';

/** Keys that the plan deletes, replaces or forgets. */
export function judgeRemoval(request: GuardRequest): Finding[] {
  const keys = request.model.resources.filter(isKey);
  return [
    ...judgeDeletions(
      keys.filter(({ action }) => action === 'delete'),
      request,
    ),
    ...keys.flatMap((key) => judgeKey(key, request)),
  ];
}

function judgeKey(key: ResourceChange, { options }: GuardRequest): Finding[] {
  switch (key.action) {
    case 'replace':
      return [key.reason === 'replace_because_tainted' ? judgeTainted(key) : judgeReplacement(key, options)];
    case 'forget':
      return [judgeForgotten(key)];
    case 'delete':
    case 'no-op':
    case 'create':
    case 'read':
    case 'update':
      return [];
  }
}

/** All deletions of a plan are one finding: they are one decision, and one outage. */
function judgeDeletions(keys: readonly ResourceChange[], { model, now, options }: GuardRequest): Finding[] {
  if (keys.length === 0) return [];
  const deletions = deletionsOf(model);
  const words = { tense: 'planned', now } as const;
  const outage = `${sayOutage(deletions, words)} ${sayDeadline(deletions, words)}`;
  const cancelDeletion = sayCancelDeletionOf(deletions);
  if (options.deletionConfirmed) {
    const reason = `As was confirmed, the plan schedules ${nameKeys(keys)} for deletion. ${outage}`;
    return [warn('key-deleted', { reason, wayOut: cancelDeletion }, keys)];
  }
  const [regions, them] = keys.length === 1 ? ['its Region', 'it'] : ['their Regions', 'them'];
  const keep = options.destroys ? '' : `To keep ${them}, put ${regions} back into the inputs. `;
  const wayOut = `${keep}To delete ${them}, set \`allow-destroy: true\` and \`confirm-destroy\` to the alias.`;
  const reason = `The plan deletes ${nameKeys(keys)}. ${outage}`;
  return [stop('key-deleted', { reason, wayOut }, keys)];
}

function judgeTainted(key: ResourceChange): Finding {
  return stop(
    'key-replaced',
    {
      reason: `An earlier apply ended before ${nameKey(key)} was ready, so Terraform would delete it and create another one, although it may exist and be in use.`,
      wayOut: `Wait until the key is enabled in AWS, run \`terraform untaint '${key.address}'\` on this state, and then this job again.`,
    },
    key,
  );
}

function judgeReplacement(key: ResourceChange, { deletionConfirmed }: GuardRequest['options']): Finding {
  const forcing = key.attributes.filter(({ forcesReplacement }) => forcesReplacement).map(({ name }) => name);
  const because = forcing.length > 0 ? ` (because of ${forcing.join(', ')})` : '';
  const ofOtherPrimary = key.kind === 'replica' && forcing.includes('primary_key_arn');
  if (deletionConfirmed) {
    return warn(
      'key-replaced',
      {
        reason: `${capitalise(nameKey(key))} is scheduled for deletion, as was confirmed, and another one is made in its place${because}: from the moment of apply nothing can use the old key.`,
        wayOut:
          key.kind === 'replica' && !ofOtherPrimary
            ? 'AWS refuses a new replica of the same primary in a Region until the old one is really gone: expect this apply to fail with AlreadyExists.'
            : 'Until its waiting period ends, the old key can be brought back: `aws kms cancel-key-deletion`, then `aws kms enable-key`.',
      },
      key,
    );
  }
  return stop(
    'key-replaced',
    {
      reason: `The plan deletes ${nameKey(key)} and makes another one in its place${because}: what only the old key can decrypt would be lost.`,
      wayOut: ofOtherPrimary
        ? 'It is replaced because its primary would be another key: first settle what happens to the primary. If the primary was moved in AWS with `update-primary-region`, move it back in the same way.'
        : 'Put the changed input back. For a key with other properties use another alias and another `state-key`. To give the old key up, set `allow-destroy: true` and `confirm-destroy` to the alias.',
    },
    key,
  );
}

function judgeForgotten(key: ResourceChange): Finding {
  return stop(
    'key-forgotten',
    {
      reason: `Terraform would forget ${nameKey(key)}: it would stay in AWS and be billed, and no state would know it.`,
      wayOut: 'Keep the key in the configuration, without a `removed` block for it.',
    },
    key,
  );
}
