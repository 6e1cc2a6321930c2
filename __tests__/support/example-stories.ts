/**
 * The stories in which every example runs with the built action, the real Terraform and AWS's emulator, from its file. Whoever runs
 * the files (this repository's own runner, or act) tells the same stories.
 */

import { CreateAliasCommand, DisableKeyCommand, EnableKeyCommand } from '@aws-sdk/client-kms';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'vitest';
import { startEmulator, type Emulator } from '../../emulator/index.js';
import type { Start } from '../../testing/workflow.js';
import { createFamily, kmsIn } from '../../emulator/__tests__/support.js';
import { makeCertificate } from './certificate.js';
import { runTerraformOk } from './rendered-terraform.js';
import { makeStandIns } from './stand-ins.js';
import { tempFolder } from './temp-folder.js';
import { findProviderMirror } from './terraform.js';

/** An example that ran. */
export interface ExampleRun {
  /** By job: `success` or `failure`. Skipped jobs are left out, as act does not name them. */
  readonly results: Readonly<Record<string, string>>;
}

export interface ExampleFile {
  /** `NAME` of `examples/NAME.yml`. */
  readonly name: string;
  readonly text: string;
  /** The folder with the repository's other files. */
  readonly repository: string;
}

/** Runs a workflow on an event. */
export type RunExample = (emulator: Emulator, file: ExampleFile, start: Start) => Promise<ExampleRun>;

/** What a story has to do with. */
interface Stage {
  readonly emulator: Emulator;
  readonly repository: string;
  /** @param edit changes the example's text, for places that exist nowhere */
  run(name: string, start: Start, edit?: (text: string) => string): Promise<ExampleRun['results']>;
  /** What the scripts asked `gh` for. */
  ghCalls(): readonly string[];
}

export interface ExampleStory {
  readonly examples: readonly string[];
  readonly tell: (stage: Stage) => Promise<void>;
}

const REPOSITORY = 'octo-org/octo-repo';
const REGIONS = ['ap-southeast-1', 'ap-southeast-2', 'ap-southeast-3'] as const;
const NUMBER = 1;
const PULL_REQUEST: Start = { event: 'pull_request', pullRequest: NUMBER };
const MERGED: Start = { event: 'push', pullRequest: NUMBER };

/** Tells a story on an emulator of its own. */
export async function tellStory({ tell }: ExampleStory, runExample: RunExample): Promise<void> {
  const emulator = await startEmulator({ bucket: 'acme-terraform-state' });
  const repository = tempFolder('repository');
  const { folder, calls } = makeStandIns(['gh'], {
    'issue list': '0',
    'api --paginate': '.github/workflows/kms-key.yml',
  });
  const found = process.env['PATH'];
  process.env['PATH'] = [folder, found].join(path.delimiter);
  let runs = 0;
  try {
    emulator.github.addPullRequest({ repository: REPOSITORY, number: NUMBER, headSha: 'a'.repeat(40) });
    await tell({
      emulator,
      repository,
      ghCalls: calls,
      run: async (name, start, edit = (text) => text) => {
        const text = edit(readFileSync(`examples/${name}.yml`, 'utf8'));
        const file = { name, text, repository };
        return (await runExample(emulator, file, { runId: (runs += 1), ...start })).results;
      },
    });
  } finally {
    process.env['PATH'] = found;
    await emulator.stop();
  }
}

function merge({ emulator }: Stage): void {
  emulator.github.mergePullRequest({ repository: REPOSITORY, number: NUMBER, method: 'squash' });
}

function comments({ emulator }: Stage): string[] {
  return emulator.github.comments({ repository: REPOSITORY, number: NUMBER }).map(({ body }) => body);
}

/** `REGION STATE` of each key, sorted. */
const keys = ({ emulator }: Stage, regions: readonly string[] = REGIONS): string[] =>
  regions.flatMap((region) => emulator.kms.keys(region).map(({ state }) => `${region} ${state}`)).sort();

const everywhere = (state: string): string[] => REGIONS.map((region) => `${region} ${state}`);

/** An empty bucket where the example says that the states are. */
function moveBucket({ emulator }: Stage, region: string): void {
  const { s3, account, clock } = emulator;
  s3.add({ name: 'acme-terraform-state', region, account, createdAt: clock.now() });
}

/** A plan on the pull request, which changes nothing, and the apply after the merge. */
async function planAndApply(stage: Stage, example: string): Promise<void> {
  expect(await stage.run(example, PULL_REQUEST)).toEqual({ plan: 'success' });
  expect([comments(stage).length, keys(stage)]).toEqual([1, []]);
  merge(stage);
  expect(await stage.run(example, MERGED)).toEqual({ plan: 'success', apply: 'success' });
  expect([comments(stage).length, keys(stage)]).toEqual([1, everywhere('Enabled')]);
}

/** A key from the pull request that makes it to its destruction. */
async function wholeLife(stage: Stage): Promise<void> {
  await planAndApply(stage, 'approve-by-pull-request');

  expect(await stage.run('drift', { event: 'schedule' })).toEqual({ drift: 'success' });
  expect(stage.ghCalls()).toEqual([]);
  const sydney = kmsIn(stage.emulator, REGIONS[1]);
  const KeyId = stage.emulator.kms.keys(REGIONS[1])[0]?.id;
  await sydney.send(new DisableKeyCommand({ KeyId }));
  expect(await stage.run('drift', { event: 'schedule' })).toEqual({ drift: 'success' });
  expect(stage.ghCalls().at(-1)).toMatch(/^gh issue create --label kms-drift /);
  await sydney.send(new EnableKeyCommand({ KeyId }));

  const lookUp = { key: 'success', deploy: 'success', 'other-account': 'success', terraform: 'success' };
  writeFileSync(
    path.join(stage.repository, 'main.tf'),
    'variable "kms_key_arns" {\n  type = map(string)\n}\noutput "sydney" {\n  value = var.kms_key_arns["ap-southeast-2"]\n}\n',
  );
  expect(await stage.run('use-outputs', { event: 'workflow_dispatch' })).toEqual(lookUp);

  const destroy = (alias: string): Promise<ExampleRun['results']> =>
    stage.run('destroy', { event: 'workflow_dispatch', inputs: { alias } });
  expect(await destroy('another')).toEqual({ show: 'success', destroy: 'failure' });
  expect(keys(stage)).toEqual(everywhere('Enabled'));
  expect(await destroy('aws_cb_cmk')).toEqual({ show: 'success', destroy: 'success' });
  expect(keys(stage)).toEqual([
    'ap-southeast-1 PendingReplicaDeletion',
    'ap-southeast-2 PendingDeletion',
    'ap-southeast-3 PendingDeletion',
  ]);
}

async function mergeQueue(stage: Stage): Promise<void> {
  expect(await stage.run('merge-queue', { event: 'merge_group', pullRequest: NUMBER })).toEqual({
    plan: 'success',
  });
  expect([comments(stage), keys(stage)]).toEqual([[], []]);
  await planAndApply(stage, 'merge-queue');
}

async function importKey(stage: Stage): Promise<void> {
  const { id } = await createFamily(stage.emulator, REGIONS, { Description: 'Made by hand' });
  for (const region of REGIONS)
    await kmsIn(stage.emulator, region).send(
      new CreateAliasCommand({ AliasName: 'alias/aws_cb_cmk', TargetKeyId: id }),
    );
  expect(await stage.run('import-key', PULL_REQUEST)).toEqual({ plan: 'success' });
  merge(stage);
  expect(await stage.run('import-key', MERGED)).toEqual({ plan: 'success', apply: 'success' });
  expect(REGIONS.flatMap((region) => stage.emulator.kms.keys(region).map((key) => key.id))).toEqual([
    id,
    id,
    id,
  ]);
}

async function movePrimary(stage: Stage): Promise<void> {
  await planAndApply(stage, 'plan-and-apply');
  const { github, kms } = stage.emulator;
  github.addPullRequest({ repository: REPOSITORY, number: 2, headSha: 'c'.repeat(40) });
  const roles = (): unknown[] => REGIONS.flatMap((region) => kms.keys(region).map(({ role }) => role));
  expect(await stage.run('move-primary', { event: 'pull_request', pullRequest: 2 })).toEqual({
    plan: 'success',
  });
  expect(roles()).toEqual(['primary', 'replica', 'replica']);
  github.mergePullRequest({ repository: REPOSITORY, number: 2, method: 'squash' });
  const applied = await stage.run('move-primary', { event: 'push', pullRequest: 2 });
  expect(applied).toEqual({ plan: 'success', apply: 'success' });
  expect(roles()).toEqual(['replica', 'primary', 'replica']);
}

/** A matrix, whose reports go through artifacts into one comment; then the look at all of them. */
async function manyKeys(stage: Stage): Promise<void> {
  copyFileSync('examples/kms-keys.yml', path.join(stage.repository, 'kms-keys.yml'));
  moveBucket(stage, 'eu-central-1');
  const planned = { keys: 'success', plan: 'success', report: 'success' };
  expect(await stage.run('many-keys', PULL_REQUEST)).toEqual(planned);
  expect(comments(stage)).toEqual([expect.stringMatching(/payments[^]*orders|orders[^]*payments/)]);
  merge(stage);
  const applied = { ...planned, apply: 'success', applied: 'success' };
  expect(await stage.run('many-keys', MERGED)).toEqual(applied);
  const all = [...REGIONS, 'eu-central-1', 'eu-west-1'];
  expect(keys(stage, all)).toEqual(all.map((region) => `${region} Enabled`));
  const looked = { keys: 'success', drift: 'success', report: 'success' };
  expect(await stage.run('drift-many-keys', { event: 'schedule' })).toEqual(looked);
  expect(stage.ghCalls()).toEqual([]);
}

async function reusable(stage: Stage): Promise<void> {
  await stage.run('call-reusable', PULL_REQUEST);
  expect([comments(stage).length, keys(stage)]).toEqual([2, []]);
  merge(stage);
  await stage.run('call-reusable', MERGED);
  expect(keys(stage, ['ap-southeast-1', 'ap-southeast-2', 'eu-west-1'])).toEqual([
    'ap-southeast-1 Enabled',
    'ap-southeast-2 Enabled',
    'eu-west-1 Enabled',
  ]);
}

async function stagingToProduction(stage: Stage): Promise<void> {
  const plans = { 'plan-staging': 'success', 'plan-production': 'success' };
  expect(await stage.run('staging-to-production', PULL_REQUEST)).toEqual(plans);
  merge(stage);
  const applies = { 'apply-staging': 'success', 'apply-production': 'success' };
  expect(await stage.run('staging-to-production', MERGED)).toEqual({ ...plans, ...applies });
  expect(keys(stage)).toEqual(REGIONS.flatMap((region) => [`${region} Enabled`, `${region} Enabled`]));
}

async function requiredCheck(stage: Stage): Promise<void> {
  expect(await stage.run('required-check', PULL_REQUEST)).toEqual({
    changes: 'success',
    plan: 'success',
    required: 'success',
  });
  expect(comments(stage)).toHaveLength(1);
}

/** As the example's comment says how. */
async function writeLockFile(repository: string, mirror: string | undefined): Promise<void> {
  const text = readFileSync('examples/enterprise-and-mirrors.yml', 'utf8');
  const [configuration = ''] = /^# {3}terraform \{\n(?:# {3}.*\n)+/m.exec(text) ?? [];
  const folder = tempFolder('lock-file');
  writeFileSync(path.join(folder, 'main.tf'), configuration.replaceAll(/^# {3}/gm, ''));
  const from = mirror === undefined ? [] : [`-fs-mirror=${mirror}`];
  await runTerraformOk(folder, ['providers', 'lock', '-platform=linux_amd64', ...from]);
  copyFileSync(path.join(folder, '.terraform.lock.hcl'), path.join(repository, '.terraform.lock.hcl'));
}

/** Its addresses are nobody's, so they are changed: what goes through a proxy is told by e2e/proxy.test.ts. */
async function enterprise(stage: Stage): Promise<void> {
  const certificate = path.join(tempFolder('certificate'), 'proxy.pem');
  writeFileSync(certificate, makeCertificate(['proxy.example.com']).cert);
  const mirror = findProviderMirror((version) => version === '5.100.0');
  await writeLockFile(stage.repository, mirror?.dir);
  moveBucket(stage, 'eu-central-1');
  const results = await stage.run('enterprise-and-mirrors', PULL_REQUEST, (text) =>
    text
      .replace('/etc/ssl/certs/example-proxy.pem', certificate)
      .replace(
        / *provider-mirror: .*\n/,
        mirror === undefined ? '' : `          provider-mirror: ${mirror.dir}\n`,
      ),
  );
  expect(results).toEqual({ plan: 'success' });
  expect(comments(stage)).toHaveLength(1);
}

/** Every example is in one of them. */
export const EXAMPLE_STORIES: Readonly<Record<string, ExampleStory>> = {
  'a key is planned, applied, looked at, looked up and destroyed': {
    examples: ['approve-by-pull-request', 'drift', 'use-outputs', 'destroy'],
    tell: wholeLife,
  },
  'an environment guards the apply': {
    examples: ['plan-and-apply'],
    tell: (stage) => planAndApply(stage, 'plan-and-apply'),
  },
  'a merge queue plans its own commit': { examples: ['merge-queue'], tell: mergeQueue },
  'a key that was made by hand is imported': { examples: ['import-key'], tell: importKey },
  'a primary moves to a Region that has a replica': { examples: ['move-primary'], tell: movePrimary },
  'the keys of a file are planned, applied and looked at': {
    examples: ['many-keys', 'drift-many-keys'],
    tell: manyKeys,
  },
  'a reusable workflow is called for two keys': {
    examples: ['call-reusable', 'kms-key-reusable'],
    tell: reusable,
  },
  'staging goes before production': { examples: ['staging-to-production'], tell: stagingToProduction },
  'a required check plans what concerns the key': { examples: ['required-check'], tell: requiredCheck },
  'an enterprise has a lock file and a mirror': {
    examples: ['enterprise-and-mirrors'],
    tell: enterprise,
  },
};
