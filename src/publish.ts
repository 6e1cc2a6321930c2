import type { RunContext } from './context.js';
import type { Deps } from './deps.js';
import { ActionError, messageOf } from './errors.js';
import { GitHubApiError } from './github/api-error.js';
import type { GitHubClient } from './github/client.js';
import { upsertComment } from './github/comments.js';
import type { MergedPullRequest } from './github/merged-pull-request.js';
import { renderCommentMarker, type MarkedComment } from './github/own-comments.js';
import type { Inputs } from './inputs/inputs.js';
import type { Outputs } from './outputs.js';
import { fingerprintChanges } from './plan/difference.js';
import { begunChanges } from './plan/left-of-begun.js';
import { parseApprovalRecord, renderApprovalRecord, type ApprovalRecord } from './report/approval-record.js';
import { renderComment } from './report/comment.js';
import { describeVerdict } from './report/verdict.js';
import { renderSummary } from './report/summary.js';
import type { KeyResult, ReportInput, ReportOutcome } from './report/types.js';
import { ACTION_VERSION } from './version.js';

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
>;

export interface PublishRequest {
  readonly deps: Deps;
  readonly inputs: Inputs;
  readonly context: RunContext;
  /** Undefined without a token, or outside GitHub. */
  readonly client: GitHubClient | undefined;
  /** The pull request whose merge is being applied, where it was looked for. */
  readonly mergedPullRequest: Promise<MergedPullRequest> | undefined;
  readonly report: RunReport;
  /** What the run knows so far. */
  readonly known: Outputs;
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
    wantsComment(request.inputs, report) ? writeComment(request, input) : {},
  ]);
  sayVerdict(request, input, comment);
  return comment;
}

/** The log's last lines: how it stands, and where to read it. */
function sayVerdict({ deps, context }: PublishRequest, input: ReportInput, comment: Outputs): void {
  const { symbol, title, detail } = describeVerdict(input);
  deps.log.info(`${symbol} ${title}`);
  if (detail !== '') deps.log.info(detail);
  if (comment['comment-url'] !== undefined) deps.log.info(`Comment: ${comment['comment-url']}`);
  if (context.runUrl !== undefined) deps.log.info(`Summary: ${context.runUrl}`);
}

function wantsComment({ comment }: Inputs, { outcome }: RunReport): boolean {
  return comment === 'always' || (comment === 'changes' && !UNEVENTFUL.has(outcome));
}

/** What nobody has to read about. */
const UNEVENTFUL: ReadonlySet<ReportOutcome> = new Set(['no-changes', 'in-sync', 'verified']);

/**
 * What finds this run's comment again. A look at the keys, or a destruction, never takes the place of a plan, which may
 * hold an approval.
 */
function markerKey({ command, commentKey, destroys }: Inputs): string {
  if (destroys) return `destroy:${commentKey}`;
  return command === 'drift' || command === 'verify' ? `${command}:${commentKey}` : commentKey;
}

async function writeComment(request: PublishRequest, input: ReportInput): Promise<Outputs> {
  const { deps, inputs, context, client } = request;
  const { repository } = context;
  if (client === undefined || repository === undefined) return {};
  const sayNotice = (reason: string): void => {
    deps.log.notice(`${reason} The job summary has it all.`, { title: 'No comment on the pull request' });
  };
  try {
    const place = await findPlace(request);
    if (place === undefined) return {};
    const body = (previous: MarkedComment | undefined): string =>
      deps.log.redact(renderComment(withKeptRecord(input, request.report, previous)));
    const written = await upsertComment({ client, repository, ...place, key: markerKey(inputs), body });
    if ('url' in written) return { 'comment-url': written.url };
    if (written.status === 'not-permitted') sayNotice(written.reason);
  } catch (thrown) {
    if (isNotPermitted(thrown)) {
      sayNotice(
        `GitHub does not let this token see which pull request the commit was merged from ("${thrown.message}"). Give the job \`permissions: { pull-requests: write }\`.`,
      );
    } else {
      deps.log.warning(`The comment could not be written: ${messageOf(thrown)} The job summary has it all.`, {
        title: 'No comment on the pull request',
      });
    }
  }
  return {};
}

function isNotPermitted(thrown: unknown): thrown is GitHubApiError {
  return thrown instanceof GitHubApiError && (thrown.kind === 'forbidden' || thrown.kind === 'not-found');
}

/**
 * The pull request of the event; or else the one that was merged, where a comment that is there is updated, and none
 * is made: a pull request that was never planned has nothing to do with the keys.
 */
async function findPlace({
  deps,
  context,
  mergedPullRequest,
}: PublishRequest): Promise<{ readonly pullRequest: number; readonly create: boolean } | undefined> {
  if (context.pullRequest !== undefined) return { pullRequest: context.pullRequest.number, create: true };
  try {
    const merged = await mergedPullRequest;
    return merged === undefined ? undefined : { pullRequest: merged.number, create: false };
  } catch (thrown) {
    if (!(thrown instanceof ActionError)) throw thrown;
    deps.log.debug(`No comment: ${thrown.what}`);
    return undefined;
  }
}

function describeRun({ deps, inputs, context, report, known }: PublishRequest): ReportInput {
  const record = approvalRecordOf(inputs, context, report, deps.log.redact);
  return {
    ...report,
    now: deps.clock.now(),
    command: inputs.command,
    alias: `alias/${inputs.alias}`,
    commentKey: inputs.commentKey,
    accountId: known['account-id'],
    versions: {
      action: ACTION_VERSION,
      terraform: known['terraform-version'],
      provider: known['aws-provider-version'],
    },
    source: { commit: context.sha ?? 'unknown', runUrl: context.runUrl },
    hidden: {
      marker: renderCommentMarker(markerKey(inputs)),
      ...(record === undefined ? {} : { approvalRecord: record }),
    },
  };
}

/** Only a plan that may be applied leaves a record by which it can be approved. */
function approvalRecordOf(
  { command, commentKey, destroys }: Inputs,
  context: RunContext,
  report: RunReport,
  redact: (text: string) => string,
): string | undefined {
  const { repository, pullRequest, sha } = context;
  const { plan, outcome } = report;
  // A destruction is approved by its digest alone: a pull request that is merged asks for no such thing.
  if (command !== 'plan' || destroys || outcome !== 'planned' || plan === undefined) return undefined;
  if (repository === undefined || pullRequest === undefined || sha === undefined) return undefined;
  return renderApprovalRecord({
    repository: `${repository.owner}/${repository.name}`,
    pullRequest: pullRequest.number,
    commentKey,
    commit: sha,
    digest: plan.digest,
    changes: fingerprintChanges(plan.model).map(({ line, hash }) => ({ line: redact(line), hash })),
  });
}

/** The ends of an apply after which its plan is not, or not all, applied. */
const UNFINISHED: ReadonlySet<ReportOutcome> = new Set(['refused', 'failed', 'cancelled']);

/**
 * What apply writes in the place of a plan keeps the plan's record until the plan has been applied, so that a run that
 * was refused, failed or was cancelled can be repeated. Only a record that nobody else edited is kept: writing it again
 * would make it this token's word. Once applied it goes, so that an old run can't be repeated by it.
 */
function withKeptRecord(
  input: ReportInput,
  report: RunReport,
  previous: MarkedComment | undefined,
): ReportInput {
  const applies = input.command === 'apply' || input.command === 'destroy';
  const unfinished = UNFINISHED.has(report.outcome) && report.verification === undefined;
  if (!applies || !unfinished || previous?.isLastEditOwn !== true) return input;
  const parsed = parseApprovalRecord(previous.body);
  if (parsed.found !== 'one') return input;
  const record = { ...parsed.record, begun: parsed.record.begun ?? begunOf(parsed.record, report) };
  return { ...input, hidden: { ...input.hidden, approvalRecord: renderApprovalRecord(record) } };
}

/** What a run that was let to apply the recorded plan began with. */
function begunOf({ digest }: ApprovalRecord, { plan, approval }: RunReport): ApprovalRecord['begun'] {
  const isBegun = approval?.approved === true && plan?.digest === digest;
  return isBegun ? begunChanges(plan.model) : undefined;
}

/** The keys in every Region, from the outputs of a run. */
export function keyResults(known: Outputs, primaryRegion: string): KeyResult[] {
  const aliases = known['alias-arns'] ?? {};
  return Object.entries(known['key-arns'] ?? {})
    .map(([region, keyArn]): KeyResult => ({
      region,
      role: region === primaryRegion ? 'primary' : 'replica',
      keyArn,
      aliasArn: aliases[region],
    }))
    .sort((a, b) => (a.role === b.role ? (a.region < b.region ? -1 : 1) : a.role === 'primary' ? -1 : 1));
}
