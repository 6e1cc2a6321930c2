import type { LastUse } from '../facts/kms-answers.js';
import type { GuardRequest } from './request.js';
import { deletionsOf, sayDeadline, sayOutage, sayCancelDeletionOf } from '../plan/deletions.js';
import { sayLastUse } from '../plan/last-use.js';
import { isKey } from '../plan/model.js';
import type { ResourceChange } from '../plan/types.js';
import { capitalise, joinWords } from '../phrases.js';
import { type Finding, type Rule, nameKey, nameKeys, stop, warn } from './finding.js';

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
    return [warn('key-deleted', { reason, wayOut: cancelDeletion, at: keys })];
  }
  const [regions, them] = keys.length === 1 ? ['its Region', 'it'] : ['their Regions', 'them'];
  const keep = options.destroys ? '' : `To keep ${them}, put ${regions} back into the inputs. `;
  const wayOut = `${keep}To delete ${them}, set \`allow-destroy: true\` and \`confirm-destroy\` to the alias.`;
  const reason = `The plan deletes ${nameKeys(keys)}. ${outage}`;
  return [stop('key-deleted', { reason, wayOut, at: keys })];
}

function judgeTainted(key: ResourceChange): Finding {
  return stop('key-replaced', {
    reason: `An earlier apply ended before ${nameKey(key)} was ready, so Terraform would delete it and create another one, although it may exist and be in use.`,
    wayOut: `Wait until the key is enabled in AWS, run \`terraform untaint '${key.address}'\` on this state, and then this job again.`,
    at: key,
  });
}

function judgeReplacement(key: ResourceChange, { deletionConfirmed }: GuardRequest['options']): Finding {
  const forcing = key.attributes.filter(({ forcesReplacement }) => forcesReplacement).map(({ name }) => name);
  const because = forcing.length > 0 ? ` (because of ${forcing.join(', ')})` : '';
  const ofOtherPrimary = key.kind === 'replica' && forcing.includes('primary_key_arn');
  if (deletionConfirmed) {
    return warn('key-replaced', {
      reason: `${capitalise(nameKey(key))} is scheduled for deletion, as was confirmed, and another one is made in its place${because}: from the moment of apply nothing can use the old key.`,
      wayOut:
        key.kind === 'replica' && !ofOtherPrimary
          ? 'AWS refuses a new replica of the same primary in a Region until the old one is really gone: expect this apply to fail with AlreadyExists.'
          : 'Until its waiting period ends, the old key can be brought back: `aws kms cancel-key-deletion`, then `aws kms enable-key`.',
      at: key,
    });
  }
  return stop('key-replaced', {
    reason: `The plan deletes ${nameKey(key)} and makes another one in its place${because}: what only the old key can decrypt would be lost.`,
    wayOut: ofOtherPrimary
      ? 'It is replaced because its primary would be another key: first settle what happens to the primary. If the primary was moved in AWS with `update-primary-region`, move it back in the same way.'
      : 'Put the changed input back. For a key with other properties use another alias and another `state-key`. To give the old key up, set `allow-destroy: true` and `confirm-destroy` to the alias.',
    at: key,
  });
}

function judgeForgotten(key: ResourceChange): Finding {
  return stop('key-forgotten', {
    reason: `Terraform would forget ${nameKey(key)}: it would stay in AWS and be billed, and no state would know it.`,
    wayOut: 'Keep the key in the configuration, without a `removed` block for it.',
    at: key,
  });
}

const DAY_MS = 86_400_000;

export interface UseRule {
  /** `require-unused-days`; 0: use is no reason to stop. */
  readonly days: number;
  readonly now: number;
}

/** Whether the keys that go have been unused for long enough; what can't be known is not. */
export function judgeUse(uses: readonly LastUse[], { days, now }: UseRule): Finding[] {
  if (days === 0) return [];
  const limit = `\`require-unused-days: ${days}\``;
  const inUse = uses.filter((use) => use.is === 'used' && now - use.at <= days * DAY_MS);
  const unsure = uses.filter((use) => isUnsure(use, now - days * DAY_MS));
  return [
    ...judgeUses('key-in-use', inUse, now, {
      what: `was used within the last ${days} days`,
      wayOut: `First stop what uses it; CloudTrail names the caller. Then wait ${days} days, or lower ${limit}.`,
    }),
    ...judgeUses('key-use-unknown', unsure, now, {
      what: `may have been used within the last ${days} days: KMS does not say`,
      wayOut: `${askedAgain(unsure)} Or wait until KMS has recorded for ${days} days, or lower ${limit}.`,
    }),
  ];
}

/** What lets KMS be asked, of all those that it was not. */
function askedAgain(unsure: readonly LastUse[]): string {
  const advice = unsure.flatMap((use) =>
    use.is === 'unknown' && use.advice !== undefined ? [use.advice] : [],
  );
  return advice.length === 0 ? 'Let the role do kms:GetKeyLastUsage.' : [...new Set(advice)].join(' ');
}

/** @param from the time from which on there must have been no use */
function isUnsure(use: LastUse, from: number): boolean {
  if (use.is === 'unused') return !use.sinceCreation && use.since > from;
  return use.is === 'unknown';
}

function judgeUses(
  rule: Rule,
  uses: readonly LastUse[],
  now: number,
  { what, wayOut }: { readonly what: string; readonly wayOut: string },
): Finding[] {
  const [first] = uses;
  if (first === undefined) return [];
  const places = uses.map(({ region }) => ({ region, address: region }));
  const named = uses.slice(0, 3).map((use) => `${use.region}: ${sayLastUse(use, now)}`);
  const more = uses.length > named.length ? [`${uses.length - named.length} more Regions`] : [];
  const where = uses.length === 1 ? `in ${first.region}` : `in ${uses.length} Regions`;
  const reason = `The plan deletes a key that ${what}, ${where} (${joinWords([...named, ...more])}).`;
  return [{ ...stop(rule, { reason, wayOut, at: places }), address: undefined }];
}
