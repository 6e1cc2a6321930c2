import type { RunContext } from '../../context.js';
import type { Log } from '../../deps.js';
import { ActionError } from '../../errors.js';
import { readApproval, type Approval } from '../../github/approval.js';
import type { GitHubClient } from '../../github/client.js';
import type { MergedPullRequest } from '../../github/merged-pull-request.js';
import type { Inputs } from '../../inputs/inputs.js';
import { compareFingerprints, fingerprintChanges, summarisePlan } from '../../plan/difference.js';
import { isLeftOfBegun } from '../../plan/left-of-begun.js';
import type { ApprovalResult, ReportedPlan } from '../../report/types.js';

export interface ApproveRequest {
  readonly inputs: Inputs;
  readonly context: RunContext;
  readonly client: GitHubClient | undefined;
  /** Where it was looked for already. */
  readonly mergedPullRequest: Promise<MergedPullRequest> | undefined;
  readonly plan: ReportedPlan;
  /** Addresses of what an apply that was stopped has left marked in the state. */
  readonly marked: readonly string[];
}

/**
 * Whether this plan, and no other, was approved. Compares digests; a plan that differs in a single value is not the
 * approved one. The exception is what an apply of the approved plan, stopped before its end, has left of it, if this
 * action's comment on the merged pull request says that there was one.
 * @returns how it was approved, or why it is not; never approves for want of information
 */
export async function checkApproval(request: ApproveRequest): Promise<ApprovalResult> {
  const { inputs } = request;
  switch (inputs.approval.by) {
    case 'auto':
      return { approved: true, says: 'Approved by `auto-approve`.', gone: [], added: [] };
    case 'digest':
      return compareDigest(request, inputs.approval.digest);
    case 'pull-request':
      return compareWithPullRequest(request).catch(explainNoApproval);
    case 'nobody':
      return {
        approved: false,
        says: 'There are changes, and nothing approves them. Set `approved-plan` to the `plan-digest` output of a reviewed plan, or to `pull-request`; or `auto-approve: true` on a job that a protected environment guards. An expression that is given as `approved-plan` may be empty: the plan job was skipped or failed, or its `outputs` do not name `plan-digest`.',
        gone: [],
        added: [],
      };
  }
}

/**
 * Says how it was approved, or what differs from what was.
 * @param done what was done until then, in whole sentences
 * @throws ActionError when it is not approved
 */
export function assertApproved(approval: ApprovalResult, log: Pick<Log, 'info'>, done: string): void {
  if (approval.approved) {
    log.info(approval.says);
    return;
  }
  for (const line of approval.gone) log.info(`approved, and no longer planned: ${line}`);
  for (const line of approval.added) log.info(`planned, and not approved: ${line}`);
  throw new ActionError({ what: approval.says, done, next: '' });
}

async function compareDigest(request: ApproveRequest, approved: string): Promise<ApprovalResult> {
  const { plan, mergedPullRequest } = request;
  if (approved === plan.digest) return { approved: true, says: 'Approved by digest.', gone: [], added: [] };
  if (mergedPullRequest !== undefined) {
    const onRecord = await readFromPullRequest(request).catch(unexplained);
    const left = onRecord?.digest === approved ? asLeftOf(onRecord, request) : undefined;
    if (left !== undefined) return left;
  }
  return {
    approved: false,
    says: `The plan is not the approved one: approved was ${approved}, and this is ${plan.digest}. Something changed since the approval: the inputs, the state or AWS; an apply that was stopped before its end is such a change, too. Run the plan job again (re-run all jobs, not the failed one alone), review the new plan and approve that.`,
    gone: [],
    added: summarisePlan(plan.model),
  };
}

/** What it says is of no use where the digest itself was given. */
function unexplained(thrown: unknown): undefined {
  if (!(thrown instanceof ActionError)) throw thrown;
  return undefined;
}

/** An approval that cannot be read, or is none, is told as what it is: not approved. */
function explainNoApproval(thrown: unknown): ApprovalResult {
  if (!(thrown instanceof ActionError)) throw thrown;
  return { approved: false, says: `${thrown.what} ${thrown.next}`, gone: [], added: [] };
}

async function compareWithPullRequest(request: ApproveRequest): Promise<ApprovalResult> {
  const { plan } = request;
  const approval = await readFromPullRequest(request);
  if (approval.digest === plan.digest) {
    const says = `Approved on pull request #${approval.pullRequest}.`;
    return { approved: true, says, gone: [], added: [] };
  }
  const left = asLeftOf(approval, request);
  if (left !== undefined) return left;
  const { gone, added } = compareFingerprints(approval.record.changes ?? [], fingerprintChanges(plan.model));
  return {
    approved: false,
    says: `The plan is not the one that was approved on pull request #${approval.pullRequest}. Something changed since: the inputs, the state or AWS. Open a pull request with the new plan, and merge that.`,
    gone: approval.record.changes === undefined ? [] : gone,
    added,
  };
}

/** @throws ActionError when there is no approval to be read */
async function readFromPullRequest(request: ApproveRequest): Promise<Approval> {
  const { inputs, context, client, mergedPullRequest } = request;
  const { repository, sha, ref } = context;
  if (client === undefined || repository === undefined || sha === undefined || ref === undefined) {
    throw new ActionError({
      what: 'approved-plan: pull-request needs a GitHub token and a run on a branch of a repository, and one of them is not here.',
      done: 'Nothing was changed.',
      next: 'Run in GitHub Actions with `github-token`, or give the digest itself.',
    });
  }
  const { commentKey } = inputs;
  return readApproval({ client, repository, commit: sha, ref, commentKey, mergedPullRequest });
}

/** The plan as what is left of the approved one, whose apply was stopped; undefined when it is anything else. */
function asLeftOf(
  { pullRequest, record }: Approval,
  { plan, marked }: ApproveRequest,
): ApprovalResult | undefined {
  if (record.begun === undefined || !isLeftOfBegun(record.begun, plan.model, marked).isPart) return undefined;
  const says = `This is what is left of the plan that was approved on pull request #${pullRequest}: an apply of it was stopped before its end.`;
  return { approved: true, says, gone: [], added: [] };
}
