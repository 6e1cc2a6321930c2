/** The order of the report, and how it is made to fit. */

import { renderCost } from './cost.js';
import { clip, details, prose } from './markdown.js';
import { renderPicture } from './mermaid.js';
import { renderAccess } from './sections/access.js';
import { deletedStates, renderDeletion, TOLD_HERE } from './sections/deletion.js';
import { renderDrift } from './sections/drift.js';
import {
  renderApproval,
  renderFailure,
  renderFindings,
  renderKeyStates,
  renderNotes,
  renderUnsupported,
  renderShown,
} from './sections/findings.js';
import { renderFooter, renderOrigin } from './sections/footer.js';
import { renderPlanText } from './sections/plan-text.js';
import { renderRegions } from './sections/regions.js';
import type { ReportedPlan, ReportInput } from './types.js';
import { describeVerdict, stopsOf, type Verdict } from './verdict.js';
import { codeOf, countOf, OPEN_REGIONS, type Detail } from './vocabulary.js';
import type { Finding } from '../guard/finding.js';

/** From everything to the least that still says what happens. The first that leaves the plan some room is taken. */
const DETAILS: readonly Detail[] = [
  { rows: 200, values: 60, text: 1000 },
  { rows: 100, values: 40, text: 400 },
  { rows: 60, values: 20, text: 300 },
  { rows: 35, values: 10, text: 200 },
  { rows: 20, values: 6, text: 160 },
  { rows: 10, values: 4, text: 120 },
  { rows: 4, values: 2, text: 80 },
  { rows: 2, values: 1, text: 24 },
];

/** Room that the plan should have before tables are shortened for it; a plan that is shorter gets all it needs. */
const ROOM_FOR_PLAN = 4000;

/** The one sentence as escaped Markdown, with the comment key where there is one to tell apart. */
function renderTitle(input: ReportInput, verdict: Verdict, detail: Detail): string {
  const isDefault = input.alias === `alias/${input.commentKey}`;
  const key = isDefault ? '' : ` · ${codeOf(input.commentKey, detail)}`;
  return `${prose(verdict.title)}${key}`;
}

function verdictOf(input: ReportInput, detail: Detail): Verdict {
  return describeVerdict({ ...input, alias: clip(input.alias, detail.text) });
}

function renderVerdict(input: ReportInput, detail: Detail): string[] {
  const verdict = verdictOf(input, detail);
  const approval = input.approval?.approved === true ? clip(input.approval.says, detail.text) : '';
  return [
    `### ${verdict.symbol} ${renderTitle(input, verdict, detail)}`,
    prose([verdict.detail, approval].join(' ')),
  ].filter((block) => block !== '');
}

/** What calls for a decision or for help; directly under the verdict. */
function renderAlarms(input: ReportInput, detail: Detail): string[] {
  return [
    ...(input.failure === undefined ? [] : [renderFailure(input.failure, detail)]),
    ...renderFindings('CAUTION', stopsOf(input.plan?.findings).filter(isToldByFinding), detail),
    ...renderDeletion(input, detail),
    ...renderApproval(input.approval, detail),
    ...renderShown(input.shown, detail),
    ...renderKeyStates(otherStates(input), input.now, detail),
    ...(input.plan === undefined ? [] : renderWarnings(input.plan, input, detail)),
    ...renderNotes(input.notes, detail),
  ];
}

/** Deletions have a section of their own. */
function isToldByFinding({ rule }: Finding): boolean {
  return rule !== TOLD_HERE;
}

function otherStates(input: ReportInput): ReportInput['keyStates'] {
  const told = deletedStates(input);
  return input.keyStates?.filter((note) => !told.includes(note));
}

function renderWarnings(plan: ReportedPlan, { outcome }: ReportInput, detail: Detail): string[] {
  const isOver = outcome === 'applied';
  const ofSeverity = (severity: Finding['severity']): Finding[] =>
    plan.findings
      .filter((finding) => finding.severity === severity && isToldByFinding(finding))
      // What to do before apply is no advice after it.
      .map((finding) => (isOver ? { ...finding, wayOut: '' } : finding));
  return [
    ...renderFindings('WARNING', ofSeverity('warning'), detail),
    ...renderFindings('NOTE', ofSeverity('notice'), detail),
    ...renderUnsupported(plan.model.unsupported, detail),
  ];
}

/** The table says the same in less room than the picture of many Regions; and only a plan is still to be weighed. */
function foldPicture(picture: string, regions: number, { outcome }: ReportInput): string {
  if (outcome === 'planned' && regions <= OPEN_REGIONS) return picture;
  return details(`The picture of ${countOf(regions, 'Region')}`, [picture]);
}

/** The sections on a plan with changes, in the order in which a reviewer's questions come. */
function renderChanges(input: ReportInput, plan: ReportedPlan, detail: Detail): string[] {
  const { model, access } = plan;
  const picture = renderPicture(model.regions);
  return [
    ...renderRegions(input, detail),
    ...renderAccess({ model, access, accountId: input.accountId }, detail),
    renderCost(model),
    ...(picture === undefined ? [] : [foldPicture(picture, model.regions.length, input)]),
    ...renderDrift(model.drift, detail),
  ];
}

function renderDriftReport(input: ReportInput, plan: ReportedPlan, detail: Detail): string[] {
  const { model, access } = plan;
  const back = model.hasChanges ? ['#### What apply would do about it', ...renderRegions(input, detail)] : [];
  return [
    ...renderDrift(model.drift, detail),
    ...renderAccess({ model, access, accountId: input.accountId }, detail),
    ...back,
  ];
}

function renderBody(input: ReportInput, detail: Detail): string[] {
  const { plan } = input;
  if (plan === undefined) return renderRegions(input, detail);
  return input.command === 'drift'
    ? renderDriftReport(input, plan, detail)
    : renderChanges(input, plan, detail);
}

/** Nothing to review: the verdict, what is wrong in spite of that if anything is, and no more. */
function isQuiet(input: ReportInput): boolean {
  return input.outcome === 'no-changes' || input.outcome === 'in-sync';
}

function renderQuiet(input: ReportInput, detail: Detail): string[] {
  const verdict = verdictOf(input, detail);
  return [
    `${verdict.symbol} **${renderTitle(input, verdict, detail)}** ${renderOrigin(input, detail)}`,
    ...renderAlarms(input, detail),
    ...(input.verification === undefined ? [] : renderRegions({ ...input, plan: undefined }, detail)),
  ];
}

const join = (blocks: readonly string[]): string => blocks.filter((block) => block !== '').join('\n\n');

export interface LayoutOptions {
  readonly input: ReportInput;
  /** Hidden lines that go first and last; empty for none. */
  readonly top: string;
  readonly bottom: string;
  /** The most that `measure` may count. */
  readonly limit: number;
  readonly measure: (text: string) => number;
}

/** The report with as much of the plan as has room; undefined when this much detail does not fit. */
function layOut(options: LayoutOptions, detail: Detail, roomForPlan: number): string | undefined {
  const { input, top, bottom, limit, measure } = options;
  if (isQuiet(input)) {
    const quiet = join([top, ...renderQuiet(input, detail), bottom]);
    return measure(quiet) <= limit ? quiet : undefined;
  }
  const head = [
    top,
    ...renderVerdict(input, detail),
    ...renderAlarms(input, detail),
    ...renderBody(input, detail),
  ];
  const tail = [renderFooter(input, detail), bottom];
  const without = join([...head, ...tail]);
  const text = input.plan?.text ?? '';
  const room = limit - measure(without) - 2;
  if (text.trim() === '') return room + 2 >= 0 ? without : undefined;
  if (room < Math.min(roomForPlan, measure(text) + 200)) return undefined;
  return join([...head, renderPlanText({ text, room, measure, source: input.source }), ...tail]);
}

/**
 * The report within a limit: tables are shortened, with a count of what is missing, only when the plan could not have
 * `ROOM_FOR_PLAN` otherwise; then the plan is cut at a line end.
 * @returns undefined when not even the least of it fits beside the hidden lines
 */
export function renderWithin(options: LayoutOptions): string | undefined {
  for (const detail of DETAILS) {
    const report = layOut(options, detail, ROOM_FOR_PLAN);
    if (report !== undefined) return report;
  }
  const least = DETAILS.at(-1);
  return least === undefined ? undefined : layOut(options, least, 0);
}
