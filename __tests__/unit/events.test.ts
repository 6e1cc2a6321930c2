/** docs/events.md, row by row: each event as GitHub's emulator sends it, read by the action. */

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { EVENT_NAMES, type EventName } from '../../emulator/github/index.js';
import type { RunContext } from '../../src/runner/context.js';
import { startGitHub } from '../support/github-world.js';
import { readRunContext } from '../support/run-context.js';

const REPOSITORY = 'octo-org/octo-repo';
const HEAD = 'a'.repeat(40);
const PAGE = readFileSync('docs/events.md', 'utf8');

interface Row {
  readonly name: string;
  readonly event: EventName;
  readonly merged: boolean;
  readonly commit: string;
  readonly comment: string;
  readonly subject: string;
}

const ROWS: readonly Row[] = [
  ...PAGE.matchAll(/^\| `(\w+)`( \(merged\))? *\|([^|]+)\|([^|]+)\| `([^`|]+)` *\|/gm),
].map(([, event = '', merged = '', commit = '', comment = '', subject = '']) => ({
  name: `${event}${merged}`,
  event: event as EventName,
  merged: merged !== '',
  commit: commit.trim(),
  comment: comment.trim(),
  subject,
}));

/** What a run of the event finds: its context, and the subject of its token. */
async function start({
  event,
  merged,
}: Row): Promise<{ context: RunContext; subject: string; commits: Record<string, string> }> {
  const world = await startGitHub();
  try {
    const { github } = world;
    github.addPullRequest({ repository: REPOSITORY, number: 1, headSha: HEAD });
    const base = github.pushToBranch({ repository: REPOSITORY, branch: 'main', sha: 'b'.repeat(40) }).sha;
    const mergedAs = merged
      ? github.mergePullRequest({ repository: REPOSITORY, number: 1, method: 'squash' }).mergeCommitSha
      : undefined;
    const about = ['push', 'workflow_dispatch', 'schedule', 'release'].includes(event)
      ? {}
      : { pullRequest: 1 };
    const { env, payload } = github.startEvent({ event, ...about });
    const context = await readRunContext({ ...env, GITHUB_ACTIONS: 'true' }, payload);
    const answer = await fetch(env['ACTIONS_ID_TOKEN_REQUEST_URL'] ?? '', {
      headers: { authorization: `Bearer ${env['ACTIONS_ID_TOKEN_REQUEST_TOKEN'] ?? ''}` },
    });
    const { value } = (await answer.json()) as { value: string };
    const claims = JSON.parse(Buffer.from(value.split('.')[1] ?? '', 'base64url').toString()) as {
      sub: string;
    };
    const group = (payload['merge_group'] as { head_sha?: string } | undefined)?.head_sha;
    const commits = {
      [HEAD]: "the pull request's head",
      ...(mergedAs === undefined ? {} : { [mergedAs]: 'what it was merged as' }),
      ...(group === undefined ? {} : { [group]: "the merge group's own" }),
      [base]: 'base',
    };
    return { context, subject: claims.sub, commits };
  } finally {
    await world.stop();
  }
}

test('the page has a row for every event that is known', () => {
  expect([...new Set(ROWS.map(({ event }) => event))].sort()).toEqual([...EVENT_NAMES].sort());
});

test.each(ROWS.map((row) => [row.name, row] as const))(
  'docs/events.md says of %s what a run of it finds',
  async (_, row) => {
    const { context, subject, commits } = await start(row);
    const commit = commits[context.sha ?? ''];
    expect(
      ["the branch's", "the default branch's", "the tag's"].includes(row.commit) ? 'base' : row.commit,
    ).toBe(commit);
    expect(context.pullRequest === undefined ? 'no comment' : 'the pull request').toBe(row.comment);
    expect(subject.startsWith(`repo:${REPOSITORY}:${row.subject.replace('…', '')}`)).toBe(true);
    expect(row.subject.endsWith('…') || subject.endsWith(row.subject)).toBe(true);
  },
);
