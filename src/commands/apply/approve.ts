import type { RunContext } from '../../runner/context.js';
import type { Log } from '../../deps.js';
import { ActionError } from '../../errors.js';
import { GitHubApiError } from '../../github/api-error.js';
import { compareWithRecord } from '../../github/approval-record.js';
import { explainApiError, readApproval, type Approval } from '../../github/approval.js';
import type { GitHubClient } from '../../github/client.js';
import type { MergedPullRequest } from '../../github/merged-pull-request.js';
import { groupMarker } from '../../keys-file/resolve.js';
import type { Inputs } from '../../inputs/inputs.js';
import { findDifferentAttributes } from '../../plan/attribute-hashes.js';
import { summarisePlan, type FingerprintDifference } from '../../plan/difference.js';
import { isUnfinished } from '../../plan/last-apply.js';
import { remainderOfEarlierRun } from '../../plan/remainder.js';
import type { ApprovalResult, ReportedPlan } from '../../report/types.js';
import { findWhatCameAfter } from './came-after.js';

export interface ApproveRequest {
  readonly inputs: Inputs;
  readonly context: RunContext;
  readonly client: GitHubClient | undefined;
  /** Where it was looked for already. */
  readonly mergedPullRequest: Promise<MergedPullRequest> | undefined;
  readonly plan: ReportedPlan;
  /** The state as the backend has it; empty where there has never been one. */
  readonly pullState: () => Promise<string>;
  /** Addresses of what an apply that was stopped has left tainted in the state. */
  readonly tainted: readonly string[];
  /**
   * Whether deletions are cancelled before it. Somebody ordered them after what was approved then, so what is left of a
   * stopped apply does not have them in it: only the digest that has them does.
   */
  readonly recovers?: boolean;
}

/**
 * Whether this plan, and no other, was approved, and the approval still holds. Compares digests; a plan that differs in a
 * single value is not the approved one. The exception is what an apply of the approved plan, stopped before its end, has
 * left of it, if the state says that there was one.
 * @returns how it was approved, or why it is not; never approves for want of information
 */
export async function checkApproval(request: ApproveRequest): Promise<ApprovalResult> {
  const { inputs } = request;
  switch (inputs.approval.by) {
    case 'auto':
      return approved('Approved by `auto-approve`.');
    case 'digest':
      return compareDigest(request, inputs.approval.digest);
    case 'pull-request':
      return compareWithPullRequest(request).catch(explainNoApproval);
    case 'nobody':
      return notApproved(
        'The plan has changes, but no approval was given. Set `approved-plan` to the `plan-digest` output of a reviewed plan, or to `pull-request`; or `auto-approve: true` on a job that a protected environment guards. An expression that is given as `approved-plan` may be empty: the plan job was skipped or failed, or its `outputs` do not name `plan-digest`.',
      );
  }
}

function approved(says: string): ApprovalResult {
  return { approved: true, says, gone: [], added: [] };
}

function notApproved(says: string, difference: Partial<FingerprintDifference> = {}): ApprovalResult {
  return { approved: false, says, gone: [], added: [], ...difference };
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

async function compareDigest(request: ApproveRequest, digest: string): Promise<ApprovalResult> {
  const { plan } = request;
  const merged = await request.mergedPullRequest?.catch(unexplained);
  const later = await findWhatCameAfter({ ...request, ...plan, mergedPullRequest: merged, approval: 'run' });
  if (later !== undefined) return notApproved(later);
  if (digest === plan.digest) return approved('Approved by digest.');
  const onRecord = merged === undefined ? undefined : await readFromPullRequest(request).catch(unexplained);
  const record = onRecord?.digest === digest ? onRecord : undefined;
  const left = record === undefined ? undefined : asRemainderOf(record, request);
  if (left !== undefined) return left;
  const differs = record === undefined ? '' : sayAttributes(record, plan);
  return notApproved(
    `The plan is not the approved one: approved was ${digest}, and this is ${plan.digest}. Something changed since the approval: the inputs, the state or AWS; an apply that was stopped before its end is such a change, too. ${differs}Run the plan job again (re-run all jobs, not the failed one alone), review the new plan and approve that.`,
    { added: summarisePlan(plan.model) },
  );
}

/** What it says is of no use where the digest itself was given. */
function unexplained(thrown: unknown): undefined {
  if (!(thrown instanceof ActionError) && !(thrown instanceof GitHubApiError)) throw thrown;
  return undefined;
}

/** An approval that cannot be read, or is none, is told as what it is: not approved. */
function explainNoApproval(thrown: unknown): ApprovalResult {
  const explained = thrown instanceof GitHubApiError ? explainApiError(thrown) : thrown;
  if (!(explained instanceof ActionError)) throw explained;
  return notApproved(`${explained.what} ${explained.next}`);
}

async function compareWithPullRequest(request: ApproveRequest): Promise<ApprovalResult> {
  const { plan } = request;
  const approval = await readFromPullRequest(request);
  const merged = await request.mergedPullRequest;
  const later = await findWhatCameAfter({
    ...request,
    ...plan,
    mergedPullRequest: merged,
    approval: 'commit',
  });
  if (later !== undefined) return notApproved(later);
  if (approval.digest === plan.digest) return approved(`Approved on pull request #${approval.pullRequest}.`);
  return (
    asRemainderOf(approval, request) ??
    notApproved(
      `The plan is not the one that was approved on pull request #${approval.pullRequest}. Something changed since: the inputs, the state or AWS. ${sayAttributes(approval, plan)}Open a pull request with the new plan, and merge that.`,
      compareWithRecord(approval.record, plan.model),
    )
  );
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
  const { commentKey, ofFile } = inputs;
  const among = ofFile === undefined ? undefined : groupMarker(ofFile.group);
  return readApproval({ client, repository, commit: sha, ref, commentKey, among, mergedPullRequest });
}

/** The plan as the remainder of the approved one, whose apply was interrupted; undefined when it is anything else. */
function asRemainderOf(
  { pullRequest, record: { changes } }: Approval,
  { plan, tainted, context, recovers = false }: ApproveRequest,
): ApprovalResult | undefined {
  // Of a move nothing is left but the move itself, whose digest is the same however far it came.
  if (recovers || plan.move !== undefined) return undefined;
  const { model } = plan;
  const wasStopped = model.lastApply !== undefined && isUnfinished(model.lastApply, context.sha ?? '');
  if (changes === undefined || !wasStopped || !remainderOfEarlierRun(changes, model, tainted).isPart)
    return undefined;
  return approved(
    `This is what is left of the plan that was approved on pull request #${pullRequest}: an apply of it was stopped before its end.`,
  );
}

/** Which attributes have other values than on record, and what to do where that is so in each run; empty where none has. */
function sayAttributes({ record }: Approval, { model }: ReportedPlan): string {
  const different = record.values === undefined ? [] : findDifferentAttributes(record.values, model);
  if (different.length === 0) return '';
  const named = different.map(({ name, now }) =>
    now.length === 1 ? `\`${name}\` (now ${JSON.stringify(now[0])})` : `\`${name}\``,
  );
  return `Other than approved: ${named.join(', ')}. A value that is another one in each run, such as the commit, the run's id, the date or who started it, can't be approved beforehand: take it out of the inputs. `;
}
