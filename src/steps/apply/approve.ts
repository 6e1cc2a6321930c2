import type { RunContext } from '../../context.js';
import type { Log } from '../../deps.js';
import { ActionError } from '../../errors.js';
import { readApproval } from '../../github/approval.js';
import type { GitHubClient } from '../../github/client.js';
import type { MergedPullRequest } from '../../github/merged-pull-request.js';
import type { Inputs } from '../../inputs/inputs.js';
import { compareFingerprints, fingerprintChanges, summarisePlan } from '../../plan/difference.js';
import type { ApprovalResult, ReportedPlan } from '../../report/types.js';

export interface ApproveRequest {
  readonly inputs: Inputs;
  readonly context: RunContext;
  readonly client: GitHubClient | undefined;
  /** Where it was looked for already. */
  readonly mergedPullRequest: Promise<MergedPullRequest> | undefined;
  readonly plan: ReportedPlan;
}

/**
 * Whether this plan, and no other, was approved. Compares digests; a plan that differs in a single value is not the
 * approved one.
 * @returns how it was approved, or why it is not; never approves for want of information
 */
export async function checkApproval(request: ApproveRequest): Promise<ApprovalResult> {
  const { inputs, plan } = request;
  switch (inputs.approval.by) {
    case 'auto':
      return { approved: true, says: 'Approved by `auto-approve`.', gone: [], added: [] };
    case 'digest':
      return compareDigest(inputs.approval.digest, plan);
    case 'pull-request':
      return compareWithPullRequest(request).catch(explainNoApproval);
    case 'nobody':
      return {
        approved: false,
        says: 'There are changes, and nothing approves them. Set `approved-plan` to the `plan-digest` output of a reviewed plan, or to `pull-request`; or `auto-approve: true` on a job that a protected environment guards.',
        gone: [],
        added: [],
      };
  }
}

/**
 * Says how it was approved, or what differs from what was.
 * @throws ActionError when it is not approved
 */
export function assertApproved(approval: ApprovalResult, log: Pick<Log, 'info'>): void {
  if (approval.approved) {
    log.info(approval.says);
    return;
  }
  for (const line of approval.gone) log.info(`approved, and no longer planned: ${line}`);
  for (const line of approval.added) log.info(`planned, and not approved: ${line}`);
  throw new ActionError({ what: approval.says, done: 'Nothing was changed.', next: '' });
}

function compareDigest(approved: string, plan: ReportedPlan): ApprovalResult {
  if (approved === plan.digest) return { approved: true, says: 'Approved by digest.', gone: [], added: [] };
  return {
    approved: false,
    says: `The plan is not the approved one: approved was ${approved}, and this is ${plan.digest}. Something changed since the approval: the inputs, the state or AWS. Review the new plan and approve that.`,
    gone: [],
    added: summarisePlan(plan.model),
  };
}

/** An approval that cannot be read, or is none, is told as what it is: not approved. */
function explainNoApproval(thrown: unknown): ApprovalResult {
  if (!(thrown instanceof ActionError)) throw thrown;
  return { approved: false, says: `${thrown.what} ${thrown.next}`, gone: [], added: [] };
}

async function compareWithPullRequest({
  inputs,
  context,
  client,
  mergedPullRequest,
  plan,
}: ApproveRequest): Promise<ApprovalResult> {
  const { repository, sha, ref } = context;
  if (client === undefined || repository === undefined || sha === undefined || ref === undefined) {
    throw new ActionError({
      what: 'approved-plan: pull-request needs a GitHub token and a run on a branch of a repository, and one of them is not here.',
      done: 'Nothing was changed.',
      next: 'Run in GitHub Actions with `github-token`, or give the digest itself.',
    });
  }
  const approval = await readApproval({
    client,
    repository,
    commit: sha,
    ref,
    commentKey: inputs.commentKey,
    mergedPullRequest,
  });
  if (approval.digest === plan.digest) {
    return {
      approved: true,
      says: `Approved on pull request #${approval.pullRequest}.`,
      gone: [],
      added: [],
    };
  }
  const { gone, added } = compareFingerprints(approval.record.changes ?? [], fingerprintChanges(plan.model));
  return {
    approved: false,
    says: `The plan is not the one that was approved on pull request #${approval.pullRequest}. Something changed since: the inputs, the state or AWS. Open a pull request with the new plan, and merge that.`,
    gone: approval.record.changes === undefined ? [] : gone,
    added,
  };
}
