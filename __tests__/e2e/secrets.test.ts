/** Secrets of a backend, given by mistake or rightly: nothing that a run writes, shows or leaves holds one. */

import { readdir, readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { ActionRun } from '../../demo/action.js';
import { startMainJob, type MainJob } from '../support/main-job.js';

vi.setConfig({ testTimeout: 900_000, hookTimeout: 900_000 });

const REPOSITORY = 'octo-org/octo-repo';
const place = { repository: REPOSITORY, number: 7 };
const HEAD = '1a'.repeat(20);

let job: MainJob;
beforeAll(async () => {
  job = await startMainJob({ github: { repository: { fullName: REPOSITORY } } });
  job.emulator.github.addPullRequest({ ...place, headSha: HEAD, baseRef: 'main' });
});
afterAll(() => job.stop());

const withBackend = (
  backend: string,
  config: string,
  more: Record<string, string> = {},
): Promise<ActionRun> =>
  job.run(
    {
      'replica-regions': '',
      'state-bucket': '',
      backend,
      'backend-config': config,
      'github-token': job.emulator.env['GITHUB_TOKEN'] ?? '',
      ...more,
    },
    { GITHUB_REPOSITORY: REPOSITORY, GITHUB_EVENT_NAME: 'pull_request', GITHUB_REF: 'refs/pull/7/merge' },
    {
      pull_request: {
        number: place.number,
        head: { sha: HEAD, repo: { full_name: REPOSITORY } },
        base: { ref: 'main', repo: { full_name: REPOSITORY } },
      },
    },
  );

/** Everything that the run has written, but for the words that tell the runner what to mask. */
async function allWritten(run: ActionRun): Promise<Record<string, string>> {
  const files = await readdir(run.temp, { recursive: true, withFileTypes: true });
  const texts = files
    .filter((entry) => entry.isFile() && !/terraform-provider-aws/.test(entry.name))
    .map(async (entry) => {
      const file = path.join(entry.parentPath, entry.name);
      return [file, await readFile(file, 'latin1')] as const;
    });
  return {
    ...Object.fromEntries(await Promise.all(texts)),
    log: run.stdout.replace(/^::add-mask::.*$/gm, ''),
    outputs: JSON.stringify(run.outputs),
    comments: job.emulator.github
      .comments(place)
      .map(({ body }) => body)
      .join('\n'),
  };
}

async function expectNowhere(run: ActionRun, secrets: readonly string[]): Promise<void> {
  const written = Object.entries(await allWritten(run));
  for (const secret of secrets)
    expect(written.filter(([, text]) => text.includes(secret)).map(([name]) => name)).toEqual([]);
}

describe('a mistake in an address does not show the password in it', () => {
  test.each([
    ['pg', 'conn_str=postgres://u:Pa55word-of-db@127.0.0.1:1x/db', ['Pa55word-of-db']],
    ['pg', 'conn_str=postgres://u:Pa55/word?of#db@127.0.0.1:5432/db', ['Pa55', 'word?of', 'of#db']],
    ['pg', 'con_str=postgres://u:Pa55word-of-db@127.0.0.1/db', ['Pa55word-of-db']],
    ['http', 'address=http://127.0.0.1:1x/state?token=T0ken-of-the-query', ['T0ken-of-the-query']],
    ['http', 'address=http://127.0.0.1:1/state\npasword=Pa55word-of-http', ['Pa55word-of-http']],
    ['consul', 'address=127.0.0.1:1\npath=p\nhttp_auth=user:Pa55word-of-consul', ['Pa55word-of-consul']],
  ])('%s: %s', async (backend, config, secrets) => {
    const failed = await withBackend(backend, config);
    expect(failed.exitCode).toBe(1);
    expect(failed.summary).not.toBe('');
    await expectNowhere(failed, secrets);
  });
});

describe('a backend that works with secrets', () => {
  let server: Server;
  let state: string | undefined;
  const seen: { readonly url: string; readonly authorization: string }[] = [];
  beforeEach(async () => {
    state = undefined;
    server = createServer((request, response) => {
      seen.push({ url: request.url ?? '', authorization: request.headers.authorization ?? '' });
      const chunks: Buffer[] = [];
      request
        .on('data', (chunk: Buffer) => chunks.push(chunk))
        .on('end', () => {
          if (request.method === 'POST') state = Buffer.concat(chunks).toString();
          response.statusCode = request.method === 'GET' && state === undefined ? 404 : 200;
          response.end(request.method === 'GET' ? state : '');
        });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterEach(() => new Promise((resolve) => server.close(resolve)));

  test('gets them with each command, and none is left in the folder of the run', async () => {
    const { port } = server.address() as AddressInfo;
    const config = `address=http://127.0.0.1:${port}/state?token=T0ken-of-the-query\nusername=u\npassword=Pa55word-of-http`;
    const applied = await withBackend('http', config, { command: 'apply', 'auto-approve': 'true' });
    expect(applied).toMatchObject({ exitCode: 0, outputs: { 'has-changes': 'true', verified: 'true' } });
    const basic = `Basic ${Buffer.from('u:Pa55word-of-http').toString('base64')}`;
    expect(new Set(seen.map(({ url, authorization }) => `${url} ${authorization}`))).toEqual(
      new Set([`/state?token=T0ken-of-the-query ${basic}`]),
    );
    expect(state).toContain('aws_kms_key');
    await expectNowhere(applied, ['T0ken-of-the-query', 'Pa55word-of-http', basic]);
    const folder = path.dirname(applied.outputs['plan-json-path'] ?? '');
    expect((await readdir(folder)).sort()).toEqual(['plan.json', 'plan.txt']);
  });
});
