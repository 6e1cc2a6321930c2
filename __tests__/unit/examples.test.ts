/** Every example, run from its file as GitHub's runner does, with the action's answers recorded: which jobs run, and what they ask for. */

import { readdirSync, readFileSync } from 'node:fs';
import { beforeEach, describe, expect, test } from 'vitest';
import type { GitHub } from '../../emulator/github/index.js';
import { INPUT_NAMES } from '../../src/inputs/table.js';
import { readShared } from '../../src/inputs/inputs.js';
import { inputSources } from '../../src/inputs/sources.js';
import { readStepInputs } from '../../src/keys-file/resolve.js';
import type { Start, StepCall, StepResult } from '../../testing/workflow.js';
import { EXAMPLE_STORIES } from '../support/example-stories.js';
import { withBlock } from '../support/inputs.js';
import { isAction, makeGitHub, play, type Played } from '../support/played-workflow.js';

const DIGEST = `sha256:${'d'.repeat(64)}`;
const PLANNED = { 'has-changes': 'true', 'plan-digest': DIGEST };
const ARNS = '{"ap-southeast-1":"arn:1","ap-southeast-2":"arn:2","ap-southeast-3":"arn:3"}';

let github: GitHub;
beforeEach(() => {
  github = makeGitHub();
});

type Answer = (call: StepCall) => Partial<StepResult> | undefined;

/** A plan with changes, and whatever else succeeds. */
const planned: Answer = ({ with: inputs }) =>
  inputs['command'] === 'plan' ? { outputs: PLANNED } : undefined;

const run = (name: string, start: Start, answer: Answer = planned, approves = true): Promise<Played> =>
  play(readFileSync(`examples/${name}.yml`, 'utf8'), start, { github, answer, approves });

const PULL_REQUEST = { event: 'pull_request', pullRequest: 1 } as const;
const FORK = { event: 'pull_request', pullRequest: 2 } as const;

function merged(): Start {
  github.mergePullRequest({ repository: 'octo-org/octo-repo', number: 1, method: 'squash' });
  return { event: 'push', pullRequest: 1 };
}

/** What each step of the action was to do, in order: `job: command`. */
const commandsOf = ({ calls }: Played): string[] =>
  calls.filter(isAction).map(({ job, with: inputs }) => `${job}: ${inputs['command'] ?? 'plan'}`);

const resultsOf = ({ jobs }: Played): Record<string, string> =>
  Object.fromEntries(Object.entries(jobs).map(([id, { result }]) => [id, result]));

/** Every way of starting an example that makes it call the action. */
const STARTS: Readonly<Record<string, () => Start>> = {
  'approve-by-pull-request': () => PULL_REQUEST,
  'call-reusable': () => PULL_REQUEST,
  destroy: () => ({ event: 'workflow_dispatch', inputs: { alias: 'aws_cb_cmk' } }),
  drift: () => ({ event: 'schedule' }),
  'enterprise-and-mirrors': () => PULL_REQUEST,
  'import-key': () => PULL_REQUEST,
  'merge-queue': () => PULL_REQUEST,
  'move-primary': () => PULL_REQUEST,
  'plan-and-apply': () => PULL_REQUEST,
  'required-check': () => PULL_REQUEST,
  'drift-many-keys': () => ({ event: 'schedule' }),
  'many-keys': () => PULL_REQUEST,
  'staging-to-production': () => PULL_REQUEST,
  'use-outputs': () => ({ event: 'workflow_dispatch' }),
};

test('every example is among those that run here; the reusable one is run by the one that calls it', () => {
  const files = readdirSync('examples').filter((file) => file.endsWith('.yml') && file !== 'kms-keys.yml');
  expect(files.sort()).toEqual(
    [...Object.keys(STARTS), 'kms-key-reusable'].map((name) => `${name}.yml`).sort(),
  );
});

test('every example also runs with the real Terraform, in a story', () => {
  const told = Object.values(EXAMPLE_STORIES).flatMap(({ examples }) => examples);
  expect(told.sort()).toEqual([...Object.keys(STARTS), 'kms-key-reusable'].sort());
});

const everything: Answer = (call) =>
  call.with['keys-file'] !== undefined || call.with['reports'] !== undefined
    ? ofMany(['orders', 'payments'])(call)
    : isAction(call)
      ? { outputs: { ...PLANNED, 'key-arns': ARNS } }
      : { outputs: { key: 'true' } };

describe.each(Object.entries(STARTS))('%s', (name, start) => {
  test('calls the action, with inputs that the action takes as they arrive', async () => {
    const played = await run(name, start(), everything);
    const calls = played.calls.filter(isAction);
    expect(calls).not.toEqual([]);
    const known = new Set<string>(INPUT_NAMES);
    for (const { with: inputs, payload } of calls) {
      expect(Object.keys(inputs).filter((input) => !known.has(input))).toEqual([]);
      if (inputs['command'] === 'keys' || inputs['command'] === 'report') {
        const sources = inputSources(withBlock(inputs));
        expect(() => readShared(sources, inputs['command'] as 'keys')).not.toThrow();
        continue;
      }
      const read = readStepInputs({
        env: { ...withBlock(inputs), GITHUB_WORKSPACE: '/work', GITHUB_EVENT_PATH: '/event' },
        readFile: (file) =>
          file === '/event'
            ? JSON.stringify(payload)
            : file.endsWith('kms-keys.yml')
              ? readFileSync('examples/kms-keys.yml', 'utf8')
              : '# a lock file',
        isFolder: () => true,
      });
      expect(read.command).toBe(inputs['command'] ?? 'plan');
    }
  });

  test('lets exactly the jobs ask for a token that assume a role', async () => {
    const { calls } = await run(name, start(), everything);
    const assuming = new Set(calls.filter((call) => 'role-to-assume' in call.with).map(({ job }) => job));
    for (const { job, env } of calls)
      expect([job, 'ACTIONS_ID_TOKEN_REQUEST_URL' in env]).toEqual([job, assuming.has(job)]);
  });
});

describe('a pull request from a fork', () => {
  const onPullRequests = Object.keys(STARTS).filter((name) => STARTS[name]?.() === PULL_REQUEST);
  test.each(onPullRequests.filter((name) => name !== 'enterprise-and-mirrors'))(
    '%s plans nothing: it would get no token',
    async (name) => {
      expect(commandsOf(await run(name, FORK, everything))).toEqual([]);
    },
  );
});

describe.each(['plan-and-apply', 'import-key', 'move-primary', 'approve-by-pull-request', 'merge-queue'])(
  '%s',
  (name) => {
    test('plans on the pull request, and applies nothing', async () => {
      expect(commandsOf(await run(name, PULL_REQUEST))).toEqual(['plan: plan']);
    });

    test('applies after the merge what was planned, once the reviewers of production let it through', async () => {
      const played = await run(name, merged());
      expect(commandsOf(played)).toEqual(['plan: plan', 'apply: apply']);
      expect(played.asked).toEqual(['production']);
      expect(played.calls[1]?.with['approved-plan']).toBe(
        name === 'approve-by-pull-request' ? 'pull-request' : DIGEST,
      );
    });

    test('applies nothing when they refuse', async () => {
      const played = await run(name, merged(), planned, false);
      expect(commandsOf(played)).toEqual(['plan: plan']);
      expect(resultsOf(played)).toEqual({ plan: 'success', apply: 'failure' });
    });

    test('asks nobody when there is nothing to change, or no plan', async () => {
      const start = merged();
      const none = await run(name, start, () => ({ outputs: { ...PLANNED, 'has-changes': 'false' } }));
      expect([resultsOf(none), none.asked]).toEqual([{ plan: 'success', apply: 'skipped' }, []]);
      const failed = await run(name, start, () => ({ exitCode: 1 }));
      expect([resultsOf(failed), failed.asked]).toEqual([{ plan: 'failure', apply: 'skipped' }, []]);
    });
  },
);

test('merge-queue plans on the queue\u2019s own commit, whose subject is the queue\u2019s branch', async () => {
  const played = await run('merge-queue', { event: 'merge_group', pullRequest: 1 });
  expect(commandsOf(played)).toEqual(['plan: plan']);
  expect(played.calls[0]?.env['GITHUB_REF']).toMatch(
    /^refs\/heads\/gh-readonly-queue\/main\/pr-1-[0-9a-f]{40}$/,
  );
});

test.each([
  ['plan-and-apply', '.github/workflows/kms-key.yml', true],
  ['plan-and-apply', 'README.md', false],
  ['many-keys', '.github/workflows/kms-keys.yml', true],
  ['many-keys', 'kms-keys.yml', true],
  ['many-keys', 'README.md', false],
  ['enterprise-and-mirrors', '.terraform.lock.hcl', true],
  ['merge-queue', 'README.md', true],
  ['required-check', 'README.md', true],
])('%s: a pull request that changes %s starts it: %s', async (name, file, started) => {
  expect((await run(name, { ...PULL_REQUEST, changedFiles: [file] }, everything)).started).toBe(started);
});

describe('required-check', () => {
  const check = (key: string, plan = 0): Promise<Played> =>
    run('required-check', PULL_REQUEST, (call) => {
      if (isAction(call)) return { exitCode: plan, outputs: PLANNED };
      if (call.job === 'changes') return { outputs: { key } };
      // As the script in the file decides; that it does is tried below with Bash.
      return { exitCode: call.env['CONCERNED'] === 'false' || call.env['PLAN'] === 'success' ? 0 : 1 };
    });

  test.each([
    ['the key is not concerned', 'false', 0, { changes: 'success', plan: 'skipped', required: 'success' }],
    ['its plan succeeds', 'true', 0, { changes: 'success', plan: 'success', required: 'success' }],
    ['its plan fails', 'true', 1, { changes: 'success', plan: 'failure', required: 'failure' }],
  ])('reports when %s', async (_, key, plan, results) => {
    expect(resultsOf(await check(key, plan))).toEqual(results);
  });
});

/** The answers of the commands for many keys, whatever else is asked. */
const ofMany =
  (changed: readonly string[], failing: readonly string[] = []): Answer =>
  (call) => {
    if (!isAction(call)) return undefined;
    const { command = 'plan', key = '' } = call.with;
    const applicable = changed.filter((name) => !failing.includes(name));
    if (command === 'keys')
      return {
        outputs: { keys: JSON.stringify(['orders', 'payments']), 'changed-keys': JSON.stringify(changed) },
      };
    if (command === 'report')
      return {
        outputs: {
          'changed-keys': JSON.stringify(applicable),
          digests: JSON.stringify(Object.fromEntries(applicable.map((name) => [name, `${DIGEST}-${name}`]))),
          'has-changes': String(applicable.length > 0),
          drifted: String(changed.length > 0),
        },
      };
    return {
      exitCode: failing.includes(key) ? 1 : 0,
      outputs: { ...PLANNED, 'report-path': `/tmp/${key}.md` },
    };
  };

describe('many-keys', () => {
  const both = ['orders', 'payments'];

  test('plans the keys that a pull request changes, and writes one comment', async () => {
    const played = await run('many-keys', PULL_REQUEST, ofMany(both));
    expect(commandsOf(played)).toEqual([
      'keys: keys',
      'plan (orders): plan',
      'plan (payments): plan',
      'report: report',
    ]);
    expect(resultsOf(played)).toMatchObject({ apply: 'skipped', applied: 'skipped' });
    const uploads = played.calls.filter(({ uses }) => uses?.startsWith('actions/upload-artifact@'));
    expect(uploads.map(({ with: { name } }) => name)).toEqual(['plan-0-1', 'plan-1-1']);
  });

  test('applies after the merge exactly what was planned, each key by its own digest', async () => {
    const played = await run('many-keys', merged(), ofMany(both));
    const applies = played.calls.filter((call) => isAction(call) && call.with['command'] === 'apply');
    expect(applies.map(({ with: inputs }) => [inputs['key'], inputs['approved-plan']])).toEqual(
      both.map((key) => [key, `${DIGEST}-${key}`]),
    );
    expect(new Set(played.asked)).toEqual(new Set(['production']));
    expect(commandsOf(played).at(-1)).toBe('applied: report');
  });

  test('leaves out the key whose plan failed, and tells of it', async () => {
    const played = await run('many-keys', merged(), ofMany(both, ['orders']));
    expect(commandsOf(played)).toEqual([
      ...['keys: keys', 'plan (orders): plan', 'plan (payments): plan', 'report: report'],
      ...['apply (payments): apply', 'applied: report'],
    ]);
    expect(resultsOf(played)).toMatchObject({ plan: 'failure', report: 'success', apply: 'success' });
  });

  test('asks nobody where no key changes', async () => {
    const played = await run('many-keys', merged(), ofMany([]));
    expect(commandsOf(played)).toEqual(['keys: keys']);
    expect(played.asked).toEqual([]);
  });
});

describe('drift-many-keys', () => {
  test.each([
    [['orders'], 'true'],
    [[], undefined],
  ])('looks at every key, and opens one issue where one drifted: %j', async (drifted, issue) => {
    const played = await run('drift-many-keys', { event: 'schedule' }, ofMany(drifted));
    expect(commandsOf(played)).toEqual([
      'keys: keys',
      'drift (orders): drift',
      'drift (payments): drift',
      'report: report',
    ]);
    const opened = played.calls.filter(({ run: script }) => script?.includes('gh issue create'));
    expect(opened).toHaveLength(issue === undefined ? 0 : 1);
  });
});

describe('call-reusable', () => {
  test('hands each key its inputs, and gets the ARNs back', async () => {
    const answer: Answer = ({ with: { command } }) => ({
      outputs: command === 'apply' ? { 'key-arns': ARNS } : PLANNED,
    });
    const played = await run('call-reusable', merged(), answer);
    expect(commandsOf(played)).toEqual(['plan: plan', 'apply: apply', 'plan: plan', 'apply: apply']);
    expect(played.calls.map(({ with: inputs }) => [inputs['alias'], inputs['replica-regions']])).toEqual([
      ['orders', 'ap-southeast-2'],
      ['orders', 'ap-southeast-2'],
      ['billing', ''],
      ['billing', ''],
    ]);
    expect(played.asked).toEqual(['production', 'production']);
    expect(played.jobs['orders']?.outputs).toEqual({ 'key-arns': ARNS });
  });
});

describe('staging-to-production', () => {
  const stagingWithout: Answer = ({ with: { command, alias } }) =>
    command === 'plan'
      ? { outputs: alias === 'orders-staging' ? { ...PLANNED, 'has-changes': 'false' } : PLANNED }
      : undefined;
  const stagingFails: Answer = (call) => (call.with['command'] === 'apply' ? { exitCode: 1 } : planned(call));

  test('asks for production only once staging is applied', async () => {
    expect((await run('staging-to-production', merged())).asked).toEqual(['staging', 'production']);
  });

  test('goes on to production where staging has nothing to do, and not where it failed', async () => {
    const start = merged();
    expect((await run('staging-to-production', start, stagingWithout)).asked).toEqual(['production']);
    expect((await run('staging-to-production', start, stagingFails)).asked).toEqual(['staging']);
  });
});

describe('destroy', () => {
  const start = { event: 'workflow_dispatch', inputs: { alias: 'aws_cb_cmk' } };

  test('shows first, and destroys what was shown with the alias as it was written', async () => {
    const played = await run('destroy', start);
    expect(commandsOf(played)).toEqual(['show: plan', 'destroy: destroy']);
    expect(played.calls[0]?.with['plan-destroy']).toBe('true');
    expect(played.calls[1]?.with).toMatchObject({ 'confirm-destroy': 'aws_cb_cmk', 'approved-plan': DIGEST });
  });

  test('asks nobody where the preview fails', async () => {
    const played = await run('destroy', start, () => ({ exitCode: 1 }));
    expect([played.asked, resultsOf(played)]).toEqual([[], { show: 'failure', destroy: 'skipped' }]);
  });
});

describe('drift', () => {
  test.each([
    ['true', 2],
    ['false', 1],
  ])('drifted %s: %d steps, the issue among them or not', async (drifted, steps) => {
    const played = await run('drift', { event: 'schedule' }, (call) =>
      isAction(call) ? { outputs: { drifted } } : undefined,
    );
    expect(played.calls).toHaveLength(steps);
  });
});

test('use-outputs picks one Region\u2019s key, and hands all of them on', async () => {
  const played = await run('use-outputs', { event: 'workflow_dispatch' }, (call) =>
    isAction(call) ? { outputs: { 'key-arns': ARNS } } : undefined,
  );
  const envOf = (job: string): StepCall['env'] | undefined =>
    played.calls.findLast((call) => call.job === job)?.env;
  expect(envOf('deploy')?.['KEY_ARN']).toBe('arn:2');
  expect(envOf('other-account')?.['KEY_ARNS']).toBe(ARNS);
  expect(envOf('terraform')?.['TF_VAR_kms_key_arns']).toBe(ARNS);
});
