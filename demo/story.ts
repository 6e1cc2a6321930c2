import type { ActionRun } from './action.js';
import { letInByHand, mergePullRequest, openPullRequest, type Job, type Stage } from './stage.js';

/** One chapter of the story: what happens before it, what the job is given, and how it has to end. */
export interface Chapter extends Job {
  readonly title: string;
  /** What people do before the job runs. */
  readonly before?: (stage: Stage) => unknown;
  /** True for a job behind an environment: its reviewers let through the digest that was planned last. */
  readonly approvedByReviewers?: true;
  /** Which pull request's comment is shown afterwards, and whether all of it in a demo that shows all. */
  readonly comment?: { readonly of: number; readonly show: 'all' | 'verdict' };
  /** The outputs that are shown beside the usual ones. */
  readonly outputs?: readonly string[];
  /** 0 unless told. */
  readonly exitCode?: number;
  /** What must be so afterwards, or the demo fails. */
  readonly expect: (run: ActionRun) => string | undefined;
}

const FIRST = 7;
const SECOND = 8;
const AGAIN = 9;
const THIRD = 10;

const article = {
  'primary-region': 'ap-southeast-1',
  'replica-regions': 'ap-southeast-2, ap-southeast-3',
  alias: 'aws_cb_cmk',
  'account-ids': '111122223333, 044455556666',
  description: 'CMK for AWS CB Blog',
};
const wider = { ...article, 'account-ids': '111122223333, 044455556666, 777788889999' };
const grown = {
  ...wider,
  'replica-regions': 'ap-southeast-2, ap-southeast-3, ap-northeast-1',
  alias: 'aws_cb_cmk_v2',
  'state-key': 'aws-kms-multi-region-key/aws_cb_cmk.tfstate',
};
const auto = { command: 'apply', 'auto-approve': 'true' };

export const STORY: readonly Chapter[] = [
  {
    title: 'A pull request: Singapore, Sydney and Jakarta are planned and commented',
    before: (stage) => {
      openPullRequest(stage, FIRST);
    },
    with: { ...article, command: 'plan' },
    on: { pullRequest: FIRST },
    comment: { of: FIRST, show: 'all' },
    outputs: ['plan-digest'],
    expect: ({ outputs }) => (outputs['comment-url'] ? undefined : 'there is no comment'),
  },
  {
    title:
      'Merged, and let through by the reviewers of the environment: exactly the approved plan, and the proof',
    before: (stage) => {
      mergePullRequest(stage, FIRST);
    },
    with: { ...article, command: 'apply', verify: 'crypto' },
    on: { mergeOf: FIRST },
    approvedByReviewers: true,
    comment: { of: FIRST, show: 'verdict' },
    outputs: ['key-id'],
    expect: (run) => keysProblem(run, 3) ?? verifiedProblem(run),
  },
  {
    title: 'Plan again: nothing to do',
    with: { ...article, command: 'plan' },
    on: { mergeOf: FIRST },
    expect: noChangesProblem,
  },
  {
    title: 'A second pull request: the key policy gets wider, by one account',
    before: (stage) => {
      openPullRequest(stage, SECOND);
    },
    with: { ...wider, command: 'plan' },
    on: { pullRequest: SECOND },
    comment: { of: SECOND, show: 'all' },
    expect: ({ outputs }) => (outputs['to-change'] === '3' ? undefined : 'not three policies change'),
  },
  {
    title: 'It is merged, but meanwhile somebody let another account into Sydney by hand: refused',
    before: async (stage) => {
      await letInByHand(stage, 'ap-southeast-2', '888899990000');
      mergePullRequest(stage, SECOND);
    },
    with: { ...wider, command: 'apply', 'approved-plan': 'pull-request' },
    on: { mergeOf: SECOND },
    comment: { of: SECOND, show: 'verdict' },
    exitCode: 1,
    expect: ({ stdout }) =>
      /planned, and not approved: ap-southeast-2: .*888899990000\S* loses/.test(stdout)
        ? undefined
        : 'it does not say what differs from the approved plan',
  },
  {
    title: 'A pull request of its own, for its reviewers to see that the account goes again',
    before: (stage) => {
      openPullRequest(stage, AGAIN);
    },
    with: { ...wider, command: 'plan' },
    on: { pullRequest: AGAIN },
    comment: { of: AGAIN, show: 'all' },
    expect: ({ outputs }) => (outputs['comment-url'] ? undefined : 'there is no comment'),
  },
  {
    title: 'Merged, and by that approved: applied and verified',
    before: (stage) => {
      mergePullRequest(stage, AGAIN);
    },
    with: { ...wider, command: 'apply', 'approved-plan': 'pull-request' },
    on: { mergeOf: AGAIN },
    comment: { of: AGAIN, show: 'verdict' },
    expect: (run) => keysProblem(run, 3) ?? verifiedProblem(run),
  },
  {
    title: 'Merged without a review, with auto-approve: one more Region, Tokyo, and another alias',
    before: (stage) => {
      openPullRequest(stage, THIRD);
      mergePullRequest(stage, THIRD);
    },
    with: { ...grown, ...auto, 'rename-alias-from': 'aws_cb_cmk' },
    on: { mergeOf: THIRD },
    expect: (run) =>
      keysProblem(run, 4) ??
      (run.outputs['to-change'] === '0' ? undefined : `to-change is ${run.outputs['to-change'] ?? ''}`),
  },
  {
    title: 'At night: somebody let an account into Jakarta by hand, and drift says who can decrypt now',
    before: (stage) => letInByHand(stage, 'ap-southeast-3', '888899990000'),
    with: { ...grown, command: 'drift' },
    on: { mergeOf: THIRD },
    expect: ({ outputs, stdout }) =>
      outputs['drifted'] === 'true' &&
      stdout.includes('replica key in ap-southeast-3 changed outside Terraform')
        ? undefined
        : 'the drift is not told',
  },
  {
    title: 'Destroy, with confirmation',
    with: { ...grown, ...auto, command: 'destroy', 'confirm-destroy': 'aws_cb_cmk_v2' },
    on: { mergeOf: THIRD },
    expect: ({ outputs }) =>
      outputs['to-destroy'] === '8' ? undefined : `to-destroy is ${outputs['to-destroy'] ?? ''}`,
  },
];

function noChangesProblem({ outputs }: ActionRun): string | undefined {
  return outputs['has-changes'] === 'false'
    ? undefined
    : `expected no changes, but: ${outputs['plan-summary'] ?? ''}`;
}

function verifiedProblem({ outputs }: ActionRun): string | undefined {
  return outputs['verified'] === 'true' ? undefined : 'the keys are not verified';
}

/** The keys must be one key: the same `mrk-` id in every Region. */
function keysProblem({ outputs }: ActionRun, count: number): string | undefined {
  const id = outputs['key-id'] ?? '';
  if (!/^mrk-[0-9a-f]{32}$/.test(id)) return `key-id is ${JSON.stringify(id)}`;
  const arns = Object.entries(JSON.parse(outputs['key-arns'] ?? '{}') as Record<string, string>);
  const wrong = arns.find(([region, arn]) => !arn.includes(`:${region}:`) || !arn.endsWith(`:key/${id}`));
  return wrong === undefined && arns.length === count
    ? undefined
    : `key-arns is ${outputs['key-arns'] ?? ''}`;
}
