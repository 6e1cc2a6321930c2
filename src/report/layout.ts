/** The order of the report, and how it is made to fit. */

import { renderCost } from './cost.js';
import { clip } from './escape.js';
import {
  asItIs,
  blocks,
  FULL,
  inSize,
  join,
  link,
  mark,
  NOTHING,
  short,
  sign,
  sized,
  some,
  words,
  type Markdown,
  type Size,
} from './markdown.js';
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
  renderShown,
  renderUnsupported,
} from './sections/findings.js';
import { renderPlanText } from './sections/plan-text.js';
import { renderRegions } from './sections/regions.js';
import type { ReportInput } from './types.js';
import { describeVerdict } from './verdict.js';

/** Room that the plan should have before tables are shortened for it; a plan that is shorter gets all it needs. */
const ROOM_FOR_PLAN = 4000;

/** The one sentence, with the comment key where there is one to tell apart. */
function renderTitle(input: ReportInput): Markdown {
  const title = sized(({ text }) =>
    words(describeVerdict({ ...input, alias: clip(input.alias, text) }).title),
  );
  return input.alias === `alias/${input.commentKey}` ? title : mark`${title} · ${input.commentKey}`;
}

function renderVerdict(input: ReportInput): Markdown {
  const { symbol, detail } = describeVerdict(input);
  const approval = input.approval?.approved === true ? input.approval.says : '';
  return blocks([
    mark`### ${sign(symbol)} ${renderTitle(input)}`,
    sized(({ text }) => words([detail, clip(approval, text)].join(' '))),
  ]);
}

/** What calls for a decision or for help; directly under the verdict. */
function renderAlarms(input: ReportInput): Markdown {
  const { plan, outcome, failure } = input;
  // Deletions have a section of their own.
  const findings = (plan?.findings ?? []).filter(({ rule }) => rule !== TOLD_HERE);
  // What to do before apply is no advice after it.
  const advice = outcome === 'applied' ? findings.map((finding) => ({ ...finding, wayOut: '' })) : findings;
  const deleted = deletedStates(input);
  return blocks([
    failure === undefined ? NOTHING : renderFailure(failure),
    renderFindings('stop', findings),
    renderDeletion(input),
    renderApproval(input.approval),
    renderShown(input.shown),
    renderKeyStates(
      input.keyStates?.filter((note) => !deleted.includes(note)),
      input.now,
    ),
    renderFindings('warning', advice),
    renderFindings('notice', advice),
    renderUnsupported(plan?.model.unsupported ?? []),
    renderNotes(input.notes),
  ]);
}

/** In the order in which a reviewer's questions come. */
function renderBody(input: ReportInput): Markdown {
  const { plan, command, outcome, accountId } = input;
  const regions = renderRegions(input);
  if (plan === undefined) return regions;
  const { model } = plan;
  const access = renderAccess(plan, accountId);
  const drift = renderDrift(model.drift);
  if (command === 'drift') {
    const back = model.hasChanges ? [mark`#### What apply would do about it`, regions] : [];
    return blocks([drift, access, ...back]);
  }
  const picture = renderPicture(model.regions, outcome === 'planned');
  return blocks([regions, access, renderCost(model), picture, drift]);
}

/** Where this came from, small: commit, what nobody should look for as it is not compared, and the run. */
function renderOrigin(
  { source: { commit, runUrl }, ignoredTags = [] }: ReportInput,
  digest = NOTHING,
  versions: readonly Markdown[] = [],
): Markdown {
  const parts = [
    digest,
    mark`commit ${commit.slice(0, 12)}`,
    ...versions,
    ignoredTags.length === 0 ? NOTHING : mark`tags left to others: ${some(ignoredTags, 'values', ' ')}`,
    runUrl === undefined ? NOTHING : link('run', runUrl),
  ];
  return mark`<sub>${join(parts, ' · ')}</sub>`;
}

/** The last visible line; a report of one line has less, as there is nothing to approve. */
function renderFooter(input: ReportInput): Markdown {
  const { versions, plan } = input;
  // Whole in every size: it is copied to approve the plan.
  const digest = plan === undefined ? NOTHING : mark`digest ${words(plan.digest)}`;
  return renderOrigin(input, digest, [
    versions.terraform === undefined ? NOTHING : mark`Terraform ${versions.terraform}`,
    versions.provider === undefined ? NOTHING : mark`AWS provider ${versions.provider}`,
    mark`aws-kms-multi-region-key ${versions.action}`,
  ]);
}

/** The report but for its plan, which takes the room that is left between head and tail. */
interface Parts {
  readonly head: Markdown;
  readonly planText: string;
  readonly tail: Markdown;
}

function partsOf(input: ReportInput): Parts {
  const { outcome, plan } = input;
  const alarms = renderAlarms(input);
  if (outcome !== 'no-changes' && outcome !== 'in-sync') {
    const head = blocks([renderVerdict(input), alarms, renderBody(input)]);
    return { head, planText: plan?.text ?? '', tail: renderFooter(input) };
  }
  // Nothing to review: the verdict, what is wrong in spite of that if anything is, and no more.
  const { symbol } = describeVerdict(input);
  const line = mark`${sign(symbol)} **${renderTitle(input)}** ${renderOrigin(input)}`;
  const checked = input.verification === undefined ? NOTHING : renderRegions({ ...input, plan: undefined });
  return { head: blocks([line, alarms, checked]), planText: '', tail: NOTHING };
}

export interface LayoutOptions {
  readonly input: ReportInput;
  /** Hidden lines that go first and last. */
  readonly top?: string;
  readonly bottom?: string;
  /** The most that `measure` may count. */
  readonly limit: number;
  readonly measure: (text: string) => number;
  /** Where the whole plan is when it has to be cut; left out: the job summary of the run. */
  readonly wholePlan?: Markdown;
}

/** What the longest short report may have of rows, of which more make it longer; undefined where not even one has room. */
function mostRows(fits: (rows: number) => boolean): number | undefined {
  if (!fits(1)) return undefined;
  let [most, tooMany] = [1, FULL.rows];
  while (tooMany - most > 1) {
    const rows = Math.floor((most + tooMany) / 2);
    if (fits(rows)) most = rows;
    else tooMany = rows;
  }
  return most;
}

/**
 * In full where the plan has its room then, or else short, with as many rows as fit. Of those who get in and had no access
 * before some are left out only where one row of everything else, and nothing of the plan, does not make room for all.
 */
function chooseSize(fits: (size: Size, roomForPlan: number) => boolean): Size | undefined {
  if (fits(FULL, ROOM_FOR_PLAN)) return FULL;
  const few = (rows: number): Size => ({ ...short(rows), strangers: Math.ceil(1.5 * rows) });
  for (const [make, room] of [
    [short, ROOM_FOR_PLAN],
    [short, 0],
    [few, 0],
  ] as const) {
    const rows = mostRows((each) => fits(make(each), room));
    if (rows !== undefined) return make(rows);
  }
  return undefined;
}

/**
 * The report within a limit: shortened, with a count of what is missing, only when the plan could not have `ROOM_FOR_PLAN`
 * otherwise; then the plan is cut at a line end.
 * @returns undefined when not even the least of it fits beside the hidden lines
 */
export function renderWithin(options: LayoutOptions): Markdown | undefined {
  const { top = '', bottom = '', limit, measure, input } = options;
  const { planText, head, tail } = partsOf(input);
  const around = (plan: Markdown): Markdown => blocks([asItIs(top), head, plan, tail, asItIs(bottom)]);
  const roomIn = (size: Size): number => limit - measure(around(NOTHING).at(size));
  const hasPlan = planText.trim() !== '';
  const wanted = hasPlan ? measure(planText) + 200 : 0;
  const size = chooseSize((each, roomForPlan) => {
    const room = roomIn(each);
    return hasPlan ? room - 2 >= Math.min(roomForPlan, wanted) : room >= 0;
  });
  if (size === undefined) return undefined;
  if (!hasPlan) return inSize(size, around(NOTHING));
  const { runUrl } = input.source;
  const summary = 'the job summary of the run';
  const whole = options.wholePlan ?? (runUrl === undefined ? words(summary) : link(summary, runUrl));
  const plan = renderPlanText({ text: planText, room: roomIn(size) - 2, measure, whole });
  return inSize(size, around(plan));
}
