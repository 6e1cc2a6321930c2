import { describe, expect, test, vi } from 'vitest';

import type { RunContext } from '../../../src/runner/context.js';
import { readRunContext } from '../../support/run-context.js';

const ENV = {
  GITHUB_ACTIONS: 'true',
  GITHUB_REPOSITORY: 'octo-org/octo-repo',
  GITHUB_SERVER_URL: 'https://ghe.example',
  GITHUB_API_URL: 'https://ghe.example/api/v3',
  GITHUB_GRAPHQL_URL: 'https://ghe.example/api/graphql',
  GITHUB_RUN_ID: '42',
  GITHUB_RUN_ATTEMPT: '1',
  GITHUB_REF: 'refs/pull/7/merge',
  GITHUB_SHA: 'f'.repeat(40),
  GITHUB_ACTOR: 'octocat',
  GITHUB_JOB: 'plan',
};
const HEAD = 'a'.repeat(40);

function pullRequestPayload(headRepository: object | null): unknown {
  return {
    pull_request: {
      number: 7,
      head: { sha: HEAD, ref: 'change', repo: headRepository },
      base: { ref: 'main', repo: { full_name: 'octo-org/octo-repo' } },
    },
  };
}

const OWN = pullRequestPayload({ full_name: 'octo-org/octo-repo' });
const FORKED = pullRequestPayload({ full_name: 'mallory/octo-repo', fork: true });

function read(eventName: string, payload: unknown, more: Record<string, string> = {}): Promise<RunContext> {
  return readRunContext({ ...ENV, GITHUB_EVENT_NAME: eventName, ...more }, payload);
}

describe('the context of a run', () => {
  test('has the repository, the places of the APIs and the page of the run', async () => {
    expect(await read('push', {})).toMatchObject({
      inActions: true,
      repository: { owner: 'octo-org', name: 'octo-repo' },
      serverUrl: 'https://ghe.example',
      apiUrl: 'https://ghe.example/api/v3',
      graphqlUrl: 'https://ghe.example/api/graphql',
      runId: '42',
      runAttempt: 1,
      runUrl: 'https://ghe.example/octo-org/octo-repo/actions/runs/42',
      actor: 'octocat',
      job: 'plan',
      payloadProblem: undefined,
    });
  });

  test('leads to the attempt that wrote the link', async () => {
    const context = await read('push', {}, { GITHUB_RUN_ATTEMPT: '3' });
    expect(context.runUrl).toBe('https://ghe.example/octo-org/octo-repo/actions/runs/42/attempts/3');
  });

  test.each(['pull_request', 'pull_request_review'])(
    "has a pull request's head as its commit on %s",
    async (event) => {
      const context = await read(event, OWN);
      expect(context.sha).toBe(HEAD);
      expect(context.pullRequest).toEqual({ number: 7, headSha: HEAD, fork: false });
      expect(context.isFork).toBe(false);
      expect(context.runsWithTargetSecrets).toBe(false);
    },
  );

  test.each([
    ['comes from another repository', FORKED],
    ['comes from a fork that is gone', pullRequestPayload(null)],
  ])('knows a pull request that %s for a fork', async (_, payload) => {
    expect((await read('pull_request', payload)).isFork).toBe(true);
  });

  test('does not take a pull request within a repository that is a fork for one from a fork', async () => {
    const payload = pullRequestPayload({ full_name: 'octo-org/octo-repo', fork: true });
    expect((await read('pull_request', payload)).isFork).toBe(false);
  });

  test('says when a pull request runs with the secrets of the target', async () => {
    const context = await read('pull_request_target', FORKED);
    expect(context).toMatchObject({ runsWithTargetSecrets: true, isFork: true, sha: HEAD });
  });

  test.each(['push', 'workflow_dispatch', 'schedule', 'merge_group'])(
    'has GITHUB_SHA as its commit on %s',
    async (event) => {
      const context = await read(event, { head_commit: { id: 'c'.repeat(40) } });
      expect(context).toMatchObject({
        eventName: event,
        sha: 'f'.repeat(40),
        pullRequest: undefined,
        isFork: false,
      });
    },
  );

  test.each(['pull_request', 'pull_request_target'])(
    'has what a pull request was merged as, on the branch, where %s is about one that is merged',
    async (event) => {
      const { pull_request: open } = OWN as { pull_request: object };
      const mergedAs = 'd'.repeat(40);
      const merged = { ...open, merged: true, merge_commit_sha: mergedAs };
      expect(await read(event, { action: 'closed', pull_request: merged })).toMatchObject({
        sha: mergedAs,
        ref: 'refs/heads/main',
        pullRequest: undefined,
      });
      const closed = { ...open, merged: false, merge_commit_sha: mergedAs };
      expect(await read(event, { action: 'closed', pull_request: closed })).toMatchObject({
        sha: HEAD,
        ref: 'refs/pull/7/merge',
        pullRequest: { number: 7 },
      });
    },
  );

  test("has the default branch's commit, and no pull request, where one was commented on", async () => {
    const context = await read(
      'issue_comment',
      { issue: { number: 7, pull_request: { url: 'x' } } },
      { GITHUB_REF: 'refs/heads/main' },
    );
    expect(context).toMatchObject({
      sha: 'f'.repeat(40),
      ref: 'refs/heads/main',
      pullRequest: undefined,
      commentedOn: 7,
      isFork: false,
    });
  });

  test('does not take an issue for a pull request', async () => {
    expect((await read('issue_comment', { issue: { number: 7 } })).commentedOn).toBeUndefined();
  });

  test.each([
    ['is no JSON', '{', {}, /JSON/],
    ['is empty', '', {}, /JSON/],
    ['cannot be read', undefined, { GITHUB_EVENT_PATH: '/nowhere/event.json' }, /ENOENT/],
  ])('goes on without a payload that %s, and says so', async (_, content, more, problem) => {
    const printed = vi.spyOn(process.stdout, 'write');
    const context = await readRunContext({ ...ENV, ...more }, content);
    expect(printed).not.toHaveBeenCalled();
    expect(context.pullRequest).toBeUndefined();
    expect(context.payloadProblem).toMatch(problem);
  });

  test.each([
    [null],
    [7],
    ['x'],
    [[]],
    [{ pull_request: 'x' }],
    [{ pull_request: { number: '7' } }],
    [{ issue: null }],
  ])('takes the payload %j for one without a pull request', async (payload) => {
    const context = await read('pull_request', payload);
    expect(context).toMatchObject({ pullRequest: undefined, commentedOn: undefined, isFork: false });
  });

  test('is empty for a local run', async () => {
    expect(await readRunContext({})).toEqual({
      inActions: false,
      repository: undefined,
      serverUrl: 'https://github.com',
      apiUrl: 'https://api.github.com',
      graphqlUrl: 'https://api.github.com/graphql',
      runId: undefined,
      runAttempt: 1,
      runUrl: undefined,
      eventName: '',
      ref: undefined,
      sha: undefined,
      pullRequest: undefined,
      commentedOn: undefined,
      isFork: false,
      runsWithTargetSecrets: false,
      actor: undefined,
      job: undefined,
      payloadProblem: undefined,
    });
  });

  test.each(['octo-repo', 'a/b/c', '../x y', ''])(
    'has no repository when the runner names it %j',
    async (name) => {
      expect((await read('push', {}, { GITHUB_REPOSITORY: name })).repository).toBeUndefined();
    },
  );
});
