import { ActionError } from '../errors.js';
import { judgeAliases, judgeKeySettings } from './settings.js';
import { judgeIdentity } from './identity.js';
import { holdingsOf, isStateOfAnother, judgeOwnership, withoutForeign } from './ownership.js';
import type { GuardRequest } from './request.js';
import { judgeImportedAccess, judgePolicies } from './policies.js';
import { judgeRemoval } from './removal.js';
import type { PlanModel } from '../plan/types.js';
import { type Finding, stop, warn } from './finding.js';

export type { GuardRequest } from './request.js';

/**
 * Judges a plan by what it does to keys, and first by whose state it was made on.
 *
 * Nothing confirms a plan on a state of somebody else, nor one that removes what the bundled module does not have.
 * `deletionConfirmed` turns into warnings: `key-deleted`; `key-replaced` (a replacement is a deletion, too); `key-lost`
 * where the key can't be got back. It never lets through what a reader of "confirm the deletion" would not expect: a
 * tainted replica, which only has to be waited for; a moved primary; another spec, usage or `multi_region`; a key that is
 * forgotten, or that is pending deletion and can be saved; nor anything in the policies. To start anew on purpose,
 * `destroy` comes first, and then the new plan is one that only creates.
 * @returns the stops first, then the warnings and notices
 */
export function guardPlan(request: GuardRequest): Finding[] {
  const ownership = judgeOwnership(holdingsOf(request.model), request.owner);
  // What a plan on somebody else's state does to "the key" would be advice on the wrong key.
  if (ownership.some(isStateOfAnother)) return ownership;
  const model = withoutForeign(request.model);
  const ours = { ...request, model };
  const findings = [
    ...ownership,
    // What becomes of the primary comes first: what happens to replicas often follows from it.
    ...judgeIdentity(ours),
    ...judgeRemoval(ours),
    ...judgePolicies(model, request.now),
    ...judgeImportedAccess(model, request.options.unreviewed === true),
    ...judgeKeySettings(model),
    ...judgeAliases(model),
    ...judgeUnknowns(model),
  ];
  return [...findings.filter(isStop), ...findings.filter((finding) => !isStop(finding))];
}

/**
 * @param done what was done until then, in whole sentences
 * @throws ActionError with the reason and the way out of every stop, if there is one
 */
export function assertGuarded(findings: readonly Finding[], done = 'Nothing was changed.'): void {
  const stops = findings.filter(isStop);
  if (stops.length === 0) return;
  throw new ActionError({
    what: `The plan was stopped. ${[...new Set(stops.map(({ reason }) => reason))].join(' ')}`,
    done,
    next: [...new Set(stops.map(({ wayOut }) => wayOut))].join(' '),
  });
}

function isStop({ severity }: Finding): boolean {
  return severity === 'stop';
}

function judgeUnknowns({ unsupported, unknownFields }: PlanModel): Finding[] {
  const wayOut = 'Use a Terraform version that this action was tested with, or report this with the version.';
  return [
    ...unsupported.map((what) =>
      stop('not-understood', {
        reason: `The plan contains ${what}; this action does not understand what that would do to the keys.`,
        wayOut,
      }),
    ),
    ...(unknownFields ?? []).map((what) =>
      warn('not-recognised', {
        reason: `The plan has a member that is new to this action: ${what}. By the format's own promise it may be ignored.`,
        wayOut,
      }),
    ),
  ];
}
