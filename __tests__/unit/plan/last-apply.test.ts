import { describe, expect, test } from 'vitest';
import { digestPlan } from '../../../src/plan/digest.js';
import {
  isUnfinished,
  lastApplyOutputs,
  orderOf,
  readLastApply,
  renderAppliedBy,
  type AppliedBy,
} from '../../../src/plan/last-apply.js';
import { buildPlanModel } from '../../../src/plan/model.js';
import { hideStateNotes } from '../../../src/plan/state-notes.js';
import { planTextOf } from '../../../src/terraform/run.js';
import { goldenPlan } from './raw-plan.js';

const ONE: AppliedBy = {
  repository: 'octo-org/octo-repo',
  commit: '1'.repeat(40),
  runId: '100',
  attempt: 1,
};
const TWO: AppliedBy = { ...ONE, commit: '2'.repeat(40), runId: '200' };
const both = (by: AppliedBy): { begun: AppliedBy; done: AppliedBy } => ({ begun: by, done: by });

describe('what the state says of the last apply', () => {
  test.each([ONE, { ...TWO, runId: undefined, attempt: 12 }, { ...ONE, commit: 'a'.repeat(64) }])(
    'comes back as it was written: %j',
    (by) => {
      const outputs = lastApplyOutputs(by, ['module.primary']) as Record<string, { value: string }>;
      const values = Object.entries(outputs).map(([name, { value }]) => [
        name,
        value.replace('${timestamp()}', '2026-11-26T14:22:38Z'),
      ]);
      expect(readLastApply(Object.fromEntries(values) as Record<string, unknown>)).toEqual(both(by));
    },
  );

  test('waits, for being done, until all modules are applied', () => {
    expect(lastApplyOutputs(ONE, ['module.primary', 'module.replica'])).toMatchObject({
      last_apply: {
        value: expect.stringContaining('${timestamp()}'),
        depends_on: ['module.primary', 'module.replica'],
      },
    });
    expect(lastApplyOutputs(ONE, [])).toHaveProperty(
      'last_apply_begun.value',
      expect.not.stringContaining('$'),
    );
  });

  test.each<[string, Partial<AppliedBy>]>([
    ['a repository that is a template', { repository: 'octo-org/${file("x")}' }],
    ['a commit that is none', { commit: 'main' }],
    ['a run that is no number', { runId: '7 8' }],
  ])('is not written with %s', (_, change) => {
    expect(renderAppliedBy({ ...ONE, ...change })).toBeUndefined();
    expect(lastApplyOutputs({ ...ONE, ...change }, [])).toEqual({});
  });

  test.each([
    ...[undefined, 7, '', 'v2 octo-org/octo-repo'],
    ...[`${renderAppliedBy(ONE) ?? ''} a b`, `a ${renderAppliedBy(ONE) ?? ''}`],
  ])('is nothing in another form: %j', (value) => {
    expect(readLastApply({ last_apply_begun: value, last_apply: value })).toEqual({
      begun: undefined,
      done: undefined,
    });
  });
});

describe('in a plan', () => {
  const change = (before: string | null, after: string | null): object => ({
    actions: before === null ? ['create'] : after === null ? ['delete'] : ['update'],
    before,
    after,
    after_unknown: false,
  });
  const withOutputs = (name: string): Record<string, unknown> => {
    const raw = goldenPlan(name) as { output_changes?: object };
    const text = renderAppliedBy(ONE) ?? '';
    return {
      ...raw,
      output_changes: {
        ...raw.output_changes,
        last_apply: {
          ...change(`${text} 2026-11-26T14:22:38Z`, null),
          actions: ['update'],
          after_unknown: true,
        },
        last_apply_begun: change(text, null),
        state_of_alias: change('alias/a', 'alias/b'),
      },
    };
  };

  test.each(['no-change', 'account-added', 'first-creation', 'destroy'])(
    'of %s what the state notes is no change, not in the digest, and known',
    (name) => {
      const [without, model] = [goldenPlan(name), withOutputs(name)].map(buildPlanModel);
      expect(model?.lastApply).toEqual(both(ONE));
      expect(model?.notedAlias).toBe('alias/a');
      const rest = { lastApply: undefined, notedAlias: undefined };
      expect({ ...model, ...rest }).toEqual({ ...without, ...rest });
      expect(model && digestPlan(model)).toBe(without && digestPlan(without));
    },
  );

  test('nor are they in a description for people', () => {
    const outputs = [
      '  + key_arns         = (known after apply)',
      '  ~ last_apply       = "v1 a" -> (known after apply)',
      '  + last_apply_begun = "v1 b"',
      '  ~ state_of_alias   = "alias/a" -> "alias/b"',
    ];
    const text = [
      'Plan: 1 to add, 0 to change, 0 to destroy.',
      '',
      'Changes to Outputs:',
      ...outputs,
      '',
    ].join('\n');
    expect(hideStateNotes(text)).toBe(
      ['Plan: 1 to add, 0 to change, 0 to destroy.', '', 'Changes to Outputs:', outputs[0], ''].join('\n'),
    );
    const only = ['Plan: 1 to add.', '', 'Changes to Outputs:', ...outputs.slice(1), ''].join('\n');
    expect(hideStateNotes(only)).toBe('Plan: 1 to add.\n');
    const other = '      + last_apply = "a tag of that name"\n';
    expect(hideStateNotes(other)).toBe(other);
  });

  test('a description of nothing else says that nothing changes', () => {
    const printed = [
      'module.primary.aws_kms_key.this: Refreshing state... [id=mrk-1]',
      '',
      'Changes to Outputs:',
      '  - last_apply = "v1" -> null',
      '',
      'You can apply this plan to save these new output values to the Terraform',
      'state, without changing any real infrastructure.',
      '',
      '─────────────',
      '',
      'Saved the plan to: tfplan',
    ].join('\n');
    expect(planTextOf(printed)).toBe('No changes. Your infrastructure matches the configuration.\n');
  });
});

describe('the order of an apply and the last one', () => {
  const nothing = { begun: undefined, done: undefined };
  test.each([
    ['is not known where the state says nothing', nothing, ONE, 'unknown', 'unknown'],
    ['is over for what was applied to its end', both(ONE), ONE, 'used', 'used'],
    [
      'goes on for what was begun',
      { begun: ONE, done: TWO },
      { ...ONE, attempt: 2 },
      'nothing-later',
      'nothing-later',
    ],
    ['ends an old run after a newer one', both(TWO), ONE, 'later-run', 'later-run'],
    ['ends an old run after a newer one that was only begun', { begun: TWO, done: ONE }, ONE, 'used', 'used'],
    ['hangs on the commits for a newer run', both(ONE), TWO, 'other-commit', 'other-commit'],
    // Another workflow, with a key of its own for the comment, on the same commit.
    [
      'is over for the commit, and open for another run on it',
      both(ONE),
      { ...ONE, runId: '150' },
      'used',
      'nothing-later',
    ],
    ['ends an old run of the same commit', both({ ...ONE, runId: '150' }), ONE, 'used', 'later-run'],
    [
      'hangs on the commits where there are no runs',
      both({ ...TWO, runId: undefined }),
      ONE,
      'other-commit',
      'other-commit',
    ],
    [
      'hangs on the commits where the run is of another repository',
      both({ ...TWO, repository: 'a/b' }),
      ONE,
      'other-commit',
      'other-commit',
    ],
    [
      'hangs on the commits where the later run is of another repository',
      both({ ...TWO, repository: 'a/b', runId: '900' }),
      ONE,
      'other-commit',
      'other-commit',
    ],
    [
      'hangs on the commits where one run applied another commit',
      both({ ...TWO, runId: ONE.runId }),
      ONE,
      'other-commit',
      'other-commit',
    ],
    [
      'goes on for the first that was begun',
      { begun: ONE, done: undefined },
      ONE,
      'nothing-later',
      'nothing-later',
    ],
    [
      'goes on for a commit that another run of it has begun, which came later',
      { begun: { ...ONE, runId: '150' }, done: undefined },
      ONE,
      'nothing-later',
      'later-run',
    ],
    [
      'is not over for a run without an id',
      both({ ...ONE, runId: undefined }),
      { ...ONE, runId: undefined },
      'used',
      'nothing-later',
    ],
    [
      'compares run ids as numbers',
      both({ ...TWO, runId: '1000' }),
      { ...ONE, runId: '999' },
      'later-run',
      'later-run',
    ],
  ] as const)('%s', (_, last, now, ...expected) => {
    expect([orderOf(last, now, 'commit'), orderOf(last, now, 'run')]).toEqual(expected);
  });

  test.each([
    [{ begun: ONE, done: undefined }, true],
    [{ begun: { ...ONE, attempt: 2 }, done: ONE }, true],
    [both(ONE), false],
    [both(TWO), false],
    [{ begun: TWO, done: ONE }, false],
    [nothing, false],
  ])('an apply is unfinished or not: %j', (last, unfinished) => {
    expect(isUnfinished(last, ONE.commit)).toBe(unfinished);
  });
});
