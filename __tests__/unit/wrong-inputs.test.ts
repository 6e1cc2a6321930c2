/** Wrong inputs are told wherever a failure is told: by whole runs, on an emulated GitHub. */

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parseApprovalRecord } from '../../src/github/approval-record.js';
import { renderCommentMarker } from '../../src/github/comments.js';
import { RecordedWorld, type Told } from '../support/recorded-run.js';

const ON_PULL_REQUEST = { event: 'pull_request', pullRequest: 1, runId: 1 } as const;
const ON_PUSH = { event: 'push', pullRequest: 1, runId: 2 } as const;
const PLAN = { plan: 'first-creation' };

let world: RecordedWorld;
beforeEach(async () => {
  world = await RecordedWorld.open();
});
afterEach(() => world.close());

const run = (inputs: Record<string, string>): Promise<Told> => world.run(inputs, PLAN, ON_PULL_REQUEST);

describe('a comment on the pull request and the summary', () => {
  test('tell every wrong input, each on its own line, in the place of the plan that was there', async () => {
    await run({});
    const told = await run({
      'account-ids': '44455556666, abc',
      verify: 'deep',
      'replica-regions': 'nowhere',
    });
    const [comment = '', ...others] = world.comments();
    expect(others).toEqual([]);
    expect(parseApprovalRecord(comment).found).toBe('none');
    for (const text of [comment, told.summary]) {
      expect(text).toContain('3 inputs are wrong:');
      for (const name of ['account-ids', 'verify', 'replica-regions'])
        expect(text).toMatch(new RegExp(`^> - .*\\b${name}\\b.*It must be.*Example: .*${name}`, 'm'));
      expect(text).toContain('Nothing was installed, called or changed.');
    }
    expect(told).toMatchObject({ failed: true, outputs: { result: 'failed' } });
    expect(told.outputs['comment-url']).toMatch(/#issuecomment-/);
    expect(told.outputs['report-path']).toBeDefined();
  });

  test.each([
    ['/lead', 'lead'],
    ['"lead"', 'lead'],
    ['alias/alias/lead', 'lead'],
    ['le\u200bad', 'lead'],
    ['a//b/', 'a/b'],
    ['', 'unknown'],
    ['--> @octocat <img src=x>', '--octocatimgsrcx'],
  ])('tell of the alias %j in the comment of %s, which the right one writes over', async (alias, key) => {
    const told = await run({ alias });
    const [comment = ''] = world.comments();
    expect(comment).toContain(renderCommentMarker(key));
    for (const text of [comment, told.summary]) {
      expect(text).toMatch(/alias.*(?:has|is|begins) .*It must be letters, digits/);
      expect(text.replaceAll(/`[^`]*`/g, '')).not.toMatch(/@octocat|<img/);
    }
    if (key === 'unknown' || key.startsWith('-')) return;
    await world.run({ alias: key }, PLAN, ON_PULL_REQUEST);
    expect(world.comments().filter((body) => body.includes(renderCommentMarker(key)))).toHaveLength(1);
    expect(world.comments()[0]).not.toContain('wrong');
  });

  test('keep to the comment key, and to `comment: never`', async () => {
    await run({ alias: '/lead', 'comment-key': 'production' });
    expect(world.comments()[0]).toContain(renderCommentMarker('production'));
    const told = await run({ alias: '/other', 'comment-key': 'silent', comment: 'never' });
    expect(world.comments()).toHaveLength(1);
    expect(told.summary).toContain('An input is wrong:');
  });

  test('of an apply stands below the plan that was merged, whose approval stays', async () => {
    await run({});
    world.merge();
    const told = await world.run({ command: 'apply', verify: 'deep' }, PLAN, ON_PUSH);
    const [plan = '', below = ''] = world.comments();
    expect(parseApprovalRecord(plan).found).not.toBe('none');
    expect(below).toContain('verify');
    expect(told.summary).toContain('An input is wrong:');
  });

  test('have no secret, whichever input it stands in', async () => {
    const secrets = {
      password: 'correct-horse-battery',
      query: 'tOkEn4711inTheQuery',
      pasted: 'wJalrXUtnFEMI0K7MDENGbPxRfiCYEXAMPLEKEY1',
    };
    const told = await run({
      alias: '/lead',
      'state-bucket': '',
      backend: 'pg',
      'backend-config': `conn_str=postgres://u:${secrets.password}@db/x\nthis is no setting`,
      'terraform-download-url': `https:/u:p@mirror/?token=${secrets.query} x`,
      'provider-mirror': `https://mirror.example/?token=${secrets.query}`,
      'role-to-assume': secrets.pasted,
    });
    expect(world.comments()).toHaveLength(1);
    for (const text of [...world.comments(), told.summary, ...told.annotations, told.log]) {
      expect(text).toMatch(/inputs are wrong/);
      for (const secret of Object.values(secrets)) expect(text).not.toContain(secret);
    }
  });
});

describe('a keys file with mistakes in it', () => {
  const MISSING = { 'keys-file': 'none.yml', alias: '' };

  test('is told in the summary of `keys`, and in summary and comment of a plan of a key', async () => {
    const keys = await run({ command: 'keys', ...MISSING });
    expect(keys.summary).toMatch(/^### ❌ `keys` failed\n\n> \[!CAUTION\]\n> \*\*An input is wrong:\*\*/);
    expect(keys.summary).toContain('cannot be read');
    expect(keys.outputs['result']).toBe('failed');
    const plan = await run({ ...MISSING, key: 'orders' });
    expect(plan.summary).toContain('cannot be read');
    expect(world.comments()[0]).toContain(renderCommentMarker('orders'));
  });
});
