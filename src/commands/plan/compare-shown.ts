import { ActionError } from '../../errors.js';
import { GitHubApiError } from '../../github/api-error.js';
import { compareWithRecord } from '../../github/approval-record.js';
import { readApproval } from '../../github/approval.js';
import type { ReportedPlan, ShownPlan } from '../../report/types.js';
import type { Run } from '../../run.js';

/**
 * Whether a plan on the branch is the one that the pull request showed when it was merged, so that its reviewers need not
 * compare two digests.
 * @returns undefined where the commit is not what a pull request was merged as, or GitHub does not say
 */
export async function compareWithShown(
  { inputs, context, client, mergedPullRequest }: Run,
  plan: ReportedPlan,
): Promise<ShownPlan | undefined> {
  const { repository, sha: commit, ref } = context;
  const merged = await mergedPullRequest?.catch(unknownToGitHub);
  if (merged === undefined || client === undefined) return undefined;
  if (repository === undefined || commit === undefined || ref === undefined) return undefined;
  const { number: pullRequest } = merged;
  const options = { client, repository, commit, ref, commentKey: inputs.commentKey, mergedPullRequest };
  try {
    const { record } = await readApproval(options);
    if (record.digest === plan.digest) return { pullRequest, is: 'same', says: '', gone: [], added: [] };
    const says = `Pull request #${pullRequest} showed another plan than this one: the inputs, the state or AWS have changed since.`;
    return { pullRequest, is: 'different', says, ...compareWithRecord(record, plan.model) };
  } catch (thrown) {
    if (thrown instanceof GitHubApiError) return undefined;
    if (!(thrown instanceof ActionError)) throw thrown;
    // After the apply, nothing is left of what was shown, and nothing has to be reviewed.
    if (!plan.model.hasChanges) return undefined;
    const says = `Whether pull request #${pullRequest} showed this plan is not known. ${thrown.what}`;
    return { pullRequest, is: 'unknown', says, gone: [], added: [] };
  }
}

function unknownToGitHub(thrown: unknown): undefined {
  if (!(thrown instanceof ActionError) && !(thrown instanceof GitHubApiError)) throw thrown;
  return undefined;
}
