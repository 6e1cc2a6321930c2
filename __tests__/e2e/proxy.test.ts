import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { readFile } from 'node:fs/promises';
import type { ActionRun } from '../../demo/action.js';
import { describeRelease, releaseTarget } from '../../src/terraform/install/release.js';
import { startMainJob, type MainJob } from '../support/main-job.js';
import { createSigningKey, makeZip, ReleaseServer } from '../support/release-server.js';
import { tempFolder } from '../support/temp-folder.js';
import { findTerraform } from '../support/terraform.js';
import { copyActionTrusting } from '../support/trusting-action.js';
import { startProxiedNetwork, type ProxiedNetwork } from '../support/proxied-network.js';

vi.setConfig({ testTimeout: 900_000, hookTimeout: 900_000 });

const REPOSITORY = 'octo-org/octo-repo';
const SECRET = 'p@ss w/rd';
const ENCODED = encodeURIComponent(SECRET);
const COMMIT = '1a'.repeat(20);
const RELEASES = 'releases.example.test';

let job: MainJob;
let network: ProxiedNetwork;
let releases: ReleaseServer;
beforeEach(async () => {
  releases = await ReleaseServer.start();
  await startJob();
  network = await startProxiedNetwork((host) => (host === RELEASES ? releases.url : job.emulator.url));
});
afterEach(async () => {
  await Promise.all([job.stop(), network.stop(), releases.stop()]);
});

/** @param entry the file of another build of the action */
async function startJob(entry?: string): Promise<void> {
  job = await startMainJob({ github: { repository: { fullName: REPOSITORY } } }, entry);
  job.emulator.github.addPullRequest({ repository: REPOSITORY, number: 7, headSha: COMMIT, baseRef: 'main' });
}

/**
 * Publishes the Terraform of this machine as a release, signed with a key of the tests that the action then takes for
 * HashiCorp's, and has a job that finds no other Terraform.
 * @returns inputs and environment
 */
async function publishTerraform(): Promise<{ with: Record<string, string>; env: Record<string, string> }> {
  const terraform = findTerraform();
  if (terraform === undefined) throw new Error('There is no Terraform on PATH to be published.');
  const { version } = terraform;
  const here = { os: process.platform, arch: process.arch };
  const content = await readFile(terraform.path);
  const { binaryName } = describeRelease(version, here, new URL('https://localhost/'));
  const zip = makeZip([{ name: binaryName, content }], 0);
  const key = await createSigningKey();
  await releases.publish({ version, platform: releaseTarget(here), zip, key });
  await job.stop();
  await startJob(copyActionTrusting(key.releaseKey));
  return {
    with: { 'terraform-version': version, 'terraform-download-url': `https://${RELEASES}` },
    env: { PATH: '', RUNNER_TOOL_CACHE: tempFolder('tools') },
  };
}

/** A job whose every host is behind the proxy; `with` and `env` beside what each run has. */
function run(env: Record<string, string>, changed: Record<string, string> = {}): Promise<ActionRun> {
  return job.run(
    {
      'replica-regions': 'ap-southeast-2',
      'role-to-assume': job.emulator.role,
      'github-token': job.emulator.env['GITHUB_TOKEN'] ?? '',
      ...changed,
    },
    {
      AWS_ACCESS_KEY_ID: '',
      AWS_SECRET_ACCESS_KEY: '',
      GITHUB_REPOSITORY: REPOSITORY,
      GITHUB_EVENT_NAME: 'pull_request',
      GITHUB_REF: 'refs/pull/7/merge',
      GITHUB_SHA: COMMIT,
      ...hosts('https'),
      NODE_EXTRA_CA_CERTS: network.certificateFile,
      ...env,
    },
    {
      pull_request: {
        number: 7,
        head: { sha: COMMIT, repo: { full_name: REPOSITORY } },
        base: { ref: 'main', repo: { full_name: REPOSITORY } },
      },
    },
  );
}

/** Where AWS and GitHub are: names that nobody but the proxy can resolve. */
function hosts(scheme: 'https' | 'http'): Record<string, string> {
  job.emulator.github.setBaseUrl(`${scheme}://github.example.test`);
  return {
    ...job.emulator.github.env(),
    AWS_ENDPOINT_URL: `${scheme}://kms.example.test`,
    AWS_ENDPOINT_URL_STS: `${scheme}://sts.example.test`,
    AWS_ENDPOINT_URL_S3: `${scheme}://s3.example.test`,
  };
}

const hostsOf = (calls: readonly { host: string }[]): string[] =>
  [...new Set(calls.map(({ host }) => host))].sort();
/** Which programs a host was called by: the action's SDK, Terraform and its provider, GitHub's toolkit. */
const callersOf = (host: string): string[] =>
  [
    ...new Set(
      network.served.filter((call) => call.host === host).map(({ agent }) => agent.split('/')[0] ?? ''),
    ),
  ].sort();
const errorOf = ({ stdout }: ActionRun): string => /^::error [^\n]*::(.*)$/m.exec(stdout)?.[1] ?? '';

describe('with https_proxy alone, which asks for a password', () => {
  test('download, plan, comment, apply and verification all go through it, and the password is nowhere', async () => {
    const published = await publishTerraform();
    network.password = { user: 'runner', secret: SECRET };
    const env = { ...published.env, https_proxy: `http://runner:${ENCODED}@${network.proxy}` };
    const planned = await run(env, published.with);
    expect([planned.exitCode, errorOf(planned)]).toEqual([0, '']);
    expect(planned.outputs).toMatchObject({ 'to-add': '4', 'comment-url': expect.stringContaining('#') });
    const applied = await run(env, { ...published.with, command: 'apply', 'auto-approve': 'true' });
    expect([applied.exitCode, errorOf(applied)]).toEqual([0, '']);
    expect(applied.outputs).toMatchObject({ verified: 'true' });

    const state = `${job.emulator.bucket}.s3.example.test`;
    expect(hostsOf(network.served)).toEqual(
      [RELEASES, state, 'github.example.test', 'kms.example.test', 'sts.example.test'].sort(),
    );
    // Sums, signature and zip, for the first run alone: the second one has them in the tool cache.
    expect(releases.requests).toHaveLength(3);
    expect(callersOf(RELEASES)).toEqual(['actions']);
    expect(callersOf('kms.example.test')).toEqual(['APN', 'aws-sdk-js']);
    expect(callersOf(state)).toEqual(['APN']);
    expect(network.calls.every(({ method, status }) => method === 'CONNECT' && status === 200)).toBe(true);
    expect(hostsOf(network.calls)).toEqual(hostsOf(network.served));

    const unmasked = [planned, applied].flatMap(({ stdout, summary, outputs }) => [
      stdout.replaceAll(/^::add-mask::.*$/gm, ''),
      summary,
      JSON.stringify(outputs),
    ]);
    const basic = Buffer.from(`runner:${SECRET}`).toString('base64');
    for (const text of unmasked)
      for (const form of [SECRET, ENCODED, basic]) expect(text).not.toContain(form);
  });
});

test('http endpoints go through HTTP_PROXY, and a proxy without a scheme is one', async () => {
  const ended = await run({ ...hosts('http'), HTTP_PROXY: network.proxy }, { comment: 'never' });
  expect([ended.exitCode, errorOf(ended)]).toEqual([0, '']);
  expect(hostsOf(network.calls)).toContain('kms.example.test');
  expect(hostsOf(network.served)).toEqual(hostsOf(network.calls));
});

describe('a proxy that lets nobody through is named in one sentence', () => {
  test.each<[string, () => Record<string, string>, () => string]>([
    [
      'for want of a password',
      () => {
        network.password = { user: 'runner', secret: SECRET };
        return { https_proxy: `http://${network.proxy}` };
      },
      () => `the proxy http://${network.proxy} asks for a user and a password (it answered 407)`,
    ],
    [
      'for a wrong password',
      () => {
        network.password = { user: 'runner', secret: SECRET };
        return { HTTPS_PROXY: `http://runner:wrong-one@${network.proxy}` };
      },
      () => `the proxy http://${network.proxy} does not accept the user and password`,
    ],
    [
      'to GitHub',
      () => {
        network.refused.add('github.example.test');
        return { https_proxy: `http://${network.proxy}` };
      },
      () =>
        `the proxy http://${network.proxy} does not let this runner connect to github.example.test:443 (it answered 403)`,
    ],
    [
      'to STS',
      () => {
        network.refused.add('sts.example.test');
        return { https_proxy: `http://${network.proxy}` };
      },
      () =>
        `the proxy http://${network.proxy} does not let this runner connect to sts.example.test:443 (it answered 403)`,
    ],
    [
      'to the state, which Terraform alone calls',
      () => {
        network.refused.add(`${job.emulator.bucket}.s3.example.test`);
        return { https_proxy: `http://${network.proxy}` };
      },
      () =>
        `the proxy http://${network.proxy} does not let this runner connect to ${job.emulator.bucket}.s3.example.test:443 (it answered 403)`,
    ],
    [
      'as it is not there',
      () => ({ https_proxy: 'http://127.0.0.1:9' }),
      () => 'the proxy http://127.0.0.1:9 could not be reached (ECONNREFUSED)',
    ],
  ])('%s', async (_, setUp, sentence) => {
    const ended = await run(setUp(), { comment: 'never' });
    expect(ended.exitCode).toBe(1);
    expect(errorOf(ended)).toContain(sentence());
    expect(errorOf(ended)).not.toContain('Health');
    expect(ended.stdout.replaceAll(/^::add-mask::.*$/gm, '')).not.toContain('wrong-one');
  });
});

test.each(['sts.example.test', 'STS.example.test:443', 'other.test, sts.example.test'])(
  'no_proxy %j is respected: that host is called directly, and the others are not',
  async (bypass) => {
    const ended = await run(
      { https_proxy: `http://${network.proxy}`, no_proxy: bypass },
      { comment: 'never' },
    );
    expect(errorOf(ended)).toMatch(
      /STS in ap-southeast-1 could not be reached: the connection failed with E/,
    );
    expect(hostsOf(network.calls)).toEqual(['github.example.test']);
  },
);

test('a certificate that is not trusted is said to be that', async () => {
  const ended = await run(
    { https_proxy: `http://${network.proxy}`, NODE_EXTRA_CA_CERTS: '' },
    { comment: 'never' },
  );
  expect(errorOf(ended)).toMatch(
    /the certificate of github\.example\.test is not trusted .*NODE_EXTRA_CA_CERTS/,
  );
});

test.each([
  ['outside Actions nothing is printed that a runner would have to mask', '', false],
  ['on a runner the OIDC token and the password of the proxy are masked', 'true', true],
])('%s', async (_, actions, isMasked) => {
  network.password = { user: 'runner', secret: SECRET };
  network.refused.add('sts.example.test');
  const env = { https_proxy: `http://runner:${ENCODED}@${network.proxy}`, GITHUB_ACTIONS: actions };
  const { stdout } = await run(env, { comment: 'never' });
  expect(stdout).toContain('does not let this runner connect to sts.example.test:443');
  // A JSON Web Token begins so.
  expect(stdout.includes('::add-mask::eyJ')).toBe(isMasked);
  expect(stdout.includes(`::add-mask::${SECRET}`)).toBe(isMasked);
  const unmasked = stdout.replaceAll(/^::add-mask::.*$/gm, '');
  for (const form of ['eyJ', SECRET, ENCODED]) expect(unmasked).not.toContain(form);
});

test('a proxy that is no address is refused before anything is called, and not repeated', async () => {
  const ended = await run({ https_proxy: `socks5://runner:${ENCODED}@${network.proxy}` });
  expect(errorOf(ended)).toContain('`https_proxy` names a proxy of the kind socks5');
  expect(ended.stdout).not.toContain(ENCODED);
  expect(network.calls).toEqual([]);
});
