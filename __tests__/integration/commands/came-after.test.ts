/** What voids an approval, by the state and by an emulated GitHub. */

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ACTIONS_BOT, type ChangedFile } from '../../../emulator/github/index.js';
import type { RunContext } from '../../../src/runner/context.js';
import type { LastApply } from '../../../src/plan/last-apply.js';
import type { PlanModel } from '../../../src/plan/types.js';
import { findWhatCameAfter, type CameAfterRequest } from '../../../src/commands/apply/came-after.js';
import { startGitHub, type GitHubWorld } from '../../support/github-world.js';
import { plan, row } from '../../support/plan-builder.js';

const NAME = 'octo-org/octo-repo';
const PLACE = { repository: NAME, number: 7 };
const BEFORE = '0'.repeat(40);
const MERGE = 'b'.repeat(40);
const NEXT = 'c'.repeat(40);
const PATCH = '@@ -1 +1 @@\n-a: 1\n+a: 2';
const REVERT = '@@ -1 +1 @@\n-a: 2\n+a: 1';

let world: GitHubWorld;

beforeEach(async () => {
  await open();
});

afterEach(() => world.stop());

/** #7 is merged into main, as its tip. */
async function open(visibility: { readonly private?: boolean } = {}): Promise<void> {
  world = await startGitHub({ repository: { fullName: NAME, ...visibility } });
  push(BEFORE);
  const files = [{ filename: 'key.yml', patch: PATCH }];
  world.github.addPullRequest({ ...PLACE, headSha: 'a'.repeat(40), files });
  world.github.mergePullRequest({ ...PLACE, method: 'squash', mergeCommitSha: MERGE });
}

function push(sha: string, more: { readonly files?: ChangedFile[]; readonly parent?: string } = {}): void {
  world.github.pushToBranch({ repository: NAME, branch: 'main', sha, ...more });
}

const by = (commit: string, runId: string | undefined): NonNullable<LastApply['begun']> => ({
  repository: NAME,
  commit,
  runId,
  attempt: 1,
});
const applied = (commit: string, runId?: string): LastApply => ({
  begun: by(commit, runId),
  done: by(commit, runId),
});

interface Asked {
  readonly last?: LastApply;
  readonly approval?: 'commit' | 'run';
  readonly context?: Partial<RunContext>;
  readonly state?: string;
  readonly model?: PlanModel;
  readonly token?: string;
  readonly request?: Partial<CameAfterRequest>;
}

/** A run for #7's merge, the first attempt unless told, on a key that was applied before it. */
async function ask({
  approval = 'commit',
  last = applied(BEFORE, '50'),
  token,
  ...asked
}: Asked = {}): Promise<string | undefined> {
  const client = await world.client(token === undefined ? {} : { token });
  const kept = plan([row({ region: 'ap-southeast-1' })]);
  return findWhatCameAfter({
    context: {
      repository: { owner: 'octo-org', name: 'octo-repo' },
      sha: MERGE,
      ref: 'refs/heads/main',
      runId: '100',
      runAttempt: 1,
      ...asked.context,
    } as RunContext,
    client,
    mergedPullRequest: { number: 7, headSha: 'a'.repeat(40), branch: 'main', mergedAt: 0 },
    model: { ...(asked.model ?? kept), lastApply: last },
    pullState: () => Promise.resolve(asked.state ?? ''),
    approval,
    ...asked.request,
  });
}

const nothing: LastApply = { begun: undefined, done: undefined };
const newKey = plan([row({ region: 'ap-southeast-1', key: { action: 'create' } })]);

describe.each(['commit', 'run'] as const)('an approval of a %s', (approval) => {
  test('holds for the tip of the branch, on a key that was applied before it', async () => {
    expect(await ask({ approval })).toBeUndefined();
  });

  test('holds on a key that is new', async () => {
    expect(await ask({ approval, last: nothing, model: newKey })).toBeUndefined();
  });

  test('holds for a run that is run again, where an apply was begun and stopped', async () => {
    const last = { begun: by(MERGE, '100'), done: by(BEFORE, '50') };
    expect(await ask({ approval, last, context: { runAttempt: 2 } })).toBeUndefined();
  });

  test('holds where the branch has gone on with something else and nothing newer was applied', async () => {
    push(NEXT, { files: [{ filename: 'README.md', patch: REVERT }] });
    expect(await ask({ approval })).toBeUndefined();
    push('d'.repeat(40), { files: [{ filename: 'key.yml', patch: '@@ -9 +9 @@\n-b: 1\n+b: 2' }] });
    expect(await ask({ approval })).toBeUndefined();
    expect(await ask({ approval, context: { runAttempt: 2 } })).toBeUndefined();
  });

  test('is used once', async () => {
    expect(await ask({ approval, last: applied(MERGE, '100'), context: { runAttempt: 2 } })).toContain(
      'an approval is used once',
    );
  });

  test('does not outlive a newer run that was applied', async () => {
    push(NEXT);
    const later = await ask({ approval, last: applied(NEXT, '200'), context: { runAttempt: 2 } });
    expect(later).toContain('This approval is older than what was applied to the key since');
    expect(later).toContain('commit ccccccc of octo-org/octo-repo by run 200');
  });

  test('does not outlive a newer run that was only begun', async () => {
    push(NEXT);
    const last = { begun: by(NEXT, '200'), done: by(BEFORE, '50') };
    expect(await ask({ approval, last })).toContain('This approval is older');
  });

  test('does not outlive a later commit that was applied, where no run has an id', async () => {
    push(NEXT);
    expect(await ask({ approval, last: applied(NEXT) })).toContain('This approval is older');
    expect(await ask({ approval, last: applied(BEFORE) })).toBeUndefined();
  });

  test('does not outlive a revert on the branch that was not applied', async () => {
    push(NEXT, { files: [{ filename: 'key.yml', patch: REVERT }] });
    const void_ = await ask({ approval });
    expect(void_).toContain('What pull request #7 changed was changed again on main');
    expect(void_).toContain('(key.yml)');
    expect(void_).toContain('the run of the newest commit applies both');
  });

  test('does not outlive the revert of its revert either: that has an approval of its own', async () => {
    push(NEXT, { files: [{ filename: 'key.yml', patch: REVERT }] });
    push('d'.repeat(40), { files: [{ filename: 'key.yml', patch: PATCH }] });
    expect(await ask({ approval })).toContain('was changed again on main');
  });

  test('does not outlive a forced push that took the commit off the branch', async () => {
    push(NEXT, { parent: BEFORE });
    expect(await ask({ approval })).toContain('Commit bbbbbbb is not on main any more');
  });

  test('is not known to hold where the branch changed more files than GitHub lists', async () => {
    const files = Array.from({ length: 300 }, (_, index) => ({ filename: `${index}.txt`, patch: '+x' }));
    push(NEXT, { files });
    expect(await ask({ approval })).toContain('GitHub does not list them all');
  });

  test('nor where the pull request did', async () => {
    const files = Array.from({ length: 3000 }, (_, index) => ({ filename: `${index}.txt`, patch: '+x' }));
    world.github.addPullRequest({ ...PLACE, number: 8, headSha: '8'.repeat(40), files });
    world.github.mergePullRequest({ ...PLACE, number: 8, method: 'squash', mergeCommitSha: '9'.repeat(40) });
    push(NEXT, { files: [{ filename: 'the-3001st.yml', patch: REVERT }] });
    const request = {
      mergedPullRequest: { number: 8, headSha: '8'.repeat(40), branch: 'main', mergedAt: 0 },
    };
    expect(await ask({ approval, context: { sha: '9'.repeat(40) }, request })).toContain(
      'GitHub does not list them all',
    );
  });

  test('is void in a run that is run again, where another repository has applied since', async () => {
    const last = {
      begun: { ...by(NEXT, '200'), repository: 'a/b' },
      done: { ...by(NEXT, '200'), repository: 'a/b' },
    };
    expect(await ask({ approval, last })).toBeUndefined();
    expect(await ask({ approval, last, context: { runAttempt: 2 } })).toContain(
      'last applied from another repository (commit ccccccc of a/b by run 200)',
    );
  });

  test('holds where another repository has begun to apply this very commit', async () => {
    const last = { begun: { ...by(MERGE, '200'), repository: 'a/b' }, done: by(BEFORE, '50') };
    expect(await ask({ approval, last, context: { runAttempt: 2 } })).toBeUndefined();
  });

  test('does not outlive the end of the key: an old run does not make it anew', async () => {
    const gone = { approval, last: nothing, model: newKey, state: '{"version":4,"resources":[]}' };
    expect(await ask({ ...gone, context: { runAttempt: 2 } })).toContain('The state does not say');
    push(NEXT);
    expect(await ask(gone)).toContain('The state does not say');
    // Nor does it make up for a state that never was: that is a first creation, run again.
    expect(await ask({ ...gone, state: '', context: { runAttempt: 2 } })).toBeUndefined();
  });

  test('of an old run is void on a key that is there and of which the state does not say', async () => {
    expect(await ask({ approval, last: nothing })).toBeUndefined();
    expect(await ask({ approval, last: nothing, context: { runAttempt: 2 } })).toContain(
      'The state does not say',
    );
    const model = plan([
      row({ region: 'ap-southeast-1' }),
      row({ region: 'ap-southeast-2', key: { action: 'create' } }),
    ]);
    expect(await ask({ approval, last: nothing, model, context: { runAttempt: 2 } })).toContain(
      'The state does not say',
    );
  });

  test('is compared with nothing outside of a repository', async () => {
    expect(await ask({ approval, context: { repository: undefined } })).toBeUndefined();
  });
});

describe('why an approval is void is said', () => {
  test.each<[string, 'commit' | 'run', string]>([
    [
      'of a run',
      'run',
      'This run has applied its plan before (commit bbbbbbb of octo-org/octo-repo by run 100)',
    ],
    [
      'of a commit',
      'commit',
      'What merging pull request #7 approved was applied before (commit bbbbbbb of octo-org/octo-repo by run 100)',
    ],
  ])('%s', async (_, approval, what) => {
    const used = await ask({ approval, last: applied(MERGE, '100') });
    expect(used).toContain(`${what}, and an approval is used once.`);
  });

  test('of a commit whose pull request is not known, applied outside of a workflow', async () => {
    const request = { mergedPullRequest: undefined };
    expect(await ask({ last: applied(MERGE), request })).toContain(
      'What merging this commit approved was applied before (commit bbbbbbb of octo-org/octo-repo), and',
    );
  });

  test.each([
    [3, '(0.yml, 1.yml, 2.yml)'],
    [5, '(0.yml, 1.yml, 2.yml and 2 more)'],
  ])('of %d files that were changed again', async (count, told) => {
    const files = Array.from({ length: count }, (_, at) => ({ filename: `${at}.yml`, patch: PATCH }));
    world.github.addPullRequest({ ...PLACE, number: 8, headSha: '8'.repeat(40), files });
    world.github.mergePullRequest({ ...PLACE, number: 8, method: 'squash', mergeCommitSha: '9'.repeat(40) });
    push(NEXT, { files: files.map((file) => ({ ...file, patch: REVERT })) });
    const mergedPullRequest = { number: 8, headSha: '8'.repeat(40), branch: 'main', mergedAt: 0 };
    expect(await ask({ context: { sha: '9'.repeat(40) }, request: { mergedPullRequest } })).toContain(told);
  });
});

describe('a forced push back to an older commit', () => {
  test('does not bring back what was approved there, although it is the tip again', async () => {
    push(NEXT);
    push(MERGE);
    expect(await ask({ last: applied(NEXT, '90') })).toContain('This approval is older');
  });
});

describe('a commit that was applied last and is on no branch', () => {
  test.each([
    ['is unknown to GitHub', 'e'.repeat(40)],
    ['was squashed away', 'f'.repeat(40)],
  ])('and %s leaves the tip its approval, and nothing else', async (_, commit) => {
    world.github.pushToBranch({ repository: NAME, branch: 'side', sha: 'f'.repeat(40), parent: BEFORE });
    expect(await ask({ last: applied(commit, '50') })).toBeUndefined();
    push(NEXT);
    expect(await ask({ last: applied(commit, '50') })).toContain('is not in the history of commit bbbbbbb');
    // A digest was approved in this very run, whose id says that it is the newer one.
    expect(await ask({ approval: 'run', last: applied(commit, '50') })).toBeUndefined();
    expect(await ask({ approval: 'run', last: applied(commit) })).toContain('is not in the history of');
  });
});

describe('without an answer of GitHub’s', () => {
  test('a digest goes on by the state and the run alone, a merge does not', async () => {
    world.github.addFault({ times: 100, effect: { kind: 'reset' } });
    expect(await ask({ approval: 'run' })).toBeUndefined();
    expect(await ask({ approval: 'run', last: applied(NEXT, '200') })).toContain('This approval is older');
    await expect(ask()).rejects.toThrow();
  });

  test.each(['none', 'read'] as const)(
    'so does it where the token may do no more than %s',
    async (access) => {
      await world.stop();
      await open({ private: true });
      world.github.addToken({ token: 'ghs_weak', ...ACTIONS_BOT, access, repositories: [] });
      expect(await ask({ approval: 'run', token: 'ghs_weak' })).toBeUndefined();
      expect(await ask({ token: 'ghs_weak' })).toContain('is not in the history of commit bbbbbbb');
    },
  );

  test('a run without a token is ordered by the state', async () => {
    const request = { client: undefined, mergedPullRequest: undefined };
    expect(await ask({ approval: 'run', request })).toBeUndefined();
    expect(await ask({ approval: 'run', request, last: applied(NEXT, '200') })).toContain(
      'This approval is older',
    );
    expect(await ask({ approval: 'run', request, last: nothing })).toBeUndefined();
    expect(await ask({ approval: 'run', request, last: applied(BEFORE) })).toBeUndefined();
    expect(await ask({ approval: 'run', request, last: nothing, context: { runAttempt: 2 } })).toContain(
      'The state does not say',
    );
  });
});
