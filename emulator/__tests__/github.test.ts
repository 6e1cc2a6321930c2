import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { ACTIONS_BOT, DEFAULT_GITHUB_TOKEN } from '../github/index.js';
import { findSchemaProblems, type OpenApi } from '../../__tests__/support/openapi-schema.js';
import { startGitHub, type GitHubWorld } from '../../__tests__/support/github-world.js';

const NAME = 'octo-org/octo-repo';
const PLACE = { repository: NAME, number: 7 };
const HEAD = 'a'.repeat(40);
const ADA = { login: 'ada', type: 'User' } as const;

const description = JSON.parse(
  readFileSync(
    createRequire(import.meta.url).resolve('@octokit/openapi/generated/api.github.com.json'),
    'utf8',
  ),
) as OpenApi;

let world: GitHubWorld;

beforeEach(async () => {
  world = await startGitHub();
  world.github.addPullRequest({ ...PLACE, headSha: HEAD });
});

afterEach(async () => {
  await world.stop();
});

interface Ask {
  /** That is expected; 200 when left out. */
  readonly status?: number;
  readonly method?: string;
  readonly token?: string;
  readonly body?: unknown;
}

interface Answered {
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
}

async function ask(
  path: string,
  { method = 'GET', token = DEFAULT_GITHUB_TOKEN, body }: Ask = {},
): Promise<Answered> {
  const response = await fetch(`${world.origin}/_github${path}`, {
    method,
    headers: token === '' ? {} : { authorization: `Bearer ${token}` },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return {
    status: response.status,
    headers: response.headers,
    body: text === '' ? undefined : JSON.parse(text),
  };
}

const query = (text: string, variables: Record<string, unknown> = {}): Promise<Answered> =>
  ask('/graphql', { method: 'POST', body: { query: text, variables } });

const addComments = (count: number): void => {
  for (let index = 1; index <= count; index += 1) {
    world.github.addComment({ ...PLACE, author: ADA, body: `Comment ${index}` });
  }
};

describe('the check of shapes', () => {
  const schema = { $ref: '#/components/schemas/issue-comment' };
  const check = (change: object): string[] =>
    findSchemaProblems(description, schema, {
      ...{
        id: 1,
        node_id: 'x',
        url: 'https://a/',
        html_url: 'https://a/',
        issue_url: 'https://a/',
        user: null,
      },
      ...{ created_at: '2026-01-01T00:00:00Z', updated_at: '2026-01-01T00:00:00Z' },
      ...change,
    });

  test.each<[string, object, string[]]>([
    ['nothing where all is well', {}, []],
    ['a wrong type', { id: 'x' }, ['$.id: "x" is not of type integer']],
    [
      'a value outside an enumeration',
      { author_association: 'X' },
      ['$.author_association: "X" is none of the values'],
    ],
    ['what is not a time', { created_at: 'now' }, ['$.created_at: now is not a time']],
    ['what is not an address', { url: 'x' }, ['$.url: x is not a URI']],
  ])('finds %s', (_, change, problems) => {
    expect(check(change)).toEqual(problems);
  });

  test('finds what is missing, also further down', () => {
    expect(check({ user: {} })).toContain('$.user: login is missing');
  });
});

describe("GitHub's REST API", () => {
  test.each<[string, string, string, Ask]>([
    ['users/get-authenticated', '/user', '/user', { token: 'ghp_ada' }],
    ['repos/get', '/repos/{owner}/{repo}', `/repos/${NAME}`, {}],
    ['pulls/get', '/repos/{owner}/{repo}/pulls/{pull_number}', `/repos/${NAME}/pulls/7`, {}],
    ['pulls/get of a merged one', '/repos/{owner}/{repo}/pulls/{pull_number}', `/repos/${NAME}/pulls/8`, {}],
    ['pulls/get from a fork', '/repos/{owner}/{repo}/pulls/{pull_number}', `/repos/${NAME}/pulls/9`, {}],
    [
      'repos/list-pull-requests-associated-with-commit',
      '/repos/{owner}/{repo}/commits/{commit_sha}/pulls',
      `/repos/${NAME}/commits/${'b'.repeat(40)}/pulls`,

      {},
    ],
    [
      'issues/list-comments',
      '/repos/{owner}/{repo}/issues/{issue_number}/comments',
      `/repos/${NAME}/issues/7/comments`,

      {},
    ],
    [
      'issues/create-comment',
      '/repos/{owner}/{repo}/issues/{issue_number}/comments',
      `/repos/${NAME}/issues/7/comments`,

      { status: 201, method: 'POST', body: { body: 'Hello.' } },
    ],
    [
      'issues/get-comment',
      '/repos/{owner}/{repo}/issues/comments/{comment_id}',
      `/repos/${NAME}/issues/comments/COMMENT`,

      {},
    ],
    [
      'issues/update-comment',
      '/repos/{owner}/{repo}/issues/comments/{comment_id}',
      `/repos/${NAME}/issues/comments/COMMENT`,

      { method: 'PATCH', body: { body: 'Hello again.' } },
    ],
    [
      'pulls/list-files',
      '/repos/{owner}/{repo}/pulls/{pull_number}/files',
      `/repos/${NAME}/pulls/7/files`,

      {},
    ],
    [
      'repos/compare-commits',
      '/repos/{owner}/{repo}/compare/{basehead}',
      `/repos/${NAME}/compare/${'d'.repeat(40)}...main`,

      {},
    ],
  ])('answers %s in the shape of its published description', async (_, template, path, options) => {
    const { status = 200 } = options;
    world.github.addToken({ token: 'ghp_ada', ...ADA });
    world.github.addPullRequest({ repository: NAME, number: 8, headSha: 'b'.repeat(40) });
    world.github.pushToBranch({ repository: NAME, branch: 'main', sha: 'd'.repeat(40) });
    world.github.mergePullRequest({ repository: NAME, number: 8, method: 'squash' });
    world.github.addPullRequest({
      repository: NAME,
      number: 9,
      headSha: HEAD,
      headRepository: 'ada/octo-repo',
    });
    const { id } = world.github.addComment({ ...PLACE, author: ACTIONS_BOT, body: 'One.' });
    const answer = await ask(`/api${path.replace('COMMENT', String(id))}`, options);
    expect(answer.status).toBe(status);
    const operation = description.paths[template]?.[(options.method ?? 'GET').toLowerCase()];
    const schema = operation?.responses[String(status)]?.content?.['application/json']?.schema;
    expect(schema).toBeDefined();
    expect(findSchemaProblems(description, schema ?? {}, answer.body)).toEqual([]);
    if (Array.isArray(answer.body)) expect(answer.body).not.toEqual([]);
  });

  describe('compares commits', () => {
    const [one, two, other] = ['1', '2', '3'].map((digit) => digit.repeat(40)) as [string, string, string];
    const push = (sha: string, more: object = {}): void => {
      world.github.pushToBranch({ repository: NAME, branch: 'main', sha, ...more });
    };
    const compare = async (basehead: string): Promise<unknown> =>
      (await ask(`/api/repos/${NAME}/compare/${basehead}`)).body;

    beforeEach(() => {
      push(one);
      push(two, { files: [{ filename: 'key.yml', patch: '@@ -1 +1 @@\n-a\n+b' }] });
    });

    test('by what the one has and the other has not', async () => {
      expect(await compare(`${two}...main`)).toMatchObject({ status: 'identical', files: [] });
      expect(await compare(`${two}...${one}`)).toMatchObject({ status: 'behind', behind_by: 1 });
      expect(await compare(`${one}...main`)).toMatchObject({
        status: 'ahead',
        commits: [{ sha: two }],
        files: [{ filename: 'key.yml', additions: 1, deletions: 1, patch: '@@ -1 +1 @@\n-a\n+b' }],
      });
    });

    test('that a forced push has taken apart', async () => {
      push(other, { parent: one });
      expect(await compare(`${two}...main`)).toMatchObject({
        status: 'diverged',
        ahead_by: 1,
        behind_by: 1,
        merge_base_commit: { sha: one },
      });
    });

    test('with both patches of a file that was changed twice', async () => {
      push(other, { files: [{ filename: 'key.yml', patch: '@@ -1 +1 @@\n-b\n+a' }] });
      const patch = '@@ -1 +1 @@\n-a\n+b\n@@ -1 +1 @@\n-b\n+a';
      expect(await compare(`${one}...main`)).toMatchObject({ files: [{ filename: 'key.yml', patch }] });
    });

    test('but none that it does not know', async () => {
      expect((await ask(`/api/repos/${NAME}/compare/${HEAD}...main`)).status).toBe(404);
    });
  });

  test('closes a pull request without a merge', async () => {
    world.github.closePullRequest(PLACE);
    expect((await ask(`/api/repos/${NAME}/pulls/7`)).body).toMatchObject({ state: 'closed', merged: false });
  });

  test('gives comments by pages, with links to the others', async () => {
    addComments(5);
    const second = await ask(`/api/repos/${NAME}/issues/7/comments?per_page=2&page=2`);
    expect((second.body as { body: string }[]).map(({ body }) => body)).toEqual(['Comment 3', 'Comment 4']);
    const link = (page: number): string =>
      `<${world.origin}/_github/api/repos/${NAME}/issues/7/comments?per_page=2&page=${page}>`;
    expect(second.headers.get('link')).toBe(
      `${link(1)}; rel="prev", ${link(3)}; rel="next", ${link(3)}; rel="last", ${link(1)}; rel="first"`,
    );
  });

  test('gives thirty a page unless told, and a hundred at most', async () => {
    addComments(120);
    const count = async (search: string): Promise<number> =>
      ((await ask(`/api/repos/${NAME}/issues/7/comments${search}`)).body as unknown[]).length;
    expect([await count(''), await count('?per_page=500'), await count('?per_page=100&page=2')]).toEqual([
      30, 100, 20,
    ]);
  });

  test.each<[string, string, Ask, string]>([
    ['no token', '/user', { token: '' }, '401 Requires authentication'],
    ['a wrong token', '/user', { token: 'wrong' }, '401 Bad credentials'],
    ['GITHUB_TOKEN asking who it is', '/user', {}, '403 Resource not accessible by integration'],
    ['a repository that is not there', '/repos/a/b', {}, '404 Not Found'],
    ['a pull request that is not there', `/repos/${NAME}/pulls/99`, {}, '404 Not Found'],
    [
      'a commit that is not there',
      `/repos/${NAME}/commits/${'e'.repeat(40)}/pulls`,
      {},

      '422 No commit found for SHA',
    ],
    ['comments of what is not there', `/repos/${NAME}/issues/99/comments`, {}, '404 Not Found'],
    ['a path it does not serve', `/repos/${NAME}/labels`, {}, '501 does not serve GET'],
    [
      'a write with a token that reads',
      `/repos/${NAME}/issues/7/comments`,
      { method: 'POST', token: 'ghs_fork', body: { body: 'x' } },

      '403 Resource not accessible by integration',
    ],
    [
      'a comment that is too long',
      `/repos/${NAME}/issues/7/comments`,
      { method: 'POST', body: { body: 'x'.repeat(65_537) } },

      '422 Validation Failed',
    ],
    [
      'an empty comment',
      `/repos/${NAME}/issues/7/comments`,
      { method: 'POST', body: { body: ' ' } },

      '422 Validation Failed',
    ],
    [
      'a comment that is no text',
      `/repos/${NAME}/issues/7/comments`,
      { method: 'POST', body: { body: 7 } },

      '422 Invalid request',
    ],
  ])('refuses %s', async (_, path, options, refusal) => {
    const [, status = '', message = ''] = /^(\d+) (.+)$/.exec(refusal) ?? [];
    world.github.addToken({ token: 'ghs_fork', ...ACTIONS_BOT, access: 'read' });
    const answer = await ask(`/api${path}`, options);
    expect(answer.status).toBe(Number(status));
    expect(answer.body).toMatchObject({ message: expect.stringContaining(message), status });
    expect(world.github.comments(PLACE)).toEqual([]);
  });

  test('takes a comment of exactly 65,536 characters, however wide they are', async () => {
    const body = '😀'.repeat(65_536);
    const answer = await ask(`/api/repos/${NAME}/issues/7/comments`, { method: 'POST', body: { body } });
    expect(answer.status).toBe(201);
  });

  test('hides a private repository from a token that is not for it', async () => {
    world.github.addRepository({ fullName: 'octo-org/secret', private: true });
    world.github.addToken({ token: 'ghs_other', ...ACTIONS_BOT, repositories: [NAME] });
    expect((await ask('/api/repos/octo-org/secret')).status).toBe(200);
    expect((await ask('/api/repos/octo-org/secret', { token: 'ghs_other' })).status).toBe(404);
  });

  test.each(['merge', 'squash', 'rebase'] as const)(
    'finds the pull request of a commit after a %s',
    async (method) => {
      const { mergeCommitSha } = world.github.mergePullRequest({ ...PLACE, method });
      const { body } = await ask(`/api/repos/${NAME}/commits/${mergeCommitSha ?? ''}/pulls`);
      expect(body).toEqual([
        expect.objectContaining({
          number: 7,
          state: 'closed',
          merge_commit_sha: mergeCommitSha,
          merged_at: expect.any(String),
        }),
      ]);
    },
  );

  test('deletes a comment', async () => {
    const { id } = world.github.addComment({ ...PLACE, author: ADA, body: 'x' });
    const path = `/api/repos/${NAME}/issues/comments/${id}`;
    expect((await ask(path, { method: 'DELETE' })).status).toBe(204);
    expect((await ask(path)).status).toBe(404);
  });
});

describe("GitHub's GraphQL API", () => {
  const comments = (fields: string, args = 'first: 100'): string =>
    `query ($number: Int!) { repository(owner: "octo-org", name: "octo-repo") { pullRequest(number: $number) {
      headRefOid comments(${args}) { totalCount nodes { ${fields} } pageInfo { hasNextPage endCursor hasPreviousPage } } } } }`;

  test('tells who wrote and who last edited a comment', async () => {
    const { id } = world.github.addComment({ ...PLACE, author: ACTIONS_BOT, body: 'One.' });
    await world.clock.sleep(1_000);
    world.github.editComment({ id, editor: ADA, body: 'Two.' });
    const fields = `databaseId body author { __typename login ... on Bot { databaseId } } editor { ...who } lastEditedAt
      includesCreatedEdit viewerDidAuthor createdAt`;
    const { body } = await query(`${comments(fields)} fragment who on Actor { login __typename }`, {
      number: 7,
    });
    expect(body).toMatchObject({
      data: {
        repository: {
          pullRequest: {
            headRefOid: HEAD,
            comments: {
              totalCount: 1,
              nodes: [
                {
                  databaseId: id,
                  body: 'Two.',
                  // Without `[bot]`, unlike in REST.
                  author: { __typename: 'Bot', login: 'github-actions', databaseId: 41898282 },
                  editor: { __typename: 'User', login: 'ada' },
                  lastEditedAt: '2026-11-01T00:00:01Z',
                  includesCreatedEdit: true,
                  viewerDidAuthor: true,
                  createdAt: '2026-11-01T00:00:00Z',
                },
              ],
            },
          },
        },
      },
    });
  });

  test('tells a token who it is', async () => {
    expect((await query('{ viewer { login } }')).body).toEqual({
      data: { viewer: { login: 'github-actions[bot]' } },
    });
  });

  test('finds a comment by the id that REST gave', async () => {
    const { id } = world.github.addComment({ ...PLACE, author: ADA, body: 'One.' });
    const rest = await ask(`/api/repos/${NAME}/issues/comments/${id}`);
    const { node_id } = rest.body as { node_id: string };
    const { body } = await query(
      'query ($id: ID!) { found: node(id: $id) { ... on IssueComment { body } id } }',
      { id: node_id },
    );
    expect(body).toEqual({ data: { found: { body: 'One.', id: node_id } } });
  });

  test('gives pages forwards and backwards', async () => {
    addComments(5);
    const page = async (args: string): Promise<unknown> => {
      const { body } = await query(comments('body', args), { number: 7 });
      return (body as { data: { repository: { pullRequest: { comments: unknown } } } }).data.repository
        .pullRequest.comments;
    };
    const cursor = ((await page('first: 2')) as { pageInfo: { endCursor: string } }).pageInfo.endCursor;
    expect(await page(`first: 2, after: "${cursor}"`)).toMatchObject({
      nodes: [{ body: 'Comment 3' }, { body: 'Comment 4' }],
      pageInfo: { hasNextPage: true, hasPreviousPage: true },
    });
    expect(await page('last: 1')).toMatchObject({
      nodes: [{ body: 'Comment 5' }],
      pageInfo: { hasNextPage: false, hasPreviousPage: true },
    });
  });

  test.each<[string, string, string]>([
    [
      'a field that it does not know',
      '{ viewer { login nonsense } }',
      'Cannot query field "nonsense" on type "User"',
    ],
    [
      'an argument that it does not know',
      '{ viewer(x: 1) { login } }',
      'Unknown argument "x" on field "Query.viewer"',
    ],
    ['an object without fields', '{ viewer }', 'must have a selection of subfields'],
    ['fields of a scalar', '{ viewer { login { x } } }', 'must not have a selection'],
    ['a type that it does not know', '{ viewer { ... on Nonsense { id } } }', 'Unknown type "Nonsense"'],
    ['a fragment that is missing', '{ viewer { ...gone } }', 'Unknown fragment "gone"'],
    ['a variable that is not declared', 'query { node(id: $id) { id } }', '"$id" is not defined'],
    ['a variable that is not used', 'query ($id: ID) { viewer { login } }', '"$id" is never used'],
    [
      'a variable that is not given',
      'query ($id: ID!) { node(id: $id) { id } }',
      '"$id" of required type "ID!" was not provided',
    ],
    [
      'a variable of another type',
      'query ($n: String!) { repository(owner: $n, name: $n) { pullRequest(number: $n) { id } } }',
      'used in position expecting type "Int!"',
    ],
    ['two fields under one name', '{ viewer { login login: id } }', 'conflict'],
    ['what is no query', '{ viewer { login }', 'Syntax Error'],
    ['signs that are none of the language', '{ viewer { login % } }', 'Syntax Error'],
  ])('answers %s with an error and no data', async (_, text, message) => {
    const { status, body } = await query(text);
    expect(status).toBe(200);
    expect(body).toEqual({
      errors: [expect.objectContaining({ message: expect.stringContaining(message) })],
    });
  });

  test('serves no mutation', async () => {
    const { body } = await query('mutation { addStar { id } }');
    expect(body).toMatchObject({
      data: null,
      errors: [{ message: 'Schema is not configured to execute mutation operation.' }],
    });
  });

  test.each<[string, string, string]>([
    ['a page that is too large', 'first: 101', 'EXCESSIVE_PAGINATION'],
    ['no size of the page', 'after: null', 'MISSING_PAGINATION_BOUNDARIES'],
    ['a cursor of its own making', 'first: 1, after: "x"', 'INVALID_CURSOR_ARGUMENTS'],
  ])('refuses %s', async (_, args, type) => {
    const { body } = await query(comments('id', args), { number: 7 });
    expect(body).toMatchObject({ errors: [{ type, path: ['repository', 'pullRequest', 'comments'] }] });
  });

  test('says what could not be found, beside what could', async () => {
    const { body } = await query(comments('id'), { number: 99 });
    expect(body).toEqual({
      data: { repository: { pullRequest: null } },
      errors: [
        {
          type: 'NOT_FOUND',
          path: ['repository', 'pullRequest'],
          locations: [{ line: expect.any(Number), column: expect.any(Number) }],
          message: 'Could not resolve to a PullRequest with the number of 99.',
        },
      ],
    });
  });

  test('refuses a wrong token', async () => {
    const answer = await ask('/graphql', {
      method: 'POST',
      token: 'wrong',
      body: { query: '{ viewer { login } }' },
    });
    expect(answer.status).toBe(401);
  });
});

describe("GitHub's OIDC provider", () => {
  const token = async (path: string, bearer: string): Promise<Answered> =>
    ask(`/oidc/${path}`, { token: bearer });

  test('describes itself, and serves the key that the emulator has', async () => {
    const configuration = await ask('/oidc/.well-known/openid-configuration', { token: '' });
    const { issuer, jwks_uri } = configuration.body as { issuer: string; jwks_uri: string };
    expect(issuer).toBe(world.github.issuer);
    expect(await (await fetch(jwks_uri)).json()).toEqual(world.github.jwks());
  });

  test('gives no token for a wrong bearer', async () => {
    expect((await token('token?audience=x', 'wrong')).status).toBe(401);
    expect(world.github.tokensIssued).toBe(0);
  });

  test('makes tokens that have expired when told so', async () => {
    const job = world.github.startJob({ tokenLifetimeSeconds: -10 });
    const { body } = await token('token?audience=x', job.requestToken);
    const { value } = body as { value: string };
    const claims = JSON.parse(Buffer.from(value.split('.')[1] ?? '', 'base64url').toString()) as {
      exp: number;
    };
    expect(claims.exp).toBe(world.clock.now() / 1_000 - 10);
  });

  test('changes what the default job is', async () => {
    world.github.changeDefaultJob({ environment: 'prod:eu', actor: 'ada' });
    const { body } = await token('token', world.github.env().ACTIONS_ID_TOKEN_REQUEST_TOKEN);
    const { value } = body as { value: string };
    expect(JSON.parse(Buffer.from(value.split('.')[1] ?? '', 'base64url').toString())).toMatchObject({
      sub: 'repo:octo-org/octo-repo:environment:prod%3Aeu',
      aud: 'https://github.com/octo-org',
      environment: 'prod:eu',
      actor: 'ada',
      job_workflow_ref: 'octo-org/octo-repo/.github/workflows/kms.yml@refs/heads/main',
    });
  });
});

describe('faults and the log of calls', () => {
  test('hit the named call as often as told', async () => {
    world.github.addFault({
      action: 'repos/get',
      times: 2,
      effect: { kind: 'secondary-rate-limit', retryAfterSeconds: 3 },
    });
    const statuses = [];
    for (const path of ['/user', `/repos/${NAME}`, `/repos/${NAME}`, `/repos/${NAME}`]) {
      statuses.push((await ask(`/api${path}`)).status);
    }
    expect(statuses).toEqual([403, 403, 403, 200]);
  });

  test('carry the call out and lose its answer when told so', async () => {
    world.github.addFault({ effect: { kind: 'reset', carriedOut: true } });
    const call = ask(`/api/repos/${NAME}/issues/7/comments`, { method: 'POST', body: { body: 'x' } });
    await expect(call).rejects.toThrow();
    expect(world.github.comments(PLACE)).toHaveLength(1);
    expect(world.calls).toEqual(['issues/create-comment 0']);
  });

  test('are forgotten when cleared', async () => {
    world.github.addFault({ effect: { kind: 'reset' } });
    world.github.clearFaults();
    expect((await ask(`/api/repos/${NAME}`)).status).toBe(200);
  });

  test('tell who called what', async () => {
    const seen: unknown[] = [];
    await world.stop();
    world = await startGitHub({ onCall: (call) => seen.push(call) });
    await ask(`/api/repos/${NAME}`);
    await ask('/oidc/token', { token: world.github.env().ACTIONS_ID_TOKEN_REQUEST_TOKEN });
    expect(seen).toEqual([
      { service: 'github', action: 'repos/get', status: 200, principal: 'github-actions[bot]' },
      { service: 'github', action: 'oidc/token', status: 200, principal: NAME },
    ]);
  });
});
