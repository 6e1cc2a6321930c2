import { stat } from 'node:fs/promises';
import path from 'node:path';
import type { RunContext } from '../runner/context.js';
import type { Deps } from '../deps.js';
import {
  parseApprovalRecord,
  renderApprovalRecords,
  type ApprovalRecord,
} from '../github/approval-record.js';
import type { GitHubClient } from '../github/client.js';
import { renderCommentMarker } from '../github/comments.js';
import { findMergedPullRequest } from '../github/merged-pull-request.js';
import type { RepositoryPlace } from '../github/repository.js';
import { readShared, type SharedInputs } from '../inputs/inputs.js';
import { inputSources } from '../inputs/sources.js';
import { assertNoProblems, groupMarker, groupOf, inputError, openKeysFile } from '../keys-file/resolve.js';
import type { Outputs } from '../outputs.js';
import { renderMany } from '../report/many/comment.js';
import { kindOf, renderHeadline, type ManyReports } from '../report/many/table.js';
import { COMMENT_LIMIT, SUMMARY_ROOM } from '../report/types.js';
import { originOf, type ReportFile } from '../report-files/file.js';
import { gatherReports } from '../report-files/gather.js';
import { writeSharedReport } from '../report-files/write.js';
import { openWithoutKey, writeStepOutputs } from '../run.js';
import { findWhyNotShown, writeComment, type Comment, type NoComment } from '../write-comment.js';
import { compareWithBase, sayRemoved } from './keys.js';

/**
 * `report`: one comment and one summary out of the reports that the jobs of a matrix of keys have left. No AWS, no
 * Terraform. A key that failed does not fail this command: its own job has, and the comment says so.
 * @throws ActionError with what is wrong with the step, the keys file or the folder
 */
export async function reportKeys(deps: Deps): Promise<void> {
  const sources = inputSources(deps.env);
  const shared = readShared(sources, 'report');
  const file = openKeysFile(sources);
  if (file !== undefined) assertNoProblems(file, file.document.problems, []);
  const folder = await openFolder(shared.reports, deps.env);
  const { context, client } = await openWithoutKey(deps, shared.githubToken);
  const gathered = await gatherReports(folder, originOf(context));
  for (const sentence of gathered.leftOut) deps.log.warning(sentence, { title: 'A report is left out' });
  const { changes } =
    file === undefined ? { changes: undefined } : await compareWithBase({ deps, client, context, file });
  const known = new Set(gathered.files.map(({ key }) => key));
  const names = file?.document.keys.map(({ name }) => name) ?? [];
  const expected = changes === undefined ? names : [...changes.added, ...changes.changed];
  const renamed = new Map(changes?.renamed.map(({ from, to }) => [from, to]));
  const missing = expected.filter((name) => !known.has(name));
  const reports: ManyReports = {
    files: gathered.files,
    missing,
    untouched: names.filter((name) => !known.has(name) && !missing.includes(name)).length,
    removed: (changes?.removed ?? []).map((name) => sayRemoved(name, renamed.get(name))),
    leftOut: gathered.leftOut,
    source: { commit: context.sha ?? 'unknown', runUrl: context.runUrl },
  };
  const outputs = {
    ...outputsOf(reports),
    ...(await publish({ deps, shared, context, client, group: groupOf(sources, file) }, reports)),
  };
  deps.log.info(String(renderHeadline(reports)));
  writeStepOutputs(deps, outputs);
}

async function openFolder(given: string, env: Deps['env']): Promise<string> {
  const folder = path.resolve(env['GITHUB_WORKSPACE'] ?? '.', given);
  const found = await stat(folder).catch(() => undefined);
  if (found?.isDirectory() !== true) {
    throw inputError(
      'reports',
      `${JSON.stringify(given)} is not a folder on this runner (actions/download-artifact makes none where no artifact has the name)`,
    );
  }
  return folder;
}

/** What later jobs decide by: only keys with something to do, and of these only those whose plan may be applied. */
function outputsOf({ files, missing }: ManyReports): Outputs {
  const planned = files.filter(({ report, hasWork }) => hasWork && isApplicable(report.outcome));
  const digests = planned.flatMap(({ key, report }) =>
    report.plan === undefined ? [] : [[key, report.plan.digest] as const],
  );
  const failed = missing.length > 0 || files.some((file) => ['failed', 'stopped'].includes(kindOf(file)));
  return {
    'changed-keys': planned.map(({ key }) => key),
    digests: Object.fromEntries(digests),
    'has-changes': planned.length > 0,
    drifted: files.some(({ report }) => report.outcome === 'drifted'),
    result: failed ? 'failed' : resultOf(files),
  };
}

function isApplicable(outcome: ReportFile['report']['outcome']): boolean {
  return outcome === 'planned' || outcome === 'no-changes';
}

/** The heaviest of what happened, where nothing failed. */
function resultOf(files: readonly ReportFile[]): Outputs['result'] & string {
  const outcomes = files.map(({ report }) => report.outcome);
  return (
    (['applied', 'drifted', 'planned', 'verified', 'in-sync'] as const).find((each) =>
      outcomes.includes(each),
    ) ?? 'no-changes'
  );
}

interface Publication {
  readonly deps: Deps;
  readonly shared: SharedInputs;
  readonly context: RunContext;
  readonly client: GitHubClient | undefined;
  readonly group: string;
}

/** Tells it in the summary, in a file, and in the comment where there is a pull request for it. */
async function publish(publication: Publication, reports: ManyReports): Promise<Outputs> {
  const { deps, shared } = publication;
  const within = (limit: number, measure: (text: string) => number): string =>
    `${renderMany({ reports, top: '', bottoms: [''], limit: limit - 1, measure })}\n`;
  const [, file, comment] = await Promise.all([
    deps.runner.addSummary(within(SUMMARY_ROOM, (text) => Buffer.byteLength(text))),
    // For an issue, whose limit is that of a comment.
    writeSharedReport(
      within(COMMENT_LIMIT, (text) => text.length),
      deps.env,
    ),
    wantsComment(shared, reports)
      ? writeComment(publication, (place) => findComment(publication, reports, place))
      : {},
  ]);
  return { 'report-path': file, ...comment };
}

function wantsComment({ comment }: SharedInputs, { files, missing, removed }: ManyReports): boolean {
  if (comment !== 'changes') return comment === 'always';
  return missing.length + removed.length > 0 || files.some((file) => kindOf(file) !== 'nothing');
}

function bodyOf(key: string, records: readonly ApprovalRecord[], reports: ManyReports): string {
  const short = records.map((record): ApprovalRecord => ({
    ...record,
    changes: undefined,
    values: undefined,
  }));
  const whole = renderApprovalRecords(records);
  return renderMany({
    reports,
    top: renderCommentMarker(key),
    bottoms: [
      ...(whole.length <= MOST_FOR_RECORDS ? [whole] : []),
      renderApprovalRecords(short),
      records.length === 0 ? '' : NO_ROOM_FOR_RECORDS,
    ],
    limit: COMMENT_LIMIT,
    measure: (text) => text.length,
  });
}

/** What is said of each approved change in words is worth this much room, in characters. */
const MOST_FOR_RECORDS = 20_000;

const NO_ROOM_FOR_RECORDS =
  '<sub>The approval records had no room here: approve these plans by their digests, with `approved-plan`.</sub>';

/**
 * Plans are shown on the open pull request, in the place of earlier ones. What was applied stands below, once for each
 * run: the plans stay as they were when the pull request was merged.
 * @returns undefined where no pull request has to do with the run
 */
async function findComment(
  { context, group }: Publication,
  reports: ManyReports,
  place: RepositoryPlace,
): Promise<Comment | NoComment | undefined> {
  const { files } = reports;
  const { pullRequest, sha, ref, runId, runAttempt } = context;
  if (pullRequest !== undefined) {
    const { number } = pullRequest;
    const hidden = await findWhyNotShown(context, { ...place, pullRequest: number });
    if (hidden !== undefined) return hidden;
    const key = groupMarker(group);
    return { pullRequest: number, key, body: bodyOf(key, recordsOf(files, context), reports) };
  }
  const applies = files.some(({ report }) => report.command === 'apply');
  if (!applies || sha === undefined || ref === undefined) return undefined;
  const merged = await findMergedPullRequest({ ...place, commit: sha, ref }).catch(() => undefined);
  if (merged === undefined) return undefined;
  const key = `applied:${group}:${runId ?? sha}.${runAttempt}`;
  return { pullRequest: merged.number, key, body: bodyOf(key, [], reports) };
}

/** The records of the plans that may be applied; one that says something else of itself than this run is none. */
function recordsOf(files: readonly ReportFile[], context: RunContext): ApprovalRecord[] {
  const { pullRequest, sha } = context;
  const { repository } = originOf(context);
  return files.flatMap(({ report }) => {
    const parsed = parseApprovalRecord(report.hidden.approvalRecord ?? '');
    if (parsed.found !== 'one') return [];
    const { record } = parsed;
    const isOwn =
      record.repository === repository &&
      record.pullRequest === pullRequest?.number &&
      record.commit === sha &&
      record.commentKey === report.commentKey &&
      record.digest === report.plan?.digest;
    return isOwn ? [record] : [];
  });
}
