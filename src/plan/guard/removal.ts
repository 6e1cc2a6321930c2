import { capitalise, nameKey, stop, warn } from './words.js';
import type { GuardRequest } from './request.js';
import { isKept, isKey } from '../model.js';
import type { Finding, PlanModel, ResourceChange } from '../types.js';

/** Keys that the plan deletes, replaces or forgets. */
export function judgeRemoval(request: GuardRequest): Finding[] {
  return request.model.resources.filter(isKey).flatMap((key) => judgeKey(key, request));
}

function judgeKey(key: ResourceChange, { model, options }: GuardRequest): Finding[] {
  switch (key.action) {
    case 'delete':
      return [options.deletionConfirmed ? noteDeletion(key) : judgeDeletion(key, model, options.command)];
    case 'replace':
      return [key.reason === 'replace_because_tainted' ? judgeTainted(key) : judgeReplacement(key, options)];
    case 'forget':
      return [judgeForgotten(key)];
    case 'no-op':
    case 'create':
    case 'read':
    case 'update':
      return [];
  }
}

/** The window that will be used is the one on record: the provider takes it from the state. */
function windowOf({ before }: ResourceChange): string {
  const days = before?.['deletion_window_in_days'];
  return typeof days === 'number' && days > 0 ? `after ${days} days` : 'after its deletion window';
}

function noteDeletion(key: ResourceChange): Finding {
  return warn(
    'key-deleted',
    {
      reason: `${capitalise(nameKey(key))} is scheduled for deletion, as was confirmed, and gone ${windowOf(key)}.`,
      wayOut:
        'Until then it can be kept with `aws kms cancel-key-deletion`, followed by `aws kms enable-key`.',
    },
    key,
  );
}

function judgeDeletion(key: ResourceChange, { resources }: PlanModel, command: string): Finding {
  // All keys of the family hold the same material: what one of them encrypted, each that is left can decrypt.
  const familyStays = key.kind === 'replica' && resources.some((other) => isKey(other) && isKept(other));
  const harm = familyStays
    ? 'nothing can be encrypted or decrypted there any more; data has to be taken to a Region that still has the key'
    : 'nothing that was encrypted under it can ever be decrypted again';
  const keep = command === 'destroy' ? '' : 'To keep the key, put its Region back into the inputs. ';
  return stop(
    'key-deleted',
    {
      reason: `The plan deletes ${nameKey(key)}: ${windowOf(key)} it is gone, and ${harm}.`,
      wayOut: `${keep}To delete it, set \`allow-destroy: true\` and \`confirm-destroy\` to the alias.`,
    },
    key,
  );
}

function judgeTainted(key: ResourceChange): Finding {
  return stop(
    'key-replaced',
    {
      reason: `An earlier apply did not see ${nameKey(key)} become ready, so Terraform wants to delete it and make another one, although it may well be there and in use.`,
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
        reason: `${capitalise(nameKey(key))} is scheduled for deletion, as was confirmed, and another one is made in its place${because}.`,
        wayOut:
          key.kind === 'replica' && !ofOtherPrimary
            ? 'AWS refuses a new replica of the same primary in a Region until the old one is really gone: expect this apply to fail with AlreadyExists.'
            : 'Until its window ends, the old key can be kept with `aws kms cancel-key-deletion`.',
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
      reason: `Terraform would forget ${nameKey(key)}: it would live on, and cost, in no state that knows it.`,
      wayOut: 'Keep the key in the configuration, without a `removed` block for it.',
    },
    key,
  );
}
