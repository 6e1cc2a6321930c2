import type { RunContext } from './runner/context.js';
import type { Deps } from './deps.js';
import { ActionError, messageOf } from './errors.js';
import {
  APPLIED_MARK,
  parseApprovalRecord,
  renderApprovalRecord,
  tellsApply,
} from './github/approval-record.js';
import type { GitHubClient } from './github/client.js';
import { renderCommentMarker, upsertComment, type Choice, type MarkedComment } from './github/comments.js';
import type { MergedPullRequest } from './github/merged-pull-request.js';
import type { PullRequestPlace, RepositoryPlace } from './github/repository.js';
import type { ToldInputs } from './inputs/inputs.js';
import type { Outputs } from './outputs.js';
import { hashAttributes } from './plan/attribute-hashes.js';
import { fingerprintChanges } from './plan/difference.js';
import { renderComment, renderSummary } from './report/comment.js';
import { link, mark } from './report/markdown.js';
import { describeVerdict } from './report/verdict.js';
import type { KeyResult, ReportInput, ReportOutcome } from './report/types.js';
import { originOf } from './report-files/file.js';
import { writeReportFiles } from './report-files/write.js';
import { ACTION_VERSION } from './version.js';
import { findWhyNotShown, writeComment, type Comment, type NoComment } from './write-comment.js';

/** How a run stands, as far as it is to be told. */
export type RunReport = Pick<
  ReportInput,
  | 'outcome'
  | 'plan'
  | 'failure'
  | 'approval'
  | 'keys'
  | 'verification'
  | 'broughtBack'
  | 'notes'
  | 'keyStates'
  | 'shown'
>;

export interface PublishRequest {
  readonly deps: Deps;
  readonly inputs: ToldInputs;
  readonly context: RunContext;
  /** Undefined without a token, or outside GitHub. */
  readonly client: GitHubClient | undefined;
  /** The pull request whose merge is being applied, where it was looked for. */
  readonly mergedPullRequest: Promise<MergedPullRequest> | undefined;
  readonly report: RunReport;
  /** What the run knows so far. */
  readonly outputs: Outputs;
}

/**
 * Tells how the run stands: in the job summary always, and in the comment on the pull request where there is one and the
 * `comment` input wants it. What GitHub refuses or cannot do is said in the log and fails nothing.
 * @returns where the comment is
 */
export async function publishReport(request: PublishRequest): Promise<Outputs> {
  const { deps, report } = request;
  // Before it is rendered: what is cut or escaped there could no longer be told for a secret.
  const { hidden, ...told } = describeRun(request);
  const input = { ...deps.log.redactAll(told), hidden };
  const [, comment] = await Promise.all([
    deps.runner.addSummary(renderSummary(input)).catch((thrown: unknown) => {
      deps.log.warning(`The job summary could not be written: ${messageOf(thrown)}`, {
        title: 'No job summary',
      });
    }),
    wantsComment(request.inputs, report)
      ? writeComment(request, (place) => findComment(request, input, place))
      : {},
  ]);
  const files = await writeFiles(request, input);
  sayVerdict(request, input, comment);
  return { ...comment, ...files };
}

/** The report for the steps that follow; a disk that takes nothing costs the run no more than that. */
async function writeFiles(
  { deps, inputs, context, outputs }: PublishRequest,
  report: ReportInput,
): Promise<Outputs> {
  const origin = originOf(context);
  try {
    return {
      'report-path': await writeReportFiles(
        {
          key: inputs.ofFile?.key ?? inputs.commentKey,
          origin,
          hasWork: outputs['has-changes'] === true,
          report,
        },
        deps.env,
      ),
    };
  } catch (thrown) {
    deps.log.warning(`The report could not be written as a file: ${messageOf(thrown)}`, {
      title: 'No report-path',
    });
    return {};
  }
}

/** The log's last lines: how it stands, and where to read it. */
function sayVerdict({ deps, context }: PublishRequest, input: ReportInput, comment: Outputs): void {
  const { symbol, title, detail } = describeVerdict(input);
  deps.log.info(`${symbol} ${title}`);
  if (detail !== '') deps.log.info(detail);
  if (comment['comment-url'] !== undefined) deps.log.info(`Comment: ${comment['comment-url']}`);
  if (context.runUrl !== undefined) deps.log.info(`Summary: ${context.runUrl}`);
}

function wantsComment({ comment }: ToldInputs, { outcome }: RunReport): boolean {
  return comment === 'always' || (comment === 'changes' && !UNEVENTFUL.has(outcome));
}

/** What nobody has to read about. */
const UNEVENTFUL: ReadonlySet<ReportOutcome> = new Set(['no-changes', 'in-sync', 'verified']);

/**
 * What finds this run's comment again. A look at the keys, or a destruction, never takes the place of a plan, which may
 * hold an approval.
 */
function markerKey({ command, commentKey, destroys }: ToldInputs): string {
  if (destroys) return `destroy:${commentKey}`;
  return command === 'drift' || command === 'verify' ? `${command}:${commentKey}` : commentKey;
}

/** The report as a comment: where it goes, and which of the comments there it may write over. */
async function findComment(
  request: PublishRequest,
  input: ReportInput,
  place: RepositoryPlace,
): Promise<Comment | NoComment | undefined> {
  const key = markerKey(request.inputs);
  const found = await findPlace(request, place);
  if (found === undefined || 'reason' in found) return found;
  const comment = { ...found, key, body: renderComment(input) };
  if (!isApplied(request.report)) return comment;
  const { pullRequest } = found;
  return {
    ...comment,
    afterwards: (written) => settleBelow({ ...place, pullRequest, key }, written),
  };
}

/** What stands below a plan that is applied by now told of a run that did not come so far. */
async function settleBelow(
  comment: PullRequestPlace & { readonly key: string },
  applied: { readonly id: number; readonly url: string },
): Promise<void> {
  const text = mark`An earlier run ended before everything was applied. A later one has applied it: see ${link('what was applied', applied.url)}.`;
  await upsertComment({
    ...comment,
    body: `${renderCommentMarker(comment.key)}\n${String(text)}\n`,
    choose: (own) =>
      own.find(
        ({ id, body }) => id > applied.id && !tellsApply(body) && parseApprovalRecord(body).found === 'none',
      ) ?? 'none',
  });
}

/** @returns undefined where no pull request has to do with the run */
async function findPlace(
  request: PublishRequest,
  place: RepositoryPlace,
): Promise<Pick<Comment, 'pullRequest' | 'choose'> | NoComment | undefined> {
  const { inputs, context } = request;
  if (context.pullRequest !== undefined) {
    const { number: pullRequest } = context.pullRequest;
    if (inputs.command !== 'plan')
      return { pullRequest, choose: (own) => chooseForResult(request, own, 'new') };
    return (
      (await findWhyNotShown(context, { ...place, pullRequest })) ?? {
        pullRequest,
        choose: (own) => chooseForPlan(request, own),
      }
    );
  }
  if (inputs.command !== 'apply') return undefined;
  const merged = await findMerged(request);
  if (merged === undefined) return undefined;
  // A pull request that was never planned has nothing to do with the keys.
  return { pullRequest: merged.number, choose: (own) => chooseForResult(request, own, 'none') };
}

async function findMerged({
  deps,
  mergedPullRequest,
}: PublishRequest): Promise<MergedPullRequest | undefined> {
  try {
    return await mergedPullRequest;
  } catch (thrown) {
    if (!(thrown instanceof ActionError)) throw thrown;
    deps.log.debug(`No comment: ${thrown.what}`);
    return undefined;
  }
}

/** In the place of the last plan; below what tells of an apply. */
function chooseForPlan({ context }: PublishRequest, own: readonly MarkedComment[]): Choice {
  const last = own.findLast(({ body }) => !tellsApply(body));
  // A plan that can't be approved takes no approval away.
  if (last !== undefined && !canApprove(context) && hasRecord(last)) return 'none';
  return last ?? 'new';
}

/**
 * What became of a plan. Applied, it takes the plan's place: its approval is used. Anything else stands below: the plan that
 * was approved is not touched, so that by GitHub's clock it is still as it was when the pull request was merged; and what
 * tells of an apply stays.
 * @param otherwise where there is no comment to write over or below
 */
function chooseForResult(
  { report }: PublishRequest,
  own: readonly MarkedComment[],
  otherwise: 'new' | 'none',
): Choice {
  const plan = isApplied(report) ? own.find(hasRecord) : undefined;
  const below = own.findLast((comment) => !hasRecord(comment) && !tellsApply(comment.body));
  if (own.length === 0) return otherwise;
  return plan ?? below ?? 'new';
}

function hasRecord({ body }: MarkedComment): boolean {
  return parseApprovalRecord(body).found !== 'none';
}

/** Also where only the proof failed afterwards. */
function isApplied({ outcome, plan, verification }: RunReport): boolean {
  return outcome === 'applied' || (outcome === 'failed' && plan !== undefined && verification !== undefined);
}

function describeRun({ deps, inputs, context, report, outputs }: PublishRequest): ReportInput {
  const record = lastLineOf(inputs, context, report, deps.log.redact);
  return {
    ...report,
    now: deps.clock.now(),
    command: inputs.command,
    alias: `alias/${inputs.alias}`,
    commentKey: inputs.commentKey,
    accountId: outputs['account-id'],
    versions: {
      action: ACTION_VERSION,
      terraform: outputs['terraform-version'],
      provider: outputs['aws-provider-version'],
    },
    source: { commit: context.sha ?? 'unknown', runUrl: context.runUrl },
    ignoredTags: inputs.ignoreTags,
    hidden: {
      marker: renderCommentMarker(markerKey(inputs)),
      ...(record === undefined ? {} : { approvalRecord: record }),
    },
  };
}

/** What is made of the pull request's own content; on `pull_request_target` the base branch runs. */
function canApprove({ ref }: RunContext): boolean {
  return /^refs\/pull\/\d+\/merge$/.test(ref ?? '');
}

/** The hidden last line: of a plan that may be applied, what approves it; of what was applied, that it was. */
function lastLineOf(
  { command, commentKey, destroys }: ToldInputs,
  context: RunContext,
  report: RunReport,
  redact: (text: string) => string,
): string | undefined {
  const { repository, pullRequest, sha } = context;
  const { plan, outcome } = report;
  if ((command === 'apply' || command === 'destroy') && isApplied(report)) return APPLIED_MARK;
  // A destruction is approved by its digest alone: a pull request that is merged asks for no such thing.
  if (command !== 'plan' || destroys || outcome !== 'planned' || plan === undefined) return undefined;
  if (!canApprove(context)) return undefined;
  if (repository === undefined || pullRequest === undefined || sha === undefined) return undefined;
  return renderApprovalRecord({
    repository: `${repository.owner}/${repository.name}`,
    pullRequest: pullRequest.number,
    commentKey,
    commit: sha,
    digest: plan.digest,
    changes: fingerprintChanges(plan.model).map((change) => ({ ...change, line: redact(change.line) })),
    values: hashAttributes(plan.model),
  });
}

/** The keys in every Region, from the outputs of a run. */
export function keyResults(outputs: Outputs, primaryRegion: string): KeyResult[] {
  const aliases = outputs['alias-arns'] ?? {};
  return Object.entries(outputs['key-arns'] ?? {})
    .map(([region, keyArn]): KeyResult => ({
      region,
      role: region === primaryRegion ? 'primary' : 'replica',
      keyArn,
      aliasArn: aliases[region],
    }))
    .sort((a, b) => (a.role === b.role ? (a.region < b.region ? -1 : 1) : a.role === 'primary' ? -1 : 1));
}
