import type { RunContext } from '../../runner/context.js';
import { GitHubApiError } from '../../github/api-error.js';
import { compareCommits, findOvertaken, shorten, type Comparison } from '../../github/repository.js';
import type { GitHubClient } from '../../github/client.js';
import type { MergedPullRequest } from '../../github/merged-pull-request.js';
import { orderOf, type AppliedBy, type LastApply } from '../../plan/last-apply.js';
import type { PlanModel } from '../../plan/types.js';
import { appliedBy } from '../../run.js';

export interface CameAfterRequest {
  readonly context: RunContext;
  readonly client: GitHubClient | undefined;
  /** Where the commit was merged from, as far as it could be found. */
  readonly mergedPullRequest: MergedPullRequest | undefined;
  readonly model: Pick<PlanModel, 'lastApply' | 'resources'>;
  /** The state as the backend has it; empty where there has never been one. */
  readonly pullState: () => Promise<string>;
  /** Merging approves a commit, which GitHub has to be asked about; a digest approves a run, whatever GitHub answers. */
  readonly approval: 'commit' | 'run';
}

interface Question extends CameAfterRequest {
  readonly now: AppliedBy;
  readonly last: LastApply;
  /** How the branch stands to the commit; undefined where it is not known. */
  readonly branch: Comparison | undefined;
}

/**
 * Why an approval does not hold any more, because it was used, or because of what came after it: another commit that was
 * applied to this key, the end of the key, or commits on the branch that change again what was merged. The state tells
 * what was applied, whoever did it; the branch tells what was merged and not applied.
 * @returns one or more whole sentences that begin with the reason; undefined where nothing came after it
 * @throws GitHubApiError when it takes GitHub's answer, and there is none
 */
export async function findWhatCameAfter(request: CameAfterRequest): Promise<string | undefined> {
  const { context, model, approval } = request;
  const now = appliedBy(context);
  // Outside of a repository there are neither old runs nor a branch.
  if (now === undefined) return undefined;
  const last = model.lastApply ?? { begun: undefined, done: undefined };
  const order = orderOf(last, now, approval);
  if (order === 'used') return explainUsed(last, request);
  if (order === 'later-run') return explainLater(last);
  const branch = await tolerant(approval, () => compareWithBranch(request, now));
  const question = { ...request, now, last, branch };
  if (order === 'other-commit') {
    if (isDoubtful(question)) return explainElsewhere(last);
    const later = await tolerant(approval, () => findLaterCommit(question));
    if (later !== undefined) return later;
  }
  if (order === 'unknown' && (await isOutOfOrder(question))) return explainForgotten();
  return tolerant(approval, () => findLaterOnBranch(question));
}

/** A digest was approved behind an environment: it may go on where the token may not ask GitHub. */
async function tolerant<T>(
  approval: CameAfterRequest['approval'],
  ask: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await ask();
  } catch (thrown) {
    if (approval === 'run' && thrown instanceof GitHubApiError) return undefined;
    throw thrown;
  }
}

async function compareWithBranch(
  { client, context, approval }: CameAfterRequest,
  { commit }: AppliedBy,
): Promise<Comparison | undefined> {
  const branch = /^refs\/heads\/(.+)$/.exec(context.ref ?? '')?.[1];
  const { repository } = context;
  if (branch === undefined || client === undefined || repository === undefined) return undefined;
  const comparison = await compareCommits({ client, repository }, commit, branch);
  // A token that may not read the repository gets the same answer as one that asks for a commit that is gone.
  return approval === 'run' && comparison.relation === 'unknown' ? undefined : comparison;
}

const isTip = ({ branch }: Question): boolean => branch?.relation === 'identical';

/** Whether the commit that was applied last is a later one than the one to apply. */
async function findLaterCommit(question: Question): Promise<string | undefined> {
  const { client, context, last, now, approval } = question;
  const { begun } = last;
  if (begun === undefined || client === undefined || context.repository === undefined) return undefined;
  // The ids of both runs are known, and none says that this is the older run: a digest was approved in this very run.
  if (approval === 'run' && begun.runId !== undefined && now.runId !== undefined) return undefined;
  const { repository } = context;
  const { relation } = await compareCommits({ client, repository }, begun.commit, now.commit);
  if (relation === 'ahead' || relation === 'identical') return undefined;
  if (relation === 'behind') return explainLater(last);
  return isTip(question) ? undefined : explainUnordered(last, now);
}

/**
 * Ids of two repositories have no order, and the state remembers the last run alone: whether this one, which is run again,
 * has applied before is not known.
 */
function isDoubtful({ last: { begun }, now }: Question): boolean {
  return begun !== undefined && begun.repository !== now.repository && now.attempt > 1;
}

/**
 * Whether an approval may be older than what was done to the key without leaving a trace: the state was written by an
 * older version of this action or by hand, or the key was destroyed since, which takes the trace along.
 */
async function isOutOfOrder(question: Question): Promise<boolean> {
  const { now, branch, model, pullState } = question;
  const isFirstOfTip = now.attempt === 1 && (branch === undefined || isTip(question));
  if (isFirstOfTip) return false;
  return model.resources.some(({ before }) => before !== null) || (await pullState()).trim() !== '';
}

/** What the branch has become since the commit. */
async function findLaterOnBranch(question: Question): Promise<string | undefined> {
  const { branch, client, context, mergedPullRequest, now } = question;
  if (branch === undefined || client === undefined || context.repository === undefined) return undefined;
  if (isTip(question)) return undefined;
  if (branch.relation !== 'ahead') {
    return `Commit ${shorten(now.commit)} is not on ${nameOf(context)} any more, so what was approved with it is void. ${ANEW}`;
  }
  if (mergedPullRequest === undefined) return undefined;
  const { number } = mergedPullRequest;
  const files = await findOvertaken({ client, repository: context.repository }, number, branch.files);
  if (files === undefined) {
    return `Pull request #${number}, or ${nameOf(context)} since it was merged, has changed so many files that GitHub does not list them all: whether it was reverted is not known. ${ANEW}`;
  }
  if (files.length === 0) return undefined;
  return `What pull request #${number} changed was changed again on ${nameOf(context)} after it was merged (${joinSome(files)}), by a revert or by another pull request, so what was approved there is void. ${OVERTAKEN}`;
}

function explainUsed({ done }: LastApply, { approval, mergedPullRequest }: CameAfterRequest): string {
  const what =
    approval === 'run'
      ? 'This run has applied its plan before'
      : `What merging ${mergedPullRequest === undefined ? 'this commit' : `pull request #${mergedPullRequest.number}`} approved was applied before`;
  return `${what} (${describeRun(done)}), and an approval is used once. What is planned now came about since. ${ANEW}`;
}

function explainLater({ begun }: LastApply): string {
  return `This approval is older than what was applied to the key since (${describeRun(begun)}), so it is void: an old run does not undo a newer one. ${ANEW}`;
}

function explainUnordered({ begun }: LastApply, { commit }: AppliedBy): string {
  return `What was applied to the key last (${describeRun(begun)}) is not in the history of commit ${shorten(commit)}, and that is not the newest commit of the branch: whether it would undo something newer is not known. ${ANEW}`;
}

function explainElsewhere({ begun }: LastApply): string {
  return `The key was last applied from another repository (${describeRun(begun)}), and this run is run again: whether it would undo something newer is not known. ${ANEW}`;
}

function explainForgotten(): string {
  return `The state does not say what was applied to this key last: it was destroyed, changed by hand, or written by an older version of this action. An old run, or one that is run again, could undo that. Start a new run on the newest commit of the branch. ${ANEW}`;
}

const ANEW =
  'Open a pull request, have its plan reviewed and merge it; or plan in a new run and approve its digest.';
const OVERTAKEN = `Where the later one builds on it, the run of the newest commit applies both, if its pull request was planned with both (require branches to be up to date). ${ANEW}`;

function describeRun(by: AppliedBy | undefined): string {
  if (by === undefined) return 'by an unknown run';
  const run = by.runId === undefined ? '' : ` by run ${by.runId}`;
  return `commit ${shorten(by.commit)} of ${by.repository}${run}`;
}

function nameOf({ ref }: RunContext): string {
  return (ref ?? 'the branch').replace(/^refs\/heads\//, '');
}

function joinSome(files: readonly string[]): string {
  return files.length > 3 ? `${files.slice(0, 3).join(', ')} and ${files.length - 3} more` : files.join(', ');
}
